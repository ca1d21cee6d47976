/* SPDX-License-Identifier: ISC */
/*
 * Second doors of well-known services: MySQL's X protocol, Hadoop's own calls, Erlang's
 * distribution (recorded from RabbitMQ 3.10), VMware's authentication daemon.
 */
#include "tests/unit/recorded.h"

extern const struct dissector mysqlx_dissector, hadoop_ipc_dissector, vmware_dissector,
	erlang_dissector;

static struct facts facts_of(const struct dissector *d, const struct turn *turns, size_t count,
			     const char *service)
{
	return conversation_read(d, turns, count, service);
}

#define X_HELLO "\5\0\0\0\x0b\x08\5\x1a\0"
#define X_CAPABILITIES                                                                             \
	"\x1f\0\0\0\2\x0a\x1c\x0a\x19"                                                             \
	"authentication.mechanisms"                                                                \
	"\x12"

static void mysqlx_is_read(void **state)
{
	static const struct turn turns[] = {
		TURN_CLIENT("\1\0\0\0\1"),
		TURN_SERVER(X_HELLO X_CAPABILITIES),
		TURN_CLIENT("\x0a\0\0\0\4\x0a\7MYSQL41"),
		TURN_SERVER("\3\0\0\0\3\x0a\0"),
		TURN_CLIENT("\3\0\0\0\5\x0a\0"),
		TURN_SERVER("\1\0\0\0\4"),
		TURN_CLIENT("\x12\0\0\0\x0c\x0a\x0f"
			    "SELECT * FROM a"),
		TURN_SERVER("\3\0\0\0\x0d\x0a\0\1\0\0\0\x11"),
		TURN_CLIENT("\x12\0\0\0\x0c\x0a\x0f"
			    "DROP DATABASE a"),
		TURN_SERVER("\3\0\0\0\1\x08\0"),
		TURN_CLIENT("\x15\0\0\0\x0c\x0a\x12"
			    "SELECT LOAD_FILE(1"),
		TURN_SERVER("\3\0\0\0\1\x08\0"),
	};
	struct facts facts = facts_of(&mysqlx_dissector, turns, 2, "mysqlx");

	(void)state;
	assert_int_equal(facts.auth, AUTH_REQUIRED);
	facts = facts_of(&mysqlx_dissector, turns, COUNT(turns), "mysqlx");
	assert_int_equal(facts.auth, AUTH_SUCCEEDED);
	assert_string_equal(facts.mechanism, "MYSQL41");
	assert_int_equal(facts.data_read, ANSWER_YES);
	conversation_has(&facts, "SELECT FROM", ANSWER_YES, COMMAND_LISTING);
	conversation_has(&facts, "DROP DATABASE", ANSWER_NO, COMMAND_DESTRUCTIVE);
	conversation_has(&facts, "LOAD_FILE", ANSWER_NO, COMMAND_EXECUTES);
}

static void mysqlx_turns_into_tls(void **state)
{
	static const struct turn turns[] = {
		TURN_SERVER(X_HELLO),
		TURN_CLIENT("\x08\0\0\0\2\x0a\5\x0a\3tls"),
		TURN_SERVER("\1\0\0\0\0"),
	};
	struct facts facts = facts_of(&mysqlx_dissector, turns, COUNT(turns), "mysqlx");

	(void)state;
	assert_true(dissect_starts_tls(&mysqlx_dissector, turns, COUNT(turns)));
	assert_int_equal(facts.encryption, ENCRYPTION_STARTTLS);
}

#define HADOOP_CALL(length, size, name)                                                            \
	"\0\0\0" length "\0\0" size name "\x12\x18org.apache.hadoop.hdfs.C"
#define HADOOP_ANSWER(call, status) "\0\0\0\6\5\x08" call "\x10" status "\0"

static void hadoop_is_read(void **state)
{
	static const struct turn turns[] = {
		TURN_CLIENT("hrpc\x09\0\0" HADOOP_CALL("\x27", "\x0a", "getListing")),
		TURN_SERVER(HADOOP_ANSWER("\2", "\0")),
		TURN_CLIENT(HADOOP_CALL("\x23", "\6", "delete")),
		TURN_SERVER(HADOOP_ANSWER("\4", "\1")),
		TURN_CLIENT(HADOOP_CALL("\x2e", "\x11", "submitApplication")),
		TURN_SERVER(HADOOP_ANSWER("\6", "\0")),
	};
	static const struct turn sasl[] = {
		TURN_CLIENT("hrpc\x09\0\xdf\0\0\0\4\2\x08\1\0"),
		TURN_SERVER(HADOOP_ANSWER("\2", "\0")),
	};
	struct facts facts = facts_of(&hadoop_ipc_dissector, turns, COUNT(turns), "hadoop-ipc");

	(void)state;
	assert_int_equal(facts.auth, AUTH_NONE);
	assert_int_equal(facts.data_read, ANSWER_YES);
	conversation_has(&facts, "getListing", ANSWER_YES, COMMAND_LISTING);
	conversation_has(&facts, "delete", ANSWER_NO, COMMAND_DESTRUCTIVE);
	conversation_has(&facts, "submitApplication", ANSWER_YES, COMMAND_EXECUTES);
	facts = facts_of(&hadoop_ipc_dissector, sasl, COUNT(sasl), "hadoop-ipc");
	assert_int_equal(facts.auth, AUTH_REQUIRED);
}

static void vmware_is_read(void **state)
{
	static const struct turn turns[] = {
		TURN_SERVER("220 VMware Authentication Daemon Version 1.10: SSL Required, "
			    "ServerDaemonProtocol:SOAP\r\n"),
	};
	static const struct turn plain[] = {
		TURN_SERVER("220 VMware Authentication Daemon Version 1.0, MKS\r\n"),
		TURN_CLIENT("USER root\r\n"),
		TURN_SERVER("331 Password required for root.\r\n"),
		TURN_CLIENT("PASS hunter2\r\n"),
		TURN_SERVER("530 Login incorrect.\r\n"),
	};
	struct facts facts = facts_of(&vmware_dissector, turns, 1, "vmware-authd");

	(void)state;
	assert_string_equal(facts.product, "VMware Authentication Daemon");
	assert_string_equal(facts.version, "1.10");
	assert_true(dissect_starts_tls(&vmware_dissector, turns, 1));
	facts = facts_of(&vmware_dissector, plain, COUNT(plain), "vmware-authd");
	assert_int_equal(facts.auth, AUTH_FAILED);
	assert_string_equal(facts.user, "root");
	conversation_lacks(&facts, "hunter2");
}

static void erlang_is_read(void **state)
{
	static const struct turn call[] = {
		TURN_CLIENT("\0\0\0\0\0\0\0\x0dp\x83h\4a\6gd\0\3rexa"),
		TURN_SERVER("\0\0\0\0\0\0\0\3p\x83h"),
	};
	struct recorded *r = calloc(1, sizeof *r);
	struct facts facts = recorded_facts(r, &erlang_dissector, "erlang/cookie");

	(void)state;
	assert_string_equal(facts.service->name, "erlang-dist");
	assert_int_equal(facts.auth, AUTH_SUCCEEDED);
	assert_string_equal(facts.user, "probe@client");
	conversation_stands(&erlang_dissector, r->turns, r->count);
	for (size_t i = 0; i < COUNT(call); i++)
		r->turns[r->count++] = call[i];
	assert_true(dissect(&erlang_dissector, r->turns, r->count, 0, &facts));
	conversation_has(&facts, "rpc", ANSWER_YES, COMMAND_EXECUTES);
	conversation_stands(&erlang_dissector, r->turns, r->count);
	facts = recorded_facts(r, &erlang_dissector, "erlang/wrong-cookie");
	assert_int_equal(facts.auth, AUTH_FAILED);
	/* The status alone is no proof; a name that is none is another's. */
	assert_int_equal(dissect_recognise(&erlang_dissector, OVER_TCP, "", 0, "\0\3sok", 5, false),
			 RECOGNISED_MORE);
	assert_int_equal(dissect_recognise(&erlang_dissector, OVER_TCP, "\0\x0cn\0\5\0\0\0\0name\n",
					   14, "\0\3sok", 5, false),
			 RECOGNISED_NO);
	free(r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(mysqlx_is_read), cmocka_unit_test(mysqlx_turns_into_tls),
		cmocka_unit_test(hadoop_is_read), cmocka_unit_test(vmware_is_read),
		cmocka_unit_test(erlang_is_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
