/* SPDX-License-Identifier: ISC */
/* Devices that describe themselves, and time servers that tell more than the time. */
#include "tests/unit/datagrams.h"

extern const struct dissector smart_install_dissector, ubiquiti_dissector, slp_dissector,
	ard_dissector, dvr_dissector, ntp_control_dissector;

static void smart_install_is_read(void **state)
{
	static const struct turn turns[] = {
		TURN_CLIENT("\0\0\0\1\0\0\0\1\0\0\0\4\0\0\0\x08\0\0\0\1\0\0\0\0"),
		TURN_SERVER("\0\0\0\4\0\0\0\0\0\0\0\3\0\0\0\x08\0\0\0\1\0\0\0\0"),
	};
	struct facts facts;

	(void)state;
	assert_true(dissect(&smart_install_dissector, turns, 2, 0, &facts));
	assert_string_equal(facts.service->name, "cisco-smart-install");
	assert_string_equal(facts.service->identifier, "accessible-cisco-smart-install");
	assert_int_equal(facts.auth, AUTH_NONE);
	conversation_stands(&smart_install_dissector, turns, 2);
	assert_int_equal(dissect_verdict(&smart_install_dissector, OVER_TCP, turns, 1, 0),
			 RECOGNISED_MORE);
}

static void ubiquiti_is_read(void **state)
{
	static const struct turn turns[] = {
		TURN_CLIENT("\1\0\0\0"),
		TURN_SERVER("\1\0\0\x14\x0c\0\5LM-X5\3\0\3v61\x0b\0\3box"),
	};
	struct facts facts = datagrams_facts(&ubiquiti_dissector, turns, 2, "ubiquiti-discovery");

	(void)state;
	assert_string_equal(facts.product, "LM-X5");
	assert_string_equal(facts.version, "v61");
	assert_int_equal(facts.auth, AUTH_NONE);
	conversation_has(&facts, "DISCOVER", ANSWER_YES, COMMAND_LISTING);
}

static void other_devices_are_read(void **state)
{
	static const struct turn slp[] = {
		TURN_CLIENT("\2\1\0\0\x10\0\0\0\0\0\0\1\0\2en"),
		TURN_SERVER("\2\2\0\0\x14\0\0\0\0\0\0\1\0\2en\0\0\0\0"),
	};
	static const struct turn dvr[] = {
		TURN_CLIENT("\x20\0\0\0DHIP\0\0\0\0\0\0\0\0\2\0\0\0\0\0\0\0\2\0\0\0\0\0\0\0{}"),
		TURN_SERVER("\x20\0\0\0DHIP\0\0\0\0\0\0\0\0\2\0\0\0\0\0\0\0\2\0\0\0\0\0\0\0{}"),
	};
	static const uint8_t screen[1006] = {0, 1, 3, 0xea, 0, 0x31};
	struct turn ard[] = {TURN_CLIENT("\0\x14\0\1\3"), {SIDE_SERVER, screen, sizeof screen}};
	struct facts facts = datagrams_facts(&slp_dissector, slp, 2, "slp");

	(void)state;
	assert_int_equal(facts.data_read, ANSWER_YES);
	datagrams_facts(&dvr_dissector, dvr, 2, "dvr-dhcpdiscover");
	assert_true(dissect_over(&ard_dissector, OVER_UDP, ard, 2, 0, &facts));
	assert_string_equal(facts.service->identifier, "accessible-ard");
	ard[1].length = 100;
	assert_false(dissect_over(&ard_dissector, OVER_UDP, ard, 2, 0, &facts));
}

static void ntp_control_is_read(void **state)
{
	static const struct turn turns[] = {
		TURN_CLIENT("\x16\2\0\1\0\0\0\0\0\0\0\0"),
		TURN_SERVER("\x16\x82\0\1\x06\x18\0\0\0\0\0\x1e"
			    "version=\"ntpd ntpsec-1.2.2\", a"),
	};
	struct facts facts = datagrams_facts(&ntp_control_dissector, turns, 2, "ntp-control");

	(void)state;
	assert_string_equal(facts.product, "NTPsec");
	assert_string_equal(facts.version, "1.2.2");
	conversation_has(&facts, "READVAR", ANSWER_YES, 0);
	facts = datagrams_facts(&ntp_control_dissector, turns + 1, 1, "ntp-control");
	conversation_has(&facts, "READVAR", ANSWER_YES, 0);
}

static void the_list_of_ntp_clients_is_read(void **state)
{
	static const struct turn turns[] = {
		TURN_CLIENT("\x17\0\3\x2a\0\0\0\0"),
		TURN_SERVER("\x97\0\3\x2a\0\2\0\x08"
			    "0123456789abcdef"),
	};
	static const struct turn time[] = {
		TURN_CLIENT(
			"\x23\0\6\xec\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
			"\0\0\0\0\0\0\0\0\0\0\0\0\0\0"),
	};
	struct facts facts = datagrams_facts(&ntp_control_dissector, turns, 2, "ntp-monitor");

	(void)state;
	assert_string_equal(facts.service->identifier, "ntp-monitor");
	assert_int_equal(facts.data_read, ANSWER_YES);
	conversation_has(&facts, "MONLIST", ANSWER_YES, COMMAND_LISTING);
	assert_int_equal(dissect_verdict(&ntp_control_dissector, OVER_UDP, time, 1, 0),
			 RECOGNISED_NO);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(smart_install_is_read),
		cmocka_unit_test(ubiquiti_is_read),
		cmocka_unit_test(other_devices_are_read),
		cmocka_unit_test(ntp_control_is_read),
		cmocka_unit_test(the_list_of_ntp_clients_is_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
