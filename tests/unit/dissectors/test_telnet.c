/* SPDX-License-Identifier: ISC */
/* Telnet: negotiations, prompts, log-ins typed letter by letter, shells that ask for nothing. */
#include "tests/unit/conversation.h"

extern const struct dissector telnet_dissector;

#define OPTIONS "\xff\xfd\x18\xff\xfd\x20\xff\xfb\x03\xff\xfa\x18\x01\xff\xf0"

static struct facts facts_of(const struct turn *turns, size_t count)
{
	struct facts facts = conversation_read(&telnet_dissector, turns, count, "telnet");

	assert_int_equal(facts.encryption, ENCRYPTION_CLEARTEXT);
	return facts;
}

static void a_prompt_is_seen(void **state)
{
	static const struct turn turns[] = {
		TURN_SERVER(OPTIONS "Debian GNU/Linux 12\r\nbox login: ")};
	static const struct turn options[] = {TURN_SERVER(OPTIONS)};
	struct facts facts = facts_of(turns, 1);

	(void)state;
	assert_int_equal(facts.auth, AUTH_REQUIRED);
	assert_int_equal(facts.data_read, ANSWER_NO);
	facts = facts_of(options, 1);
	assert_int_equal(facts.auth, AUTH_UNKNOWN);
}

static void a_log_in_is_seen(void **state)
{
	static const struct turn turns[] = {
		TURN_SERVER(OPTIONS "box login: "),
		TURN_CLIENT("\xff\xfc\x18roo"),
		TURN_SERVER("roo"),
		TURN_CLIENT("x\x7ft\r\0"),
		TURN_SERVER("t\r\nPassword: "),
		TURN_CLIENT("wrong-pw\r\0"),
		TURN_SERVER("\r\nLogin incorrect\r\nbox login: "),
		TURN_CLIENT("bob\n"),
		TURN_SERVER("bob\r\nPassword: "),
		TURN_CLIENT("secr3t\n"),
		TURN_SERVER("\r\nWelcome\r\nbob@box:~$ "),
		TURN_CLIENT("c"),
		TURN_SERVER("c"),
		TURN_CLIENT("at x\r\0"),
		TURN_SERVER("at x\r\none\r\nbob@box:~$ "),
	};
	struct facts facts;

	(void)state;
	assert_true(dissect(&telnet_dissector, turns, COUNT(turns), 0, &facts));
	conversation_splits(&telnet_dissector, turns, COUNT(turns));
	conversation_damage(&telnet_dissector, turns, COUNT(turns));
	assert_int_equal(facts.auth, AUTH_SUCCEEDED);
	assert_int_equal(facts.logins_failed, 1);
	assert_int_equal(facts.logins_succeeded, 1);
	assert_string_equal(facts.user, "bob");
	assert_int_equal(facts.data_read, ANSWER_YES);
	conversation_lacks(&facts, "secr3t");
	conversation_lacks(&facts, "wrong-pw");
}

static void a_shell_without_a_password_is_seen(void **state)
{
	static const struct turn open[] = {
		TURN_SERVER("\xff\xfd\x01\xff\xfd\x1f\xff\xfb\x01\r\n/ # "),
		TURN_CLIENT("id\r\n"),
		TURN_SERVER("id\r\nuid=0(root)\r\n/ # "),
	};
	static const struct turn named[] = {
		TURN_SERVER(OPTIONS "login: "),
		TURN_CLIENT("root\r\n"),
		TURN_SERVER("root\r\n\r\n# "),
	};
	static const struct turn refused[] = {
		TURN_SERVER(OPTIONS "Username:"),	TURN_CLIENT("a\r\n"),
		TURN_SERVER("\r\nPassword:"),		TURN_CLIENT("b\r\n"),
		TURN_SERVER("\r\n% Login invalid\r\n"),
	};
	struct facts facts = facts_of(open, COUNT(open));

	(void)state;
	assert_int_equal(facts.auth, AUTH_NONE);
	assert_int_equal(facts.data_read, ANSWER_YES);
	facts = facts_of(named, COUNT(named));
	assert_int_equal(facts.auth, AUTH_NONE);
	assert_string_equal(facts.user, "root");
	facts = facts_of(refused, COUNT(refused));
	assert_int_equal(facts.auth, AUTH_FAILED);
}

static enum recognised recognise(const char *client, const char *server, bool one_sided)
{
	return dissect_recognise(&telnet_dissector, OVER_TCP, client, strlen(client), server,
				 strlen(server), one_sided);
}

static void openings_are_recognised(void **state)
{
	(void)state;
	assert_int_equal(recognise("", "\xff", false), RECOGNISED_MORE);
	assert_int_equal(recognise("", "\xff\xfd\x18", false), RECOGNISED_MORE);
	assert_int_equal(recognise("", "\xff\xfd\x18\xff\xfd\x20", false), RECOGNISED_YES);
	assert_int_equal(recognise("", "\xff\xfd\x18\r\nlogin: ", false), RECOGNISED_YES);
	assert_int_equal(recognise("\xff\xfb\x18", "\xff\xfd\x18", false), RECOGNISED_YES);
	assert_int_equal(recognise("", "\xff\xfd\xa0", false), RECOGNISED_NO);
	assert_int_equal(recognise("", "\xff\xd8\xff\xe0", false), RECOGNISED_NO); /* JPEG */
	assert_int_equal(recognise("", "login: ", true), RECOGNISED_NO);
	assert_int_equal(recognise("\xff\xfb\x18\xff\xfb\x20", "", false), RECOGNISED_MORE);
	assert_int_equal(recognise("\xff\xfb\x18\xff\xfb\x20", "", true), RECOGNISED_YES);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_prompt_is_seen),
		cmocka_unit_test(a_log_in_is_seen),
		cmocka_unit_test(a_shell_without_a_password_is_seen),
		cmocka_unit_test(openings_are_recognised),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
