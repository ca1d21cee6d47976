/* SPDX-License-Identifier: ISC */
/*
 * Services that nobody outside has any business with: command of virtual machines, of mailboxes,
 * of switches, and proxies. Recorded from libvirtd 9.0, Dovecot 2.3, Open vSwitch 3.1, microsocks
 * and Dante.
 */
#include "tests/unit/recorded.h"

extern const struct dissector socks_dissector, libvirt_dissector, dovecot_dissector,
	openflow_dissector;

static struct facts played(const struct dissector *d, const char *path, const char *service)
{
	struct recorded *r = calloc(1, sizeof *r);
	struct facts facts = recorded_facts(r, d, path);

	assert_string_equal(facts.service->name, service);
	assert_int_equal(facts.encryption, ENCRYPTION_CLEARTEXT);
	conversation_stands(d, r->turns, r->count);
	free(r);
	return facts;
}

static void libvirt_is_read(void **state)
{
	struct facts facts = played(&libvirt_dissector, "libvirt/list", "libvirt");

	(void)state;
	assert_int_equal(facts.auth, AUTH_NONE);
	assert_int_equal(facts.data_read, ANSWER_YES);
	assert_string_equal(facts.path, "test:///default");
	conversation_has(&facts, "CONNECT_LIST_ALL_DOMAINS", ANSWER_YES, COMMAND_LISTING);
	facts = played(&libvirt_dissector, "libvirt/destroy", "libvirt");
	conversation_has(&facts, "DOMAIN_DESTROY", ANSWER_YES, COMMAND_DESTRUCTIVE);
}

/* It wants SASL, and does not like what it gets; what is not the remote program is passed over. */
static void a_log_in_of_libvirt_is_seen(void **state)
{
	static const struct turn turns[] = {
		TURN_CLIENT("\0\0\0\x1c\x20\0\x80\x86\0\0\0\1\0\0\0\x42\0\0\0\0\0\0\0\0\0\0\0\0"),
		TURN_SERVER("\0\0\0\x24\x20\0\x80\x86\0\0\0\1\0\0\0\x42\0\0\0\1\0\0\0\0\0\0\0\0"
			    "\0\0\0\1\0\0\0\1"),
		TURN_CLIENT("\0\0\0\x1c\x20\0\x80\x86\0\0\0\1\0\0\0\x44\0\0\0\0\0\0\0\1\0\0\0\0"),
		TURN_SERVER("\0\0\0\x1c\x20\0\x80\x86\0\0\0\1\0\0\0\x44\0\0\0\1\0\0\0\1\0\0\0\1"),
		TURN_CLIENT("\0\0\0\x1c\x20\0\x80\x87\0\0\0\1\0\0\0\x0c\0\0\0\0\0\0\0\2\0\0\0\0"),
	};
	struct facts facts;

	(void)state;
	assert_true(dissect(&libvirt_dissector, turns, 2, 0, &facts));
	assert_int_equal(facts.auth, AUTH_REQUIRED);
	assert_true(dissect(&libvirt_dissector, turns, COUNT(turns), 0, &facts));
	assert_int_equal(facts.auth, AUTH_FAILED);
	assert_int_equal(facts.logins_failed, 1);
	assert_int_equal(facts.command_count, 0);
	conversation_stands(&libvirt_dissector, turns, COUNT(turns));
}

static void a_machine_is_defined(void **state)
{
	static const struct turn turns[] = {
		TURN_CLIENT("\0\0\0\x1c\x20\0\x80\x86\0\0\0\1\0\0\0\x0b\0\0\0\0\0\0\0\0\0\0\0\0"),
		TURN_SERVER("\0\0\0\x1c\x20\0\x80\x86\0\0\0\1\0\0\0\x0b\0\0\0\1\0\0\0\0\0\0\0\0"),
	};
	struct facts facts;

	(void)state;
	assert_true(dissect(&libvirt_dissector, turns, COUNT(turns), 0, &facts));
	conversation_has(&facts, "DOMAIN_DEFINE_XML", ANSWER_YES, COMMAND_EXECUTES);
}

static void doveadm_is_read(void **state)
{
	struct facts facts = played(&dovecot_dissector, "dovecot/doveadm", "doveadm");

	(void)state;
	assert_int_equal(facts.auth, AUTH_SUCCEEDED);
	assert_string_equal(facts.product, "Dovecot");
	assert_string_equal(facts.user, "doveadm");
	assert_int_equal(facts.data_read, ANSWER_YES);
	conversation_lacks(&facts, "wonderland");
	conversation_has(&facts, "mailbox list", ANSWER_YES, COMMAND_LISTING);
	conversation_has(&facts, "expunge", ANSWER_YES, COMMAND_DESTRUCTIVE);
	facts = played(&dovecot_dissector, "dovecot/doveadm-wrong", "doveadm");
	assert_int_equal(facts.auth, AUTH_FAILED);
}

static void doveadm_without_a_log_in_is_seen(void **state)
{
	static const struct turn turns[] = {
		TURN_CLIENT("VERSION\tdoveadm-server\t1\t2\n"),
		TURN_SERVER("VERSION\tdoveadm-client\t1\t2\n+\n"),
		TURN_CLIENT("\talice\tfetch\ttext\tALL\n\talice\tmailbox delete\told\n"),
		TURN_SERVER("text\n+\n-NOTFOUND\n"),
	};
	struct facts facts;

	(void)state;
	assert_true(dissect(&dovecot_dissector, turns, COUNT(turns), 0, &facts));
	assert_int_equal(facts.auth, AUTH_NONE);
	conversation_has(&facts, "fetch", ANSWER_YES, COMMAND_LISTING);
	conversation_has(&facts, "mailbox delete", ANSWER_NO, COMMAND_DESTRUCTIVE);
	conversation_stands(&dovecot_dissector, turns, COUNT(turns));
}

static void the_authentication_server_of_dovecot_is_read(void **state)
{
	static const struct turn turns[] = {
		TURN_SERVER("VERSION\t1\t2\nSPID\t1\n"),
		TURN_CLIENT("VERSION\t1\t2\nUSER\t1\talice\tservice=imap\nUSER\t2\tbob\n"),
		TURN_SERVER("USER\t1\talice\tuid=1\nNOTFOUND\t2\n"),
	};
	struct facts facts = played(&dovecot_dissector, "dovecot/auth", "dovecot-auth");

	(void)state;
	assert_int_equal(facts.auth, AUTH_SUCCEEDED);
	assert_int_equal(facts.logins_succeeded, 1);
	assert_int_equal(facts.logins_failed, 1);
	assert_string_equal(facts.user, "alice");
	assert_string_equal(facts.mechanism, "PLAIN");
	conversation_lacks(&facts, "wonderland");
	conversation_lacks(&facts, "AGFsaWNl");
	/* Who looks users up needs no password. */
	assert_true(dissect(&dovecot_dissector, turns, COUNT(turns), 0, &facts));
	assert_string_equal(facts.service->name, "dovecot-auth");
	assert_int_equal(facts.auth, AUTH_NONE);
	conversation_has(&facts, "USER", ANSWER_YES, COMMAND_LISTING);
	conversation_stands(&dovecot_dissector, turns, COUNT(turns));
}

static void openflow_is_read(void **state)
{
	struct facts facts = played(&openflow_dissector, "openflow/features", "openflow");

	(void)state;
	assert_int_equal(facts.auth, AUTH_NONE);
	assert_int_equal(facts.data_read, ANSWER_YES);
	conversation_has(&facts, "FEATURES", ANSWER_YES, COMMAND_LISTING);
	facts = played(&openflow_dissector, "openflow/flows-1-3", "openflow");
	conversation_has(&facts, "STATS", ANSWER_YES, COMMAND_LISTING);
	facts = played(&openflow_dissector, "openflow/delete", "openflow");
	conversation_has(&facts, "FLOW_MOD DELETE", ANSWER_YES, COMMAND_DESTRUCTIVE);
}

static void a_refusal_of_openflow_is_seen(void **state)
{
	static const struct turn turns[] = {
		TURN_CLIENT("\1\0\0\x08\0\0\0\1"),
		TURN_SERVER("\1\0\0\x08\0\0\0\1"),
		TURN_CLIENT("\1\x0e\0\x48\0\0\0\2"
			    "1234567890123456789012345678901234567890"
			    "12345678\0\3"
			    "12345678901234"),
		TURN_SERVER("\1\1\0\x0c\0\0\0\2\0\1\0\1"),
	};
	struct facts facts;

	(void)state;
	assert_true(dissect(&openflow_dissector, turns, COUNT(turns), 0, &facts));
	conversation_has(&facts, "FLOW_MOD DELETE", ANSWER_NO, COMMAND_DESTRUCTIVE);
	assert_int_equal(facts.auth, AUTH_NA);
	conversation_stands(&openflow_dissector, turns, COUNT(turns));
}

static void socks_5_is_read(void **state)
{
	struct facts facts = played(&socks_dissector, "socks/open", "socks");

	(void)state;
	assert_string_equal(facts.service->identifier, "open-socks");
	assert_int_equal(facts.auth, AUTH_NONE);
	assert_string_equal(facts.host, "127.0.0.1:8000");
	conversation_has(&facts, "CONNECT", ANSWER_YES, 0);
	facts = played(&socks_dissector, "socks/refused", "socks");
	assert_string_equal(facts.host, "localhost:8000");
	conversation_has(&facts, "CONNECT", ANSWER_NO, 0);
	facts = played(&socks_dissector, "socks/password", "socks");
	assert_int_equal(facts.auth, AUTH_SUCCEEDED);
	assert_string_equal(facts.user, "alice");
	conversation_lacks(&facts, "wonderland");
	conversation_has(&facts, "CONNECT", ANSWER_YES, 0);
	facts = played(&socks_dissector, "socks/wrong", "socks");
	assert_int_equal(facts.auth, AUTH_FAILED);
	facts = played(&socks_dissector, "socks/required", "socks");
	assert_int_equal(facts.auth, AUTH_REQUIRED);
}

static void socks_4_is_read(void **state)
{
	static const struct turn ident[] = {
		TURN_CLIENT("\4\1\0\x19\xc0\0\2\1alice\0"),
		TURN_SERVER("\0\x5d\0\0\0\0\0\0"),
	};
	struct facts facts = played(&socks_dissector, "socks/v4", "socks");

	(void)state;
	assert_int_equal(facts.auth, AUTH_NONE);
	assert_string_equal(facts.host, "127.0.0.1:8000");
	conversation_has(&facts, "CONNECT", ANSWER_YES, 0);
	facts = played(&socks_dissector, "socks/v4a-refused", "socks");
	assert_string_equal(facts.host, "localhost:8000");
	assert_int_equal(facts.auth, AUTH_NA);
	conversation_has(&facts, "CONNECT", ANSWER_NO, 0);
	assert_true(dissect(&socks_dissector, ident, 2, 0, &facts));
	assert_int_equal(facts.auth, AUTH_FAILED);
	assert_string_equal(facts.user, "alice");
	conversation_stands(&socks_dissector, ident, 2);
}

static void too_little_proves_nothing(void **state)
{
	(void)state;
	assert_int_equal(dissect_recognise(&socks_dissector, OVER_TCP, "", 0, "\5\0", 2, true),
			 RECOGNISED_MORE);
	assert_int_equal(dissect_recognise(&socks_dissector, OVER_TCP, "\5\1\0", 3, "", 0, true),
			 RECOGNISED_MORE);
	assert_int_equal(
		dissect_recognise(&socks_dissector, OVER_TCP, "\5\1\0", 3, "\5\2", 2, false),
		RECOGNISED_NO);
	assert_int_equal(dissect_recognise(&openflow_dissector, OVER_TCP, "\1\0\0\x08\0\0\0\1", 8,
					   "", 0, true),
			 RECOGNISED_MORE);
	assert_int_equal(dissect_recognise(&dovecot_dissector, OVER_TCP, "", 0,
					   "VERSION\t1\t2\nX\n", 14, false),
			 RECOGNISED_NO);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(libvirt_is_read),
		cmocka_unit_test(a_log_in_of_libvirt_is_seen),
		cmocka_unit_test(a_machine_is_defined),
		cmocka_unit_test(doveadm_is_read),
		cmocka_unit_test(doveadm_without_a_log_in_is_seen),
		cmocka_unit_test(the_authentication_server_of_dovecot_is_read),
		cmocka_unit_test(openflow_is_read),
		cmocka_unit_test(a_refusal_of_openflow_is_seen),
		cmocka_unit_test(socks_5_is_read),
		cmocka_unit_test(socks_4_is_read),
		cmocka_unit_test(too_little_proves_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
