/* SPDX-License-Identifier: ISC */
/* DRDA and Db2's discovery: written bytes. */
#include "tests/unit/conversation.h"

extern const struct dissector drda_dissector;
extern const struct dissector db2_discovery_dissector;

/* A structure with one object; `size` is the object's length. */
#define OBJECT(whole, size, codepoint, data) "\0" whole "\xd0\1\0\1\0" size codepoint data

#define EXCSAT OBJECT("\x0f", "\x09", "\x10\x41", "\0\5\x11\x6d\xc1")
#define EXCSATRD                                                                                   \
	OBJECT("\x16", "\x10", "\x14\x43", "\0\x0c\x11\x5a\xe2\xd8\xd3\xf0\xf9\xf0\xf7\xf0")
#define SECCHK                                                                                     \
	OBJECT("\x1a", "\x14", "\x10\x6e",                                                         \
	       "\0\x08\x11\xa0\x84\x82\xf2\x81\0\x08\x11\xa1"                                      \
	       "hunt")
#define CHECKED(code) OBJECT("\x0f", "\x09", "\x12\x19", "\0\5\x11\xa4" code)
#define DROP                                                                                       \
	OBJECT("\x1d", "\x17", "\x24\x14",                                                         \
	       "\xff\0\0\0\0\x0c"                                                                  \
	       "drop table t\xff")
#define SQLCA_OK "\0\x0b\xd0\3\0\1\0\5\x24\x08\xff"

static void a_session_is_read(void **state)
{
	static const struct turn turns[] = {
		TURN_CLIENT(EXCSAT),	    TURN_SERVER(EXCSATRD), TURN_CLIENT(SECCHK),
		TURN_SERVER(CHECKED("\0")), TURN_CLIENT(DROP),	   TURN_SERVER(SQLCA_OK),
	};
	struct facts facts;

	(void)state;
	assert_true(dissect(&drda_dissector, turns, 2, 0, &facts));
	assert_int_equal(facts.auth, AUTH_NA);
	assert_string_equal(facts.version, "9.7.0");
	assert_true(dissect(&drda_dissector, turns, COUNT(turns), 0, &facts));
	assert_int_equal(facts.auth, AUTH_SUCCEEDED);
	assert_string_equal(facts.user, "db2a");
	conversation_lacks(&facts, "hunt");
	conversation_has(&facts, "DROP TABLE", ANSWER_YES, COMMAND_DESTRUCTIVE);
	conversation_stands(&drda_dissector, turns, COUNT(turns));
}

static void a_refusal_is_seen(void **state)
{
	static const struct turn turns[] = {
		TURN_CLIENT(EXCSAT),
		TURN_SERVER(EXCSATRD),
		TURN_CLIENT(SECCHK),
		TURN_SERVER(CHECKED("\x0f")),
	};
	struct facts facts;

	(void)state;
	assert_true(dissect(&drda_dissector, turns, COUNT(turns), 0, &facts));
	assert_int_equal(facts.auth, AUTH_FAILED);
}

static void discovery_is_read(void **state)
{
	static const struct turn turns[] = {
		TURN_CLIENT("DB2GETADDR\0SQL09010\0"),
		TURN_SERVER("DB2RETADDR\0SQL09013\0host\0"),
	};
	struct facts facts;

	(void)state;
	assert_true(dissect_over(&db2_discovery_dissector, OVER_UDP, turns, 2, 0, &facts));
	assert_string_equal(facts.version, "SQL09013");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_session_is_read),
		cmocka_unit_test(a_refusal_is_seen),
		cmocka_unit_test(discovery_is_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
