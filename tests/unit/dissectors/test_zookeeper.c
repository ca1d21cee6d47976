/* SPDX-License-Identifier: ISC */
/* ZooKeeper: four letters, and sessions. Recorded from ZooKeeper 3.8. */
#include "tests/unit/recorded.h"

extern const struct dissector zookeeper_dissector;

static void four_letters_are_read(void **state)
{
	static const struct turn refused[] = {
		TURN_CLIENT("stat\n"),
		TURN_SERVER("stat is not executed because it is not in the whitelist.\n"),
	};
	struct recorded r;
	struct facts facts = recorded_facts(&r, &zookeeper_dissector, "zookeeper/stat");

	(void)state;
	assert_string_equal(facts.service->name, "zookeeper");
	assert_int_equal(facts.auth, AUTH_NONE);
	assert_string_equal(facts.version, "3.8.0");
	conversation_has(&facts, "stat", ANSWER_YES, 0);
	conversation_stands(&zookeeper_dissector, r.turns, r.count);
	assert_true(dissect(&zookeeper_dissector, refused, 2, 0, &facts));
	assert_int_equal(facts.auth, AUTH_UNKNOWN);
	conversation_has(&facts, "stat", ANSWER_NO, 0);
}

static void deletion_of_all_is_seen(void **state)
{
	struct recorded r;
	struct facts facts = recorded_facts(&r, &zookeeper_dissector, "zookeeper/deleteall");

	(void)state;
	assert_int_equal(facts.auth, AUTH_NONE);
	assert_int_equal(facts.data_read, ANSWER_YES);
	conversation_has(&facts, "deleteall", ANSWER_YES, COMMAND_DESTRUCTIVE);
	conversation_stands(&zookeeper_dissector, r.turns, r.count);
}

static enum recognised recognise(const char *client, const char *server, bool one_sided)
{
	return dissect_recognise(&zookeeper_dissector, OVER_TCP, client, strlen(client), server,
				 strlen(server), one_sided);
}

static void openings_are_recognised(void **state)
{
	(void)state;
	assert_int_equal(recognise("ruok", "imok", false), RECOGNISED_YES);
	assert_int_equal(recognise("ruok", "", true), RECOGNISED_YES);
	assert_int_equal(recognise("stat", "", true), RECOGNISED_MORE);
	assert_int_equal(recognise("stat\r\n", "+OK 2 320\r\n", false), RECOGNISED_NO);
	assert_int_equal(recognise("", "imokay", true), RECOGNISED_NO);
	assert_int_equal(recognise("stats\r\n", "STAT pid 1\r\n", false), RECOGNISED_NO);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(four_letters_are_read),
		cmocka_unit_test(deletion_of_all_is_seen),
		cmocka_unit_test(openings_are_recognised),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
