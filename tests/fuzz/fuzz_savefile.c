/* SPDX-License-Identifier: ISC */
/* Any bytes as a capture file: whatever is handed over lies in the packet's captured length. */
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "sensor/capture.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static void on_packet(void *context, enum link_type link, const uint8_t *frame, uint32_t captured,
		      uint32_t wire, uint64_t ts_ns)
{
	uint64_t *sum = context;

	*sum += (uint64_t)link + wire + ts_ns;
	for (uint32_t i = 0; i < captured; i++)
		*sum += frame[i];
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	char path[64], error[CAPTURE_ERROR > INPUT_ERROR ? CAPTURE_ERROR : INPUT_ERROR];
	int fd = memfd_create("fuzz", 0);
	struct capture *capture = NULL;
	struct input *input;
	uint64_t sum = 0;

	if (fd < 0 || write(fd, bytes, size) != (ssize_t)size)
		abort();
	snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
	input = input_open(path, error);
	if (input)
		capture = capture_open_file(input, NULL, error);
	while (capture && capture_batch(capture, 100, on_packet, &sum) > 0)
		;
	capture_close(capture);
	input_close(input);
	close(fd);
	return 0;
}
