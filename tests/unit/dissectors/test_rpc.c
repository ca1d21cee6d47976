/* SPDX-License-Identifier: ISC */
/* ONC RPC over TCP and UDP: which program, what was asked, and whether it was done. */
#include "tests/unit/conversation.h"
#include "tests/unit/sample_rpc.h"

extern const struct dissector rpc_dissector, rpc_udp_dissector;

#define MESSAGE_MAX 256

enum {
	PORTMAP = 100000,
	NFS = 100003,
	MOUNT = 100005,
	GLUSTER_HANDSHAKE = 14398633,
};

struct message {
	uint8_t bytes[MESSAGE_MAX];
	size_t length;
};

static void put(struct message *m, uint32_t value)
{
	for (int shift = 24; shift >= 0; shift -= 8)
		m->bytes[m->length++] = (uint8_t)(value >> shift);
}

static void put_text(struct message *m, const char *text)
{
	size_t length = strlen(text);

	put(m, (uint32_t)length);
	memcpy(m->bytes + m->length, text, length);
	m->length += (length + 3) & ~(size_t)3;
}

/* A call with AUTH_SYS credentials of user 1000, or without any. */
static struct message call(uint32_t xid, uint32_t program, uint32_t version, uint32_t procedure,
			   bool claims)
{
	struct message m = {.length = 0};

	put(&m, xid);
	put(&m, 0);
	put(&m, 2);
	put(&m, program);
	put(&m, version);
	put(&m, procedure);
	put(&m, claims);
	put(&m, claims ? 28 : 0);
	if (claims) {
		put(&m, 1);
		put_text(&m, "host");
		put(&m, 1000);
		put(&m, 1000);
		put(&m, 1);
		put(&m, 1000);
	}
	put(&m, 0);
	put(&m, 0);
	return m;
}

static struct message reply(uint32_t xid)
{
	struct message m = {.length = 0};

	put(&m, xid);
	put(&m, 1);
	for (int i = 0; i < 4; i++)
		put(&m, 0);
	return m;
}

static struct message reply_status(uint32_t xid, uint32_t status)
{
	struct message m = reply(xid);

	put(&m, status);
	return m;
}

/* As one record, or in fragments of eight bytes. */
static void say(struct script *script, enum side from, struct message m, bool in_fragments)
{
	size_t step = in_fragments ? 8 : m.length;

	for (size_t at = 0; at < m.length; at += step) {
		size_t n = m.length - at < step ? m.length - at : step;
		uint8_t mark[4] = {at + n == m.length ? 0x80 : 0, 0, 0, (uint8_t)n};

		script_put(script, from, mark, sizeof mark);
		script_put(script, from, m.bytes + at, n);
	}
}

static void exchange(struct script *script, struct message request, struct message answer)
{
	say(script, SIDE_CLIENT, request, false);
	say(script, SIDE_SERVER, answer, false);
}

static struct facts facts_of(const struct turn *turns, size_t count, const char *service)
{
	struct facts facts = conversation_read(&rpc_dissector, turns, count, service);

	assert_int_equal(facts.encryption, ENCRYPTION_CLEARTEXT);
	return facts;
}

static void recorded_nfs4_is_read(void **state)
{
	struct facts facts = facts_of(sample_nfs4, COUNT(sample_nfs4), "nfs");

	(void)state;
	assert_int_equal(facts.auth, AUTH_NONE);
	assert_int_equal(facts.data_read, ANSWER_YES);
	assert_string_equal(facts.mechanism, "AUTH_SYS");
	conversation_has(&facts, "NULL", ANSWER_YES, 0);
	conversation_has(&facts, "OPEN", ANSWER_YES, 0);
	conversation_has(&facts, "READ", ANSWER_YES, COMMAND_LISTING);
}

static void a_recorded_dump_is_read(void **state)
{
	struct facts facts = facts_of(sample_dump, COUNT(sample_dump), "portmap");

	(void)state;
	assert_int_equal(facts.auth, AUTH_NONE);
	assert_int_equal(facts.data_read, ANSWER_YES);
	conversation_has(&facts, "DUMP", ANSWER_YES, COMMAND_LISTING);
}

static void nfs3_is_read(void **state)
{
	struct script script = {.count = 0};
	struct facts facts;

	(void)state;
	exchange(&script, call(1, NFS, 3, 3, true), reply_status(1, 0));
	exchange(&script, call(2, NFS, 3, 12, true), reply_status(2, 13));
	exchange(&script, call(3, NFS, 3, 13, true), reply_status(3, 0));
	facts = facts_of(script.turns, script.count, "nfs");
	assert_string_equal(facts.user, "uid=1000");
	assert_int_equal(facts.data_read, ANSWER_NO);
	conversation_has(&facts, "LOOKUP", ANSWER_YES, 0);
	conversation_has(&facts, "REMOVE", ANSWER_NO, COMMAND_DESTRUCTIVE);
	conversation_has(&facts, "RMDIR", ANSWER_YES, COMMAND_DESTRUCTIVE);
	exchange(&script, call(4, NFS, 2, 10, true), reply_status(4, 0));
	exchange(&script, call(5, NFS, 3, 17, true), reply_status(5, 0));
	facts = facts_of(script.turns, script.count, "nfs");
	assert_int_equal(facts.data_read, ANSWER_YES);
	conversation_has(&facts, "REMOVE", ANSWER_YES, COMMAND_DESTRUCTIVE);
	conversation_has(&facts, "READDIRPLUS", ANSWER_YES, COMMAND_LISTING);
}

/* SEQUENCE, PUTFH, OPEN that creates, REMOVE */
static void operations_of_nfs4_are_read(void **state)
{
	struct script script = {.count = 0};
	struct message m = call(1, NFS, 4, 1, false);
	struct facts facts;

	(void)state;
	put_text(&m, "");
	put(&m, 1);
	put(&m, 4);
	put(&m, 53);
	for (int i = 0; i < 8; i++)
		put(&m, 7);
	put(&m, 22);
	put_text(&m, "handle");
	put(&m, 18);
	for (int i = 0; i < 5; i++)
		put(&m, 1);
	put_text(&m, "owner");
	put(&m, 1); /* create */
	put(&m, 0);
	put(&m, 0);
	put_text(&m, "");
	put(&m, 0); /* by name */
	put_text(&m, "file");
	put(&m, 28);
	put_text(&m, "other");
	say(&script, SIDE_CLIENT, m, false);
	say(&script, SIDE_SERVER, reply_status(1, 10001), false);
	facts = facts_of(script.turns, script.count, "nfs");
	conversation_has(&facts, "REMOVE", ANSWER_NO, COMMAND_DESTRUCTIVE);
	m.bytes[3] = 2;
	say(&script, SIDE_CLIENT, m, true);
	say(&script, SIDE_SERVER, reply_status(2, 0), true);
	facts = facts_of(script.turns, script.count, "nfs");
	conversation_has(&facts, "OPEN", ANSWER_YES, 0);
	conversation_has(&facts, "REMOVE", ANSWER_YES, COMMAND_DESTRUCTIVE);
}

static void refused_credentials_are_seen(void **state)
{
	struct script script = {.count = 0};
	struct message denied = {.length = 0};
	struct facts facts;

	(void)state;
	put(&denied, 1);
	put(&denied, 1);
	put(&denied, 1);
	put(&denied, 1);
	put(&denied, 5);
	exchange(&script, call(1, NFS, 3, 17, true), denied);
	facts = facts_of(script.turns, script.count, "nfs");
	assert_int_equal(facts.auth, AUTH_REQUIRED);
	conversation_has(&facts, "READDIRPLUS", ANSWER_NO, COMMAND_LISTING);
}

static void gluster_is_read(void **state)
{
	struct script script = {.count = 0};
	struct facts facts;

	(void)state;
	exchange(&script, call(1, GLUSTER_HANDSHAKE, 2, 2, false), reply(1));
	facts = facts_of(script.turns, script.count, "glusterd");
	conversation_has(&facts, "GETSPEC", ANSWER_YES, COMMAND_LISTING);
}

/* A call and a reply lie behind a hole, in the middle of something. */
static void a_capture_that_began_late_is_read(void **state)
{
	struct script script = {.count = 0};
	struct turn turns[CONVERSATION_TURNS] = {TURN_GAP(SIDE_CLIENT, 0),
						 TURN_GAP(SIDE_SERVER, 0)};
	struct facts facts;

	(void)state;
	script_put(&script, SIDE_CLIENT, "contents", 8);
	exchange(&script, call(1, NFS, 3, 12, true), reply_status(1, 0));
	memcpy(turns + 2, script.turns, script.count * sizeof *turns);
	facts = conversation_facts(&rpc_dissector, turns, script.count + 2, 1);
	assert_string_equal(facts.service->name, "nfs");
	conversation_has(&facts, "REMOVE", ANSWER_YES, COMMAND_DESTRUCTIVE);
}

static void datagrams_are_read(void **state)
{
	struct message ask = call(7, MOUNT, 3, 1, true), answer = reply_status(7, 0);
	struct facts facts;

	(void)state;
	put_text(&ask, "/export");
	struct turn turns[] = {{SIDE_CLIENT, ask.bytes, ask.length},
			       {SIDE_SERVER, answer.bytes, answer.length}};

	assert_true(dissect_over(&rpc_udp_dissector, OVER_UDP, turns, 2, 0, &facts));
	assert_string_equal(facts.service->name, "mount");
	assert_string_equal(facts.path, "/export");
	assert_int_equal(facts.auth, AUTH_NONE);
	conversation_has(&facts, "MNT", ANSWER_YES, 0);
	assert_true(dissect_over(&rpc_udp_dissector, OVER_UDP, turns, 1, 0, &facts));
	assert_int_equal(facts.auth, AUTH_UNKNOWN);
	conversation_has(&facts, "MNT", ANSWER_UNKNOWN, 0);
	answer.bytes[3] = 8; /* to another call */
	assert_false(dissect_over(&rpc_udp_dissector, OVER_UDP, turns, 2, 0, &facts));
	for (size_t n = 0; n < 40; n++)
		assert_int_not_equal(
			dissect_recognise(&rpc_udp_dissector, OVER_UDP, ask.bytes, n, "", 0, true),
			RECOGNISED_YES);
	for (size_t at = 0; at < ask.length; at++) {
		ask.bytes[at] ^= 0xff;
		(void)dissect_over(&rpc_udp_dissector, OVER_UDP, turns, 2, 0, &facts);
		ask.bytes[at] ^= 0xff;
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(recorded_nfs4_is_read),
		cmocka_unit_test(a_recorded_dump_is_read),
		cmocka_unit_test(nfs3_is_read),
		cmocka_unit_test(operations_of_nfs4_are_read),
		cmocka_unit_test(refused_credentials_are_seen),
		cmocka_unit_test(gluster_is_read),
		cmocka_unit_test(a_capture_that_began_late_is_read),
		cmocka_unit_test(datagrams_are_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
