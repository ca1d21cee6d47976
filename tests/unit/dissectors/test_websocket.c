/* SPDX-License-Identifier: ISC */
/*
 * WebSocket: frames put together here, by RFC 6455 and by the documents of what speaks in them; and
 * the little of JSON that is asked about messages.
 */
#include <zlib.h>

#include "dissectors/read/json_text.h"
#include "dissectors/websocket.h"
#include "tests/unit/conversation.h"

enum {
	CONTINUATION = 0x00,
	TEXT = 0x01,
	BINARY = 0x02,
	PING = 0x09,
	COMPRESSED = 0x40,
	FIN = 0x80
};

/* A frame of either side; the client's is masked. */
static void frame(struct script *script, enum side from, unsigned first, const void *payload,
		  size_t length)
{
	static const uint8_t key[4] = {0x12, 0x34, 0x56, 0x78};
	uint8_t bytes[4096], masked = from == SIDE_CLIENT ? 0x80 : 0;
	size_t n = 0;

	bytes[n++] = (uint8_t)first;
	if (length < 126) {
		bytes[n++] = (uint8_t)(masked | length);
	} else {
		bytes[n++] = masked | 126;
		bytes[n++] = (uint8_t)(length >> 8);
		bytes[n++] = (uint8_t)length;
	}
	if (masked) {
		memcpy(bytes + n, key, 4);
		n += 4;
	}
	for (size_t i = 0; i < length; i++)
		bytes[n++] = ((const uint8_t *)payload)[i] ^ (masked ? key[i & 3] : 0);
	script_put(script, from, bytes, n);
}

static void say(struct script *script, enum side from, const char *text)
{
	frame(script, from, FIN | TEXT, text, strlen(text));
}

/* As after an upgrade with this hint, in pieces of `chunk` bytes; 0: whole turns. */
static void run(const struct script *script, uint8_t hint, size_t chunk, struct facts *facts)
{
	_Alignas(16) uint8_t state[DISSECTOR_STATE_MAX] = {0};
	struct unpacking unpacking;
	struct unpacker unpacker = unpacking_begin(&unpacking);

	*facts = (struct facts){.service = NULL};
	websocket_dissector.begin(state, facts);
	for (size_t i = 0; i < script->count; i++) {
		const struct turn *turn = &script->turns[i];
		size_t step = chunk != 0 ? chunk : turn->length;

		for (size_t at = 0; at < turn->length; at += step) {
			size_t left = turn->length - at;
			struct feed fed = {.from = turn->from, .hint = hint, .unpacker = &unpacker};

			fed.bytes = bytes_from((const uint8_t *)turn->bytes + at,
					       left < step ? left : step);
			websocket_dissector.feed(state, facts, &fed);
		}
	}
	websocket_dissector.end(state, facts);
	unpacking_free(&unpacking);
}

static void run_cut(const struct script *script, uint8_t hint, struct facts *facts)
{
	struct facts cut;

	run(script, hint, 0, facts);
	for (size_t chunk = 1; chunk < 40; chunk += 3) {
		run(script, hint, chunk, &cut);
		conversation_same(facts, &cut);
	}
}

#define CHALLENGE                                                                                  \
	"{\"type\":\"event\", \"event\" : \"connect.challenge\",\"payload\":{\"nonce\":\"x\"}}"
#define CONNECT                                                                                    \
	"{\"type\":\"req\",\"id\":\"1\",\"method\":\"connect\",\"params\":{\"minProtocol\":3}}"

static void openclaw_says_who_it_is(void **unused)
{
	struct script script = {.count = 0};
	struct facts facts;

	(void)unused;
	say(&script, SIDE_SERVER, CHALLENGE);
	run_cut(&script, 0, &facts);
	assert_string_equal(facts.service->name, "openclaw");
	assert_int_equal(facts.auth, AUTH_UNKNOWN);
	say(&script, SIDE_CLIENT, CONNECT);
	frame(&script, SIDE_SERVER, FIN | PING, "", 0);
	say(&script, SIDE_SERVER, "{\"type\":\"res\",\"id\":\"1\",\"ok\":true,\"payload\":{}}");
	say(&script, SIDE_CLIENT, "{\"method\":\"agent\",\"type\":\"req\",\"id\":\"2\"}");
	say(&script, SIDE_SERVER, "{\"type\":\"res\",\"id\":\"2\",\"ok\":true}");
	run_cut(&script, 0, &facts);
	assert_int_equal(facts.auth, AUTH_NONE);
	conversation_has(&facts, "agent (OpenClaw)", ANSWER_YES, COMMAND_EXECUTES);
	memset(&facts, 0, sizeof facts);
	dissect_session(&websocket_dissector, script.turns, script.count, 1, &facts);
	assert_string_equal(facts.product, "OpenClaw");
}

static void openclaw_refuses(void **unused)
{
	struct script script = {.count = 0};
	struct facts facts;

	(void)unused;
	say(&script, SIDE_SERVER, CHALLENGE);
	say(&script, SIDE_CLIENT, CONNECT);
	say(&script, SIDE_SERVER, "{\"type\":\"res\",\"id\":\"1\",\"ok\":false,\"error\":{}}");
	run_cut(&script, 0, &facts);
	assert_int_equal(facts.auth, AUTH_REQUIRED);
}

/* The kind of the message stands behind a long program, in frames that continue one another. */
static void kernels_run_what_they_are_sent(void **unused)
{
	struct script script = {.count = 0};
	char code[1200],
		tail[] = "\",\"silent\":false},\"header\":{\"msg_type\": \"execute_request\"}}";
	struct facts facts;

	(void)unused;
	memset(code, 'x', sizeof code);
	memcpy(code, "{\"content\":{\"code\":\"", 20);
	frame(&script, SIDE_CLIENT, TEXT, code, sizeof code);
	frame(&script, SIDE_CLIENT, FIN | PING, "?", 1);
	frame(&script, SIDE_CLIENT, CONTINUATION, tail, 48);
	frame(&script, SIDE_CLIENT, FIN | CONTINUATION, tail + 48, sizeof tail - 1 - 48);
	run_cut(&script, WEBSOCKET_KERNEL, &facts);
	conversation_has(&facts, "execute_request (kernel)", ANSWER_UNKNOWN, COMMAND_EXECUTES);
	say(&script, SIDE_SERVER,
	    "{\"msg_type\":\"status\",\"content\":{\"execution_state\":\"busy\"}}");
	run_cut(&script, WEBSOCKET_KERNEL, &facts);
	assert_string_equal(facts.service->name, "jupyter");
	assert_int_equal(facts.auth, AUTH_NONE);
	conversation_has(&facts, "execute_request (kernel)", ANSWER_YES, COMMAND_EXECUTES);
}

static void terminals_are_shells(void **unused)
{
	struct script script = {.count = 0};
	struct facts facts;

	(void)unused;
	say(&script, SIDE_SERVER, "[\"setup\", {}]");
	say(&script, SIDE_CLIENT, "[ \"stdin\", \"id\\r\"]");
	say(&script, SIDE_SERVER, "[\"stdout\", \"uid=0\"]");
	run_cut(&script, WEBSOCKET_TERMINAL, &facts);
	assert_string_equal(facts.service->name, "jupyter");
	conversation_has(&facts, "stdin (terminal)", ANSWER_YES, COMMAND_EXECUTES);
	run_cut(&script, WEBSOCKET_TERMINAL | WEBSOCKET_CREDENTIALS, &facts);
	assert_int_equal(facts.auth, AUTH_SUCCEEDED);
}

static void debuggers_evaluate(void **unused)
{
	struct script script = {.count = 0};
	struct facts facts;

	(void)unused;
	say(&script, SIDE_CLIENT, "{\"id\":1,\"method\":\"Runtime.evaluate\",\"params\":{}}");
	say(&script, SIDE_SERVER, "{\"id\":1,\"result\":{\"result\":{\"type\":\"number\"}}}");
	run_cut(&script, 0, &facts);
	conversation_has(&facts, "Runtime.evaluate", ANSWER_YES, COMMAND_EXECUTES);
	assert_int_equal(facts.auth, AUTH_NONE);
}

/* The messages together are the bytes of another protocol, however they were cut. */
static void stomp_and_mqtt_have_readers(void **unused)
{
	static const char connected[] = "CONNECTED\nversion:1.2\nserver:RabbitMQ/3.10.8\n\n";
	static const char connect[] = "\x10\x0c\0\4MQTT\4\2\0\x3c\0\0", connack[] = "\x20\2\0\0";
	struct script script = {.count = 0};
	struct facts facts;

	(void)unused;
	frame(&script, SIDE_CLIENT, FIN | BINARY, connect, 5);
	frame(&script, SIDE_CLIENT, FIN | BINARY, connect + 5, sizeof connect - 1 - 5);
	frame(&script, SIDE_SERVER, FIN | BINARY, connack, sizeof connack - 1);
	run_cut(&script, WEBSOCKET_MQTT, &facts);
	assert_string_equal(facts.service->name, "mqtt");
	assert_int_equal(facts.auth, AUTH_NONE);

	script.count = script.used = 0;
	say(&script, SIDE_CLIENT, "CONNECT\naccept-version:1.2\n\n");
	frame(&script, SIDE_CLIENT, FIN | TEXT, "", 1);
	frame(&script, SIDE_SERVER, FIN | TEXT, connected, sizeof connected);
	run_cut(&script, WEBSOCKET_STOMP, &facts);
	assert_string_equal(facts.service->name, "stomp");
	assert_string_equal(facts.product, "RabbitMQ");
}

/* Compressed, with what was said before as window or not; in two frames. */
static void say_packed(struct script *script, enum side from, z_stream *z, bool anew,
		       const char *text)
{
	uint8_t packed[1024];

	if (anew)
		assert_int_equal(deflateReset(z), Z_OK);
	z->next_in = (Bytef *)(uintptr_t)text;
	z->avail_in = (uInt)strlen(text);
	z->next_out = packed;
	z->avail_out = sizeof packed;
	assert_int_equal(deflate(z, Z_SYNC_FLUSH), Z_OK);
	frame(script, from, TEXT | COMPRESSED, packed, 3);
	frame(script, from, FIN | CONTINUATION, packed + 3, sizeof packed - z->avail_out - 4 - 3);
}

static void compressed_messages_are_read(void **unused)
{
	struct facts facts;

	(void)unused;
	for (int anew = 0; anew < 2; anew++) {
		struct script script = {.count = 0};
		z_stream z = {.zalloc = NULL};

		assert_int_equal(deflateInit2(&z, 9, Z_DEFLATED, -15, 8, 0), Z_OK);
		say_packed(&script, SIDE_CLIENT, &z, anew,
			   "{\"header\":{\"msg_type\":\"kernel_info_request\"}}");
		say_packed(&script, SIDE_CLIENT, &z, anew,
			   "{\"header\":{\"msg_type\":\"\\u0065xecute_request\"}}");
		deflateEnd(&z);
		say(&script, SIDE_SERVER, "{\"header\":{\"msg_type\":\"status\"}}");
		run_cut(&script, WEBSOCKET_KERNEL, &facts);
		conversation_has(&facts, "execute_request (kernel)", ANSWER_YES, COMMAND_EXECUTES);
		assert_false(facts.limited);
	}
}

static void what_is_not_read_is_told(void **unused)
{
	struct script script = {.count = 0}, torn = {.count = 0};
	struct facts facts;

	(void)unused;
	frame(&script, SIDE_CLIENT, FIN | TEXT | COMPRESSED, "\xff\xff\xff\xff", 4);
	run_cut(&script, WEBSOCKET_KERNEL, &facts);
	assert_true(facts.limited);
	frame(&torn, SIDE_CLIENT, 0x7f, "????", 4);
	run_cut(&torn, WEBSOCKET_KERNEL, &facts);
	assert_true(facts.limited);
}

static void methods_are_found_behind_all_else(void **unused)
{
	struct script script = {.count = 0};
	char text[1500];
	struct facts facts;

	(void)unused;
	snprintf(text, sizeof text,
		 "{\"id\":1,\"params\":{\"expression\":\"%0999d\",\"method\":\"x\"},"
		 "\"m\\u0065thod\" : \"Runtime.\\u0065valuate\"}",
		 7);
	say(&script, SIDE_CLIENT, text);
	say(&script, SIDE_SERVER, "{\"id\":1,\"result\":{}}");
	run_cut(&script, WEBSOCKET_ANY, &facts);
	conversation_has(&facts, "Runtime.evaluate", ANSWER_YES, COMMAND_EXECUTES);
}

static void paths_and_protocols_tell_the_kind(void **unused)
{
#define PATH(text)     websocket_by_path(bytes_from(text, sizeof(text) - 1))
#define PROTOCOL(text) websocket_by_protocol(bytes_from(text, sizeof(text) - 1))
	(void)unused;
	assert_int_equal(PATH("/user/x/api/kernels/1-2/channels"), WEBSOCKET_KERNEL);
	assert_int_equal(PATH("/terminals/websocket/1"), WEBSOCKET_TERMINAL);
	assert_int_equal(PATH("/ws"), WEBSOCKET_ANY);
	assert_int_equal(PROTOCOL("v12.stomp"), WEBSOCKET_STOMP);
	assert_int_equal(PROTOCOL("mqtt"), WEBSOCKET_MQTT);
	assert_int_equal(PROTOCOL("v1.kernel.websocket.jupyter.org"), WEBSOCKET_KERNEL);
}

static void what_is_no_frame_says_nothing(void **unused)
{
	struct script script = {.count = 0};
	struct facts facts;

	(void)unused;
	/* A client that does not mask, a server that does, a frame of 2^63 bytes. */
	script_put(&script, SIDE_CLIENT, "\x81\x15{\"method\":\"Runtime.evaluate\"}", 32);
	script_put(&script, SIDE_SERVER, "\x81\xff\xff\xff\xff\xff\xff\xff\xff\xff{}", 12);
	run_cut(&script, 0, &facts);
	assert_int_equal(facts.command_count, 0);
	assert_string_equal(facts.service->name, "websocket");
	assert_true(dissect_session(&websocket_dissector, script.turns, script.count, 0, &facts) ==
		    false);
}

static void members_are_found_in_any_order(void **unused)
{
#define JSON(text) bytes_from(text, sizeof(text) - 1)
	struct bytes value;

	(void)unused;
	assert_true(json_text_member(JSON("{\"a\":{\"k\":1},\"k\":\"v\"}"), "k", &value));
	assert_true(json_text_is(value, "v"));
	assert_true(json_text_member(JSON(" [ {\"x\":[\"]\",{}] , \"k\" : true }"), "k", &value));
	assert_true(json_text_is(value, "true"));
	assert_true(json_text_member(JSON("{\"a\\\"\":\"}\",\"k\":{\"name\":2"), "k", &value));
	assert_true(json_text_member(value, "name", &value));
	assert_true(json_text_is(value, "2"));
	assert_false(json_text_member(JSON("{\"a\":\"k\",\"b\":{\"k\":1}"), "k", &value));
	assert_false(json_text_member(JSON("{\"a\":\"\\"), "k", &value));
	assert_false(json_text_member(JSON("{\"k\""), "k", &value));
	assert_false(json_text_member(JSON("\"k\""), "k", &value));
	assert_false(json_text_member(JSON(""), "k", &value));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(openclaw_says_who_it_is),
		cmocka_unit_test(openclaw_refuses),
		cmocka_unit_test(kernels_run_what_they_are_sent),
		cmocka_unit_test(terminals_are_shells),
		cmocka_unit_test(debuggers_evaluate),
		cmocka_unit_test(stomp_and_mqtt_have_readers),
		cmocka_unit_test(compressed_messages_are_read),
		cmocka_unit_test(what_is_not_read_is_told),
		cmocka_unit_test(methods_are_found_behind_all_else),
		cmocka_unit_test(paths_and_protocols_tell_the_kind),
		cmocka_unit_test(what_is_no_frame_says_nothing),
		cmocka_unit_test(members_are_found_in_any_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
