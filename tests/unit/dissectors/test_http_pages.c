/* SPDX-License-Identifier: ISC */
/*
 * Ordinary web servers must not get a product's name: pages as blogs, shops, applications and
 * interfaces have them, made up from a seed, asked for under the paths that products have. What a
 * scanner asks of everybody proves nothing.
 */
#include <stdio.h>

#include "tests/unit/conversation.h"

extern const struct dissector http_dissector;

#define PAGES	  500
#define TEXT_ROOM 4096

struct page {
	char request[256];
	char answer[TEXT_ROOM];
};

static uint32_t next(uint32_t *seed)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 17;
	*seed ^= *seed << 5;
	return *seed;
}

#define ONE_OF(seed, list) ((list)[next(seed) % COUNT(list)])

static const char *a_path(uint32_t *seed)
{
	static const char *const paths[] = {
		"/",
		"/about",
		"/api/tags",
		"/api/chat",
		"/api/embeddings",
		"/api/delete",
		"/v1/models",
		"/v1/chat/completions",
		"/rest/workflows",
		"/rest/login",
		"/api/2.0/mlflow/experiments/search",
		"/api/version",
		"/api/jobs/",
		"/nodes",
		"/api/v1/version",
		"/api/v1/flows",
		"/api/v1/run/x",
		"/api/v1/config",
		"/api/v1/chatflows",
		"/api/config",
		"/queue",
		"/history",
		"/config",
		"/info",
		"/api/contents",
		"/api/sessions",
		"/tree",
		"/lab",
		"/collections",
		"/collections/summer",
		"/v1/schema",
		"/v1/objects",
		"/v1/graphql",
		"/api/v2/heartbeat",
		"/v2/vectordb/collections/list",
		"/v2/health/ready",
		"/v2/models/x",
		"/indexes",
		"/tasks",
		"/health",
		"/sql",
		"/exec?query=a",
		"/v1/statement",
		"/druid/v2",
		"/pools",
		"/query",
		"/state",
		"/v1/metadata",
		"/v1/traces",
		"/v1/logs",
		"/api/search",
		"/api/traces",
		"/api/services",
		"/api/v2/services",
		"/api/v2/spans",
		"/api/v1/metrics",
		"/api/default/_search",
		"/api/v1/indexes",
		"/api/v1/dags",
		"/api/v1/connections",
		"/jobs",
		"/overview",
		"/nacos/v1/cs/configs",
		"/nifi-api/flow/about",
		"/connectors",
		"/subjects",
		"/schemas/a",
		"/info",
		"/v1/brokers",
		"/stats",
		"/admin/v2/clusters",
		"/artifactory/api/repositories",
		"/api/v2.0/systeminfo",
		"/service/rest/v1/repositories",
		"/-/all",
		"/dir/status",
		"/actuator/health",
		"/actuator",
		"/heapdump",
		"/api/session/properties",
		"/api/status",
		"/api/endpoints",
		"/api/rawdata",
		"/config_dump",
		"/server_info",
		"/clusters",
		"/api/v1.3/machine",
		"/services",
		"/routes",
		"/api/v1/applications",
		"/api/v1/repos/search",
		"/api/v4/projects",
		"/api/system/status",
		"/wd/hub/session",
		"/__openclaw__/canvas/",
		"/console/api/setup",
		"/metrics",
		"/ws/v1/cluster/apps",
	};

	return ONE_OF(seed, paths);
}

static const char *a_word(uint32_t *seed)
{
	static const char *const words[] = {
		"models",   "collections", "jobs",    "items",	  "data",     "results",  "nodes",
		"services", "routes",	   "version", "status",	  "queue",    "history",  "points",
		"message",  "error",	   "tags",    "users",	  "projects", "classes",  "pools",
		"count",    "code",	   "hits",    "subjects", "topics",   "clusters", "machine",
		"name",	    "Jupyter",	   "Qdrant",  "Ollama",	  "Spark",    "Flink",	  "Airflow",
		"Kafka",    "Redis",	   "Grafana", "GitLab",	  "notebook", "workflow", "agents",
	};

	return ONE_OF(seed, words);
}

static const char *a_head(uint32_t *seed)
{
	static const char *const heads[] = {
		"Server: nginx\r\n",
		"Server: Apache\r\nX-Powered-By: PHP/8.2\r\n",
		"Server: cloudflare\r\nCF-Ray: 1\r\nX-Request-Id: 7\r\n",
		"server: envoy\r\nx-envoy-upstream-service-time: 3\r\n",
		"server: uvicorn\r\n",
		"Server: gunicorn\r\n",
		"X-Powered-By: Express\r\nETag: W/\"1\"\r\n",
		"Server: Jetty(9.4.51.v20230217)\r\n",
		"Server: Python/3.11 aiohttp/3.9.1\r\n",
		"Via: kong/3.5.0\r\nX-Kong-Upstream-Latency: 2\r\nServer: nginx\r\n",
		"Server: TornadoServer/6.4\r\n",
		"",
	};

	return ONE_OF(seed, heads);
}

static const char *a_status(uint32_t *seed)
{
	static const char *const states[] = {"200 OK", "200 OK",	"200 OK",
					     "200 OK", "404 Not Found", "500 Oops",
					     "202 OK", "201 Created",	"401 Unauthorized"};

	return ONE_OF(seed, states);
}

/* A page for people: its title and its text are about whatever people write about. */
static void put_html(char *to, uint32_t *seed)
{
	int n = snprintf(to, TEXT_ROOM / 2,
			 "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
			 "<title>%s %s: how we run our %s</title><script src=\"/app.%u.js\">"
			 "</script></head><body><div id=\"root\">",
			 a_word(seed), a_word(seed), a_word(seed), next(seed) % 10000);

	for (unsigned i = 0; i < 3 + next(seed) % 6; i++)
		n += snprintf(to + n, (size_t)(TEXT_ROOM / 2 - n),
			      "<h2>%s</h2><p>Our %s of %s, {\"%s\":[\"%s\"]}, since %u.</p>",
			      a_word(seed), a_word(seed), a_word(seed), a_word(seed), a_word(seed),
			      1990 + next(seed) % 40);
}

static void put_value(char *to, size_t room, uint32_t *seed)
{
	switch (next(seed) % 6) {
	case 0:
		snprintf(to, room, "%u", next(seed) % 100000);
		break;
	case 1:
		snprintf(to, room, "\"%s\"", a_word(seed));
		break;
	case 2:
		snprintf(to, room, "[\"%s\",\"%s\"]", a_word(seed), a_word(seed));
		break;
	case 3:
		snprintf(to, room, "[{\"id\":\"%u\",\"name\":\"%s\",\"status\":\"RUNNING\"}]",
			 next(seed) % 100, a_word(seed));
		break;
	case 4:
		snprintf(to, room, "{\"%s\":%u,\"time\":\"2025-01-01\"}", a_word(seed),
			 next(seed) % 100);
		break;
	default:
		snprintf(to, room, "%s", next(seed) % 2 ? "true" : "null");
		break;
	}
}

/* An interface for programs, with keys as every second one has them. */
static void put_json(char *to, uint32_t *seed)
{
	char value[128];
	int n = snprintf(to, 4, next(seed) % 4 == 0 ? "[{" : "{");
	bool list = to[0] == '[';

	for (unsigned i = 0; i < 1 + next(seed) % 6; i++) {
		put_value(value, sizeof value, seed);
		n += snprintf(to + n, (size_t)(TEXT_ROOM / 2 - n), "%s\"%s\":%s", i != 0 ? "," : "",
			      a_word(seed), value);
	}
	snprintf(to + n, 4, list ? "}]" : "}");
}

static void put_plain(char *to, uint32_t *seed)
{
	static const char *const texts[] = {
		"OK",
		"{}",
		"[]",
		"pong",
		"{\"status\":\"ok\"}",
		"{\"status\":\"error\",\"message\":\"not found\"}",
		"{\"message\":\"Unauthorized\"}",
		"{\"detail\":\"Not Found\"}",
		"{\"code\":404,\"message\":\"no such page\"}",
		"{\"error\":{\"code\":404,\"message\":\"no such page\"}}",
		"{\"errors\":[{\"code\":\"NOT_FOUND\",\"message\":\"no\"}]}",
		"{\"version\":\"1.2.3\"}",
		"{\"data\":[],\"total\":0}",
		"{\"jobs\":[{\"id\":\"17\",\"status\":\"RUNNING\"}]}",
		"{\"collections\":[{\"name\":\"summer\",\"products\":12}]}",
		"{\"result\":{\"collections\":[{\"name\":\"summer\"}]}}",
		"[\"mathematics\",\"art\"]",
		"{\"models\":[\"car\",\"van\"],\"status\":\"ok\"}",
		"# HELP http_requests_total Requests.\n# TYPE http_requests_total counter\n",
		"id,name\n1,a\n",
		"{\"object\":\"list\",\"data\":[{\"id\":\"m\",\"object\":\"model\",\"owned_by\":"
		"\"acme\"}]}",
		"{\"job_id\":\"17\",\"state\":\"queued\"}",
		"{\"status\":404,\"error\":\"Not Found\",\"path\":\"/actuator/env\"}",
		"User-agent: *\nDisallow:\n",
	};

	/* Exactly what OTLP answers, too: whose it is cannot be told. */
	do
		snprintf(to, TEXT_ROOM / 2, "%s", ONE_OF(seed, texts));
	while (strcmp(to, "{}") == 0);
}

static void make(struct page *page, uint32_t *seed)
{
	static const char *const methods[] = {"GET", "GET", "GET", "POST", "DELETE"};
	static char body[TEXT_ROOM / 2];
	int n;

	snprintf(page->request, sizeof page->request, "%s %s HTTP/1.1\r\nHost: h\r\n\r\n",
		 ONE_OF(seed, methods), a_path(seed));
	switch (next(seed) % 3) {
	case 0:
		put_html(body, seed);
		break;
	case 1:
		put_json(body, seed);
		break;
	default:
		put_plain(body, seed);
		break;
	}
	n = snprintf(page->answer, sizeof page->answer,
		     "HTTP/1.1 %s\r\n%sContent-Length: %zu\r\n\r\n%s", a_status(seed), a_head(seed),
		     strlen(body), body);
	assert_in_range(n, 1, sizeof page->answer - 1);
}

static void ordinary_pages_have_no_product(void **unused)
{
	uint32_t seed = 2463534242U;
	static struct page page;
	unsigned wrong = 0;

	(void)unused;
	for (unsigned i = 0; i < PAGES; i++) {
		struct turn turns[2];
		struct facts facts;

		make(&page, &seed);
		turns[0] = (struct turn){SIDE_CLIENT, page.request, strlen(page.request)};
		turns[1] = (struct turn){SIDE_SERVER, page.answer, strlen(page.answer)};
		assert_true(dissect(&http_dissector, turns, 2, 0, &facts));
		if (strcmp(facts.service->name, "http") == 0)
			continue;
		print_error("page %u is told as %s: %.*s\n%s\n\n", i, facts.service->name,
			    (int)strcspn(page.request, "\r"), page.request, page.answer);
		wrong++;
	}
	assert_int_equal(wrong, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ordinary_pages_have_no_product),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
