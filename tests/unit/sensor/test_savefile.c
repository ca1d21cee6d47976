/* SPDX-License-Identifier: ISC */
/*
 * The records of classic savefiles against libpcap's own reading of the same file (through a pcap_t
 * is what capture.c does for versions that savefile.c leaves alone): records that lie across the
 * borders of blocks, the largest packet, snap lengths, wild time stamps, any cut.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "sensor/capture/capture.h"
#include "sensor/capture/savefile.h"
#include "tests/unit/random.h"

#include "tests/unit/capture_file.h"

#define FILE_BYTES (3u << 20)

#define FRAMES 100 /* of one call */

struct digest {
	uint64_t packets, sum;
};

static uint8_t *bytes;
static size_t length;

static void put32(uint32_t value)
{
	memcpy(bytes + length, &value, sizeof value);
	length += sizeof value;
}

static void begin(uint16_t minor, uint32_t snap_length)
{
	length = 0;
	put32(0xa1b2c3d4);
	put32(2 | (uint32_t)minor << 16);
	put32(0);
	put32(0);
	put32(snap_length);
	put32(1);
}

static void put_record(struct random *random, uint32_t captured)
{
	put32(random_below(random, 1u << 31)); /* libpcap takes more as before 1970 */
	put32(random_below(random, 1000000));
	put32(captured);
	put32(captured + random_below(random, 3));
	for (uint32_t i = 0; i < captured; i++)
		bytes[length++] = (uint8_t)(i * 7 + captured);
}

static void add(struct digest *digest, const struct frame_view *frame)
{
	assert_int_equal(frame->link, LINK_ETHERNET);
	digest->packets++;
	digest->sum = digest->sum * 31 + frame->ts_ns + frame->captured * 3 + frame->wire * 5;
	for (uint32_t i = 0; i < frame->captured; i++)
		digest->sum = digest->sum * 31 + frame->bytes[i];
}

static int read_whole(struct digest *digest)
{
	char path[64], error[CAPTURE_ERROR];
	struct frame_view frames[FRAMES];
	struct capture *capture;
	struct input *input;
	int n;

	capture_save(path, bytes, length);
	input = input_open(path, error);
	assert_non_null(input);
	capture = capture_open_file(input, NULL, error);
	assert_non_null(capture);
	*digest = (struct digest){0};
	while ((n = capture_frames(capture, frames, FRAMES)) > 0) {
		for (int i = 0; i < n; i++)
			add(digest, &frames[i]);
	}
	capture_close(capture);
	input_close(input);
	unlink(path);
	return n;
}

/* Version 2.4 is read by savefile.c; the same records under 2.3 are libpcap's. */
static void expect_as_libpcap(void)
{
	struct digest own, libpcap;
	int result, expected;

	assert_true(savefile_known(bytes, length));
	result = read_whole(&own);
	bytes[6] = 3; /* pcap 2.3 */
	assert_false(savefile_known(bytes, length));
	expected = read_whole(&libpcap);
	bytes[6] = 4;
	assert_int_equal(result, expected);
	assert_int_equal(own.packets, libpcap.packets);
	assert_true(own.sum == libpcap.sum);
}

static void records_across_blocks(void **state)
{
	struct random random = {.state = 1};

	(void)state;
	begin(4, 262144);
	put_record(&random, 262144);
	while (length < FILE_BYTES - 70000)
		put_record(&random, random_below(&random, 100) ? random_below(&random, 1600)
							       : random_below(&random, 65536));
	expect_as_libpcap();
	length -= 11;
	expect_as_libpcap();
}

static void more_captured_than_the_snap_length(void **state)
{
	struct random random = {.state = 2};

	(void)state;
	begin(4, 96);
	for (int i = 0; i < 50; i++)
		put_record(&random, random_below(&random, 300));
	expect_as_libpcap();
	begin(4, 0);
	put_record(&random, 1000);
	expect_as_libpcap();
	begin(4, 0xffffffff);
	put_record(&random, 1000);
	expect_as_libpcap();
}

static void a_packet_that_is_too_long(void **state)
{
	struct random random = {.state = 3};

	(void)state;
	begin(4, 262144);
	put_record(&random, 60);
	put_record(&random, 262145);
	put_record(&random, 60);
	expect_as_libpcap();
}

static void every_cut(void **state)
{
	struct random random = {.state = 4};
	size_t whole;

	(void)state;
	begin(4, 65535);
	put_record(&random, 5);
	put_record(&random, 0);
	put_record(&random, 7);
	whole = length;
	for (length = SAVEFILE_HEADER; length <= whole; length++)
		expect_as_libpcap();
}

static int set_up(void **state)
{
	(void)state;
	bytes = malloc(FILE_BYTES);
	return bytes ? 0 : -1;
}

static int tear_down(void **state)
{
	(void)state;
	free(bytes);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(records_across_blocks),
		cmocka_unit_test(more_captured_than_the_snap_length),
		cmocka_unit_test(a_packet_that_is_too_long),
		cmocka_unit_test(every_cut),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
