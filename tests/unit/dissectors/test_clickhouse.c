/* SPDX-License-Identifier: ISC */
/* ClickHouse's native protocol. Recorded from clickhouse-server 18.16. */
#include "tests/unit/recorded.h"

extern const struct dissector clickhouse_dissector;

static void an_open_server_is_seen(void **state)
{
	struct recorded r;
	struct facts facts = recorded_facts(&r, &clickhouse_dissector, "clickhouse/drop-table");

	(void)state;
	assert_string_equal(facts.service->name, "clickhouse");
	assert_int_equal(facts.auth, AUTH_NONE);
	assert_string_equal(facts.user, "default");
	assert_string_equal(facts.version, "18.16");
	conversation_has(&facts, "DROP TABLE", ANSWER_YES, COMMAND_DESTRUCTIVE);
	conversation_stands(&clickhouse_dissector, r.turns, r.count);
	facts = recorded_facts(&r, &clickhouse_dissector, "clickhouse/show-tables");
	assert_int_equal(facts.data_read, ANSWER_YES);
	conversation_has(&facts, "SHOW TABLES", ANSWER_YES, COMMAND_LISTING);
	conversation_stands(&clickhouse_dissector, r.turns, r.count);
}

/* The recorded SHOW TABLES, with another statement of its length in its place. */
static void a_table_function_is_seen(void **state)
{
	struct recorded r;
	struct facts facts;
	uint8_t *at;

	(void)state;
	recorded_load(&r, "clickhouse/show-tables");
	at = memmem(r.bytes, sizeof r.bytes, "show tables", 11);
	assert_non_null(at);
	memcpy(at, "SELECT s3()", 11);
	assert_true(dissect(&clickhouse_dissector, r.turns, r.count, 0, &facts));
	conversation_has(&facts, "s3", ANSWER_YES, COMMAND_EXECUTES);
}

static void a_refusal_is_seen(void **state)
{
	struct recorded r;
	struct facts facts = recorded_facts(&r, &clickhouse_dissector, "clickhouse/auth-fail");

	(void)state;
	assert_int_equal(facts.auth, AUTH_FAILED);
	assert_string_equal(facts.user, "x");
	conversation_splits(&clickhouse_dissector, r.turns, r.count);
}

static void openings_are_recognised(void **state)
{
	static const char hello[] = "\0\x11"
				    "ClickHouse client\x12\x10";

	(void)state;
	assert_int_equal(dissect_recognise(&clickhouse_dissector, OVER_TCP, hello, sizeof hello - 1,
					   "", 0, true),
			 RECOGNISED_YES);
	assert_int_equal(dissect_recognise(&clickhouse_dissector, OVER_TCP, hello, sizeof hello - 1,
					   "HTTP/1.0 400", 12, false),
			 RECOGNISED_NO);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_open_server_is_seen),
		cmocka_unit_test(a_table_function_is_seen),
		cmocka_unit_test(a_refusal_is_seen),
		cmocka_unit_test(openings_are_recognised),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
