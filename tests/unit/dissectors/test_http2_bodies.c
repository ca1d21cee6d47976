/* SPDX-License-Identifier: ISC */
/*
 * Bodies over HTTP/2: what names a product or destroys far down in them, compressed or not, and
 * whatever comes in between. Each conversation in several cuts.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>
#include <zlib.h>

#include "tests/unit/dissect.h"

#define ROOM   (128u << 10)
#define TURNS  16
#define FRAMES 1000 /* bytes of DATA in one */

extern const struct dissector http2_dissector;

enum { DATA = 0, HEADERS = 1, SETTINGS = 4 };
enum { END_STREAM = 1, END_HEADERS = 4 };

struct talk {
	struct turn turns[TURNS];
	size_t count, used;
	uint8_t bytes[ROOM];
};

static struct talk talk;

static void put(enum side from, const void *bytes, size_t length)
{
	assert_true(length <= ROOM - talk.used);
	if (talk.count == 0 || talk.turns[talk.count - 1].from != from) {
		assert_true(talk.count < TURNS);
		talk.turns[talk.count++] =
			(struct turn){.from = from, .bytes = talk.bytes + talk.used};
	}
	if (length != 0)
		memcpy(talk.bytes + talk.used, bytes, length);
	talk.turns[talk.count - 1].length += length;
	talk.used += length;
}

static void frame(enum side from, unsigned type, unsigned flags, unsigned stream, const void *bytes,
		  size_t length)
{
	uint8_t head[9] = {
		0, (uint8_t)(length >> 8), (uint8_t)length, (uint8_t)type, (uint8_t)flags, 0, 0,
		0, (uint8_t)stream};

	put(from, head, sizeof head);
	put(from, bytes, length);
}

static void greet(void)
{
	talk.count = talk.used = 0;
	put(SIDE_CLIENT, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 24);
	frame(SIDE_CLIENT, SETTINGS, 0, 0, "", 0);
	frame(SIDE_SERVER, SETTINGS, 0, 0, "", 0);
}

/* `first`: headers by their numbers; then a path if any, and a coding if any. */
static void headers(enum side from, unsigned stream, const char *first, const char *path,
		    const char *coding, bool last)
{
	char block[256];
	int n = snprintf(block, sizeof block, "%s", first);

	if (path)
		n += snprintf(block + n, sizeof block - (size_t)n, "\x44%c%s", (char)strlen(path),
			      path);
	if (coding)
		n += snprintf(block + n, sizeof block - (size_t)n, "\x5a%c%s", (char)strlen(coding),
			      coding);
	frame(from, HEADERS, END_HEADERS | (last ? END_STREAM : 0u), stream, block, (size_t)n);
}

static void data(enum side from, unsigned stream, const void *bytes, size_t length)
{
	const uint8_t *at = bytes;

	for (; length > FRAMES; length -= FRAMES, at += FRAMES)
		frame(from, DATA, 0, stream, at, FRAMES);
	frame(from, DATA, END_STREAM, stream, at, length);
}

static size_t pack(uint8_t *to, size_t room, const void *bytes, size_t length)
{
	z_stream z = {.next_in = (Bytef *)(uintptr_t)bytes, .avail_in = (uInt)length};

	z.next_out = to;
	z.avail_out = (uInt)room;
	assert_int_equal(deflateInit2(&z, 6, Z_DEFLATED, 31, 8, 0), Z_OK);
	assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
	deflateEnd(&z);
	return room - z.avail_out;
}

static struct facts play(void)
{
	static const size_t chunks[] = {1, 2, 7, 999};
	struct facts whole, pieces;

	assert_true(dissect(&http2_dissector, talk.turns, talk.count, 0, &whole));
	for (size_t i = 0; i < sizeof chunks / sizeof *chunks; i++) {
		assert_true(dissect(&http2_dissector, talk.turns, talk.count, chunks[i], &pieces));
		assert_true(dissect_same(&whole, &pieces));
	}
	return whole;
}

static bool did(const struct facts *facts, unsigned flags)
{
	for (size_t i = 0; i < facts->command_count; i++) {
		if ((facts->commands[i].flags & flags) && facts->commands[i].accepted == ANSWER_YES)
			return true;
	}
	return false;
}

/* Text of `length` bytes in which `mark` stands `at` this place. */
static const char *text_with(const char *mark, size_t at, size_t length, const char *filling)
{
	static char text[96u << 10];
	size_t n = strlen(filling);

	assert_true(length <= sizeof text && at + strlen(mark) <= length);
	for (size_t i = 0; i < length; i++)
		text[i] = filling[i % n];
	memcpy(text + at, mark, strlen(mark));
	return text;
}

static void products_are_named_far_down(void **unused)
{
	const char *text =
		text_with("\n# HELP node_load1 1m load average.\n", 4400, 6000, "# HELP go_x y\n");
	uint8_t packed[8192];
	struct facts facts;

	(void)unused;
	for (int gzip = 0; gzip < 2; gzip++) {
		greet();
		for (unsigned stream = 1; stream < 4; stream += 2) {
			headers(SIDE_CLIENT, stream, "\x82\x86", "/metrics", NULL, true);
			headers(SIDE_SERVER, stream, "\x88", NULL, gzip ? "gzip" : NULL, false);
			if (gzip)
				data(SIDE_SERVER, stream, packed,
				     pack(packed, sizeof packed, text, 6000));
			else
				data(SIDE_SERVER, stream, text, 6000);
		}
		facts = play();
		assert_string_equal(facts.service->name, "node-exporter");
		assert_false(facts.limited);
	}
}

static void deeds_are_seen_far_down(void **unused)
{
	const char *text = text_with("{\"delete\":{\"_index\":\"a\",\"_id\":\"1\"}}\n", 40000,
				     50000, "{\"index\":{}}\n{}\n");
	static uint8_t packed[64u << 10];
	struct facts facts;

	(void)unused;
	for (int gzip = 0; gzip < 2; gzip++) {
		greet();
		headers(SIDE_CLIENT, 1, "\x83\x86", "/_bulk", gzip ? "gzip" : NULL, false);
		if (gzip)
			data(SIDE_CLIENT, 1, packed, pack(packed, sizeof packed, text, 50000));
		else
			data(SIDE_CLIENT, 1, text, 50000);
		headers(SIDE_SERVER, 1, "\x88", NULL, NULL, false);
		data(SIDE_SERVER, 1, "{\"took\":1,\"errors\":false}", 25);
		facts = play();
		assert_true(did(&facts, COMMAND_DESTRUCTIVE));
		assert_false(facts.limited);
	}
}

/* Another request within a body: the rest of it is not read, and that is told. */
static void what_is_left_unread_is_told(void **unused)
{
	struct facts facts;

	(void)unused;
	greet();
	headers(SIDE_CLIENT, 1, "\x83\x86", "/_bulk", NULL, false);
	frame(SIDE_CLIENT, DATA, 0, 1, "{\"index\":{}}\n{}\n", 16);
	headers(SIDE_CLIENT, 3, "\x82\x86", "/", NULL, true);
	data(SIDE_CLIENT, 1, "{\"delete\":{\"_id\":1}}\n", 21);
	facts = play();
	assert_true(facts.limited);
	greet();
	headers(SIDE_CLIENT, 1, "\x82\x86", "/a", NULL, true);
	headers(SIDE_CLIENT, 3, "\x82\x86", "/b", NULL, true);
	headers(SIDE_SERVER, 1, "\x88", NULL, NULL, false);
	frame(SIDE_SERVER, DATA, 0, 1, "<html>", 6);
	headers(SIDE_SERVER, 3, "\x88", NULL, NULL, false);
	data(SIDE_SERVER, 3, "x", 1);
	data(SIDE_SERVER, 1, "<title>", 7);
	facts = play();
	assert_true(facts.limited);
}

static void a_coding_nobody_reads_is_told(void **unused)
{
	struct facts facts;

	(void)unused;
	greet();
	for (unsigned stream = 1; stream < 4; stream += 2) {
		headers(SIDE_CLIENT, stream, "\x82\x86", "/", NULL, true);
		headers(SIDE_SERVER, stream, "\x88", NULL, "xz", false);
		data(SIDE_SERVER, stream, "??????", 6);
	}
	facts = play();
	assert_true(facts.limited);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(products_are_named_far_down),
		cmocka_unit_test(deeds_are_seen_far_down),
		cmocka_unit_test(what_is_left_unread_is_told),
		cmocka_unit_test(a_coding_nobody_reads_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
