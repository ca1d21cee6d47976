/* SPDX-License-Identifier: ISC */
/* Capture files through libpcap: both byte orders, both precisions, link types, filters, damage. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "sensor/capture/capture.h"
#include "sensor/capture/filters.h"
#include "tests/unit/capture_file.h"

#define MICROSECONDS 0xa1b2c3d4u
#define NANOSECONDS  0xa1b23c4du

struct seen {
	unsigned count;
	enum link_type link;
	uint32_t captured, wire;
	uint64_t ts_ns;
	uint8_t first;
};

static const struct packet_spec spec = {
	.source = "203.0.113.7",
	.destination = "10.20.0.5",
	.source_port = 40000,
	.destination_port = 6379,
	.flags = TCP_ACK,
	.payload = "hello",
};

static struct frame frame;
static struct capture_bytes file;

static void add(struct seen *seen, const struct frame_view *view)
{
	*seen = (struct seen){
		seen->count + 1, view->link,  view->captured,
		view->wire,	 view->ts_ns, view->bytes[0],
	};
}

/* Reads all of the file; returns what the last capture_frames() said. */
static int read_file(const char *filter, struct seen *seen, char error[CAPTURE_ERROR])
{
	char path[64];
	struct frame_view frames[3];
	struct input *input;
	struct capture *capture;
	struct filters *filters;
	int n = -2;

	*seen = (struct seen){0};
	capture_save(path, file.bytes, file.length);
	input = input_open(path, error);
	assert_non_null(input);
	assert_int_equal(input_size(input), file.length);
	filters = filters_new(filter);
	assert_non_null(filters);
	capture = capture_open_file(input, filters, error);
	if (capture) {
		while ((n = capture_frames(capture, frames, 3)) > 0) {
			assert_true(n <= 3);
			for (int i = 0; i < n; i++)
				add(seen, &frames[i]);
		}
		if (n < 0)
			snprintf(error, CAPTURE_ERROR, "%s", capture_failure(capture));
	}
	capture_close(capture);
	filters_free(filters);
	input_close(input);
	unlink(path);
	return n;
}

static void both_byte_orders_and_precisions(void **state)
{
	char error[CAPTURE_ERROR];
	struct seen seen;

	(void)state;
	packet_build(&frame, &spec);
	for (int kind = 0; kind < 4; kind++) {
		capture_begin(&file, kind & 1 ? NANOSECONDS : MICROSECONDS, kind & 2, 1);
		for (int i = 0; i < 8; i++)
			capture_put(&file, 1700000000, 123456, &frame, 50);
		assert_int_equal(read_file(NULL, &seen, error), 0);
		assert_int_equal(seen.count, 8);
		assert_int_equal(seen.link, LINK_ETHERNET);
		assert_int_equal(seen.captured, 50);
		assert_int_equal(seen.wire, frame.length);
		assert_true(seen.ts_ns == 1700000000000000000u + (kind & 1 ? 123456u : 123456000u));
		assert_int_equal(seen.first, frame.bytes[0]);
	}
}

static void link_types(void **state)
{
	static const struct {
		uint32_t number; /* LINKTYPE_ */
		enum link_type link;
	} cases[] = {
		{0, LINK_NULL},	  {108, LINK_NULL}, {1, LINK_ETHERNET}, {101, LINK_RAW},
		{228, LINK_RAW},  {229, LINK_RAW},  {113, LINK_SLL},	{276, LINK_SLL2},
		{105, LINK_WLAN}, {51, LINK_PPPOE}, {239, LINK_NFLOG},	{189, LINK_UNSUPPORTED},
	};
	char error[CAPTURE_ERROR];
	struct seen seen;

	(void)state;
	packet_build(&frame, &spec);
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		capture_begin(&file, MICROSECONDS, false, cases[i].number);
		capture_put(&file, 1, 1, &frame, 40);
		assert_int_equal(read_file(NULL, &seen, error), 0);
		assert_int_equal(seen.count, 1);
		assert_int_equal(seen.link, cases[i].link);
	}
}

static void filters(void **state)
{
	char error[CAPTURE_ERROR] = "";
	struct packet_spec other = spec;
	struct seen seen;

	(void)state;
	capture_begin(&file, MICROSECONDS, false, 1);
	packet_build(&frame, &spec);
	capture_put(&file, 1, 1, &frame, (uint32_t)frame.length);
	other.destination_port = 80;
	packet_build(&frame, &other);
	capture_put(&file, 2, 2, &frame, (uint32_t)frame.length);
	assert_int_equal(read_file("tcp port 6379", &seen, error), 0);
	assert_int_equal(seen.count, 1);
	assert_true(seen.ts_ns == 1000001000u);
	assert_int_equal(read_file("no such thing", &seen, error), -2);
	assert_non_null(strstr(error, "no such thing"));
	assert_true(capture_check_filter("vlan and host 10.0.0.1", error));
	assert_false(capture_check_filter("port port", error));
	assert_non_null(strstr(error, "port port"));
}

/* Cut anywhere: what was whole is read, and the rest is an error with a reason or the end. */
static void cut_at_every_length(void **state)
{
	char error[CAPTURE_ERROR] = "";
	struct seen seen;
	size_t whole, one;

	(void)state;
	packet_build(&frame, &spec);
	capture_begin(&file, MICROSECONDS, false, 1);
	for (int i = 0; i < 2; i++)
		capture_put(&file, 1, 1, &frame, (uint32_t)frame.length);
	whole = file.length;
	one = 16 + frame.length;
	for (size_t length = 0; length < whole; length++) {
		int n;

		file.length = length;
		error[0] = '\0';
		n = read_file(NULL, &seen, error);
		if (length < 24) {
			assert_int_equal(n, -2);
			assert_true(strlen(error) > 0);
			continue;
		}
		assert_int_equal(seen.count, (length - 24) / one);
		assert_int_equal(n, (length - 24) % one ? -1 : 0);
		if (n < 0)
			assert_true(strlen(error) > 0);
	}
}

static void a_record_that_lies_about_its_length(void **state)
{
	char error[CAPTURE_ERROR] = "";
	struct seen seen;

	(void)state;
	packet_build(&frame, &spec);
	capture_begin(&file, MICROSECONDS, false, 1);
	capture_put(&file, 1, 1, &frame, (uint32_t)frame.length);
	file.length -= frame.length + 8;
	capture_put32(&file, 0x7fffffff);
	capture_put32(&file, 0x7fffffff);
	file.length += frame.length;
	assert_int_equal(read_file(NULL, &seen, error), -1);
	assert_int_equal(seen.count, 0);
	assert_true(strlen(error) > 0);
}

static void an_interface_that_is_not_there(void **state)
{
	struct capture_interface interface = {
		.name = "spanwatch-none",
		.snap_length = 2048,
		.buffer_bytes = 1 << 20,
		.timeout_ms = 50,
	};
	char error[CAPTURE_ERROR] = "";

	(void)state;
	assert_null(capture_open_interface(&interface, error));
	assert_true(strlen(error) > 0);
	capture_close(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(both_byte_orders_and_precisions),
		cmocka_unit_test(link_types),
		cmocka_unit_test(filters),
		cmocka_unit_test(cut_at_every_length),
		cmocka_unit_test(a_record_that_lies_about_its_length),
		cmocka_unit_test(an_interface_that_is_not_there),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
