/* SPDX-License-Identifier: ISC */
/*
 * The products that speak HTTP, one row each; included by http_products.[ch], which say what
 * PRODUCT is. They go on in http_table_*.h, which the end of this one includes. To add one, add a
 * row:
 *
 *	PRODUCT(ID, "service", FAMILY_…, "one line for people", "Shadowserver's name" or NULL,
 *		PORTS(usual ones; for guesses) or NULL ALSO(other names that a policy may write)
 *		MET,
 *		"Product" or NULL,
 *		REQUESTS(its paths with what lies below them; "header: beginning of the value";
 *			 "?parameter" that holds statements in a language like SQL; with a "!"
 *			 before it: no other product has such a request, so that it is enough
 *			 where the answers are not visible),
 *		signs…)
 *
 * To say what its requests mean, put ROUTES(…) behind its REQUESTS(…), without a comma. Of those
 * that a request fits, the first one counts:
 *
 *	REQUESTS("/api")
 *	ROUTES(OPEN("GET|HEAD /api/health"),
 *	       DESTROYS("DELETE /collections/{name}"),
 *	       EXECUTES("POST /api/run", .sure = true),
 *	       DESTROYS("POST /admin?action=drop", .command = "POST /admin drop"),
 *	       DESTROYS("POST /.../_bulk", .body = "{\"delete\":{\"_",
 *			.command = "POST /_bulk delete")),
 *
 *	method	several with "|", or ANY
 *	path	without a slash at its end. "{what}" stands for the rest of a segment, or a part of
 *		it: "{file}.js"; "/..." for any number of segments, or none. A version before the
 *		path ("/v1.41") is passed over, and nobody minds upper and lower case
 *	query	parameters that must be there, in any order; "a=b*": its value begins with b
 *	.body	a mark that must stand in the query or in the first 64 KiB of the body, wherever:
 *		in lower case, without blanks, at most HTTP_MARK_MAX bytes (http_search.h). Begin it
 *		with what is neither letter nor digit
 *	.command
 *		how it is told; needed with parameters and marks, of which the path says nothing
 *	.sure	no other product has such a path: it counts also while nothing is known of the
 *		product. For what is unmistakable, above all if its answer says nothing
 *
 * SHELL behind REQUESTS(…) says that the product's pages are shown to everybody, and that only what
 * they fetch asks for a log-in: they prove no access, but for ACCESS(…) and worse.
 *
 * The kinds are in http_routes.h. What runs code or destroys stands in http_deeds.h, unless it
 * shows which product it is (.sure in a row of its own). What several products share belongs into
 * the first row, which counts where the product's own has nothing to say. A DELETE needs no row to
 * be destruction; one that is none needs OWN(…).
 *
 * ALSO is left out where there are none, and MET where no real server was met: the row was written
 * from documents then.
 *
 * Ranks of signs: 0 tells more of a service that is known already; 1 a kind of page, or a request
 * that was answered; 2 a product by what several have in common; 3 a product by its own word; 4 one
 * among those that share an interface.
 *
 * Headers that nearly every response has (is_everybodys() in http_products.c) are no signs.
 *
 * Sources: the products' own interface references, and how those recorded for the tests answered.
 */
/* clang-format off */
PRODUCT(ANY, "http", FAMILY_WEB, "a web service that nothing more is known about", NULL,
	PORTS(80, 8080, 8000, 8888) MET, NULL,
	REQUESTS(NULL)
	ROUTES(LOGIN("POST /.../login"),
	       LOGIN("POST /.../signin"),
	       LOGIN("POST /.../_session"),
	       LOGIN("POST /.../authenticate"),
	       OPEN("GET|HEAD /health"),
	       OPEN("GET|HEAD /healthz"),
	       OPEN("GET|HEAD /livez"),
	       OPEN("GET|HEAD /readyz"),
	       OPEN("GET|HEAD /ready"),
	       OPEN("GET|HEAD /ping"),
	       OPEN("GET|HEAD /favicon.ico"),
	       OPEN("GET|HEAD /robots.txt"),
	       LOGIN("POST /.../sign_in"), LOGIN("POST /.../logon"), LOGIN("POST /oauth/token"),
	       LOGIN("POST /.../j_spring_security_check"), OPEN("GET|HEAD /.../login"),
	       OPEN("GET|HEAD /.../signin"), OPEN("GET|HEAD /.../sign_in"),
	       OPEN("GET|HEAD /.../logon"), OPEN("GET|HEAD /.../login.{type}"),
	       OPEN("GET|HEAD /health/{part}"), OPEN("GET|HEAD /healthcheck"),
	       OPEN("GET|HEAD /health_check"), OPEN("GET|HEAD /-/ready"),
	       OPEN("GET|HEAD /-/healthy"), OPEN("GET|HEAD /-/health"), OPEN("GET|HEAD /-/ping"),
	       OPEN("GET|HEAD /-/liveness"), OPEN("GET|HEAD /-/readiness"),
	       OPEN("GET|HEAD /api/health"), OPEN("GET|HEAD /api/healthz"),
	       OPEN("GET|HEAD /api/ping"), OPEN("GET|HEAD /version"),
	       OPEN("GET|HEAD /api/version"), OPEN("GET|HEAD /.well-known/..."),
	       OPEN("GET|HEAD /.../{file}.js", .file = true),
	       OPEN("GET|HEAD /.../{file}.css", .file = true),
	       OPEN("GET|HEAD /.../{file}.map", .file = true),
	       OPEN("GET|HEAD /.../{file}.ico", .file = true),
	       OPEN("GET|HEAD /.../{file}.svg", .file = true),
	       OPEN("GET|HEAD /.../{file}.png", .file = true),
	       OPEN("GET|HEAD /.../{file}.gif", .file = true),
	       OPEN("GET|HEAD /.../{file}.webp", .file = true),
	       OPEN("GET|HEAD /.../{file}.woff", .file = true),
	       OPEN("GET|HEAD /.../{file}.woff2", .file = true),
	       OPEN("GET|HEAD /.../{file}.ttf", .file = true),
	       HTTP_DEEDS),
	{.pattern = "<title>Statistics Report for HAProxy", .product = "HAProxy", .rank = 2},
	{.header = "x-owa-version", .product = "Microsoft Exchange", .version_after = "", .rank = 2},
	{.pattern = "<title>phpMyAdmin", .product = "phpMyAdmin", .rank = 2},
	{.header = "www-authenticate", .pattern = "\"Tomcat Manager Application\"",
	 .product = "Tomcat", .rank = 2})

PRODUCT(DIRLIST, "http-dirlist", FAMILY_STORAGE, "a web server that lists its directories", NULL,
	NULL MET, NULL, REQUESTS(NULL),
	{.pattern = "<title>Index of /", .status = 200, .rank = 1, .flags = SIGN_FILES},
	{.pattern = "<title>Directory listing for /", .status = 200, .rank = 1,
	 .flags = SIGN_FILES},
	/* nginx, autoindex_format json and xml. */
	{.pattern = "\"type\":\"file\",\"mtime\":\"", .asks = ASKS_DIRECTORY, .status = 200,
	 .rank = 1, .flags = SIGN_FILES},
	{.pattern = "\"type\":\"directory\",\"mtime\":\"", .asks = ASKS_DIRECTORY, .status = 200,
	 .rank = 1, .flags = SIGN_FILES},
	{.pattern = "<list><file mtime=\"", .asks = ASKS_DIRECTORY, .status = 200, .rank = 1,
	 .flags = SIGN_FILES},
	{.pattern = "<list><directory mtime=\"", .asks = ASKS_DIRECTORY, .status = 200, .rank = 1,
	 .flags = SIGN_FILES})

PRODUCT(WEBDAV, "webdav", FAMILY_STORAGE, "files over HTTP: WebDAV", NULL, NULL, NULL,
	REQUESTS(NULL),
	{.header = "dav", .rank = 1},
	{.asks = ASKS_DAV, .status = 207, .rank = 1},
	{.asks = ASKS_DAV, .status = 201, .rank = 1},
	{.header = "lock-token", .rank = 1})

PRODUCT(PROXY, "http-proxy", FAMILY_INFRASTRUCTURE, "a forward proxy for web clients",
	"open-http-proxy", PORTS(3128) MET, NULL, REQUESTS(NULL),
	{.asks = ASKS_TUNNEL, .status = 200, .rank = 1},
	{.header = "proxy-authenticate", .status = 407, .rank = 1},
	{.header = "via", .asks = ASKS_PROXY, .rank = 1},
	{.header = "x-squid-error", .product = "squid", .rank = 3},
	{.header = "server", .pattern = "^tinyproxy", .product = "tinyproxy",
	 .version_after = "tinyproxy/", .rank = 3},
	{.header = "server", .pattern = "Apt-Cacher NG", .product = "Apt-Cacher NG",
	 .version_after = "NG/", .rank = 3},
	{.header = "server", .pattern = "^squid", .product = "squid", .version_after = "squid/",
	 .asks = ASKS_PROXY, .rank = 3})

#define ELASTIC_ROUTES                                                                             \
	DESTROYS("POST|PUT /.../_bulk", .body = "{\"delete\":{\"_",                                  \
	 .command = "POST /_bulk delete")

PRODUCT(ELASTICSEARCH, "elasticsearch", FAMILY_DATABASE, "Elasticsearch over HTTP",
	"open-elasticsearch", PORTS(9200) MET, "Elasticsearch",
	REQUESTS(NULL)
	ROUTES(ELASTIC_ROUTES),
	{.header = "x-elastic-product", .pattern = "Elasticsearch", .rank = 3},
	{.pattern = "\"lucene_version\"", .version_after = "\"number\"", .asks = ASKS_BANNER,
	 .status = 200, .rank = 2},
	{.pattern = "\"type\":\"security_exception\"", .status = 401, .rank = 2,
	 .auth = AUTH_REQUIRED},
	{.pattern = "\"timed_out\":false,\"_shards\":{", .asks = ASKS_RECORDS, .status = 200,
	 .rank = 2, .flags = SIGN_NAMELESS})

/* It answers much like the Elasticsearch that it came from. Greeting and header: its own issue
 * 6583 and pull request 8084. */
PRODUCT(OPENSEARCH, "opensearch", FAMILY_DATABASE, "OpenSearch over HTTP", "open-elasticsearch",
	NULL, "OpenSearch", REQUESTS(NULL) ROUTES(ELASTIC_ROUTES),
	{.pattern = "\"distribution\":\"opensearch\"", .version_after = "\"number\"",
	 .status = 200, .rank = 3},
	{.header = "x-opensearch-version", .pattern = "OpenSearch/",
	 .version_after = "OpenSearch/", .rank = 3})

PRODUCT(S3, "s3", FAMILY_STORAGE, "object storage with Amazon's S3 interface", NULL,
	PORTS(7480) MET,
	NULL,
	REQUESTS("x-amz-content-sha256: ", "x-amz-date: ", "authorization: AWS ")
	/* What lies under /minio is MinIO's own, and no object. */
	ROUTES(OPEN("GET|HEAD /minio/login"), OPEN("GET|HEAD /minio/loader.css"),
	       OPEN("GET|HEAD /minio/health/..."),
	       ACCESS("ANY /minio/...")),
	{.pattern = "<ListAllMyBucketsResult", .operation = "ListBuckets", .status = 200,
	 .rank = 3, .flags = SIGN_LISTS | SIGN_FILES},
	{.pattern = "<ListBucketResult", .operation = "ListObjects", .status = 200, .rank = 3,
	 .flags = SIGN_LISTS | SIGN_FILES},
	{.pattern = "<ListVersionsResult", .operation = "ListObjectVersions", .status = 200,
	 .rank = 3, .flags = SIGN_LISTS | SIGN_FILES},
	{.pattern = "<ListMultipartUploadsResult", .status = 200, .rank = 3},
	{.pattern = "<CopyObjectResult", .operation = "CopyObject", .status = 200, .rank = 3},
	{.pattern = "<DeleteResult", .operation = "DeleteObjects", .status = 200, .rank = 3},
	{.pattern = "<LocationConstraint", .operation = "GetBucketLocation", .status = 200,
	 .rank = 3},
	{.pattern = "<Error><Code>AccessDenied<", .status = 403, .rank = 2, .auth = AUTH_REQUIRED},
	{.pattern = "<Error><Code>SignatureDoesNotMatch<", .status = 403, .rank = 2},
	{.pattern = "<Error><Code>InvalidAccessKeyId<", .status = 403, .rank = 2},
	{.pattern = "<Error><Code>NoSuchBucket<", .status = 404, .rank = 2},
	{.pattern = "<Error><Code>NoSuchKey<", .status = 404, .rank = 2},
	/* Content networks hand these on with what they once fetched. */
	{.header = "x-amz-request-id", .rank = 2, .flags = SIGN_ASKED},
	{.operation = "GetObject", .asks = ASKS_GET | ASKS_DEEP, .status = 200},
	{.operation = "PutObject", .asks = ASKS_PUT | ASKS_DEEP, .status = 200},
	{.operation = "DeleteObject", .asks = ASKS_DELETE | ASKS_DEEP, .status = 200},
	{.header = "x-amz-bucket-region", .rank = 2},
	{.header = "server", .pattern = "^AmazonS3", .product = "AmazonS3", .rank = 3},
	{.header = "server", .pattern = "^MinIO", .product = "MinIO", .rank = 4},
	{.header = "x-minio-deployment-id", .product = "MinIO", .rank = 4},
	{.header = "x-rgw-object-type", .product = "Ceph RGW", .rank = 4},
	{.header = "x-amz-request-id", .pattern = "^tx0000", .product = "Ceph RGW", .rank = 4},
	{.pattern = "<DisplayName>S3rver<", .product = "s3rver", .rank = 4},
	{.pattern = "<title>MinIO Console", .product = "MinIO", .rank = 4, .flags = SIGN_SHELL})

PRODUCT(AZURE_BLOB, "azure-blob", FAMILY_STORAGE, "object storage with Azure's Blob interface",
	NULL, NULL MET, NULL, REQUESTS("x-ms-blob-type: ", "authorization: SharedKey"),
	{.pattern = "<EnumerationResults ", .without = "<Queues", .operation = "ListBlobs",
	 .command = "GET container list", .status = 200, .rank = 3,
	 .flags = SIGN_LISTS | SIGN_FILES},
	{.header = "x-ms-blob-type", .rank = 3},
	{.header = "x-ms-blob-type", .operation = "GetBlob", .command = "GET blob",
	 .asks = ASKS_GET, .status = 200, .rank = 3},
	{.operation = "PutBlob", .command = "PUT blob", .asks = ASKS_PUT | ASKS_DEEP},
	{.operation = "DeleteBlob", .command = "DELETE blob", .asks = ASKS_DELETE | ASKS_DEEP},
	{.header = "x-ms-error-code", .pattern = "^AuthorizationFailure", .rank = 2},
	{.header = "x-ms-error-code", .pattern = "^PublicAccessNotPermitted", .rank = 3,
	 .auth = AUTH_REQUIRED},
	{.header = "x-ms-error-code", .pattern = "^NoAuthenticationInformation", .rank = 2,
	 .auth = AUTH_REQUIRED},
	{.header = "x-ms-error-code", .pattern = "^Blob", .rank = 2},
	{.header = "x-ms-error-code", .pattern = "^Container", .rank = 2},
	{.header = "server", .pattern = "^Windows-Azure-Blob/", .product = "Azure Blob Storage",
	 .version_after = "Blob/", .rank = 4},
	{.header = "server", .pattern = "^Azurite-Blob/", .product = "Azurite-Blob",
	 .version_after = "Blob/", .rank = 4})

PRODUCT(SWIFT, "swift", FAMILY_STORAGE, "OpenStack's object storage", NULL, NULL MET,
	"OpenStack Swift", REQUESTS("/v1/AUTH_", "/auth/v1.0"),
	{.header = "x-account-container-count", .rank = 3},
	{.header = "x-container-object-count", .rank = 3},
	{.header = "x-container-object-count", .operation = "ListObjects", .asks = ASKS_GET,
	 .status = 200, .rank = 3, .flags = SIGN_LISTS | SIGN_FILES},
	{.header = "x-account-container-count", .operation = "ListContainers", .asks = ASKS_GET,
	 .status = 200, .rank = 3, .flags = SIGN_LISTS | SIGN_FILES},
	{.header = "x-storage-url", .rank = 3},
	{.header = "x-trans-id", .rank = 2, .flags = SIGN_ASKED})

PRODUCT(COUCHDB, "couchdb", FAMILY_DATABASE, "CouchDB, and what speaks like it", "open-couchdb",
	PORTS(5984) MET, "CouchDB",
	REQUESTS("/_all_dbs", "/_users", "/_utils")
	ROUTES(DESTROYS("POST /{db}/_bulk_docs", .body = "\"_deleted\":true",
		.command = "POST /_bulk_docs delete"),
	       OPEN("GET|HEAD /_utils/..."), OPEN("GET|HEAD /_up")),
	{.header = "server", .pattern = "CouchDB/", .version_after = "CouchDB/", .rank = 3},
	{.pattern = "^{\"couchdb\":\"Welcome\"", .version_after = "\"version\"", .status = 200,
	 .rank = 3},
	{.pattern = "^{\"express-pouchdb\":\"Welcome!\"", .product = "pouchdb-server",
	 .version_after = "\"version\"", .status = 200, .rank = 4},
	{.pattern = "^{\"total_rows\":", .status = 200, .rank = 2, .flags = SIGN_NAMELESS},
	{.pattern = "^[\"_", .status = 200, .rank = 2, .flags = SIGN_ASKED | SIGN_NAMELESS},
	{.pattern = "^[{\"ok\":true,\"id\":\"*\",\"rev\":\"", .status = 201, .rank = 2,
	 .flags = SIGN_NAMELESS},
	/* No other product ends such an answer with a line feed. */
	{.pattern = "^{\"ok\":true} ", .asks = ASKS_DELETE | ASKS_ONE, .status = 200, .rank = 2,
	 .flags = SIGN_NAMELESS},
	{.pattern = "^{\"ok\":true} ", .asks = ASKS_PUT | ASKS_ONE, .status = 201, .rank = 2,
	 .flags = SIGN_NAMELESS},
	{.pattern = "\"reason\":\"You are not a server admin.\"", .rank = 3, .auth = AUTH_REQUIRED})

PRODUCT(DOCKER, "docker", FAMILY_ORCHESTRATION, "the Docker engine's interface", "open-docker",
	PORTS(2375) MET, "Docker",
	REQUESTS("/containers", "/images", "/_ping")
	ROUTES(EXECUTES("POST /containers/create", .sure = true),
	       EXECUTES("POST /containers/{id}/start", .sure = true),
	       EXECUTES("POST /containers/{id}/exec", .sure = true),
	       OPEN("GET|HEAD /_ping")),
	{.header = "server", .pattern = "^Docker/", .version_after = "Docker/", .rank = 3},
	{.header = "docker-experimental", .rank = 3},
	{.header = "api-version", .rank = 2, .flags = SIGN_ASKED},
	{.header = "content-type", .pattern = "^application/vnd.docker.", .rank = 2},
	{.header = "libpod-api-version", .product = "Podman", .version_after = "", .rank = 4},
	{.pattern = "\"MinAPIVersion\":\"", .rank = 2})

PRODUCT(DOCKER_REGISTRY, "docker-registry", FAMILY_STORAGE, "a registry of container images", NULL,
	PORTS(5000) MET, "Docker Registry", REQUESTS("/v2"),
	{.header = "docker-distribution-api-version", .rank = 3},
	{.pattern = "^{\"repositories\":[", .operation = "ListRepositories", .status = 200,
	 .rank = 2, .flags = SIGN_ASKED | SIGN_LISTS})

PRODUCT(KUBELET, "kubelet", FAMILY_ORCHESTRATION, "a Kubernetes node's agent", "open-kubernetes",
	PORTS(10250, 10255), "kubelet",
	REQUESTS("/pods", "/runningpods", "/run", "/exec", "/spec", "/stats/summary",
		 "/metrics/cadvisor")
	ROUTES(DEEDS_KUBELET),
	{.pattern = "# HELP cadvisor_version_info", .rank = 4, .flags = SIGN_ASKED},
	{.pattern = "^{\"kind\":\"PodList\",\"apiVersion\":\"v1\"", .operation = "ListPods",
	 .status = 200, .rank = 3, .flags = SIGN_ASKED | SIGN_LISTS})

PRODUCT(KUBERNETES, "kubernetes", FAMILY_ORCHESTRATION, "the Kubernetes control plane's interface",
	"open-kubernetes", PORTS(6443), "Kubernetes", REQUESTS("/api/v1", "/apis", "/version"),
	{.pattern = "\"gitVersion\":\"v", .version_after = "\"gitVersion\":\"v", .status = 200,
	 .rank = 3},
	{.header = "x-kubernetes-pf-flowschema-uid", .rank = 3},
	{.pattern = "^{\"kind\":\"APIVersions\"", .rank = 3},
	{.pattern = "^{\"kind\":\"Status\",\"apiVersion\":\"v1\"", .rank = 2},
	{.pattern = "^{\"kind\":\"Status\",\"apiVersion\":\"v1\"", .status = 403, .rank = 2,
	 .auth = AUTH_REQUIRED},
	{.pattern = "^{\"kind\":\"SecretList\",\"apiVersion\":\"v1\"", .operation = "ListSecrets",
	 .status = 200, .rank = 2, .flags = SIGN_LISTS},
	{.pattern = "^{\"kind\":\"PodList\",\"apiVersion\":\"v1\"", .operation = "ListPods",
	 .status = 200, .rank = 2, .flags = SIGN_LISTS})

PRODUCT(ETCD, "etcd", FAMILY_DATABASE, "etcd over HTTP or gRPC", NULL, PORTS(2379) MET, "etcd",
	REQUESTS("/v2/keys", "/v3/kv", "/v3alpha/kv", "/v3beta/kv", "/v3/auth")
	ROUTES(OPEN("GET|HEAD /health"), OPEN("GET|HEAD /version")),
	{.header = "x-etcd-cluster-id", .rank = 3},
	{.header = "x-etcd-index", .rank = 3},
	{.pattern = "^{\"etcdserver\":\"", .version_after = "\"etcdserver\":\"", .status = 200,
	 .rank = 3},
	{.pattern = "^{\"header\":{\"cluster_id\":\"", .status = 200, .rank = 2},
	{.pattern = "# HELP etcd_", .status = 200, .rank = 3})

/* The word of discovery, and the codes of all errors: its own HTTP interface reference. */
PRODUCT(NEO4J, "neo4j", FAMILY_DATABASE, "Neo4j over HTTP", NULL, PORTS(7474), "Neo4j",
	REQUESTS("/db/data", "/db/neo4j", "/db/system") SHELL
	ROUTES(OPEN("GET|HEAD /browser/..."), OPEN("GET|HEAD /")),
	{.pattern = "\"neo4j_version\"", .version_after = "\"neo4j_version\"", .status = 200,
	 .rank = 3},
	{.pattern = "\"code\":\"Neo.ClientError.Security.Unauthorized\"", .status = 401,
	 .rank = 3, .auth = AUTH_REQUIRED},
	{.pattern = "\"code\":\"Neo.", .rank = 3},
	{.header = "www-authenticate", .pattern = "realm=\"Neo4j\"", .rank = 3},
	{.pattern = "<title>Neo4j Browser<", .rank = 3},
	{.pattern = "^{\"results\":[", .rank = 2, .flags = SIGN_ASKED})

PRODUCT(INFLUXDB, "influxdb", FAMILY_DATABASE, "InfluxDB over HTTP", NULL, PORTS(8086) MET,
	"InfluxDB",
	REQUESTS("/query", "/write", "/api/v2/write", "/api/v2/query", "/api/v2/buckets", "?q") SHELL
	ROUTES(OPEN("GET|HEAD /ping"),
	       OPEN("GET|HEAD /health"),
	       DESTROYS("POST /query", .body = "dropdatabase", .command = "DROP DATABASE"),
	       OPEN("GET|HEAD /api/v2/setup"), OPEN("GET|HEAD /static/...")),
	{.header = "x-influxdb-version", .version_after = "", .rank = 3},
	{.header = "x-influxdb-build", .rank = 3},
	{.pattern = "^{\"name\":\"influxdb\",\"message\":", .version_after = "\"version\":\"v",
	 .rank = 3},
	{.pattern = "^{\"results\":[{\"statement_id\":", .rank = 2, .flags = SIGN_ASKED})

PRODUCT(CLICKHOUSE, "clickhouse", FAMILY_DATABASE, "ClickHouse", NULL, PORTS(8123) MET,
	"ClickHouse",
	REQUESTS("?query"),
	{.header = "x-clickhouse-summary", .rank = 3},
	{.header = "x-clickhouse-server-display-name", .rank = 3},
	{.header = "x-clickhouse-query-id", .rank = 3},
	{.header = "x-clickhouse-exception-code", .rank = 3},
	{.header = "x-clickhouse-exception-code", .pattern = "^516", .rank = 3,
	 .auth = AUTH_REQUIRED})

PRODUCT(VICTORIAMETRICS, "victoriametrics", FAMILY_LOGGING, "VictoriaMetrics", NULL,
	PORTS(8428) MET,
	"VictoriaMetrics", REQUESTS("/api/v1/query", "/api/v1/query_range", "/metrics",
				    "/api/v1/export", "/api/v1/admin/tsdb"),
	{.header = "x-server-hostname", .rank = 4, .flags = SIGN_ASKED},
	{.pattern = "<h2>Single-node VictoriaMetrics<", .rank = 4},
	{.pattern = "vm_app_version{version=\"victoria-metrics-", .rank = 4})

PRODUCT(LOKI, "loki", FAMILY_LOGGING, "Grafana Loki", NULL, PORTS(3100), "Loki",
	REQUESTS("!/loki/api/v1")
	ROUTES(OPEN("GET|HEAD /ready"),
	       OPEN("GET|HEAD /loki/api/v1/status/buildinfo")),
	{.pattern = "^{\"status\":\"success\"", .status = 200, .rank = 4, .flags = SIGN_ASKED},
	{.status = 204, .rank = 2, .flags = SIGN_ASKED},
	{.pattern = "\"resultType\":\"streams\"", .status = 200, .rank = 3})

PRODUCT(PROMETHEUS, "prometheus", FAMILY_LOGGING, "Prometheus", NULL, PORTS(9090) MET, "Prometheus",
	REQUESTS("/api/v1/targets", "/api/v1/status", "/api/v1/labels", "/api/v1/label",
		 "/api/v1/admin/tsdb")
	ROUTES(OPEN("GET|HEAD /-/ready"),
	       OPEN("GET|HEAD /-/healthy")),
	{.pattern = "^{\"status\":\"success\",\"data\":{\"resultType\":", .status = 200, .rank = 2},
	{.pattern = "^{\"status\":\"success\",\"data\":{\"yaml\":", .status = 200, .rank = 2},
	{.pattern = "^{\"status\":\"success\",\"data\":{\"activeTargets\":", .status = 200,
	 .rank = 3},
	{.pattern = "^{\"status\":\"success\",\"data\":{\"version\":",
	 .version_after = "\"version\":", .status = 200, .rank = 2, .flags = SIGN_ASKED},
	{.pattern = "^{\"status\":\"success\",\"data\":", .status = 200, .rank = 2,
	 .flags = SIGN_ASKED},
	{.pattern = "^{\"status\":\"error\",\"errorType\":", .rank = 2},
	{.asks = ASKS_POST | ASKS_DEEP, .status = 204, .rank = 2, .flags = SIGN_ASKED},
	{.pattern = "^Prometheus Server is ", .status = 200, .rank = 3},
	{.pattern = "<title>Prometheus Time Series", .status = 200, .rank = 3},
	{.header = "www-authenticate", .pattern = "realm=\"prometheus\"", .rank = 2})

PRODUCT(NODE_EXPORTER, "node-exporter", FAMILY_ADMIN, "Prometheus' exporter for hosts", NULL,
	PORTS(9100) MET, "node_exporter", REQUESTS("/metrics"),
	{.pattern = "<title>Node Exporter<", .version_after = "version=", .rank = 3},
	{.pattern = "# HELP node_", .status = 200, .rank = 3},
	{.pattern = "node_exporter_build_info{", .version_after = "version=", .status = 200,
	 .rank = 3})

/* The interfaces of both, in their own repositories: api/v2/openapi.yaml, README.md. */
PRODUCT(ALERTMANAGER, "alertmanager", FAMILY_LOGGING, "Prometheus' Alertmanager", NULL,
	PORTS(9093) MET,
	"Alertmanager",
	REQUESTS("/api/v2/alerts", "/api/v2/silences", "/api/v2/status", "/api/v2/receivers",
		 "/api/v2/silence"),
	{.pattern = "<title>Alertmanager<", .status = 200, .rank = 3},
	{.pattern = "# HELP alertmanager_", .status = 200, .rank = 3},
	{.pattern = "^{\"cluster\":{\"name\":", .status = 200, .rank = 2, .flags = SIGN_ASKED},
	{.pattern = "^{\"cluster\":{\"peers\":[", .status = 200, .rank = 2, .flags = SIGN_ASKED},
	{.pattern = "\"versionInfo\":{\"branch\":", .version_after = "\"version\":", .status = 200,
	 .rank = 3, .flags = SIGN_ASKED},
	{.pattern = "\"endsAt\":\"*\",\"fingerprint\":\"", .operation = "ListAlerts", .status = 200,
	 .rank = 3, .flags = SIGN_LISTS},
	{.pattern = "^[{\"annotations\":", .operation = "ListAlerts", .status = 200, .rank = 3,
	 .flags = SIGN_ASKED | SIGN_LISTS},
	{.pattern = "^{\"silenceID\":", .status = 200, .rank = 3, .flags = SIGN_ASKED})

PRODUCT(PUSHGATEWAY, "pushgateway", FAMILY_LOGGING, "Prometheus' Pushgateway", NULL,
	PORTS(9091) MET,
	"Pushgateway", REQUESTS("/metrics/job"),
	{.pattern = "<title>Prometheus Pushgateway<", .status = 200, .rank = 3},
	{.pattern = "\"last_push_successful\":", .status = 200, .rank = 3},
	{.pattern = "^{\"status\":\"success\",\"data\":{\"build_information\":", .status = 200,
	 .version_after = "\"version\":", .rank = 3},
	{.asks = ASKS_PUT | ASKS_DEEP, .status = 200, .rank = 2, .flags = SIGN_ASKED},
	{.asks = ASKS_POST | ASKS_DEEP, .status = 200, .rank = 2, .flags = SIGN_ASKED},
	{.asks = ASKS_DELETE | ASKS_DEEP, .status = 202, .rank = 2, .flags = SIGN_ASKED})

PRODUCT(GRAFANA, "grafana", FAMILY_LOGGING, "Grafana", NULL, PORTS(3000), "Grafana",
	REQUESTS("/api/health", "/api/datasources", "/api/search", "/login") SHELL
	ROUTES(OPEN("GET|HEAD /api/health"), OPEN("GET|HEAD /public/..."),
	       OPEN("GET|HEAD /robots.txt")),
	{.pattern = "<title>Grafana<", .rank = 3},
	{.pattern = "^{\"commit\":\"*\",\"database\":\"ok\",\"version\":\"",
	 .version_after = "\"version\":\"", .status = 200, .rank = 3},
	{.pattern = "\"database\":\"ok\",\"version\":\"", .version_after = "\"version\":\"",
	 .status = 200, .rank = 3, .flags = SIGN_ASKED},
	{.pattern = "\"commit\":\"", .version_after = "\"version\":\"", .status = 200, .rank = 2,
	 .flags = SIGN_ASKED},
	{.header = "set-cookie", .pattern = "^grafana_session", .rank = 3})

PRODUCT(KIBANA, "kibana", FAMILY_LOGGING, "Kibana, and OpenSearch Dashboards", NULL, PORTS(5601),
	"Kibana",
	REQUESTS("kbn-xsrf: ", "/api/status", "/app/kibana") SHELL
	ROUTES(OPEN("GET|HEAD /login"), OPEN("GET|HEAD /app/login"), OPEN("GET|HEAD /ui/..."),
	       OPEN("GET|HEAD /bootstrap.js"), OPEN("GET|HEAD /bootstrap-anonymous.js"),
	       OPEN("GET|HEAD /translations/..."), OPEN("GET|HEAD /node_modules/...")),
	{.header = "kbn-version", .version_after = "", .rank = 3},
	{.header = "kbn-name", .rank = 3},
	{.header = "kbn-license-sig", .rank = 3},
	{.header = "osd-name", .product = "OpenSearch Dashboards", .rank = 3})

PRODUCT(SOLR, "solr", FAMILY_DATABASE, "Apache Solr", NULL, PORTS(8983), "Solr",
	REQUESTS("/solr")
	ROUTES(DESTROYS("ANY /solr/{core}/update/...", .body = "<delete>",
		.command = "update delete"),
	       DESTROYS("ANY /solr/{core}/update/...", .body = "\"delete\":",
		.command = "update delete"),
	       DESTROYS("ANY /solr/admin/collections?action=delete",
		.command = "collections DELETE"),
	       OPEN("GET|HEAD /solr/css/..."), OPEN("GET|HEAD /solr/js/..."),
	       OPEN("GET|HEAD /solr/libs/..."), OPEN("GET|HEAD /solr/img/...")),
	{.pattern = "^{\"responseHeader\":{\"status\":", .version_after = "\"solr-spec-version\":",
	 .rank = 3},
	{.pattern = "<title>Solr Admin", .rank = 3},
	{.pattern = "<lst name=\"responseHeader\"><int name=\"status\">", .rank = 3},
	{.header = "location", .pattern = "/solr/", .rank = 2})

PRODUCT(HADOOP, "hadoop", FAMILY_ORCHESTRATION, "Hadoop's web interfaces: HDFS, YARN",
	"accessible-hadoop",
	PORTS(9870, 50070, 8088) ALSO("hadoop-yarn", "yarn"), "Hadoop",
	REQUESTS("/jmx", "/ws/v1/cluster", "/ws/v1/node", "/ws/v1/history", "/webhdfs/v1",
		 "/dfshealth.html")
	ROUTES(EXECUTES("POST /ws/v1/cluster/apps", .sure = true)),
	{.pattern = "\"Hadoop:service=", .rank = 3},
	{.pattern = "^{\"clusterInfo\":{", .version_after = "\"hadoopVersion\":", .rank = 3},
	{.pattern = "^{\"FileStatuses\":{\"FileStatus\":", .operation = "LISTSTATUS", .status = 200,
	 .rank = 3, .flags = SIGN_LISTS | SIGN_FILES},
	{.pattern = "^{\"RemoteException\":{", .rank = 3, .flags = SIGN_ASKED},
	{.pattern = "\"application-id\":\"application_", .rank = 3},
	{.pattern = "\"id\":\"application_", .rank = 3},
	{.pattern = "^{\"clusterMetrics\":{", .rank = 3},
	{.pattern = "^{\"nodes\":{\"node\":[", .rank = 3},
	{.pattern = "^{\"scheduler\":{\"schedulerInfo\":{", .rank = 3},
	{.pattern = "^{\"apps\":{", .rank = 3, .flags = SIGN_ASKED},
	{.header = "location", .pattern = "/ws/v1/cluster/apps/application_", .rank = 3},
	{.pattern = "<title>Namenode information", .rank = 3},
	{.pattern = "<title>All Applications", .rank = 3},
	{.pattern = "<title>Hadoop Administration", .rank = 3})

PRODUCT(RABBITMQ, "rabbitmq-management", FAMILY_QUEUE, "RabbitMQ's management interface", NULL,
	PORTS(15672) MET, "RabbitMQ",
	REQUESTS("/api/overview", "/api/queues", "/api/users", "/api/whoami", "/api/vhosts",
		 "/api/nodes", "/api/exchanges", "/api/definitions", "/api/connections") SHELL
	ROUTES(OPEN("GET|HEAD /js/..."), OPEN("GET|HEAD /css/..."), OPEN("GET|HEAD /img/..."),
	       LOGIN("POST /api/login")),
	{.header = "www-authenticate", .pattern = "realm=\"RabbitMQ Management\"", .rank = 3},
	{.pattern = "^{\"management_version\":", .version_after = "\"management_version\":",
	 .rank = 3},
	{.pattern = "<title>RabbitMQ Management<", .rank = 3},
	{.header = "server", .pattern = "^Cowboy", .rank = 2, .flags = SIGN_ASKED})

PRODUCT(NATS_MONITOR, "nats-monitor", FAMILY_QUEUE, "the NATS server's monitoring", NULL,
	PORTS(8222) MET, "NATS", REQUESTS("/varz", "/connz", "/routez", "/subsz", "/jsz"),
	{.pattern = "^{\"server_id\":\"N*\",\"server_name\":\"", .version_after = "\"version\":",
	 .status = 200, .rank = 3},
	{.pattern = "\"server_id\":\"N", .version_after = "\"version\":", .status = 200, .rank = 3,
	 .flags = SIGN_ASKED})

PRODUCT(JOURNAL, "journald-remote", FAMILY_LOGGING, "systemd-journal-remote", NULL,
	PORTS(19532) MET,
	"systemd-journal-remote", REQUESTS("!content-type: application/vnd.fdo.journal"),
	{.status = 202, .rank = 3, .flags = SIGN_ASKED},
	{.pattern = "^Unsupported method.", .status = 406, .rank = 3},
	{.header = "content-type", .pattern = "^application/vnd.fdo.journal",
	 .product = "systemd-journal-gatewayd", .operation = "ReadJournal", .status = 200,
	 .rank = 3, .flags = SIGN_LISTS})

PRODUCT(SPLUNK, "splunk", FAMILY_LOGGING, "Splunk: its management, and the event collector", NULL,
	PORTS(8088, 8089), "Splunk",
	REQUESTS("authorization: Splunk ", "/services/collector", "/services/auth")
	ROUTES(OPEN("GET|HEAD /services/collector/health"),
	       OPEN("GET|HEAD /services/collector/health/1.0"),
	       OPEN("GET|HEAD /{language}/account/login"),
	       OPEN("GET|HEAD /{language}/static/..."), LOGIN("POST /services/auth/login"),
	       LOGIN("POST /{language}/account/login")),
	{.header = "server", .pattern = "^Splunkd", .rank = 3},
	{.pattern = "^{\"text\":\"Success\",\"code\":0", .status = 200, .rank = 2,
	 .flags = SIGN_ASKED},
	{.pattern = "^{\"text\":\"", .rank = 2, .flags = SIGN_ASKED},
	{.pattern = "^{\"text\":\"HEC is ", .rank = 3},
	{.pattern = "^{\"text\":\"Token is required\"", .rank = 3, .auth = AUTH_REQUIRED})

/* Whatever lets itself be managed, watched or steered over the web. */
#include "dissectors/http/http_table_admin.h"

/* What came with language models, and what is younger than the rest; by family. */
#include "dissectors/http/http_table_ai.h"
#include "dissectors/http/http_table_database.h"
#include "dissectors/http/http_table_logging.h"
#include "dissectors/http/http_table_orchestration.h"
#include "dissectors/http/http_table_queue.h"
#include "dissectors/http/http_table_registry.h"
#include "dissectors/http/http_table_console.h"
