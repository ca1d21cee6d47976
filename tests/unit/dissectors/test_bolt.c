/* SPDX-License-Identifier: ISC */
/* Bolt, Tarantool, Firebird, the Redis Cluster bus: written bytes. */
#include "tests/unit/conversation.h"

extern const struct dissector bolt_dissector;
extern const struct dissector tarantool_dissector;
extern const struct dissector firebird_dissector;
extern const struct dissector redis_cluster_bus_dissector;

#define HANDSHAKE "\x60\x60\xb0\x17\0\0\4\4\0\0\0\0\0\0\0\0\0\0\0\0"
#define LOGIN                                                                                      \
	"\0\x33\xb1\1\xa3\x86scheme\x85"                                                           \
	"basic\x89principal\x85neo4j\x8b"                                                          \
	"credentials\x86hunter\0\0"
#define SUCCESS "\0\x17\xb1\x70\xa1\x86server\x8cNeo4j/4.4.12\0\0"

static void a_session_is_read(void **state)
{
	static const struct turn turns[] = {
		TURN_CLIENT(HANDSHAKE),
		TURN_SERVER("\0\0\4\4"),
		TURN_CLIENT(LOGIN),
		TURN_SERVER(SUCCESS),
		TURN_CLIENT("\0\x1e\xb3\x10\xd0\x19MATCH (n) DETACH DELETE n\xa0\0\0"),
		TURN_SERVER("\0\3\xb1\x70\xa0\0\0"),
	};
	static const struct turn refused[] = {
		TURN_CLIENT(HANDSHAKE),
		TURN_SERVER("\0\0\4\4"),
		TURN_CLIENT(LOGIN),
		TURN_SERVER("\0\x2f\xb1\x7f\xa1\x84"
			    "code\xd0\x25Neo.ClientError.Security.Unauthorized\0\0"),
	};
	struct facts facts;

	(void)state;
	assert_true(dissect(&bolt_dissector, turns, 2, 0, &facts));
	assert_int_equal(facts.auth, AUTH_NA);
	assert_true(dissect(&bolt_dissector, turns, 4, 0, &facts));
	assert_int_equal(facts.auth, AUTH_SUCCEEDED);
	assert_string_equal(facts.user, "neo4j");
	assert_string_equal(facts.version, "4.4.12");
	conversation_lacks(&facts, "hunter");
	assert_true(dissect(&bolt_dissector, turns, COUNT(turns), 0, &facts));
	conversation_has(&facts, "DETACH DELETE", ANSWER_YES, COMMAND_DESTRUCTIVE);
	conversation_stands(&bolt_dissector, turns, COUNT(turns));
	assert_true(dissect(&bolt_dissector, refused, COUNT(refused), 0, &facts));
	assert_int_equal(facts.auth, AUTH_FAILED);
	conversation_stands(&bolt_dissector, refused, COUNT(refused));
}

static void the_greeting_is_read(void **state)
{
	static const struct turn turns[] = {
		TURN_SERVER("Tarantool 2.11.0 (Binary) 7170b4be-27a8-4a2c-9d3f-2f4e5a6b7c8d \n"
			    "c2FsdA==\n"),
		TURN_CLIENT("\xce\0\0\0\5\x82\0\1\1\0"),
	};
	struct facts facts;

	(void)state;
	assert_true(dissect(&tarantool_dissector, turns, 1, 0, &facts));
	assert_string_equal(facts.version, "2.11.0");
	assert_int_equal(facts.auth, AUTH_NA);
	assert_true(dissect(&tarantool_dissector, turns, 2, 0, &facts));
	assert_int_equal(facts.auth, AUTH_UNKNOWN);
	conversation_stands(&tarantool_dissector, turns, COUNT(turns));
}

static void openings_are_recognised(void **state)
{
	static const struct turn firebird[] = {
		TURN_CLIENT("\0\0\0\1\0\0\0\x13\0\0\0\3\0\0\0\x24\0\0\0\4x.db"),
		TURN_SERVER("\0\0\0\3\0\0\x80\x0d\0\0\0\x24\0\0\0\3"),
	};
	static const struct turn bus[] = {
		TURN_CLIENT("RCmb\0\0\x08\xa0\0\1"),
		TURN_SERVER("RCmb\0\0\x08\xa0\0\1"),
	};
	struct facts facts;

	(void)state;
	assert_true(dissect(&firebird_dissector, firebird, 2, 0, &facts));
	assert_string_equal(facts.service->name, "firebird");
	conversation_damage(&firebird_dissector, firebird, 2);
	assert_true(dissect(&redis_cluster_bus_dissector, bus, 2, 0, &facts));
	assert_string_equal(facts.service->name, "redis-cluster-bus");
	conversation_damage(&redis_cluster_bus_dissector, bus, 2);
	assert_false(dissect(&firebird_dissector, bus, 2, 0, &facts));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_session_is_read),
		cmocka_unit_test(the_greeting_is_read),
		cmocka_unit_test(openings_are_recognised),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
