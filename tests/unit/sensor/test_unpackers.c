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
#include <zstd.h>

#include "sensor/session/unpackers.h"
#include "tests/unit/sample_packed.h"

#define ROOM (256u << 10)
#define ODD  600

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
	uint8_t text[8000];
	uint8_t odd[ODD];
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
	for (uint32_t i = 0, x = 1; i < ODD; i++) {
		x = x * 1103515245 + 12345;
		lab->odd[i] = (uint8_t)('a' + (x >> 16) % 7);
	}
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

static void blocks_of_lz4_and_snappy(void **state)
{
	struct lab *lab = *state;

	check(lab, PACKING_LZ4, bytes_from(sample_lz4_even, sizeof sample_lz4_even), lab->text,
	      sizeof lab->text);
	check(lab, PACKING_LZ4, bytes_from(sample_lz4_odd, sizeof sample_lz4_odd), lab->odd, ODD);
	check(lab, PACKING_SNAPPY, bytes_from(sample_snappy_even, sizeof sample_snappy_even),
	      lab->text, sizeof lab->text);
	check(lab, PACKING_SNAPPY, bytes_from(sample_snappy_odd, sizeof sample_snappy_odd),
	      lab->odd, ODD);
}

static void brotli_of_any_window(void **state)
{
	struct lab *lab = *state;

	check(lab, PACKING_BROTLI, bytes_from(sample_brotli_even, sizeof sample_brotli_even),
	      lab->text, sizeof lab->text);
	check(lab, PACKING_BROTLI, bytes_from(sample_brotli_odd, sizeof sample_brotli_odd),
	      lab->odd, ODD);
	check(lab, PACKING_BROTLI,
	      bytes_from(sample_brotli_best_even, sizeof sample_brotli_best_even), lab->text,
	      sizeof lab->text);
}

/* With a length of the content or without, with a checksum, and a window of 8 MiB. */
static struct bytes zstd(uint8_t *to, const void *from, size_t size, int level, bool streamed)
{
	ZSTD_CCtx *context = ZSTD_createCCtx();
	ZSTD_inBuffer in = {.src = from, .size = size};
	ZSTD_outBuffer out = {.dst = to, .size = ROOM};

	ZSTD_CCtx_setParameter(context, ZSTD_c_compressionLevel, level);
	ZSTD_CCtx_setParameter(context, ZSTD_c_windowLog, 23);
	ZSTD_CCtx_setParameter(context, ZSTD_c_checksumFlag, streamed);
	if (!streamed)
		out.pos = ZSTD_compress2(context, to, ROOM, from, size);
	while (streamed && ZSTD_compressStream2(context, &out, &in, ZSTD_e_flush) != 0)
		;
	while (streamed && ZSTD_compressStream2(context, &out, &in, ZSTD_e_end) != 0)
		;
	ZSTD_freeCCtx(context);
	assert_false(ZSTD_isError(out.pos));
	return bytes_from(to, out.pos);
}

static void frames_of_zstd(void **state)
{
	static const uint8_t skippable[] = "\x53\x2a\x4d\x18\5\0\0\0hello";
	struct lab *lab = *state;
	struct bytes one, two;
	uint8_t both[2 * ODD];

	for (int level = -1; level < 20; level += 5) {
		check(lab, PACKING_ZSTD, zstd(lab->packed, lab->text, 8000, level, false),
		      lab->text, 8000);
		check(lab, PACKING_ZSTD, zstd(lab->packed, lab->text, 8000, level, true), lab->text,
		      8000);
		check(lab, PACKING_ZSTD, zstd(lab->packed, lab->odd, ODD, level, false), lab->odd,
		      ODD);
	}
	memcpy(lab->packed, skippable, sizeof skippable - 1);
	one = zstd(lab->packed + sizeof skippable - 1, lab->odd, ODD, 3, true);
	two = zstd(lab->packed + sizeof skippable - 1 + one.left, lab->odd, ODD, 3, false);
	memcpy(both, lab->odd, ODD);
	memcpy(both + ODD, lab->odd, ODD);
	check(lab, PACKING_ZSTD,
	      bytes_from(lab->packed, sizeof skippable - 1 + one.left + two.left), both, 2 * ODD);
	check(lab, PACKING_ZSTD, bytes_from("{\"a\": 1}", 8), "{\"a\": 1}", 8);
}

/* Much out of little: as far as it is looked at, and no further. */
static void bombs_of_other_kinds(void **state)
{
	struct lab *lab = *state;
	uint8_t *zeros = calloc(1, 8u << 20);
	struct told told;
	struct bytes in;

	assert_non_null(zeros);
	in = zstd(lab->packed, zeros, 8u << 20, 9, true);
	for (size_t i = 0; i < sizeof chunks / sizeof *chunks; i++) {
		unpack(lab->pool, PACKING_ZSTD, in, chunks[i], &told);
		assert_int_equal(told.result, UNPACKED_FULL);
	}
	memset(lab->packed, 0xff, 4096);
	memcpy(lab->packed, "\x1fz\1\0", 4); /* LZ4: one literal, and a long copy */
	lab->packed[4095] = 0;
	unpack(lab->pool, PACKING_LZ4, bytes_from(lab->packed, 4096), 0, &told);
	assert_int_equal(told.result, UNPACKED_FULL);
	memset(lab->packed, 0xfe, 4096);
	memcpy(lab->packed, "\xff\xff\xff\xff\x0f\0z", 7); /* Snappy: 4 GiB, it says */
	for (size_t at = 7; at + 3 <= 4096; at += 3)
		memcpy(lab->packed + at, "\xfe\1\0", 3);
	unpack(lab->pool, PACKING_SNAPPY, bytes_from(lab->packed, 4096), 0, &told);
	assert_int_equal(told.result, UNPACKED_FULL);
	free(zeros);
}

static void check_damage(struct lab *lab, enum packing packing, struct bytes good)
{
	struct told whole, pieces;

	memcpy(lab->packed + ROOM, good.at, good.left);
	for (size_t at = 0; at < good.left; at++) {
		lab->packed[ROOM + at] ^= 0x55;
		good = bytes_from(lab->packed + ROOM, good.left);
		unpack(lab->pool, packing, good, 0, &whole);
		for (size_t i = 1; i < sizeof chunks / sizeof *chunks; i++) {
			unpack(lab->pool, packing, good, chunks[i], &pieces);
			assert_int_equal(pieces.result, whole.result);
			assert_int_equal(pieces.made, whole.made);
			assert_memory_equal(pieces.bytes, whole.bytes, whole.made);
		}
		lab->packed[ROOM + at] ^= 0x55;
	}
}

static void damage_of_other_kinds(void **state)
{
	struct lab *lab = *state;
	struct told told;

	check_damage(lab, PACKING_LZ4, bytes_from(sample_lz4_odd, sizeof sample_lz4_odd));
	check_damage(lab, PACKING_SNAPPY, bytes_from(sample_snappy_odd, sizeof sample_snappy_odd));
	check_damage(lab, PACKING_ZSTD, zstd(lab->packed, lab->odd, ODD, 3, true));
	for (size_t at = 0; at < sizeof sample_brotli_odd; at++) {
		memcpy(lab->packed, sample_brotli_odd, sizeof sample_brotli_odd);
		lab->packed[at] ^= 0x55;
		for (size_t i = 0; i < sizeof chunks / sizeof *chunks; i++)
			unpack(lab->pool, PACKING_BROTLI,
			       bytes_from(lab->packed, sizeof sample_brotli_odd), chunks[i], &told);
	}
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
		TEST(blocks_of_lz4_and_snappy),
		TEST(brotli_of_any_window),
		TEST(frames_of_zstd),
		TEST(bombs_of_other_kinds),
		TEST(damage_of_other_kinds),
		TEST(nobody_reads_what_is_unknown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
