/* SPDX-License-Identifier: ISC */
/* SMTP and LMTP: greetings, relaying without a log-in, log-ins, mail that looks like commands. */
#include "tests/unit/conversation.h"

extern const struct dissector smtp_dissector;

static struct facts facts_of(const struct turn *turns, size_t count)
{
	struct facts facts;

	assert_true(dissect(&smtp_dissector, turns, count, 0, &facts));
	conversation_stands(&smtp_dissector, turns, count);
	return facts;
}

static void an_open_relay_is_seen(void **state)
{
	static const struct turn turns[] = {
		TURN_SERVER("220 box.localdomain ESMTP Postfix\r\n"),
		TURN_CLIENT("EHLO box\r\n"),
		TURN_SERVER("250-box.localdomain\r\n250-PIPELINING\r\n250-SIZE 10240000\r\n"
			    "250-STARTTLS\r\n250 CHUNKING\r\n"),
		TURN_CLIENT("MAIL FROM:<a@evil.example>\r\n"),
		TURN_SERVER("250 2.1.0 Ok\r\n"),
		TURN_CLIENT("RCPT TO:<victim@example.net>\r\n"),
		TURN_SERVER("250 2.1.5 Ok\r\n"),
		TURN_CLIENT("DATA\r\n"),
		TURN_SERVER("354 End data with <CR><LF>.<CR><LF>\r\n"),
		TURN_CLIENT("Subject: x\r\n\r\nEXPN all\r\n..\r\nAUTH PLAIN x\r\n.\r\n"),
		TURN_SERVER("250 2.0.0 Ok: queued as 6316FB0E0A5\r\n"),
		TURN_CLIENT("QUIT\r\n"),
		TURN_SERVER("221 2.0.0 Bye\r\n"),
	};
	struct facts facts = facts_of(turns, COUNT(turns));

	(void)state;
	assert_string_equal(facts.service->name, "smtp");
	assert_string_equal(facts.product, "Postfix");
	assert_string_equal(facts.version, "");
	assert_int_equal(facts.auth, AUTH_NONE);
	assert_int_equal(facts.encryption, ENCRYPTION_CLEARTEXT);
	assert_int_equal(facts.data_read, ANSWER_NO);
	assert_int_equal(facts.command_count, 5);
	conversation_has(&facts, "RCPT TO", ANSWER_YES, 0);
	conversation_has(&facts, "DATA", ANSWER_YES, 0);
}

static void the_banner_is_read(void **state)
{
	static const struct turn exim[] = {
		TURN_SERVER("220-mx.example.com ESMTP Exim 4.96 #2 Sat, 21 Nov 2026\r\n"
			    "220 We do not authorize the use of this system\r\n")};
	static const struct turn exchange[] = {
		TURN_SERVER("220 mx Microsoft ESMTP MAIL Service, Version: 6.0.1.2 ready\r\n")};
	static const struct turn refusal[] = {
		TURN_SERVER("554 5.7.1 Service unavailable; client blocked\r\n")};
	struct facts facts = facts_of(exim, 1);

	(void)state;
	assert_int_equal(facts.auth, AUTH_NA);
	assert_string_equal(facts.product, "Exim");
	assert_string_equal(facts.version, "4.96");
	facts = facts_of(exchange, 1);
	assert_string_equal(facts.product, "Microsoft ESMTP MAIL Service");
	assert_string_equal(facts.version, "6.0.1.2");
	facts = facts_of(refusal, 1);
	assert_int_equal(facts.auth, AUTH_NA);
}

static void a_denied_relay_is_seen(void **state)
{
	static const struct turn turns[] = {
		TURN_SERVER("220 mx ESMTP\r\n"),
		TURN_CLIENT("EHLO a\r\n"),
		TURN_SERVER("250 mx\r\n"),
		TURN_CLIENT("MAIL FROM:<a@b>\r\n"),
		TURN_SERVER("250 Ok\r\n"),
		TURN_CLIENT("RCPT TO:<c@d>\r\n"),
		TURN_SERVER("554 5.7.1 <c@d>: Relay access denied\r\n"),
	};
	static const struct turn asked[] = {
		TURN_SERVER("220 mx ESMTP\r\n"),
		TURN_CLIENT("EHLO a\r\n"),
		TURN_SERVER("250 mx\r\n"),
		TURN_CLIENT("MAIL FROM:<a@b>\r\n"),
		TURN_SERVER("530 5.7.0 Authentication required\r\n"),
	};
	struct facts facts = facts_of(turns, COUNT(turns));

	(void)state;
	assert_int_equal(facts.auth, AUTH_NA);
	conversation_has(&facts, "RCPT TO", ANSWER_NO, 0);
	facts = facts_of(asked, COUNT(asked));
	assert_int_equal(facts.auth, AUTH_REQUIRED);
}

static void a_log_in_is_seen(void **state)
{
	static const struct turn login[] = {
		TURN_SERVER("220 mx ESMTP\r\n"),
		TURN_CLIENT("EHLO a\r\n"),
		TURN_SERVER("250-mx\r\n250 AUTH LOGIN PLAIN\r\n"),
		TURN_CLIENT("AUTH PLAIN AGJvYgBzZWNyM3Q=\r\n"), /* NUL bob NUL secr3t */
		TURN_SERVER("535 5.7.8 Error: authentication failed\r\n"),
		TURN_CLIENT("auth login\r\n"),
		TURN_SERVER("334 VXNlcm5hbWU6\r\n"),
		TURN_CLIENT("YWxpY2U=\r\n"),
		TURN_SERVER("334 UGFzc3dvcmQ6\r\n"),
		TURN_CLIENT("c2VjcjN0\r\n"),
		TURN_SERVER("235 2.7.0 Authentication successful\r\n"),
		TURN_CLIENT("MAIL FROM:<a@b>\r\n"),
		TURN_SERVER("250 Ok\r\n"),
		TURN_CLIENT("RCPT TO:<a@b>\r\n"),
		TURN_SERVER("250 Ok\r\n"),
	};
	struct facts facts = facts_of(login, COUNT(login));

	(void)state;
	assert_int_equal(facts.auth, AUTH_SUCCEEDED);
	assert_int_equal(facts.logins_failed, 1);
	assert_int_equal(facts.logins_succeeded, 1);
	assert_string_equal(facts.user, "alice");
	assert_string_equal(facts.mechanism, "LOGIN");
	conversation_lacks(&facts, "secr3t");
	conversation_lacks(&facts, "c2VjcjN0");
	conversation_has(&facts, "AUTH", ANSWER_YES, 0);
}

/* A client that does not wait: lines of the log-in are told from commands all the same. */
static void lines_of_a_log_in_are_no_commands(void **state)
{
	static const struct turn turns[] = {
		TURN_SERVER("220 mx ESMTP\r\n"),
		TURN_CLIENT("EHLO a\r\nAUTH LOGIN\r\nYWxpY2U=\r\nc2VjcjN0\r\nMAIL FROM:<a@b>\r\n"),
	};
	static const struct turn unknown[] = {
		TURN_SERVER("220 mx ESMTP\r\n"),
		TURN_CLIENT("AUTH NTLM\r\n"),
		TURN_SERVER("504 Unrecognized authentication type\r\n"),
	};
	struct facts facts = facts_of(turns, COUNT(turns));

	(void)state;
	assert_int_equal(facts.auth, AUTH_UNKNOWN);
	assert_string_equal(facts.user, "alice");
	conversation_has(&facts, "MAIL FROM", ANSWER_UNKNOWN, 0);
	facts = facts_of(unknown, COUNT(unknown));
	assert_int_equal(facts.auth, AUTH_NA);
}

/* The last line of an answer never comes. */
static void an_answer_without_end_is_survived(void **state)
{
	static const struct turn turns[] = {
		TURN_SERVER("220 mx ESMTP\r\n"), TURN_CLIENT("EHLO a\r\n"),
		TURN_SERVER("250-mx\r\n"),	 TURN_CLIENT("AUTH PLAIN AGJvYgBzZWNyM3Q=\r\n"),
		TURN_SERVER("235 in\r\n"),
	};
	static const struct turn endless[] = {
		TURN_SERVER("220 mx ESMTP AAAA"), TURN_CLIENT("EHLO a\r\n"),
		TURN_SERVER("250-mx\r\n"),	  TURN_CLIENT("AUTH PLAIN AGJvYgBzZWNyM3Q=\r\n"),
		TURN_SERVER("235 in\r\n"),
	};
	struct facts facts = facts_of(turns, COUNT(turns));

	(void)state;
	assert_int_equal(facts.auth, AUTH_SUCCEEDED);
	conversation_has(&facts, "EHLO", ANSWER_YES, 0);
	conversation_has(&facts, "AUTH", ANSWER_YES, 0);
	assert_true(dissect(&smtp_dissector, endless, COUNT(endless), 0, &facts));
	conversation_splits(&smtp_dissector, endless, COUNT(endless));
	assert_int_equal(facts.auth, AUTH_SUCCEEDED);
}

static void other_mechanisms_are_read(void **state)
{
	static const struct turn cram[] = {
		TURN_SERVER("220 mx ESMTP\r\n"),
		TURN_CLIENT("AUTH CRAM-MD5\r\n"),
		TURN_SERVER("334 PDEuMkBteD4=\r\n"),
		TURN_CLIENT("Ym9iIDAxMjM0NTY3ODlhYmNkZWY=\r\n"), /* bob 0123456789abcdef */
		TURN_SERVER("535 no\r\n"),
	};
	static const struct turn scram[] = {
		TURN_SERVER("220 mx ESMTP\r\n"),
		TURN_CLIENT("AUTH SCRAM-SHA-1 biwsbj1ib2Iscj14eXo=\r\n"), /* n,,n=bob,r=xyz */
		TURN_SERVER("334 cj14\r\n"),
		TURN_CLIENT("Yz1iaXdz\r\n"),
		TURN_SERVER("235 in\r\n"),
	};
	struct facts facts = facts_of(cram, COUNT(cram));

	(void)state;
	assert_int_equal(facts.auth, AUTH_FAILED);
	assert_string_equal(facts.user, "bob");
	conversation_lacks(&facts, "0123456789");
	facts = facts_of(scram, COUNT(scram));
	assert_int_equal(facts.auth, AUTH_SUCCEEDED);
	assert_string_equal(facts.user, "bob");
	assert_string_equal(facts.mechanism, "SCRAM-SHA-1");
}

static void chunks_are_passed_over(void **state)
{
	static const struct turn turns[] = {
		TURN_SERVER("220 mx ESMTP\r\n"),
		TURN_CLIENT("EHLO a\r\n"),
		TURN_SERVER("250 CHUNKING\r\n"),
		TURN_CLIENT("MAIL FROM:<a@b>\r\n"),
		TURN_SERVER("250 Ok\r\n"),
		TURN_CLIENT("BDAT 10\r\nEXPN a\r\n\r\nBDAT 0 LAST\r\n"),
		TURN_SERVER("250 Ok\r\n250 Ok\r\n"),
		TURN_CLIENT("BDAT -5\r\nVRFY x\r\n"),
		TURN_SERVER("501 no\r\n252 maybe\r\n"),
		TURN_CLIENT("BDAT 99999999999999999999999 LAST\r\nQUIT\r\n"),
	};
	struct facts facts;

	(void)state;
	assert_true(dissect(&smtp_dissector, turns, COUNT(turns), 0, &facts));
	conversation_splits(&smtp_dissector, turns, COUNT(turns));
	conversation_damage(&smtp_dissector, turns, COUNT(turns));
	assert_int_equal(facts.command_count, 4);
	conversation_has(&facts, "BDAT", ANSWER_YES, 0);
	conversation_has(&facts, "VRFY", ANSWER_YES, COMMAND_LISTING);
}

static void a_gap_in_a_chunk_is_survived(void **state)
{
	static const struct turn turns[] = {
		TURN_SERVER("220 mx ESMTP\r\n"),
		TURN_CLIENT("BDAT 3000000 LAST\r\nabc"),
		TURN_GAP(SIDE_CLIENT, 2999997),
		TURN_CLIENT("EXPN staff\r\n"),
		TURN_SERVER("503 no\r\n250 <alice@example>\r\n"),
	};
	struct facts facts = conversation_facts(&smtp_dissector, turns, COUNT(turns), 0);

	(void)state;
	conversation_has(&facts, "EXPN", ANSWER_YES, COMMAND_LISTING);
	assert_int_equal(facts.data_read, ANSWER_YES);
}

static void refused_data_are_seen(void **state)
{
	static const struct turn turns[] = {
		TURN_SERVER("220 mx ESMTP\r\n"), TURN_CLIENT("RSET\r\nDATA\r\n"),
		TURN_SERVER("250 reset\r\n"),	 TURN_SERVER("503 need MAIL\r\n"),
		TURN_CLIENT("EXPN x\r\n"),	 TURN_SERVER("550 no\r\n"),
	};
	struct facts facts = facts_of(turns, COUNT(turns));

	(void)state;
	conversation_has(&facts, "DATA", ANSWER_NO, 0);
	conversation_has(&facts, "EXPN", ANSWER_NO, COMMAND_LISTING);
	assert_int_equal(facts.auth, AUTH_NA);
}

static void lmtp_is_read(void **state)
{
	static const struct turn turns[] = {
		TURN_SERVER("220 mail Dovecot (Debian) ready.\r\n"),
		TURN_CLIENT("LHLO mx\r\n"),
		TURN_SERVER("250-mail\r\n250-8BITMIME\r\n250 PIPELINING\r\n"),
		TURN_CLIENT("MAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nRCPT TO:<e@d>\r\nDATA\r\n"),
		TURN_SERVER("250 Ok\r\n250 Ok\r\n250 Ok\r\n354 go\r\n"),
		TURN_CLIENT("x\r\n.\r\n"),
		TURN_SERVER("250 <c@d> saved\r\n550 <e@d> quota\r\n"),
		TURN_CLIENT("VRFY c\r\n"),
		TURN_SERVER("252 try\r\n"),
	};
	static const struct turn cyrus[] = {
		TURN_SERVER("220 mx Cyrus LMTP 3.6.1-Debian server ready\r\n")};
	struct facts facts;

	(void)state;
	assert_true(dissect(&smtp_dissector, turns, COUNT(turns), 0, &facts));
	conversation_splits(&smtp_dissector, turns, COUNT(turns));
	assert_string_equal(facts.service->name, "lmtp");
	assert_string_equal(facts.product, "Dovecot");
	assert_int_equal(facts.auth, AUTH_NONE);
	conversation_has(&facts, "VRFY", ANSWER_YES, COMMAND_LISTING);
	facts = facts_of(cyrus, 1);
	assert_string_equal(facts.service->name, "lmtp");
	assert_string_equal(facts.version, "3.6.1");
}

/* A sender was taken without a log-in; who else is not there has nothing to do with one. */
static void a_refused_recipient_is_seen(void **state)
{
	static const struct {
		const char *answer;
		enum auth auth;
	} rows[] = {
		{"550 5.1.1 <b@c>: User unknown\r\n", AUTH_NONE},
		{"450 4.1.8 <a@b>: Sender address rejected: Domain not found\r\n", AUTH_NONE},
		{"554 5.7.1 <b@c>: Relay access denied\r\n", AUTH_NA},
		{"530 5.7.0 Authentication required\r\n", AUTH_REQUIRED},
		{"503 5.5.1 Error\r\n", AUTH_NA},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct turn turns[] = {
			TURN_SERVER("220 mx ESMTP\r\n"),
			TURN_CLIENT("HELO a\r\n"),
			TURN_SERVER("250 mx\r\n"),
			TURN_CLIENT("MAIL FROM:<a@b>\r\n"),
			TURN_SERVER("250 2.1.0 Ok\r\n"),
			TURN_CLIENT("RCPT TO:<b@c>\r\n"),
			{SIDE_SERVER, rows[i].answer, strlen(rows[i].answer)},
		};
		struct facts facts = facts_of(turns, COUNT(turns));

		assert_int_equal(facts.auth, rows[i].auth);
	}
}

/* A greeting that says nothing, and an answer that only STARTTLS has. */
static void a_terse_greeting_is_recognised(void **state)
{
	static const struct turn turns[] = {
		TURN_SERVER("220 f\r\n"),
		TURN_CLIENT("EHLO\nSTARTTLS\n"),
		TURN_SERVER("220 ready\r\n220 ready\r\n"),
	};
	struct facts facts = facts_of(turns, COUNT(turns));

	(void)state;
	assert_true(dissect_starts_tls(&smtp_dissector, turns, COUNT(turns)));
	conversation_has(&facts, "STARTTLS", ANSWER_YES, 0);
}

static void starttls_turns_into_tls(void **state)
{
	static const struct turn turns[] = {
		TURN_SERVER("220 mx ESMTP\r\n"), TURN_CLIENT("EHLO a\r\n"),
		TURN_SERVER("250 STARTTLS\r\n"), TURN_CLIENT("STARTTLS\r\n"),
		TURN_SERVER("220 go\r\n"),	 TURN_CLIENT("\x16\x03\x01"),
	};
	static const struct turn refused[] = {
		TURN_SERVER("220 mx ESMTP\r\n"),
		TURN_CLIENT("STARTTLS\r\n"),
		TURN_SERVER("454 TLS not available\r\n"),
	};
	struct facts facts = facts_of(turns, COUNT(turns));

	(void)state;
	assert_true(dissect_starts_tls(&smtp_dissector, turns, COUNT(turns)));
	assert_int_equal(facts.encryption, ENCRYPTION_STARTTLS);
	assert_int_equal(facts.auth, AUTH_UNKNOWN);
	facts = facts_of(refused, COUNT(refused));
	assert_false(dissect_starts_tls(&smtp_dissector, refused, COUNT(refused)));
	conversation_has(&facts, "STARTTLS", ANSWER_NO, 0);
}

/* A log-in before the capture began: that there was none is not claimed. */
static void a_capture_that_began_late_is_read(void **state)
{
	static const struct turn turns[] = {
		TURN_GAP(SIDE_CLIENT, 0),	    TURN_GAP(SIDE_SERVER, 0),
		TURN_CLIENT("MAIL FROM:<a@b>\r\n"), TURN_SERVER("250 Ok\r\n"),
		TURN_CLIENT("RCPT TO:<a@b>\r\n"),   TURN_SERVER("250 Ok\r\n"),
	};
	struct facts facts = conversation_facts(&smtp_dissector, turns, COUNT(turns), 0);

	(void)state;
	assert_int_equal(facts.auth, AUTH_UNKNOWN);
	conversation_has(&facts, "RCPT TO", ANSWER_YES, 0);
}

static enum recognised recognise(const char *client, const char *server, bool one_sided)
{
	return dissect_recognise(&smtp_dissector, OVER_TCP, client, strlen(client), server,
				 strlen(server), one_sided);
}

static void openings_are_recognised(void **state)
{
	(void)state;
	assert_int_equal(recognise("", "22", false), RECOGNISED_MORE);
	assert_int_equal(recognise("", "220 mx ES", false), RECOGNISED_MORE);
	assert_int_equal(recognise("", "220 smtp.example.com ready\r\n", true), RECOGNISED_MORE);
	assert_int_equal(recognise("EHLO a\r\n", "220 hi\r\n250 hello\r\n", false), RECOGNISED_YES);
	assert_int_equal(recognise("EHLO a\r\n", "220 hi\r\n530 log in\r\n", false),
			 RECOGNISED_MORE);
	assert_int_equal(recognise("", "220 hi\r\n250-PIPELINING\r\n", false), RECOGNISED_YES);
	assert_int_equal(recognise("EHLO a\r\n", "", false), RECOGNISED_MORE);
	assert_int_equal(recognise("EHLO a\r\n", "", true), RECOGNISED_YES);
	assert_int_equal(recognise("USER a\r\n", "", true), RECOGNISED_MORE);
	assert_int_equal(recognise("", "220 (vsFTPd 3.0.3)\r\n", false), RECOGNISED_NO);
	assert_int_equal(recognise("", "220 ProFTPD ESMTP\r\n", false), RECOGNISED_NO);
	assert_int_equal(recognise("", "220 VMware Authentication Daemon Version 1.10\r\n", false),
			 RECOGNISED_NO);
	assert_int_equal(recognise("220 mx ESMTP\r\n", "EHLO a\r\n", false), RECOGNISED_NO);
	assert_int_equal(recognise("", "HTTP/1.1 400 Bad\r\n", false), RECOGNISED_NO);
	assert_int_equal(recognise("", "200 news ESMTP\r\n", false), RECOGNISED_NO);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_open_relay_is_seen),
		cmocka_unit_test(the_banner_is_read),
		cmocka_unit_test(a_denied_relay_is_seen),
		cmocka_unit_test(a_log_in_is_seen),
		cmocka_unit_test(lines_of_a_log_in_are_no_commands),
		cmocka_unit_test(an_answer_without_end_is_survived),
		cmocka_unit_test(other_mechanisms_are_read),
		cmocka_unit_test(chunks_are_passed_over),
		cmocka_unit_test(a_gap_in_a_chunk_is_survived),
		cmocka_unit_test(refused_data_are_seen),
		cmocka_unit_test(lmtp_is_read),
		cmocka_unit_test(a_refused_recipient_is_seen),
		cmocka_unit_test(a_terse_greeting_is_recognised),
		cmocka_unit_test(starttls_turns_into_tls),
		cmocka_unit_test(a_capture_that_began_late_is_read),
		cmocka_unit_test(openings_are_recognised),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
