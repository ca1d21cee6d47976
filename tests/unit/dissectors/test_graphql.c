/* SPDX-License-Identifier: ISC */
/* GraphQL: documents that delete and those that do not, however requests bring them. */
#include "dissectors/read/graphql.h"
#include "tests/unit/conversation.h"

extern const struct dissector http_dissector;

static const char *field_of(const char *document)
{
	static struct graphql graphql;

	graphql = (struct graphql){.depth = 0};
	for (; *document != '\0'; document++)
		graphql_take(&graphql, (uint8_t)*document);
	graphql_end(&graphql);
	return graphql.field;
}

static void what_deletes_is_found(void **unused)
{
	static const char *const documents[][2] = {
		{"mutation{deleteUser(id:1){id}}", "deleteUser"},
		{"mutation M($id: ID! = \"}\") @d { a, b:deleteUser (id:$id) {id} }", "deleteUser"},
		{"mutation { createUser(a: {b: \"){\"}) { id } productDelete { x } }",
		 "productDelete"},
		{"# {query\n mutation\n#deleteNot\r\nx # a\n{ # b\n delete_users_by_pk(id:1){id}}",
		 "delete_users_by_pk"},
		{"query a { b } mutation c { dropDatabase }", "dropDatabase"},
		{"mutation { ... on Mutation @include(if:true) { x: removeAll } }", "removeAll"},
		{"mutation { ... { a { b } TRUNCATE_table } }", "TRUNCATE_table"},
		{"mutation m { ...f } fragment f on Mutation { destroyThing }", "destroyThing"},
		{"mutation{a(t:\"\"\"x \\\"\"\" } deleteNot \"\"\"){b} bulkDeleteUsers}",
		 "bulkDeleteUsers"},
		{"mutation { a(b:\"\") purge1(c:\"\\\"}\") }", "purge1"},
		{"\xef\xbb\xbfmutation{deleteX}", "deleteX"},
	};
	static const char *const harmless[] = {
		"{ deleteUser }",
		"query deleteUser { user { id deletedAt } }",
		"mutation deleteUser { createUser { deleteMe } }",
		"mutation { deleteOld: createUser { id } }",
		"mutation { createUser(deleteOld: true) @delete { id } }",
		"mutation { createUser { ... on User { deleteKey } ...deleteFragment } }",
		"mutation { deletedUsers dropletCreate undeleted }",
		"mutation { a(b: \"mutation { deleteUser }\") }",
		"mutation { a # deleteUser\n }",
		"fragment f on User { deleteUser }",
	};

	(void)unused;
	for (size_t i = 0; i < COUNT(documents); i++)
		assert_string_equal(field_of(documents[i][0]), documents[i][1]);
	for (size_t i = 0; i < COUNT(harmless); i++)
		assert_string_equal(field_of(harmless[i]), "");
}

#define JSON "Content-Type: application/json\r\n"
#define FORM "Content-Type: application/x-www-form-urlencoded\r\n"
#define BARE "Content-Type: application/graphql\r\n"
#define PART "Content-Type: multipart/form-data; boundary=x\r\n"

static const struct request {
	const char *line, *header, *body;
} requests[] = {
	{"POST /graphql", JSON, "{\"query\":\"mutation{deleteUser(id:1){id}}\"}"},
	{"POST /%67raphql/", JSON, "{\"query\":\"mutation{deleteUser(id:1){id}}\"}"},
	{"POST /proxy//api/graphql;x=1", JSON,
	 "{\"variables\":{\"query\":\"x\"},\n \"qu\\u0065ry\" : \"#c\\nmutation "
	 "{\\u0064eleteUser}\"}"},
	{"POST /api/v1/graphql", JSON,
	 "[{\"query\":\"{a}\"},{\"variables\":{},\"query\":\"mutation m{a:deleteUser}\"}]"},
	{"POST /gql", "", "{\"query\":\"mutation{deleteUser}\"}"},
	{"POST /graphql", BARE, "mutation { deleteUser }"},
	{"POST /graphql", FORM, "variables=%7B%7D&query=mutation+%7b+deleteUser%7D"},
	{"POST /graphql", PART,
	 "--x\r\nContent-Disposition: form-data; name=\"operations\"\r\n\r\n{\"query\":\"mutation "
	 "($f: Upload!) { deleteUser(f: $f) }\"}\r\n--x--\r\n"},
	{"GET /graphql?operationName=x&query=mutation%20%7BdeleteUser%7D", "", ""},
	{"POST /graphql?query=mutation{deleteUser}", "", ""},
};

static const struct answer_to {
	const char *type, *body;
	enum answer accepted;
} answers[] = {
	{"application/json", "{\"data\":{\"deleteUser\":{\"id\":1}}}", ANSWER_YES},
	{"application/json", "{\"errors\":[{\"message\":\"x\"}],\"data\":null}", ANSWER_NO},
	{"application/json", "{\"data\":{\"deleteUser\":null},\"errors\":[{\"message\":\"x\"}]}",
	 ANSWER_NO},
	{"application/json", "{\"data\":{\"a\":null,\"b\":{\"c\":1}},\"errors\":[{\"message\":1}]}",
	 ANSWER_YES},
};

static void run(const struct request *r, const struct answer_to *a, struct facts *facts)
{
	struct script script = {.count = 0};
	char text[1024];
	int n = snprintf(text, sizeof text, "%s HTTP/1.1\r\n%sContent-Length: %zu\r\n\r\n%s",
			 r->line, r->header, strlen(r->body), r->body);

	script_put(&script, SIDE_CLIENT, text, (size_t)n);
	n = snprintf(text, sizeof text,
		     "HTTP/1.1 200 OK\r\nContent-Type: %s\r\nContent-Length: %zu\r\n\r\n%s",
		     a->type, strlen(a->body), a->body);
	script_put(&script, SIDE_SERVER, text, (size_t)n);
	assert_true(dissect(&http_dissector, script.turns, script.count, 0, facts));
	conversation_splits(&http_dissector, script.turns, script.count);
}

static void every_request_brings_it(void **unused)
{
	static const struct answer_to page = {"text/html", "<html>", ANSWER_NO};
	struct facts facts;

	(void)unused;
	for (size_t i = 0; i < COUNT(requests); i++) {
		for (size_t k = 0; k < COUNT(answers); k++) {
			run(&requests[i], &answers[k], &facts);
			conversation_has(&facts, "mutation deleteUser", answers[k].accepted,
					 COMMAND_DESTRUCTIVE);
		}
		run(&requests[i], &page, &facts);
		for (size_t k = 0; k < facts.command_count; k++)
			assert_false(facts.commands[k].flags & COMMAND_DESTRUCTIVE);
	}
}

static void known_documents_have_their_names(void **unused)
{
	static const struct request request = {
		"POST /graphql", JSON,
		"{\"operationName\":\"DeleteUser\",\"extensions\":{\"persistedQuery\":"
		"{\"version\":1,\"sha256Hash\":\"ab\"}}}"};
	static const struct request harmless = {
		"POST /graphql", JSON,
		"{\"operationName\":\"DeleteUser\",\"query\":\"query DeleteUser { a }\"}"};
	struct facts facts;

	(void)unused;
	run(&request, &answers[0], &facts);
	conversation_has(&facts, "mutation delete", ANSWER_YES, COMMAND_DESTRUCTIVE);
	run(&harmless, &answers[0], &facts);
	for (size_t k = 0; k < facts.command_count; k++)
		assert_false(facts.commands[k].flags & COMMAND_DESTRUCTIVE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_deletes_is_found),
		cmocka_unit_test(every_request_brings_it),
		cmocka_unit_test(known_documents_have_their_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
