/* SPDX-License-Identifier: ISC */
/* POP3: greetings, log-ins in all their forms, what was read and deleted. */
#include "tests/unit/conversation.h"

extern const struct dissector pop3_dissector;

static struct facts facts_of(const struct turn *turns, size_t count)
{
	return conversation_read(&pop3_dissector, turns, count, "pop3");
}

static void the_banner_is_read(void **state)
{
	static const struct turn dovecot[] = {TURN_SERVER("+OK Dovecot (Debian) ready.\r\n")};
	static const struct turn cyrus[] = {
		TURN_SERVER("+OK mx Cyrus POP3 v2.4.17 server ready <1.2@mx>\r\n")};
	struct facts facts = facts_of(dovecot, 1);

	(void)state;
	assert_int_equal(facts.auth, AUTH_NA);
	assert_int_equal(facts.data_read, ANSWER_NO);
	assert_string_equal(facts.product, "Dovecot");
	facts = facts_of(cyrus, 1);
	assert_string_equal(facts.product, "Cyrus IMAP");
	assert_string_equal(facts.version, "2.4.17");
}

static void reading_and_deletion_are_seen(void **state)
{
	static const struct turn turns[] = {
		TURN_SERVER("+OK ready\r\n"),
		TURN_CLIENT("USER alice\r\n"),
		TURN_SERVER("+OK\r\n"),
		TURN_CLIENT("PASS wrong-pw\r\n"),
		TURN_SERVER("-ERR [AUTH] Authentication failed.\r\n"),
		TURN_CLIENT("USER alice\r\n"),
		TURN_SERVER("+OK\r\n"),
		TURN_CLIENT("PASS secr3t pw\r\n"),
		TURN_SERVER("+OK Logged in.\r\n"),
		TURN_CLIENT("LIST\r\nRETR 1\r\n"),
		TURN_SERVER("+OK 2 messages:\r\n1 300\r\n2 200\r\n.\r\n"
			    "+OK 300 octets\r\nSubject: x\r\n\r\n-ERR in the mail\r\n..\r\n.\r\n"),
		TURN_CLIENT("DELE 1\r\n"),
		TURN_SERVER("+OK\r\n"),
		TURN_CLIENT("dele 2\r\n"),
		TURN_SERVER("+OK\r\n"),
		TURN_CLIENT("RETR 9\r\n"),
		TURN_SERVER("-ERR no such message\r\n"),
		TURN_CLIENT("QUIT\r\n"),
		TURN_SERVER("+OK bye\r\n"),
	};
	struct facts facts = facts_of(turns, COUNT(turns));

	(void)state;
	assert_int_equal(facts.auth, AUTH_SUCCEEDED);
	assert_int_equal(facts.logins_failed, 1);
	assert_int_equal(facts.logins_succeeded, 1);
	assert_string_equal(facts.user, "alice");
	assert_int_equal(facts.data_read, ANSWER_YES);
	conversation_lacks(&facts, "secr3t");
	conversation_lacks(&facts, "wrong-pw");
	conversation_has(&facts, "LIST", ANSWER_YES, COMMAND_LISTING);
	conversation_has(&facts, "RETR", ANSWER_YES, COMMAND_LISTING);
	conversation_has(&facts, "DELE", ANSWER_YES, COMMAND_DESTRUCTIVE);
	conversation_has(&facts, "QUIT", ANSWER_YES, 0);
}

/* One message that is fetched and deleted is how the protocol was meant to be used. */
static void one_deletion_is_not_bulk(void **state)
{
	static const struct turn turns[] = {
		TURN_SERVER("+OK ready\r\n"),	TURN_CLIENT("APOP bob 0123456789abcdef\r\n"),
		TURN_SERVER("+OK in\r\n"),	TURN_CLIENT("DELE 1\r\n"),
		TURN_SERVER("+OK deleted\r\n"), TURN_CLIENT("DELE 7\r\n"),
		TURN_SERVER("-ERR no\r\n"),
	};
	struct facts facts = facts_of(turns, COUNT(turns));

	(void)state;
	assert_int_equal(facts.auth, AUTH_SUCCEEDED);
	assert_string_equal(facts.user, "bob");
	conversation_lacks(&facts, "0123456789");
	conversation_has(&facts, "DELE", ANSWER_YES, 0);
}

static void sasl_is_read(void **state)
{
	static const struct turn turns[] = {
		TURN_SERVER("+OK ready\r\n"),
		TURN_CLIENT("AUTH\r\n"),
		TURN_SERVER("-ERR 1 argument required\r\n"),
		TURN_CLIENT("CAPA\r\n"),
		TURN_SERVER("+OK\r\nSASL PLAIN\r\nIMPLEMENTATION Dovecot 2.3.19\r\n.\r\n"),
		TURN_CLIENT("AUTH PLAIN\r\n"),
		TURN_SERVER("+ \r\n"),
		TURN_CLIENT("AGJvYgBzZWNyM3Q=\r\n"),
		TURN_SERVER("-ERR authentication failed\r\n"),
		TURN_CLIENT("STAT\r\n"),
		TURN_SERVER("-ERR log in\r\n"),
	};
	struct facts facts = facts_of(turns, COUNT(turns));

	(void)state;
	assert_int_equal(facts.auth, AUTH_FAILED);
	assert_int_equal(facts.logins_failed, 1);
	assert_string_equal(facts.user, "bob");
	assert_string_equal(facts.mechanism, "PLAIN");
	assert_string_equal(facts.product, "Dovecot");
	assert_string_equal(facts.version, "2.3.19");
	assert_int_equal(facts.data_read, ANSWER_NO);
	conversation_lacks(&facts, "secr3t");
}

static void commands_without_a_log_in_are_seen(void **state)
{
	static const struct turn open[] = {
		TURN_SERVER("+OK ready\r\n"),
		TURN_CLIENT("UIDL 1\r\n"),
		TURN_SERVER("+OK 1 abc\r\n"),
	};
	static const struct turn closed[] = {
		TURN_SERVER("+OK ready\r\n"),
		TURN_CLIENT("STAT\r\n"),
		TURN_SERVER("-ERR Unknown command.\r\n"),
	};
	struct facts facts = facts_of(open, COUNT(open));

	(void)state;
	assert_int_equal(facts.auth, AUTH_NONE);
	assert_int_equal(facts.data_read, ANSWER_YES);
	facts = facts_of(closed, COUNT(closed));
	assert_int_equal(facts.auth, AUTH_REQUIRED);
}

static void starttls_turns_into_tls(void **state)
{
	static const struct turn turns[] = {
		TURN_SERVER("+OK ready\r\n"),
		TURN_CLIENT("STLS\r\n"),
		TURN_SERVER("+OK Begin TLS\r\n"),
		TURN_CLIENT("\x16\x03\x01"),
	};
	struct facts facts = facts_of(turns, COUNT(turns));

	(void)state;
	assert_true(dissect_starts_tls(&pop3_dissector, turns, COUNT(turns)));
	assert_int_equal(facts.encryption, ENCRYPTION_STARTTLS);
	assert_int_equal(facts.auth, AUTH_UNKNOWN);
}

static void a_capture_that_began_late_is_read(void **state)
{
	static const struct turn turns[] = {
		TURN_GAP(SIDE_CLIENT, 0),
		TURN_GAP(SIDE_SERVER, 0),
		TURN_CLIENT("RETR 1\r\n"),
		TURN_SERVER("+OK 3 octets\r\nabc\r\n.\r\n"),
	};
	struct facts facts = conversation_facts(&pop3_dissector, turns, COUNT(turns), 0);

	(void)state;
	assert_int_equal(facts.auth, AUTH_UNKNOWN);
	assert_int_equal(facts.data_read, ANSWER_YES);
}

static enum recognised recognise(const char *client, const char *server, bool one_sided)
{
	return dissect_recognise(&pop3_dissector, OVER_TCP, client, strlen(client), server,
				 strlen(server), one_sided);
}

static void openings_are_recognised(void **state)
{
	(void)state;
	assert_int_equal(recognise("", "+OK", false), RECOGNISED_MORE);
	assert_int_equal(recognise("", "+OK\r\n", true), RECOGNISED_MORE);
	assert_int_equal(recognise("USER a\r\n", "+OK\r\n", false), RECOGNISED_YES);
	assert_int_equal(recognise("AUTH PLAIN\r\n", "+OK\r\n", false), RECOGNISED_MORE);
	assert_int_equal(recognise("AUTH PLAIN\r\n", "+OK\r\n+ \r\n", false), RECOGNISED_YES);
	assert_int_equal(recognise("USER a\r\n", "-ERR unknown command 'USER'\r\n", false),
			 RECOGNISED_MORE);
	assert_int_equal(recognise("CONNECT {}\r\nPING\r\n", "+OK\r\nPONG\r\n", false),
			 RECOGNISED_MORE);
	assert_int_equal(recognise("SET a b\r\nGET a\r\n", "+OK\r\n$1\r\nb\r\n", false),
			 RECOGNISED_MORE);
	assert_int_equal(recognise("", "+PONG\r\n", false), RECOGNISED_NO);
	assert_int_equal(recognise("CAPA\r\n", "", false), RECOGNISED_MORE);
	assert_int_equal(recognise("CAPA\r\n", "", true), RECOGNISED_YES);
	assert_int_equal(recognise("USER a\r\n", "", true), RECOGNISED_MORE);
	assert_int_equal(recognise("+OK ready\r\n", "CAPA\r\n", false), RECOGNISED_NO);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_banner_is_read),
		cmocka_unit_test(reading_and_deletion_are_seen),
		cmocka_unit_test(one_deletion_is_not_bulk),
		cmocka_unit_test(sasl_is_read),
		cmocka_unit_test(commands_without_a_log_in_are_seen),
		cmocka_unit_test(starttls_turns_into_tls),
		cmocka_unit_test(a_capture_that_began_late_is_read),
		cmocka_unit_test(openings_are_recognised),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
