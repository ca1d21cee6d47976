/* SPDX-License-Identifier: ISC */
/* SMB: who was let in, as whom, and what was listed, read and deleted. */
#include "tests/unit/conversation.h"
#include "tests/unit/sample_smb.h"

extern const struct dissector smb_dissector;

#define MESSAGE_MAX 512

enum {
	NEGOTIATE = 0,
	SESSION_SETUP = 1,
	TREE_CONNECT = 3,
	CREATE = 5,
	READ = 8,
	WRITE = 9,
	IOCTL = 11,
	QUERY_DIRECTORY = 14,
	SET_INFO = 17,
};

struct message {
	uint8_t bytes[MESSAGE_MAX];
	size_t length;
};

static void put16(uint8_t *at, unsigned value)
{
	at[0] = (uint8_t)value;
	at[1] = (uint8_t)(value >> 8);
}

static void put32(uint8_t *at, uint32_t value)
{
	put16(at, value & 0xffff);
	put16(at + 2, value >> 16);
}

/* A message of SMB 2 with an empty body of `body` bytes; returns where that begins. */
static uint8_t *put_header(uint8_t *at, enum side from, unsigned command, uint32_t number,
			   uint32_t status)
{
	memset(at, 0, 64);
	memcpy(at, "\xfeSMB\x40", 5);
	put32(at + 8, status);
	put16(at + 12, command);
	put32(at + 16, from == SIDE_SERVER);
	put32(at + 24, number);
	put32(at + 36, 7);
	return at + 64;
}

static uint8_t *begin_message(struct message *m, enum side from, unsigned command, uint32_t number,
			      uint32_t status, size_t body)
{
	uint8_t *at = m->bytes + 4;

	memset(m, 0, sizeof *m);
	m->length = 4 + 64 + body;
	m->bytes[2] = (uint8_t)((64 + body) >> 8);
	m->bytes[3] = (uint8_t)(64 + body);
	return put_header(at, from, command, number, status);
}

static void say(struct script *script, enum side from, const struct message *m)
{
	script_put(script, from, m->bytes, m->length);
}

/* A request without contents and its answer */
static void exchange(struct script *script, unsigned command, uint32_t number, uint32_t status)
{
	struct message m;
	uint8_t *body = begin_message(&m, SIDE_CLIENT, command, number, 0, 48);

	put16(body, 49);
	say(script, SIDE_CLIENT, &m);
	begin_message(&m, SIDE_SERVER, command, number, status, 16);
	say(script, SIDE_SERVER, &m);
}

static void log_in(struct script *script, unsigned session_flags)
{
	struct message m;
	uint8_t *body;

	exchange(script, NEGOTIATE, 0, 0);
	begin_message(&m, SIDE_CLIENT, SESSION_SETUP, 1, 0, 24);
	say(script, SIDE_CLIENT, &m);
	body = begin_message(&m, SIDE_SERVER, SESSION_SETUP, 1, 0, 8);
	put16(body, 9);
	put16(body + 2, session_flags);
	say(script, SIDE_SERVER, &m);
}

static void create(struct script *script, uint32_t number, uint32_t options)
{
	struct message m;
	uint8_t *body = begin_message(&m, SIDE_CLIENT, CREATE, number, 0, 56);

	put16(body, 57);
	put32(body + 40, options);
	say(script, SIDE_CLIENT, &m);
	begin_message(&m, SIDE_SERVER, CREATE, number, 0, 88);
	say(script, SIDE_SERVER, &m);
}

static void set_disposition(struct script *script, uint32_t number, uint8_t class, uint8_t value,
			    uint32_t status)
{
	struct message m;
	uint8_t *body = begin_message(&m, SIDE_CLIENT, SET_INFO, number, 0, 33);

	put16(body, 33);
	body[2] = 1;
	body[3] = class;
	put32(body + 4, 1);
	put16(body + 8, 96);
	body[32] = value;
	say(script, SIDE_CLIENT, &m);
	begin_message(&m, SIDE_SERVER, SET_INFO, number, status, 2);
	say(script, SIDE_SERVER, &m);
}

static struct facts facts_of(const struct turn *turns, size_t count)
{
	return conversation_read(&smb_dissector, turns, count, "smb");
}

static void recorded_smb1_is_read(void **state)
{
	struct facts facts = facts_of(sample_smb1, COUNT(sample_smb1));

	(void)state;
	assert_int_equal(facts.auth, AUTH_ANONYMOUS);
	assert_int_equal(facts.encryption, ENCRYPTION_CLEARTEXT);
	assert_int_equal(facts.data_read, ANSWER_YES);
	assert_string_equal(facts.product, "Samba");
	assert_string_equal(facts.version, "4.17.12-Debian");
	conversation_has(&facts, "SESSION_SETUP", ANSWER_YES, 0);
	conversation_has(&facts, "QUERY_DIRECTORY", ANSWER_YES, COMMAND_LISTING);
}

static void a_recorded_netbios_session_is_read(void **state)
{
	struct facts facts = conversation_facts(&smb_dissector, sample_nbss, COUNT(sample_nbss), 0);

	(void)state;
	assert_int_equal(facts.auth, AUTH_ANONYMOUS);
	conversation_splits(&smb_dissector, sample_nbss, COUNT(sample_nbss));
	assert_string_equal(facts.path, "\\\\10.20.1.10\\IPC$");
	conversation_has(&facts, "TREE_CONNECT", ANSWER_YES, 0);
}

static void a_recorded_refusal_is_seen(void **state)
{
	struct facts facts =
		conversation_facts(&smb_dissector, sample_refused, COUNT(sample_refused), 0);

	(void)state;
	assert_int_equal(facts.auth, AUTH_FAILED);
	conversation_splits(&smb_dissector, sample_refused, COUNT(sample_refused));
	assert_int_equal(facts.logins_failed, 1);
	assert_string_equal(facts.user, "alice");
	assert_string_equal(facts.mechanism, "NTLMSSP");
	conversation_has(&facts, "SESSION_SETUP", ANSWER_NO, 0);
}

static void deletions_are_seen(void **state)
{
	struct script script = {.count = 0};
	struct facts facts;

	(void)state;
	log_in(&script, 0);
	exchange(&script, TREE_CONNECT, 2, 0);
	create(&script, 3, 0);
	set_disposition(&script, 4, 13, 0, 0);
	facts = facts_of(script.turns, script.count);
	assert_int_equal(facts.command_count, 5);
	set_disposition(&script, 5, 13, 1, 0xc0000022);
	facts = facts_of(script.turns, script.count);
	assert_int_equal(facts.auth, AUTH_SUCCEEDED);
	conversation_has(&facts, "DELETE", ANSWER_NO, COMMAND_DESTRUCTIVE);
	set_disposition(&script, 6, 64, 1, 0);
	create(&script, 7, 0x1000);
	facts = facts_of(script.turns, script.count);
	conversation_has(&facts, "DELETE", ANSWER_YES, COMMAND_DESTRUCTIVE);
	conversation_has(&facts, "DELETE_ON_CLOSE", ANSWER_YES, COMMAND_DESTRUCTIVE);
	conversation_has(&facts, "CREATE", ANSWER_YES, 0);
	assert_int_equal(facts.data_read, ANSWER_NO);
}

/* A fragment of a call in a pipe; behind its head what it carries. */
static void put_fragment(uint8_t *at, uint8_t type, uint32_t number, uint16_t length)
{
	memcpy(at, "\5\0\0\3\x10", 5);
	at[2] = type;
	put16(at + 8, length);
	put32(at + 12, number);
}

static void write_pipe(struct script *script, uint32_t number, const uint8_t *fragment,
		       size_t length)
{
	struct message m;
	uint8_t *body = begin_message(&m, SIDE_CLIENT, WRITE, number, 0, 48 + length);

	put16(body, 49);
	put16(body + 2, 112);
	memcpy(body + 48, fragment, length);
	say(script, SIDE_CLIENT, &m);
	begin_message(&m, SIDE_SERVER, WRITE, number, 0, 16);
	say(script, SIDE_SERVER, &m);
}

static void read_pipe(struct script *script, uint32_t number, const uint8_t *fragment,
		      size_t length)
{
	struct message m;
	uint8_t *body;

	begin_message(&m, SIDE_CLIENT, READ, number, 0, 48);
	say(script, SIDE_CLIENT, &m);
	body = begin_message(&m, SIDE_SERVER, READ, number, 0, 16 + length);
	body[2] = 80;
	put32(body + 4, (uint32_t)length);
	memcpy(body + 16, fragment, length);
	say(script, SIDE_SERVER, &m);
}

static void open_pipes(struct script *script)
{
	uint8_t bind[48] = {0};
	struct message m;
	uint8_t *body;

	log_in(script, 0);
	begin_message(&m, SIDE_CLIENT, TREE_CONNECT, 2, 0, 48);
	say(script, SIDE_CLIENT, &m);
	body = begin_message(&m, SIDE_SERVER, TREE_CONNECT, 2, 0, 16);
	body[2] = 2;
	say(script, SIDE_SERVER, &m);
	put_fragment(bind, 11, 1, sizeof bind);
	memcpy(bind + 32, "\x81\xbb\x7a\x36\x44\x98\xf1\x35", 8);
	write_pipe(script, 3, bind, sizeof bind);
}

static void services_that_are_made_are_seen(void **state)
{
	struct script script = {.count = 0};
	uint8_t call[24] = {0}, answer[32] = {0};
	struct facts facts;

	(void)state;
	open_pipes(&script);
	put_fragment(call, 0, 2, sizeof call);
	put16(call + 22, 12);
	write_pipe(&script, 4, call, sizeof call);
	put_fragment(answer, 2, 2, sizeof answer);
	put32(answer + 28, 5); /* access denied */
	read_pipe(&script, 5, answer, sizeof answer);
	facts = facts_of(script.turns, script.count);
	conversation_has(&facts, "svcctl CreateService", ANSWER_NO, COMMAND_EXECUTES);
	put_fragment(call, 0, 3, sizeof call);
	write_pipe(&script, 6, call, sizeof call);
	put_fragment(answer, 2, 3, sizeof answer);
	put32(answer + 28, 0);
	read_pipe(&script, 7, answer, sizeof answer);
	facts = facts_of(script.turns, script.count);
	conversation_has(&facts, "svcctl CreateService", ANSWER_YES, COMMAND_EXECUTES);
}

/* An interim answer is none; two requests in one frame are two. */
static void pending_and_compound_messages_are_matched(void **state)
{
	struct script script = {.count = 0};
	struct message m;
	struct facts facts;

	(void)state;
	log_in(&script, 1);
	begin_message(&m, SIDE_CLIENT, CREATE, 2, 0, 56 + 64 + 48);
	put32(m.bytes + 4 + 20, 120);
	put_header(m.bytes + 4 + 120, SIDE_CLIENT, QUERY_DIRECTORY, 3, 0);
	say(&script, SIDE_CLIENT, &m);
	begin_message(&m, SIDE_SERVER, CREATE, 2, 0x103, 8);
	say(&script, SIDE_SERVER, &m);
	facts = facts_of(script.turns, script.count);
	conversation_has(&facts, "CREATE", ANSWER_UNKNOWN, 0);
	begin_message(&m, SIDE_SERVER, CREATE, 2, 0xc0000022, 56 + 64 + 48);
	put32(m.bytes + 4 + 20, 120);
	put_header(m.bytes + 4 + 120, SIDE_SERVER, QUERY_DIRECTORY, 3, 0);
	say(&script, SIDE_SERVER, &m);
	facts = facts_of(script.turns, script.count);
	assert_int_equal(facts.auth, AUTH_ANONYMOUS);
	assert_int_equal(facts.data_read, ANSWER_YES);
	conversation_has(&facts, "CREATE", ANSWER_NO, 0);
	conversation_has(&facts, "QUERY_DIRECTORY", ANSWER_YES, COMMAND_LISTING);
}

static void sealed_messages_are_seen(void **state)
{
	static const uint8_t sealed[4 + 60] = {0, 0, 0, 60, 0xfd, 'S', 'M', 'B', [4 + 42] = 1};
	struct script script = {.count = 0};
	struct facts facts;

	(void)state;
	log_in(&script, 0);
	script_put(&script, SIDE_CLIENT, sealed, sizeof sealed);
	facts = facts_of(script.turns, script.count);
	assert_int_equal(facts.auth, AUTH_SUCCEEDED);
	assert_int_equal(facts.encryption, ENCRYPTION_NATIVE);
}

static void a_capture_that_began_late_is_read(void **state)
{
	struct script script = {.count = 0};
	struct turn turns[CONVERSATION_TURNS] = {TURN_GAP(SIDE_CLIENT, 0),
						 TURN_GAP(SIDE_SERVER, 0)};
	struct facts facts;

	(void)state;
	script_put(&script, SIDE_CLIENT, "noise from a file", 17);
	set_disposition(&script, 9, 13, 1, 0);
	script_put(&script, SIDE_SERVER, "more", 4);
	exchange(&script, QUERY_DIRECTORY, 10, 0);
	memcpy(turns + 2, script.turns, script.count * sizeof *turns);
	facts = conversation_facts(&smb_dissector, turns, script.count + 2, 0);
	assert_int_equal(facts.auth, AUTH_UNKNOWN);
	conversation_has(&facts, "DELETE", ANSWER_YES, COMMAND_DESTRUCTIVE);
}

static enum recognised recognise(enum side from, const void *bytes, size_t length, bool one_sided)
{
	bool client = from == SIDE_CLIENT;

	return dissect_recognise(&smb_dissector, OVER_TCP, client ? bytes : "", client ? length : 0,
				 client ? "" : bytes, client ? 0 : length, one_sided);
}

static void openings_are_recognised(void **state)
{
	struct message request, answer;

	(void)state;
	begin_message(&request, SIDE_CLIENT, NEGOTIATE, 0, 0, 36);
	begin_message(&answer, SIDE_SERVER, NEGOTIATE, 0, 0, 64);
	assert_int_equal(recognise(SIDE_CLIENT, request.bytes, request.length, false),
			 RECOGNISED_MORE);
	assert_int_equal(recognise(SIDE_CLIENT, request.bytes, request.length, true),
			 RECOGNISED_YES);
	assert_int_equal(recognise(SIDE_SERVER, answer.bytes, answer.length, false),
			 RECOGNISED_YES);
	assert_int_equal(recognise(SIDE_SERVER, request.bytes, request.length, false),
			 RECOGNISED_NO);
	assert_int_equal(recognise(SIDE_CLIENT, answer.bytes, answer.length, true), RECOGNISED_NO);
	assert_int_equal(dissect_recognise(&smb_dissector, OVER_TCP, request.bytes, request.length,
					   "HTTP/1.1 400 Bad Request\r\n", 26, false),
			 RECOGNISED_NO);
	for (size_t n = 0; n < answer.length; n++) {
		enum recognised part = recognise(SIDE_SERVER, answer.bytes, n, true);

		assert_int_equal(part, n < 28 ? RECOGNISED_MORE : RECOGNISED_YES);
	}
}

/* The server was in the middle of a file when the capture began. */
static void a_midstream_opening_is_recognised(void **state)
{
	struct opening opening = {.transport = OVER_TCP, .midstream = true};
	struct message request;

	(void)state;
	begin_message(&request, SIDE_CLIENT, READ, 9, 0, 48);
	opening.side[SIDE_CLIENT] = bytes_from(request.bytes, request.length);
	opening.side[SIDE_SERVER] = bytes_from("contents of a file", 18);
	assert_int_equal(smb_dissector.recognise(&opening), RECOGNISED_YES);
	opening.side[SIDE_SERVER] = opening.side[SIDE_CLIENT];
	assert_int_equal(smb_dissector.recognise(&opening), RECOGNISED_NO);
	opening.midstream = false;
	opening.side[SIDE_SERVER] = bytes_from("contents of a file", 18);
	assert_int_equal(smb_dissector.recognise(&opening), RECOGNISED_NO);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(recorded_smb1_is_read),
		cmocka_unit_test(a_recorded_netbios_session_is_read),
		cmocka_unit_test(a_recorded_refusal_is_seen),
		cmocka_unit_test(deletions_are_seen),
		cmocka_unit_test(services_that_are_made_are_seen),
		cmocka_unit_test(pending_and_compound_messages_are_matched),
		cmocka_unit_test(sealed_messages_are_seen),
		cmocka_unit_test(a_capture_that_began_late_is_read),
		cmocka_unit_test(openings_are_recognised),
		cmocka_unit_test(a_midstream_opening_is_recognised),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
