/* SPDX-License-Identifier: ISC */
/*
 * The pool that unpacks: formats, wherever the pieces end; what is damaged, cut off, or not what it
 * was said to be; streams made to be expensive; more streams than there are places.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <zlib.h>

#include "sensor/session/unpackers.h"

#define ROOM (256u << 10)

struct told {
	size_t made;
	enum unpacked result;
	uint8_t bytes[UNPACKER_MOST];
};

static void take_out(struct told *told, struct bytes out)
{
	assert_true(out.left <= UNPACKER_MOST - told->made);
	if (out.left != 0)
		memcpy(told->bytes + told->made, out.at, out.left);
	told->made += out.left;
}

/* In pieces of `chunk` bytes, each in a block of its exact size; 0: in one. */
static void unpack(struct unpackers *pool, enum packing packing, struct bytes in, size_t chunk,
		   struct told *told)
{
	unpackers_hold hold = 0;

	*told = (struct told){.result = UNPACKED_MORE};
	while (in.left != 0 && told->result == UNPACKED_MORE) {
		size_t size = chunk == 0 || chunk > in.left ? in.left : chunk;
		uint8_t *copy = malloc(size);
		struct bytes piece = bytes_from(copy, size), out;

		assert_non_null(copy);
		memcpy(copy, in.at, size);
		bytes_skip(&in, size);
		do {
			told->result = unpackers_next(pool, &hold, packing, &piece, &out);
			take_out(told, out);
		} while (told->result == UNPACKED_ON);
		assert_true(told->result != UNPACKED_MORE || piece.left == 0);
		free(copy);
	}
	if (told->result != UNPACKED_MORE)
		assert_int_equal(hold, 0); /* given back already */
	unpackers_end(pool, &hold);
}

static struct bytes deflated(uint8_t *to, const void *from, size_t size, int window, int level)
{
	z_stream z = {.next_in = (Bytef *)(uintptr_t)from, .avail_in = (uInt)size};

	z.next_out = to;
	z.avail_out = ROOM;
	assert_int_equal(deflateInit2(&z, level, Z_DEFLATED, window, 8, Z_DEFAULT_STRATEGY), Z_OK);
	assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
	deflateEnd(&z);
	return bytes_from(to, ROOM - z.avail_out);
}

struct lab {
	struct unpackers *pool;
	uint8_t *packed;
	uint8_t text[8192];
};

static int begin(void **state)
{
	struct lab *lab = calloc(1, sizeof *lab);

	assert_non_null(lab);
	lab->pool = unpackers_new(1);
	lab->packed = malloc(2 * ROOM);
	assert_non_null(lab->pool);
	assert_non_null(lab->packed);
	for (size_t i = 0; i < sizeof lab->text; i++)
		lab->text[i] = (uint8_t)((uint8_t) "metrics: node_load1 "[i % 20] + (i / 997) % 3);
	*state = lab;
	return 0;
}

static int end(void **state)
{
	struct lab *lab = *state;
	struct unpackers_stats stats;

	unpackers_stats(lab->pool, &stats);
	assert_int_equal(stats.in_use, 0);
	unpackers_free(lab->pool);
	free(lab->packed);
	free(lab);
	return 0;
}

static const size_t chunks[] = {0, 1, 2, 3, 7, 100};

static void check(struct lab *lab, enum packing packing, struct bytes in, const void *text,
		  size_t size)
{
	struct told told;

	for (size_t i = 0; i < sizeof chunks / sizeof *chunks; i++) {
		unpack(lab->pool, packing, in, chunks[i], &told);
		assert_int_equal(told.made, size);
		assert_memory_equal(told.bytes, text, size);
		assert_true(told.result == UNPACKED_MORE || told.result == UNPACKED_ENDED);
	}
}

static void three_kinds_of_deflate(void **state)
{
	static const int windows[] = {16 + 15, 15, -15, 9, 16 + 9};
	struct lab *lab = *state;

	for (size_t i = 0; i < sizeof windows / sizeof *windows; i++) {
		enum packing packing = windows[i] > 15 ? PACKING_GZIP : PACKING_DEFLATE;

		for (int level = 0; level < 10; level += 3)
			check(lab, packing,
			      deflated(lab->packed, lab->text, sizeof lab->text, windows[i], level),
			      lab->text, sizeof lab->text);
	}
}

/* RFC 1952, 2.3.1: FEXTRA, FNAME, FCOMMENT, FHCRC. */
static void gzip_headers_of_any_length(void **state)
{
	static const uint8_t head[] = "\x1f\x8b\x08\x1c\0\0\0\0\0\3\4\0extrname\0comment";
	struct lab *lab = *state;
	struct bytes body = deflated(lab->packed, "hello", 5, 16 + 15, 6);
	uint8_t whole[128];

	memcpy(whole, head, sizeof head);
	memcpy(whole + sizeof head, body.at + 10, body.left - 10);
	check(lab, PACKING_GZIP, bytes_from(whole, sizeof head + body.left - 10), "hello", 5);
}

static void several_members(void **state)
{
	struct lab *lab = *state;
	struct bytes one = deflated(lab->packed, "hello, ", 7, 16 + 15, 6);
	struct bytes two = deflated(lab->packed + one.left, "world", 5, 16 + 15, 6);
	size_t size = one.left + two.left;

	check(lab, PACKING_GZIP, bytes_from(lab->packed, size), "hello, world", 12);
	memcpy(lab->packed + size, "\0\0trailing", 10);
	check(lab, PACKING_GZIP, bytes_from(lab->packed, size + 10), "hello, world", 12);
}

static void what_is_plain_is_read_as_it_is(void **state)
{
	struct lab *lab = *state;
	struct unpackers_stats stats;

	check(lab, PACKING_GZIP, bytes_from("<html>", 6), "<html>", 6);
	unpackers_stats(lab->pool, &stats);
	assert_int_equal(stats.plain, sizeof chunks / sizeof *chunks);
	assert_int_equal(stats.wrong, 0);
}

static void as_far_as_it_is_looked_at(void **state)
{
	struct lab *lab = *state;
	uint8_t *zeros = calloc(1, 8u << 20);
	struct bytes bomb;
	struct told told;

	assert_non_null(zeros);
	bomb = deflated(lab->packed, zeros, 8u << 20, 16 + 15, 9);
	assert_true(bomb.left < 10000);
	for (size_t i = 0; i < sizeof chunks / sizeof *chunks; i++) {
		uint64_t before = unpackers_work(lab->pool);

		unpack(lab->pool, PACKING_GZIP, bomb, chunks[i], &told);
		assert_int_equal(told.result, UNPACKED_FULL);
		assert_int_equal(told.made, UNPACKER_MOST);
		assert_true(unpackers_work(lab->pool) - before < 64u * UNPACKER_MOST);
	}
	unpack(lab->pool, PACKING_GZIP, bytes_from(zeros, 1u << 20), 0, &told); /* plain */
	assert_int_equal(told.result, UNPACKED_FULL);
	free(zeros);
}

/* Blocks of nothing: they cost time, and nothing comes of them. */
static void much_that_brings_nothing(void **state)
{
	struct lab *lab = *state;
	struct told told, again;
	uint64_t before = unpackers_work(lab->pool);

	memset(lab->packed, 0, ROOM);
	memcpy(lab->packed, "\x1f\x8b\x08\0\0\0\0\0\0\3", 10);
	for (size_t at = 10; at + 5 < ROOM; at += 5) /* stored, not the last, empty */
		memcpy(lab->packed + at, "\0\0\0\xff\xff", 5);
	unpack(lab->pool, PACKING_GZIP, bytes_from(lab->packed, ROOM), 0, &told);
	assert_int_equal(told.result, UNPACKED_WRONG);
	assert_int_equal(told.made, 0);
	assert_true(unpackers_work(lab->pool) - before > 1000000); /* is paid for */
	unpack(lab->pool, PACKING_GZIP, bytes_from(lab->packed, ROOM), 11, &again);
	assert_int_equal(again.result, UNPACKED_WRONG);
}

/* Whatever is wrong with it: the same comes out, wherever the pieces end. */
static void damage_is_the_same_in_any_pieces(void **state)
{
	struct lab *lab = *state;
	struct bytes good = deflated(lab->packed, lab->text, 1500, 16 + 15, 6);
	struct told whole, pieces;
	unsigned wrong = 0;

	for (size_t at = 0; at < good.left; at++) {
		lab->packed[at] ^= 0x55;
		unpack(lab->pool, PACKING_GZIP, good, 0, &whole);
		for (size_t i = 1; i < sizeof chunks / sizeof *chunks; i++) {
			unpack(lab->pool, PACKING_GZIP, good, chunks[i], &pieces);
			assert_int_equal(pieces.made, whole.made);
			assert_memory_equal(pieces.bytes, whole.bytes, whole.made);
			assert_int_equal(pieces.result, whole.result);
		}
		wrong += whole.result == UNPACKED_WRONG;
		lab->packed[at] ^= 0x55;
	}
	assert_true(wrong > good.left / 2);
}

static void what_is_cut_off_comes_as_far_as_it_goes(void **state)
{
	struct lab *lab = *state;
	struct bytes good = deflated(lab->packed, lab->text, 4000, 15, 6);
	struct told told;

	for (size_t size = 1; size < good.left; size++) {
		unpack(lab->pool, PACKING_DEFLATE, bytes_from(good.at, size), 0, &told);
		assert_int_equal(told.result, UNPACKED_MORE);
		assert_memory_equal(told.bytes, lab->text, told.made);
	}
	assert_int_equal(told.made, 4000); /* all but the checksum */
}

static void the_eldest_gives_way(void **state)
{
	enum { STREAMS = 20000 };
	struct lab *lab = *state;
	struct bytes good = deflated(lab->packed, "hello", 5, 16 + 15, 6), part, out;
	unpackers_hold *hold = calloc(STREAMS, sizeof *hold);
	struct unpackers_stats stats;

	assert_non_null(hold);
	for (int i = 0; i < STREAMS; i++) {
		part = bytes_from(good.at, 10);
		while (unpackers_next(lab->pool, &hold[i], PACKING_GZIP, &part, &out) ==
		       UNPACKED_ON)
			;
	}
	unpackers_stats(lab->pool, &stats);
	assert_true(stats.in_use < 20);
	assert_int_equal(stats.evicted, STREAMS - stats.in_use);
	assert_int_equal(hold[0], UNPACKERS_LOST);
	part = bytes_from(good.at + 10, good.left - 10);
	assert_int_equal(unpackers_next(lab->pool, &hold[0], PACKING_GZIP, &part, &out),
			 UNPACKED_REFUSED);
	assert_int_equal(unpackers_next(lab->pool, &hold[STREAMS - 1], PACKING_GZIP, &part, &out),
			 UNPACKED_ON);
	assert_memory_equal(out.at, "hello", 5);
	for (int i = 0; i < STREAMS; i++)
		unpackers_end(lab->pool, &hold[i]);
	free(hold);
}

static void nobody_reads_what_is_unknown(void **state)
{
	struct lab *lab = *state;
	struct unpackers_stats stats;
	struct told told;

	unpack(lab->pool, PACKING_UNKNOWN, bytes_from("abc", 3), 0, &told);
	assert_int_equal(told.result, UNPACKED_REFUSED);
	unpackers_stats(lab->pool, &stats);
	assert_int_equal(stats.unread, 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(three_kinds_of_deflate),
		TEST(gzip_headers_of_any_length),
		TEST(several_members),
		TEST(what_is_plain_is_read_as_it_is),
		TEST(as_far_as_it_is_looked_at),
		TEST(much_that_brings_nothing),
		TEST(damage_is_the_same_in_any_pieces),
		TEST(what_is_cut_off_comes_as_far_as_it_goes),
		TEST(the_eldest_gives_way),
		TEST(nobody_reads_what_is_unknown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
