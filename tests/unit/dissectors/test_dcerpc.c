/* SPDX-License-Identifier: ISC */
/* DCE/RPC: bound with a proof or without one, and answered. */
#include "tests/unit/conversation.h"

extern const struct dissector dcerpc_dissector, dcerpc_udp_dissector;

#define FRAGMENT(type, length, proof)                                                              \
	"\x05\0" type "\x03\x10\0\0\0" length "\0" proof "\0\x01\0\0\0"
#define ZEROS_16 "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"

static struct facts facts_of(const struct turn *turns, size_t count)
{
	return conversation_read(&dcerpc_dissector, turns, count, "dcerpc");
}

static void without_proof_no_log_in_is_claimed(void **state)
{
	static const struct turn turns[] = {
		TURN_CLIENT(FRAGMENT("\x0b", "\x20", "\0") ZEROS_16),
		TURN_SERVER(FRAGMENT("\x0c", "\x20", "\0") ZEROS_16),
		TURN_CLIENT(FRAGMENT("\0", "\x20", "\0") ZEROS_16),
		TURN_SERVER(FRAGMENT("\x02", "\x30", "\0") ZEROS_16 ZEROS_16),
	};
	struct facts facts = facts_of(turns, 2);

	(void)state;
	assert_int_equal(facts.auth, AUTH_NONE);
	assert_int_equal(facts.data_read, ANSWER_NO);
	facts = facts_of(turns, COUNT(turns));
	assert_int_equal(facts.auth, AUTH_NONE);
	assert_int_equal(facts.data_read, ANSWER_YES);
	assert_int_equal(facts.encryption, ENCRYPTION_CLEARTEXT);
}

static void a_proven_log_in_is_seen(void **state)
{
	static const struct turn turns[] = {
		TURN_CLIENT(FRAGMENT("\x0b", "\x30", "\x08") ZEROS_16 "\x0a\x06\0\0\0\0\0\0"
								      "NTLMSSP\0"),
		TURN_SERVER(FRAGMENT("\x0c", "\x30", "\x08") ZEROS_16 "\x0a\x06\0\0\0\0\0\0"
								      "NTLMSSP\0"),
		TURN_CLIENT(FRAGMENT("\x10", "\x20", "\x08") "\x0a\x06\0\0\0\0\0\0"
							     "NTLMSSP\0"),
		TURN_CLIENT(FRAGMENT("\0", "\x20", "\0") ZEROS_16),
		TURN_SERVER(FRAGMENT("\x02", "\x18", "\0") "\0\0\0\0\0\0\0\0"),
	};
	struct facts facts = facts_of(turns, 4);

	(void)state;
	assert_int_equal(facts.auth, AUTH_UNKNOWN);
	facts = facts_of(turns, COUNT(turns));
	assert_int_equal(facts.auth, AUTH_SUCCEEDED);
	assert_int_equal(facts.encryption, ENCRYPTION_NATIVE);
	assert_string_equal(facts.mechanism, "NTLMSSP");
	assert_int_equal(facts.data_read, ANSWER_NO);
}

static enum recognised recognise(const void *client, size_t client_length, const void *server,
				 size_t server_length, bool one_sided)
{
	return dissect_recognise(&dcerpc_dissector, OVER_TCP, client, client_length, server,
				 server_length, one_sided);
}

static void openings_are_recognised(void **state)
{
	static const char bind[] = FRAGMENT("\x0b", "\x20", "\0");
	static const char answer[] = FRAGMENT("\x0c", "\x20", "\0");
	const size_t size = sizeof bind - 1;

	(void)state;
	assert_int_equal(recognise(bind, size, answer, size, false), RECOGNISED_YES);
	assert_int_equal(recognise(bind, size, "", 0, false), RECOGNISED_MORE);
	assert_int_equal(recognise(bind, size, "", 0, true), RECOGNISED_YES);
	assert_int_equal(recognise("", 0, answer, size, false), RECOGNISED_YES);
	assert_int_equal(recognise(answer, size, bind, size, false), RECOGNISED_NO);
	assert_int_equal(recognise(bind, size, "\x05\0", 2, false), RECOGNISED_MORE);
	assert_int_equal(recognise("\x05\1\0", 3, "\x05\0", 2, true),
			 RECOGNISED_MORE); /* SOCKS 5 */
	assert_int_equal(recognise("\x05\1\0\x05\1\0\1\x7f\0\0\1\0\x50GET /", 18, "", 0, true),
			 RECOGNISED_NO);
}

static void datagrams_are_read(void **state)
{
	uint8_t ask[84] = {4, 0, 0x28, 0, 0x10}, answer[100] = {4, 2, 0x0a, 0, 0x10};
	struct turn turns[] = {{SIDE_CLIENT, ask, sizeof ask},
			       {SIDE_SERVER, answer, sizeof answer}};
	struct facts facts;

	(void)state;
	ask[74] = 4;
	answer[74] = 20;
	assert_true(dissect_over(&dcerpc_udp_dissector, OVER_UDP, turns, 2, 0, &facts));
	assert_int_equal(facts.data_read, ANSWER_YES);
	assert_true(dissect_over(&dcerpc_udp_dissector, OVER_UDP, turns, 1, 0, &facts));
	assert_int_equal(facts.auth, AUTH_UNKNOWN);
	for (size_t n = 0; n < sizeof ask; n++)
		assert_int_not_equal(
			dissect_recognise(&dcerpc_udp_dissector, OVER_UDP, ask, n, "", 0, true),
			RECOGNISED_YES);
	answer[1] = 0;
	assert_false(dissect_over(&dcerpc_udp_dissector, OVER_UDP, turns, 2, 0, &facts));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(without_proof_no_log_in_is_claimed),
		cmocka_unit_test(a_proven_log_in_is_seen),
		cmocka_unit_test(openings_are_recognised),
		cmocka_unit_test(datagrams_are_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
