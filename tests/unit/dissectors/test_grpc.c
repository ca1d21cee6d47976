/* SPDX-License-Identifier: ISC */
/*
 * Calls by gRPC: whose they are and what they did, in every way in which a client may write its
 * headers. The conversations are put together here, by the .proto files of the products.
 */
#include "dissectors/http/grpc_services.h"
#include "tests/unit/conversation.h"

extern const struct dissector http2_dissector;

enum { DATA = 0, HEADERS = 1, SETTINGS = 4, CONTINUATION = 9 };
enum { END_STREAM = 1, END_HEADERS = 4, PADDED = 8 };

/* How a header is written (RFC 7541 section 6). */
enum { INSERTED = 0x40, PLAIN = 0x00, NEVER = 0x10 };

struct block {
	uint8_t bytes[512];
	size_t length;
};

static void put(struct block *block, const void *bytes, size_t length)
{
	assert_true(block->length + length <= sizeof block->bytes);
	memcpy(block->bytes + block->length, bytes, length);
	block->length += length;
}

static void put_byte(struct block *block, unsigned byte)
{
	uint8_t b = (uint8_t)byte;

	put(block, &b, 1);
}

static void put_text(struct block *block, const char *text)
{
	size_t n = strlen(text);

	if (n >= 127) {
		put_byte(block, 127);
		put_byte(block, (unsigned)(n - 127));
	} else {
		put_byte(block, (unsigned)n);
	}
	put(block, text, n);
}

static void put_header(struct block *block, unsigned how, const char *name, const char *value)
{
	put_byte(block, how);
	put_text(block, name);
	put_text(block, value);
}

static void frame(struct script *script, enum side from, unsigned type, unsigned flags,
		  unsigned stream, const struct block *block)
{
	uint8_t head[9] = {0,
			   (uint8_t)(block->length >> 8),
			   (uint8_t)block->length,
			   (uint8_t)type,
			   (uint8_t)flags,
			   0,
			   0,
			   (uint8_t)(stream >> 8),
			   (uint8_t)stream};

	script_put(script, from, head, sizeof head);
	script_put(script, from, block->bytes, block->length);
}

static void greet(struct script *script)
{
	static const struct block none;

	script_put(script, SIDE_CLIENT, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 24);
	frame(script, SIDE_CLIENT, SETTINGS, 0, 0, &none);
	frame(script, SIDE_SERVER, SETTINGS, 0, 0, &none);
}

static void ask(struct script *script, unsigned stream, unsigned how, const char *path)
{
	struct block head = {.length = 0}, message = {.length = 0};

	put(&head, "\x83\x86", 2);
	put_header(&head, how, ":path", path);
	put_header(&head, how, "content-type", "application/grpc");
	frame(script, SIDE_CLIENT, HEADERS, END_HEADERS, stream, &head);
	put(&message, "\0\0\0\0\0", 5);
	frame(script, SIDE_CLIENT, DATA, END_STREAM, stream, &message);
}

static void answer(struct script *script, unsigned stream, size_t length)
{
	struct block head = {.length = 0}, message = {.length = 0}, tail = {.length = 0};

	put_byte(&head, 0x88);
	put_header(&head, PLAIN, "content-type", "application/grpc");
	frame(script, SIDE_SERVER, HEADERS, END_HEADERS, stream, &head);
	put(&message, "\0\0\0\0", 4);
	put_byte(&message, (unsigned)length);
	for (size_t i = 0; i < length; i++)
		put_byte(&message, 'x');
	frame(script, SIDE_SERVER, DATA, 0, stream, &message);
	put_header(&tail, PLAIN, "grpc-status", "0");
	frame(script, SIDE_SERVER, HEADERS, END_HEADERS | END_STREAM, stream, &tail);
}

static void refuse(struct script *script, unsigned stream, const char *status)
{
	struct block head = {.length = 0};

	put_byte(&head, 0x88);
	put_header(&head, PLAIN, "content-type", "application/grpc");
	put_header(&head, PLAIN, "grpc-status", status);
	frame(script, SIDE_SERVER, HEADERS, END_HEADERS | END_STREAM, stream, &head);
}

static void run(const struct script *script, struct facts *facts)
{
	assert_true(dissect(&http2_dissector, script->turns, script->count, 0, facts));
	conversation_stands(&http2_dissector, script->turns, script->count);
}

static void a_deletion_is_told_in_every_writing(void **unused)
{
	static const unsigned writings[] = {INSERTED, PLAIN, NEVER};

	(void)unused;
	for (size_t i = 0; i < COUNT(writings); i++) {
		struct script script = {.count = 0};
		struct facts facts;

		greet(&script);
		ask(&script, 1, writings[i], "/milvus.proto.milvus.MilvusService/DropCollection");
		answer(&script, 1, 0);
		run(&script, &facts);
		assert_string_equal(facts.service->name, "milvus");
		assert_int_equal(facts.auth, AUTH_NONE);
		conversation_has(&facts, "MilvusService/DropCollection", ANSWER_YES,
				 COMMAND_DESTRUCTIVE);
	}
}

/* The path is named by its number in the table only; between them others have been added. */
static void a_path_of_the_table_is_known_again(void **unused)
{
	struct script script = {.count = 0};
	struct block head = {.length = 0};
	struct facts facts;

	(void)unused;
	greet(&script);
	ask(&script, 1, INSERTED, "/qdrant.Collections/List");
	refuse(&script, 1, "16");
	ask(&script, 3, INSERTED, "/grpc.health.v1.Health/Check");
	put(&head, "\x83\x86\xc1\xc0", 4); /* 65: the first path, 64: its content type */
	frame(&script, SIDE_CLIENT, HEADERS, END_HEADERS | END_STREAM, 5, &head);
	answer(&script, 5, 20);
	run(&script, &facts);
	assert_string_equal(facts.service->name, "qdrant");
	assert_int_equal(facts.auth, AUTH_NONE);
	assert_int_equal(facts.data_read, ANSWER_YES);
	conversation_has(&facts, "Collections/List", ANSWER_YES, COMMAND_LISTING);
}

static void headers_go_on_in_other_frames(void **unused)
{
	static const char path[] = "/containerd.services.tasks.v1.Tasks/Exec";
	struct script script = {.count = 0};
	struct block first = {.length = 0}, second = {.length = 0};
	struct facts facts;

	(void)unused;
	greet(&script);
	put(&first, "\x02\x83\x86\x00\x05:path", 10);
	put_byte(&first, sizeof path - 1);
	put(&first, path, 9);
	put(&first, "\0\0", 2);
	put(&second, path + 9, sizeof path - 1 - 9);
	frame(&script, SIDE_CLIENT, HEADERS, PADDED | END_STREAM, 1, &first);
	frame(&script, SIDE_CLIENT, CONTINUATION, END_HEADERS, 1, &second);
	answer(&script, 1, 4);
	run(&script, &facts);
	assert_string_equal(facts.service->name, "containerd");
	conversation_has(&facts, "Tasks/Exec", ANSWER_YES, COMMAND_EXECUTES);
}

static void health_and_versions_prove_nothing(void **unused)
{
	static const char *const paths[] = {
		"/grpc.health.v1.Health/Check", "/grpc.health.v1.Health/Watch",
		"/grpc.reflection.v1.ServerReflection/ServerReflectionInfo",
		"/runtime.v1.RuntimeService/Version", "/inference.GRPCInferenceService/ServerLive"};

	(void)unused;
	for (size_t i = 0; i < COUNT(paths); i++) {
		struct script script = {.count = 0};
		struct facts facts;

		greet(&script);
		ask(&script, 1, PLAIN, paths[i]);
		answer(&script, 1, 20);
		run(&script, &facts);
		assert_true(facts.auth == AUTH_NA || facts.auth == AUTH_UNKNOWN);
	}
}

/* A stranger may ask any server for any path. */
static void only_an_answer_names_the_service(void **unused)
{
	struct script script = {.count = 0};
	struct block page = {.length = 0};
	struct facts facts;

	(void)unused;
	greet(&script);
	ask(&script, 1, PLAIN, "/etcdserverpb.KV/Range");
	refuse(&script, 1, "12");
	ask(&script, 3, PLAIN, "/milvus.proto.milvus.MilvusService/DropCollection");
	put_byte(&page, 0x88);
	put_header(&page, PLAIN, "content-type", "text/html");
	frame(&script, SIDE_SERVER, HEADERS, END_HEADERS, 3, &page);
	page.length = 0;
	put(&page, "<html></html>", 13);
	frame(&script, SIDE_SERVER, DATA, END_STREAM, 3, &page);
	run(&script, &facts);
	assert_string_equal(facts.service->name, "grpc");
	assert_string_equal(facts.product, "");
	conversation_has(&facts, "GET (KV/Range)", ANSWER_NO, COMMAND_LISTING);
	for (size_t i = 0; i < facts.command_count; i++)
		assert_int_not_equal(facts.commands[i].accepted, ANSWER_YES);
}

/* A stream of answers has no end; the first of them tells. */
static void what_streams_is_told_at_once(void **unused)
{
	struct script script = {.count = 0};
	struct block head = {.length = 0}, message = {.length = 0};
	struct facts facts;

	(void)unused;
	greet(&script);
	ask(&script, 1, PLAIN, "/logproto.Querier/Tail");
	put_byte(&head, 0x88);
	put_header(&head, PLAIN, "content-type", "application/grpc");
	frame(&script, SIDE_SERVER, HEADERS, END_HEADERS, 1, &head);
	put(&message, "\0\0\0\0\x04line", 9);
	frame(&script, SIDE_SERVER, DATA, 0, 1, &message);
	run(&script, &facts);
	assert_string_equal(facts.service->name, "loki");
	assert_int_equal(facts.auth, AUTH_NONE);
	conversation_has(&facts, "Querier/Tail", ANSWER_YES, COMMAND_LISTING);
}

/* Whatever was in the tables before the capture began, or in a hole. */
static void it_is_found_again_behind_a_hole(void **unused)
{
	struct script script = {.count = 0};
	struct facts facts = {.service = NULL};
	_Alignas(16) uint8_t state[DISSECTOR_STATE_MAX] = {0};
	struct feed fed;

	(void)unused;
	ask(&script, 7, PLAIN, "/weaviate.v1.Weaviate/BatchDelete");
	answer(&script, 7, 9);
	http2_dissector.begin(state, &facts);
	http2_dissector.gap(state, &facts, SIDE_CLIENT, 0);
	http2_dissector.gap(state, &facts, SIDE_SERVER, 0);
	for (size_t i = 0; i < script.count; i++) {
		fed = (struct feed){.from = script.turns[i].from,
				    .bytes = bytes_from("xyz\0\0", 5)};
		http2_dissector.feed(state, &facts, &fed);
		fed.bytes = bytes_from(script.turns[i].bytes, script.turns[i].length);
		http2_dissector.feed(state, &facts, &fed);
	}
	http2_dissector.end(state, &facts);
	assert_string_equal(facts.service->name, "weaviate");
	conversation_has(&facts, "Weaviate/BatchDelete", ANSWER_YES, COMMAND_DESTRUCTIVE);
}

/* Every row: its packages lead to it, and to no row before it. */
static void packages_lead_to_their_rows(void **unused)
{
	static const struct {
		const char *path, *service, *command;
		uint8_t traits;
	} calls[] = {
		{"/temporal.api.workflowservice.v1.WorkflowService/StartWorkflowExecution",
		 "temporal", "WorkflowService/StartWorkflowExecution", GRPC_EXECUTES},
		{"/runtime.v1alpha2.RuntimeService/RunPodSandbox", "cri",
		 "RuntimeService/RunPodSandbox", GRPC_EXECUTES},
		{"/moby.buildkit.v1.Control/Solve", "buildkit", "Control/Solve", GRPC_EXECUTES},
		{"/moby.buildkit.v1.frontend.LLBBridge/Solve", "buildkit", "LLBBridge/Solve",
		 GRPC_EXECUTES},
		{"/api.Dgraph/Query", "dgraph", "Dgraph/Query", GRPC_LISTS},
		{"/tikvpb.Tikv/KvDeleteRange", "tikv", "Tikv/KvDeleteRange", GRPC_DESTROYS},
		{"/pdpb.PD/GetMembers", "pd", "PD/GetMembers", GRPC_OPEN},
		{"/arrow.flight.protocol.FlightService/DoGet", "arrow-flight",
		 "FlightService/DoGet", GRPC_LISTS},
		{"/authzed.api.v1.SchemaService/ReadSchema", "spicedb", "SchemaService/ReadSchema",
		 GRPC_LISTS},
		{"/gateway_protocol.Gateway/DeployResource", "zeebe", "Gateway/DeployResource",
		 GRPC_EXECUTES},
		{"/jaeger.api_v2.QueryService/FindTraces", "jaeger", "QueryService/FindTraces",
		 GRPC_LISTS},
		{"/ray.rpc.InternalKVGcsService/InternalKVGet", "ray",
		 "InternalKVGcsService/InternalKVGet", GRPC_LISTS},
		{"/envoy.service.discovery.v3.AggregatedDiscoveryService/StreamAggregatedResources",
		 "xds", "AggregatedDiscoveryService/StreamAggregatedReso", GRPC_LISTS},
		{"/containerd.services.images.v1.Images/Delete", "containerd", "Images/Delete",
		 GRPC_DESTROYS},
		{"/etcdserverpb.KV/Range", "etcd", "GET (KV/Range)", GRPC_LISTS},
		{"/api/grpc/etcdserverpb.KV/Range", "etcd", "GET (KV/Range)", GRPC_LISTS},
		{"/spark.connect.SparkConnectService/ExecutePlan?x=1", "spark",
		 "SparkConnectService/ExecutePlan", GRPC_EXECUTES},
	};
	static const char *const others[] = {"/api.Dgraphs/Query",
					     "/runtime.v1.Other/ExecSync",
					     "/shop.v1.Orders/List",
					     "/",
					     "",
					     "/etcdserverpb.KV/Range/x"};
	struct grpc_method method;

	(void)unused;
	for (size_t i = 0; i < COUNT(calls); i++) {
		grpc_method(bytes_from(calls[i].path, strlen(calls[i].path)), &method);
		assert_string_equal(grpc_services[method.service].name, calls[i].service);
		assert_string_equal(method.command, calls[i].command);
		assert_int_equal(method.traits, calls[i].traits);
	}
	for (size_t i = 0; i < COUNT(others); i++) {
		grpc_method(bytes_from(others[i], strlen(others[i])), &method);
		assert_int_equal(method.service, HTTP2_ANY);
	}
}

/* Not only calls: pages over HTTP/2 are told by the table of products. */
static void pages_have_their_products(void **unused)
{
	static const char body[] =
		"{\"status\":\"success\",\"data\":{\"version\":\"2.42.0\",\"revision\":\"x\","
		"\"branch\":\"debian\",\"buildUser\":\"y\",\"goVersion\":\"go1.19\"}}";
	struct script script = {.count = 0};
	struct block head = {.length = 0};
	struct facts facts;

	(void)unused;
	greet(&script);
	put(&head, "\x82\x86", 2);
	put_header(&head, INSERTED, ":path", "/customers/_search");
	frame(&script, SIDE_CLIENT, HEADERS, END_HEADERS | END_STREAM, 1, &head);
	head.length = 0;
	put_byte(&head, 0x88);
	put_header(&head, INSERTED, "x-elastic-product", "Elasticsearch");
	frame(&script, SIDE_SERVER, HEADERS, END_HEADERS, 1, &head);
	head.length = 0;
	put(&head, body, sizeof body - 1);
	frame(&script, SIDE_SERVER, DATA, END_STREAM, 1, &head);
	run(&script, &facts);
	assert_string_equal(facts.service->name, "elasticsearch");
	assert_int_equal(facts.auth, AUTH_NONE);
	assert_int_equal(facts.data_read, ANSWER_YES);
	conversation_has(&facts, "GET /customers/_search", ANSWER_YES, COMMAND_LISTING);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_deletion_is_told_in_every_writing),
		cmocka_unit_test(a_path_of_the_table_is_known_again),
		cmocka_unit_test(headers_go_on_in_other_frames),
		cmocka_unit_test(health_and_versions_prove_nothing),
		cmocka_unit_test(only_an_answer_names_the_service),
		cmocka_unit_test(what_streams_is_told_at_once),
		cmocka_unit_test(it_is_found_again_behind_a_hole),
		cmocka_unit_test(packages_lead_to_their_rows),
		cmocka_unit_test(pages_have_their_products),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
