/* SPDX-License-Identifier: ISC */
/* FTP: greetings of several lines, log-ins, what was sent, what was deleted. */
#include "tests/unit/conversation.h"

extern const struct dissector ftp_dissector;

static struct facts facts_of(const struct turn *turns, size_t count)
{
	return conversation_read(&ftp_dissector, turns, count, "ftp");
}

static void the_banner_is_read(void **state)
{
	static const struct turn vsftpd[] = {TURN_SERVER("220 (vsFTPd 3.0.3)\r\n")};
	static const struct turn proftpd[] = {
		TURN_SERVER("220-Welcome to the public FTP cluster!\r\n \r\n 3 GHz each\r\n"
			    "220 ProFTPD 1.3.3d Server (x)\r\n")};
	static const struct turn pure[] = {
		TURN_SERVER("220---------- Welcome to Pure-FTPd [privsep] [TLS] ----------\r\n"
			    "220 You will be disconnected after 15 minutes.\r\n")};
	static const struct turn bsd[] = {
		TURN_SERVER("220 a.example FTP server (Version 6.4/OpenBSD) ready.\r\n")};
	struct facts facts = facts_of(vsftpd, 1);

	(void)state;
	assert_int_equal(facts.auth, AUTH_NA);
	assert_string_equal(facts.product, "vsftpd");
	assert_string_equal(facts.version, "3.0.3");
	facts = facts_of(proftpd, 1);
	assert_string_equal(facts.product, "ProFTPD");
	assert_string_equal(facts.version, "1.3.3d");
	facts = facts_of(pure, 1);
	assert_string_equal(facts.product, "Pure-FTPd");
	assert_string_equal(facts.version, "");
	facts_of(bsd, 1);
}

static void an_anonymous_log_in_is_seen(void **state)
{
	static const struct turn turns[] = {
		TURN_SERVER("220 (vsFTPd 3.0.3)\r\n"),
		TURN_CLIENT("USER anonymous\r\n"),
		TURN_SERVER("331 Please specify the password.\r\n"),
		TURN_CLIENT("PASS who@example\r\n"),
		TURN_SERVER("230 Login successful.\r\n"),
		TURN_CLIENT("PASV\r\n"),
		TURN_SERVER("227 Entering Passive Mode (10,0,0,1,183,187).\r\n"),
		TURN_CLIENT("RETR dump.sql\r\n"),
		TURN_SERVER("150 Opening BINARY mode data connection\r\n226 done\r\n"),
		TURN_CLIENT("DELE dump.sql\r\n"),
		TURN_SERVER("550 Permission denied.\r\n"),
		TURN_CLIENT("RMD backup\r\n"),
		TURN_SERVER("250 removed\r\n"),
		TURN_CLIENT("site  exec id\r\n"),
		TURN_SERVER("200 uid=0\r\n"),
		TURN_CLIENT("QUIT\r\n"),
		TURN_SERVER("221-You have transferred\r\n 250 bytes\r\n221 bye\r\n"),
	};
	struct facts facts = facts_of(turns, COUNT(turns));

	(void)state;
	assert_int_equal(facts.auth, AUTH_ANONYMOUS);
	assert_string_equal(facts.user, "anonymous");
	assert_string_equal(facts.path, "dump.sql");
	assert_int_equal(facts.data_read, ANSWER_YES);
	conversation_lacks(&facts, "who@example");
	conversation_has(&facts, "RETR", ANSWER_YES, COMMAND_LISTING);
	conversation_has(&facts, "DELE", ANSWER_NO, COMMAND_DESTRUCTIVE);
	conversation_has(&facts, "RMD", ANSWER_YES, COMMAND_DESTRUCTIVE);
	conversation_has(&facts, "SITE EXEC", ANSWER_YES, COMMAND_EXECUTES);
	conversation_has(&facts, "QUIT", ANSWER_YES, 0);
}

static void a_log_in_is_seen(void **state)
{
	static const struct turn turns[] = {
		TURN_SERVER("220 FTP ready\r\n"),
		TURN_CLIENT("USER bob\r\n"),
		TURN_SERVER("331 password\r\n"),
		TURN_CLIENT("PASS wrong-pw\r\n"),
		TURN_SERVER("530 Login incorrect.\r\n"),
		TURN_CLIENT("LIST\r\n"),
		TURN_SERVER("530 Please login with USER and PASS.\r\n"),
		TURN_CLIENT("user bob\r\npass secr3t\r\n"),
		TURN_SERVER("331 password\r\n230 in\r\n"),
		TURN_CLIENT("MLST /\r\n"),
		TURN_SERVER("250-Listing\r\n type=dir; /\r\n250 End\r\n"),
	};
	struct facts facts;

	(void)state;
	assert_true(dissect(&ftp_dissector, turns, COUNT(turns), 0, &facts));
	conversation_splits(&ftp_dissector, turns, COUNT(turns));
	conversation_damage(&ftp_dissector, turns, COUNT(turns));
	assert_int_equal(facts.auth, AUTH_SUCCEEDED);
	assert_int_equal(facts.logins_failed, 1);
	assert_string_equal(facts.user, "bob");
	assert_int_equal(facts.data_read, ANSWER_YES);
	conversation_lacks(&facts, "secr3t");
	conversation_lacks(&facts, "wrong-pw");
	conversation_has(&facts, "LIST", ANSWER_NO, COMMAND_LISTING);
}

static void refusals_are_seen(void **state)
{
	static const struct turn required[] = {
		TURN_SERVER("220 (vsFTPd 3.0.3)\r\n"),
		TURN_CLIENT("AUTH SSL\r\n"),
		TURN_SERVER("530 Please login with USER and PASS.\r\n"),
	};
	static const struct turn user[] = {
		TURN_SERVER("220 (vsFTPd 3.0.3)\r\n"),
		TURN_CLIENT("USER hello\r\n"),
		TURN_SERVER("530 This FTP server is anonymous only.\r\n"),
	};
	static const struct turn full[] = {
		TURN_SERVER("220 (vsFTPd 3.0.3)\r\n"),
		TURN_CLIENT("USER ftp\r\n"),
		TURN_SERVER("331 go on\r\n"),
		TURN_CLIENT("PASS x\r\n"),
		TURN_SERVER("530 Sorry, only 3 connections per host!\r\n"),
	};
	struct facts facts = facts_of(required, COUNT(required));

	(void)state;
	assert_int_equal(facts.auth, AUTH_REQUIRED);
	assert_false(dissect_starts_tls(&ftp_dissector, required, COUNT(required)));
	conversation_has(&facts, "AUTH SSL", ANSWER_NO, 0);
	facts = facts_of(user, COUNT(user));
	assert_int_equal(facts.auth, AUTH_FAILED);
	facts = facts_of(full, COUNT(full));
	assert_int_equal(facts.auth, AUTH_UNKNOWN);
}

static void auth_tls_turns_into_tls(void **state)
{
	static const struct turn turns[] = {
		TURN_SERVER("220 \"Authorized users only\"\r\n"),
		TURN_CLIENT("AUTH tls\r\n"),
		TURN_SERVER("234 Proceed with negotiation.\r\n"),
		TURN_CLIENT("\x16\x03\x01"),
	};
	struct facts facts = facts_of(turns, COUNT(turns));

	(void)state;
	assert_true(dissect_starts_tls(&ftp_dissector, turns, COUNT(turns)));
	assert_int_equal(facts.encryption, ENCRYPTION_STARTTLS);
	conversation_has(&facts, "AUTH TLS", ANSWER_YES, 0);
}

static void a_capture_that_began_late_is_read(void **state)
{
	static const struct turn turns[] = {
		TURN_GAP(SIDE_CLIENT, 0),
		TURN_GAP(SIDE_SERVER, 0),
		TURN_CLIENT("\xff\xf4\xff\xf2LIST\r\n"),
		TURN_SERVER("150 Here comes the directory listing.\r\n226 sent\r\n"),
	};
	struct facts facts = conversation_facts(&ftp_dissector, turns, COUNT(turns), 0);

	(void)state;
	assert_int_equal(facts.auth, AUTH_UNKNOWN);
	assert_int_equal(facts.data_read, ANSWER_YES);
	conversation_has(&facts, "LIST", ANSWER_YES, COMMAND_LISTING);
}

static enum recognised recognise(const char *client, const char *server, bool one_sided)
{
	return dissect_recognise(&ftp_dissector, OVER_TCP, client, strlen(client), server,
				 strlen(server), one_sided);
}

static void openings_are_recognised(void **state)
{
	(void)state;
	assert_int_equal(recognise("", "22", false), RECOGNISED_MORE);
	assert_int_equal(recognise("", "220 ftp.example.com ready\r\n", true), RECOGNISED_MORE);
	assert_int_equal(recognise("", "220 hi\r\n331 password\r\n", true), RECOGNISED_YES);
	assert_int_equal(recognise("USER a\r\n", "220 hi\r\n230 in\r\n", false), RECOGNISED_YES);
	assert_int_equal(recognise("EHLO a\r\n", "220 hi\r\n500 what\r\n", false), RECOGNISED_MORE);
	assert_int_equal(recognise("USER a\r\n", "", true), RECOGNISED_MORE);
	assert_int_equal(recognise("", "220 mx ESMTP Postfix\r\n", false), RECOGNISED_NO);
	assert_int_equal(recognise("", "220-FileZilla Server 1.7.0\r\n", false), RECOGNISED_YES);
	assert_int_equal(recognise("220 (vsFTPd 3.0.3)\r\n", "USER a\r\n", false), RECOGNISED_NO);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_banner_is_read),
		cmocka_unit_test(an_anonymous_log_in_is_seen),
		cmocka_unit_test(a_log_in_is_seen),
		cmocka_unit_test(refusals_are_seen),
		cmocka_unit_test(auth_tls_turns_into_tls),
		cmocka_unit_test(a_capture_that_began_late_is_read),
		cmocka_unit_test(openings_are_recognised),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
