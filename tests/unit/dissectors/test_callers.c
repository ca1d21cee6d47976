/* SPDX-License-Identifier: ISC */
/* Services that serve every caller: CORBA, FastCGI, XDMCP; and Radmin. */
#include "tests/unit/datagrams.h"

extern const struct dissector giop_dissector, fastcgi_dissector, xdmcp_dissector, radmin_dissector;

static struct facts facts_of(const struct dissector *d, const struct turn *turns, size_t count)
{
	return conversation_read(d, turns, count, d->name);
}

static void giop_is_read(void **state)
{
	static const struct turn turns[] = {
		TURN_CLIENT("GIOP\1\2\0\0\0\0\0\4abcd"),
		TURN_SERVER("GIOP\1\2\0\1\0\0\0\4abcd"),
	};
	struct facts facts = facts_of(&giop_dissector, turns, COUNT(turns));

	(void)state;
	assert_int_equal(facts.auth, AUTH_NONE);
	assert_int_equal(facts.data_read, ANSWER_YES);
	assert_int_equal(dissect_recognise(&giop_dissector, OVER_TCP, NULL, 0, turns[0].bytes,
					   turns[0].length, true),
			 RECOGNISED_NO);
}

static void fastcgi_is_read(void **state)
{
	static const struct turn turns[] = {
		TURN_CLIENT("\1\1\0\1\0\x08\0\0\0\1\1\0\0\0\0\0\1\4\0\1\0\0\0\0"),
		TURN_SERVER("\1\6\0\1\0\2\0\0ok"),
	};
	struct facts facts = facts_of(&fastcgi_dissector, turns, COUNT(turns));

	(void)state;
	assert_int_equal(facts.auth, AUTH_NONE);
	assert_int_equal(facts.data_read, ANSWER_YES);
}

static void xdmcp_is_read(void **state)
{
	static const struct turn turns[] = {
		TURN_CLIENT("\0\1\0\2\0\1\0"),
		TURN_SERVER("\0\1\0\5\0\6\0\0\0\0\0\0"),
		TURN_CLIENT("\0\1\0\7\0\2\0\0"),
		TURN_SERVER("\0\1\0\x09\0\2\0\0"),
	};
	struct facts facts = datagrams_facts(&xdmcp_dissector, turns, COUNT(turns), "xdmcp");

	(void)state;
	assert_int_equal(facts.auth, AUTH_NONE);
	conversation_has(&facts, "QUERY", ANSWER_YES, 0);
	conversation_has(&facts, "REQUEST", ANSWER_NO, 0);
	facts = datagrams_facts(&xdmcp_dissector, turns, 1, "xdmcp");
	assert_int_equal(facts.auth, AUTH_NA);
}

static void radmin_is_read(void **state)
{
	static const uint8_t screen[1100];
	static const struct turn turns[] = {
		TURN_CLIENT("\1\0\0\0\1\0\0\0\x08\x08"),
		TURN_SERVER("\1\0\0\0\x25\0\0\2\x12\x08\2\0"),
		{SIDE_SERVER, screen, sizeof screen},
	};
	struct facts facts = facts_of(&radmin_dissector, turns, 2);

	(void)state;
	assert_int_equal(facts.auth, AUTH_UNKNOWN);
	assert_int_equal(facts.data_read, ANSWER_UNKNOWN);
	assert_true(dissect(&radmin_dissector, turns, COUNT(turns), 0, &facts));
	assert_int_equal(facts.data_read, ANSWER_YES);
	assert_int_equal(dissect_recognise(&radmin_dissector, OVER_TCP, turns[0].bytes, 10,
					   "\1\0\0\1", 4, false),
			 RECOGNISED_NO);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(giop_is_read),
		cmocka_unit_test(fastcgi_is_read),
		cmocka_unit_test(xdmcp_is_read),
		cmocka_unit_test(radmin_is_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
