/* SPDX-License-Identifier: ISC */
/* What requests mean: the routes of the table of products, the marks in bodies, and who decides. */
#include <stdio.h>

#include "dissectors/http/http_products.h"
#include "dissectors/http/http_search.h"
#include "tests/unit/conversation.h"

extern const struct dissector http_dissector;

#define OK_EMPTY "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"

static struct bytes text_of(const char *text)
{
	return bytes_from(text, strlen(text));
}

static struct http_fits fit(const char *method, const char *target)
{
	const char *query = strchr(target, '?');
	struct bytes path = text_of(target);
	struct http_fits fits;

	if (query != NULL)
		path.left = (size_t)(query - target);
	http_routes_fit(&fits, method, path, text_of(query != NULL ? query : ""), false);
	return fits;
}

static enum http_route_kind kind(size_t row, const char *method, const char *target)
{
	struct http_fits fits = fit(method, target);
	const struct http_route *route = http_routes_meaning(&fits, row);

	return route != NULL ? (enum http_route_kind)route->kind : ROUTE_NONE;
}

static void check_mark(const struct http_route *route)
{
	const char *mark = route->body;

	if (mark == NULL)
		return;
	assert_in_range(strlen(mark), 4, HTTP_MARK_MAX);
	assert_non_null(route->command);
	for (; *mark != '\0'; mark++) {
		if (*mark <= ' ' || (*mark >= 'A' && *mark <= 'Z') || *mark > '~')
			fail_msg("mark of %s", route->request);
	}
}

/* A target that the route describes: each "{what}" by a word, "/..." by two segments. */
static void example(const struct http_route *route, char *target, size_t size)
{
	const char *from = strchr(route->request, ' ') + 1;
	size_t n = 0;

	assert_int_equal(from[0], '/');
	for (; *from != '\0' && n + 8 < size; from++) {
		if (strncmp(from, "/...", 4) == 0) {
			n += (size_t)sprintf(target + n, "/a/b1");
			from += 3;
		} else if (*from == '{') {
			n += (size_t)sprintf(target + n, "word");
			from = strchr(from, '}');
		} else if (*from != '*') {
			target[n++] = *from;
		}
	}
	target[n] = '\0';
	if (strchr(target, '?') == NULL && n > 1)
		assert_int_not_equal(target[n - 1], '/');
}

static void check_route(size_t row, const struct http_route *route)
{
	char target[256], method[16];
	struct http_fits fits;
	const struct http_route *found;

	example(route, target, sizeof target);
	snprintf(method, sizeof method, "%.*s", (int)strcspn(route->request, "| "), route->request);
	fits = fit(strcmp(method, "ANY") == 0 ? "GET" : method, target);
	fits.found = UINT8_MAX; /* all marks */
	found = http_routes_of(&fits, row);
	if (found == NULL)
		fail_msg("%s has no place, or does not fit itself", route->request);
	if (strchr(route->request, '?') != NULL)
		assert_non_null(route->command);
	assert_int_not_equal(route->kind, ROUTE_NONE);
	check_mark(route);
}

static void every_row_is_well_formed(void **unused)
{
	(void)unused;
	for (size_t row = 0; row < HTTP_SERVICE_COUNT; row++) {
		size_t count;
		const struct http_route *routes = http_product_routes(row, &count);

		assert_in_range(count, 0, UINT8_MAX);
		for (size_t i = 0; i < count; i++)
			check_route(row, &routes[i]);
	}
}

static void danger_is_seen_in_every_spelling(void **unused)
{
	static const char *const spellings[] = {
		"/containers/create",		"/v1.41/containers/create",
		"//containers//create",		"/Containers/CREATE",
		"/containers/create/",		"/%63ontainers/%2e/create?name=a",
		"/health/../containers/create", "/containers;a=b/create;x",
		"/containers%2Fcreate",		"/./containers/x/../create",
		"/docker/a/containers/create",
	};
	static const char *const others[] = {
		"/containers/create/more", "/containers", "/containers/created", "/", "",
	};

	(void)unused;
	for (size_t i = 0; i < COUNT(spellings); i++) {
		if (kind(HTTP_DOCKER, "POST", spellings[i]) != ROUTE_EXECUTES)
			fail_msg("%s", spellings[i]);
	}
	for (size_t i = 0; i < COUNT(others); i++)
		assert_int_not_equal(kind(HTTP_DOCKER, "POST", others[i]), ROUTE_EXECUTES);
	assert_int_equal(kind(HTTP_DOCKER, "GET", "/containers/create"), ROUTE_NONE);
}

static void only_the_plain_spelling_clears(void **unused)
{
	static const char *const spellings[] = {
		"/v1/sys/health/../../secret",
		"/v1/secret/../sys/health",
		"//v1/sys/health",
		"/v1/SYS/health",
		"/v1/sys/health;x",
		"/v1/sys/%68ealth",
		"/v1/sys/./health",
	};

	(void)unused;
	assert_int_equal(kind(HTTP_VAULT, "GET", "/v1/sys/health"), ROUTE_OPEN);
	assert_int_equal(kind(HTTP_VAULT, "GET", "/v1/sys/health/"), ROUTE_OPEN);
	assert_int_equal(kind(HTTP_VAULT, "GET", "/v1/sys/health?standbyok=true"), ROUTE_OPEN);
	for (size_t i = 0; i < COUNT(spellings); i++)
		assert_int_equal(kind(HTTP_VAULT, "GET", spellings[i]), ROUTE_NONE);
}

static void the_products_own_route_counts_first(void **unused)
{
	(void)unused;
	assert_int_equal(kind(HTTP_S3, "GET", "/minio/health/live"), ROUTE_OPEN);
	assert_int_equal(kind(HTTP_S3, "GET", "/minio/v2/metrics/cluster"), ROUTE_ACCESS);
	assert_int_equal(kind(HTTP_ANY, "GET", "/minio/v2/metrics/cluster"), ROUTE_NONE);
	assert_int_equal(kind(HTTP_ANY, "POST", "/v1.40/containers/create"), ROUTE_EXECUTES);
	assert_int_equal(kind(HTTP_ANY, "POST", "/script"), ROUTE_NONE);
	assert_int_equal(kind(HTTP_JENKINS, "POST", "/job/a/script"), ROUTE_EXECUTES);
	assert_int_equal(kind(HTTP_CONSUL, "POST", "/a/b/login"), ROUTE_LOGIN);
}

static void parameters_are_all_wanted(void **unused)
{
	(void)unused;
	assert_int_equal(kind(HTTP_SOLR, "GET", "/solr/admin/collections?name=a&action=DELETE"),
			 ROUTE_DESTROYS);
	assert_int_equal(kind(HTTP_SOLR, "GET", "/solr/admin/collections?%61ction=D%65LETE&x"),
			 ROUTE_DESTROYS);
	assert_int_equal(kind(HTTP_SOLR, "GET", "/solr/admin/collections?action=DELETEREPLICA"),
			 ROUTE_NONE);
	assert_int_equal(kind(HTTP_SOLR, "GET", "/solr/admin/collections?xaction=DELETE"),
			 ROUTE_NONE);
	assert_int_equal(kind(HTTP_SOLR, "GET", "/solr/admin/collections"), ROUTE_NONE);
}

/* In pieces of this size; is the mark of the first route found? */
static bool search(const char *body, size_t chunk, bool form)
{
	struct http_fits fits = fit("POST", "/_bulk");
	struct http_search search;
	struct bytes left = text_of(body);

	http_search_begin(&search, &fits);
	search.form = form;
	while (left.left != 0)
		http_search_feed(&search, &fits,
				 bytes_sub(&left, left.left < chunk ? left.left : chunk));
	http_search_end(&search, &fits);
	return fits.found & 1;
}

static void marks_are_found_wherever_they_stand(void **unused)
{
	static const char *const marks[] = {
		"{\"delete\":{\"_id\":\"1\"}}",
		" { \"DELETE\" :\r\n\t{ \"_index\":\"a\"}}",
		"{\"d\\u0065l\\u0065te\":{\"_id\":\"1\"}}",
		"\\{\"delete\":{\"_id\":\"1\"}}",
		"\\u00{\"delete\":{\"_id\":\"1\"}}",
	};
	char body[600];

	(void)unused;
	for (size_t i = 0; i < COUNT(marks); i++) {
		for (size_t before = 0; before < 300; before += 7) {
			memset(body, 'x', before);
			snprintf(body + before, sizeof body - before, "%s%100s", marks[i], "y");
			for (size_t chunk = 1; chunk < 200; chunk = chunk * 3 + 1)
				assert_true(search(body, chunk, false));
		}
	}
	assert_true(search("a=%7b%22delete%22%3A+%7b%22_id", 3, true));
	assert_false(search("a=%7b%22delete%22%3A+%7b%22_id", 3, false));
	assert_false(
		search("{\"index\":{}}\n{\"note\":\"{\\\"delete\\\":{\\\"_id\\\"\"}", 5, false));
	assert_false(search("{\"note\":\"{\\u0022delete\\u0022:{\\u0022_id\"}", 5, false));
	assert_false(search("{\"delete\":{", 64, false));
}

static void play(const char *request, const char *body, const char *answer, size_t chunk,
		 struct facts *facts)
{
	static char client[128 * 1024];
	int n = snprintf(client, sizeof client, "%sContent-Length: %zu\r\n\r\n%s", request,
			 strlen(body), body);
	struct turn turns[] = {
		{SIDE_CLIENT, client, (size_t)n},
		{SIDE_SERVER, answer, strlen(answer)},
	};

	*facts = (struct facts){.service = NULL};
	assert_true(dissect(&http_dissector, turns, 2, chunk, facts));
}

#define ELASTIC "HTTP/1.1 200 OK\r\nX-elastic-product: Elasticsearch\r\nContent-Length: 2\r\n\r\n{}"
#define COUCH	"HTTP/1.1 201 Created\r\nServer: CouchDB/3.2.2\r\nContent-Length: 2\r\n\r\n[]"
#define SOLR                                                                                       \
	"HTTP/1.1 200 OK\r\nContent-Length: 33\r\n\r\n{\"responseHeader\":{\"status\":0,\"a\"}}"

static void destruction_in_bodies_is_told(void **unused)
{
	static char body[40 * 1024];
	struct facts facts;
	size_t n = 0;

	(void)unused;
	while (n < sizeof body - 100)
		n += (size_t)sprintf(body + n, "{\"index\":{\"_id\":\"%zu\"}}\n{\"a\":1}\n", n);
	play("POST /logs/_bulk HTTP/1.1\r\n", body, ELASTIC, 1000, &facts);
	conversation_has(&facts, "POST /logs/_bulk", ANSWER_YES, 0);
	assert_int_equal(facts.command_count, 1);
	snprintf(body + n, sizeof body - n, "{\"delete\":{\"_id\":\"7\"}}\n");
	play("POST /logs/_bulk HTTP/1.1\r\n", body, ELASTIC, 1000, &facts);
	conversation_has(&facts, "POST /_bulk delete", ANSWER_YES, COMMAND_DESTRUCTIVE);
	play("POST /logs/_bulk HTTP/1.1\r\n", body,
	     "HTTP/1.1 401 No\r\nX-elastic-product: "
	     "Elasticsearch\r\nContent-Length: 0\r\n\r\n",
	     1000, &facts);
	conversation_has(&facts, "POST /_bulk delete", ANSWER_NO, COMMAND_DESTRUCTIVE);
	play("POST /logs/_bulk HTTP/1.1\r\n", body, OK_EMPTY, 1000, &facts);
	conversation_has(&facts, "POST /_bulk delete", ANSWER_YES, COMMAND_DESTRUCTIVE);
	play("POST /logs/_bulk HTTP/1.1\r\n", body,
	     "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 0\r\n\r\n", 1000,
	     &facts);
	assert_int_equal(facts.command_count, 1); /* a page for people is no such answer */
	play("POST /logs/_bulk HTTP/1.1\r\n", body,
	     "HTTP/1.1 200 OK\r\nContent-Length: 66\r\n\r\n{\"took\": 1, \"errors\": true, "
	     "\"items\":[{\"delete\":{\"status\": 403,\"a",
	     1000, &facts);
	conversation_has(&facts, "POST /_bulk delete", ANSWER_NO, COMMAND_DESTRUCTIVE);
	play("POST /db/_bulk_docs HTTP/1.1\r\n", "{\"docs\":[{\"_id\":\"a\", \"_deleted\": true}]}",
	     COUCH, 0, &facts);
	conversation_has(&facts, "POST /_bulk_docs delete", ANSWER_YES, COMMAND_DESTRUCTIVE);
	play("GET /solr/a/update?stream.body=%3Cdelete%3E%3Cquery%3E*:* HTTP/1.1\r\n", "", SOLR, 0,
	     &facts);
	conversation_has(&facts, "update delete", ANSWER_YES, COMMAND_DESTRUCTIVE);
	play("GET /solr/a/update?commit=true HTTP/1.1\r\n", "", SOLR, 0, &facts);
	assert_int_equal(facts.command_count, 1);
}

struct deed {
	const char *request, *body;
	const char *told;
	unsigned flags; /* if it is accepted */
};

#define REKEYED                                                                                    \
	"PUT /b/a HTTP/1.1\r\nX-Amz-Server-Side-Encryption-Customer-Algorithm: AES256\r\n"         \
	"X-Amz-Copy-Source: /b/a\r\n"

static const struct deed deeds[] = {
	{"POST /run/ns/pod/box HTTP/1.1\r\n", "cmd=id", "kubelet run", COMMAND_EXECUTES},
	{"GET /exec/ns/pod/box?command=id HTTP/1.1\r\n", "", "kubelet exec", COMMAND_EXECUTES},
	{"POST /api/v1/namespaces/a/pods/b/exec?command=sh HTTP/1.1\r\n", "",
	 "POST /api/v1/namespaces/a/pods/b/exec", COMMAND_EXECUTES},
	{"POST /apis/batch/v1/namespaces/a/jobs HTTP/1.1\r\n", "{}",
	 "POST /apis/batch/v1/namespaces/a/jobs", COMMAND_EXECUTES},
	{"PUT /v1/agent/service/register HTTP/1.1\r\n", "{\"Check\":{\"Args\": [\"sh\"]}}",
	 "service register", COMMAND_EXECUTES},
	{"PUT /v1/agent/service/register HTTP/1.1\r\n", "{\"Check\":{\"HTTP\":\"a\"}}",
	 "PUT /v1/agent/service/register", 0},
	{"PUT /v1/jobs HTTP/1.1\r\n", "{\"Job\":{\"TaskGroups\":[]}}", "jobs register",
	 COMMAND_EXECUTES},
	{"POST /ws/v1/cluster/apps HTTP/1.1\r\n", "{}", "POST /ws/v1/cluster/apps",
	 COMMAND_EXECUTES},
	{"POST /api/jobs/ HTTP/1.1\r\n", "{\"entrypoint\":\"id\"}", "POST /api/jobs",
	 COMMAND_EXECUTES},
	{"POST /api/jobs/ HTTP/1.1\r\n", "{\"title\":\"cook\"}", "POST /api/jobs/", 0},
	{"POST /user/a/api/kernels HTTP/1.1\r\n", "", "POST /user/a/api/kernels", COMMAND_EXECUTES},
	{"POST /libpod/containers/create HTTP/1.1\r\n", "{\"image\":\"a\"}",
	 "POST containers/create", COMMAND_EXECUTES},
	{"GET /logs/_search HTTP/1.1\r\n",
	 "{\"script_fields\":{\"a\":{\"script\":{\"source\":1}}}}", "_search script",
	 COMMAND_EXECUTES},
	{"POST /manager/html/upload HTTP/1.1\r\n", "x", "POST /manager/html/upload",
	 COMMAND_EXECUTES},
	{"POST /wsman HTTP/1.1\r\n", "<a>http://schemas.x/wsman/1/windows/shell/Command</a>",
	 "WinRM command", COMMAND_EXECUTES},
	{REKEYED, "", "PUT copy with a customer's key", COMMAND_DESTRUCTIVE},
	{"PUT /b/a HTTP/1.1\r\nX-Amz-Copy-Source: /b/a\r\n", "", "PUT /b/a", 0},
	{"PUT /b?lifecycle HTTP/1.1\r\n", "<Rule><Expiration><Days>1</Days>",
	 "PUT ?lifecycle expiration", COMMAND_DESTRUCTIVE},
	{"POST /?delete= HTTP/1.1\r\n", "<Delete xmlns=\"a\">", "POST ?delete",
	 COMMAND_DESTRUCTIVE},
	{"POST / HTTP/1.1\r\nX-Amz-Target: DynamoDB_20120810.DeleteTable\r\n", "{}", "DeleteTable",
	 COMMAND_DESTRUCTIVE},
	{"POST /collections/a/points/delete HTTP/1.1\r\n", "{}",
	 "POST /collections/a/points/delete", COMMAND_DESTRUCTIVE},
	{"POST /v2/vectordb/collections/drop HTTP/1.1\r\n", "{}",
	 "POST /v2/vectordb/collections/drop", COMMAND_DESTRUCTIVE},
	{"GET /api/v1/admin/tsdb/delete_series?match[]=a HTTP/1.1\r\n", "",
	 "GET /api/v1/admin/tsdb/delete_series", COMMAND_DESTRUCTIVE},
	{"POST /v1/graphql HTTP/1.1\r\n", "{\"query\":\"mutation a { delete_users(where:{})\"}",
	 "mutation delete_users", COMMAND_DESTRUCTIVE},
	{"POST /v1/graphql HTTP/1.1\r\n", "{\"query\":\"{ users { deleted } }\"}",
	 "POST /v1/graphql", 0},
};

static unsigned flags_told(const struct facts *facts, const struct deed *deed, enum answer accepted)
{
	const struct command *command = conversation_command(facts, deed->told);

	assert_int_equal(command->accepted, accepted);
	return command->flags & (COMMAND_EXECUTES | COMMAND_DESTRUCTIVE);
}

/* Of no product that is known: by path, and a mark where any service may have such a path. */
static void deeds_are_known_by_themselves(void **unused)
{
	struct facts facts;

	(void)unused;
	for (size_t i = 0; i < COUNT(deeds); i++) {
		play(deeds[i].request, deeds[i].body, OK_EMPTY, 0, &facts);
		if (flags_told(&facts, &deeds[i], ANSWER_YES) != deeds[i].flags)
			fail_msg("%s", deeds[i].request);
		play(deeds[i].request, deeds[i].body,
		     "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 0\r\n\r\n", 0,
		     &facts);
		for (size_t k = 0; k < facts.command_count; k++)
			assert_true(facts.commands[k].accepted != ANSWER_YES ||
				    (facts.commands[k].flags &
				     (COMMAND_EXECUTES | COMMAND_DESTRUCTIVE)) == 0);
	}
}

static void a_sure_deed_names_its_product(void **unused)
{
	struct facts facts;

	(void)unused;
	play("POST /run/ns/pod/box HTTP/1.1\r\n", "cmd=id", OK_EMPTY, 0, &facts);
	assert_string_equal(facts.service->name, "kubelet");
	play("POST /run/ns/pod/box HTTP/1.1\r\n", "cmd=id",
	     "HTTP/1.1 401 No\r\nContent-Length: 0\r\n\r\n", 0, &facts);
	assert_string_equal(facts.service->name, "http");
}

static void what_runs_code_is_told(void **unused)
{
	struct facts facts;

	(void)unused;
	play("POST /containers/create HTTP/1.1\r\n", "{}",
	     "HTTP/1.1 201 C\r\nServer: Docker/20.10\r\nContent-Length: 0\r\n\r\n", 0, &facts);
	conversation_has(&facts, "POST /containers/create", ANSWER_YES, COMMAND_EXECUTES);
	play("POST /script HTTP/1.1\r\n", "script=a",
	     "HTTP/1.1 200 OK\r\nX-Jenkins: 2.4\r\nContent-Length: 0\r\n\r\n", 0, &facts);
	conversation_has(&facts, "POST /script", ANSWER_YES, COMMAND_EXECUTES);
	play("POST /script HTTP/1.1\r\n", "script=a",
	     "HTTP/1.1 403 No\r\nX-Jenkins: 2.4\r\nContent-Length: 0\r\n\r\n", 0, &facts);
	conversation_has(&facts, "POST /script", ANSWER_NO, 0);
	play("POST /script HTTP/1.1\r\n", "script=a", OK_EMPTY, 0, &facts);
	conversation_has(&facts, "POST /script", ANSWER_YES, 0);
}

/* The answer came before the end of the body that it answers. */
/* Who answers is told only by what is asked for later. */
static void a_late_name_judges_what_came_before(void **unused)
{
	static const struct {
		const char *request, *name, *told;
		unsigned flags;
	} cases[] = {
		{"POST /query HTTP/1.1\r\nContent-Length: 17\r\n\r\nq=drop+database+a",
		 "HTTP/1.1 204 No\r\nX-Influxdb-Version: 1.8.10\r\n\r\n", "DROP DATABASE",
		 COMMAND_DESTRUCTIVE},
		{"POST /solr/a/update HTTP/1.1\r\nContent-Length: 8\r\n\r\n<DELETE>", SOLR,
		 "update delete", COMMAND_DESTRUCTIVE},
		{"POST /script HTTP/1.1\r\nContent-Length: 8\r\n\r\nscript=1",
		 "HTTP/1.1 200 OK\r\nX-Jenkins: 2.4\r\nContent-Length: 0\r\n\r\n", "POST /script",
		 COMMAND_EXECUTES},
	};
	struct facts facts;

	(void)unused;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct script script = {.count = 0};

		script_put(&script, SIDE_CLIENT, cases[i].request, strlen(cases[i].request));
		script_put(&script, SIDE_SERVER, OK_EMPTY, strlen(OK_EMPTY));
		script_put(&script, SIDE_CLIENT, "GET /solr HTTP/1.1\r\n\r\n", 22);
		for (int named = 0; named < 2; named++) {
			assert_true(
				dissect(&http_dissector, script.turns, script.count, 0, &facts));
			for (size_t k = 0; k < facts.command_count && !named; k++)
				assert_int_equal(facts.commands[k].flags, 0);
			if (named)
				conversation_has(&facts, cases[i].told, ANSWER_YES, cases[i].flags);
			script_put(&script, SIDE_SERVER, cases[i].name, strlen(cases[i].name));
		}
	}
}

/* Behind what is looked at of a body there may be a mark: that is told, where there could be. */
static void what_is_not_searched_is_told(void **unused)
{
	static const struct {
		const char *request, *start;
		bool told;
	} cases[] = {
		{"POST /logs/_bulk HTTP/1.1\r\n", "{}", true},
		{"POST /graphql HTTP/1.1\r\n", "{\"variables\":\"", true},
		{"PUT /v1/agent/check/register HTTP/1.1\r\n", "{", true},
		{"POST /logs/_bulk HTTP/1.1\r\n", "{\"delete\":{\"_id\":1}}", false},
		{"PUT /bucket/object HTTP/1.1\r\n", "", false},
		{"POST /upload HTTP/1.1\r\n", "", false},
	};
	static const size_t chunks[] = {0, 1000, 65537};
	static char body[70 * 1024];
	struct facts facts;

	(void)unused;
	for (size_t i = 0; i < 2 * COUNT(cases); i++) {
		size_t length = i % 2 ? sizeof body - 1 : 60000;

		memset(body, 'x', sizeof body);
		memcpy(body, cases[i / 2].start, strlen(cases[i / 2].start));
		body[length] = '\0';
		for (size_t k = 0; k < COUNT(chunks); k++) {
			play(cases[i / 2].request, body, OK_EMPTY, chunks[k], &facts);
			assert_int_equal(facts.limited, i % 2 && cases[i / 2].told);
		}
	}
}

static void a_hasty_answer_hides_nothing(void **unused)
{
	static const struct turn turns[] = {
		TURN_CLIENT("POST /_bulk HTTP/1.1\r\nContent-Length: 23\r\n\r\n{\"delete"),
		TURN_SERVER(ELASTIC),
		TURN_CLIENT("\":{\"_id\":\"1\"}}\n"),
	};
	struct facts facts;

	(void)unused;
	assert_true(dissect(&http_dissector, turns, COUNT(turns), 0, &facts));
	conversation_has(&facts, "POST /_bulk delete", ANSWER_YES, COMMAND_DESTRUCTIVE);
}

static void a_hole_makes_no_mark(void **unused)
{
	static const struct turn turns[] = {
		TURN_CLIENT("POST /_bulk HTTP/1.1\r\nContent-Length: 25\r\n\r\n{\"delete"),
		TURN_GAP(SIDE_CLIENT, 2),
		TURN_CLIENT("\":{\"_id\":\"1\"}}\n"),
		TURN_SERVER(ELASTIC),
	};
	struct facts facts;

	(void)unused;
	assert_true(dissect(&http_dissector, turns, COUNT(turns), 0, &facts));
	assert_int_equal(facts.command_count, 1);
}

static void open_doors_prove_no_access(void **unused)
{
	struct facts facts;

	(void)unused;
	play("GET /-/ready HTTP/1.1\r\n", "",
	     "HTTP/1.1 200 OK\r\nContent-Length: 28\r\n\r\nPrometheus Server is Ready.\n", 0,
	     &facts);
	assert_string_equal(facts.service->name, "prometheus");
	assert_int_equal(facts.auth, AUTH_UNKNOWN);
	assert_int_equal(facts.data_read, ANSWER_NO);
	play("GET //-/ready HTTP/1.1\r\n", "",
	     "HTTP/1.1 200 OK\r\nContent-Length: 28\r\n\r\nPrometheus Server is Ready.\n", 0,
	     &facts);
	assert_int_equal(facts.auth, AUTH_NONE);
	play("GET /minio/v2/metrics/cluster HTTP/1.1\r\n", "",
	     "HTTP/1.1 200 OK\r\nServer: MinIO\r\nContent-Length: 4\r\n\r\n# HE", 0, &facts);
	assert_int_equal(facts.auth, AUTH_NONE);
	assert_string_equal(facts.operation, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_row_is_well_formed),
		cmocka_unit_test(danger_is_seen_in_every_spelling),
		cmocka_unit_test(only_the_plain_spelling_clears),
		cmocka_unit_test(the_products_own_route_counts_first),
		cmocka_unit_test(parameters_are_all_wanted),
		cmocka_unit_test(marks_are_found_wherever_they_stand),
		cmocka_unit_test(destruction_in_bodies_is_told),
		cmocka_unit_test(deeds_are_known_by_themselves),
		cmocka_unit_test(a_sure_deed_names_its_product),
		cmocka_unit_test(what_runs_code_is_told),
		cmocka_unit_test(a_late_name_judges_what_came_before),
		cmocka_unit_test(what_is_not_searched_is_told),
		cmocka_unit_test(a_hasty_answer_hides_nothing),
		cmocka_unit_test(a_hole_makes_no_mark),
		cmocka_unit_test(open_doors_prove_no_access),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
