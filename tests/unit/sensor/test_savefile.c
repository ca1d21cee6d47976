/* SPDX-License-Identifier: ISC */
/*
 * The records of classic savefiles against libpcap's own reading of the same file (through a pcap_t
 * is what capture.c does for versions that savefile.c leaves alone): records that lie across the
 * borders of blocks, the largest packet, snap lengths, wild time stamps, any cut. Then pcapng,
 * which libpcap reads only in part: interfaces, clocks, sections, blocks that are passed over,
 * lies.
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

/* ---- pcapng ---- */

static bool big_endian;

static void put_number(uint64_t value, unsigned size)
{
	for (unsigned i = 0; i < size; i++)
		bytes[length++] = (uint8_t)(value >> (8 * (big_endian ? size - 1 - i : i)));
}

static size_t open_block(uint32_t type)
{
	put_number(type, 4);
	put_number(0, 4);
	return length - 8;
}

static void close_block(size_t at)
{
	size_t end;

	while ((length - at) % 4 != 0)
		bytes[length++] = 0;
	end = length + 4;
	length = at + 4;
	put_number(end - at, 4);
	length = end - 4;
	put_number(end - at, 4);
}

static void put_section(bool big)
{
	size_t at;

	big_endian = big;
	at = open_block(0x0a0d0d0a);
	put_number(0x1a2b3c4d, 4);
	put_number(1, 2);
	put_number(0, 2);
	put_number(UINT64_MAX, 8);
	close_block(at);
}

static void put_bytes(uint32_t count, uint8_t byte)
{
	memset(bytes + length, byte, count);
	length += count;
}

/* `resolution` 6 is what stands nowhere. */
static void put_interface(uint16_t link, uint32_t snap_length, uint8_t resolution, int64_t offset)
{
	size_t at = open_block(1);

	put_number(link, 2);
	put_number(0, 2);
	put_number(snap_length, 4);
	if (resolution != 6) {
		put_number(9, 2);
		put_number(1, 2);
		bytes[length++] = resolution;
		put_bytes(3, 0);
	}
	if (offset != 0) {
		put_number(14, 2);
		put_number(8, 2);
		put_number((uint64_t)offset, 8);
	}
	close_block(at);
}

static void put_packet(uint32_t interface, uint64_t ticks, uint32_t captured, uint8_t byte)
{
	size_t at = open_block(6);

	put_number(interface, 4);
	put_number(ticks >> 32, 4);
	put_number(ticks & UINT32_MAX, 4);
	put_number(captured, 4);
	put_number(captured + 1, 4);
	put_bytes(captured, byte);
	close_block(at);
}

static void put_skipped(uint32_t type, uint32_t count)
{
	size_t at = open_block(type);

	put_bytes(count, 0xee);
	close_block(at);
}

struct packet_told {
	uint64_t ts_ns;
	uint32_t captured, wire;
	uint8_t byte, link;
};

/* Returns how many; *result is what the last call said. */
static int read_packets(struct packet_told *told, int max, int *result, char text[CAPTURE_ERROR])
{
	char path[64], error[CAPTURE_ERROR];
	struct frame_view frames[3];
	struct capture *capture;
	struct input *input;
	int count = 0;

	capture_save(path, bytes, length);
	input = input_open(path, error);
	assert_non_null(input);
	capture = capture_open_file(input, NULL, error);
	assert_non_null(capture);
	while ((*result = capture_frames(capture, frames, 3)) > 0) {
		for (int i = 0; i < *result && count < max; i++, count++)
			told[count] = (struct packet_told){
				frames[i].ts_ns, frames[i].captured, frames[i].wire,
				frames[i].captured ? frames[i].bytes[0] : (uint8_t)0,
				frames[i].link};
	}
	text[0] = '\0';
	if (*result < 0)
		snprintf(text, CAPTURE_ERROR, "%s", capture_failure(capture));
	else
		capture_remark(capture, 0, text);
	capture_close(capture);
	input_close(input);
	unlink(path);
	return count;
}

static void interfaces_with_clocks_of_their_own(void **state)
{
	struct packet_told told[8];
	char text[CAPTURE_ERROR];
	int result;

	(void)state;
	for (int big = 0; big < 2; big++) {
		length = 0;
		put_section(big);
		put_interface(1, 0, 6, 0);
		put_interface(147, 0, 6, 0); /* never used */
		put_interface(113, 10, 9, -5);
		put_interface(101, 0, 0x80 | 10, 1000);
		put_packet(0, 1700000000123456, 20, 'a');
		put_packet(2, 1700000000123456789, 20, 'b');
		put_packet(3, UINT64_C(1699999000) * 1024 + 512, 20, 'c');
		put_packet(0, 1700000001000000, 0, 'd');
		assert_int_equal(read_packets(told, 8, &result, text), 4);
		assert_int_equal(result, 0);
		assert_string_equal(text, "");
		assert_true(told[0].ts_ns == 1700000000123456000);
		assert_int_equal(told[0].link, LINK_ETHERNET);
		assert_true(told[1].ts_ns == 1699999995123456789);
		assert_int_equal(told[1].captured, 10);
		assert_int_equal(told[1].wire, 21);
		assert_int_equal(told[1].link, LINK_SLL);
		assert_true(told[2].ts_ns == 1700000000500000000);
		assert_int_equal(told[2].link, LINK_RAW);
		assert_int_equal(told[2].byte, 'c');
		assert_int_equal(told[3].captured, 0);
	}
}

static void put_text_option(uint16_t code, const char *text)
{
	uint16_t size = (uint16_t)strlen(text);

	put_number(code, 2);
	put_number(size, 2);
	memcpy(bytes + length, text, size);
	length += size;
	put_bytes((4u - size % 4u) % 4u, 0);
}

static void put_named(const char *name, const char *description)
{
	size_t at = open_block(1);

	put_number(1, 2);
	put_number(0, 2);
	put_number(0, 4);
	put_text_option(2, name);
	put_text_option(3, description);
	put_number(0, 4);
	close_block(at);
}

/* Fills in what each packet came from. */
static int read_origins(struct origins *origins, struct origin *found, int max)
{
	const struct origin_names capture_names = {.source = 3, .file = "ring/a.pcapng"};
	char path[64], error[CAPTURE_ERROR];
	struct frame_view frame;
	struct capture *capture;
	struct input *input;
	int count = 0;

	capture_save(path, bytes, length);
	input = input_open(path, error);
	assert_non_null(input);
	capture = capture_open_file(input, NULL, error);
	assert_non_null(capture);
	capture_name(capture, origins, &capture_names);
	while (count < max && capture_frames(capture, &frame, 1) == 1)
		found[count++] = frame.origin;
	capture_close(capture);
	input_close(input);
	unlink(path);
	return count;
}

static void expect_origin(struct origins *origins, const struct origin *origin, uint64_t packet,
			  const char *interface, const char *alias)
{
	const struct origin_names *names = origins_get(origins, origin->from);

	assert_int_equal(origin->packet, packet);
	assert_string_equal(names->file, "ring/a.pcapng");
	assert_int_equal(names->source, 3);
	assert_string_equal(names->interface, interface);
	assert_string_equal(names->alias, alias);
}

static void packets_know_their_interface(void **state)
{
	struct origins *origins = origins_new();
	struct origin found[8];

	(void)state;
	length = 0;
	put_section(false);
	put_named("eth1", "to the core");
	put_interface(1, 0, 6, 0);
	put_named("eth2", "");
	put_packet(2, 1, 10, 'a');
	put_packet(7, 1, 10, 'x'); /* of none that is described, and a packet of the file */
	put_packet(0, 1, 10, 'b');
	put_packet(1, 1, 10, 'c');
	put_section(true);
	put_named("eth1", "to the core");
	put_packet(0, 1, 10, 'd');
	assert_int_equal(read_origins(origins, found, 8), 4);
	expect_origin(origins, &found[0], 1, "eth2", "");
	expect_origin(origins, &found[1], 3, "eth1", "to the core");
	expect_origin(origins, &found[2], 4, "", "");
	expect_origin(origins, &found[3], 5, "eth1", "to the core");
	assert_int_equal(found[3].from, found[1].from);
	origins_free(origins);
}

static void names_are_bounded(void **state)
{
	char many[200] = "";
	struct origins *origins = origins_new();
	struct origin found[SAVEFILE_NAMED + 4];
	char name[16];

	(void)state;
	memset(many, 'n', sizeof many - 1);
	length = 0;
	put_section(false);
	put_named(many, many);
	for (int i = 1; i <= SAVEFILE_NAMED; i++) {
		snprintf(name, sizeof name, "eth%d", i);
		put_named(name, "");
	}
	put_packet(0, 1, 10, 'a');
	put_packet(SAVEFILE_NAMED - 1, 1, 10, 'b');
	put_packet(SAVEFILE_NAMED, 1, 10, 'c');
	assert_int_equal(read_origins(origins, found, 8), 3);
	assert_int_equal(strlen(origins_get(origins, found[0].from)->interface), ORIGIN_NAME - 1);
	expect_origin(origins, &found[1], 2, "eth63", "");
	expect_origin(origins, &found[2], 3, "", "");
	origins_free(origins);
}

static void long_paths_keep_their_end(void **state)
{
	struct origin_names names;
	char path[600];

	(void)state;
	memset(path, 'd', sizeof path);
	strcpy(path + 590, "/a.pcap");
	origins_name_file(&names, path);
	assert_int_equal(strlen(names.file), ORIGIN_FILE - 1);
	assert_memory_equal(names.file, "...d", 4);
	assert_string_equal(names.file + ORIGIN_FILE - 8, "/a.pcap");
	origins_name_file(&names, "x");
	assert_string_equal(names.file, "x");
}

static void simple_and_old_packets(void **state)
{
	struct packet_told told[8];
	char text[CAPTURE_ERROR];
	int result;
	size_t at;

	(void)state;
	length = 0;
	put_section(true);
	put_interface(1, 8, 6, 0);
	at = open_block(2);
	put_number(0, 2);
	put_number(7, 2);
	put_number(1700000000000000u >> 32, 4);
	put_number(1700000000000000u & UINT32_MAX, 4);
	put_number(6, 4);
	put_number(60, 4);
	put_bytes(6, 'o');
	close_block(at);
	at = open_block(3);
	put_number(100, 4);
	put_bytes(8, 's');
	close_block(at);
	assert_int_equal(read_packets(told, 8, &result, text), 2);
	assert_int_equal(result, 0);
	assert_int_equal(told[0].captured, 6);
	assert_int_equal(told[0].wire, 60);
	assert_int_equal(told[1].captured, 8);
	assert_int_equal(told[1].wire, 100);
	assert_true(told[1].ts_ns == told[0].ts_ns);
}

static void other_blocks_are_passed_over(void **state)
{
	static const uint32_t types[] = {4, 5, 9, 10, 0xbad, 0x40000bad};
	struct packet_told told[32];
	char text[CAPTURE_ERROR];
	int result;

	(void)state;
	length = 0;
	put_section(false);
	for (size_t i = 0; i < 6; i++)
		put_skipped(types[i], i == 3 ? 1 << 20 : 100);
	put_interface(1, 0, 6, 0);
	for (size_t i = 0; i < 6; i++) {
		put_packet(0, 1000000 + i, 100, (uint8_t)i);
		put_skipped(types[i], 70000);
		put_packet(0, 1000000 + i, 100, (uint8_t)i);
	}
	assert_int_equal(read_packets(told, 32, &result, text), 12);
	assert_int_equal(result, 0);
	for (int i = 0; i < 12; i++)
		assert_int_equal(told[i].byte, i / 2);
}

static void what_is_not_read_is_told(void **state)
{
	struct packet_told told[8];
	char text[CAPTURE_ERROR];
	int result;

	(void)state;
	length = 0;
	put_section(false);
	put_interface(147, 0, 6, 0);
	put_interface(1, 0, 6, 0);
	put_packet(0, 1, 10, 'u');
	put_packet(1, 2, 10, 'r');
	assert_int_equal(read_packets(told, 8, &result, text), 2);
	assert_int_equal(told[0].link, LINK_UNSUPPORTED);
	assert_int_equal(told[1].link, LINK_ETHERNET);
	assert_non_null(strstr(text, "only counted (1)"));
	length = 0;
	put_section(false);
	put_interface(1, 0, 6, 0);
	put_packet(1, 1, 10, 'u');
	put_packet(0, 2, 10, 'r');
	assert_int_equal(read_packets(told, 8, &result, text), 1);
	assert_non_null(strstr(text, "1 packets of interfaces that the file does not describe"));
}

/* cat: each goes on where the other ends, in its own byte order and precision. */
static void several_files_in_one(void **state)
{
	struct random random = {.state = 5};
	struct packet_told told[16];
	char text[CAPTURE_ERROR];
	int result;

	(void)state;
	begin(4, 65535);
	put_record(&random, 30);
	put_section(true);
	put_interface(101, 0, 9, 0);
	put_packet(0, 1700000000000000001, 40, 'n');
	put_section(false);
	put_interface(1, 0, 6, 0);
	put_packet(0, 5000000, 41, 'm');
	put32(0xa1b23c4d);
	put32(2 | 4u << 16);
	put32(0);
	put32(0);
	put32(65535);
	put32(101);
	put_record(&random, 50);
	put_record(&random, 51);
	assert_int_equal(read_packets(told, 16, &result, text), 5);
	assert_int_equal(result, 0);
	assert_int_equal(told[0].captured, 30);
	assert_int_equal(told[1].captured, 40);
	assert_int_equal(told[1].link, LINK_RAW);
	assert_true(told[1].ts_ns == 1700000000000000001);
	assert_int_equal(told[2].link, LINK_ETHERNET);
	assert_int_equal(told[3].captured, 50);
	assert_int_equal(told[4].link, LINK_RAW);
}

/* Whatever is cut off: the packets before it, and words unless it is between two blocks. */
static void every_cut_of_pcapng(void **state)
{
	struct packet_told told[8];
	char text[CAPTURE_ERROR];
	size_t whole, between[3];
	int result;

	(void)state;
	length = 0;
	put_section(true);
	put_interface(1, 0, 9, 7);
	between[0] = length;
	put_packet(0, 1, 5, 'a');
	between[1] = length;
	put_packet(0, 2, 0, 'b');
	between[2] = whole = length;
	for (length = SAVEFILE_HEADER; length <= whole; length++) {
		bool clean = length == 28 || length == between[0] || length == between[1] ||
			     length == whole;
		int count = read_packets(told, 8, &result, text);

		assert_int_equal(result, clean ? 0 : -1);
		if (!clean)
			assert_non_null(strstr(text, "cut off"));
		assert_in_range(count, length >= between[1], 2);
	}
}

static void lengths_that_cannot_be(void **state)
{
	static const struct {
		size_t at; /* from the packet's block on */
		uint32_t value;
	} cases[] = {{4, 0},   {4, 8},		{4, 13}, {4, 28}, {4, UINT32_MAX - 3},
		     {20, 17}, {20, UINT32_MAX}};
	struct packet_told told[8];
	char text[CAPTURE_ERROR];
	size_t packet;
	int result;

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		length = 0;
		put_section(false);
		put_interface(1, 0, 6, 0);
		packet = length;
		put_packet(0, 1, 16, 'a');
		put_packet(0, 1, 16, 'b');
		memcpy(bytes + packet + cases[i].at, &cases[i].value, 4);
		assert_in_range(read_packets(told, 8, &result, text), 0, 1);
		assert_int_equal(result, -1);
		assert_true(strlen(text) > 0);
	}
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
		cmocka_unit_test(interfaces_with_clocks_of_their_own),
		cmocka_unit_test(packets_know_their_interface),
		cmocka_unit_test(names_are_bounded),
		cmocka_unit_test(long_paths_keep_their_end),
		cmocka_unit_test(simple_and_old_packets),
		cmocka_unit_test(other_blocks_are_passed_over),
		cmocka_unit_test(what_is_not_read_is_told),
		cmocka_unit_test(several_files_in_one),
		cmocka_unit_test(every_cut_of_pcapng),
		cmocka_unit_test(lengths_that_cannot_be),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
