/* SPDX-License-Identifier: ISC */
/* Agents that tell everybody about their host: munin, Checkmk, Ganglia, NUT. */
#include "tests/unit/conversation.h"

extern const struct dissector munin_dissector, checkmk_dissector, ganglia_dissector, nut_dissector;

static struct facts facts_of(const struct dissector *d, const struct turn *turns, size_t count)
{
	struct facts facts = conversation_read(d, turns, count, d->name);

	assert_int_equal(facts.encryption, ENCRYPTION_CLEARTEXT);
	return facts;
}

static void munin_is_read(void **state)
{
	static const struct turn turns[] = {
		TURN_CLIENT("version\nlist\nfetch cpu\nquit\n"),
		TURN_SERVER("# munin node at localhost\n"
			    "munins node on localhost version: 2.0.73\n"
			    "cpu df\nuser.value 510047\n.\n"),
	};
	struct facts facts = facts_of(&munin_dissector, turns, COUNT(turns));

	(void)state;
	assert_string_equal(facts.version, "2.0.73");
	assert_int_equal(facts.auth, AUTH_NONE);
	assert_int_equal(facts.data_read, ANSWER_YES);
	conversation_has(&facts, "fetch cpu", ANSWER_YES, 0);
	conversation_has(&facts, "list", ANSWER_YES, COMMAND_LISTING);
	facts = conversation_facts(&munin_dissector, &turns[1], 0, 0);
	assert_int_equal(facts.auth, AUTH_NA);
}

static void checkmk_is_read(void **state)
{
	static const struct turn turns[] = {
		TURN_SERVER("<<<check_mk>>>\nVersion: 1.4.0p9\nAgentOS: linux\n<<<df>>>\n"),
	};
	struct facts facts = facts_of(&checkmk_dissector, turns, COUNT(turns));

	(void)state;
	assert_string_equal(facts.version, "1.4.0p9");
	assert_int_equal(facts.auth, AUTH_NONE);
	assert_int_equal(facts.data_read, ANSWER_YES);
}

static void ganglia_is_read(void **state)
{
	static const struct turn turns[] = {
		TURN_SERVER("<?xml version=\"1.0\" encoding=\"ISO-8859-1\" standalone=\"yes\"?>\n"
			    "<!DOCTYPE GANGLIA_XML [\n<!ATTLIST METRIC TN CDATA #IMPLIED>\n]>\n"
			    "<GANGLIA_XML VERSION=\"3.7.2\" SOURCE=\"gmond\">\n<CLUSTER>\n"),
	};
	struct facts facts = facts_of(&ganglia_dissector, turns, COUNT(turns));

	(void)state;
	assert_string_equal(facts.version, "3.7.2");
	assert_string_equal(facts.product, "gmond");
	assert_int_equal(facts.auth, AUTH_NONE);
	assert_int_equal(facts.data_read, ANSWER_YES);
}

static void nut_is_read(void **state)
{
	static const struct turn turns[] = {
		TURN_CLIENT("VER\nLIST UPS\nLOGOUT\n"),
		TURN_SERVER("Network UPS Tools upsd 2.8.0 - http://www.networkupstools.org/\n"
			    "BEGIN LIST UPS\nUPS ups \"Description unavailable\"\nEND LIST UPS\n"
			    "OK Goodbye\n"),
	};
	static const struct turn login[] = {
		TURN_CLIENT("VER\n"),
		TURN_SERVER("Network UPS Tools upsd 2.8.0 - x\n"),
		TURN_CLIENT("USERNAME admin\nPASSWORD hidden\nFSD ups\n"),
		TURN_SERVER("OK\nOK\nERR ACCESS-DENIED\n"),
	};
	struct facts facts = facts_of(&nut_dissector, turns, COUNT(turns));

	(void)state;
	assert_string_equal(facts.version, "2.8.0");
	assert_int_equal(facts.auth, AUTH_NONE);
	assert_int_equal(facts.data_read, ANSWER_YES);
	conversation_has(&facts, "VER", ANSWER_YES, 0);
	conversation_has(&facts, "LIST UPS", ANSWER_YES, COMMAND_LISTING);
	facts = facts_of(&nut_dissector, login, COUNT(login));
	assert_int_equal(facts.logins_failed, 1);
	assert_string_equal(facts.user, "admin");
	conversation_has(&facts, "FSD ups", ANSWER_NO, 0);
	conversation_lacks(&facts, "hidden");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(munin_is_read),
		cmocka_unit_test(checkmk_is_read),
		cmocka_unit_test(ganglia_is_read),
		cmocka_unit_test(nut_is_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
