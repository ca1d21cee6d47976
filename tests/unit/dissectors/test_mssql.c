/* SPDX-License-Identifier: ISC */
/* Microsoft SQL Server: greeting, log-in, batches; the browser. Bytes as MS-TDS has them. */
#include "tests/unit/conversation.h"

extern const struct dissector mssql_dissector;
extern const struct dissector mssql_browser_dissector;

/* A packet that is a whole message. */
static void packet(struct script *s, enum side from, uint8_t type, const void *body, size_t length)
{
	uint8_t bytes[1024] = {type, 1, (uint8_t)((length + 8) >> 8), (uint8_t)(length + 8), 0, 0,
			       1,    0};

	memcpy(bytes + 8, body, length);
	script_put(s, from, bytes, length + 8);
}
#define PACKET(s, from, type, text) packet((s), (from), (type), (text), sizeof(text) - 1)

static size_t widen(uint8_t *to, const char *text)
{
	size_t length = strlen(text);

	for (size_t i = 0; i < length; i++) {
		to[2 * i] = (uint8_t)text[i];
		to[2 * i + 1] = 0;
	}
	return 2 * length;
}

static void batch(struct script *s, const char *text)
{
	uint8_t body[512] = {22, 0, 0, 0, 18, 0, 0, 0, 2, 0};

	packet(s, SIDE_CLIENT, 1, body, 22 + widen(body + 22, text));
}

#define OPTIONS "\0\0\x0b\0\6\1\0\x11\0\1\xff"
#define DONE	"\xfd\0\0\0\0\0\0\0\0\0\0\0\0"

static void greet(struct script *s)
{
	PACKET(s, SIDE_CLIENT, 0x12, OPTIONS "\x11\0\0\0\0\0\2");
	PACKET(s, SIDE_SERVER, 4, OPTIONS "\x0f\0\x07\xd0\0\0\2");
}

static void log_in(struct script *s)
{
	uint8_t body[160] = {160, 0, 0, 0, 4, 0, 0, 0x74};

	body[40] = 100;
	body[42] = 2;
	body[44] = 104;
	body[46] = 6;
	widen(body + 100, "sa");
	widen(body + 104, "hunter");
	packet(s, SIDE_CLIENT, 0x10, body, sizeof body);
}

#define ACKNOWLEDGED "\xad\x10\0\1\x74\0\0\4\3S\0Q\0L\0\x0f\0\x07\xd0" DONE
#define REFUSED	     "\xaa\x0a\0\x18\x48\0\0\1\x0e\0\0\0\0\xfd\2\0\0\0\0\0\0\0\0\0\0\0"

static struct facts facts_of(const struct script *s)
{
	return conversation_read(&mssql_dissector, s->turns, s->count, "mssql");
}

static void the_greeting_is_read(void **state)
{
	struct script s = {.count = 0};
	struct facts facts;

	(void)state;
	greet(&s);
	facts = facts_of(&s);
	assert_int_equal(facts.auth, AUTH_NA);
	assert_int_equal(facts.encryption, ENCRYPTION_CLEARTEXT);
	assert_string_equal(facts.version, "15.0.2000");
}

static void a_refusal_is_seen(void **state)
{
	struct script s = {.count = 0};
	struct facts facts;

	(void)state;
	greet(&s);
	log_in(&s);
	PACKET(&s, SIDE_SERVER, 4, REFUSED);
	facts = facts_of(&s);
	assert_int_equal(facts.auth, AUTH_FAILED);
	assert_string_equal(facts.user, "sa");
	conversation_lacks(&facts, "hunter");
}

static void batches_are_read(void **state)
{
	struct script s = {.count = 0};
	struct facts facts;

	(void)state;
	greet(&s);
	log_in(&s);
	PACKET(&s, SIDE_SERVER, 4, ACKNOWLEDGED);
	batch(&s, "select * from customers");
	PACKET(&s, SIDE_SERVER, 4, "\x81\1\0abc");
	batch(&s, "drop database shop");
	PACKET(&s, SIDE_SERVER, 4, DONE);
	batch(&s, "truncate table logs");
	PACKET(&s, SIDE_SERVER, 4, REFUSED);
	facts = facts_of(&s);
	assert_int_equal(facts.auth, AUTH_SUCCEEDED);
	assert_int_equal(facts.data_read, ANSWER_YES);
	conversation_has(&facts, "SELECT FROM", ANSWER_YES, COMMAND_LISTING);
	conversation_has(&facts, "DROP DATABASE", ANSWER_YES, COMMAND_DESTRUCTIVE);
	assert_int_equal(facts.commands[2].accepted, ANSWER_NO);
	assert_true(facts.commands[2].flags & COMMAND_DESTRUCTIVE);
}

/* A call of sp_executesql, by its number or by a name, with the text as NVARCHAR. */
static void call(struct script *s, const char *name, const char *text)
{
	static const uint8_t type[] = {0xe7, 0x40, 0x1f, 9, 4, 0xd0, 0, 0x34};
	uint8_t body[600] = {22, 0, 0, 0, 18, 0, 0, 0, 2, 0};
	size_t at = 22, length = 2 * strlen(text);

	if (name == NULL) {
		memcpy(body + at, "\xff\xff\x0a\0", 4);
		at += 4;
	} else {
		body[at] = (uint8_t)strlen(name);
		at += 2;
		at += widen(body + at, name);
	}
	at += 4; /* flags of the call, no name of the parameter, its status */
	memcpy(body + at, type, sizeof type);
	at += sizeof type;
	body[at] = (uint8_t)length;
	body[at + 1] = (uint8_t)(length >> 8);
	at += 2;
	packet(s, SIDE_CLIENT, 3, body, at + widen(body + at, text));
}

static void code_that_runs_is_seen(void **state)
{
	struct script s = {.count = 0};
	struct facts facts;

	(void)state;
	greet(&s);
	log_in(&s);
	PACKET(&s, SIDE_SERVER, 4, ACKNOWLEDGED);
	batch(&s, "SELECT 'EXEC xp_cmdshell' FROM [xp_cmdshell]");
	PACKET(&s, SIDE_SERVER, 4, "\x81\1\0abc");
	batch(&s, "exec master..xp_CmdShell 'dir'");
	PACKET(&s, SIDE_SERVER, 4, REFUSED);
	call(&s, NULL, "EXEC sp_OACreate 'WScript.Shell', @o OUT");
	PACKET(&s, SIDE_SERVER, 4, DONE);
	call(&s, "master..xp_dirtree", "C:\\");
	PACKET(&s, SIDE_SERVER, 4, DONE);
	call(&s, "sp_executesql", "DROP TABLE a");
	PACKET(&s, SIDE_SERVER, 4, DONE);
	facts = facts_of(&s);
	conversation_has(&facts, "SELECT FROM", ANSWER_YES, COMMAND_LISTING);
	conversation_has(&facts, "xp_cmdshell", ANSWER_NO, COMMAND_EXECUTES);
	conversation_has(&facts, "sp_OACreate", ANSWER_YES, COMMAND_EXECUTES);
	conversation_has(&facts, "xp_dirtree", ANSWER_YES, COMMAND_EXECUTES);
	conversation_has(&facts, "DROP TABLE", ANSWER_YES, COMMAND_DESTRUCTIVE);
}

/* TLS inside of packets; then, if only the log-in was protected, readable packets again. */
static void tls_is_agreed_to(void **state)
{
	struct script s = {.count = 0};
	struct facts facts;

	(void)state;
	greet(&s);
	PACKET(&s, SIDE_CLIENT, 0x12, "\x16\3\1\0\2ab");
	PACKET(&s, SIDE_SERVER, 0x12, "\x16\3\1\0\2ab");
	script_put(&s, SIDE_CLIENT, "\x17\3\3\0\2xy", 7);
	facts = facts_of(&s);
	assert_int_equal(facts.encryption, ENCRYPTION_STARTTLS);
	assert_int_equal(facts.auth, AUTH_UNKNOWN);
}

static void the_browser_is_read(void **state)
{
	static const struct turn turns[] = {
		TURN_CLIENT("\3"),
		TURN_SERVER(
			"\5\x40\0ServerName;DB1;InstanceName;X;IsClustered;No;Version;15.0.2000.5;"
			"tcp;1433;;"),
	};
	struct facts facts;

	(void)state;
	assert_true(dissect_over(&mssql_browser_dissector, OVER_UDP, turns, 2, 0, &facts));
	assert_string_equal(facts.version, "15.0.2000.5");
	assert_false(dissect_over(&mssql_browser_dissector, OVER_UDP, turns, 1, 0, &facts));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_greeting_is_read), cmocka_unit_test(a_refusal_is_seen),
		cmocka_unit_test(batches_are_read),	cmocka_unit_test(code_that_runs_is_seen),
		cmocka_unit_test(tls_is_agreed_to),	cmocka_unit_test(the_browser_is_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
