/* SPDX-License-Identifier: ISC */
/* Block storage: iSCSI and NBD. Who was let in, what was read, what was wiped. */
#include "tests/unit/conversation.h"
#include "tests/unit/sample_block.h"

extern const struct dissector iscsi_dissector, nbd_dissector;

static struct facts facts_of(const struct dissector *d, const struct turn *turns, size_t count)
{
	return conversation_read(d, turns, count, d->name);
}

/* A message of iSCSI with its data, padded. */
static void say(struct script *script, enum side from, const uint8_t header[48], const char *data,
		size_t length)
{
	uint8_t bytes[48 + 256] = {0};

	memcpy(bytes, header, 48);
	bytes[7] = (uint8_t)length;
	memcpy(bytes + 48, data, length);
	script_put(script, from, bytes, 48 + ((length + 3) & ~(size_t)3));
}
#define SAY(script, from, header, data) say((script), (from), (header), (data), sizeof(data) - 1)

static const uint8_t login[48] = {0x43, 0x87, [19] = 1};
static const uint8_t login_full[48] = {0x23, 0x87, [19] = 1};

static void recorded_targets_are_read(void **state)
{
	struct facts facts = facts_of(&iscsi_dissector, sample_targets, COUNT(sample_targets));

	(void)state;
	assert_int_equal(facts.auth, AUTH_NONE);
	assert_int_equal(facts.data_read, ANSWER_YES);
	conversation_has(&facts, "LOGIN", ANSWER_YES, 0);
	conversation_has(&facts, "SendTargets", ANSWER_YES, COMMAND_LISTING);
}

static void a_recorded_mode_sense_is_read(void **state)
{
	struct facts facts = facts_of(&iscsi_dissector, sample_mode, COUNT(sample_mode));

	(void)state;
	assert_int_equal(facts.auth, AUTH_NONE);
	assert_int_equal(facts.data_read, ANSWER_NO);
	assert_string_equal(facts.path, "iqn.2026-01.corp:disk");
	conversation_has(&facts, "MODE SENSE", ANSWER_YES, 0);
	conversation_has(&facts, "TEST UNIT READY", ANSWER_YES, 0);
}

static void chap_is_a_log_in(void **state)
{
	static const uint8_t more[48] = {0x23, 0x04, [19] = 1}, refused[48] = {0x23, [36] = 2, 1};
	struct script script = {.count = 0};
	struct facts facts;

	(void)state;
	SAY(&script, SIDE_CLIENT, login, "InitiatorName=iqn.x\0AuthMethod=CHAP,None\0");
	facts = conversation_facts(&iscsi_dissector, script.turns, script.count, 0);
	assert_int_equal(facts.auth, AUTH_UNKNOWN);
	SAY(&script, SIDE_SERVER, more, "AuthMethod=CHAP\0");
	facts = facts_of(&iscsi_dissector, script.turns, script.count);
	assert_int_equal(facts.auth, AUTH_REQUIRED);
	SAY(&script, SIDE_CLIENT, login, "CHAP_N=alice\0CHAP_R=0xabcdef\0");
	say(&script, SIDE_SERVER, refused, "", 0);
	facts = facts_of(&iscsi_dissector, script.turns, script.count);
	assert_int_equal(facts.auth, AUTH_FAILED);
	assert_string_equal(facts.user, "alice");
	conversation_lacks(&facts, "abcdef");
	conversation_has(&facts, "LOGIN", ANSWER_NO, 0);
	SAY(&script, SIDE_CLIENT, login, "CHAP_N=alice\0CHAP_R=0xabcdee\0");
	say(&script, SIDE_SERVER, login_full, "", 0);
	facts = facts_of(&iscsi_dissector, script.turns, script.count);
	assert_int_equal(facts.auth, AUTH_SUCCEEDED);
}

/* Header and data have check sums after the log-in. */
static void a_wiped_disk_is_destruction(void **state)
{
	static const uint8_t unmap[48] = {0x01, 0x80, [19] = 2, [32] = 0x42},
			     read[48] = {0x01, 0xc0, [19] = 3, [32] = 0x28},
			     done[48] = {0x21, 0x80, [19] = 2},
			     data[52] = {0x25, 0x81, [7] = 4, [19] = 3};
	struct script script = {.count = 0};
	struct facts facts;

	(void)state;
	SAY(&script, SIDE_CLIENT, login, "InitiatorName=iqn.x\0HeaderDigest=CRC32C\0");
	SAY(&script, SIDE_SERVER, login_full, "HeaderDigest=CRC32C\0DataDigest=CRC32C\0");
	script_put(&script, SIDE_CLIENT, unmap, 48);
	script_put(&script, SIDE_CLIENT, "sum1", 4);
	script_put(&script, SIDE_SERVER, done, 48);
	script_put(&script, SIDE_SERVER, "sum2", 4);
	script_put(&script, SIDE_CLIENT, read, 48);
	script_put(&script, SIDE_CLIENT, "sum3", 4);
	script_put(&script, SIDE_SERVER, data, 48);
	script_put(&script, SIDE_SERVER, "sum4datasum5", 12);
	facts = facts_of(&iscsi_dissector, script.turns, script.count);
	assert_int_equal(facts.data_read, ANSWER_YES);
	conversation_has(&facts, "UNMAP", ANSWER_YES, COMMAND_DESTRUCTIVE);
	conversation_has(&facts, "READ", ANSWER_YES, COMMAND_LISTING);
}

static void recorded_exports_are_read(void **state)
{
	struct facts facts = facts_of(&nbd_dissector, sample_nbd, COUNT(sample_nbd));

	(void)state;
	assert_int_equal(facts.auth, AUTH_NONE);
	assert_int_equal(facts.data_read, ANSWER_YES);
	conversation_has(&facts, "OPT_LIST", ANSWER_YES, COMMAND_LISTING);
}

#define NBD_HELLO  "NBDMAGICIHAVEOPT\0\3"
#define NBD_ANSWER "\0\3\xe8\x89\4\x55\x65\xa9"

static void transmission_is_read(void **state)
{
	static const struct turn turns[] = {
		TURN_SERVER(NBD_HELLO),
		TURN_CLIENT("\0\0\0\3IHAVEOPT\0\0\0\7\0\0\0\6\0\0\0\0\0\0"),
		TURN_SERVER(NBD_ANSWER "\0\0\0\7\0\0\0\1\0\0\0\0"),
		TURN_CLIENT("\x25\x60\x95\x13\0\0\0\0cookie01\0\0\0\0\0\0\0\0\0\0\0\4"
			    "\x25\x60\x95\x13\0\0\0\1cookie02\0\0\0\0\0\0\0\0\0\0\0\4DATA"
			    "\x25\x60\x95\x13\0\0\0\4cookie03\0\0\0\0\0\0\0\0\0\0\0\4"),
		TURN_SERVER("\x67\x44\x66\x98\0\0\0\0cookie01data"
			    "\x67\x44\x66\x98\0\0\0\x1c"
			    "cookie02"
			    "\x66\x8e\x33\xef\0\1\0\0cookie03\0\0\0\0"),
	};
	struct facts facts = facts_of(&nbd_dissector, turns, COUNT(turns));

	(void)state;
	assert_int_equal(facts.auth, AUTH_NONE);
	assert_int_equal(facts.data_read, ANSWER_YES);
	conversation_has(&facts, "OPT_GO", ANSWER_YES, 0);
	conversation_has(&facts, "READ", ANSWER_YES, COMMAND_LISTING);
	conversation_has(&facts, "WRITE", ANSWER_NO, 0);
	conversation_has(&facts, "TRIM", ANSWER_YES, COMMAND_DESTRUCTIVE);
}

static void tls_is_agreed_to(void **state)
{
	static const struct turn turns[] = {
		TURN_SERVER(NBD_HELLO),
		TURN_CLIENT("\0\0\0\3IHAVEOPT\0\0\0\3\0\0\0\0"),
		TURN_SERVER(NBD_ANSWER "\0\0\0\3\x80\0\0\5\0\0\0\0"),
		TURN_CLIENT("IHAVEOPT\0\0\0\5\0\0\0\0"),
		TURN_SERVER(NBD_ANSWER "\0\0\0\5\0\0\0\1\0\0\0\0"),
	};
	struct facts facts = facts_of(&nbd_dissector, turns, 3);

	(void)state;
	assert_int_equal(facts.auth, AUTH_REQUIRED);
	conversation_has(&facts, "OPT_LIST", ANSWER_NO, COMMAND_LISTING);
	facts = facts_of(&nbd_dissector, turns, COUNT(turns));
	assert_int_equal(facts.encryption, ENCRYPTION_STARTTLS);
	assert_true(dissect_starts_tls(&nbd_dissector, turns, COUNT(turns)));
}

static enum recognised recognise(const struct dissector *d, const struct turn *client,
				 const struct turn *server, bool one_sided)
{
	return dissect_recognise(d, OVER_TCP, client ? client->bytes : "",
				 client ? client->length : 0, server ? server->bytes : "",
				 server ? server->length : 0, one_sided);
}

static void openings_are_recognised(void **state)
{
	const struct turn *ask = &sample_mode[0], *answer = &sample_mode[1];

	(void)state;
	assert_int_equal(recognise(&iscsi_dissector, ask, NULL, false), RECOGNISED_MORE);
	assert_int_equal(recognise(&iscsi_dissector, ask, NULL, true), RECOGNISED_YES);
	assert_int_equal(recognise(&iscsi_dissector, NULL, answer, true), RECOGNISED_YES);
	assert_int_equal(recognise(&iscsi_dissector, answer, ask, false), RECOGNISED_NO);
	assert_int_equal(recognise(&nbd_dissector, NULL, &sample_nbd[0], false), RECOGNISED_YES);
	assert_int_equal(recognise(&nbd_dissector, &sample_nbd[0], NULL, true), RECOGNISED_NO);
	assert_int_equal(recognise(&nbd_dissector, ask, NULL, true), RECOGNISED_NO);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(recorded_targets_are_read),
		cmocka_unit_test(a_recorded_mode_sense_is_read),
		cmocka_unit_test(chap_is_a_log_in),
		cmocka_unit_test(a_wiped_disk_is_destruction),
		cmocka_unit_test(recorded_exports_are_read),
		cmocka_unit_test(transmission_is_read),
		cmocka_unit_test(tls_is_agreed_to),
		cmocka_unit_test(openings_are_recognised),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
