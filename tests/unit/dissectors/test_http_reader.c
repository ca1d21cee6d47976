/* SPDX-License-Identifier: ISC */
/*
 * The reader of HTTP/1: a table of streams and of what is told of them, each whole and cut at every
 * place. What is told is written as text: a letter for each event, and what comes with it.
 *
 *	B begin, T target, L line (method or status), N name, V value, F field, H head, b bytes of
 *	body, M message, ! bad and how many bytes were taken before
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include "dissectors/http/http_reader.h"
#include "tests/unit/dissect.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))
#define REQUEST	     true
#define RESPONSE     false
#define TOLD_MAX     4096

struct row {
	bool request;
	const char *bytes;
	const char *told;
};

/* A kind of bytes that http-parser 2.9 reads otherwise, with our reason. */
struct difference {
	struct row row;
	const char *why;
};

struct told {
	size_t taken;
	size_t body;
	enum http_event last;
	char text[TOLD_MAX];
};

static void append(struct told *told, const char *text, size_t length)
{
	size_t at = strlen(told->text);

	assert_true(at + length < sizeof told->text);
	if (length != 0)
		memcpy(told->text + at, text, length);
	told->text[at + length] = '\0';
}

static void append_number(struct told *told, const char *before, size_t number)
{
	char text[32];

	append(told, text, (size_t)snprintf(text, sizeof text, "%s%zu", before, number));
}

static void note_body(struct told *told)
{
	if (told->body != 0)
		append_number(told, " b", told->body);
	told->body = 0;
}

static void note(struct told *told, const struct http_reader *r, enum http_event event,
		 struct bytes span)
{
	static const char *const words[] = {
		[HTTP_BEGIN] = " B", [HTTP_TARGET] = " T",  [HTTP_LINE] = " L",
		[HTTP_NAME] = " N",  [HTTP_VALUE] = " V",   [HTTP_FIELD] = " F",
		[HTTP_HEAD] = " H",  [HTTP_BODY] = "",	    [HTTP_BAD] = " !",
		[HTTP_MORE] = "",    [HTTP_MESSAGE] = " M",
	};

	if (event == HTTP_BODY)
		told->body += span.left;
	else
		note_body(told);
	if (event != told->last)
		append(told, words[event], strlen(words[event]));
	if (event == HTTP_TARGET || event == HTTP_NAME || event == HTTP_VALUE)
		append(told, (const char *)span.at, span.left);
	else
		assert_true(event == HTTP_BODY || span.left == 0);
	if (event == HTTP_LINE && r->request)
		append(told, http_methods[r->method], strlen(http_methods[r->method]));
	else if (event == HTTP_LINE)
		append_number(told, "", r->status);
	if (event == HTTP_BAD)
		append_number(told, "", told->taken);
	told->last = event;
}

/* One piece, in a block of its size. False once it is bad. */
static bool piece(struct http_reader *r, struct told *told, const void *bytes, size_t length)
{
	uint8_t *copy = dissect_copy(bytes, length);
	struct bytes in = bytes_from(copy, length);
	enum http_event event;
	struct bytes span;

	do {
		size_t before = in.left;

		event = http_reader_next(r, &in, &span);
		told->taken += before - in.left;
		if (event != HTTP_MORE)
			note(told, r, event, span);
	} while (event != HTTP_MORE && event != HTTP_BAD);
	assert_true(in.left == 0 || event == HTTP_BAD);
	free(copy);
	return event != HTTP_BAD;
}

/* The first piece of `first` bytes, the others of `chunk`. */
static void play(const struct row *row, size_t first, size_t chunk, struct told *told)
{
	size_t length = strlen(row->bytes);
	struct http_reader reader;
	size_t step = first;

	*told = (struct told){.last = HTTP_MORE};
	http_reader_start(&reader, row->request);
	for (size_t at = 0; at < length; at += step, step = at == first ? chunk : step) {
		size_t left = length - at;

		if (!piece(&reader, told, row->bytes + at, left < step ? left : step))
			break;
	}
	note_body(told);
}

static void check(const struct row *row)
{
	size_t length = strlen(row->bytes);
	struct told told;

	for (size_t chunk = 1; chunk <= length; chunk++) {
		play(row, chunk, chunk, &told);
		assert_string_equal(told.text, row->told);
		play(row, chunk, length, &told);
		assert_string_equal(told.text, row->told);
	}
}

static const struct row rows[] = {
	/* First lines. */
	{REQUEST, "GET / HTTP/1.1\r\n\r\n", " B T/ LGET H M"},
	{REQUEST, "GET / HTTP/1.1\n\n", " B T/ LGET H M"},
	{REQUEST, "\r\n\nGET  /a?b#c  HTTP/1.7\r\n\r\n", " B T/a?b#c LGET H M"},
	{REQUEST, "M-SEARCH * HTTP/1.1\r\n\r\n", " B T* LM-SEARCH H M"},
	{REQUEST, "MKCALENDAR /x HTTP/1.1\r\n\r\n", " B T/x LMKCALENDAR H M"},
	{REQUEST, "UNSUBSCRIBE /x HTTP/1.1\r\n\r\n", " B T/x LUNSUBSCRIBE H M"},
	{REQUEST, "CONNECT a:443 HTTP/1.1\r\n\r\n", " B Ta:443 LCONNECT H M"},
	{REQUEST, "GET http://a/b HTTP/1.1\r\n\r\n", " B Thttp://a/b LGET H M"},
	{REQUEST, "GET /\xc3\xa4\t HTTP/1.1\r\n\r\n", " B T/\xc3\xa4\t LGET H M"},
	{REQUEST, "GET /", " B T/"},
	{REQUEST, "GET / HTTP/1.1\r\n", " B T/"}, /* nobody knows yet that this is all */
	{REQUEST, "GET a HTTP/1.1\r\n\r\n", " B Ta !5"},
	{REQUEST, "GET a:/b HTTP/1.1\r\n\r\n", " B Ta:/ !7"},
	{REQUEST, "GETS / HTTP/1.1\r\n\r\n", " B !3"},
	{REQUEST, "get / HTTP/1.1\r\n\r\n", " !0"},
	{REQUEST, "GET / HTTP/1.1 x\r\n\r\n", " B T/ !14"},
	{REQUEST, "GET /a\x01 HTTP/1.1\r\n\r\n", " B T/a !6"},
	{RESPONSE, "HTTP/1.1 200 OK\r\n\r\n", " B L200 H"},
	{RESPONSE, "HTTP/1.0   404\n\n", " B L404 H"},
	{RESPONSE, "HTTP/1.1 0200 fine \x80\r\n\r\n", " B L200 H"},
	{RESPONSE, "HTTP/1.1 2000 OK\r\n\r\n", " B !12"},
	{RESPONSE, "HTTP/1.1 2x0 OK\r\n\r\n", " B !10"},
	{RESPONSE, "HTTP/1.1200 OK\r\n\r\n", " B !8"},
	{RESPONSE, "ICY 200 OK\r\n\r\n", " !0"},
	/* Fields. */
	{REQUEST, "GET / HTTP/1.1\r\nHost: a b \r\nX:y\r\n\r\n",
	 " B T/ LGET NHost Va b  F NX Vy F H M"},
	{REQUEST, "GET / HTTP/1.1\nA: \nB:\n\n", " B T/ LGET NA V F NB V F H M"},
	{REQUEST, "GET / HTTP/1.1\r\nA: b\r\n  c\r\n\td\r\n\r\n", " B T/ LGET NA Vb  c\td F H M"},
	{REQUEST, "GET / HTTP/1.1\r\nA:\r\n b\r\n\r\n", " B T/ LGET NA Vb F H M"},
	{REQUEST, "GET / HTTP/1.1\r\n A : b\x01\x7f\r\n\r\n", " B T/ LGET N A  Vb\x01\x7f F H M"},
	{REQUEST, "GET / HTTP/1.1\r\nHost: a\r\nAb", " B T/ LGET NHost Va F NAb"},
	{REQUEST, "GET / HTTP/1.1\r\nHost: a\r\n", " B T/ LGET NHost Va"},
	{REQUEST, "GET / HTTP/1.1\r\nHost\r\n\r\n", " B T/ LGET NHost !20"},
	{REQUEST, "GET / HTTP/1.1\r\nA: b\r\n:c\r\n\r\n", " B T/ LGET NA Vb !22"},
	{REQUEST, "GET / HTTP/1.1\r\n\x01: b\r\n\r\n", " B T/ !16"},
	{REQUEST, "GET / HTTP/1.1\r\nA: b\rc\r\n\r\n", " B T/ LGET NA Vb !21"},
	/* Bodies by length. */
	{REQUEST, "PUT / HTTP/1.1\r\ncontent-length : 3 \r\n\r\nabcGET / HTTP/1.1\r\n\r\n",
	 " B T/ LPUT Ncontent-length  V3  F H b3 M B T/ LGET H M"},
	{REQUEST, "PUT / HTTP/1.1\r\nContent-Length: 0\r\n\r\n",
	 " B T/ LPUT NContent-Length V0 F H M"},
	{RESPONSE, "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n 2\r\n\r\n",
	 " B L200 NContent-Length V1  !37"},
	{RESPONSE, "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n \r\n\r\nabHTTP",
	 " B L200 NContent-Length V1  F H b1 M !42"},
	{RESPONSE, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 5\r\n\r\n",
	 " B L200 NContent-Length V5 F NContent-Length !52"},
	{RESPONSE, "HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\n", " B L200 NContent-Length !33"},
	{RESPONSE, "HTTP/1.1 200 OK\r\nContent-Length: 5x\r\n\r\n",
	 " B L200 NContent-Length V5 !34"},
	{RESPONSE, "HTTP/1.1 200 OK\r\nContent-Length:\r\n\r\n", " B L200 NContent-Length !34"},
	{RESPONSE, "HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\n",
	 " B L200 NContent-Length V9999999999999999999 !52"},
	{RESPONSE, "HTTP/1.1 200 OK\r\nContent-Length: 18446744073709551609\r\n\r\nabc",
	 " B L200 NContent-Length V18446744073709551609 F H b3"},
	{RESPONSE, "HTTP/1.1 200 OK\r\nContent-Lengths: 5\r\n\r\nabc",
	 " B L200 NContent-Lengths V5 F H b3"},
	/* Bodies until the end. */
	{RESPONSE, "HTTP/1.1 200 OK\r\n\r\nHTTP/1.1 200 OK\r\n\r\n", " B L200 H b19"},
	{RESPONSE, "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\nContent-Length: 2\r\n\r\nabcd",
	 " B L200 NTransfer-Encoding Vgzip F NContent-Length V2 F H b4"},
	/* Chunks. */
	{RESPONSE,
	 "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTRANSFER-Encoding:  gzip, Chunked \r\n\r\n"
	 "3;a=b\r\nabc\r\n00A \r\n0123456789\r\n000\r\nContent-Length: x\r\n y\r\n\r\nHTTP/1.1 "
	 "204 \n\n",
	 " B L200 NContent-Length V1 F NTRANSFER-Encoding Vgzip, Chunked  F H b13 M B L204 H"},
	{REQUEST, "PUT / HTTP/1.1\r\ntransfer-encoding:chunked\r\n\r\n0\r\n\r\nGET",
	 " B T/ LPUT Ntransfer-encoding Vchunked F H M B"},
	{REQUEST, "PUT / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nx",
	 " B T/ LPUT NTransfer-Encoding Vchunked F H !46"},
	{REQUEST, "PUT / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nabc\r\n",
	 " B T/ LPUT NTransfer-Encoding Vchunked F H b2 !51"},
	{REQUEST,
	 "PUT / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffffff\r\nabc\r\n",
	 " B T/ LPUT NTransfer-Encoding Vchunked F H !61"},
	{REQUEST, "PUT / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n:\r\n\r\n",
	 " B T/ LPUT NTransfer-Encoding Vchunked F H !49"},
	{RESPONSE, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunkedx\r\n\r\n0\r\n\r\n",
	 " B L200 NTransfer-Encoding Vchunkedx F H b5"},
	{RESPONSE,
	 "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: x\r\n\r\n0\r\n\r\n",
	 " B L200 NTransfer-Encoding Vchunked F NTransfer-Encoding Vx F H b5"},
};

static void streams_are_read(void **unused)
{
	(void)unused;
	for (size_t i = 0; i < COUNT(rows); i++)
		check(&rows[i]);
}

/* tests/fuzz/fuzz_http_reader.c compares with http-parser up to the first of these. */
static const struct difference differences[] = {
	{{RESPONSE, "HELLO1.1 200 OK\r\n\r\n", " B !1"},
	 "it takes any five letters behind H for HTTP/: text would become a response"},
	{{REQUEST, "GET / HTTP/2.0\r\n\r\n", " B T/ !11"},
	 "it reads on until the first field; another version is no business of ours"},
	{{REQUEST, "SOURCE / ICE/1.0\r\n\r\n", " B T/ !9"}, "icecast's own protocol is not HTTP"},
	{{REQUEST, "GET /\r\n\r\n", " B T/ !5"}, "as with other versions: HTTP/0.9"},
	{{RESPONSE, "HTTP/1.1 200 OK\rX\r\n\r\n", " B !16"},
	 "it takes any byte for the LF behind some CRs, RFC 9112 section 2.2 forbids it"},
	{{RESPONSE, "HTTP/1.1 200 OK\r\nA: b\r\n\rX\r\n", " B L200 NA Vb !24"}, "the same"},
	{{REQUEST, "GET http://\"@a@b/ HTTP/1.1\r\n\r\n", " B Thttp://\"@a@b/ LGET H M"},
	 "what an authority may hold is for others to judge: scanners send anything"},
	{{REQUEST,
	  "PUT / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n2;x\nab\n0\n\nGET / HTTP/1.1\n\n",
	  " B T/ LPUT NTransfer-Encoding Vchunked F H b2 M B T/ LGET H M"},
	 "servers take a bare LF around chunks, so who sends it would hide what follows"},
	{{REQUEST, "PUT / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1\xfc\r\n",
	  " B T/ LPUT NTransfer-Encoding Vchunked F H !47"},
	 "its table of digits is too short: bytes beyond ASCII are zeros"},
	{{REQUEST, "PUT / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1\r\naXY0\r\n\r\n",
	  " B T/ LPUT NTransfer-Encoding Vchunked F H b1 !50"},
	 "it takes any two bytes behind a chunk; a wrong size is to be seen"},
	{{REQUEST,
	  "PUT / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nContent-Length: x\r\n\r\n",
	  " B T/ LPUT NTransfer-Encoding Vchunked F H M"},
	 "it judges lengths in trailers, where they say nothing"},
	{{RESPONSE, "HTTP/1.1 200 OK\r\nTransfer-Encoding-X: y\r\nContent-Length: 0\r\n\r\n",
	  " B L200 NTransfer-Encoding-X Vy F NContent-Length V0 F H M"},
	 "the beginning of the name is enough for it, and the body never ends"},
	{{RESPONSE, "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip,,\tchunked\r\n\r\n0\r\n\r\n",
	  " B L200 NTransfer-Encoding Vgzip,,\tchunked F H M"},
	 "it knows neither empty elements of a list nor tabs: RFC 9110 section 5.6.1"},
	{{RESPONSE, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n \r\n\r\n0\r\n\r\n",
	  " B L200 NTransfer-Encoding Vchunked  F H M"},
	 "it forgets the coding when the field is folded"},
	{{RESPONSE, "HTTP/1.1 200 OK\r\nContent-Length: 0\t\r\n\r\n",
	  " B L200 NContent-Length V0\t F H M"},
	 "blanks behind a value may be tabs"},
};

static void differences_from_http_parser_are_known(void **unused)
{
	(void)unused;
	for (size_t i = 0; i < COUNT(differences); i++) {
		assert_non_null(differences[i].why);
		check(&differences[i].row);
	}
}

/* What follows a head that says nothing of it, but to which no body belongs. */
static void a_head_without_a_body_ends(void **unused)
{
	static const char answer[] = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n";
	struct bytes in = bytes_from(answer, sizeof answer - 1);
	enum http_event event;
	struct http_reader r;
	struct bytes span;

	(void)unused;
	http_reader_start(&r, RESPONSE);
	do {
		event = http_reader_next(&r, &in, &span);
	} while (event != HTTP_HEAD && event != HTTP_MORE);
	assert_int_equal(event, HTTP_HEAD);
	assert_int_equal(in.left, 0);
	http_reader_no_body(&r);
	assert_int_equal(http_reader_next(&r, &in, &span), HTTP_MESSAGE);
	assert_int_equal(http_reader_next(&r, &in, &span), HTTP_MORE);
	in = bytes_from(answer, 1);
	assert_int_equal(http_reader_next(&r, &in, &span), HTTP_BEGIN);
}

static bool survives(bool request, const char *text, uint64_t missing, const char *behind,
		     const char *told_behind)
{
	struct http_reader reader;
	struct told told = {.last = HTTP_MORE};

	http_reader_start(&reader, request);
	assert_true(piece(&reader, &told, text, strlen(text)));
	if (!http_reader_gap(&reader, missing))
		return false;
	told = (struct told){.last = HTTP_MORE};
	assert_true(piece(&reader, &told, behind, strlen(behind)));
	note_body(&told);
	assert_string_equal(told.text, told_behind);
	return true;
}

static void gaps_are_passed_over(void **unused)
{
	static const char known[] = "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nab";
	static const char put[] = "PUT / HTTP/1.1\r\nContent-Length: 10\r\n\r\nab";
	static const char chunks[] = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\nab";
	static const char coded[] = "PUT / HTTP/1.1\r\nTransfer-Encoding: gzip\r\n\r\nab";

	(void)unused;
	assert_true(survives(RESPONSE, known, 7, "jHTTP", " b1 M B"));
	assert_true(survives(REQUEST, put, 1, "defghijPUT", " b7 M B"));
	assert_false(survives(RESPONSE, known, 8, "", ""));
	assert_false(survives(RESPONSE, known, 0, "", "")); /* nobody knows how much */
	assert_false(survives(RESPONSE, known, UINT64_MAX, "", ""));
	assert_true(survives(RESPONSE, "HTTP/1.1 200 OK\r\n\r\n", 0, "abc", " b3"));
	assert_false(survives(RESPONSE, "HTTP/1.1 200 OK\r\n", 1, "", ""));
	assert_false(survives(RESPONSE, chunks, 1, "", ""));
	assert_false(survives(REQUEST, coded, 1, "", "")); /* requests may follow all the same */
}

/* Neither a field nor a chunk's line without an end is read for ever. */
static void heads_have_an_end(void **unused)
{
	static const char *const starts[] = {
		"GET /",
		"GET / HTTP/1.1\r\nA",
		"GET / HTTP/1.1\r\nA: b",
		"",
		"GET / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1;",
	};
	static const char fillers[] = {'x', 'x', 'x', '\n', 'x'};

	(void)unused;
	for (size_t i = 0; i < COUNT(starts); i++) {
		size_t length = strlen(starts[i]), size = HTTP_HEAD_MAX + 100;
		char *text = malloc(size);

		assert_non_null(text);
		memset(text, fillers[i], size);
		memcpy(text, starts[i], length);
		for (size_t chunk = 1; chunk <= size; chunk *= 7) {
			struct bytes rest = bytes_from(text, size);
			struct http_reader r;
			size_t taken = 0;
			bool more = true;

			http_reader_start(&r, REQUEST);
			while (more) {
				struct bytes in =
					bytes_sub(&rest, rest.left < chunk ? rest.left : chunk);
				size_t before = in.left;
				enum http_event event;
				struct bytes span;

				do {
					event = http_reader_next(&r, &in, &span);
				} while (event != HTTP_MORE && event != HTTP_BAD);
				taken += before - in.left;
				more = event == HTTP_MORE && rest.left != 0;
				assert_true(more || event == HTTP_BAD);
			}
			assert_int_equal(taken, HTTP_HEAD_MAX + (i == 4 ? length - 2 : 0));
		}
		free(text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(streams_are_read),
		cmocka_unit_test(differences_from_http_parser_are_known),
		cmocka_unit_test(a_head_without_a_body_ends),
		cmocka_unit_test(gaps_are_passed_over),
		cmocka_unit_test(heads_have_an_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
