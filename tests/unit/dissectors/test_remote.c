/* SPDX-License-Identifier: ISC */
/* Protocols whose first messages tell it all: RMI, Zabbix, NRPE, X11, JDWP, git, Citrix. */
#include "tests/unit/conversation.h"

extern const struct dissector java_rmi_dissector, zabbix_dissector, nrpe_dissector, x11_dissector,
	jdwp_dissector, git_dissector, citrix_dissector;

static struct facts facts_of(const struct dissector *d, const struct turn *turns, size_t count)
{
	struct facts facts = conversation_read(d, turns, count, d->name);

	assert_int_equal(facts.encryption, ENCRYPTION_CLEARTEXT);
	return facts;
}

#define RMI_CALL(object, operation)                                                                \
	"P\xac\xed\0\5w\x22\0\0\0\0\0\0\0" object "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0" operation   \
	"\1\2\3\4\5\6\7\x08"

static void java_rmi_is_read(void **state)
{
	static const struct turn call[] = {
		TURN_CLIENT("JRMI\0\2L" RMI_CALL("\7", "\7")),
		TURN_SERVER("Q\xac\xed\0\5w\x0f\1"),
	};
	static const struct turn look[] = {
		TURN_CLIENT("JRMI\0\2L" RMI_CALL("\0", "\2")),
		TURN_SERVER("Q\xac\xed\0\5w\x0f\2"),
	};
	static const struct turn turns[] = {
		TURN_CLIENT("JRMI\0\2K"),
		TURN_SERVER("N\0\x0d"
			    "198.51.100.59\0\0\x86\x86"),
		TURN_CLIENT("\0\x09"
			    "127.0.1.1\0\0\0\0P\xac\xed\0\5"),
		TURN_SERVER("Q\xac\xed\0\5"),
	};
	struct facts facts = facts_of(&java_rmi_dissector, turns, COUNT(turns));

	(void)state;
	conversation_has(&facts, "JRMI", ANSWER_UNKNOWN, 0);
	facts = facts_of(&java_rmi_dissector, call, COUNT(call));
	conversation_has(&facts, "RMI call", ANSWER_YES, COMMAND_EXECUTES);
	facts = facts_of(&java_rmi_dissector, look, COUNT(look));
	conversation_has(&facts, "lookup", ANSWER_NO, 0);
	facts = facts_of(&java_rmi_dissector, turns, COUNT(turns));
	assert_int_equal(facts.auth, AUTH_NONE);
	assert_int_equal(facts.data_read, ANSWER_YES);
	facts = facts_of(&java_rmi_dissector, turns, 2);
	assert_int_equal(facts.data_read, ANSWER_NO);
}

static void zabbix_is_read(void **state)
{
	static char page[200] = "ZBXD\1\xbb\0\0\0\0\0\0\0{\"data\":";
	static const struct turn turns[] = {
		TURN_CLIENT(
			"ZBXD\1\x25\0\0\0\0\0\0\0{\"request\":\"active checks\",\"host\":\"a\"}"),
		{SIDE_SERVER, page, sizeof page},
	};
	static const struct turn sent[] = {
		TURN_CLIENT("ZBXD\3\x52\0\0\0\x52\0\0\0x\x9c\xaaVJ"),
		TURN_SERVER("ZBXD\3\x55\0\0\0\x5a\0\0\0x\x9c\x1d\xc9"),
	};
	struct facts facts = facts_of(&zabbix_dissector, turns, COUNT(turns));

	(void)state;
	assert_string_equal(facts.product, "Zabbix server");
	assert_int_equal(facts.auth, AUTH_NONE);
	assert_int_equal(facts.data_read, ANSWER_YES);
	facts = facts_of(&zabbix_dissector, sent, COUNT(sent));
	assert_int_equal(facts.auth, AUTH_NONE);
	assert_int_equal(facts.data_read, ANSWER_NO);
}

static void an_agent_of_zabbix_is_read(void **state)
{
	static const struct turn version[] = {
		TURN_CLIENT("ZBXD\1\x0d\0\0\0\0\0\0\0agent.version"),
		TURN_SERVER("ZBXD\1\6\0\0\0\0\0\0\0"
			    "6.0.14"),
	};
	static const struct turn run[] = {
		TURN_CLIENT("ZBXD\1\x0e\0\0\0\0\0\0\0system.run[id]"),
		TURN_SERVER("ZBXD\1\6\0\0\0\0\0\0\0uid=0("),
	};
	static const struct turn refused[] = {
		TURN_CLIENT("system.run[id]\n"),
		TURN_SERVER("ZBXD\1\x14\0\0\0\0\0\0\0ZBX_NOTSUPPORTED\0No."),
	};
	struct facts facts = facts_of(&zabbix_dissector, version, COUNT(version));

	(void)state;
	assert_string_equal(facts.product, "Zabbix agent");
	assert_string_equal(facts.version, "6.0.14");
	assert_int_equal(facts.data_read, ANSWER_NO);
	conversation_has(&facts, "agent.version", ANSWER_YES, COMMAND_LISTING);
	facts = facts_of(&zabbix_dissector, run, COUNT(run));
	assert_int_equal(facts.auth, AUTH_NONE);
	assert_int_equal(facts.data_read, ANSWER_YES);
	conversation_has(&facts, "system.run", ANSWER_YES, COMMAND_LISTING | COMMAND_EXECUTES);
	facts = facts_of(&zabbix_dissector, refused, COUNT(refused));
	assert_int_equal(facts.data_read, ANSWER_NO);
	conversation_has(&facts, "system.run", ANSWER_NO, COMMAND_LISTING | COMMAND_EXECUTES);
}

static void nrpe_is_read(void **state)
{
	static const struct turn turns[] = {
		TURN_CLIENT("\0\4\0\1\xf5\x08\xb5\x34\0\0\0\0\0\0\0\x12"
			    "check_users!hidden\0"),
		TURN_SERVER("\0\4\0\2\x81\x37\xaa\x95\0\0\0\0\0\0\0\3ok\0"),
	};
	static const struct turn refused[] = {
		TURN_CLIENT("\0\2\0\1\xf5\x08\xb5\x34\0\0check_x\0\0\0\0\0\0\0\0\0"),
		TURN_SERVER("\0\2\0\2\x81\x37\xaa\x95\0\3NRPE: Command 'check_x' not defined\0"),
	};
	struct facts facts = facts_of(&nrpe_dissector, turns, COUNT(turns));

	(void)state;
	conversation_has(&facts, "check_users", ANSWER_YES, COMMAND_EXECUTES);
	conversation_lacks(&facts, "hidden");
	assert_int_equal(facts.auth, AUTH_NONE);
	assert_int_equal(facts.data_read, ANSWER_YES);
	facts = facts_of(&nrpe_dissector, refused, COUNT(refused));
	conversation_has(&facts, "check_x", ANSWER_NO, 0);
	assert_int_equal(facts.data_read, ANSWER_NO);
}

static void x11_is_read(void **state)
{
	static const struct turn open[] = {
		TURN_CLIENT("l\0\x0b\0\0\0\0\0\0\0\0\0"),
		TURN_SERVER(
			"\1\0\x0b\0\0\0\x0a\0\1\2\3\4\0\0\0\0\0\0\0\0\0\0\0\0\4\0\0\0\0\0\0\0\0\0\0"
			"\0\0\0\0\0Xorg"),
	};
	static const struct turn refused[] = {
		TURN_CLIENT("B\0\0\x0b\0\0\0\3\0\2\0\0abc\0hi\0\0"),
		TURN_SERVER("\0\4\0\x0b\0\0\0\1no!!"),
	};
	struct facts facts = facts_of(&x11_dissector, open, COUNT(open));

	(void)state;
	assert_int_equal(facts.auth, AUTH_NONE);
	assert_string_equal(facts.product, "Xorg");
	facts = facts_of(&x11_dissector, refused, COUNT(refused));
	assert_int_equal(facts.auth, AUTH_FAILED);
	assert_string_equal(facts.mechanism, "abc");
}

static void jdwp_is_read(void **state)
{
	static const struct turn turns[] = {
		TURN_CLIENT("JDWP-Handshake"),
		TURN_SERVER("JDWP-Handshake"),
		TURN_CLIENT("\0\0\0\x0b\0\0\0\1\0\1\1"),
		TURN_SERVER("\0\0\0\x0c\0\0\0\1\x80\0\0x"),
		TURN_CLIENT("\0\0\0\x0c\0\0\0\2\0\3\3y\0\0\0\x0b\0\0\0\3\0\1\x12"),
		TURN_SERVER("\0\0\0\x0b\0\0\0\3\x80\0\x63\0\0\0\x0c\0\0\0\2\x80\0\0z"),
	};
	struct facts facts = facts_of(&jdwp_dissector, turns, COUNT(turns));

	(void)state;
	assert_int_equal(facts.auth, AUTH_NONE);
	assert_int_equal(facts.data_read, ANSWER_YES);
	conversation_has(&facts, "JDWP-Handshake", ANSWER_UNKNOWN, 0);
	conversation_has(&facts, "VirtualMachine.Version", ANSWER_YES, 0);
	conversation_has(&facts, "ClassType.InvokeMethod", ANSWER_YES, COMMAND_EXECUTES);
	conversation_has(&facts, "VirtualMachine.RedefineClasses", ANSWER_NO, COMMAND_EXECUTES);
	facts = facts_of(&jdwp_dissector, turns, 2);
	assert_int_equal(facts.data_read, ANSWER_NO);
}

static void git_is_read(void **state)
{
	static const struct turn turns[] = {
		TURN_CLIENT("0036git-upload-pack /r.git\0host=10.20.1.10\0\0version=2\0"),
		TURN_SERVER("000eversion 2\n0015agent=git/2.39.5\n"),
	};
	static const struct turn refused[] = {
		TURN_CLIENT("0032git-receive-pack /r.git\0host=a\0"),
		TURN_SERVER("0036ERR access denied or repository not exported: /r.git"),
	};
	struct facts facts = facts_of(&git_dissector, turns, COUNT(turns));

	(void)state;
	assert_int_equal(facts.auth, AUTH_NONE);
	assert_string_equal(facts.path, "/r.git");
	conversation_has(&facts, "git-upload-pack", ANSWER_YES, 0);
	facts = facts_of(&git_dissector, refused, COUNT(refused));
	conversation_has(&facts, "git-receive-pack", ANSWER_NO, 0);
	assert_int_equal(facts.auth, AUTH_NA);
}

static enum recognised ask_citrix(const char *client, const char *server, bool one_sided)
{
	return dissect_recognise(&citrix_dissector, OVER_TCP, client, strlen(client), server,
				 strlen(server), one_sided);
}

static void citrix_is_read(void **state)
{
	static const char screen[1200];
	static const struct turn turns[] = {
		TURN_SERVER("\x7f\x7fICA\0"),
		TURN_CLIENT("\x7f\x7fICA\0"),
		{SIDE_SERVER, screen, sizeof screen},
	};
	struct facts facts;

	(void)state;
	assert_true(dissect(&citrix_dissector, turns, 2, 0, &facts));
	assert_string_equal(facts.product, "Citrix ICA");
	assert_int_equal(facts.encryption, ENCRYPTION_NATIVE);
	assert_int_equal(facts.data_read, ANSWER_UNKNOWN);
	conversation_stands(&citrix_dissector, turns, 2);
	assert_true(dissect(&citrix_dissector, turns, 3, 0, &facts));
	assert_int_equal(facts.data_read, ANSWER_YES);
	assert_int_equal(ask_citrix("\x7f\x7fICA", "", false), RECOGNISED_MORE);
	assert_int_equal(ask_citrix("\x7f\x7fICA", "", true), RECOGNISED_YES);
	assert_int_equal(ask_citrix("\x7f\x7fICA", "SSH-2.0-x\r\n", false), RECOGNISED_NO);
	assert_int_equal(ask_citrix("\x1a"
				    "CGP/01",
				    "", false),
			 RECOGNISED_MORE);
	assert_int_equal(ask_citrix("\x7f\x7f", "", false), RECOGNISED_MORE);
	assert_int_equal(ask_citrix("GET", "", true), RECOGNISED_NO);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(java_rmi_is_read),
		cmocka_unit_test(zabbix_is_read),
		cmocka_unit_test(an_agent_of_zabbix_is_read),
		cmocka_unit_test(nrpe_is_read),
		cmocka_unit_test(x11_is_read),
		cmocka_unit_test(jdwp_is_read),
		cmocka_unit_test(git_is_read),
		cmocka_unit_test(citrix_is_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
