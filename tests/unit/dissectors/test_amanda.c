/* SPDX-License-Identifier: ISC */
/*
 * Amanda's backup clients: over TCP as recorded from amandad 3.5.1, over UDP as written in its
 * source.
 */
#include "tests/unit/datagrams.h"
#include "tests/unit/recorded.h"

extern const struct dissector amanda_dissector;

static void a_stream_is_read(void **state)
{
	struct recorded *r = calloc(1, sizeof *r);
	struct facts facts = recorded_facts(r, &amanda_dissector, "amanda/noop");

	(void)state;
	assert_string_equal(facts.service->name, "amanda");
	assert_int_equal(facts.auth, AUTH_NONE);
	assert_string_equal(facts.user, "backup");
	conversation_has(&facts, "noop", ANSWER_YES, 0);
	conversation_stands(&amanda_dissector, r->turns, r->count);
	facts = recorded_facts(r, &amanda_dissector, "amanda/refused");
	assert_int_equal(facts.auth, AUTH_FAILED);
	conversation_has(&facts, "selfcheck", ANSWER_NO, 0);
	conversation_stands(&amanda_dissector, r->turns, r->count);
	free(r);
}

static void datagrams_are_read(void **state)
{
	static const struct turn turns[] = {
		TURN_CLIENT("Amanda 2.6 REQ HANDLE 000-00000001 SEQ 0\nSECURITY USER backup\n"
			    "SERVICE sendsize\nOPTIONS a;\n"),
		TURN_SERVER("Amanda 2.6 ACK HANDLE 000-00000001 SEQ 0\n"),
		TURN_SERVER(
			"Amanda 2.6 REP HANDLE 000-00000001 SEQ 0\nOPTIONS a;\n/home 0 SIZE 1\n"),
	};
	struct facts facts = datagrams_facts(&amanda_dissector, turns, COUNT(turns), "amanda");

	(void)state;
	assert_int_equal(facts.auth, AUTH_NONE);
	assert_int_equal(facts.data_read, ANSWER_YES);
	conversation_has(&facts, "sendsize", ANSWER_YES, COMMAND_LISTING);
}

static void too_little_proves_nothing(void **state)
{
	(void)state;
	/* A packet's prefix alone is anybody's. */
	assert_int_equal(dissect_recognise(&amanda_dissector, OVER_TCP, "", 0,
					   "\0\0\0\2\0\0\0\1\3\0", 10, true),
			 RECOGNISED_MORE);
	assert_int_equal(dissect_recognise(&amanda_dissector, OVER_UDP, "Amanda 2.6 XXX HANDLE", 21,
					   "", 0, true),
			 RECOGNISED_NO);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_stream_is_read),
		cmocka_unit_test(datagrams_are_read),
		cmocka_unit_test(too_little_proves_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
