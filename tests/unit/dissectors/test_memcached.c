/* SPDX-License-Identifier: ISC */
/* memcached, text and binary, TCP and UDP. Recorded from memcached 1.6, and written. */
#include "tests/unit/recorded.h"

extern const struct dissector memcached_dissector;
extern const struct dissector memcached_udp_dissector;

static void an_open_server_is_seen(void **state)
{
	struct recorded r;
	struct facts facts = recorded_facts(&r, &memcached_dissector, "memcached/open");

	(void)state;
	assert_string_equal(facts.service->name, "memcached");
	assert_int_equal(facts.auth, AUTH_NONE);
	assert_int_equal(facts.data_read, ANSWER_YES);
	assert_string_equal(facts.version, "1.6.18");
	conversation_has(&facts, "stats", ANSWER_YES, 0);
	conversation_has(&facts, "stats items", ANSWER_YES, 0);
	conversation_has(&facts, "get", ANSWER_YES, COMMAND_LISTING);
	conversation_lacks(&facts, "secret");
	conversation_splits(&memcached_dissector, r.turns, r.count);
}

static void a_flush_is_destruction(void **state)
{
	struct recorded r;
	struct facts facts = recorded_facts(&r, &memcached_dissector, "memcached/flush-all");

	(void)state;
	assert_int_equal(facts.auth, AUTH_NONE);
	conversation_has(&facts, "flush_all", ANSWER_YES, COMMAND_DESTRUCTIVE);
	conversation_stands(&memcached_dissector, r.turns, r.count);
}

/* What is stored looks like a command. */
static void values_are_seen(void **state)
{
	static const struct turn turns[] = {
		TURN_CLIENT("set a 0 0 9\r\nflush_all\r\nget a\r\nversion\r\n"),
		TURN_SERVER("STORED\r\nVALUE a 0 9\r\nflush_all\r\nEND\r\nVERSION 1.6.18\r\n"),
		TURN_CLIENT("flush_all noreply\r\nflush_all\r\n"),
		TURN_SERVER("SERVER_ERROR no\r\n"),
	};
	struct facts facts;

	(void)state;
	assert_true(dissect(&memcached_dissector, turns, 2, 0, &facts));
	assert_int_equal(facts.command_count, 3);
	assert_string_equal(facts.version, "1.6.18");
	assert_true(dissect(&memcached_dissector, turns, COUNT(turns), 0, &facts));
	conversation_has(&facts, "flush_all", ANSWER_NO, COMMAND_DESTRUCTIVE);
	conversation_stands(&memcached_dissector, turns, COUNT(turns));
}

static void the_binary_protocol_is_read(void **state)
{
	static const struct turn turns[] = {
		TURN_CLIENT("\x80\x0b\0\0\0\0\0\0\0\0\0\0\0\0\0\1\0\0\0\0\0\0\0\0"
			    "\x80\x08\0\0\0\0\0\0\0\0\0\0\0\0\0\2\0\0\0\0\0\0\0\0"),
		TURN_SERVER("\x81\x0b\0\0\0\0\0\0\0\0\0\6\0\0\0\1\0\0\0\0\0\0\0\0"
			    "1.6.18"
			    "\x81\x08\0\0\0\0\0\x20\0\0\0\x0c\0\0\0\2\0\0\0\0\0\0\0\0"
			    "Auth failure"),
		TURN_CLIENT("\x80\x21\0\5\0\0\0\0\0\0\0\x10\0\0\0\3\0\0\0\0\0\0\0\0"
			    "PLAIN\0root\0hunter"),
		TURN_SERVER("\x81\x21\0\0\0\0\0\0\0\0\0\0\0\0\0\3\0\0\0\0\0\0\0\0"),
	};
	struct facts facts;

	(void)state;
	assert_true(dissect(&memcached_dissector, turns, 2, 0, &facts));
	assert_int_equal(facts.auth, AUTH_REQUIRED);
	assert_string_equal(facts.version, "1.6.18");
	conversation_has(&facts, "flush_all", ANSWER_NO, COMMAND_DESTRUCTIVE);
	assert_true(dissect(&memcached_dissector, turns, COUNT(turns), 0, &facts));
	assert_int_equal(facts.auth, AUTH_SUCCEEDED);
	assert_string_equal(facts.user, "root");
	conversation_lacks(&facts, "hunter");
	conversation_stands(&memcached_dissector, turns, COUNT(turns));
}

static void datagrams_are_read(void **state)
{
	static const struct turn turns[] = {
		TURN_CLIENT("\x12\x34\0\0\0\1\0\0stats\r\n"),
		TURN_SERVER("\x12\x34\0\0\0\2\0\0STAT pid 1\r\nSTAT vers"),
		TURN_SERVER("\x12\x34\0\1\0\2\0\0ion 1.4.15\r\nEND\r\n"),
	};
	struct facts facts;

	(void)state;
	assert_true(
		dissect_over(&memcached_udp_dissector, OVER_UDP, turns, COUNT(turns), 0, &facts));
	assert_int_equal(facts.auth, AUTH_NONE);
	assert_string_equal(facts.version, "1.4.15");
	conversation_has(&facts, "stats", ANSWER_YES, 0);
	assert_true(dissect_over(&memcached_udp_dissector, OVER_UDP, turns, 1, 0, &facts));
	assert_int_equal(facts.auth, AUTH_UNKNOWN);
}

static enum recognised recognise(const char *client, const char *server, bool one_sided)
{
	return dissect_recognise(&memcached_dissector, OVER_TCP, client, strlen(client), server,
				 strlen(server), one_sided);
}

static void openings_are_recognised(void **state)
{
	(void)state;
	assert_int_equal(recognise("", "STAT pid 1\r\n", false), RECOGNISED_YES);
	assert_int_equal(recognise("", "VERSION 1.6.18\r\n", false), RECOGNISED_YES);
	assert_int_equal(recognise("version\r\n", "ERROR\r\n", false), RECOGNISED_YES);
	assert_int_equal(recognise("stats\r\n", "OK 10\r\n---\n", false), RECOGNISED_NO);
	assert_int_equal(recognise("delete 1\r\n", "NOT_FOUND\r\n", false), RECOGNISED_NO);
	assert_int_equal(recognise("version\r\n", "OK 1.1.19\n", false), RECOGNISED_NO);
	assert_int_equal(recognise("get a\r\n", "$1\r\n1\r\n", false), RECOGNISED_NO);
	assert_int_equal(recognise("GET / HTTP/1.0\r\n", "ERROR\r\n", false), RECOGNISED_NO);
	assert_int_equal(recognise("stats\r\n", "", true), RECOGNISED_MORE);
	assert_int_equal(recognise("set a 0 0 1\r\nx\r\n", "", true), RECOGNISED_YES);
	assert_int_equal(recognise("set a 0 0 1\r\nx\r\n", "", false), RECOGNISED_MORE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_open_server_is_seen),
		cmocka_unit_test(a_flush_is_destruction),
		cmocka_unit_test(values_are_seen),
		cmocka_unit_test(the_binary_protocol_is_read),
		cmocka_unit_test(datagrams_are_read),
		cmocka_unit_test(openings_are_recognised),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
