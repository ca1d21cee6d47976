/* SPDX-License-Identifier: ISC */
/*
 * The HTTP dissector against the shape of the stream: pipelining, bodies of every kind, upgrades,
 * losses, lies about lengths, and bytes that were tampered with.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "tests/unit/dissect.h"

extern const struct dissector http_dissector;

#define COUNT(array)  (sizeof(array) / sizeof *(array))
#define RUN(turns, f) assert_true(dissect(&http_dissector, (turns), COUNT(turns), 0, (f)))
#define GET(path)     "GET " path " HTTP/1.1\r\nHost: a\r\n\r\n"
#define OK_X	      "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx"
#define NOT_FOUND     "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"

static enum answer accepted(const struct facts *facts, const char *text)
{
	for (size_t i = 0; i < facts->command_count; i++) {
		if (strcmp(facts->commands[i].text, text) == 0)
			return (enum answer)facts->commands[i].accepted;
	}
	fail_msg("no command \"%s\"", text);
	return ANSWER_UNKNOWN;
}

/* Every kind of message in one conversation, so that a wrong length anywhere shows at the end. */
static const struct turn everything[] = {
	TURN_CLIENT("HEAD /head HTTP/1.1\r\n\r\nPUT /new HTTP/1.1\r\nContent-Length: 12\r\n\r\n"
		    "DELETE /x HT" GET("/chunks") GET("/same")),
	TURN_SERVER("HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n"
		    "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n"
		    "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n"
		    "3;ext=1\r\nabc\r\n0\r\nServer: trailer/1\r\n\r\n"
		    "HTTP/1.1 304 Not Modified\r\nContent-Length: 7\r\n\r\n"),
	TURN_CLIENT("POST /form HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n"
		    "4\r\nGET \r\n0\r\n\r\n" GET("/gone") GET("/last")),
	TURN_SERVER(OK_X NOT_FOUND "HTTP/1.0 200 OK\r\nServer: last/9\r\n\r\nuntil the end"),
};

static void every_kind_of_message_is_read(void **unused)
{
	struct facts facts;

	(void)unused;
	RUN(everything, &facts);
	assert_int_equal(accepted(&facts, "HEAD /head"), ANSWER_YES);
	assert_int_equal(accepted(&facts, "PUT /new"), ANSWER_YES);
	assert_int_equal(accepted(&facts, "GET /chunks"), ANSWER_YES);
	assert_int_equal(accepted(&facts, "GET /same"), ANSWER_UNKNOWN);
	assert_int_equal(accepted(&facts, "POST /form"), ANSWER_YES);
	assert_int_equal(accepted(&facts, "GET /gone"), ANSWER_NO);
	assert_int_equal(accepted(&facts, "GET /last"), ANSWER_YES);
	assert_int_equal(facts.command_count, 7);
	assert_string_equal(facts.product, "last");
	assert_string_equal(facts.version, "9");
}

/* What is told before an error must not depend on how much came with it. */
static void errors_say_the_same_in_any_pieces(void **unused)
{
	static const struct turn broken[] = {
		TURN_CLIENT("GET /a HTTP/1.1\r\nHost: a\r\nAuthorization\x01: x\r\n\r\n"),
		TURN_SERVER(OK_X "HTTP/1.1 200 OK\r\nServer: one/1\r\nX-Bad\x01: y\r\n\r\n"
				 "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\nz"
				 "HTTP/1.1 200 OK\r\nServer: two/2\r\nContent-Length: x\r\n\r\n"),
	};
	struct facts whole, facts;

	(void)unused;
	RUN(broken, &whole);
	for (size_t chunk = 1; chunk < 64; chunk++) {
		assert_true(dissect(&http_dissector, broken, COUNT(broken), chunk, &facts));
		assert_true(dissect_same(&whole, &facts));
	}
}

/* An answer that cannot be read is still the answer to its request. */
static void a_broken_answer_uses_up_its_request(void **unused)
{
	static const struct turn turns[] = {
		TURN_CLIENT(GET("/a")),
		TURN_SERVER("HTTP/1.1 200 OK\r\nX-Bad\x01: y\r\n\r\n"),
		TURN_CLIENT("DELETE /b HTTP/1.1\r\n\r\n"),
		TURN_SERVER(NOT_FOUND),
	};
	struct facts facts;

	(void)unused;
	RUN(turns, &facts);
	assert_int_equal(accepted(&facts, "GET /a"), ANSWER_UNKNOWN);
	assert_int_equal(accepted(&facts, "DELETE /b"), ANSWER_NO);
}

static void any_split_says_the_same(void **unused)
{
	struct facts whole, facts;

	(void)unused;
	RUN(everything, &whole);
	for (size_t chunk = 1; chunk < 64; chunk++) {
		assert_true(dissect(&http_dissector, everything, COUNT(everything), chunk, &facts));
		assert_true(dissect_same(&whole, &facts));
	}
	for (size_t i = 0; i < COUNT(everything); i++) {
		for (size_t at = 1; at < everything[i].length; at++) {
			struct turn turns[COUNT(everything) + 1];

			memcpy(turns, everything, (i + 1) * sizeof *turns);
			memcpy(turns + i + 1, everything + i,
			       (COUNT(everything) - i) * sizeof *turns);
			turns[i].length = at;
			turns[i + 1].bytes = (const char *)everything[i].bytes + at;
			turns[i + 1].length = everything[i].length - at;
			RUN(turns, &facts);
			assert_true(dissect_same(&whole, &facts));
		}
	}
}

/* Truncated at every length, and every bit flipped, over the session as a whole. */
static void truncated_and_flipped_bytes_are_survived(void **unused)
{
	struct facts facts;

	(void)unused;
	for (size_t i = 0; i < COUNT(everything); i++) {
		uint8_t *copy = dissect_copy(everything[i].bytes, everything[i].length);
		struct turn turns[COUNT(everything)];

		memcpy(turns, everything, sizeof turns);
		for (size_t n = 0; n < everything[i].length; n++) {
			turns[i].length = n;
			memset(&facts, 0, sizeof facts);
			dissect_session(&http_dissector, turns, i + 1, 0, &facts);
			assert_string_equal(facts.service->name, "http");
		}
		turns[i] = (struct turn){everything[i].from, copy, everything[i].length};
		for (size_t bit = 0; bit < 8 * everything[i].length; bit++) {
			copy[bit / 8] ^= (uint8_t)(1u << bit % 8);
			memset(&facts, 0, sizeof facts);
			dissect_session(&http_dissector, turns, COUNT(turns), 0, &facts);
			copy[bit / 8] ^= (uint8_t)(1u << bit % 8);
			assert_int_equal(facts.logins_failed + facts.logins_succeeded, 0);
			assert_in_range(facts.command_count, 0, FACTS_COMMANDS);
		}
		free(copy);
	}
}

static void upgrade_and_connect_end_http(void **unused)
{
	static const struct turn upgrade[] = {
		TURN_CLIENT(
			"GET /ws HTTP/1.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n"),
		TURN_SERVER("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\n"
			    "Upgrade: websocket\r\n\r\nHTTP/1.1 200 OK\r\nServer: fake/1\r\n\r\n"),
		TURN_CLIENT("DELETE /fake HTTP/1.1\r\n\r\n"),
	};
	static const struct turn refused[] = {
		TURN_CLIENT("GET /a HTTP/1.1\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n"),
		TURN_SERVER(OK_X),
		TURN_CLIENT(GET("/b")),
		TURN_SERVER(NOT_FOUND),
	};
	static const struct turn connect[] = {
		TURN_CLIENT("CONNECT db.internal:5432 HTTP/1.1\r\n\r\n"),
		TURN_SERVER("HTTP/1.1 200 Connection established\r\n\r\n" NOT_FOUND),
		TURN_CLIENT("DELETE /fake HTTP/1.1\r\n\r\n"),
	};
	struct facts facts;

	(void)unused;
	RUN(upgrade, &facts);
	assert_int_equal(facts.command_count, 1);
	assert_string_equal(facts.product, "");
	RUN(refused, &facts);
	assert_int_equal(accepted(&facts, "GET /b"), ANSWER_NO);
	RUN(connect, &facts);
	assert_int_equal(facts.command_count, 1);
	assert_int_equal(accepted(&facts, "CONNECT db.internal:5432"), ANSWER_YES);
	assert_int_equal(facts.auth, AUTH_NONE);
}

/* Fifteen requests at once: twelve are remembered, the answers to the others belong to nobody. */
static void more_requests_than_room_are_survived(void **unused)
{
	struct turn turns[32] = {TURN_CLIENT("PUT /first HTTP/1.1\r\nContent-Length: 0\r\n\r\n")};
	struct facts facts;

	(void)unused;
	for (size_t i = 1; i < 14; i++)
		turns[i] = (struct turn)TURN_CLIENT(GET("/x"));
	turns[14] = (struct turn)TURN_CLIENT("DELETE /late HTTP/1.1\r\n\r\n");
	for (size_t i = 15; i < 29; i++)
		turns[i] = (struct turn)TURN_SERVER(NOT_FOUND);
	turns[29] = (struct turn)TURN_SERVER(OK_X);
	/* All are answered: from here on everything is known again. */
	turns[30] = (struct turn)TURN_CLIENT("DELETE /after HTTP/1.1\r\n\r\n");
	turns[31] = (struct turn)TURN_SERVER(OK_X);
	RUN(turns, &facts);
	assert_int_equal(accepted(&facts, "PUT /first"), ANSWER_NO);
	assert_int_equal(accepted(&facts, "DELETE /late"), ANSWER_UNKNOWN);
	assert_int_equal(accepted(&facts, "DELETE /after"), ANSWER_YES);
}

static void gaps_are_survived(void **unused)
{
	static const struct turn in_body[] = {
		TURN_CLIENT(GET("/a")),
		TURN_SERVER("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nbegin"),
		TURN_GAP(SIDE_SERVER, 990),
		TURN_SERVER("endof"),
		TURN_CLIENT(GET("/b")),
		TURN_SERVER(NOT_FOUND),
	};
	static const struct turn over_head[] = {
		TURN_CLIENT(GET("/a")),
		TURN_SERVER("HTTP/1.1 200 OK\r\nConte"),
		TURN_GAP(SIDE_SERVER, 20),
		TURN_SERVER("the body of a HTHTTP/1"),
		TURN_CLIENT("DELETE /b HTTP/1.1\r\n\r\n"),
		TURN_SERVER(NOT_FOUND),
	};
	static const struct turn of_client[] = {
		TURN_CLIENT("POST /up HTTP/1.1\r\nContent-Length: 5000\r\n\r\npart"),
		TURN_GAP(SIDE_CLIENT, 6000),
		TURN_SERVER(OK_X),
		TURN_CLIENT("nonsense DELETE /b HTTP/1.1\r\n\r\n"),
		TURN_SERVER(NOT_FOUND),
	};
	static const struct turn pipelined[] = {
		TURN_CLIENT(GET("/a") "DELETE /b HTTP/1.1\r\n\r\n"),
		TURN_SERVER("HTTP/1.1 404 No"),
		TURN_GAP(SIDE_SERVER, 0),
		TURN_SERVER("\r\n\r\n" OK_X),
		TURN_CLIENT("DELETE /c HTTP/1.1\r\n\r\n"),
		TURN_SERVER(OK_X),
	};
	struct facts facts;

	(void)unused;
	for (size_t chunk = 0; chunk < 9; chunk++) {
		assert_true(dissect(&http_dissector, in_body, COUNT(in_body), chunk, &facts));
		assert_int_equal(accepted(&facts, "GET /a"), ANSWER_YES);
		assert_int_equal(accepted(&facts, "GET /b"), ANSWER_NO);
		assert_true(dissect(&http_dissector, over_head, COUNT(over_head), chunk, &facts));
		assert_int_equal(accepted(&facts, "GET /a"), ANSWER_UNKNOWN);
		assert_int_equal(accepted(&facts, "DELETE /b"), ANSWER_NO);
		assert_true(dissect(&http_dissector, of_client, COUNT(of_client), chunk, &facts));
		assert_int_equal(accepted(&facts, "POST /up"), ANSWER_YES);
		assert_int_equal(accepted(&facts, "DELETE /b"), ANSWER_NO);
		assert_true(dissect(&http_dissector, pipelined, COUNT(pipelined), chunk, &facts));
		assert_int_equal(accepted(&facts, "DELETE /b"), ANSWER_UNKNOWN);
		assert_int_equal(accepted(&facts, "DELETE /c"), ANSWER_UNKNOWN);
	}
}

/* More body than was announced: the rest is passed over, and the next answer is found. */
static void a_lying_length_is_survived(void **unused)
{
	static const struct turn turns[] = {
		TURN_CLIENT(GET("/a")),
		TURN_SERVER("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabcdefgh"),
		TURN_CLIENT("DELETE /b HTTP/1.1\r\n\r\n"),
		TURN_SERVER(NOT_FOUND),
	};
	static const struct turn absurd[] = {
		TURN_CLIENT(GET("/a")),
		TURN_SERVER(
			"HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999999\r\n\r\nabc"),
		TURN_SERVER("HTTP/1.1 200 OK\r\nContent-Length: 18446744073709551614\r\n\r\nabc"),
		TURN_GAP(SIDE_SERVER, UINT64_MAX),
		TURN_SERVER("abc"),
	};
	struct facts facts;

	(void)unused;
	RUN(turns, &facts);
	assert_int_equal(accepted(&facts, "GET /a"), ANSWER_YES);
	assert_int_equal(accepted(&facts, "DELETE /b"), ANSWER_NO);
	RUN(absurd, &facts);
	assert_string_equal(facts.service->name, "http");
}

static void one_side_only_is_read(void **unused)
{
	static const struct turn asked[] = {
		TURN_CLIENT("DELETE /b HTTP/1.1\r\nAuthorization: Basic YTpi\r\n\r\n")};
	static const struct turn answered[] = {
		TURN_SERVER("HTTP/1.1 200 OK\r\nServer: nginx\r\nContent-Length: 31\r\n\r\n"
			    "<title>Index of /secret</title>")};
	struct facts facts;

	(void)unused;
	RUN(asked, &facts);
	assert_int_equal(facts.auth, AUTH_UNKNOWN);
	assert_string_equal(facts.user, "a");
	assert_int_equal(accepted(&facts, "DELETE /b"), ANSWER_UNKNOWN);
	assert_int_equal(facts.data_read, ANSWER_UNKNOWN);
	RUN(answered, &facts);
	assert_int_equal(facts.auth, AUTH_UNKNOWN); /* nobody saw what was sent */
	assert_int_equal(facts.data_read, ANSWER_YES);
	assert_string_equal(facts.service->name, "http-dirlist");
}

static void long_paths_are_cut(void **unused)
{
	static const struct turn turns[] = {TURN_CLIENT(
		"GET http://user:secret@host/a/b;jsessionid=secret?k=secret HTTP/1.1\r\n"
		"\r\n")};
	char target[3000] = "GET /";
	struct turn long_one[] = {{SIDE_CLIENT, target, 0}};
	struct facts facts;

	(void)unused;
	RUN(turns, &facts);
	assert_string_equal(facts.path, "/a/b");
	assert_int_equal(accepted(&facts, "GET http://host/a/b"), ANSWER_UNKNOWN);
	assert_null(memmem(&facts, sizeof facts, "secret", 6));
	/* The user's end was not seen. */
	memset(target + 5, 'x', 2900);
	memcpy(target + 4, "http://user:secret", 18);
	strcpy(target + 2905, " HTTP/1.1\r\n\r\n");
	long_one[0].length = strlen(target);
	RUN(long_one, &facts);
	assert_null(memmem(&facts, sizeof facts, "secret", 6));
	strcpy(target, "GET /");
	memset(target + 5, 'x', 2900);
	strcpy(target + 2905, " HTTP/1.1\r\n\r\n");
	long_one[0].length = strlen(target);
	RUN(long_one, &facts);
	assert_int_equal(strlen(facts.path), sizeof facts.path - 1);
	assert_int_equal(strlen(facts.commands[0].text), FACTS_COMMAND_TEXT - 1);
}

/* No secret stays in the state, and no pointer into what was fed. */
static void the_state_is_clean(void **unused)
{
	static const char request[] =
		"GET / HTTP/1.1\r\nAuthorization: Basic c2VjcmV0OnNlY3JldA==\r\n"
		"X-Api-Key: hushhush\r\n\r\n";
	uint8_t *piece = dissect_copy(request, sizeof request - 1);
	uint8_t *state = calloc(1, http_dissector.state_size);
	struct facts facts = {.service = NULL};
	struct feed fed = {.bytes = bytes_from(piece, sizeof request - 1)};
	uintptr_t word;

	(void)unused;
	http_dissector.begin(state, &facts);
	http_dissector.feed(state, &facts, &fed);
	assert_null(memmem(state, http_dissector.state_size, "c2Vj", 4));
	assert_null(memmem(state, http_dissector.state_size, "hush", 4));
	for (size_t i = 0; i + sizeof word <= http_dissector.state_size; i++) {
		memcpy(&word, state + i, sizeof word);
		assert_false(word >= (uintptr_t)piece && word < (uintptr_t)piece + sizeof request);
		assert_false(word == (uintptr_t)&facts || word == (uintptr_t)state);
		/* Nor to what lay on the stack. */
		assert_false(word > (uintptr_t)&word - 65536 && word < (uintptr_t)&word + 65536);
	}
	free(piece);
	free(state);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_kind_of_message_is_read),
		cmocka_unit_test(errors_say_the_same_in_any_pieces),
		cmocka_unit_test(a_broken_answer_uses_up_its_request),
		cmocka_unit_test(any_split_says_the_same),
		cmocka_unit_test(truncated_and_flipped_bytes_are_survived),
		cmocka_unit_test(upgrade_and_connect_end_http),
		cmocka_unit_test(more_requests_than_room_are_survived),
		cmocka_unit_test(gaps_are_survived),
		cmocka_unit_test(a_lying_length_is_survived),
		cmocka_unit_test(one_side_only_is_read),
		cmocka_unit_test(long_paths_are_cut),
		cmocka_unit_test(the_state_is_clean),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
