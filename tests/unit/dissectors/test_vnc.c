/* SPDX-License-Identifier: ISC */
/* VNC: what the server offers, who was let in, and whether the screen was shown. */
#include "tests/unit/conversation.h"

extern const struct dissector vnc_dissector;

#define V38	  "RFB 003.008\n"
#define CHALLENGE "0123456789abcdef"
#define INITIAL	  "\4\0\3\0\x20\x18\0\1\0\xff\0\xff\0\xff\x10\x08\0\0\0\0\0\0\0\4desk"

static struct facts facts_of(const struct turn *turns, size_t count)
{
	return conversation_read(&vnc_dissector, turns, count, "vnc");
}

static void offers_are_read(void **state)
{
	static const struct turn banner[] = {TURN_SERVER(V38)};
	static const struct turn none[] = {TURN_SERVER(V38), TURN_CLIENT(V38),
					   TURN_SERVER("\2\1\2")};
	static const struct turn password[] = {TURN_SERVER(V38), TURN_CLIENT(V38),
					       TURN_SERVER("\2\x10\2")};
	static const struct turn refused[] = {TURN_SERVER(V38), TURN_CLIENT(V38),
					      TURN_SERVER("\0\0\0\0\3why")};
	struct facts facts = facts_of(banner, 1);

	(void)state;
	assert_int_equal(facts.auth, AUTH_NA);
	facts = facts_of(none, COUNT(none));
	assert_int_equal(facts.auth, AUTH_NONE);
	facts = facts_of(password, COUNT(password));
	assert_int_equal(facts.auth, AUTH_REQUIRED);
	facts = facts_of(refused, COUNT(refused));
	assert_int_equal(facts.auth, AUTH_NA);
}

static void a_server_that_asks_for_nothing_is_seen(void **state)
{
	static const struct turn turns[] = {
		TURN_SERVER(V38),
		TURN_CLIENT(V38),
		TURN_SERVER("\1\1"),
		TURN_CLIENT("\1"),
		TURN_SERVER("\0\0\0\0"),
		TURN_CLIENT("\1"),
		TURN_SERVER(INITIAL),
		TURN_CLIENT("\3\0\0\0\0\0\4\0\3\0"),
		TURN_SERVER("\0\0\0\1\0\0\0\0"),
	};
	static const struct turn old[] = {
		TURN_SERVER("RFB 003.003\n"), TURN_CLIENT("RFB 003.003\n"),
		TURN_SERVER("\0\0\0\1"),      TURN_CLIENT("\1"),
		TURN_SERVER(INITIAL "\0"),
	};
	struct facts facts = facts_of(turns, COUNT(turns));

	(void)state;
	assert_int_equal(facts.auth, AUTH_NONE);
	assert_int_equal(facts.data_read, ANSWER_YES);
	assert_int_equal(facts.encryption, ENCRYPTION_CLEARTEXT);
	facts = facts_of(old, COUNT(old));
	assert_int_equal(facts.auth, AUTH_NONE);
	assert_int_equal(facts.data_read, ANSWER_YES);
}

static void a_password_is_judged(void **state)
{
	static const struct turn failed[] = {
		TURN_CLIENT(V38), /* before the server's */
		TURN_SERVER(V38),
		TURN_SERVER("\1\2"),
		TURN_CLIENT("\2"),
		TURN_SERVER(CHALLENGE),
		TURN_CLIENT("\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"),
		TURN_SERVER("\0\0\0\1\0\0\0\6failed"),
	};
	static const struct turn succeeded[] = {
		TURN_SERVER("RFB 003.889\n"),
		TURN_CLIENT("RFB 003.003\n"),
		TURN_SERVER("\0\0\0\2"),
		TURN_SERVER(CHALLENGE),
		TURN_CLIENT("\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"),
		TURN_SERVER("\0\0\0\0"),
	};
	static const struct turn unfinished[] = {
		TURN_SERVER(V38),  TURN_CLIENT(V38),	   TURN_SERVER("\1\2"),
		TURN_CLIENT("\2"), TURN_SERVER(CHALLENGE),
	};
	struct facts facts = facts_of(failed, COUNT(failed));

	(void)state;
	assert_int_equal(facts.auth, AUTH_FAILED);
	assert_string_equal(facts.mechanism, "VNC");
	assert_int_equal(facts.data_read, ANSWER_NO);
	facts = facts_of(succeeded, COUNT(succeeded));
	assert_int_equal(facts.auth, AUTH_SUCCEEDED);
	assert_string_equal(facts.product, "Apple Remote Desktop");
	facts = facts_of(unfinished, COUNT(unfinished));
	assert_int_equal(facts.auth, AUTH_REQUIRED);
}

static void encryption_is_seen(void **state)
{
	static const struct turn tls[] = {
		TURN_SERVER(V38),
		TURN_CLIENT(V38),
		TURN_SERVER("\1\x12"),
		TURN_CLIENT("\x12"),
		TURN_CLIENT("\x16\x03\x01"),
	};
	static const struct turn vencrypt[] = {
		TURN_SERVER(V38),
		TURN_CLIENT(V38),
		TURN_SERVER("\1\x13"),
		TURN_CLIENT("\x13"),
		TURN_SERVER("\0\2"),
		TURN_CLIENT("\0\2"),
		TURN_SERVER("\0\1\0\0\1\2"),
		TURN_CLIENT("\0\0\1\2"),
		TURN_SERVER("\1"),
		TURN_CLIENT("\x16\x03\x01"),
	};
	struct facts facts = facts_of(tls, COUNT(tls));

	(void)state;
	assert_true(dissect_starts_tls(&vnc_dissector, tls, COUNT(tls)));
	assert_int_equal(facts.encryption, ENCRYPTION_STARTTLS);
	facts = facts_of(vencrypt, COUNT(vencrypt));
	assert_true(dissect_starts_tls(&vnc_dissector, vencrypt, COUNT(vencrypt)));
	assert_int_equal(facts.auth, AUTH_UNKNOWN);
	assert_string_equal(facts.mechanism, "VeNCrypt");
}

static enum recognised recognise(const char *client, const char *server, bool one_sided)
{
	return dissect_recognise(&vnc_dissector, OVER_TCP, client, strlen(client), server,
				 strlen(server), one_sided);
}

static void openings_are_recognised(void **state)
{
	(void)state;
	assert_int_equal(recognise("", "RFB 003.008", false), RECOGNISED_MORE);
	assert_int_equal(recognise("", V38, false), RECOGNISED_YES);
	assert_int_equal(recognise("", "RFB 003,008\n", false), RECOGNISED_NO);
	assert_int_equal(recognise(V38, "", false), RECOGNISED_MORE);
	assert_int_equal(recognise(V38, "", true), RECOGNISED_YES);
	assert_int_equal(recognise(V38, "SSH-2.0-x\r\n", false), RECOGNISED_NO);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(offers_are_read),
		cmocka_unit_test(a_server_that_asks_for_nothing_is_seen),
		cmocka_unit_test(a_password_is_judged),
		cmocka_unit_test(encryption_is_seen),
		cmocka_unit_test(openings_are_recognised),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
