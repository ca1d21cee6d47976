/* SPDX-License-Identifier: ISC */
/*
 * What is read of conversations: a verdict must not depend on how the bytes were cut into packets,
 * or on the order in which these came; and the pool gives up who has been silent longest.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "sensor/session/session.h"
#include "tests/unit/packets.h"
#include "tests/unit/random.h"
#include "tests/unit/sample_tls.h"

#define TURNS	 8
#define SEGMENTS 64

/* Turns of client and server, the client first; NULL ends. */
struct script {
	const char *service;
	const char *turns[TURNS];
};

static const struct script scripts[] = {
	{"redis",
	 {"*1\r\n$4\r\nPING\r\n", "+PONG\r\n", "*1\r\n$8\r\nFLUSHALL\r\n", "+OK\r\n",
	  "*2\r\n$4\r\nKEYS\r\n$1\r\n*\r\n", "*1\r\n$3\r\nabc\r\n"}},
	{"elasticsearch",
	 {"GET /_cat/indices HTTP/1.1\r\nHost: es:9200\r\n\r\n",
	  "HTTP/1.1 200 OK\r\nX-elastic-product: Elasticsearch\r\n"
	  "Content-Type: text/plain\r\nContent-Length: 22\r\n\r\nyellow open customers\n",
	  "DELETE /customers HTTP/1.1\r\nHost: es:9200\r\n\r\n",
	  "HTTP/1.1 200 OK\r\nX-elastic-product: Elasticsearch\r\n"
	  "Content-Type: application/json\r\nContent-Length: 21\r\n\r\n{\"acknowledged\":true}"}},
	{"imap",
	 {"", "* OK [CAPABILITY IMAP4rev1] Dovecot ready.\r\n", "a1 LOGIN u secret\r\n",
	  "a1 NO [AUTHENTICATIONFAILED] no\r\n", "a2 LOGIN u secret2\r\n", "a2 OK in\r\n",
	  "a3 SELECT INBOX\r\n", "* 3 EXISTS\r\na3 OK done\r\n"}},
};

struct lab {
	struct services *services;
	struct sessions *sessions;
	struct flow flow;
	uint64_t now_ns; /* a minute from packet to packet */
};

static struct lab *lab_new(uint32_t max_sessions)
{
	struct lab *lab = calloc(1, sizeof *lab);

	lab->services = services_new();
	lab->sessions = sessions_new(max_sessions, 64, 4, false, 1, lab->services);
	return lab;
}

static void lab_free(struct lab *lab)
{
	struct sessions_stats stats;

	sessions_stats(lab->sessions, &stats);
	assert_int_equal(stats.in_use, 0);
	assert_int_equal(stats.blocks_in_use, 0);
	sessions_free(lab->sessions);
	services_free(lab->services);
	free(lab);
}

static void send(struct lab *lab, struct flow *flow, enum side from, const uint32_t at[2],
		 const char *bytes, size_t length)
{
	static _Thread_local struct frame frame;
	struct decoder decoder = decoder_of(NULL);
	struct packet packet;
	struct packet_spec spec = {
		.source = from == SIDE_CLIENT ? "203.0.113.7" : "10.20.0.5",
		.destination = from == SIDE_CLIENT ? "10.20.0.5" : "203.0.113.7",
		.source_port = from == SIDE_CLIENT ? 40000 : 5555,
		.destination_port = from == SIDE_CLIENT ? 5555 : 40000,
		.flags = TCP_ACK,
		.sequence = at[from],
		.acknowledgement = at[!from],
		.payload = bytes,
		.payload_length = length,
	};

	packet_build(&frame, &spec);
	lab->now_ns += 60000000000;
	assert_int_equal(decode_packet(&decoder, frame.link, frame.bytes, (uint32_t)frame.length,
				       (uint32_t)frame.length, lab->now_ns, &packet),
			 DECODE_OK);
	sessions_packet(lab->sessions, flow, from, &packet);
}

/* One turn in pieces, in any order, some twice. */
static void say(struct lab *lab, enum side from, uint32_t at[2], const char *text,
		struct random *random)
{
	struct piece {
		size_t offset, length;
	} pieces[SEGMENTS];
	size_t length = strlen(text), count = 0, done = 0;

	while (done < length) {
		size_t n = count + 1 == SEGMENTS ? length - done : 1 + random_below(random, 24);

		if (n > length - done)
			n = length - done;
		pieces[count++] = (struct piece){done, n};
		done += n;
	}
	for (size_t i = 0; i < count; i++) {
		size_t j = i + random_below(random, (uint32_t)(count - i < 3 ? count - i : 3));
		struct piece piece = pieces[j];
		uint32_t place[2] = {at[0], at[1]};

		pieces[j] = pieces[i];
		pieces[i] = piece;
		place[from] += (uint32_t)piece.offset;
		for (uint32_t copies = 1 + random_below(random, 2); copies > 0; copies--)
			send(lab, &lab->flow, from, place, text + piece.offset, piece.length);
	}
	at[from] += (uint32_t)length;
}

static void play(struct lab *lab, const struct script *script, struct random *random,
		 struct session *result)
{
	uint32_t at[2] = {0xffffffe0u, 77};

	lab->flow = (struct flow){
		.session = FLOW_NO_SESSION,
		.direction = DIRECTION_SYNACK,
		.key.transport = TRANSPORT_TCP,
	};
	sessions_open(lab->sessions, &lab->flow);
	sessions_start(lab->sessions, &lab->flow, SIDE_CLIENT, at[0]);
	sessions_start(lab->sessions, &lab->flow, SIDE_SERVER, at[1]);
	for (int i = 0; i < TURNS && script->turns[i]; i++) {
		enum side from = i % 2 ? SIDE_SERVER : SIDE_CLIENT;

		if (random)
			say(lab, from, at, script->turns[i], random);
		else if (script->turns[i][0])
			send(lab, &lab->flow, from, at, script->turns[i], 0);
		if (!random)
			at[from] += (uint32_t)strlen(script->turns[i]);
	}
	sessions_conclude(lab->sessions, &lab->flow);
	*result = *sessions_get(lab->sessions, &lab->flow);
	sessions_close(lab->sessions, &lab->flow);
	result->own.facts.revision = 0; /* how often something changed may depend on the cuts */
}

static void verdicts_do_not_depend_on_the_cuts(void **state)
{
	struct lab *lab = lab_new(4);
	struct random random = {.state = 6};

	(void)state;
	for (size_t i = 0; i < sizeof scripts / sizeof *scripts; i++) {
		struct session whole, cut;

		play(lab, &scripts[i], NULL, &whole);
		assert_non_null(whole.own.facts.service);
		assert_string_equal(whole.own.facts.service->name, scripts[i].service);
		assert_int_equal(whole.identified_by, IDENTIFIED_PAYLOAD);
		for (int round = 0; round < 200; round++) {
			play(lab, &scripts[i], &random, &cut);
			assert_memory_equal(&cut.own.facts, &whole.own.facts, sizeof cut.own.facts);
			assert_int_equal(cut.identified_by, whole.identified_by);
		}
	}
	lab_free(lab);
}

/* The session that has been silent longest makes room; its flow knows that it lost the thread. */
static void the_silent_make_room(void **state)
{
	struct lab *lab = lab_new(2);
	struct flow flows[3] = {{.session = FLOW_NO_SESSION},
				{.session = FLOW_NO_SESSION},
				{.session = FLOW_NO_SESSION}};
	uint32_t at[2] = {1, 1};
	struct sessions_stats stats;

	(void)state;
	assert_null(sessions_victim(lab->sessions));
	for (int i = 0; i < 2; i++) {
		flows[i].key.transport = TRANSPORT_TCP;
		assert_null(sessions_get(lab->sessions, &flows[i]));
		assert_non_null(sessions_open(lab->sessions, &flows[i]));
		assert_ptr_equal(sessions_open(lab->sessions, &flows[i]),
				 sessions_get(lab->sessions, &flows[i]));
	}
	at[0] = 5; /* behind a hole: a block is held */
	sessions_start(lab->sessions, &flows[1], SIDE_CLIENT, 1);
	send(lab, &flows[1], SIDE_CLIENT, at, "x", 1);
	send(lab, &flows[0], SIDE_CLIENT, at, "x", 1);
	sessions_stats(lab->sessions, &stats);
	assert_int_equal(stats.blocks_in_use, 1);
	assert_ptr_equal(sessions_victim(lab->sessions), &flows[1]);
	assert_non_null(sessions_open(lab->sessions, &flows[2]));
	assert_null(sessions_get(lab->sessions, &flows[1]));
	assert_true(flows[1].midstream);
	sessions_stats(lab->sessions, &stats);
	assert_int_equal(stats.evicted, 1);
	assert_int_equal(stats.in_use, 2);
	assert_int_equal(stats.blocks_in_use, 0);
	for (int i = 0; i < 3; i++)
		sessions_close(lab->sessions, &flows[i]);
	lab_free(lab);
}

struct message {
	enum side from;
	const void *bytes;
	size_t length;
};

/* One packet for each message. */
static void exchange(struct lab *lab, const struct message *messages, size_t count,
		     struct session *result)
{
	uint32_t at[2] = {1, 1};

	lab->flow = (struct flow){
		.session = FLOW_NO_SESSION,
		.direction = DIRECTION_SYNACK,
		.key.transport = TRANSPORT_TCP,
	};
	sessions_open(lab->sessions, &lab->flow);
	sessions_start(lab->sessions, &lab->flow, SIDE_CLIENT, at[0]);
	sessions_start(lab->sessions, &lab->flow, SIDE_SERVER, at[1]);
	for (size_t i = 0; i < count; i++) {
		send(lab, &lab->flow, messages[i].from, at, messages[i].bytes, messages[i].length);
		at[messages[i].from] += (uint32_t)messages[i].length;
	}
	sessions_conclude(lab->sessions, &lab->flow);
	*result = *sessions_get(lab->sessions, &lab->flow);
	sessions_close(lab->sessions, &lab->flow);
}

#define SAY(side, text)                                                                            \
	{                                                                                          \
		(side), (text), sizeof(text) - 1                                                   \
	}
#define SIEVE_GREETING                                                                             \
	"\"IMPLEMENTATION\" \"Dovecot Pigeonhole\"\r\n\"STARTTLS\"\r\nOK \"ready.\"\r\n"

/* The hello comes in one packet with the request for TLS, which MySQL does not answer. */
static void tls_begins_inside_of_a_packet(void **state)
{
	static const uint8_t greeting[] =
		"\x4a\0\0\0\n8.0."
		"36\0\7\0\0\0abcdefgh\0\xff\xff\xff\2\0\xff\xdf\x15\0\0\0\0\0\0\0\0\0\0"
		"ijklmnopqrst\0caching_sha2_password";
	uint8_t request[36 + sizeof tls12_client_hello] = {32, 0, 0, 1, 0x85, 0xae, 0xff, 0x19};
	struct message messages[] = {
		{SIDE_SERVER, greeting, sizeof greeting},
		{SIDE_CLIENT, request, sizeof request},
		{SIDE_SERVER, tls12_server_flight, sizeof tls12_server_flight},
	};
	struct lab *lab = lab_new(4);
	struct session result;

	(void)state;
	memcpy(request + 36, tls12_client_hello, sizeof tls12_client_hello);
	exchange(lab, messages, 3, &result);
	assert_string_equal(result.own.facts.service->name, "mysql");
	assert_int_equal(result.own.facts.encryption, ENCRYPTION_STARTTLS);
	assert_string_equal(result.own.facts.tls_version, "1.2");
	assert_int_equal(result.own.facts.auth, AUTH_UNKNOWN);
	lab_free(lab);
}

/* TLS was agreed to and never begun: what follows in clear is read, and called clear. */
static void plaintext_after_the_agreement_is_read(void **state)
{
	static const struct message messages[] = {
		SAY(SIDE_SERVER, SIEVE_GREETING),
		SAY(SIDE_CLIENT, "STARTTLS\r\n"),
		SAY(SIDE_SERVER, "OK \"Begin TLS negotiation now.\"\r\n"),
		SAY(SIDE_CLIENT, "AUTHENTICATE \"PLAIN\" \"AGFsaWNlAHB3MTIz\"\r\n"),
		SAY(SIDE_SERVER, "OK \"Logged in.\"\r\n"),
	};
	struct lab *lab = lab_new(4);
	struct session result;

	(void)state;
	exchange(lab, messages, sizeof messages / sizeof *messages, &result);
	assert_int_equal(result.own.facts.encryption, ENCRYPTION_CLEARTEXT);
	assert_int_equal(result.own.facts.auth, AUTH_SUCCEEDED);
	exchange(lab, messages, 3, &result); /* nothing follows at all */
	assert_int_equal(result.own.facts.encryption, ENCRYPTION_CLEARTEXT);
	assert_int_equal(result.own.facts.auth, AUTH_NA);
	lab_free(lab);
}

/* One direction is all there is to see, or the greeting comes behind a hello in vain. */
static void tls_tells_itself_in_halves(void **state)
{
	const struct message client[] = {
		SAY(SIDE_CLIENT, "EHLO a\r\n"),
		SAY(SIDE_CLIENT, "STARTTLS\r\n"),
		{SIDE_CLIENT, tls12_client_hello, sizeof tls12_client_hello},
	};
	const struct message server[] = {
		SAY(SIDE_SERVER, "220 mx ESMTP Postfix\r\n"),
		SAY(SIDE_SERVER, "220 2.0.0 Ready to start TLS\r\n"),
		{SIDE_SERVER, tls12_server_flight, sizeof tls12_server_flight},
	};
	const struct message in_vain[] = {
		{SIDE_CLIENT, tls12_client_hello, sizeof tls12_client_hello},
		SAY(SIDE_SERVER, "220 mx ESMTP Postfix\r\n"),
	};
	struct lab *lab = lab_new(4);
	struct session result;

	(void)state;
	exchange(lab, client, 3, &result);
	assert_string_equal(result.own.facts.service->name, "smtp");
	assert_int_equal(result.own.facts.encryption, ENCRYPTION_STARTTLS);
	exchange(lab, server, 3, &result);
	assert_int_equal(result.own.facts.encryption, ENCRYPTION_STARTTLS);
	assert_int_equal(result.own.facts.auth, AUTH_UNKNOWN);
	exchange(lab, in_vain, 2, &result);
	assert_int_equal(result.own.facts.encryption, ENCRYPTION_CLEARTEXT);
	assert_string_equal(result.own.facts.product, "Postfix");
	lab_free(lab);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(verdicts_do_not_depend_on_the_cuts),
		cmocka_unit_test(the_silent_make_room),
		cmocka_unit_test(tls_begins_inside_of_a_packet),
		cmocka_unit_test(plaintext_after_the_agreement_is_read),
		cmocka_unit_test(tls_tells_itself_in_halves),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
