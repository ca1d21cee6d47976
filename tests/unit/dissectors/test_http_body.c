/* SPDX-License-Identifier: ISC */
/*
 * Bodies: compressed in any way that servers do it, as they are said to be or not; and what names
 * the product, or asks for a password, far down in them. Each conversation in several cuts.
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

#define ROOM 65536
#define GET  "GET /metrics HTTP/1.1\r\nHost: h\r\nAccept-Encoding: gzip\r\n\r\n"

extern const struct dissector http_dissector;

struct message {
	size_t length;
	uint8_t bytes[ROOM];
};

static void add(struct message *m, const void *bytes, size_t length)
{
	assert_true(length <= ROOM - m->length);
	memcpy(m->bytes + m->length, bytes, length);
	m->length += length;
}

static void add_text(struct message *m, const char *text)
{
	add(m, text, strlen(text));
}

/* Of zlib's kinds of `window`; 0: as it is. */
static struct message packed(const void *bytes, size_t length, int window)
{
	static struct message m;
	z_stream z = {.next_in = (Bytef *)(uintptr_t)bytes, .avail_in = (uInt)length};

	m.length = 0;
	if (window == 0) {
		add(&m, bytes, length);
		return m;
	}
	z.next_out = m.bytes;
	z.avail_out = ROOM;
	assert_int_equal(deflateInit2(&z, 6, Z_DEFLATED, window, 8, 0), Z_OK);
	assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
	deflateEnd(&z);
	m.length = ROOM - z.avail_out;
	return m;
}

static void response(struct message *m, const char *head, const struct message *body)
{
	char length[64];

	m->length = 0;
	add_text(m, head);
	snprintf(length, sizeof length, "Content-Length: %zu\r\n\r\n", body->length);
	add_text(m, length);
	add(m, body->bytes, body->length);
}

/* In chunks of 100 bytes. */
static void chunked(struct message *m, const char *head, const struct message *body)
{
	char line[16];

	m->length = 0;
	add_text(m, head);
	add_text(m, "\r\n");
	for (size_t at = 0; at < body->length; at += 100) {
		size_t size = body->length - at < 100 ? body->length - at : 100;

		snprintf(line, sizeof line, "%zx\r\n", size);
		add_text(m, line);
		add(m, body->bytes + at, size);
		add_text(m, "\r\n");
	}
	add_text(m, "0\r\n\r\n");
}

/* The same is found in any cut. */
static struct facts play(const char *request, const struct message *answer)
{
	static const size_t chunks[] = {1, 2, 5, 99};
	struct turn turns[] = {
		{SIDE_CLIENT, request, strlen(request)},
		{SIDE_SERVER, answer->bytes, answer->length},
	};
	struct facts whole, pieces;

	assert_true(dissect(&http_dissector, turns, 2, 0, &whole));
	for (size_t i = 0; i < sizeof chunks / sizeof *chunks; i++) {
		assert_true(dissect(&http_dissector, turns, 2, chunks[i], &pieces));
		assert_true(dissect_same(&whole, &pieces));
	}
	return whole;
}

static const char *service(const struct facts *facts)
{
	return facts->service ? facts->service->name : "none";
}

static const char metrics[] = "# HELP node_load1 1m load average.\n# TYPE node_load1 gauge\n";

#define OK_200 "HTTP/1.1 200 OK\r\n"

static void codings_that_are_read(void **state)
{
	static const struct {
		const char *header;
		int window;
	} codings[] = {
		{"Content-Encoding: gzip\r\n", 16 + 15},
		{"Content-Encoding: x-gzip\r\n", 16 + 15},
		{"content-encoding:  GZIP \r\n", 16 + 15},
		{"Content-Encoding: deflate\r\n", 15},
		{"Content-Encoding: deflate\r\n", -15},
		{"Content-Encoding: identity\r\n", 0},
		{"Content-Encoding: identity, gzip\r\n", 16 + 15},
		{"Content-Encoding: gzip\r\n", 0}, /* it is a lie */
		{"Content-Encoding: UTF-8\r\n", 0},
		{"Content-Encoding: \r\n", 0},
	};
	struct message answer = {.length = 0};

	(void)state;
	for (size_t i = 0; i < sizeof codings / sizeof *codings; i++) {
		struct message body = packed(metrics, sizeof metrics - 1, codings[i].window);
		char head[128];
		struct facts facts;

		snprintf(head, sizeof head, OK_200 "%s", codings[i].header);
		response(&answer, head, &body);
		facts = play(GET, &answer);
		assert_string_equal(service(&facts), "node-exporter");
		assert_false(facts.limited);
		snprintf(head, sizeof head, OK_200 "%sTransfer-Encoding: chunked\r\n",
			 codings[i].header);
		chunked(&answer, head, &body);
		facts = play(GET, &answer);
		assert_string_equal(service(&facts), "node-exporter");
	}
}

static void codings_of_the_transfer(void **state)
{
	struct message body = packed(metrics, sizeof metrics - 1, 16 + 15), answer;
	struct facts facts;

	(void)state;
	chunked(&answer, OK_200 "Transfer-Encoding: gzip, chunked\r\n", &body);
	facts = play(GET, &answer);
	assert_string_equal(service(&facts), "node-exporter");
	assert_false(facts.limited);
}

static void what_is_not_read_is_told(void **state)
{
	static const char *const headers[] = {
		"Content-Encoding: gzip, deflate\r\n",
		"Content-Encoding: gzip\r\nContent-Encoding: gzip\r\n",
		"Content-Encoding: compress\r\n",
	};
	struct message body = packed(metrics, sizeof metrics - 1, 16 + 15), answer;
	struct facts facts;
	char head[128];

	(void)state;
	for (size_t i = 0; i < sizeof headers / sizeof *headers; i++) {
		snprintf(head, sizeof head, OK_200 "%s", headers[i]);
		response(&answer, head, &body);
		facts = play(GET, &answer);
		assert_string_equal(service(&facts), "http");
		assert_int_equal(facts.auth, AUTH_NONE);
		assert_true(facts.limited);
	}
	body.bytes[20] ^= 0x55; /* damaged behind the header */
	response(&answer, OK_200 "Content-Encoding: gzip\r\n", &body);
	facts = play(GET, &answer);
	assert_true(facts.limited);
	assert_int_equal(facts.data_read, ANSWER_YES);
}

static void a_part_from_the_middle(void **state)
{
	struct message body = packed(metrics, sizeof metrics - 1, 16 + 15), answer;
	struct facts facts;

	(void)state;
	response(&answer,
		 "HTTP/1.1 206 Partial Content\r\nContent-Encoding: gzip\r\n"
		 "Content-Range: bytes 0-999/1000\r\n",
		 &body);
	facts = play(GET, &answer);
	assert_false(facts.limited);
	response(&answer,
		 "HTTP/1.1 206 Partial Content\r\nContent-Encoding: gzip\r\n"
		 "Content-Range: bytes 5-999/1000\r\n",
		 &body);
	facts = play(GET, &answer);
	assert_true(facts.limited);
}

/* What has no body has none, whatever its headers say; the next message is found. */
static void answers_without_a_body(void **state)
{
	static const char *const heads[] = {
		"HTTP/1.1 204 No Content\r\n",
		"HTTP/1.1 304 Not Modified\r\n",
	};
	struct message body = packed(metrics, sizeof metrics - 1, 16 + 15), answer;
	struct facts facts;

	(void)state;
	for (size_t i = 0; i < sizeof heads / sizeof *heads; i++) {
		answer.length = 0;
		add_text(&answer, heads[i]);
		add_text(&answer, "Content-Encoding: gzip\r\nContent-Length: 300\r\n\r\n" OK_200
				  "Content-Encoding: gzip\r\n\r\n");
		add(&answer, body.bytes, body.length);
		facts = play(GET GET, &answer);
		assert_string_equal(service(&facts), "node-exporter");
		assert_false(facts.limited);
	}
}

static void several_on_one_connection(void **state)
{
	struct message body = packed(metrics, sizeof metrics - 1, 16 + 15), answer, one;
	struct facts facts;

	(void)state;
	answer.length = 0;
	for (int i = 0; i < 5; i++) {
		response(&one, "HTTP/1.1 404 Not Found\r\nContent-Encoding: gzip\r\n", &body);
		add(&answer, one.bytes, one.length);
	}
	response(&one, OK_200 "Content-Encoding: gzip\r\n", &body);
	add(&answer, one.bytes, one.length);
	facts = play(GET GET GET GET GET GET, &answer);
	assert_string_equal(service(&facts), "node-exporter");
}

static void requests_are_unpacked_as_well(void **state)
{
	static const char drop[] = "q=DROP DATABASE shop";
	struct message body = packed(drop, sizeof drop - 1, 16 + 15), request;
	static const char answer[] =
		OK_200 "X-Influxdb-Version: 1.8\r\nContent-Length: 2\r\n\r\n{}";
	struct turn turns[2];
	struct facts facts;

	(void)state;
	response(&request,
		 "POST /query HTTP/1.1\r\nHost: h\r\nContent-Encoding: gzip\r\n"
		 "Content-Type: application/x-www-form-urlencoded\r\n",
		 &body);
	turns[0] = (struct turn){SIDE_CLIENT, request.bytes, request.length};
	turns[1] = (struct turn){SIDE_SERVER, answer, sizeof answer - 1};
	for (size_t chunk = 0; chunk < 4; chunk++) {
		bool found = false;

		assert_true(dissect(&http_dissector, turns, 2, chunk, &facts));
		for (int i = 0; i < facts.command_count; i++)
			found |= (facts.commands[i].flags & COMMAND_DESTRUCTIVE) != 0;
		assert_true(found);
	}
}

/* Behind so many bytes of other text. */
static struct message late(const char *first, const char *other, size_t before, const char *mark)
{
	static struct message m;

	m.length = 0;
	add_text(&m, first);
	while (m.length + strlen(other) < before)
		add_text(&m, other);
	add_text(&m, mark);
	add_text(&m, "\nand so on, and so on, and so on, and so on, and so on, and so on");
	return m;
}

static void metrics_far_down(void **state)
{
	static const char mark[] = "# HELP node_load1 1m load average.\n";
	struct message answer;

	(void)state;
	for (size_t before = 400; before < 16300; before += before < 1000 ? 7 : 531) {
		struct message body =
			late("# HELP go_gc A\n", "go_gc 1\n# HELP go_b A\n", before, mark);
		struct facts facts;

		response(&answer, OK_200 "Content-Type: text/plain\r\n", &body);
		facts = play(GET, &answer);
		assert_string_equal(service(&facts), "node-exporter");
		body = packed(body.bytes, body.length, 16 + 15);
		response(&answer, OK_200 "Content-Encoding: gzip\r\n", &body);
		facts = play(GET, &answer);
		assert_string_equal(service(&facts), "node-exporter");
	}
}

static void titles_far_down(void **state)
{
	struct message answer;

	(void)state;
	for (size_t before = 430; before < 16300; before += before < 1000 ? 7 : 531) {
		struct message body =
			late("<!DOCTYPE html><html><head>", "<script src=\"a.js\"></script>\n",
			     before, "<TITLE>phpMyAdmin 5.2</TITLE>");
		struct facts facts;

		response(&answer, OK_200 "Content-Type: text/html\r\n", &body);
		facts = play("GET / HTTP/1.1\r\nHost: h\r\n\r\n", &answer);
		assert_string_equal(facts.product, "phpMyAdmin");
	}
}

/* What stands further down than anybody looks, or in what is neither page nor metrics. */
static void what_is_too_far_down(void **state)
{
	struct message answer;
	struct message body = late("# HELP go_gc A\n", "go_gc 1\n", 16400, "# HELP node_load1 A\n");
	struct facts facts;

	(void)state;
	response(&answer, OK_200, &body);
	facts = play(GET, &answer);
	assert_string_equal(service(&facts), "http");
	body = late("{\"a\": 1,\n", "\"b\": 2,\n", 1000, "# HELP node_load1 A\n");
	response(&answer, OK_200, &body);
	facts = play(GET, &answer);
	assert_string_equal(service(&facts), "http");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(codings_that_are_read),
		cmocka_unit_test(codings_of_the_transfer),
		cmocka_unit_test(what_is_not_read_is_told),
		cmocka_unit_test(a_part_from_the_middle),
		cmocka_unit_test(answers_without_a_body),
		cmocka_unit_test(several_on_one_connection),
		cmocka_unit_test(requests_are_unpacked_as_well),
		cmocka_unit_test(metrics_far_down),
		cmocka_unit_test(titles_far_down),
		cmocka_unit_test(what_is_too_far_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
