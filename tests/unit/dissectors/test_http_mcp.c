/* SPDX-License-Identifier: ISC */
/*
 * The Model Context Protocol over HTTP/1. Real conversations are in tests/golden/captures; these
 * are put together here, by its documents.
 */
#include "tests/unit/conversation.h"

extern const struct dissector http_dissector;

#define HEAD                                                                                       \
	"POST /mcp HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"                      \
	"Accept: application/json, text/event-stream\r\n"
#define LIST_BODY "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/list\"}"

static void ask(struct script *script, const char *body)
{
	char text[2048];
	int n = snprintf(text, sizeof text, HEAD "Content-Length: %zu\r\n\r\n%s", strlen(body),
			 body);

	script_put(script, SIDE_CLIENT, text, (size_t)n);
}

static void answer(struct script *script, const char *headers, const char *body)
{
	char text[2048];
	int n = snprintf(text, sizeof text, "HTTP/1.1 200 OK\r\n%sContent-Length: %zu\r\n\r\n%s",
			 headers, strlen(body), body);

	script_put(script, SIDE_SERVER, text, (size_t)n);
}

static void run(const struct script *script, struct facts *facts)
{
	assert_true(dissect(&http_dissector, script->turns, script->count, 0, facts));
	conversation_splits(&http_dissector, script->turns, script->count);
}

#define SESSION "Content-Type: application/json\r\nMcp-Session-Id: 1\r\n"

static void a_session_alone_proves_nothing(void **unused)
{
	struct script script = {.count = 0};
	struct facts facts;

	(void)unused;
	ask(&script, "{\"method\":\"initialize\",\"params\":{},\"jsonrpc\":\"2.0\",\"id\":0}");
	answer(&script, "Content-Type: text/event-stream\r\n",
	       "event: message\ndata: {\"result\":{\"capabilities\":{},\"protocolVersion\" : "
	       "\"2025-06-18\"},\"jsonrpc\":\"2.0\",\"id\":0}\n\n");
	run(&script, &facts);
	assert_string_equal(facts.service->name, "mcp");
	assert_true(facts.auth == AUTH_NA || facts.auth == AUTH_UNKNOWN);
	ask(&script, LIST_BODY);
	answer(&script, SESSION, "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{\"tools\":[]}}");
	run(&script, &facts);
	assert_int_equal(facts.auth, AUTH_NONE);
	conversation_has(&facts, "tools/list", ANSWER_YES, COMMAND_LISTING);
}

static void a_call_runs_code_and_is_told_without_its_arguments(void **unused)
{
	static const char *const bodies[] = {
		"{\"jsonrpc\":\"2.0\",\"id\":2,\"method\":\"tools/call\",\"params\":"
		"{\"name\":\"run\",\"arguments\":{\"key\":\"s3cret\"}}}",
		"[ { \"params\" : {\"arguments\":{\"name\":\"s3cret\"}, \"name\" : \"run\"} ,\n"
		"\"method\":\"tools/call\" , \"id\":2, \"jsonrpc\":\"2.0\"} ]",
	};

	(void)unused;
	for (size_t i = 0; i < COUNT(bodies); i++) {
		struct script script = {.count = 0};
		struct facts facts;

		ask(&script, bodies[i]);
		answer(&script, SESSION, "{\"result\":{\"content\":[]},\"jsonrpc\":\"2.0\"}");
		run(&script, &facts);
		conversation_has(&facts, "tools/call run", ANSWER_YES, COMMAND_EXECUTES);
		conversation_lacks(&facts, "s3cret");
	}
}

/* The method stands behind more than is kept, in a list, in chunks. */
static void a_call_far_behind_is_found(void **unused)
{
	struct script script = {.count = 0};
	struct facts facts;
	char far[600], chunk[1024];
	int n;

	(void)unused;
	memset(far, ' ', sizeof far);
	memcpy(far, "[" LIST_BODY ",", sizeof LIST_BODY + 1);
	memcpy(far + 540, "{\"method\":\"tools/call\"}]", 25);
	n = snprintf(chunk, sizeof chunk,
		     HEAD
		     "Transfer-Encoding: chunked\r\n\r\n220\r\n%.544s\r\n14\r\n%.20s\r\n0\r\n\r\n",
		     far, far + 544);
	script_put(&script, SIDE_CLIENT, chunk, (size_t)n);
	answer(&script, SESSION, "{}");
	run(&script, &facts);
	conversation_has(&facts, "tools/call", ANSWER_YES, COMMAND_EXECUTES);
}

static void what_failed_was_not_run(void **unused)
{
	struct script script = {.count = 0};
	struct facts facts;

	(void)unused;
	ask(&script, "{\"method\":\"tools/call\",\"params\":{\"name\":\"x\"},\"id\":2}");
	answer(&script, SESSION "Content-Type: text/event-stream\r\n",
	       "id: 1\ndata: \n\ndata: "
	       "{\"error\":{\"code\":-32602},\"jsonrpc\":\"2.0\",\"id\":2}\n\n");
	run(&script, &facts);
	assert_string_equal(facts.service->name, "mcp");
	assert_int_not_equal(facts.auth, AUTH_NONE);
	conversation_has(&facts, "tools/call x", ANSWER_NO, COMMAND_EXECUTES);
}

/* JSON-RPC is spoken by others as well, whatever the client believes. */
/* Over the older way, told by path and body; others have such paths, too. */
static void a_path_is_a_hint(void **unused)
{
	static const char post[] = "POST /messages?sessionId=1 HTTP/1.1\r\n"
				   "Content-Length: %zu\r\n\r\n%s";
	static const char accepted[] = "HTTP/1.1 202 Accepted\r\nContent-Length: 8\r\n\r\nAccepted";
	static const char *const bodies[] = {LIST_BODY, "{\"text\":\"hello\",\"to\":\"all\"}"};

	(void)unused;
	for (size_t i = 0; i < COUNT(bodies); i++) {
		struct script script = {.count = 0};
		struct facts facts;
		char text[256];

		snprintf(text, sizeof text, post, strlen(bodies[i]), bodies[i]);
		script_put(&script, SIDE_CLIENT, text, strlen(text));
		script_put(&script, SIDE_SERVER, accepted, sizeof accepted - 1);
		run(&script, &facts);
		assert_string_equal(facts.service->name, i == 0 ? "mcp" : "http");
	}
}

static void a_node_of_ethereum_is_none(void **unused)
{
	struct script script = {.count = 0};
	struct facts facts;

	(void)unused;
	ask(&script, "{\"method\":\"tools/call\",\"params\":{\"name\":\"x\"},\"id\":2}");
	answer(&script, "Content-Type: application/json\r\n",
	       "{\"jsonrpc\":\"2.0\",\"id\":2,\"error\":{\"code\":-32601,\"message\":\"x\"}}");
	ask(&script, "{\"method\":\"eth_blockNumber\",\"params\":[],\"jsonrpc\":\"2.0\",\"id\":3}");
	answer(&script, "Content-Type: application/json\r\n",
	       "{\"jsonrpc\":\"2.0\",\"id\":3,\"result\":\"0x10\"}");
	run(&script, &facts);
	assert_string_equal(facts.service->name, "http");
	for (size_t i = 0; i < facts.command_count; i++)
		assert_false(facts.commands[i].flags & COMMAND_EXECUTES);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_session_alone_proves_nothing),
		cmocka_unit_test(a_call_runs_code_and_is_told_without_its_arguments),
		cmocka_unit_test(a_call_far_behind_is_found),
		cmocka_unit_test(what_failed_was_not_run),
		cmocka_unit_test(a_path_is_a_hint),
		cmocka_unit_test(a_node_of_ethereum_is_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
