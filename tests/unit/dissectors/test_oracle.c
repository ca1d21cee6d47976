/* SPDX-License-Identifier: ISC */
/* Oracle's TNS, and Elasticsearch's transport: written bytes. */
#include "tests/unit/conversation.h"

extern const struct dissector oracle_dissector;
extern const struct dissector elasticsearch_transport_dissector;

#define CONNECT                                                                                    \
	"\0\x5c\0\0\1\0\0\0\1\x3b\1\x2c\0\0\x20\0\x7f\xff\0\0\0\1\0\0\0\x22\0\x3a"                 \
	"012345678901234567890123456789(CONNECT_DATA=(COMMAND=status))"

static void a_refusal_is_seen(void **state)
{
	static const struct turn turns[] = {
		TURN_CLIENT(CONNECT),
		TURN_SERVER("\0\x34\0\0\4\0\0\0\1\0\0\x28(DESCRIPTION=(TMP=)(VSNNUM=186647552)(ERR="
			    "1))"),
	};
	struct facts facts;

	(void)state;
	assert_true(dissect(&oracle_dissector, turns, COUNT(turns), 0, &facts));
	assert_string_equal(facts.service->name, "oracle");
	assert_string_equal(facts.version, "11.2.0.4.0");
	assert_int_equal(facts.auth, AUTH_NA);
	conversation_has(&facts, "status", ANSWER_UNKNOWN, 0);
	conversation_stands(&oracle_dissector, turns, COUNT(turns));
}

static void a_log_in_is_seen(void **state)
{
	static const struct turn turns[] = {
		TURN_CLIENT(CONNECT),
		TURN_SERVER("\0\x29\0\0\2\0\0\0\1\x3b\x0c\x41\0\0\0\0"),
		TURN_CLIENT("\0\0\0\x20\6\0\0\0..AAUTH_PASSWORD...."),
		TURN_SERVER("\0\0\0\x20\6\0\0\0...ORA-01017: invalid"),
	};
	struct facts facts;

	(void)state;
	assert_true(dissect(&oracle_dissector, turns, COUNT(turns), 0, &facts));
	assert_int_equal(facts.auth, AUTH_FAILED);
	conversation_stands(&oracle_dissector, turns, COUNT(turns));
}

#define MESSAGE(length, number, status, rest)                                                      \
	"ES\0\0\0" length "\0\0\0\0\0\0\0" number status "\0\x6b\xbb\x4b" rest

static void the_transport_is_read(void **state)
{
	static const struct turn turns[] = {
		TURN_CLIENT(
			MESSAGE("\x2c", "\1", "\0", "\0\0\0\2\0\0\0\x17indices:data/read/query")),
		TURN_SERVER(MESSAGE("\x13", "\1", "\1", "\0\0\0\2\0\0")),
		TURN_CLIENT("ES\xff\xff\xff\xff" MESSAGE("\x29", "\2", "\0",
							 "\0\0\0\2\0\0\0\x14indices:admin/delete")),
		TURN_SERVER(MESSAGE("\x13", "\2", "\3", "\0\0\0\2\0\0")),
	};
	struct facts facts;

	(void)state;
	assert_true(dissect(&elasticsearch_transport_dissector, turns, COUNT(turns), 0, &facts));
	assert_int_equal(facts.auth, AUTH_NONE);
	assert_int_equal(facts.data_read, ANSWER_YES);
	conversation_has(&facts, "indices:admin/delete", ANSWER_NO, COMMAND_DESTRUCTIVE);
	conversation_stands(&elasticsearch_transport_dissector, turns, COUNT(turns));
	assert_false(dissect(&elasticsearch_transport_dissector, turns + 1, 1, 0, &facts) &&
		     facts.auth != AUTH_UNKNOWN);
}

/* A long answer to whatever it was is more than an acknowledgement. */
static void a_long_answer_of_the_transport_is_read(void **state)
{
	static const uint8_t head[] = {'E', 'S', 0, 0, 1, 0, 0,	   0,	 0,   0,
				       0,   0,	 0, 1, 1, 0, 0x6b, 0xbb, 0x4b};
	uint8_t answer[6 + 256] = {0};
	struct turn turns[] = {
		TURN_CLIENT(MESSAGE("\x29", "\1", "\0", "\0\0\0\2\0\0\0\x14internal:discovery/r")),
		{SIDE_SERVER, answer, sizeof answer},
	};
	struct facts facts;

	(void)state;
	memcpy(answer, head, sizeof head);
	assert_true(dissect(&elasticsearch_transport_dissector, turns, COUNT(turns), 0, &facts));
	assert_int_equal(facts.data_read, ANSWER_YES);
	answer[4] = 0; /* an empty one: 19 bytes, and nothing that follows is one */
	answer[5] = 0x13;
	turns[1].length = 6 + 0x13;
	assert_true(dissect(&elasticsearch_transport_dissector, turns, COUNT(turns), 0, &facts));
	assert_int_equal(facts.data_read, ANSWER_NO);
}

/* Statements stand in data packets as they were written, behind their length. */
static void deeds_are_seen(void **state)
{
	static const struct {
		const char *statement, *told;
		unsigned flags;
	} cases[] = {
		{"\x16 drop /* a */ table customers", "DROP TABLE", COMMAND_DESTRUCTIVE},
		{"DDROP\nTABLE customers", "DROP TABLE", COMMAND_DESTRUCTIVE},
		{"*BEGIN DBMS_SCHEDULER.CREATE_JOB(1); END;", "DBMS_SCHEDULER", COMMAND_EXECUTES},
		{"BEGIN EXECUTE  IMMEDIATE 'x'; END;", "EXECUTE IMMEDIATE", COMMAND_EXECUTES},
	};

	(void)state;
	for (size_t i = 0; i < 2 * COUNT(cases); i++) {
		const char *answer =
			i % 2 ? "\0\x20ORA-01031: insufficient privileges" : "\0\x20ok";
		const struct turn turns[] = {
			{SIDE_CLIENT, cases[i / 2].statement, strlen(cases[i / 2].statement)},
			{SIDE_SERVER, answer, i % 2 ? 34 : 4},
		};
		struct facts facts = {.service = NULL};

		dissect_session(&oracle_dissector, turns, 2, 0, &facts);
		conversation_has(&facts, cases[i / 2].told, i % 2 ? ANSWER_NO : ANSWER_YES,
				 cases[i / 2].flags);
		for (size_t chunk = 1; chunk < 8; chunk++) {
			struct facts cut = conversation_facts(&oracle_dissector, turns, 2, chunk);

			conversation_same(&facts, &cut);
		}
	}
}

static void texts_are_no_statements(void **state)
{
	static const struct turn turns[] = {
		TURN_CLIENT("insert into a values ('drop table', 'x drops tables', drop_table)"),
		TURN_SERVER("\0\x20ok"),
	};
	struct facts facts = {.service = NULL};

	(void)state;
	dissect_session(&oracle_dissector, turns, 2, 0, &facts);
	assert_int_equal(facts.command_count, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(deeds_are_seen),
		cmocka_unit_test(texts_are_no_statements),
		cmocka_unit_test(a_refusal_is_seen),
		cmocka_unit_test(a_log_in_is_seen),
		cmocka_unit_test(a_long_answer_of_the_transport_is_read),
		cmocka_unit_test(the_transport_is_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
