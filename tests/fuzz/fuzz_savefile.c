/* SPDX-License-Identifier: ISC */
/* Any bytes as a capture file: whatever is handed over lies in the packet's captured length. */
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "sensor/capture/capture.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

#define FRAMES 100 /* of one call */

static uint64_t sum_of(const struct frame_view *frame)
{
	uint64_t sum = frame->link + frame->wire + frame->ts_ns;

	for (uint32_t i = 0; i < frame->captured; i++)
		sum += frame->bytes[i];
	return sum;
}

static void read_all(struct capture *capture)
{
	struct frame_view frames[FRAMES];
	char text[CAPTURE_ERROR];
	uint64_t sum = 0;
	int n;

	while ((n = capture_frames(capture, frames, FRAMES)) > 0) {
		for (int i = 0; i < n; i++)
			sum += sum_of(&frames[i]);
	}
	if (n < 0)
		sum += (uint64_t)capture_failure(capture)[0] + capture_is_cut(capture);
	for (unsigned i = 0; capture_remark(capture, i, text); i++)
		sum += (uint64_t)text[0];
	__asm__ volatile("" : : "r"(sum)); /* the reading is the test */
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	char path[64], error[CAPTURE_ERROR > INPUT_ERROR ? CAPTURE_ERROR : INPUT_ERROR];
	int fd = memfd_create("fuzz", 0);
	struct capture *capture = NULL;
	struct input *input;

	if (fd < 0 || write(fd, bytes, size) != (ssize_t)size)
		abort();
	snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
	input = input_open(path, error);
	if (input)
		capture = capture_open_file(input, NULL, error);
	if (capture)
		read_all(capture);
	capture_close(capture);
	input_close(input);
	close(fd);
	return 0;
}
