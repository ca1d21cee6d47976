/* SPDX-License-Identifier: ISC */
/* The HTTP dissector: verdicts, who was let in, products, matching of responses, losses. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include "tests/unit/dissect.h"

extern const struct dissector http_dissector;

#define COUNT(array)  (sizeof(array) / sizeof *(array))
#define RUN(turns, f) assert_true(dissect(&http_dissector, (turns), COUNT(turns), 0, (f)))
#define OK(type, length, body)                                                                     \
	"HTTP/1.1 200 OK\r\nContent-Type: " type "\r\nContent-Length: " length "\r\n\r\n" body

static const struct turn elasticsearch[] = {
	TURN_CLIENT("GET / HTTP/1.1\r\nHost: es:9200\r\n\r\n"),
	TURN_SERVER("HTTP/1.1 200 OK\r\nX-elastic-product: Elasticsearch\r\n"
		    "content-type: application/json\r\ncontent-length: 187\r\n\r\n"
		    "{\n  \"name\" : \"es1\",\n  \"cluster_name\" : \"logs\",\n  \"version\" : {\n"
		    "    \"number\" : \"7.17.9\",\n    \"lucene_version\" : \"8.11.1\"\n  },\n"
		    "  \"tagline\" : \"You Know, for Search\"\n}\n                       "),
	TURN_CLIENT("GET /customers/_search?q=secret HTTP/1.1\r\nHost: es:9200\r\n\r\n"),
	TURN_SERVER("HTTP/1.1 200 OK\r\nX-elastic-product: Elasticsearch\r\n"
		    "Transfer-Encoding: chunked\r\n\r\n"
		    "20\r\n{\"took\":1,\"timed_out\":false,\"_sh\r\n"
		    "a\r\nards\":{}}\n\r\n0\r\nX-Trailer: 1\r\n\r\n"),
	TURN_CLIENT("DELETE /customers HTTP/1.1\r\nHost: es:9200\r\n\r\n"
		    "DELETE /_search/scroll HTTP/1.1\r\nHost: es:9200\r\n\r\n"),
	TURN_SERVER("HTTP/1.1 200 OK\r\ncontent-length: 21\r\n\r\n{\"acknowledged\":true}"),
	TURN_SERVER("HTTP/1.1 404 Not Found\r\ncontent-length: 2\r\n\r\n{}"),
};

static const struct command *command_of(const struct facts *facts, const char *text)
{
	for (size_t i = 0; i < facts->command_count; i++) {
		if (strcmp(facts->commands[i].text, text) == 0)
			return &facts->commands[i];
	}
	fail_msg("no command \"%s\"", text);
	return NULL;
}

static void assert_command(const struct facts *facts, const char *text, enum answer accepted,
			   unsigned flags)
{
	const struct command *command = command_of(facts, text);

	assert_int_equal(command->accepted, accepted);
	assert_int_equal(command->flags, flags);
}

static enum recognised recognise(const char *client, const char *server, bool one_sided)
{
	return dissect_recognise(&http_dissector, OVER_TCP, client, strlen(client), server,
				 strlen(server), one_sided);
}

static void verdicts_are_right(void **unused)
{
	static const struct {
		const char *client, *server;
		enum recognised open, last;
	} rows[] = {
		{"GET / HTTP/1.1\r\n", "", RECOGNISED_MORE, RECOGNISED_YES},
		{"GET / HTTP/1.0\n", "", RECOGNISED_MORE, RECOGNISED_YES},
		{"\r\nGET / HTTP/1.1\r\n", "", RECOGNISED_MORE, RECOGNISED_YES},
		{"CONNECT db:443 HTTP/1.1\r\n", "", RECOGNISED_MORE, RECOGNISED_YES},
		{"OPTIONS * HTTP/1.1\r\n", "", RECOGNISED_MORE, RECOGNISED_YES},
		{"GET http://host/x HTTP/1.1\r\n", "", RECOGNISED_MORE, RECOGNISED_YES},
		{"PROPFIND /dav/ HTTP/1.1\r\n", "", RECOGNISED_MORE, RECOGNISED_YES},
		{"GET / HTTP/1.", "", RECOGNISED_MORE, RECOGNISED_MORE},
		{"GE", "", RECOGNISED_MORE, RECOGNISED_MORE},
		{"GET / HTTP/2.0\r\n", "", RECOGNISED_MORE, RECOGNISED_NO},
		{"GET /\r\n", "", RECOGNISED_MORE, RECOGNISED_NO},
		{"get / HTTP/1.1\r\n", "", RECOGNISED_MORE, RECOGNISED_NO},
		{"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "", RECOGNISED_MORE, RECOGNISED_NO},
		{"OPTIONS rtsp://cam/ RTSP/1.0\r\n", "", RECOGNISED_MORE, RECOGNISED_NO},
		{"OPTIONS * RTSP/1.0\r\n", "", RECOGNISED_MORE, RECOGNISED_NO},
		{"OPTIONS sip:a@b SIP/2.0\r\n", "", RECOGNISED_MORE, RECOGNISED_NO},
		{"\x16\x03\x01\x02", "", RECOGNISED_MORE, RECOGNISED_NO},
		{"", "HTTP/1.1 200 OK\r\n", RECOGNISED_YES, RECOGNISED_YES},
		{"", "HTTP/1.0 404\r\n", RECOGNISED_YES, RECOGNISED_YES},
		{"", "HTTP/1.1 2", RECOGNISED_MORE, RECOGNISED_MORE},
		{"", "HTTP/1.1 999 x\r\n", RECOGNISED_NO, RECOGNISED_NO},
		{"", "ICY 200 OK\r\n", RECOGNISED_NO, RECOGNISED_NO},
		{"", "RTSP/1.0 200 OK\r\n", RECOGNISED_NO, RECOGNISED_NO},
		{"GET / HTTP/1.1\r\n", "HTTP/1.1 200 OK\r\n", RECOGNISED_YES, RECOGNISED_YES},
		{"GET / HTTP/1.1\r\n", "SSH-2.0-OpenSSH_9.2\r\n", RECOGNISED_NO, RECOGNISED_NO},
		{"GET / HTTP/1.1\r\n", "-ERR unknown command", RECOGNISED_NO, RECOGNISED_NO},
		{"GET / HTTP/1.1\r\n", "ICY 200 OK\r\n", RECOGNISED_NO, RECOGNISED_NO},
		{"\x16\x03\x01\x02", "HTTP/1.1 400 Bad Request\r\n", RECOGNISED_YES,
		 RECOGNISED_YES},
	};

	(void)unused;
	for (size_t i = 0; i < COUNT(rows); i++) {
		assert_int_equal(recognise(rows[i].client, rows[i].server, false), rows[i].open);
		assert_int_equal(recognise(rows[i].client, rows[i].server, true), rows[i].last);
	}
}

static void midstream_one_good_side_is_needed(void **unused)
{
	struct opening opening = {.transport = OVER_TCP, .midstream = true};

	(void)unused;
	opening.side[SIDE_SERVER] = bytes_from("of a body</html>", 16);
	assert_int_equal(http_dissector.recognise(&opening), RECOGNISED_MORE);
	opening.side[SIDE_CLIENT] = bytes_from("GET /next HTTP/1.1\r\n", 20);
	assert_int_equal(http_dissector.recognise(&opening), RECOGNISED_YES);
	opening.side[SIDE_CLIENT] = bytes_from("also a body", 11);
	assert_int_equal(http_dissector.recognise(&opening), RECOGNISED_NO);
	/* Guessed the wrong way round. */
	opening.side[SIDE_CLIENT] = bytes_from("HTTP/1.1 200 OK\r\n", 17);
	opening.side[SIDE_SERVER] = bytes_from(NULL, 0);
	assert_int_equal(http_dissector.recognise(&opening), RECOGNISED_NO);
	/* Nothing more will come. */
	opening.side[SIDE_CLIENT] = bytes_from("of a body", 9);
	assert_int_equal(http_dissector.recognise(&opening), RECOGNISED_MORE);
	opening.one_sided = true;
	assert_int_equal(http_dissector.recognise(&opening), RECOGNISED_NO);
}

static void assert_elasticsearch(const struct facts *facts)
{
	assert_string_equal(facts->service->name, "elasticsearch");
	assert_string_equal(facts->service->identifier, "open-elasticsearch");
	assert_string_equal(facts->product, "Elasticsearch");
	assert_string_equal(facts->version, "7.17.9");
	assert_string_equal(facts->host, "es:9200");
	assert_string_equal(facts->path, "/");
	assert_int_equal(facts->auth, AUTH_NONE);
	assert_int_equal(facts->data_read, ANSWER_YES);
	assert_int_equal(facts->encryption, ENCRYPTION_CLEARTEXT);
	assert_command(facts, "GET /", ANSWER_YES, 0);
	assert_command(facts, "GET /customers/_search", ANSWER_YES, COMMAND_LISTING);
	assert_command(facts, "DELETE /customers", ANSWER_YES, COMMAND_DESTRUCTIVE);
	assert_command(facts, "DELETE /_search/scroll", ANSWER_NO, 0);
}

static void elasticsearch_is_read(void **unused)
{
	struct facts facts, pieces;

	(void)unused;
	RUN(elasticsearch, &facts);
	assert_elasticsearch(&facts);
	for (size_t chunk = 1; chunk < 200; chunk++) {
		assert_true(dissect(&http_dissector, elasticsearch, COUNT(elasticsearch), chunk,
				    &pieces));
		assert_true(dissect_same(&facts, &pieces));
	}
	/* The greeting alone is no data. */
	assert_true(dissect(&http_dissector, elasticsearch, 2, 0, &facts));
	assert_int_equal(facts.data_read, ANSWER_NO);
}

static void older_elasticsearch_and_opensearch_are_read(void **unused)
{
	static const struct turn old[] = {
		TURN_CLIENT("GET / HTTP/1.1\r\n\r\n"),
		TURN_SERVER(OK("application/json", "78",
			       "{\"name\":\"a\",\"version\":{\"number\":\"6.8.0\","
			       "\"lucene_version\":\"7.7.0\"},\"tagline\":1}")),
	};
	static const struct turn open[] = {
		TURN_CLIENT("GET / HTTP/1.1\r\n\r\n"),
		TURN_SERVER(OK(
			"application/json", "105",
			"{ \"name\" : \"a\", \"version\" : { \"distribution\" : \"opensearch\",\n"
			"\"number\" : \"2.11.1\",\"lucene_version\":\"9\" } }")),
	};
	static const struct turn header[] = {
		TURN_CLIENT("GET /logs/_search HTTP/1.1\r\n\r\n"),
		TURN_SERVER(
			"HTTP/1.1 200 OK\r\nX-OpenSearch-Version: OpenSearch/3.7.0 (opensearch)\r\n"
			"content-length: 43\r\n\r\n"
			"{\"took\":1,\"timed_out\":false,\"_shards\":{}} "),
	};
	static const struct turn locked[] = {
		TURN_CLIENT("GET /_cat/indices HTTP/1.1\r\n\r\n"),
		TURN_SERVER("HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Basic realm=\"s\"\r\n"
			    "content-length: 58\r\n\r\n{\"error\":{\"root_cause\":"
			    "[{\"type\":\"security_exception\"}]}}  "),
	};
	struct facts facts;

	(void)unused;
	RUN(old, &facts);
	assert_string_equal(facts.service->name, "elasticsearch");
	assert_string_equal(facts.version, "6.8.0");
	RUN(open, &facts);
	assert_string_equal(facts.service->name, "opensearch");
	assert_string_equal(facts.product, "OpenSearch");
	assert_string_equal(facts.version, "2.11.1");
	RUN(header, &facts);
	assert_string_equal(facts.service->name, "opensearch");
	assert_string_equal(facts.version, "3.7.0");
	RUN(locked, &facts);
	assert_string_equal(facts.service->name, "elasticsearch");
	assert_int_equal(facts.auth, AUTH_REQUIRED);
	assert_int_equal(facts.data_read, ANSWER_NO);
}

static void directory_listings_are_seen(void **unused)
{
	static const char *const bodies[] = {
		"<html>\r\n<head><title>Index of /backup/</title></head>",
		"<!DOCTYPE HTML>\n<head>\n  <title>Index of /backup</title>",
		"<!DOCTYPE html>\n<head>\n<title>Directory listing for /</title>\n",
		"[\n{ \"name\":\"a.gz\", \"type\":\"file\", \"mtime\":\"Sat, 21 Nov 2026\" }]",
		"[\n{ \"name\":\"a\", \"type\":\"directory\", \"mtime\":\"Sat, 21 Nov 2026\" }]",
		"<?xml version=\"1.0\"?>\n<list>\n<file mtime=\"2026-11-21T18:00:38Z\" size=\"8\">",
		"<?xml version=\"1.0\"?>\n<list>\n<directory mtime=\"2026-11-21T18:00:38Z\">",
	};
	static const struct turn other[] = {
		TURN_CLIENT("GET /users/ HTTP/1.1\r\n\r\n"),
		TURN_SERVER(OK("application/json", "16", "[{\"name\":\"bob\"}]")),
	};
	char answer[512];
	struct facts facts;

	(void)unused;
	RUN(other, &facts);
	assert_string_equal(facts.service->name, "http");
	for (size_t i = 0; i < COUNT(bodies); i++) {
		struct turn turns[] = {TURN_CLIENT("GET /backup/ HTTP/1.0\r\n\r\n"),
				       {SIDE_SERVER, answer, 0}};

		turns[1].length = (size_t)snprintf(
			answer, sizeof answer, "HTTP/1.0 200 OK\r\nServer: nginx/1.22.1\r\n\r\n%s",
			bodies[i]);
		RUN(turns, &facts);
		assert_string_equal(facts.service->name, "http-dirlist");
		assert_int_equal(facts.service->family, FAMILY_STORAGE);
		assert_true(facts.directory_listing);
		assert_string_equal(facts.product, "nginx");
		assert_string_equal(facts.version, "1.22.1");
		assert_int_equal(facts.data_read, ANSWER_YES);
		answer[9] = '4'; /* 400: the same page is no listing */
		RUN(turns, &facts);
		assert_string_equal(facts.service->name, "http");
		assert_false(facts.directory_listing);
	}
}

static void access_is_judged(void **unused)
{
	static const struct {
		const char *request, *status;
		enum auth auth;
		const char *user, *mechanism;
	} rows[] = {
		{"GET / HTTP/1.1\r\n", "200", AUTH_NONE, "", ""},
		{"GET / HTTP/1.1\r\n", "404", AUTH_UNKNOWN, "", ""},
		{"GET / HTTP/1.1\r\n", "302", AUTH_UNKNOWN, "", ""},
		{"GET / HTTP/1.1\r\n", "403", AUTH_UNKNOWN, "", ""},
		{"GET / HTTP/1.1\r\n", "401", AUTH_REQUIRED, "", ""},
		{"GET / HTTP/1.1\r\n", "407", AUTH_REQUIRED, "", ""},
		{"OPTIONS / HTTP/1.1\r\n", "200", AUTH_UNKNOWN, "", ""},
		{"GET / HTTP/1.1\r\nCookie: a=1; PHPSESSID=2\r\n", "200", AUTH_UNKNOWN, "", ""},
		{"GET / HTTP/1.1\r\nCookie: theme=dark\r\n", "200", AUTH_NONE, "", ""},
		{"GET /?token=x HTTP/1.1\r\n", "200", AUTH_UNKNOWN, "", ""},
		{"GET / HTTP/1.1\r\nAuthorization: Basic YWxpY2U6czNjcmV0\r\n", "200",
		 AUTH_SUCCEEDED, "alice", "Basic"},
		{"GET / HTTP/1.1\r\nAuthorization: basic YWxpY2U6czNjcmV0\r\n", "401", AUTH_FAILED,
		 "alice", "Basic"},
		{"GET / HTTP/1.1\r\nAuthorization: Basic c2VjcmV0\r\n", "403", AUTH_FAILED, "",
		 "Basic"},
		{"GET / HTTP/1.1\r\nAuthorization: Basic YWxp*Y2U6c2Vj\r\n", "200", AUTH_SUCCEEDED,
		 "", "Basic"},
		{"GET / HTTP/1.1\r\nAuthorization: Bearer abc.def\r\n", "200", AUTH_SUCCEEDED, "",
		 "Bearer"},
		{"GET / HTTP/1.1\r\nAuthorization: abcdef0123\r\n", "200", AUTH_SUCCEEDED, "",
		 "other"},
		{"GET / HTTP/1.1\r\nAuthorization: Digest username=\"bob\", nc=1\r\n", "200",
		 AUTH_SUCCEEDED, "bob", "Digest"},
		{"GET / HTTP/1.1\r\nAuthorization: AWS4-HMAC-SHA256 Credential=AKID/2026/x\r\n",
		 "403", AUTH_FAILED, "AKID", "AWS4-HMAC-SHA256"},
		{"GET / HTTP/1.1\r\nX-Api-Key: k\r\n", "200", AUTH_SUCCEEDED, "", "ApiKey"},
		{"GET /query?db=a&u=bob&p=s3cret&q=x HTTP/1.1\r\n", "401", AUTH_FAILED, "bob",
		 "query"},
		{"GET /?password=s3cret&user=bob HTTP/1.1\r\n", "200", AUTH_SUCCEEDED, "bob",
		 "query"},
		{"GET /?u=bob HTTP/1.1\r\n", "200", AUTH_NONE, "", ""},
		{"GET / HTTP/1.1\r\nX-ClickHouse-Key: s3cret\r\n", "403", AUTH_FAILED, "",
		 "ApiKey"},
		{"GET /b?X-Amz-Credential=A&X-Amz-Signature=s HTTP/1.1\r\n", "200", AUTH_SUCCEEDED,
		 "", "AWS4-HMAC-SHA256"},
	};

	(void)unused;
	for (size_t i = 0; i < COUNT(rows); i++) {
		char request[256], answer[128];
		struct turn turns[] = {{SIDE_CLIENT, request, 0}, {SIDE_SERVER, answer, 0}};
		struct facts facts;

		turns[0].length =
			(size_t)snprintf(request, sizeof request, "%s\r\n", rows[i].request);
		turns[1].length = (size_t)snprintf(answer, sizeof answer,
						   "HTTP/1.1 %s X\r\nContent-Length: 1\r\n\r\nx",
						   rows[i].status);
		RUN(turns, &facts);
		assert_int_equal(facts.auth, rows[i].auth);
		assert_string_equal(facts.user, rows[i].user);
		assert_string_equal(facts.mechanism, rows[i].mechanism);
		assert_null(memmem(&facts, sizeof facts, "s3cret", 6));
		assert_null(memmem(&facts, sizeof facts, "YWxp", 4));
		assert_null(memmem(&facts, sizeof facts, "token", 5));
	}
}

/* A challenge in the middle of NTLM is no failure; what comes after it is a success. */
static void ntlm_is_judged(void **unused)
{
	static const struct turn turns[] = {
		TURN_CLIENT("PUT /dav HTTP/1.1\r\nAuthorization: NTLM TlRMTVNTUAABAAAA\r\n"
			    "Content-Length: 0\r\n\r\n"),
		TURN_SERVER("HTTP/1.1 401 X\r\nWWW-Authenticate: NTLM TlRMTVNTUAACAAAA\r\n"
			    "Content-Length: 0\r\n\r\n"),
		TURN_CLIENT("PUT /dav HTTP/1.1\r\nAuthorization: NTLM TlRMTVNTUAADAAAA\r\n"
			    "Content-Length: 0\r\n\r\n"),
		TURN_SERVER("HTTP/1.1 405 X\r\nContent-Length: 0\r\n\r\n"),
	};
	struct facts facts;

	(void)unused;
	assert_true(dissect(&http_dissector, turns, 2, 0, &facts));
	assert_int_equal(facts.auth, AUTH_REQUIRED);
	assert_int_equal(facts.logins_failed, 0);
	RUN(turns, &facts);
	assert_int_equal(facts.auth, AUTH_SUCCEEDED);
	assert_command(&facts, "PUT /dav", ANSWER_NO, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(verdicts_are_right),
		cmocka_unit_test(midstream_one_good_side_is_needed),
		cmocka_unit_test(elasticsearch_is_read),
		cmocka_unit_test(older_elasticsearch_and_opensearch_are_read),
		cmocka_unit_test(directory_listings_are_seen),
		cmocka_unit_test(access_is_judged),
		cmocka_unit_test(ntlm_is_judged),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
