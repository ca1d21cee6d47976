/* SPDX-License-Identifier: ISC */
/* DNS: who recursed, who answered for himself, who refused; and what looks like DNS but is none. */
#include "tests/unit/datagrams.h"
#include "tests/unit/recorded.h"

extern const struct dissector dns_dissector, dns_udp_dissector;

#define WWW "\3www\7example\0"

static struct facts datagrams(const char *path, const char *service)
{
	struct recorded *r = calloc(1, sizeof *r);
	struct facts facts;

	recorded_load(r, path);
	facts = datagrams_facts(&dns_udp_dissector, r->turns, r->count, service);
	assert_int_equal(facts.encryption, ENCRYPTION_CLEARTEXT);
	free(r);
	return facts;
}

static struct facts stream(const char *path, const char *service)
{
	struct recorded *r = calloc(1, sizeof *r);
	struct facts facts = recorded_facts(r, &dns_dissector, path);

	assert_string_equal(facts.service->name, service);
	conversation_stands(&dns_dissector, r->turns, r->count);
	free(r);
	return facts;
}

static void recursion_is_seen(void **state)
{
	struct facts facts = datagrams("dns/unbound-recursion", "open-resolver");

	(void)state;
	assert_string_equal(facts.service->identifier, "dns-open-resolver");
	assert_int_equal(facts.auth, AUTH_NONE);
	assert_int_equal(facts.data_read, ANSWER_NO);
	conversation_has(&facts, "QUERY", ANSWER_YES, 0);
	conversation_has(&facts, "RECURSION", ANSWER_YES, 0);
	facts = stream("dns/unbound-recursion-tcp", "open-resolver");
	conversation_has(&facts, "RECURSION", ANSWER_YES, 0);
	/* There is no such name, and it had to ask others to know. */
	facts = datagrams("dns/kresd-no-such-name", "open-resolver");
	conversation_has(&facts, "RECURSION", ANSWER_YES, 0);
}

static void authority_is_seen(void **state)
{
	struct facts facts = datagrams("dns/bind9-authority", "dns");

	(void)state;
	assert_null(facts.service->identifier);
	assert_int_equal(facts.auth, AUTH_NONE);
	conversation_has(&facts, "QUERY", ANSWER_YES, 0);
	conversation_has(&facts, "RECURSION", ANSWER_NO, 0);
	facts = datagrams("dns/bind9-refused", "dns");
	assert_int_equal(facts.auth, AUTH_NA);
	conversation_has(&facts, "QUERY", ANSWER_NO, 0);
	conversation_has(&facts, "RECURSION", ANSWER_NO, 0);
}

static void the_version_is_read(void **state)
{
	struct facts facts = datagrams("dns/bind9-version", "dns");

	(void)state;
	assert_string_equal(facts.product, "BIND");
	assert_string_equal(facts.version, "9.18.49");
	conversation_has(&facts, "VERSION", ANSWER_YES, 0);
	assert_int_equal(facts.command_count, 1);
	facts = datagrams("dns/unbound-version", "dns"); /* to ask for it is no recursion */
	assert_string_equal(facts.product, "Unbound");
	assert_string_equal(facts.version, "1.17.1");
}

static void a_transfer_is_seen(void **state)
{
	struct facts facts = stream("dns/bind9-transfer", "dns");

	(void)state;
	assert_int_equal(facts.auth, AUTH_NONE);
	assert_int_equal(facts.data_read, ANSWER_YES);
	conversation_has(&facts, "AXFR corp.internal", ANSWER_YES, COMMAND_LISTING);
	facts = stream("dns/bind9-transfer-refused", "dns");
	assert_int_equal(facts.auth, AUTH_NA);
	assert_int_equal(facts.data_read, ANSWER_NO);
	conversation_has(&facts, "AXFR signed.example", ANSWER_NO, COMMAND_LISTING);
}

static void a_signed_transfer_is_seen(void **state)
{
	struct facts facts = stream("dns/bind9-transfer-signed", "dns");

	(void)state;
	assert_int_equal(facts.auth, AUTH_SUCCEEDED);
	assert_int_equal(facts.logins_succeeded, 1);
	assert_string_equal(facts.user, "backup-key");
	assert_string_equal(facts.mechanism, "hmac-sha256");
	conversation_has(&facts, "AXFR signed.example", ANSWER_YES, COMMAND_LISTING);
	facts = stream("dns/bind9-transfer-bad-key", "dns");
	assert_int_equal(facts.auth, AUTH_FAILED);
	assert_int_equal(facts.logins_failed, 1);
	assert_string_equal(facts.user, "backup-key");
	conversation_has(&facts, "AXFR signed.example", ANSWER_NO, COMMAND_LISTING);
}

static void an_update_is_seen(void **state)
{
	struct facts facts = datagrams("dns/bind9-update", "dns");

	(void)state;
	assert_int_equal(facts.auth, AUTH_NONE);
	conversation_has(&facts, "UPDATE DELETE", ANSWER_YES, COMMAND_DESTRUCTIVE);
}

/* Two questions at once, answered the other way round. */
static void answers_out_of_order_are_matched(void **state)
{
	static const struct turn turns[] = {
		TURN_CLIENT("\0\x1d\0\1\1\0\0\1\0\0\0\0\0\0" WWW "\0\1\0\1"
			    "\0\x1d\0\2\0\0\0\1\0\0\0\0\0\0" WWW "\0\x1c\0\1"),
		TURN_SERVER("\0\x1d\0\2\x84\0\0\1\0\0\0\0\0\0" WWW "\0\x1c\0\1"
			    "\0\x1d\0\1\x81\x05\0\1\0\0\0\0\0\0" WWW "\0\1\0\1"),
	};
	struct facts facts;

	(void)state;
	assert_true(dissect(&dns_dissector, turns, COUNT(turns), 0, &facts));
	assert_string_equal(facts.service->name, "dns");
	conversation_has(&facts, "QUERY", ANSWER_YES, 0);
	conversation_has(&facts, "RECURSION", ANSWER_NO, 0);
	conversation_stands(&dns_dissector, turns, COUNT(turns));
}

static void one_side_is_enough(void **state)
{
	static const struct turn answer[] = {
		TURN_SERVER("\0\1\x81\x80\0\1\0\1\0\0\0\0" WWW "\0\1\0\1"
			    "\xc0\x0c\0\1\0\1\0\0\0\1\0\4\xc0\0\2\1"),
	};
	static const struct turn question[] = {
		TURN_CLIENT("\0\1\1\0\0\1\0\0\0\0\0\0" WWW "\0\1\0\1"),
	};
	struct facts facts = datagrams_facts(&dns_udp_dissector, answer, 1, "open-resolver");

	(void)state;
	conversation_has(&facts, "RECURSION", ANSWER_YES, 0);
	facts = datagrams_facts(&dns_udp_dissector, question, 1, "dns");
	conversation_has(&facts, "RECURSION", ANSWER_UNKNOWN, 0);
	assert_int_equal(facts.auth, AUTH_NA);
	assert_int_equal(dissect_verdict(&dns_udp_dissector, OVER_UDP, answer, 1, 0),
			 RECOGNISED_YES);
}

/* A truncated answer, and one that only refers to others, prove no recursion. */
static void some_answers_prove_nothing(void **state)
{
	static const struct turn turns[][2] = {
		{TURN_CLIENT("\0\1\1\0\0\1\0\0\0\0\0\0" WWW "\0\1\0\1"),
		 TURN_SERVER("\0\1\x83\x80\0\1\0\0\0\0\0\0" WWW "\0\1\0\1")},
		{TURN_CLIENT("\0\1\1\0\0\1\0\0\0\0\0\0" WWW "\0\1\0\1"),
		 TURN_SERVER("\0\1\x81\0\0\1\0\0\0\0\0\0" WWW "\0\1\0\1")},
		{TURN_CLIENT("\0\1\1\0\0\1\0\0\0\0\0\0" WWW "\0\1\0\1"),
		 TURN_SERVER("\0\1\x81\x82\0\1\0\0\0\0\0\0" WWW "\0\1\0\1")},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(turns); i++) {
		struct facts facts = datagrams_facts(&dns_udp_dissector, turns[i], 2, "dns");

		assert_int_equal(facts.auth, AUTH_NA);
		assert_int_not_equal(conversation_command(&facts, "RECURSION")->accepted,
				     ANSWER_YES);
	}
}

/* Multicast DNS, LLMNR, NetBIOS names, and bytes that do not fill the message. */
static void look_alikes_are_not_dns(void **state)
{
	static const struct turn turns[] = {
		TURN_CLIENT("\0\0\0\0\0\1\0\0\0\0\0\0\5_http\4_tcp\5local\0\0\x0c\0\1"),
		TURN_CLIENT("\0\1\0\0\0\1\0\0\0\0\0\0\4host\0\0\1\0\1"),
		TURN_SERVER("\0\1\x80\0\0\1\0\1\0\0\0\0\4host\0\0\1\0\1"
			    "\4host\0\0\1\0\1\0\0\0\1\0\4\xc0\0\2\1"),
		TURN_CLIENT("\0\1\1\x10\0\1\0\0\0\0\0\0\x20"
			    "CKAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
			    "\0\0\x20\0\1"),
		TURN_CLIENT("\0\1\1\0\0\1\0\0\0\0\0\0" WWW "\0\1\0\1 and more"),
		TURN_CLIENT("\0\1\1\0\0\1\0\0\0\0\0\0" WWW "\1\xff\0\1"),
		TURN_CLIENT("\0\1\1\0\0\2\0\0\0\0\0\0" WWW "\0\1\0\1"),
		TURN_CLIENT("\0\1\1\x40\0\1\0\0\0\0\0\0" WWW "\0\1\0\1"),
		TURN_SERVER("\0\1\1\0\0\1\0\0\0\0\0\0" WWW "\0\1\0\1"),
		TURN_CLIENT("\0\1\x81\x80\0\1\0\0\0\0\0\0" WWW "\0\1\0\1"),
	};

	(void)state;
	for (size_t i = 0; i < COUNT(turns); i++)
		assert_int_not_equal(dissect_verdict(&dns_udp_dissector, OVER_UDP, &turns[i], 1, 0),
				     RECOGNISED_YES);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(recursion_is_seen),
		cmocka_unit_test(authority_is_seen),
		cmocka_unit_test(the_version_is_read),
		cmocka_unit_test(a_transfer_is_seen),
		cmocka_unit_test(a_signed_transfer_is_seen),
		cmocka_unit_test(an_update_is_seen),
		cmocka_unit_test(answers_out_of_order_are_matched),
		cmocka_unit_test(one_side_is_enough),
		cmocka_unit_test(some_answers_prove_nothing),
		cmocka_unit_test(look_alikes_are_not_dns),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
