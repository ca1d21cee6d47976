/* SPDX-License-Identifier: ISC */
/* The example of the README: RFC 1413's own conversations, and what is none. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/conversation.h"

extern const struct dissector ident_dissector;

static void the_user_is_read(void **state)
{
	static const struct turn turns[] = {
		TURN_CLIENT("6193, 23\r\n"),
		TURN_SERVER("6193, 23 : USERID : UNIX : stjohns\r\n"),
	};
	struct facts facts;

	(void)state;
	assert_true(dissect(&ident_dissector, turns, COUNT(turns), 0, &facts));
	assert_string_equal(facts.service->name, "ident");
	assert_string_equal(facts.user, "stjohns");
	assert_int_equal(facts.data_read, ANSWER_YES);
	conversation_splits(&ident_dissector, turns, COUNT(turns));
}

static void an_error_names_no_user(void **state)
{
	static const struct turn turns[] = {
		TURN_CLIENT("6195,23\r\n"),
		TURN_SERVER("6195,23:ERROR:NO-USER\r\n"),
	};
	struct facts facts;

	(void)state;
	assert_true(dissect(&ident_dissector, turns, COUNT(turns), 1, &facts));
	assert_string_equal(facts.user, "");
	assert_int_equal(facts.data_read, ANSWER_NO);
}

static void others_are_not_ident(void **state)
{
	static const struct turn graphite[] = {TURN_CLIENT("6193, 23\r\n"),
					       TURN_SERVER("6193, 23 : what\r\n")};
	static const struct turn client[] = {TURN_CLIENT("6193, 23\r\n")};
	struct facts facts;

	(void)state;
	assert_false(dissect(&ident_dissector, graphite, COUNT(graphite), 0, &facts));
	assert_false(dissect(&ident_dissector, client, COUNT(client), 0, &facts));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_user_is_read),
		cmocka_unit_test(an_error_names_no_user),
		cmocka_unit_test(others_are_not_ident),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
