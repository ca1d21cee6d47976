/* SPDX-License-Identifier: ISC */
/* PostgreSQL: who is let in, what a query did, also when the client does not wait. */
#include "tests/unit/conversation.h"

extern const struct dissector postgresql_dissector;

static const char startup[] = "\0\0\0\x22\0\3\0\0user\0alice\0database\0shop\0";
static const char ssl_request[] = "\0\0\0\x08\x04\xd2\x16\x2f";

static void message(struct script *s, enum side from, char type, const void *body, size_t length)
{
	uint32_t size = (uint32_t)length + 4;
	uint8_t header[5] = {(uint8_t)type, (uint8_t)(size >> 24), (uint8_t)(size >> 16),
			     (uint8_t)(size >> 8), (uint8_t)size};

	script_put(s, from, header, sizeof header);
	script_put(s, from, body, length);
}
#define CLIENT(s, type, text) message((s), SIDE_CLIENT, (type), (text), sizeof(text) - 1)
#define SERVER(s, type, text) message((s), SIDE_SERVER, (type), (text), sizeof(text) - 1)

static void start(struct script *s)
{
	*s = (struct script){.count = 0};
	script_put(s, SIDE_CLIENT, startup, sizeof startup);
	assert_int_equal(startup[3], sizeof startup);
}

static void let_in(struct script *s)
{
	SERVER(s, 'R', "\0\0\0\0");
	SERVER(s, 'S', "server_version\00015.4 (Debian 15.4-1)\0");
	SERVER(s, 'K', "\0\0\0\1\0\0\0\2");
	SERVER(s, 'Z', "I");
}

static struct facts facts_of(const struct script *s)
{
	return conversation_read(&postgresql_dissector, s->turns, s->count, "postgresql");
}

static void trust_needs_no_log_in(void **state)
{
	struct script s;
	struct facts facts;

	(void)state;
	start(&s);
	let_in(&s);
	CLIENT(&s, 'Q', "select version(); select * from users; drop table users\0");
	SERVER(&s, 'T', "\0\0");
	SERVER(&s, 'D', "\0\0");
	SERVER(&s, 'C', "SELECT 1\0");
	SERVER(&s, 'T', "\0\0");
	SERVER(&s, 'C', "SELECT 0\0");
	SERVER(&s, 'E', "SERROR\0VERROR\0C42501\0Mmust be owner\0\0");
	SERVER(&s, 'Z', "I");
	CLIENT(&s, 'Q', "drop database shop\0");
	SERVER(&s, 'C', "DROP DATABASE\0");
	SERVER(&s, 'Z', "I");
	CLIENT(&s, 'X', "");
	facts = facts_of(&s);
	assert_int_equal(facts.auth, AUTH_NONE);
	assert_int_equal(facts.encryption, ENCRYPTION_CLEARTEXT);
	assert_string_equal(facts.user, "alice");
	assert_string_equal(facts.product, "PostgreSQL");
	assert_string_equal(facts.version, "15.4 (Debian 15.4-1)");
	assert_int_equal(facts.data_read, ANSWER_YES);
	conversation_has(&facts, "SELECT", ANSWER_YES, 0);
	conversation_has(&facts, "SELECT FROM", ANSWER_YES, COMMAND_LISTING);
	conversation_has(&facts, "DROP TABLE", ANSWER_NO, COMMAND_DESTRUCTIVE);
	conversation_has(&facts, "DROP DATABASE", ANSWER_YES, COMMAND_DESTRUCTIVE);
}

static void scram_is_judged(void **state)
{
	struct script s;
	struct facts facts;

	(void)state;
	start(&s);
	SERVER(&s, 'R', "\0\0\0\x0aSCRAM-SHA-256-PLUS\0SCRAM-SHA-256\0\0");
	facts = facts_of(&s);
	assert_int_equal(facts.auth, AUTH_REQUIRED);
	CLIENT(&s, 'p', "SCRAM-SHA-256\0\0\0\0\x04n,,n");
	SERVER(&s, 'R', "\0\0\0\x0br=x");
	CLIENT(&s, 'p', "c=biws");
	SERVER(&s, 'R', "\0\0\0\x0cv=x");
	let_in(&s);
	facts = facts_of(&s);
	assert_int_equal(facts.auth, AUTH_SUCCEEDED);
	assert_int_equal(facts.logins_succeeded, 1);
	assert_string_equal(facts.mechanism, "SCRAM-SHA-256");
	assert_int_equal(facts.data_read, ANSWER_NO);
}

static void a_refused_password_is_seen(void **state)
{
	struct script s;
	struct facts facts;

	(void)state;
	start(&s);
	SERVER(&s, 'R', "\0\0\0\3");
	CLIENT(&s, 'p', "secr3t\0");
	SERVER(&s, 'E', "SFATAL\0VFATAL\0C28P01\0Mpassword authentication failed\0\0");
	facts = facts_of(&s);
	assert_int_equal(facts.auth, AUTH_FAILED);
	assert_int_equal(facts.logins_failed, 1);
	assert_string_equal(facts.mechanism, "password");
	conversation_lacks(&facts, "secr3t");
}

/* AuthenticationOk is not in: these never got further. */
static void ok_may_be_followed_by_an_error(void **state)
{
	struct script s;
	struct facts facts;

	(void)state;
	start(&s);
	SERVER(&s, 'R', "\0\0\0\0");
	SERVER(&s, 'E', "SFATAL\0VFATAL\0C28000\0Mrole does not exist\0\0");
	facts = facts_of(&s);
	assert_int_equal(facts.auth, AUTH_FAILED);
	start(&s);
	SERVER(&s, 'R', "\0\0\0\0");
	SERVER(&s, 'E', "SFATAL\0VFATAL\0C3D000\0Mdatabase does not exist\0\0");
	facts = facts_of(&s);
	assert_int_equal(facts.auth, AUTH_UNKNOWN);
	assert_int_equal(facts.logins_succeeded, 0);
}

static void tls_is_agreed_to(void **state)
{
	struct script s = {.count = 0};
	struct facts facts;

	(void)state;
	script_put(&s, SIDE_CLIENT, ssl_request, 8);
	script_put(&s, SIDE_SERVER, "S", 1);
	script_put(&s, SIDE_CLIENT, "\x16\x03\x01", 3);
	facts = facts_of(&s);
	assert_true(dissect_starts_tls(&postgresql_dissector, s.turns, s.count));
	assert_int_equal(facts.encryption, ENCRYPTION_STARTTLS);
	conversation_has(&facts, "SSLRequest", ANSWER_YES, 0);
}

static void tls_may_be_declined(void **state)
{
	struct script s = {.count = 0};
	struct facts facts;

	(void)state;
	script_put(&s, SIDE_CLIENT, ssl_request, 8);
	script_put(&s, SIDE_SERVER, "N", 1);
	facts = facts_of(&s);
	assert_int_equal(facts.auth, AUTH_NA);
	script_put(&s, SIDE_CLIENT, startup, sizeof startup);
	let_in(&s);
	facts = facts_of(&s);
	assert_false(dissect_starts_tls(&postgresql_dissector, s.turns, s.count));
	assert_int_equal(facts.auth, AUTH_NONE);
	assert_int_equal(facts.encryption, ENCRYPTION_CLEARTEXT);
	conversation_has(&facts, "SSLRequest", ANSWER_NO, 0);
}

/* Parse, Bind, Execute, Sync without waiting; an error drops the rest of its round trip. */
static void extended_queries_in_a_pipeline_are_matched(void **state)
{
	struct script s;
	struct facts facts;

	(void)state;
	start(&s);
	let_in(&s);
	CLIENT(&s, 'P', "one\0truncate a\0\0\0");
	CLIENT(&s, 'P', "two\0delete from a\0\0\0");
	CLIENT(&s, 'B', "\0two\0\0\0\0\0\0\0");
	CLIENT(&s, 'E', "\0\0\0\0\0");
	CLIENT(&s, 'B', "\0one\0\0\0\0\0\0\0");
	CLIENT(&s, 'E', "\0\0\0\0\0");
	CLIENT(&s, 'S', "");
	CLIENT(&s, 'P', "\0select a from b\0\0\0");
	CLIENT(&s, 'B', "\0\0\0\0\0\0\0\0");
	CLIENT(&s, 'E', "\0\0\0\0\0");
	CLIENT(&s, 'S', "");
	SERVER(&s, '1', "");
	SERVER(&s, '1', "");
	SERVER(&s, '2', "");
	SERVER(&s, 'E', "SERROR\0VERROR\0C42501\0Mno\0\0");
	SERVER(&s, 'Z', "I");
	SERVER(&s, '1', "");
	SERVER(&s, '2', "");
	SERVER(&s, 'C', "SELECT 0\0");
	SERVER(&s, 'Z', "I");
	facts = facts_of(&s);
	conversation_has(&facts, "DELETE without WHERE", ANSWER_NO, COMMAND_DESTRUCTIVE);
	conversation_has(&facts, "TRUNCATE", ANSWER_UNKNOWN, COMMAND_DESTRUCTIVE);
	conversation_has(&facts, "SELECT FROM", ANSWER_YES, COMMAND_LISTING);
	assert_int_equal(facts.data_read, ANSWER_NO);
}

static void it_resynchronises_after_a_gap(void **state)
{
	struct script s;
	struct turn turns[8];
	struct facts facts;

	(void)state;
	start(&s);
	let_in(&s);
	CLIENT(&s, 'Q', "select a from b\0");
	SERVER(&s, 'T', "\0\0");
	memcpy(turns, s.turns, 4 * sizeof *turns);
	turns[4] = (struct turn)TURN_GAP(SIDE_SERVER, 0);
	turns[5] = (struct turn)TURN_SERVER("junk\0\0ZZ\0\0\0\5I");
	turns[6] = (struct turn)TURN_CLIENT("Q\0\0\0\x0ftruncate a\0");
	turns[6].length = 16;
	turns[7] = (struct turn)TURN_SERVER("C\0\0\0\x13TRUNCATE TABLE\0");
	turns[7].length = 20;
	facts = conversation_facts(&postgresql_dissector, turns, 8, 0);
	conversation_has(&facts, "TRUNCATE", ANSWER_YES, COMMAND_DESTRUCTIVE);
	conversation_has(&facts, "SELECT FROM", ANSWER_UNKNOWN, COMMAND_LISTING);
}

static void a_deep_pipeline_is_survived(void **state)
{
	struct script s;
	struct facts facts;

	(void)state;
	start(&s);
	let_in(&s);
	for (int i = 0; i < 100; i++)
		CLIENT(&s, 'Q', "select 1\0");
	CLIENT(&s, 'Q', "truncate a\0");
	for (int i = 0; i < 100; i++) {
		SERVER(&s, 'C', "SELECT 1\0");
		SERVER(&s, 'Z', "I");
	}
	SERVER(&s, 'E', "SERROR\0VERROR\0C42501\0Mno\0\0");
	SERVER(&s, 'Z', "I");
	CLIENT(&s, 'Q', "drop table a\0");
	SERVER(&s, 'C', "DROP TABLE\0");
	SERVER(&s, 'Z', "I");
	assert_true(dissect(&postgresql_dissector, s.turns, s.count, 0, &facts));
	conversation_has(&facts, "TRUNCATE", ANSWER_UNKNOWN, COMMAND_DESTRUCTIVE);
	conversation_has(&facts, "DROP TABLE", ANSWER_YES, COMMAND_DESTRUCTIVE);
}

static void hostile_lengths_are_survived(void **state)
{
	static const char *const headers[] = {"Q\xff\xff\xff\xff", "Q\x7f\xff\xff\xff",
					      "Q\x3f\xff\xff\xff", "B\x01\x01\x01\x01",
					      "P\x01\x01\x01\x05"};

	(void)state;
	for (size_t i = 0; i < COUNT(headers); i++) {
		struct script s;

		start(&s);
		let_in(&s);
		script_put(&s, SIDE_CLIENT, headers[i], 5);
		script_put(&s, SIDE_CLIENT, "drop table a", 12);
		let_in(&s);
		facts_of(&s);
	}
}

static enum recognised recognise(const void *client, size_t client_length, const void *server,
				 size_t server_length, bool one_sided)
{
	return dissect_recognise(&postgresql_dissector, OVER_TCP, client, client_length, server,
				 server_length, one_sided);
}

static void openings_are_recognised(void **state)
{
	static const char kafka[] = "\0\0\0\x16\0\3\0\0\0\0\0\1\0\x0c"
				    "consumer-1\0\0";
	static const char ok[] = "R\0\0\0\x08\0\0\0\0";

	(void)state;
	assert_int_equal(recognise(kafka, sizeof kafka - 1, "", 0, true), RECOGNISED_NO);
	assert_int_equal(recognise(kafka, sizeof kafka - 1, "\0\0\0\x30\0\0\0\1", 8, false),
			 RECOGNISED_NO);
	assert_int_equal(recognise(startup, sizeof startup, "", 0, false), RECOGNISED_MORE);
	assert_int_equal(recognise(startup, sizeof startup, "", 0, true), RECOGNISED_YES);
	assert_int_equal(recognise(startup, sizeof startup, "HTTP/1.1 400", 12, false),
			 RECOGNISED_NO);
	assert_int_equal(recognise("", 0, ok, 9, false), RECOGNISED_YES);
	assert_int_equal(recognise("", 0, ok, 8, false), RECOGNISED_MORE);
	assert_int_equal(recognise(ssl_request, 8, "S", 1, false), RECOGNISED_YES);
	assert_int_equal(recognise(ssl_request, 8, "H", 1, false), RECOGNISED_NO);
	assert_int_equal(recognise("\n", 1, "EFATAL:  unsupported frontend protocol", 38, false),
			 RECOGNISED_YES);
	assert_int_equal(recognise("", 0, "RFB 003.008\n", 12, false), RECOGNISED_NO);
	assert_int_equal(recognise("", 0, "ESMTP", 5, false), RECOGNISED_NO);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(trust_needs_no_log_in),
		cmocka_unit_test(scram_is_judged),
		cmocka_unit_test(a_refused_password_is_seen),
		cmocka_unit_test(ok_may_be_followed_by_an_error),
		cmocka_unit_test(tls_is_agreed_to),
		cmocka_unit_test(tls_may_be_declined),
		cmocka_unit_test(extended_queries_in_a_pipeline_are_matched),
		cmocka_unit_test(it_resynchronises_after_a_gap),
		cmocka_unit_test(a_deep_pipeline_is_survived),
		cmocka_unit_test(hostile_lengths_are_survived),
		cmocka_unit_test(openings_are_recognised),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
