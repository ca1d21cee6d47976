/* SPDX-License-Identifier: ISC */
/* The table of products: for each row, how it answers; and what only looks like one. */
#include <stdio.h>

#include "tests/unit/conversation.h"

extern const struct dissector http_dissector;

#define GET(path) "GET " path " HTTP/1.1\r\nHost: h\r\n\r\n"

struct sample {
	const char *request;
	const char *headers; /* "200 OK" and what follows, up to the empty line */
	const char *body;
	const char *service, *product, *version;
	enum auth auth;
};

static const struct sample samples[] = {
	{GET("/"), "200 OK\r\n", "<?xml?>\n<ListAllMyBucketsResult xmlns=\"a\"><Owner>", "s3", "",
	 "", AUTH_NONE},
	{GET("/backups"), "200 OK\r\nServer: MinIO\r\n", "<?xml?>\n<ListBucketResult xmlns=\"a\">",
	 "s3", "MinIO", "", AUTH_NONE},
	{GET("/b/k"), "403 Forbidden\r\n", "<?xml?><Error><Code>AccessDenied</Code>", "s3", "", "",
	 AUTH_REQUIRED},
	{"GET / HTTP/1.1\r\nAuthorization: AWS4-HMAC-SHA256 Credential=AKID/2026\r\n\r\n",
	 "403 Forbidden\r\nx-amz-request-id: tx00000a-1\r\n",
	 "<?xml?><Error><Code>SignatureDoesNotMatch</Code>", "s3", "Ceph RGW", "", AUTH_FAILED},
	{"PUT /b/k HTTP/1.1\r\nx-amz-content-sha256: e3b0\r\n\r\n",
	 "200 OK\r\nx-amz-request-id: 17\r\n", "", "s3", "", "", AUTH_NONE},
	{GET("/dev/c?restype=container&comp=list"),
	 "200 OK\r\nServer: Azurite-Blob/3.35.0\r\nx-ms-version: 1\r\n",
	 "<?xml?><EnumerationResults ServiceEndpoint=\"\">", "azure-blob", "Azurite-Blob", "3.35.0",
	 AUTH_NONE},
	{GET("/c?comp=list"),
	 "409 Public access is not permitted\r\nx-ms-error-code: PublicAccessNotPermitted\r\n", "",
	 "azure-blob", "", "", AUTH_REQUIRED},
	{GET("/v1/AUTH_a/c"), "200 OK\r\nX-Container-Object-Count: 2\r\n", "a\nb\n", "swift",
	 "OpenStack Swift", "", AUTH_NONE},
	{GET("/"), "200 OK\r\nServer: CouchDB/3.2.2 (Erlang OTP/23)\r\n",
	 "{\"couchdb\":\"Welcome\",\"version\":\"3.2.2\"}", "couchdb", "CouchDB", "3.2.2",
	 AUTH_NONE},
	{GET("/"), "200 OK\r\n", "{\"express-pouchdb\":\"Welcome!\",\"version\":\"4.2.0\"}",
	 "couchdb", "pouchdb-server", "4.2.0", AUTH_NONE},
	{"DELETE /users HTTP/1.1\r\n\r\n", "200 OK\r\n", "{\"ok\":true}\n", "couchdb", "", "",
	 AUTH_NONE},
	{GET("/_all_dbs"), "401 Unauthorized\r\nServer: CouchDB/3.2.2\r\n",
	 "{\"error\":\"unauthorized\",\"reason\":\"You are not a server admin.\"}\n", "couchdb",
	 "CouchDB", "3.2.2", AUTH_REQUIRED},
	{GET("/version"),
	 "200 OK\r\nApi-Version: 1.41\r\nServer: Docker/20.10.24+dfsg1 (linux)\r\n", "{}", "docker",
	 "Docker", "20.10.24+dfsg1", AUTH_UNKNOWN},
	{GET("/_ping"), "200 OK\r\nApi-Version: 1.41\r\nLibpod-Api-Version: 4.3.1\r\n", "OK",
	 "docker", "Podman", "4.3.1", AUTH_UNKNOWN},
	{GET("/v2/"), "200 OK\r\nDocker-Distribution-Api-Version: registry/2.0\r\n", "{}",
	 "docker-registry", "Docker Registry", "", AUTH_NONE},
	{GET("/version"), "200 OK\r\n",
	 "{\n  \"major\": \"1\",\n  \"gitVersion\": \"v1.28.2\",\n  \"gitCommit\": \"8\"}",
	 "kubernetes", "Kubernetes", "1.28.2", AUTH_UNKNOWN},
	{GET("/api/v1/secrets"), "403 Forbidden\r\n",
	 "{\"kind\":\"Status\",\"apiVersion\":\"v1\",\"metadata\":{},\"status\":\"Failure\"",
	 "kubernetes", "Kubernetes", "", AUTH_REQUIRED},
	{GET("/pods"), "200 OK\r\n", "{\"kind\":\"PodList\",\"apiVersion\":\"v1\",\"items\":[]}",
	 "kubelet", "kubelet", "", AUTH_NONE},
	{GET("/version"), "200 OK\r\n", "{\"etcdserver\":\"3.4.23\",\"etcdcluster\":\"3.4.0\"}",
	 "etcd", "etcd", "3.4.23", AUTH_UNKNOWN},
	{"POST /v3/kv/range HTTP/1.1\r\nContent-Length: 0\r\n\r\n", "200 OK\r\n",
	 "{\"header\":{\"cluster_id\":\"1\",\"member_id\":\"1\"}}", "etcd", "etcd", "", AUTH_NONE},
	{GET("/ping"), "204 No Content\r\nX-Influxdb-Version: v2.7.1\r\n", "", "influxdb",
	 "InfluxDB", "2.7.1", AUTH_UNKNOWN},
	{GET("/?query=SELECT%201"), "200 OK\r\nX-ClickHouse-Summary: {}\r\n", "1\n", "clickhouse",
	 "ClickHouse", "", AUTH_NONE},
	{GET("/api/v1/query?query=up"), "200 OK\r\n",
	 "{\"status\":\"success\",\"data\":{\"resultType\":\"vector\",\"result\":[]}}",
	 "prometheus", "Prometheus", "", AUTH_NONE},
	{GET("/api/v1/status/buildinfo"), "200 OK\r\n",
	 "{\"status\":\"success\",\"data\":{\"version\":\"2.42.0\"}}", "prometheus", "Prometheus",
	 "2.42.0", AUTH_NONE},
	{GET("/api/v1/query?query=up"), "200 OK\r\nX-Server-Hostname: box\r\n",
	 "{\"status\":\"success\",\"data\":{\"resultType\":\"vector\"}}", "victoriametrics",
	 "VictoriaMetrics", "", AUTH_NONE},
	{GET("/loki/api/v1/labels"), "200 OK\r\n", "{\"status\":\"success\",\"data\":[\"a\"]}",
	 "loki", "Loki", "", AUTH_NONE},
	{GET("/metrics"), "200 OK\r\n", "# HELP node_load1 1m load average.\n", "node-exporter",
	 "node_exporter", "", AUTH_NONE},
	{GET("/api/health"), "200 OK\r\n",
	 "{\n  \"commit\": \"x\",\n  \"database\": \"ok\",\n  \"version\": \"9.3.2\"\n}", "grafana",
	 "Grafana", "9.3.2", AUTH_UNKNOWN},
	{GET("/api/status"), "200 OK\r\nkbn-name: kib\r\nkbn-version: 7.17.9\r\n", "{}", "kibana",
	 "Kibana", "7.17.9", AUTH_NONE},
	{GET("/solr/admin/info/system"), "200 OK\r\n",
	 "{\n  \"responseHeader\":{\n    \"status\":0,\n    \"QTime\":4},"
	 "\"lucene\":{\"solr-spec-version\":\"8.11.2\"}}",
	 "solr", "Solr", "8.11.2", AUTH_NONE},
	{GET("/ws/v1/cluster/info"), "200 OK\r\n",
	 "{\"clusterInfo\":{\"id\":1,\"hadoopVersion\":\"3.3.4\"}}", "hadoop", "Hadoop", "3.3.4",
	 AUTH_NONE},
	{GET("/api/overview"),
	 "401 Unauthorized\r\nserver: Cowboy\r\n"
	 "www-authenticate: Basic realm=\"RabbitMQ Management\"\r\n",
	 "", "rabbitmq-management", "RabbitMQ", "", AUTH_REQUIRED},
	{GET("/varz"), "200 OK\r\n",
	 "{\n \"server_id\": \"NB2X\",\n \"server_name\": \"a\",\n \"version\": \"2.9.10\"}",
	 "nats-monitor", "NATS", "2.9.10", AUTH_NONE},
	{"POST /upload HTTP/1.1\r\nContent-Type: application/vnd.fdo.journal\r\n"
	 "Content-Length: 0\r\n\r\n",
	 "202 Accepted\r\n", "OK.\n", "journald-remote", "systemd-journal-remote", "", AUTH_NONE},
	{"POST /services/collector HTTP/1.1\r\nAuthorization: Splunk 0000-hush\r\n\r\n",
	 "200 OK\r\n", "{\"text\":\"Success\",\"code\":0}", "splunk", "Splunk", "", AUTH_SUCCEEDED},
	{GET("/services"), "401 Unauthorized\r\nServer: Splunkd\r\n", "", "splunk", "Splunk", "",
	 AUTH_REQUIRED},
	{GET("/api/v1/info"), "200 OK\r\nServer: Netdata Embedded HTTP Server v1.37.1\r\n", "{}",
	 "netdata", "Netdata", "1.37.1", AUTH_NONE},
	{GET("/"), "200 OK\r\nServer: monit 5.33.0\r\n", "<!DOCTYPE html>", "monit", "monit",
	 "5.33.0", AUTH_NONE},
	{GET("/json/version"), "200 OK\r\n", "{\n   \"Browser\": \"Chrome/156.0.8078.79\"}",
	 "chrome-devtools", "Chrome DevTools", "156.0.8078.79", AUTH_NONE},
	{GET("/json/list"), "200 OK\r\n",
	 "[ {\n  \"description\": \"node.js instance\",\n  \"devtoolsFrontendUrl\": \"d\"",
	 "node-inspector", "Node.js inspector", "", AUTH_NONE},
	{GET("/v1/kv/a"), "404 Not Found\r\nX-Consul-Index: 1\r\n", "", "consul", "Consul", "",
	 AUTH_UNKNOWN},
	{GET("/v1/sys/health"), "200 OK\r\n",
	 "{\"initialized\":true,\"sealed\":false,\"version\":\"1.12.0\"}", "vault", "Vault",
	 "1.12.0", AUTH_UNKNOWN},
	{"GET /v1/secret/a HTTP/1.1\r\nX-Vault-Token: s.hush\r\n\r\n", "403 Forbidden\r\n",
	 "{\"errors\":[\"permission denied\"]}", "vault", "Vault", "", AUTH_FAILED},
	{GET("/v1/jobs"), "200 OK\r\nX-Nomad-Index: 1\r\n", "[]", "nomad", "Nomad", "", AUTH_NONE},
	{GET("/"), "403 Forbidden\r\nX-Jenkins: 2.375.3\r\n", "", "jenkins", "Jenkins", "2.375.3",
	 AUTH_UNKNOWN},
	{"POST /api_jsonrpc.php HTTP/1.1\r\nContent-Length: 0\r\n\r\n", "200 OK\r\n",
	 "{\"jsonrpc\":\"2.0\",\"result\":\"6.0.14\",\"id\":1}", "zabbix-web", "Zabbix", "",
	 AUTH_UNKNOWN},
	{GET("/admin/"), "401 Unauthorized\r\nWWW-Authenticate: basic realm=\"ActiveMQRealm\"\r\n",
	 "", "activemq-web", "ActiveMQ", "", AUTH_REQUIRED},
	{GET("/"), "501 no such file\r\nServer: pve-api-daemon/3.0\r\n", "", "proxmox",
	 "Proxmox VE", "", AUTH_UNKNOWN},
	{"POST /ipp/print HTTP/1.1\r\nContent-Type: application/ipp\r\nContent-Length: 0\r\n\r\n",
	 "200 OK\r\nContent-Type: application/ipp\r\nServer: CUPS/2.4 IPP/2.1\r\n", "\2\1", "ipp",
	 "CUPS", "2.4", AUTH_NONE},
	{"POST /wsman HTTP/1.1\r\nContent-Length: 0\r\n\r\n",
	 "401 \r\nServer: Microsoft-HTTPAPI/2.0\r\nWWW-Authenticate: Negotiate\r\n", "", "winrm",
	 "WinRM", "", AUTH_REQUIRED},
	{"PROPFIND /dav/ HTTP/1.1\r\nDepth: 1\r\n\r\n",
	 "207 Multi-Status\r\nServer: Apache/2.4.57 (Debian)\r\n", "<?xml?><D:multistatus>",
	 "webdav", "Apache", "2.4.57", AUTH_NONE},
	{"CONNECT db:443 HTTP/1.1\r\n\r\n", "200 Connection established\r\n", "", "http-proxy", "",
	 "", AUTH_NONE},
	{"GET http://u:hush@a/ HTTP/1.1\r\n\r\n",
	 "403 Forbidden\r\nServer: squid/5.7\r\nX-Squid-Error: ERR_ACCESS_DENIED 0\r\n", "",
	 "http-proxy", "squid", "5.7", AUTH_UNKNOWN},
	{GET("/"), "200 OK\r\n", "<html><head><title>Statistics Report for HAProxy</title>", "http",
	 "HAProxy", "", AUTH_NONE},
	{GET("/"), "200 OK\r\n",
	 "{\"bolt_routing\":\"neo4j://h:7687\",\"neo4j_version\" : \"4.4.8\"}", "neo4j", "Neo4j",
	 "4.4.8", AUTH_UNKNOWN},
	{"POST /db/neo4j/tx/commit HTTP/1.1\r\nContent-Length: 0\r\n\r\n", "401 Unauthorized\r\n",
	 "{\"errors\":[{\"code\":\"Neo.ClientError.Security.Unauthorized\"}]}", "neo4j", "Neo4j",
	 "", AUTH_REQUIRED},
	{GET("/api/v2/alerts"), "200 OK\r\n",
	 "[{\"annotations\":{},\"endsAt\":\"2026\",\"fingerprint\":\"0f\"}]\n", "alertmanager",
	 "Alertmanager", "", AUTH_NONE},
	{GET("/metrics"), "200 OK\r\n", "# HELP alertmanager_alerts How many alerts by state.\n",
	 "alertmanager", "Alertmanager", "", AUTH_NONE},
	{"PUT /metrics/job/backup HTTP/1.1\r\nContent-Length: 0\r\n\r\n", "200 OK\r\n", "",
	 "pushgateway", "Pushgateway", "", AUTH_NONE},
	{GET("/api/v1/status"), "200 OK\r\n",
	 "{\"status\":\"success\",\"data\":{\"build_information\":{\"version\":\"1.5.1\"}}}",
	 "pushgateway", "Pushgateway", "1.5.1", AUTH_NONE},
	{"GET /repo/keys/ HTTP/1.1\r\nAccept: application/vnd.x.restic.rest.v2\r\n\r\n",
	 "200 OK\r\nContent-Type: application/vnd.x.restic.rest.v2\r\n", "[]", "restic-rest",
	 "restic REST server", "", AUTH_NONE},
	{"POST / HTTP/1.1\r\nContent-Length: 0\r\n\r\n", "200 OK\r\n",
	 "<soap:Envelope xmlns:cwmp=\"urn:dslforum-org:cwmp-1-0\"><soap:Header>", "cwmp", "", "",
	 AUTH_NONE},
	{GET("/"), "401 X\r\nWWW-Authenticate: Digest realm=\"HuaweiHomeGateway\",qop=\"auth\"\r\n",
	 "", "cwmp", "", "", AUTH_REQUIRED},
	{GET("/api/"), "200 OK\r\nX-RestSvcSessionId: MQ==\r\n", "<?xml?>", "veeam",
	 "Veeam Backup Enterprise Manager", "", AUTH_NONE},
	{"POST /webconsole/api/Login HTTP/1.1\r\nContent-Length: 0\r\n\r\n", "200 OK\r\n",
	 "<DM2ContentIndexing_CheckCredentialResp token=\"hush", "commvault", "Commvault", "",
	 AUTH_UNKNOWN},
	{GET("/docs"), "200 OK\r\n", "<p>the urn:dslforum-org:cwmp-1-0 namespace", "http", "", "",
	 AUTH_NONE},
	{"PUT /metrics/job/a HTTP/1.1\r\nContent-Length: 0\r\n\r\n", "404 Not Found\r\n", "",
	 "http", "", "", AUTH_UNKNOWN},
	/* What only looks like one. */
	{GET("/containers"), "200 OK\r\nServer: nginx\r\n", "<h1>Our containers</h1>", "http",
	 "nginx", "", AUTH_NONE},
	{GET("/logo.png"), "200 OK\r\nServer: Apache\r\nx-amz-request-id: 1\r\n", "\x89PNG", "http",
	 "Apache", "", AUTH_UNKNOWN},
	{"DELETE /a/b HTTP/1.1\r\n\r\n", "200 OK\r\n", "{\"ok\":true}\n", "http", "", "",
	 AUTH_NONE},
	{"DELETE /a HTTP/1.1\r\n\r\n", "200 OK\r\n", "{\"ok\":true}", "http", "", "", AUTH_NONE},
	{GET("/docs"), "200 OK\r\n", "How {\"couchdb\":\"Welcome\"} is answered", "http", "", "",
	 AUTH_NONE},
	{GET("/json"), "404 Not Found\r\n", "{\"devtoolsFrontendUrl\":\"\"}", "http", "", "",
	 AUTH_UNKNOWN},
	{GET("/api/overview"), "200 OK\r\n", "{\"kind\":\"car\"}", "http", "", "", AUTH_NONE},
};

static size_t play(const struct sample *sample, char *answer, size_t size, struct turn turns[2])
{
	int n = snprintf(answer, size, "HTTP/1.1 %sConnection: close\r\n\r\n%s", sample->headers,
			 sample->body);

	assert_in_range(n, 1, size - 1);
	turns[0] = (struct turn){SIDE_CLIENT, sample->request, strlen(sample->request)};
	turns[1] = (struct turn){SIDE_SERVER, answer, (size_t)n};
	return 2;
}

static void samples_name_their_products(void **unused)
{
	char answer[1024];
	struct turn turns[2];
	struct facts facts;

	(void)unused;
	for (size_t i = 0; i < COUNT(samples); i++) {
		const struct sample *s = &samples[i];

		assert_true(dissect(&http_dissector, turns, play(s, answer, sizeof answer, turns),
				    0, &facts));
		if (strcmp(facts.service->name, s->service) != 0 ||
		    strcmp(facts.product, s->product) != 0 || facts.auth != s->auth ||
		    strcmp(facts.version, s->version) != 0)
			fail_msg("sample %zu, %s: %s %s %s %s", i, s->service, facts.service->name,
				 facts.product, facts.version, auth_name(facts.auth));
		conversation_lacks(&facts, "hush");
	}
}

static void every_cut_and_change_is_survived(void **unused)
{
	char answer[1024];
	struct turn turns[2];

	(void)unused;
	for (size_t i = 0; i < COUNT(samples); i++) {
		play(&samples[i], answer, sizeof answer, turns);
		conversation_splits(&http_dissector, turns, 2);
		conversation_damage(&http_dissector, turns, 2);
	}
}

/* Is there a sample of it among those of test_http_samples.c? */
static bool is_in_files(const char *service)
{
	static const char *const files[] = {"ai", "database", "logging", "other"};
	char path[128], line[4096];
	size_t length = strlen(service);
	bool found = false;

	for (size_t i = 0; i < COUNT(files); i++) {
		FILE *file;

		snprintf(path, sizeof path, "tests/unit/dissectors/http_samples/%s.txt", files[i]);
		file = fopen(path, "r");
		assert_non_null(file);
		while (fgets(line, sizeof line, file) != NULL)
			found |= strncmp(line, "= ", 2) == 0 &&
				 strncmp(line + 2, service, length) == 0 &&
				 strchr(",\n", line[2 + length]) != NULL;
		fclose(file);
	}
	return found;
}

/* Each row has a sample, or is tested elsewhere. */
static void every_row_has_a_sample(void **unused)
{
	static const char *const elsewhere[] = {"http-dirlist", "elasticsearch", "opensearch"};

	(void)unused;
	for (size_t row = 0; row < http_dissector.service_count; row++) {
		const char *name = http_dissector.services[row].name;
		bool shown = is_in_files(name);

		for (size_t i = 0; i < COUNT(samples); i++)
			shown |= strcmp(samples[i].service, name) == 0;
		for (size_t i = 0; i < COUNT(elsewhere); i++)
			shown |= strcmp(elsewhere[i], name) == 0;
		if (!shown)
			fail_msg("no sample of %s", name);
	}
}

static void operations_are_named(void **unused)
{
	static const struct turn s3[] = {
		TURN_CLIENT("GET /b?list-type=2 HTTP/1.1\r\n\r\n"),
		TURN_SERVER("HTTP/1.1 200 OK\r\nServer: MinIO\r\nContent-Length: 19\r\n\r\n"
			    "<ListBucketResult/>"),
		TURN_CLIENT("GET /b/dump.sql?X-Amz-Signature=hush HTTP/1.1\r\n\r\n"),
		TURN_SERVER("HTTP/1.1 200 OK\r\nServer: MinIO\r\nContent-Length: 4\r\n\r\ndata"),
		TURN_CLIENT("DELETE /b/dump.sql HTTP/1.1\r\n\r\n"),
		TURN_SERVER("HTTP/1.1 403 X\r\nServer: MinIO\r\nContent-Length: 0\r\n\r\n"),
		TURN_CLIENT("POST /b?delete HTTP/1.1\r\nContent-Length: 0\r\n\r\n"),
		TURN_SERVER("HTTP/1.1 200 OK\r\nServer: MinIO\r\nContent-Length: 15\r\n\r\n"
			    "<DeleteResult/>"),
	};
	static const struct turn azure[] = {
		TURN_CLIENT("DELETE /acc/c/blob?sv=2021&sig=hush HTTP/1.1\r\n\r\n"),
		TURN_SERVER("HTTP/1.1 403 X\r\nx-ms-error-code: AuthorizationFailure\r\n"
			    "Server: Azurite-Blob/3.35.0\r\nContent-Length: 0\r\n\r\n"),
	};
	struct facts facts;

	(void)unused;
	assert_true(dissect(&http_dissector, s3, COUNT(s3), 0, &facts));
	assert_string_equal(facts.operation, "ListObjects");
	assert_true(facts.directory_listing);
	assert_int_equal(facts.data_read, ANSWER_YES);
	conversation_has(&facts, "ListObjects", ANSWER_YES, COMMAND_LISTING);
	conversation_has(&facts, "GetObject", ANSWER_YES, 0);
	conversation_has(&facts, "DELETE /b/dump.sql", ANSWER_NO, COMMAND_DESTRUCTIVE);
	conversation_has(&facts, "POST /b?delete", ANSWER_YES, COMMAND_DESTRUCTIVE);
	conversation_has(&facts, "DeleteObjects", ANSWER_YES, 0);
	conversation_lacks(&facts, "hush");
	assert_true(dissect(&http_dissector, azure, COUNT(azure), 0, &facts));
	conversation_has(&facts, "DELETE blob", ANSWER_NO, 0);
	assert_string_equal(facts.operation, "");
	assert_string_equal(facts.mechanism, "SAS");
	assert_int_equal(facts.auth, AUTH_FAILED);
	conversation_lacks(&facts, "hush");
}

#define INFLUX			 "X-Influxdb-Version: 1.6.7\r\n"
#define POST(path, length, body) "POST " path " HTTP/1.1\r\nContent-Length: " length "\r\n\r\n" body

/* Of which model, also where the answer shows nothing of the product; of others it is not asked. */
static void a_model_is_named(void **unused)
{
	static const struct turn turns[] = {
		TURN_CLIENT("DELETE /api/delete HTTP/1.1\r\nContent-Length: 23\r\n\r\n"
			    "{\"model\":\"llama3.2:3b\"}"),
		TURN_SERVER("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"),
	};
	static const struct turn other[] = {
		TURN_CLIENT("POST /api/chat HTTP/1.1\r\nContent-Length: 23\r\n\r\n"
			    "{\"model\":\"llama3.2:3b\"}"),
		TURN_SERVER("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"),
	};
	struct facts facts;

	(void)unused;
	assert_true(dissect(&http_dissector, turns, COUNT(turns), 0, &facts));
	conversation_has(&facts, "delete llama3.2:3b", ANSWER_YES, COMMAND_DESTRUCTIVE);
	conversation_stands(&http_dissector, turns, COUNT(turns));
	assert_true(dissect(&http_dissector, other, COUNT(other), 0, &facts));
	conversation_lacks(&facts, "llama3.2");
}

static void statements_are_read(void **unused)
{
	static const struct turn influx[] = {
		TURN_CLIENT(POST("/query", "31", "db=m&q=DROP%20DATABASE+m&x=hush")),
		TURN_SERVER("HTTP/1.1 200 OK\r\n" INFLUX "Content-Length: 2\r\n\r\n{}"),
		TURN_CLIENT("GET /query?q=SHOW+DATABASES HTTP/1.1\r\n\r\n"),
		TURN_SERVER("HTTP/1.1 200 OK\r\n" INFLUX "Content-Length: 2\r\n\r\n{}"),
	};
	static const struct turn clickhouse[] = {
		TURN_CLIENT(POST("/", "23", "SELECT 1; drop table t1")),
		TURN_SERVER("HTTP/1.1 500 X\r\nX-ClickHouse-Exception-Code: 60\r\n"
			    "Content-Length: 2\r\n\r\n{}"),
	};
	static const struct turn file[] = {
		TURN_CLIENT("GET /?query=SELECT+%2a+FROM+file%28%27passwd%27%29 HTTP/1.1\r\n\r\n"),
		TURN_SERVER("HTTP/1.1 200 OK\r\nX-ClickHouse-Server-Display-Name: h\r\n"
			    "Content-Length: 2\r\n\r\nx\n"),
	};
	static const struct turn other[] = {
		TURN_CLIENT("GET /?q=drop+table+tutorial HTTP/1.1\r\n\r\n"),
		TURN_SERVER("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"),
	};
	struct facts facts;

	(void)unused;
	assert_true(dissect(&http_dissector, influx, COUNT(influx), 0, &facts));
	conversation_has(&facts, "DROP DATABASE", ANSWER_YES, COMMAND_DESTRUCTIVE);
	conversation_has(&facts, "SHOW DATABASES", ANSWER_YES, COMMAND_LISTING);
	assert_int_equal(facts.data_read, ANSWER_YES);
	conversation_lacks(&facts, "hush");
	assert_true(dissect(&http_dissector, clickhouse, COUNT(clickhouse), 0, &facts));
	conversation_has(&facts, "DROP TABLE", ANSWER_NO, COMMAND_DESTRUCTIVE);
	assert_true(dissect(&http_dissector, file, COUNT(file), 0, &facts));
	conversation_has(&facts, "file", ANSWER_YES, COMMAND_EXECUTES | COMMAND_LISTING);
	assert_true(dissect(&http_dissector, other, COUNT(other), 0, &facts));
	assert_int_equal(facts.command_count, 1);
	conversation_stands(&http_dissector, influx, COUNT(influx));
	conversation_stands(&http_dissector, clickhouse, COUNT(clickhouse));
}

/* What a printer is brought is not read from it, whatever number the job gets in answer. */
static void what_a_printer_is_given_is_not_read_from_it(void **unused)
{
#define IPP_POST                                                                                   \
	"POST /ipp/print HTTP/1.1\r\nContent-Type: application/ipp\r\nContent-Length: 9\r\n\r\n"
#define IPP_ANSWER                                                                                 \
	TURN_SERVER(                                                                               \
		"HTTP/1.1 200 OK\r\nContent-Type: application/ipp\r\nContent-Length: 9\r\n\r\n"    \
		"\2\1\0\0\0\0\0\1\3")
	static const struct turn print[] = {TURN_CLIENT(IPP_POST "\2\1\0\2\0\0\0\1\3"), IPP_ANSWER};
	static const struct turn jobs[] = {TURN_CLIENT(IPP_POST "\2\1\0\x0a\0\0\0\1\3"),
					   IPP_ANSWER};
	struct facts facts;

	(void)unused;
	assert_true(dissect(&http_dissector, print, COUNT(print), 0, &facts));
	assert_string_equal(facts.service->name, "ipp");
	assert_int_equal(facts.auth, AUTH_NONE);
	assert_int_equal(facts.data_read, ANSWER_NO);
	assert_true(dissect(&http_dissector, jobs, COUNT(jobs), 0, &facts));
	assert_int_equal(facts.data_read, ANSWER_YES);
	conversation_splits(&http_dissector, print, COUNT(print));
}

static void paths_are_kept_as_they_are_shown(void **unused)
{
	static const struct {
		const char *target, *shown;
	} rows[] = {
		{"/v1.41/containers/cc4fc8e49cadbb8bc41437dcf0/start",
		 "GET /containers/{id}/start"},
		{"/v1.41", "GET /v1.41"},
		{"/v1/kv/a/", "GET /v1/kv/a/"},
		{"/backup-2021", "GET /backup-2021"},
		{"//a//b", "GET //a//b"},
		{"/2514fb70-0e11-4a86-b060-8be463d8d674", "GET /{id}"},
		{"/202611212024", "GET /202611212024"},
		{"/logs/_search?size=9&scroll=hush", "GET /logs/_search?scroll"},
		{"/logs?scroll=hush", "GET /logs"},
		{"*", "GET *"},
	};
	char request[128];
	struct facts facts;

	(void)unused;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct turn turns[] = {{SIDE_CLIENT, request, 0}};

		turns[0].length = (size_t)snprintf(request, sizeof request,
						   "GET %s HTTP/1.1\r\n\r\n", rows[i].target);
		assert_true(dissect(&http_dissector, turns, 1, 0, &facts));
		assert_string_equal(facts.commands[0].text, rows[i].shown);
	}
}

/* A name and a password in the body: a refusal is a failed log-in, not a demand for one. */
static void a_log_in_by_form_is_seen(void **unused)
{
	static const struct turn turns[] = {
		TURN_CLIENT(POST("/_session", "20", "name=a&password=hush")),
		TURN_SERVER("HTTP/1.1 401 X\r\nServer: CouchDB/3.2.2\r\nContent-Length: 0\r\n\r\n"),
	};
	struct facts facts;

	(void)unused;
	assert_true(dissect(&http_dissector, turns, COUNT(turns), 0, &facts));
	assert_int_equal(facts.auth, AUTH_FAILED);
	assert_int_equal(facts.logins_failed, 1);
	conversation_lacks(&facts, "hush");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(samples_name_their_products),
		cmocka_unit_test(every_cut_and_change_is_survived),
		cmocka_unit_test(every_row_has_a_sample),
		cmocka_unit_test(operations_are_named),
		cmocka_unit_test(what_a_printer_is_given_is_not_read_from_it),
		cmocka_unit_test(a_model_is_named),
		cmocka_unit_test(statements_are_read),
		cmocka_unit_test(paths_are_kept_as_they_are_shown),
		cmocka_unit_test(a_log_in_by_form_is_seen),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
