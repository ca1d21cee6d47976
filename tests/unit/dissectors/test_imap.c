/* SPDX-License-Identifier: ISC */
/* IMAP: greetings, log-ins in all their forms, literals, and what was read or deleted. */
#include "tests/unit/conversation.h"

extern const struct dissector imap_dissector;

static struct facts facts_of(const struct turn *turns, size_t count)
{
	return conversation_read(&imap_dissector, turns, count, "imap");
}

static void the_banner_is_read(void **state)
{
	static const struct turn dovecot[] = {TURN_SERVER(
		"* OK [CAPABILITY IMAP4rev1 LOGINDISABLED] Dovecot (Debian) ready.\r\n")};
	static const struct turn cyrus[] = {TURN_SERVER(
		"* OK [CAPABILITY IMAP4rev1] mx Cyrus IMAP 3.6.1-Debian server ready\r\n")};
	static const struct turn capable[] = {TURN_SERVER(
		"* OK [CAPABILITY IMAP4rev1 SASL-IR LOGIN-REFERRALS ID ENABLE IDLE LITERAL+ "
		"STARTTLS AUTH=PLAIN AUTH=LOGIN AUTH=CRAM-MD5] Dovecot (Debian) ready.\r\n")};
	struct facts facts = facts_of(capable, 1);

	(void)state;
	assert_string_equal(facts.product, "Dovecot");
	facts = facts_of(dovecot, 1);
	assert_int_equal(facts.auth, AUTH_NA);
	assert_int_equal(facts.data_read, ANSWER_NO);
	assert_string_equal(facts.product, "Dovecot");
	facts = facts_of(cyrus, 1);
	assert_string_equal(facts.product, "Cyrus IMAP");
	assert_string_equal(facts.version, "3.6.1");
}

static void preauth_needs_no_log_in(void **state)
{
	static const struct turn turns[] = {
		TURN_SERVER("* PREAUTH IMAP4rev1 server logged in as bob\r\n"),
		TURN_CLIENT("1 LIST \"\" *\r\n"),
		TURN_SERVER("* LIST () \"/\" INBOX\r\n1 OK done\r\n"),
	};
	struct facts facts = facts_of(turns, COUNT(turns));

	(void)state;
	assert_int_equal(facts.auth, AUTH_NONE);
	assert_int_equal(facts.data_read, ANSWER_YES);
	conversation_has(&facts, "LIST", ANSWER_YES, COMMAND_LISTING);
}

static void log_in_and_deletion_are_seen(void **state)
{
	static const struct turn turns[] = {
		TURN_SERVER("* OK IMAP4 ready\r\n"),
		TURN_CLIENT("a LOGIN alice wrong-pw\r\n"),
		TURN_SERVER("a NO [AUTHENTICATIONFAILED] Authentication failed.\r\n"),
		TURN_CLIENT("b login \"al\\\"ice\" \"secr3t pw\"\r\n"),
		TURN_SERVER("* CAPABILITY IMAP4rev1\r\nb OK Logged in\r\n"),
		TURN_CLIENT("c SELECT INBOX\r\nd UID FETCH 1:* (BODY[])\r\n"),
		TURN_SERVER(
			"* 2 EXISTS\r\nc OK [READ-WRITE] done\r\n* 1 FETCH (UID 1 BODY[] {22}\r\n"
			"d OK lies in the mail\r\n)\r\nd NO gone\r\n"),
		TURN_CLIENT("e STORE 1:* +FLAGS (\\Deleted)\r\nf STORE 3 +FLAGS (\\Deleted)\r\n"
			    "g EXPUNGE\r\n"),
		TURN_SERVER("e OK\r\nf BAD no\r\ng OK done\r\n"),
	};
	struct facts facts = facts_of(turns, COUNT(turns));

	(void)state;
	assert_int_equal(facts.auth, AUTH_SUCCEEDED);
	assert_int_equal(facts.logins_failed, 1);
	assert_int_equal(facts.logins_succeeded, 1);
	assert_string_equal(facts.user, "al\"ice");
	assert_int_equal(facts.data_read, ANSWER_YES);
	conversation_lacks(&facts, "secr3t");
	conversation_lacks(&facts, "wrong-pw");
	conversation_has(&facts, "UID FETCH", ANSWER_NO, COMMAND_LISTING);
	conversation_has(&facts, "STORE \\Deleted", ANSWER_YES, COMMAND_DESTRUCTIVE);
	conversation_has(&facts, "EXPUNGE", ANSWER_YES, COMMAND_DESTRUCTIVE);
}

static void literals_are_read(void **state)
{
	static const struct turn turns[] = {
		TURN_SERVER("* OK ready\r\n"),
		TURN_CLIENT("a LOGIN {5}\r\n"),
		TURN_SERVER("+ go\r\n"),
		TURN_CLIENT("alice {11}\r\n"),
		TURN_SERVER("+ go\r\n"),
		TURN_CLIENT("b EXPUNGE\r\n\r\n"), /* eleven bytes of password */
		TURN_SERVER("a OK in\r\n"),
		TURN_CLIENT("c APPEND x {12+}\r\nd EXPUNGE \r\n\r\n"),
		TURN_SERVER("c OK done\r\n"),
	};
	struct facts facts = facts_of(turns, COUNT(turns));

	(void)state;
	assert_string_equal(facts.user, "alice");
	assert_int_equal(facts.auth, AUTH_SUCCEEDED);
	assert_int_equal(facts.command_count, 2);
	conversation_has(&facts, "APPEND", ANSWER_YES, 0);
}

static void sasl_is_read(void **state)
{
	/* NUL alice NUL secr3t */
	static const struct turn plain[] = {
		TURN_SERVER("* OK ready\r\n"),
		TURN_CLIENT("a AUTHENTICATE PLAIN AGFsaWNlAHNlY3IzdA==\r\n"),
		TURN_SERVER("a OK in\r\n"),
	};
	static const struct turn login[] = {
		TURN_SERVER("* OK ready\r\n"),	   TURN_CLIENT("a AUTHENTICATE LOGIN\r\n"),
		TURN_SERVER("+ VXNlcm5hbWU6\r\n"), TURN_CLIENT("YWxpY2U=\r\n"),
		TURN_SERVER("+ UGFzc3dvcmQ6\r\n"), TURN_CLIENT("c2VjcjN0\r\n"),
		TURN_SERVER("a NO no\r\n"),
	};
	static const struct turn anonymous[] = {
		TURN_SERVER("* OK ready\r\n"), TURN_CLIENT("a AUTHENTICATE ANONYMOUS\r\n"),
		TURN_SERVER("+ \r\n"),	       TURN_CLIENT("eA==\r\n"),
		TURN_SERVER("a OK in\r\n"),
	};
	struct facts facts = facts_of(plain, COUNT(plain));

	(void)state;
	assert_int_equal(facts.auth, AUTH_SUCCEEDED);
	assert_string_equal(facts.user, "alice");
	assert_string_equal(facts.mechanism, "PLAIN");
	conversation_lacks(&facts, "secr3t");
	facts = facts_of(login, COUNT(login));
	assert_int_equal(facts.auth, AUTH_FAILED);
	assert_string_equal(facts.user, "alice");
	assert_string_equal(facts.mechanism, "LOGIN");
	conversation_lacks(&facts, "secr3t");
	facts = facts_of(anonymous, COUNT(anonymous));
	assert_int_equal(facts.auth, AUTH_ANONYMOUS);
}

static void a_failure_without_a_tag_is_seen(void **state)
{
	static const struct turn turns[] = {
		TURN_SERVER("* OK IMAP4 ready\r\n"),
		TURN_CLIENT("A002 AUTHENTICATE PLAIN\r\n"),
		TURN_SERVER("+ \r\n"),
		TURN_CLIENT("AGFsaWNlAGJhZA==\r\n"),
		TURN_SERVER("* BAD internal server error\r\n"),
	};
	struct facts facts = facts_of(turns, COUNT(turns));

	(void)state;
	assert_int_equal(facts.auth, AUTH_FAILED);
	assert_string_equal(facts.user, "alice");
	conversation_has(&facts, "AUTHENTICATE", ANSWER_NO, 0);
}

static void a_log_in_that_is_required_is_seen(void **state)
{
	static const struct turn turns[] = {
		TURN_SERVER("* OK ready\r\n"),
		TURN_CLIENT("a SELECT INBOX\r\n"),
		TURN_SERVER("a BAD Error in IMAP command received by server.\r\n"),
	};
	struct facts facts = facts_of(turns, COUNT(turns));

	(void)state;
	assert_int_equal(facts.auth, AUTH_REQUIRED);
}

static void starttls_turns_into_tls(void **state)
{
	static const struct turn turns[] = {
		TURN_SERVER("* OK ready\r\n"),
		TURN_CLIENT("a STARTTLS\r\n"),
		TURN_SERVER("a OK Begin TLS\r\n"),
		TURN_CLIENT("\x16\x03\x01"),
	};
	struct facts facts = facts_of(turns, COUNT(turns));

	(void)state;
	assert_true(dissect_starts_tls(&imap_dissector, turns, COUNT(turns)));
	assert_int_equal(facts.encryption, ENCRYPTION_STARTTLS);
	assert_int_equal(facts.auth, AUTH_UNKNOWN);
}

static void a_gap_in_mail_is_survived(void **state)
{
	static const struct turn turns[] = {
		TURN_SERVER("* PREAUTH ready\r\n"),
		TURN_CLIENT("a FETCH 1 BODY[]\r\n"),
		TURN_SERVER("* 1 FETCH (BODY[] {3000000}\r\nabc"),
		TURN_GAP(SIDE_SERVER, 2999997),
		TURN_SERVER(")\r\na OK done\r\n"),
	};
	struct facts facts = conversation_facts(&imap_dissector, turns, COUNT(turns), 0);

	(void)state;
	conversation_has(&facts, "FETCH", ANSWER_YES, COMMAND_LISTING);
	assert_int_equal(facts.data_read, ANSWER_YES);
}

static void hostile_lengths_are_survived(void **state)
{
	static const struct turn turns[] = {
		TURN_SERVER("* OK ready\r\n"),
		TURN_CLIENT("a LOGIN {99999999999999999999}\r\nb LOGIN {18446744073709551615}\r\n"
			    "c LOGIN {-1}\r\nd LOGIN {}\r\n"),
		TURN_SERVER("a BAD\r\nb BAD\r\nc BAD\r\nd BAD\r\n"),
	};

	(void)state;
	facts_of(turns, COUNT(turns));
}

static enum recognised recognise(const char *client, const char *server, bool one_sided)
{
	return dissect_recognise(&imap_dissector, OVER_TCP, client, strlen(client), server,
				 strlen(server), one_sided);
}

static void openings_are_recognised(void **state)
{
	(void)state;
	assert_int_equal(recognise("", "* OK", false), RECOGNISED_MORE);
	assert_int_equal(recognise("", "* OK hello\r\n", false), RECOGNISED_YES);
	assert_int_equal(recognise("", "* BYE busy\r\n", false), RECOGNISED_YES);
	assert_int_equal(recognise("GET / HTTP/1.0\r\n", "* OK hello\r\n", false), RECOGNISED_YES);
	assert_int_equal(recognise("", "* ACAP (IMPLEMENTATION \"x\")\r\n", false), RECOGNISED_NO);
	assert_int_equal(recognise("", "+OK POP3\r\n", false), RECOGNISED_NO);
	assert_int_equal(recognise("", "220 x ESMTP\r\n", false), RECOGNISED_NO);
	assert_int_equal(recognise("", "\"IMPLEMENTATION\" \"Dovecot\"\r\n", false), RECOGNISED_NO);
	assert_int_equal(recognise("a CAPABILITY\r\n", "", false), RECOGNISED_MORE);
	assert_int_equal(recognise("a CAPABILITY\r\n", "", true), RECOGNISED_YES);
	assert_int_equal(recognise("GET / HTTP/1.0\r\n", "", true), RECOGNISED_NO);
	assert_int_equal(recognise("get a\r\n", "", true), RECOGNISED_NO);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_banner_is_read),
		cmocka_unit_test(preauth_needs_no_log_in),
		cmocka_unit_test(log_in_and_deletion_are_seen),
		cmocka_unit_test(literals_are_read),
		cmocka_unit_test(sasl_is_read),
		cmocka_unit_test(a_failure_without_a_tag_is_seen),
		cmocka_unit_test(a_log_in_that_is_required_is_seen),
		cmocka_unit_test(starttls_turns_into_tls),
		cmocka_unit_test(a_gap_in_mail_is_survived),
		cmocka_unit_test(hostile_lengths_are_survived),
		cmocka_unit_test(openings_are_recognised),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
