/* SPDX-License-Identifier: ISC */
/* NetBIOS names: asked for, told, and DNS that is something else. */
#include "tests/unit/conversation.h"

extern const struct dissector nbns_dissector;

#define ANY                                                                                        \
	"\x20"                                                                                     \
	"CKAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"                                                         \
	"\0"

static void the_table_of_names_is_read(void **state)
{
	static const struct turn turns[] = {
		TURN_CLIENT("\1\2\0\0\0\1\0\0\0\0\0\0" ANY "\0\x21\0\1"),
		TURN_SERVER("\1\2\x84\0\0\0\0\1\0\0\0\0" ANY "\0\x21\0\1\0\0\0\0\0\2\0\0"),
	};
	struct facts facts;

	(void)state;
	assert_true(dissect_over(&nbns_dissector, OVER_UDP, turns, 2, 0, &facts));
	assert_string_equal(facts.service->name, "nbns");
	assert_int_equal(facts.auth, AUTH_NONE);
	assert_int_equal(facts.data_read, ANSWER_YES);
	conversation_has(&facts, "NBSTAT", ANSWER_YES, COMMAND_LISTING);
	assert_true(dissect_over(&nbns_dissector, OVER_UDP, turns, 1, 0, &facts));
	assert_int_equal(facts.auth, AUTH_NA);
	for (size_t t = 0; t < COUNT(turns); t++) {
		for (size_t n = 0; n < turns[t].length; n++) {
			struct turn cut = {turns[t].from, turns[t].bytes, n};

			dissect_over(&nbns_dissector, OVER_UDP, &cut, 1, 0, &facts);
			conversation_facts(&nbns_dissector, &cut, 1, 0);
		}
	}
}

static void dns_is_not_nbns(void **state)
{
	static const struct turn turns[] = {
		TURN_CLIENT("\1\2\1\0\0\1\0\0\0\0\0\0\7example\3com\0\0\1\0\1"),
		TURN_CLIENT("\1\2\1\0\0\1\0\0\0\0\0\0" ANY "\0\1\0\1"),
		TURN_CLIENT("\1\2\x84\0\0\0\0\1\0\0\0\0" ANY "\0\x21\0\1"),
	};
	struct facts facts;

	(void)state;
	for (size_t i = 0; i < COUNT(turns); i++)
		assert_false(dissect_over(&nbns_dissector, OVER_UDP, &turns[i], 1, 0, &facts));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_table_of_names_is_read),
		cmocka_unit_test(dns_is_not_nbns),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
