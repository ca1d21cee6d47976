/* SPDX-License-Identifier: ISC */
/* MongoDB: what it asks for, what was done. Recorded from mongod 6 and mongosh, and written. */
#include "tests/unit/recorded.h"

extern const struct dissector mongodb_dissector;

/* A message 2013 with one document; integers of the header are little endian. */
#define MSG(length, request, response, document)                                                   \
	length "\0\0\0" request "\0\0\0" response "\0\0\0\xdd\7\0\0\0\0\0\0\0" document
#define OK "\1ok\0\0\0\0\0\0\0\xf0\x3f"

static void an_open_server_is_seen(void **state)
{
	struct recorded r;
	struct facts facts = recorded_facts(&r, &mongodb_dissector, "mongodb/open-list");

	(void)state;
	assert_string_equal(facts.service->name, "mongodb");
	assert_int_equal(facts.auth, AUTH_NONE);
	assert_int_equal(facts.data_read, ANSWER_YES);
	assert_string_equal(facts.version, "6.0.14");
	conversation_has(&facts, "listDatabases", ANSWER_YES, COMMAND_LISTING);
	conversation_splits(&mongodb_dissector, r.turns, r.count);
	facts = recorded_facts(&r, &mongodb_dissector, "mongodb/open-find");
	assert_int_equal(facts.auth, AUTH_NONE);
	assert_int_equal(facts.data_read, ANSWER_YES);
	conversation_has(&facts, "find", ANSWER_YES, COMMAND_LISTING);
	conversation_stands(&mongodb_dissector, r.turns, r.count);
}

static void a_command_without_rights_is_refused(void **state)
{
	struct recorded r;
	struct facts facts = recorded_facts(&r, &mongodb_dissector, "mongodb/unauthorized");

	(void)state;
	assert_int_equal(facts.auth, AUTH_REQUIRED);
	assert_int_equal(facts.data_read, ANSWER_NO);
	conversation_has(&facts, "aggregate", ANSWER_NO, COMMAND_LISTING);
}

static void a_log_in_is_seen(void **state)
{
	static const struct turn turns[] = {
		TURN_CLIENT(MSG(
			"\x63", "\1", "\0",
			"\x4e\0\0\0\x10saslStart\0\1\0\0\0\2mechanism\0\x0e\0\0\0SCRAM-SHA-256\0"
			"\5payload\0\x0f\0\0\0\0n,,n=root,r=abc\0")),
	};
	static const struct turn exchange[] = {
		TURN_CLIENT("\x36\0\0\0\2\0\0\0\0\0\0\0\xdd\7\0\0\0\0\0\0\0\x21\0\0\0"
			    "\x10saslContinue\0\1\0\0\0\10done\0\1\x0a"
			    "a\0\0"),
		TURN_SERVER("\x2d\0\0\0\7\0\0\0\2\0\0\0\xdd\7\0\0\0\0\0\0\0\x18\0\0\0"
			    "\10done\0\1" OK "\0"),
		TURN_CLIENT("\x30\0\0\0\3\0\0\0\0\0\0\0\xdd\7\0\0\0\0\0\0\0\x1b\0\0\0"
			    "\1dropDatabase\0\0\0\0\0\0\0\xf0\x3f\0"),
		TURN_SERVER("\x26\0\0\0\x08\0\0\0\3\0\0\0\xdd\7\0\0\0\0\0\0\0\x11\0\0\0" OK "\0"),
	};
	struct facts facts = conversation_facts(&mongodb_dissector, turns, 1, 0);

	(void)state;
	assert_string_equal(facts.user, "root");
	assert_string_equal(facts.mechanism, "SCRAM-SHA-256");
	facts = conversation_facts(&mongodb_dissector, exchange, COUNT(exchange), 0);
	assert_int_equal(facts.auth, AUTH_SUCCEEDED);
	conversation_has(&facts, "dropDatabase", ANSWER_YES, COMMAND_DESTRUCTIVE);
	conversation_stands(&mongodb_dissector, exchange, COUNT(exchange));
}

/* A certificate logs in with one command, whose answer has no "done"; what follows was not open. */
static void a_log_in_of_one_command_is_seen(void **state)
{
	static const struct turn turns[] = {
		TURN_CLIENT("\x36\0\0\0\2\0\0\0\0\0\0\0\xdd\7\0\0\0\0\0\0\0\x21\0\0\0"
			    "\x10"
			    "authenticate\0\1\0\0\0\10done\0\1\x0a"
			    "a\0\0"),
		TURN_SERVER("\x26\0\0\0\7\0\0\0\2\0\0\0\xdd\7\0\0\0\0\0\0\0\x11\0\0\0" OK "\0"),
		TURN_CLIENT("\x30\0\0\0\3\0\0\0\0\0\0\0\xdd\7\0\0\0\0\0\0\0\x1b\0\0\0"
			    "\1dropDatabase\0\0\0\0\0\0\0\xf0\x3f\0"),
		TURN_SERVER("\x26\0\0\0\x08\0\0\0\3\0\0\0\xdd\7\0\0\0\0\0\0\0\x11\0\0\0" OK "\0"),
	};
	struct facts facts = conversation_facts(&mongodb_dissector, turns, COUNT(turns), 0);

	(void)state;
	assert_int_equal(facts.auth, AUTH_SUCCEEDED);
	conversation_has(&facts, "dropDatabase", ANSWER_YES, COMMAND_DESTRUCTIVE);
	conversation_stands(&mongodb_dissector, turns, COUNT(turns));
}

/* {delete: "a", deletes: [{q: {}, limit: 0}]}; with a filter it is nothing of note */
static void a_deletion_is_seen(void **state)
{
	static const struct turn turns[] = {
		TURN_CLIENT("\x57\0\0\0\1\0\0\0\0\0\0\0\xdd\7\0\0\0\0\0\0\0\x14\0\0\0\2delete\0\2\0"
			    "\0\0a\0"
			    "\0\1\x2d\0\0\0deletes\0\x21\0\0\0\3q\0\5\0\0\0\0\x10limit\0\0\0\0\0\2c"
			    "\0\2\0\0\0x\0"
			    "\0\0"),
		TURN_SERVER("\x26\0\0\0\2\0\0\0\1\0\0\0\xdd\7\0\0\0\0\0\0\0\x11\0\0\0" OK "\0"),
	};
	struct facts facts = conversation_facts(&mongodb_dissector, turns, COUNT(turns), 0);

	(void)state;
	conversation_has(&facts, "delete", ANSWER_YES, COMMAND_DESTRUCTIVE);
	assert_int_equal(facts.auth, AUTH_NONE);
	conversation_stands(&mongodb_dissector, turns, COUNT(turns));
}

/* {find: "a", filter: {$or: [{$where: "x"}]}}, and the same as a name of a field's value */
static void javascript_is_seen(void **state)
{
	static const struct turn turns[] = {
		TURN_CLIENT(
			"X\000\000\000\001\000\000\000\000\000\000\000\335\007\000\000\000\000\000"
			"\000\000C\000\000\000\002find\000\002\000\000\000a\000\003filter\000"
			"\052\000\000\000\004$or\000\040\000\000\000\003\060\000\030\000\000"
			"\000\002$where\000\007\000\000\000return\000\000\000\000\000"),
		TURN_SERVER("\x26\0\0\0\2\0\0\0\1\0\0\0\xdd\7\0\0\0\0\0\0\0\x11\0\0\0" OK "\0"),
	};
	struct facts facts = conversation_facts(&mongodb_dissector, turns, COUNT(turns), 0);

	(void)state;
	conversation_has(&facts, "$where", ANSWER_YES, COMMAND_LISTING | COMMAND_EXECUTES);
	conversation_lacks(&facts, "return");
	conversation_stands(&mongodb_dissector, turns, COUNT(turns));
}

/* The old way: a query, and a failure that says so in its flags. */
static void the_old_query_is_read(void **state)
{
	static const struct turn turns[] = {
		TURN_CLIENT(
			"\x2c\0\0\0\1\0\0\0\0\0\0\0\xd4\7\0\0\0\0\0\0shop.users\0\0\0\0\0\0\0\0\0"
			"\5\0\0\0\0"),
		TURN_SERVER(
			"\x3a\0\0\0\2\0\0\0\1\0\0\0\1\0\0\0\2\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1\0\0\0"
			"\x16\0\0\0\x10"
			"code\0\x0d\0\0\0\x10"
			"ab\0\0\0\0\0\0"),
	};
	struct facts facts;

	(void)state;
	assert_true(dissect(&mongodb_dissector, turns, COUNT(turns), 0, &facts));
	assert_int_equal(facts.auth, AUTH_REQUIRED);
	conversation_has(&facts, "find", ANSWER_NO, COMMAND_LISTING);
	conversation_stands(&mongodb_dissector, turns, COUNT(turns));
}

static void openings_are_recognised(void **state)
{
	static const char query[] =
		"\x3a\0\0\0\1\0\0\0\0\0\0\0\xd4\7\0\0\0\0\0\0admin.$cmd\0\0\0\0\0\1\0\0\0"
		"\x13\0\0\0\x10isMaster\0\1\0\0\0\0";

	(void)state;
	assert_int_equal(dissect_recognise(&mongodb_dissector, OVER_TCP, query, sizeof query - 1,
					   "", 0, true),
			 RECOGNISED_YES);
	assert_int_equal(dissect_recognise(&mongodb_dissector, OVER_TCP, query, sizeof query - 1,
					   "", 0, false),
			 RECOGNISED_MORE);
	assert_int_equal(dissect_recognise(&mongodb_dissector, OVER_TCP, query, sizeof query - 1,
					   "HTTP/1.0 200 OK\r\n", 17, false),
			 RECOGNISED_NO);
	/* turned round */
	assert_int_equal(dissect_recognise(&mongodb_dissector, OVER_TCP, "", 0, query,
					   sizeof query - 1, true),
			 RECOGNISED_NO);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_open_server_is_seen),
		cmocka_unit_test(a_command_without_rights_is_refused),
		cmocka_unit_test(a_log_in_is_seen),
		cmocka_unit_test(a_log_in_of_one_command_is_seen),
		cmocka_unit_test(a_deletion_is_seen),
		cmocka_unit_test(javascript_is_seen),
		cmocka_unit_test(the_old_query_is_read),
		cmocka_unit_test(openings_are_recognised),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
