/* SPDX-License-Identifier: ISC */
/*
 * Calls by gRPC-Web and Connect, over HTTP/1 and over HTTP/2: whose they are, what they did, and
 * that only an answer that is one of a call proves anything.
 */
#include "tests/unit/conversation.h"

extern const struct dissector http_dissector, http2_dissector;

struct reply {
	const char *type, *body;
	size_t length;
};

#define REPLY(type, body)                                                                          \
	{                                                                                          \
		type, body, sizeof(body) - 1                                                       \
	}

static const struct reply good[] = {
	REPLY("application/grpc-web+proto", "\0\0\0\0\x02\x08\x01\x80\0\0\0\x0fgrpc-status:0\r\n"),
	REPLY("application/grpc-web", "\0\0\0\0\x02\x08\x01"),
	REPLY("application/grpc-web-text+proto", "AAAAAAIIAQ==gAAAAA9ncnBjLXN0YXR1czowDQo="),
	REPLY("application/connect+proto", "\0\0\0\0\x02\x08\x01\x02\0\0\0\x02{}"),
	REPLY("application/connect+json", "\0\0\0\0\x09{\"a\":\"b\"}\x02\0\0\0\x02{}"),
	REPLY("application/proto", "\x08\x01"),
	REPLY("application/json; charset=utf-8", "{\"result\":{\"time\":0.1}}"),
};

static const struct reply bad[] = {
	REPLY("application/grpc-web+proto",
	      "\x80\0\0\0\x22grpc-message:x\r\ngrpc-status: 12\r\n\r"),
	REPLY("application/grpc-web-text", "gAAAABBncnBjLXN0YXR1czogMTINCg=="),
	REPLY("application/connect+proto",
	      "\x02\0\0\0\x21{\"error\":{\"code\":\"unimplemented\"}}"),
	REPLY("text/html", "<html><body>Welcome</body></html>"),
};

static const struct reply closed[] = {
	REPLY("application/grpc-web+proto", "\x80\0\0\0\x10grpc-status:16\r\n"),
	REPLY("application/grpc-web-text", "gAAAABBncnBjLXN0YXR1czoxNg0K"),
	REPLY("application/connect+proto",
	      "\x02\0\0\0\x23{\"error\":{\"code\":\"unauthenticated\"}}"),
};

static void put_text(struct script *script, enum side from, const char *text)
{
	script_put(script, from, text, strlen(text));
}

static void talk_http1(struct script *script, const char *path, const struct reply *a)
{
	char text[256];

	snprintf(text, sizeof text,
		 "POST %s HTTP/1.1\r\nHost: x\r\nContent-Type: application/grpc-web+proto\r\n"
		 "Content-Length: 5\r\n\r\n",
		 path);
	put_text(script, SIDE_CLIENT, text);
	script_put(script, SIDE_CLIENT, "\0\0\0\0\0", 5);
	snprintf(text, sizeof text,
		 "HTTP/1.1 200 OK\r\nContent-Type: %s\r\nContent-Length: %zu\r\n\r\n", a->type,
		 a->length);
	put_text(script, SIDE_SERVER, text);
	script_put(script, SIDE_SERVER, a->body, a->length);
}

static void frame(struct script *script, enum side from, unsigned type, unsigned flags,
		  const void *bytes, size_t length)
{
	uint8_t head[9] = {0, 0, (uint8_t)length,  (uint8_t)type, (uint8_t)flags, 0,
			   0, 0, type == 4 ? 0 : 1};

	script_put(script, from, head, sizeof head);
	script_put(script, from, bytes, length);
}

static void talk_http2(struct script *script, const char *path, const struct reply *a)
{
	char head[256];
	int n;

	put_text(script, SIDE_CLIENT, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
	frame(script, SIDE_CLIENT, 4, 0, "", 0);
	frame(script, SIDE_SERVER, 4, 0, "", 0);
	n = snprintf(head, sizeof head, "\x83\x86\x04%c%s", (char)strlen(path), path);
	frame(script, SIDE_CLIENT, 1, 4, head, (size_t)n);
	frame(script, SIDE_CLIENT, 0, 1, "\0\0\0\0\0", 5);
	n = snprintf(head, sizeof head, "\x88\x5f%c%s", (char)strlen(a->type), a->type);
	frame(script, SIDE_SERVER, 1, 4, head, (size_t)n);
	frame(script, SIDE_SERVER, 0, 1, a->body, a->length);
}

static void run(bool http2, const char *path, const struct reply *a, struct facts *facts)
{
	const struct dissector *d = http2 ? &http2_dissector : &http_dissector;
	struct script script = {.count = 0};

	if (http2)
		talk_http2(&script, path, a);
	else
		talk_http1(&script, path, a);
	assert_true(dissect(d, script.turns, script.count, 0, facts));
	conversation_stands(d, script.turns, script.count);
}

static void deeds_are_told_in_every_form(void **unused)
{
	struct facts facts;

	(void)unused;
	for (size_t i = 0; i < 2 * COUNT(good); i++) {
		run(i % 2, "/qdrant.Collections/Delete", &good[i / 2], &facts);
		assert_string_equal(facts.service->name, "qdrant");
		assert_int_equal(facts.auth, AUTH_NONE);
		conversation_has(&facts, "Collections/Delete", ANSWER_YES, COMMAND_DESTRUCTIVE);
		run(i % 2, "/grpc/runtime.v1.RuntimeService/ExecSync", &good[i / 2], &facts);
		assert_string_equal(facts.service->name, "cri");
		conversation_has(&facts, "RuntimeService/ExecSync", ANSWER_YES, COMMAND_EXECUTES);
		run(i % 2, "/milvus.proto.milvus.MilvusService/ShowCollections", &good[i / 2],
		    &facts);
		assert_string_equal(facts.service->name, "milvus");
		assert_int_equal(facts.data_read, ANSWER_YES);
	}
}

static void what_is_refused_is_nothing(void **unused)
{
	struct facts facts;

	(void)unused;
	for (size_t i = 0; i < 2 * COUNT(bad); i++) {
		run(i % 2, "/qdrant.Collections/Delete", &bad[i / 2], &facts);
		assert_int_equal(facts.service->family, FAMILY_WEB);
		conversation_has(&facts, "Collections/Delete", ANSWER_NO, COMMAND_DESTRUCTIVE);
	}
	for (size_t i = 0; i < 2 * COUNT(closed); i++) {
		run(i % 2, "/qdrant.Collections/Delete", &closed[i / 2], &facts);
		assert_string_equal(facts.service->name, "qdrant");
		assert_int_equal(facts.auth, AUTH_REQUIRED);
		conversation_has(&facts, "Collections/Delete", ANSWER_NO, COMMAND_DESTRUCTIVE);
	}
}

static void health_proves_nothing(void **unused)
{
	struct facts facts;

	(void)unused;
	for (size_t i = 0; i < 2 * COUNT(good); i++) {
		run(i % 2, "/grpc.health.v1.Health/Check", &good[i / 2], &facts);
		assert_true(facts.auth == AUTH_NA || facts.auth == AUTH_UNKNOWN);
		assert_int_not_equal(facts.data_read, ANSWER_YES);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(deeds_are_told_in_every_form),
		cmocka_unit_test(what_is_refused_is_nothing),
		cmocka_unit_test(health_proves_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
