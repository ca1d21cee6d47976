/* SPDX-License-Identifier: ISC */
/* ManageSieve: capabilities, log-ins, scripts in literals. */
#include "tests/unit/conversation.h"

extern const struct dissector managesieve_dissector;

#define CAPABILITIES                                                                               \
	"\"IMPLEMENTATION\" \"Dovecot (Debian) Pigeonhole\"\r\n\"SIEVE\" \"fileinto\"\r\n"         \
	"\"SASL\" \"PLAIN LOGIN\"\r\n\"STARTTLS\"\r\n\"VERSION\" \"1.0\"\r\nOK \"ready.\"\r\n"

static struct facts facts_of(const struct turn *turns, size_t count)
{
	return conversation_read(&managesieve_dissector, turns, count, "managesieve");
}

static void a_log_in_is_seen(void **state)
{
	static const struct turn turns[] = {
		TURN_SERVER(CAPABILITIES),
		TURN_CLIENT("CAPABILITY\r\n"),
		TURN_SERVER(CAPABILITIES),
		TURN_CLIENT("AUTHENTICATE \"PLAIN\" \"AGFsaWNlAHNlY3IzdA==\"\r\n"),
		TURN_SERVER("OK \"Logged in.\"\r\n"),
		TURN_CLIENT("LISTSCRIPTS\r\n"),
		TURN_SERVER("\"spam\" ACTIVE\r\nOK\r\n"),
		TURN_CLIENT("PUTSCRIPT \"x\" {14+}\r\nDELETESCRIPT\r\n\r\n"),
		TURN_SERVER("NO \"quota\"\r\n"),
		TURN_CLIENT("LOGOUT\r\n"),
		TURN_SERVER("OK\r\n"),
	};
	struct facts facts = facts_of(turns, COUNT(turns));

	(void)state;
	assert_int_equal(facts.auth, AUTH_SUCCEEDED);
	assert_string_equal(facts.product, "Dovecot");
	assert_string_equal(facts.user, "alice");
	assert_string_equal(facts.mechanism, "PLAIN");
	assert_int_equal(facts.data_read, ANSWER_YES);
	assert_int_equal(facts.command_count, 5);
	conversation_lacks(&facts, "secr3t");
	conversation_has(&facts, "LISTSCRIPTS", ANSWER_YES, COMMAND_LISTING);
	conversation_has(&facts, "PUTSCRIPT", ANSWER_NO, 0);
}

static void others_are_not_managesieve(void **state)
{
	static const struct turn cyrus[] = {
		TURN_SERVER("\"IMPLEMENTATION\" \"Cyrus timsieved v2.4.17\"\r\nOK\r\n")};
	static const struct turn challenged[] = {
		TURN_SERVER(CAPABILITIES),
		TURN_CLIENT("AUTHENTICATE \"LOGIN\"\r\n"),
		TURN_SERVER("\"VXNlcm5hbWU6\"\r\n"),
		TURN_CLIENT("\"YWxpY2U=\"\r\n"),
		TURN_SERVER("{12}\r\nUGFzc3dvcmQ6\r\n"),
		TURN_CLIENT("\"c2VjcjN0\"\r\n"),
		TURN_SERVER("NO \"Authentication failed.\"\r\n"),
	};
	static const struct turn required[] = {
		TURN_SERVER(CAPABILITIES),
		TURN_CLIENT("LISTSCRIPTS\r\n"),
		TURN_SERVER("NO \"Authenticate first.\"\r\n"),
	};
	static const struct turn tls[] = {
		TURN_SERVER(CAPABILITIES),
		TURN_CLIENT("STARTTLS\r\n"),
		TURN_SERVER("OK \"Begin TLS.\"\r\n"),
		TURN_CLIENT("\x16\x03\x01"),
	};
	struct facts facts = facts_of(cyrus, 1);

	(void)state;
	assert_string_equal(facts.product, "Cyrus timsieved");
	assert_string_equal(facts.version, "2.4.17");
	assert_int_equal(facts.auth, AUTH_NA);
	facts = facts_of(challenged, COUNT(challenged));
	assert_int_equal(facts.auth, AUTH_FAILED);
	assert_string_equal(facts.user, "alice");
	facts = facts_of(required, COUNT(required));
	assert_int_equal(facts.auth, AUTH_REQUIRED);
	facts = facts_of(tls, COUNT(tls));
	assert_true(dissect_starts_tls(&managesieve_dissector, tls, COUNT(tls)));
	assert_int_equal(facts.encryption, ENCRYPTION_STARTTLS);
}

static enum recognised recognise(const char *client, const char *server, bool one_sided)
{
	return dissect_recognise(&managesieve_dissector, OVER_TCP, client, strlen(client), server,
				 strlen(server), one_sided);
}

static void openings_are_recognised(void **state)
{
	(void)state;
	assert_int_equal(recognise("", "\"IMPL", false), RECOGNISED_MORE);
	assert_int_equal(recognise("", "\"SASL\" \"PLAIN\"\r\n\"SIEVE\" \"\"\r\n", false),
			 RECOGNISED_YES);
	assert_int_equal(recognise("", "\"hello\"\r\n", false), RECOGNISED_NO);
	assert_int_equal(recognise("", "* ACAP (IMPLEMENTATION \"x\")\r\n", false), RECOGNISED_NO);
	assert_int_equal(recognise("LISTSCRIPTS\r\n", "", false), RECOGNISED_MORE);
	assert_int_equal(recognise("LISTSCRIPTS\r\n", "", true), RECOGNISED_YES);
	assert_int_equal(recognise("LOGOUT\r\n", "", true), RECOGNISED_NO);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_log_in_is_seen),
		cmocka_unit_test(others_are_not_managesieve),
		cmocka_unit_test(openings_are_recognised),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
