/* SPDX-License-Identifier: ISC */
/* Cassandra: who has to log in, what was done. Bytes as native_protocol_v4.spec has them. */
#include "tests/unit/conversation.h"

extern const struct dissector cassandra_dissector;

#define OPTIONS "\4\0\0\0\5\0\0\0\0"
#define STARTUP_REST                                                                               \
	"\0\0\1\1\0\0\0\x16\0\1\0\x0b"                                                             \
	"CQL_VERSION\0\5"                                                                          \
	"3.0.0"
#define STARTUP "\4" STARTUP_REST
#define SUPPORTED                                                                                  \
	"\x84\0\0\0\6\0\0\0\x18\0\1\0\x0b"                                                         \
	"CQL_VERSION\0\1\0\5"                                                                      \
	"3.4.5"
#define READY	     "\x84\0\0\1\2\0\0\0\0"
#define AUTHENTICATE "\x84\0\0\1\3\0\0\0\x18\0\x16org.apache.cassandra.X"

static void an_open_server_is_seen(void **state)
{
	static const struct turn turns[] = {
		TURN_CLIENT(OPTIONS),
		TURN_SERVER(SUPPORTED),
		TURN_CLIENT(STARTUP),
		TURN_SERVER(READY),
		TURN_CLIENT("\4\0\0\2\7\0\0\0\x16\0\0\0\x0fselect * from t\0\1\0"),
		TURN_SERVER("\x84\0\0\2\x08\0\0\0\4\0\0\0\2"),
		TURN_CLIENT("\4\0\0\3\7\0\0\0\x16\0\0\0\x0f"
			    "drop keyspace k\0\1\0"),
		TURN_SERVER("\x84\0\0\3\x08\0\0\0\4\0\0\0\5"),
		TURN_CLIENT("\4\0\0\4\7\0\0\0\x18\0\0\0\x11"
			    "create function f\0\1\0"),
		TURN_SERVER("\x84\0\0\4\x08\0\0\0\4\0\0\0\5"),
	};
	struct facts facts;

	(void)state;
	assert_true(dissect(&cassandra_dissector, turns, 2, 0, &facts));
	assert_int_equal(facts.auth, AUTH_NA);
	assert_true(dissect(&cassandra_dissector, turns, COUNT(turns), 0, &facts));
	assert_string_equal(facts.service->name, "cassandra");
	assert_int_equal(facts.auth, AUTH_NONE);
	assert_int_equal(facts.data_read, ANSWER_YES);
	conversation_has(&facts, "SELECT FROM", ANSWER_YES, COMMAND_LISTING);
	assert_int_equal(facts.commands[3].accepted, ANSWER_YES);
	assert_string_equal(facts.commands[3].text, "DROP KEYSPACE");
	assert_int_equal(facts.commands[3].flags, COMMAND_DESTRUCTIVE);
	conversation_has(&facts, "CREATE FUNCTION", ANSWER_YES, COMMAND_EXECUTES);
	conversation_stands(&cassandra_dissector, turns, COUNT(turns));
}

static void a_log_in_is_seen(void **state)
{
	static const struct turn turns[] = {
		TURN_CLIENT(STARTUP),
		TURN_SERVER(AUTHENTICATE),
		TURN_CLIENT("\4\0\0\2\x0f\0\0\0\x0f\0\0\0\x0b\0root\0hunte"),
		TURN_SERVER("\x84\0\0\2\0\0\0\0\x0e\0\0\1\0\0\x08wrong pw"),
	};
	struct facts facts;

	(void)state;
	assert_true(dissect(&cassandra_dissector, turns, 2, 0, &facts));
	assert_int_equal(facts.auth, AUTH_REQUIRED);
	assert_true(dissect(&cassandra_dissector, turns, COUNT(turns), 0, &facts));
	assert_int_equal(facts.auth, AUTH_FAILED);
	assert_string_equal(facts.user, "root");
	conversation_lacks(&facts, "hunte");
	conversation_stands(&cassandra_dissector, turns, COUNT(turns));
}

#define RECOGNISE(client, server, one_sided)                                                       \
	dissect_recognise(&cassandra_dissector, OVER_TCP, client, sizeof(client) - 1, server,      \
			  sizeof(server) - 1, one_sided)

static void openings_are_recognised(void **state)
{
	(void)state;
	assert_int_equal(RECOGNISE(STARTUP, "", true), RECOGNISED_YES);
	assert_int_equal(RECOGNISE(STARTUP, "", false), RECOGNISED_MORE);
	assert_int_equal(RECOGNISE(OPTIONS, "", true), RECOGNISED_MORE);
	assert_int_equal(RECOGNISE("", READY, true), RECOGNISED_MORE);
	assert_int_equal(RECOGNISE(OPTIONS, READY, false), RECOGNISED_YES);
	assert_int_equal(RECOGNISE("", SUPPORTED, true), RECOGNISED_YES);
	/* raft */
	assert_int_equal(RECOGNISE("\1\0\0\0\0\0\0\0\1\0\0\0\0\0\0\0", "", true), RECOGNISED_NO);
}

#define STARTUP_LZ4(version)                                                                       \
	version "\0\0\1\1\0\0\0\x42\0\3\0\x0b"                                                     \
		"CQL_VERSION\0\5"                                                                  \
		"3.0.0\0\x0b"                                                                      \
		"DRIVER_NAME\0\x0b"                                                                \
		"COMPRESSION\0\x0b"                                                                \
		"COMPRESSION\0\3lz4"

/* Literals only: "\xf0\x07" are 22 of them, "\x40" four. */
static void compressed_bodies_are_read(void **state)
{
	static const struct turn turns[] = {
		TURN_CLIENT(STARTUP_LZ4("\4")),
		TURN_SERVER(READY),
		TURN_CLIENT("\4\1\0\3\7\0\0\0\x1c\0\0\0\x16\xf0\7\0\0\0\x0f"
			    "drop keyspace k\0\1\0"),
		TURN_SERVER("\x84\1\0\3\x08\0\0\0\x09\0\0\0\4\x40\0\0\0\2"),
	};
	static const struct turn lie[] = {
		TURN_CLIENT(STARTUP_LZ4("\4")),
		TURN_SERVER(READY),
		TURN_CLIENT("\4\1\0\3\7\0\0\0\x1c\0\0\1\x16\xf0\7\0\0\0\x0f"
			    "drop keyspace k\0\1\0"),
	};
	struct turn late[] = {TURN_GAP(SIDE_CLIENT, 9), turns[2], turns[3]};
	struct facts facts;

	(void)state;
	facts = conversation_facts(&cassandra_dissector, turns, COUNT(turns), 0);
	conversation_has(&facts, "DROP KEYSPACE", ANSWER_YES, COMMAND_DESTRUCTIVE);
	assert_int_equal(facts.data_read, ANSWER_YES);
	assert_false(facts.limited);
	assert_false(facts.lying_length);
	conversation_stands(&cassandra_dissector, turns, COUNT(turns));
	facts = conversation_facts(&cassandra_dissector, lie, COUNT(lie), 0);
	assert_true(facts.lying_length);
	facts = conversation_facts(&cassandra_dissector, late, COUNT(late), 0);
	assert_true(facts.limited); /* how it is compressed was not seen */
}

/* Version 5: in frames of its own, compressed or not. Checksums are not looked at. */
static void frames_of_version_5_are_read(void **state)
{
	static const struct turn plain[] = {
		TURN_CLIENT("\5" STARTUP_REST),
		TURN_SERVER("\x85\0\0\1\2\0\0\0\0"),
		TURN_CLIENT("\x1f\0\2ccc\5\0\0\3\7\0\0\0\x16\0\0\0\x0f"
			    "drop keyspace k\0\1\0CCCC"),
		TURN_SERVER("\x0d\0\2ccc\x85\0\0\3\x08\0\0\0\4\0\0\0\2CCCC"),
	};
	static const struct turn packed[] = {
		TURN_CLIENT(STARTUP_LZ4("\5")),
		TURN_SERVER("\x85\0\0\1\2\0\0\0\0"),
		TURN_CLIENT("\x21\0\x3e\0\0ccc\xf0\x10\5\0\0\3\7\0\0\0\x16\0\0\0\x0f"
			    "drop keyspace k\0\1\0CCCC"),
		TURN_SERVER("\x0d\0\0\0\0ccc\x85\0\0\3\x08\0\0\0\4\0\0\0\2CCCC"),
	};
	struct facts facts;

	(void)state;
	facts = conversation_facts(&cassandra_dissector, plain, COUNT(plain), 0);
	conversation_has(&facts, "DROP KEYSPACE", ANSWER_YES, COMMAND_DESTRUCTIVE);
	assert_int_equal(facts.data_read, ANSWER_YES);
	conversation_stands(&cassandra_dissector, plain, COUNT(plain));
	facts = conversation_facts(&cassandra_dissector, packed, COUNT(packed), 0);
	conversation_has(&facts, "DROP KEYSPACE", ANSWER_YES, COMMAND_DESTRUCTIVE);
	assert_int_equal(facts.data_read, ANSWER_YES);
	assert_false(facts.limited);
	assert_false(facts.lying_length);
	conversation_stands(&cassandra_dissector, packed, COUNT(packed));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_open_server_is_seen),
		cmocka_unit_test(a_log_in_is_seen),
		cmocka_unit_test(compressed_bodies_are_read),
		cmocka_unit_test(frames_of_version_5_are_read),
		cmocka_unit_test(openings_are_recognised),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
