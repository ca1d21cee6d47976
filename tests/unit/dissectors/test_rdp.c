/* SPDX-License-Identifier: ISC */
/* RDP: the two messages in the clear, and the transport over UDP. */
#include "tests/unit/datagrams.h"

extern const struct dissector rdp_dissector, rdpudp_dissector;

#define REQUEST "\x03\x00\x00\x27\x22\xe0\0\0\0\0\0Cookie: mstshash=a\r\n\x01\0\x08\0\x03\0\0\0"
#define CONFIRM "\x03\x00\x00\x13\x0e\xd0\0\0\x12\x34\0"

static struct facts facts_of(const struct turn *turns, size_t count)
{
	return conversation_read(&rdp_dissector, turns, count, "rdp");
}

static void it_turns_into_tls(void **state)
{
	static const struct turn turns[] = {
		TURN_CLIENT(REQUEST),
		TURN_SERVER(CONFIRM "\x02\x01\x08\0\x01\0\0\0"),
	};
	struct facts facts = facts_of(turns, COUNT(turns));

	(void)state;
	assert_string_equal(facts.user, "a");
	assert_int_equal(facts.encryption, ENCRYPTION_STARTTLS);
	assert_true(dissect_starts_tls(&rdp_dissector, turns, COUNT(turns)));
}

static void refusals_and_old_servers_are_seen(void **state)
{
	static const struct turn refused[] = {
		TURN_CLIENT(REQUEST),
		TURN_SERVER(CONFIRM "\x03\0\x08\0\x02\0\0\0"),
	};
	static const struct turn old[] = {
		TURN_CLIENT("\x03\0\0\x0b\x06\xe0\0\0\0\0\0"),
		TURN_SERVER("\x03\0\0\x0b\x06\xd0\0\0\x12\x34\0"),
		TURN_CLIENT("\x03\0\1\x9c\x02\xf0\x80\x7f\x65\x82\1\x90"),
		TURN_SERVER("\x03\0\1\x51\x02\xf0\x80\x7f\x66\x82\1\x45"),
	};
	struct facts facts = facts_of(refused, COUNT(refused));

	(void)state;
	assert_int_equal(facts.encryption, ENCRYPTION_UNKNOWN);
	assert_false(dissect_starts_tls(&rdp_dissector, refused, COUNT(refused)));
	facts = facts_of(old, COUNT(old));
	assert_int_equal(facts.encryption, ENCRYPTION_NATIVE);
	assert_int_equal(facts.auth, AUTH_UNKNOWN);
}

static enum recognised ask(const char *client, size_t c, const char *server, size_t s, bool one)
{
	return dissect_recognise(&rdp_dissector, OVER_TCP, client, c, server, s, one);
}

static void others_on_iso_transport_are_not_rdp(void **state)
{
	static const char s7[] = "\x03\0\0\x16\x11\xe0\0\0\0\1\0\xc0\1\x0a\xc1\2\1\0\xc2\2\1\2";

	(void)state;
	assert_int_equal(ask(s7, sizeof s7 - 1, NULL, 0, true), RECOGNISED_NO);
	assert_int_equal(ask(REQUEST, 39, NULL, 0, true), RECOGNISED_YES);
	assert_int_equal(ask(REQUEST, 39, NULL, 0, false), RECOGNISED_MORE);
	assert_int_equal(ask(NULL, 0, REQUEST, 39, true), RECOGNISED_NO);
	assert_int_equal(ask(REQUEST, 39, "SSH-2.0-x\r\n", 11, false), RECOGNISED_NO);
	assert_int_equal(ask("\x03\0\0\x0b\x06\xe0\0\0\0\0\0", 11, NULL, 0, true), RECOGNISED_MORE);
}

static void datagrams_are_read(void **state)
{
	static uint8_t syn[1232], answer[1232];
	static const struct turn turns[] = {
		{SIDE_CLIENT, syn, sizeof syn},
		{SIDE_SERVER, answer, sizeof answer},
		TURN_SERVER("\0\x55\xc1\x64\0\xdb\x05\xf0"),
	};
	struct facts facts;

	(void)state;
	memcpy(syn, "\xff\xff\xff\xff\0\x40\0\1\1\2\3\4\4\xd0\4\xd0", 16);
	memcpy(answer, "\1\2\3\4\0\x40\0\5\5\6\7\x08\4\xd0\4\xd0", 16);
	assert_true(dissect_over(&rdpudp_dissector, OVER_UDP, turns, COUNT(turns), 0, &facts));
	assert_int_equal(facts.encryption, ENCRYPTION_NATIVE);
	assert_int_equal(facts.data_read, ANSWER_YES);
	assert_true(dissect_over(&rdpudp_dissector, OVER_UDP, turns, 1, 0, &facts));
	assert_int_equal(facts.encryption, ENCRYPTION_CLEARTEXT);
	datagrams_stand(&rdpudp_dissector, turns + 2, 1);
	answer[0] = 2;
	assert_false(dissect_over(&rdpudp_dissector, OVER_UDP, turns, COUNT(turns), 0, &facts));
}

#define UDP_DATA(acknowledged, number, record)                                                     \
	acknowledged "\4\0\0\x0c\0\1\1\0" number number record

/* The SYN was before the capture: records of TLS in datagrams that acknowledge each other. */
static void datagrams_without_their_beginning_are_read(void **state)
{
	static const struct turn turns[] = {
		TURN_CLIENT(UDP_DATA("\0\0\1\x10", "\x55\0\0\7", "\x17\3\3\0\1x")),
		TURN_SERVER(UDP_DATA("\x55\0\0\7", "\0\0\1\x11", "\x17\3\3\0\1y")),
	};
	static const struct turn strangers[] = {
		TURN_CLIENT(UDP_DATA("\0\0\1\x10", "\x55\0\0\7", "\x17\3\3\0\1x")),
		TURN_SERVER(UDP_DATA("\x66\0\0\7", "\0\0\1\x11", "\x17\3\3\0\1y")),
	};
	struct facts facts;

	(void)state;
	assert_true(dissect_over(&rdpudp_dissector, OVER_UDP, turns, COUNT(turns), 0, &facts));
	assert_string_equal(facts.service->name, "rdpudp");
	assert_int_equal(facts.encryption, ENCRYPTION_NATIVE);
	assert_int_equal(facts.data_read, ANSWER_YES);
	datagrams_stand(&rdpudp_dissector, turns, COUNT(turns));
	assert_false(dissect_over(&rdpudp_dissector, OVER_UDP, turns, 1, 0, &facts));
	assert_false(dissect_over(&rdpudp_dissector, OVER_UDP, strangers, 2, 0, &facts));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_turns_into_tls),
		cmocka_unit_test(refusals_and_old_servers_are_seen),
		cmocka_unit_test(others_on_iso_transport_are_not_rdp),
		cmocka_unit_test(datagrams_are_read),
		cmocka_unit_test(datagrams_without_their_beginning_are_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
