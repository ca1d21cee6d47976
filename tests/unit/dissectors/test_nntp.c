/* SPDX-License-Identifier: ISC */
/* NNTP: greetings, log-ins, what was read, posted and fed. */
#include "tests/unit/conversation.h"

extern const struct dissector nntp_dissector;

static struct facts facts_of(const struct turn *turns, size_t count)
{
	return conversation_read(&nntp_dissector, turns, count, "nntp");
}

static void the_banner_is_read(void **state)
{
	static const struct turn inn[] = {
		TURN_SERVER("200 news.example InterNetNews NNRP server INN 2.7.1 ready\r\n")};
	static const struct turn leafnode[] = {TURN_SERVER(
		"201 Leafnode NNTP Daemon, version 1.12.0 running at news.example\r\n")};
	static const struct turn refused[] = {
		TURN_SERVER("502 news.example InterNetNews: you have no permission to talk\r\n")};
	static const struct turn nothing[] = {TURN_SERVER("200 ready\r\n")};
	static const struct turn mail[] = {TURN_SERVER("220 news.example NNTP ready\r\n")};
	struct facts facts = facts_of(inn, 1);

	(void)state;
	assert_int_equal(facts.auth, AUTH_NA);
	assert_int_equal(facts.data_read, ANSWER_NO);
	assert_int_equal(facts.encryption, ENCRYPTION_CLEARTEXT);
	assert_string_equal(facts.product, "INN");
	assert_string_equal(facts.version, "2.7.1");
	facts = facts_of(leafnode, 1);
	assert_string_equal(facts.product, "Leafnode");
	assert_string_equal(facts.version, "1.12.0");
	facts = facts_of(refused, 1);
	assert_int_equal(facts.auth, AUTH_UNKNOWN);
	assert_false(dissect(&nntp_dissector, nothing, 1, 0, &facts));
	assert_false(dissect(&nntp_dissector, mail, 1, 0, &facts));
}

static void an_open_reader_is_seen(void **state)
{
	static const struct turn turns[] = {
		TURN_SERVER("200 ready\r\n"),
		TURN_CLIENT("CAPABILITIES\r\n"),
		TURN_SERVER(
			"101 list:\r\nVERSION 2\r\nIMPLEMENTATION INN 2.6.4\r\nREADER\r\n.\r\n"),
		TURN_CLIENT("LIST OVERVIEW.FMT\r\nGROUP misc.test\r\n"),
		TURN_SERVER("215 order\r\nSubject:\r\n.\r\n211 2 1 2 misc.test\r\n"),
		TURN_CLIENT("LIST\r\narticle 1\r\nARTICLE 9\r\n"),
		TURN_SERVER("215 groups\r\nmisc.test 2 1 y\r\n.\r\n220 1 <1@a> article\r\n"
			    "Subject: x\r\n\r\n480 in the text\r\n..\r\n.\r\n"
			    "423 no such number\r\n"),
		TURN_CLIENT("QUIT\r\n"),
		TURN_SERVER("205 bye\r\n"),
	};
	struct facts facts = facts_of(turns, COUNT(turns));

	(void)state;
	assert_int_equal(facts.auth, AUTH_NONE);
	assert_int_equal(facts.data_read, ANSWER_YES);
	assert_string_equal(facts.product, "INN");
	assert_string_equal(facts.version, "2.6.4");
	conversation_has(&facts, "LIST", ANSWER_YES, COMMAND_LISTING);
	conversation_has(&facts, "ARTICLE", ANSWER_YES, COMMAND_LISTING);
	conversation_has(&facts, "GROUP", ANSWER_YES, 0);
	facts = conversation_facts(&nntp_dissector, turns, 5, 0);
	assert_int_equal(facts.auth, AUTH_NONE);
	assert_int_equal(facts.data_read, ANSWER_NO);
	facts = conversation_facts(&nntp_dissector, turns, 3, 0);
	assert_int_equal(facts.auth, AUTH_NA);
}

static void a_log_in_is_seen(void **state)
{
	static const struct turn turns[] = {
		TURN_SERVER("201 NNTP ready\r\n"),
		TURN_CLIENT("GROUP misc.test\r\n"),
		TURN_SERVER("480 Authentication required\r\n"),
		TURN_CLIENT("AUTHINFO USER alice\r\n"),
		TURN_SERVER("381 Enter passphrase\r\n"),
		TURN_CLIENT("AUTHINFO PASS wrong-pw\r\n"),
		TURN_SERVER("481 Authentication failed\r\n"),
		TURN_CLIENT("authinfo user alice\r\n"),
		TURN_SERVER("381 Enter passphrase\r\n"),
		TURN_CLIENT("authinfo pass secr3t pw\r\n"),
		TURN_SERVER("281 Authentication accepted\r\n"),
		TURN_CLIENT("XOVER 1-\r\n"),
		TURN_SERVER("224 overview\r\n1\ta\tb\r\n.\r\n"),
	};
	struct facts facts = facts_of(turns, COUNT(turns));

	(void)state;
	assert_int_equal(facts.auth, AUTH_SUCCEEDED);
	assert_int_equal(facts.logins_failed, 1);
	assert_int_equal(facts.logins_succeeded, 1);
	assert_string_equal(facts.user, "alice");
	assert_string_equal(facts.mechanism, "USER");
	assert_int_equal(facts.data_read, ANSWER_YES);
	conversation_lacks(&facts, "wrong-pw");
	conversation_lacks(&facts, "secr3t");
	conversation_has(&facts, "AUTHINFO", ANSWER_YES, 0);
	facts = conversation_facts(&nntp_dissector, turns, 3, 0);
	assert_int_equal(facts.auth, AUTH_REQUIRED);
	facts = conversation_facts(&nntp_dissector, turns, 7, 0);
	assert_int_equal(facts.auth, AUTH_FAILED);
	conversation_has(&facts, "AUTHINFO", ANSWER_NO, 0);
}

/* Not judged: the command came out of turn, or is not there. */
static void credentials_that_are_not_judged_fail_nothing(void **state)
{
	static const struct turn turns[] = {
		TURN_SERVER("200 NNTP ready\r\n"),
		TURN_CLIENT("AUTHINFO USER bob\r\n"),
		TURN_SERVER("502 command unavailable\r\n"),
	};
	static const struct turn old[] = {
		TURN_SERVER("200 NNTP ready\r\n"),
		TURN_CLIENT("AUTHINFO USER bob\r\n"),
		TURN_SERVER("381 more\r\n"),
		TURN_CLIENT("AUTHINFO PASS pw\r\n"),
		TURN_SERVER("482 Authentication rejected\r\n"),
	};
	struct facts facts = facts_of(turns, COUNT(turns));

	(void)state;
	assert_int_equal(facts.logins_failed, 0);
	facts = facts_of(old, COUNT(old));
	assert_int_equal(facts.auth, AUTH_FAILED);
	assert_int_equal(facts.logins_failed, 1);
}

static void sasl_is_read(void **state)
{
	static const struct turn turns[] = {
		TURN_SERVER("200 NNTP ready\r\n"),
		TURN_CLIENT("AUTHINFO SASL PLAIN\r\n"),
		TURN_SERVER("383 =\r\n"),
		TURN_CLIENT("AGJvYgBzZWNyM3Q=\r\n"),
		TURN_SERVER("281 Authentication accepted\r\n"),
		TURN_CLIENT("BODY 1\r\n"),
		TURN_SERVER("222 1 <1@a>\r\nx\r\n.\r\n"),
	};
	struct facts facts = facts_of(turns, COUNT(turns));

	(void)state;
	assert_int_equal(facts.auth, AUTH_SUCCEEDED);
	assert_string_equal(facts.user, "bob");
	assert_string_equal(facts.mechanism, "PLAIN");
	conversation_lacks(&facts, "secr3t");
}

/* What is in an article is no command, and what is refused was not posted. */
static void articles_are_seen(void **state)
{
	static const struct turn turns[] = {
		TURN_SERVER("200 NNTP ready\r\n"),
		TURN_CLIENT("POST\r\n"),
		TURN_SERVER("340 send it\r\n"),
		TURN_CLIENT("Subject: x\r\n\r\nLIST\r\n..\r\n.\r\n"),
		TURN_SERVER("240 received\r\n"),
		TURN_CLIENT("IHAVE <1@a>\r\n"),
		TURN_SERVER("435 not wanted\r\n"),
		TURN_CLIENT("CHECK <2@a>\r\nTAKETHIS <2@a>\r\nSubject: y\r\n\r\nGROUP\r\n.\r\n"),
		TURN_SERVER("238 <2@a>\r\n439 <2@a>\r\n"),
		TURN_CLIENT("DATE\r\n"),
		TURN_SERVER("111 20260101000000\r\n"),
	};
	struct facts facts = facts_of(turns, COUNT(turns));

	(void)state;
	assert_int_equal(facts.auth, AUTH_NONE);
	assert_int_equal(facts.data_read, ANSWER_NO);
	assert_int_equal(facts.command_count, 5);
	conversation_has(&facts, "POST", ANSWER_YES, 0);
	conversation_has(&facts, "IHAVE", ANSWER_NO, 0);
	conversation_has(&facts, "CHECK", ANSWER_YES, 0);
	conversation_has(&facts, "TAKETHIS", ANSWER_NO, 0);
	conversation_has(&facts, "DATE", ANSWER_YES, 0);
}

static void upgrades_are_followed(void **state)
{
	static const struct turn tls[] = {
		TURN_SERVER("200 NNTP ready\r\n"),
		TURN_CLIENT("STARTTLS\r\n"),
		TURN_SERVER("382 go on\r\n"),
		TURN_CLIENT("\x16\x03\x01"),
	};
	static const struct turn refused[] = {
		TURN_SERVER("200 NNTP ready\r\n"),
		TURN_CLIENT("STARTTLS\r\n"),
		TURN_SERVER("580 cannot\r\n"),
	};
	static const struct turn packed[] = {
		TURN_SERVER("200 NNTP ready\r\n"),
		TURN_CLIENT("COMPRESS DEFLATE\r\n"),
		TURN_SERVER("206 active\r\n\r\n220 not text\r\n"),
		TURN_CLIENT("ARTICLE 1\r\n"),
	};
	struct facts facts = facts_of(tls, COUNT(tls));

	(void)state;
	assert_true(dissect_starts_tls(&nntp_dissector, tls, COUNT(tls)));
	assert_int_equal(facts.encryption, ENCRYPTION_STARTTLS);
	facts = facts_of(refused, COUNT(refused));
	assert_false(dissect_starts_tls(&nntp_dissector, refused, COUNT(refused)));
	assert_int_equal(facts.encryption, ENCRYPTION_CLEARTEXT);
	facts = facts_of(packed, COUNT(packed));
	assert_int_equal(facts.command_count, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_banner_is_read),
		cmocka_unit_test(an_open_reader_is_seen),
		cmocka_unit_test(a_log_in_is_seen),
		cmocka_unit_test(credentials_that_are_not_judged_fail_nothing),
		cmocka_unit_test(sasl_is_read),
		cmocka_unit_test(articles_are_seen),
		cmocka_unit_test(upgrades_are_followed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
