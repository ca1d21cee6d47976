/* SPDX-License-Identifier: ISC */
/* MySQL and MariaDB: greetings, log-ins with and without a password, statements and results. */
#include <stdlib.h>

#include <zlib.h>
#include <zstd.h>

#include "tests/unit/conversation.h"

extern const struct dissector mysql_dissector;

#define NO_EOF	   0x01000000
#define ATTRIBUTES 0x08000000

static void packet(struct script *s, enum side from, uint8_t number, const void *body,
		   size_t length)
{
	uint8_t header[4] = {(uint8_t)length, (uint8_t)(length >> 8), (uint8_t)(length >> 16),
			     number};

	script_put(s, from, header, sizeof header);
	script_put(s, from, body, length);
}
#define CLIENT(s, number, text) packet((s), SIDE_CLIENT, (number), (text), sizeof(text) - 1)
#define SERVER(s, number, text) packet((s), SIDE_SERVER, (number), (text), sizeof(text) - 1)

#define OK "\0\0\0\2\0\0\0"

static void greet(struct script *s, const char *version)
{
	uint8_t body[160] = {0x0a};
	size_t at = 1 + strlen(version) + 1;

	*s = (struct script){.count = 0};
	memcpy(body + 1, version, at - 1);
	memcpy(body + at, "\7\0\0\0abcdefgh\0\xff\xff\x21\2\0\xff\xff\x15", 20);
	at += 12 + 1 + 8 + 10;
	memcpy(body + at, "ijklmnopqrst\0mysql_native_password", 35);
	packet(s, SIDE_SERVER, 0, body, at + 35);
}

/* password NULL: none is sent */
static void log_in(struct script *s, uint32_t capabilities, const char *password)
{
	uint8_t body[200] = {0};
	size_t at = 32, length = password ? strlen(password) : 0;

	capabilities |= 0x200 | 0x8000 | 0x80000;
	for (int i = 0; i < 4; i++)
		body[i] = (uint8_t)(capabilities >> (8 * i));
	memcpy(body + at, "root", 5);
	at += 5;
	body[at++] = (uint8_t)length;
	if (password)
		memcpy(body + at, password, length);
	at += length;
	memcpy(body + at, "mysql_native_password", 22);
	packet(s, SIDE_CLIENT, 1, body, at + 22);
}

static struct facts facts_of(const struct script *s)
{
	return conversation_read(&mysql_dissector, s->turns, s->count, "mysql");
}

static void versions_are_read(void **state)
{
	static const struct {
		const char *greeting, *product, *version;
	} rows[] = {
		{"8.0.36", "MySQL", "8.0.36"},
		{"5.7.44-log", "MySQL", "5.7.44-log"},
		{"5.5.5-10.11.19-MariaDB-1:10.11.19+maria~deb12", "MariaDB", "10.11.19"},
		{"11.4.2-MariaDB-ubu2404", "MariaDB", "11.4.2"},
		{"2.2.11-id64-release (95ae9a6)", "SphinxSearch", "2.2.11"},
		{"8.0.11-TiDB-v7.5.0", "TiDB", "8.0.11"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct script s;
		struct facts facts;

		greet(&s, rows[i].greeting);
		facts = facts_of(&s);
		assert_string_equal(facts.product, rows[i].product);
		assert_string_equal(facts.version, rows[i].version);
		assert_int_equal(facts.auth, AUTH_NA);
		assert_int_equal(facts.data_read, ANSWER_NO);
	}
}

static void put_result(struct script *s, bool eof)
{
	SERVER(s, 1, "\1");
	SERVER(s, 2, "\3def\0\0\0\1a\0\x0c\x21\0\0\0\0\0\xfd\1\0\x1f\0\0");
	if (eof)
		SERVER(s, 3, "\xfe\0\0\2\0");
	SERVER(s, 4, "\1x");
	if (eof)
		SERVER(s, 5, "\xfe\0\0\2\0");
	else
		SERVER(s, 5, "\xfe\0\0\2\0\0\0");
}

static void check_session(bool eof)
{
	struct script s;
	struct facts facts;

	greet(&s, "8.0.36");
	log_in(&s, eof ? 0 : NO_EOF, NULL);
	SERVER(&s, 2, OK);
	CLIENT(&s, 0, "\3select * from users");
	put_result(&s, eof);
	CLIENT(&s, 0, "\3drop database shop");
	SERVER(&s, 1, OK);
	CLIENT(&s, 0, "\3truncate a");
	SERVER(&s, 1, "\xff\x15\4#42000denied");
	CLIENT(&s, 0, "\x0e");
	SERVER(&s, 1, OK);
	CLIENT(&s, 0, "\1");
	facts = facts_of(&s);
	assert_int_equal(facts.auth, AUTH_NONE);
	assert_int_equal(facts.data_read, ANSWER_YES);
	assert_string_equal(facts.user, "root");
	conversation_has(&facts, "SELECT FROM", ANSWER_YES, COMMAND_LISTING);
	conversation_has(&facts, "DROP DATABASE", ANSWER_YES, COMMAND_DESTRUCTIVE);
	conversation_has(&facts, "TRUNCATE", ANSWER_NO, COMMAND_DESTRUCTIVE);
	conversation_has(&facts, "PING", ANSWER_YES, 0);
	conversation_has(&facts, "QUIT", ANSWER_UNKNOWN, 0);
}

static void an_open_server_is_seen(void **state)
{
	(void)state;
	check_session(true);
	check_session(false);
}

static void passwords_are_judged(void **state)
{
	struct script s;
	struct facts facts;

	(void)state;
	greet(&s, "8.0.36");
	log_in(&s, 0, "twenty-bytes-of-hash");
	SERVER(&s, 2, OK);
	facts = facts_of(&s);
	assert_int_equal(facts.auth, AUTH_SUCCEEDED);
	assert_string_equal(facts.mechanism, "mysql_native_password");
	conversation_lacks(&facts, "twenty-bytes");
	greet(&s, "8.0.36");
	log_in(&s, 0, "twenty-bytes-of-hash");
	SERVER(&s, 2, "\xff\x15\4#28000Access denied for user");
	facts = facts_of(&s);
	assert_int_equal(facts.auth, AUTH_FAILED);
	assert_int_equal(facts.logins_failed, 1);
}

/* Another mechanism is asked for; then the fast path fails and the password goes in full. */
static void a_switch_and_a_full_proof_are_followed(void **state)
{
	struct script s;
	struct facts facts;

	(void)state;
	greet(&s, "8.0.36");
	log_in(&s, 0, NULL);
	SERVER(&s, 2,
	       "\xfe"
	       "caching_sha2_password\0abcdefghijklmnopqrst\0");
	CLIENT(&s, 3, "thirty-two-bytes-of-scrambled-pw");
	SERVER(&s, 4, "\1\4");
	CLIENT(&s, 5, "\2");
	SERVER(&s, 6, "\1-----BEGIN PUBLIC KEY-----");
	CLIENT(&s, 7, "encrypted-password");
	SERVER(&s, 8, OK);
	facts = facts_of(&s);
	assert_int_equal(facts.auth, AUTH_SUCCEEDED);
	assert_string_equal(facts.mechanism, "caching_sha2_password");
	conversation_lacks(&facts, "encrypted-password");
}

static void a_host_that_is_not_allowed_is_refused(void **state)
{
	struct script s = {.count = 0};
	struct facts facts;

	(void)state;
	SERVER(&s, 0,
	       "\xff\x6a\4Host '192.0.2.1' is not allowed to connect to this MariaDB server");
	facts = facts_of(&s);
	assert_int_equal(facts.auth, AUTH_NA);
	assert_string_equal(facts.product, "MariaDB");
}

static void tls_is_agreed_to(void **state)
{
	static const char request[32] = "\x05\xae\xff\x01\0\0\0\1\x21";
	struct script s;
	struct facts facts;

	(void)state;
	greet(&s, "8.0.36");
	packet(&s, SIDE_CLIENT, 1, request, sizeof request);
	script_put(&s, SIDE_CLIENT, "\x16\x03\x01", 3);
	facts = facts_of(&s);
	assert_true(dissect_starts_tls(&mysql_dissector, s.turns, s.count));
	assert_int_equal(facts.encryption, ENCRYPTION_STARTTLS);
	assert_int_equal(facts.auth, AUTH_UNKNOWN);
}

static void many_statements_are_matched(void **state)
{
	struct script s;
	struct facts facts;

	(void)state;
	greet(&s, "8.0.36");
	log_in(&s, 0, "x");
	SERVER(&s, 2, OK);
	CLIENT(&s, 0, "\3delete from a; select 1; truncate b");
	SERVER(&s, 1, "\0\5\0\x0a\0\0\0"); /* more results follow */
	SERVER(&s, 2, "\xff\x15\4#42000denied");
	CLIENT(&s, 0, "\3drop table c");
	SERVER(&s, 1, OK);
	facts = facts_of(&s);
	conversation_has(&facts, "DELETE without WHERE", ANSWER_YES, COMMAND_DESTRUCTIVE);
	conversation_has(&facts, "SELECT", ANSWER_NO, 0);
	conversation_has(&facts, "TRUNCATE", ANSWER_UNKNOWN, COMMAND_DESTRUCTIVE);
	conversation_has(&facts, "DROP TABLE", ANSWER_YES, COMMAND_DESTRUCTIVE);
}

static void files_and_libraries_are_seen(void **state)
{
	struct script s;
	struct facts facts;

	(void)state;
	greet(&s, "8.0.36");
	log_in(&s, 0, "x");
	SERVER(&s, 2, OK);
	CLIENT(&s, 0, "\3select 1 into/*!50000 outfile*/ '/var/www/x.php'");
	SERVER(&s, 1, OK);
	CLIENT(&s, 0, "\3select load_file('/etc/passwd')");
	SERVER(&s, 1, "\xff\x15\4#42000denied");
	CLIENT(&s, 0, "\3create function f returns string soname 'x.so'");
	SERVER(&s, 1, OK);
	CLIENT(&s, 0, "\3select 'load_file(1)'");
	SERVER(&s, 1, OK);
	facts = facts_of(&s);
	conversation_has(&facts, "SELECT INTO OUTFILE", ANSWER_YES,
			 COMMAND_LISTING | COMMAND_EXECUTES);
	conversation_has(&facts, "LOAD_FILE", ANSWER_NO, COMMAND_EXECUTES);
	conversation_has(&facts, "CREATE FUNCTION", ANSWER_YES, COMMAND_EXECUTES);
	conversation_has(&facts, "SELECT", ANSWER_YES, 0);
}

static void prepared_statements_are_read(void **state)
{
	struct script s;
	struct facts facts;

	(void)state;
	greet(&s, "8.0.36");
	log_in(&s, NO_EOF, "x");
	SERVER(&s, 2, OK);
	CLIENT(&s, 0,
	       "\x16"
	       "delete from a");
	SERVER(&s, 1, "\0\7\0\0\0\0\0\1\0\0\0\0");
	SERVER(&s, 2, "\3def");
	CLIENT(&s, 0, "\x17\7\0\0\0\0\1\0\0\0");
	SERVER(&s, 1, OK);
	CLIENT(&s, 0, "\x19\7\0\0\0");
	CLIENT(&s, 0, "\x0e");
	SERVER(&s, 1, OK);
	facts = facts_of(&s);
	conversation_has(&facts, "DELETE without WHERE", ANSWER_YES, COMMAND_DESTRUCTIVE);
	conversation_has(&facts, "PING", ANSWER_YES, 0);
}

static void attributes_of_queries_are_passed_over(void **state)
{
	struct script s;
	struct facts facts;

	(void)state;
	greet(&s, "9.0.0");
	log_in(&s, ATTRIBUTES | NO_EOF, "x");
	SERVER(&s, 2, OK);
	CLIENT(&s, 0, "\3\2\1\2\1\3\0\1a\xfe\0\1b\x2a\0\0\0drop table c");
	SERVER(&s, 1, OK);
	CLIENT(&s, 0, "\3\0\1truncate d");
	SERVER(&s, 1, OK);
	facts = facts_of(&s);
	conversation_has(&facts, "DROP TABLE", ANSWER_YES, COMMAND_DESTRUCTIVE);
	conversation_has(&facts, "TRUNCATE", ANSWER_YES, COMMAND_DESTRUCTIVE);
}

static enum recognised recognise_server(const char *bytes, size_t length)
{
	return dissect_recognise(&mysql_dissector, OVER_TCP, "", 0, bytes, length, false);
}
#define RECOGNISE_SERVER(text) recognise_server((text), sizeof(text) - 1)

static void openings_are_recognised(void **state)
{
	struct script s;

	(void)state;
	greet(&s, "8.0.36");
	for (size_t length = 0; length < s.turns[0].length; length++) {
		enum recognised result = recognise_server(s.turns[0].bytes, length);

		assert_true(length < 25 ? result == RECOGNISED_MORE : result == RECOGNISED_YES);
	}
	assert_int_equal(dissect_recognise(&mysql_dissector, OVER_TCP, "GET / HTTP/1.0\r\n\r\n", 18,
					   s.turns[0].bytes, s.turns[0].length, false),
			 RECOGNISED_YES);
	assert_int_equal(RECOGNISE_SERVER("\x4a\0\0\0\x0a\x01\x02\x03\x04"), RECOGNISED_NO);
	assert_int_equal(RECOGNISE_SERVER("\x05\0\0\0\x0a"
					  "8.0\0"),
			 RECOGNISED_NO);
	assert_int_equal(RECOGNISE_SERVER("\x0c\0\0\0\xff\x6a\4\1\2\3\4\5\6\7\1\1"), RECOGNISED_NO);
	assert_int_equal(RECOGNISE_SERVER("SSH-2.0-OpenSSH\r\n"), RECOGNISED_NO);
	assert_int_equal(RECOGNISE_SERVER("220 mail ESMTP\r\n"), RECOGNISED_NO);
}

enum compressor { NOTHING, ZLIB, ZSTD };

/* A packet in a frame of its own, which says that it holds `more` bytes than it does. */
static void pack(struct script *s, enum side from, enum compressor how, const char *body,
		 size_t length, size_t more)
{
	uint8_t inner[256] = {(uint8_t)length, 0, 0, from == SIDE_SERVER}, outer[512] = {0};
	uLongf size = sizeof outer - 7;

	memcpy(inner + 4, body, length);
	length += 4;
	if (how == ZLIB)
		assert_int_equal(compress(outer + 7, &size, inner, length), Z_OK);
	else if (how == ZSTD)
		size = ZSTD_compress(outer + 7, size, inner, length, 3);
	else
		size = (memcpy(outer + 7, inner, length), length);
	outer[0] = (uint8_t)size;
	outer[1] = (uint8_t)(size >> 8);
	outer[3] = from == SIDE_SERVER;
	if (how != NOTHING) {
		outer[4] = (uint8_t)(length + more);
		outer[5] = (uint8_t)((length + more) >> 8);
	}
	script_put(s, from, outer, 7 + size);
}

static void what_both_sides_compress_is_read(void **state)
{
	static const uint32_t capabilities[] = {0x20, 0x20, 0x4000000};
	struct script *s = calloc(1, sizeof *s);
	struct facts facts;

	(void)state;
	assert_non_null(s);
	for (enum compressor how = NOTHING; how <= ZSTD; how++) {
		greet(s, "8.0.36");
		log_in(s, capabilities[how], NULL);
		SERVER(s, 2, OK);
		pack(s, SIDE_CLIENT, how, "\3DROP DATABASE shop", 19, 0);
		pack(s, SIDE_SERVER, how, OK, sizeof OK - 1, 0);
		pack(s, SIDE_CLIENT, how, "\x0e", 1, 0);
		pack(s, SIDE_SERVER, how, OK, sizeof OK - 1, 0);
		facts = conversation_facts(&mysql_dissector, s->turns, s->count, 0);
		assert_int_equal(facts.auth, AUTH_NONE);
		conversation_has(&facts, "DROP DATABASE", ANSWER_YES, COMMAND_DESTRUCTIVE);
		conversation_has(&facts, "PING", ANSWER_YES, 0);
		assert_false(facts.limited);
		assert_false(facts.lying_length);
		conversation_splits(&mysql_dissector, s->turns, s->count);
		conversation_stands(&mysql_dissector, s->turns, s->count);
		if (how == NOTHING)
			continue;
		pack(s, SIDE_CLIENT, how, "\3DROP DATABASE shop", 19, 1000);
		facts = conversation_facts(&mysql_dissector, s->turns, s->count, 0);
		assert_true(facts.lying_length);
	}
	free(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(versions_are_read),
		cmocka_unit_test(an_open_server_is_seen),
		cmocka_unit_test(passwords_are_judged),
		cmocka_unit_test(a_switch_and_a_full_proof_are_followed),
		cmocka_unit_test(a_host_that_is_not_allowed_is_refused),
		cmocka_unit_test(tls_is_agreed_to),
		cmocka_unit_test(many_statements_are_matched),
		cmocka_unit_test(files_and_libraries_are_seen),
		cmocka_unit_test(prepared_statements_are_read),
		cmocka_unit_test(attributes_of_queries_are_passed_over),
		cmocka_unit_test(what_both_sides_compress_is_read),
		cmocka_unit_test(openings_are_recognised),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
