/* SPDX-License-Identifier: ISC */
/*
 * Part of the table of products, see http_table.h, which includes it: databases, vector stores and
 * what asks them.
 *
 * Sources: the products' public repositories and interface references.
 */
/* clang-format off */
PRODUCT(QDRANT, "qdrant", FAMILY_DATABASE, "Qdrant, a vector store", NULL, PORTS(6333), "Qdrant",
	REQUESTS("/collections", "/aliases", "/cluster", "/telemetry", "/snapshots", "/points") SHELL
	ROUTES(OPEN("GET|HEAD /"), OPEN("GET|HEAD /healthz"), OPEN("GET|HEAD /dashboard/..."),
	       RECORDS("POST /collections/{c}/points"),
	       RECORDS("POST /collections/{c}/points/scroll"),
	       RECORDS("POST /collections/{c}/points/search/..."),
	       RECORDS("POST /collections/{c}/points/query/..."),
	       RECORDS("POST /collections/{c}/points/recommend/..."),
	       RECORDS("POST /collections/{c}/points/discover/...")),
	{.pattern = "^{\"title\":\"qdrant - vector search engine\"",
	 .version_after = "\"version\":", .rank = 3},
	{.pattern = "^{\"result\":{\"collections\":[{\"name\":\"*\"},{\"name\":", .rank = 3,
	 .flags = SIGN_ASKED},
	{.pattern = "\"next_page_offset\":", .rank = 3, .flags = SIGN_ASKED},
	{.pattern = "\"next_page_offset\":*},\"status\":\"ok\",\"time\":", .rank = 3},
	{.pattern = "]},\"status\":\"ok\",\"time\":", .rank = 2},
	{.pattern = "],\"status\":\"ok\",\"time\":", .rank = 3, .flags = SIGN_ASKED},
	{.pattern = "},\"status\":\"ok\",\"time\":", .rank = 3, .flags = SIGN_ASKED},
	{.pattern = "^{\"result\":true,\"status\":\"ok\",\"time\":", .rank = 3},
	{.pattern = "^{\"result\":[{\"id\":*,\"version\":*,\"score\":", .rank = 3},
	{.pattern = "^{\"result\":[{\"id\":\"*\",\"version\":*,\"score\":", .rank = 3},
	{.pattern = "^{\"result\":{\"points\":[", .rank = 3, .flags = SIGN_ASKED},
	{.pattern = "^{\"result\":{\"status\":\"*\",\"optimizer_status\":", .rank = 3},
	{.pattern = "^{\"result\":{\"status\":\"green\",", .rank = 3, .flags = SIGN_ASKED},
	{.pattern = "^{\"result\":{\"operation_id\":", .rank = 3, .flags = SIGN_ASKED},
	{.pattern = "^{\"status\":{\"error\":\"", .rank = 3, .flags = SIGN_ASKED},
	{.pattern = "Must provide an API key or an Authorization bearer token", .rank = 3,
	 .auth = AUTH_REQUIRED},
	{.pattern = "# HELP app_info information about qdrant server", .rank = 3},
	{.pattern = "<title>Qdrant Web UI<", .rank = 3},
	{.pattern = "\"app\":{\"name\":\"qdrant\",\"version\":\"",
	 .version_after = "\"version\":", .rank = 3})

PRODUCT(WEAVIATE, "weaviate", FAMILY_DATABASE, "Weaviate, a vector store", NULL, NULL, "Weaviate",
	REQUESTS("/v1/meta", "/v1/schema", "/v1/objects", "/v1/graphql", "/v1/nodes",
		 "/v1/batch", "/v1/.well-known", "/v1/backups")
	ROUTES(OPEN("GET|HEAD /v1/.well-known/..."), OPEN("GET|HEAD /v1"),
	       RECORDS("POST /v1/graphql/...")),
	{.pattern = "^{\"hostname\":\"http*\",\"modules\":{", .version_after = "\"version\":",
	 .rank = 3},
	{.pattern = "^{\"hostname\":\"http", .version_after = "\"version\":", .status = 200,
	 .rank = 3, .flags = SIGN_ASKED},
	{.pattern = "\"grpcMaxMessageSize\":", .version_after = "\"version\":", .rank = 3},
	{.pattern = "^{\"classes\":[{\"class\":\"", .rank = 3},
	{.pattern = "^{\"classes\":[]}", .status = 200, .rank = 3, .flags = SIGN_ASKED},
	{.pattern = "\"vectorIndexConfig\":{", .rank = 3},
	{.pattern = "\"deprecations\":", .rank = 3, .flags = SIGN_ASKED},
	{.pattern = "{\"href\":\"/v1/meta\",\"name\":\"Meta information about this instance",
	 .rank = 3},
	{.pattern = "^{\"data\":{\"Get\":{", .rank = 3},
	{.pattern = "^{\"data\":{\"Aggregate\":{", .rank = 3},
	{.pattern = "^{\"nodes\":[{\"batchStats\":", .rank = 3},
	{.pattern = "anonymous access not enabled", .rank = 3, .auth = AUTH_REQUIRED},
	{.pattern = "\"objects\":[{\"class\":\"", .rank = 3, .flags = SIGN_ASKED},
	{.pattern = "^{\"nodes\":[{\"name\":\"*\",\"status\":\"", .rank = 3, .flags = SIGN_ASKED})

PRODUCT(CHROMA, "chroma", FAMILY_DATABASE, "Chroma, a vector store", NULL, NULL ALSO("chromadb"),
	"Chroma",
	REQUESTS("/api/v1/collections", "/api/v1/heartbeat", "/api/v1/tenants",
		 "/api/v2/tenants", "/api/v2/heartbeat", "/api/v2/pre-flight-checks",
		 "/api/v2/auth/identity", "/api/v2/healthcheck", "!x-chroma-token: ")
	ROUTES(OPEN("GET|HEAD /api/v1/heartbeat"), OPEN("GET|HEAD /api/v2/heartbeat"),
	       OPEN("GET|HEAD /api/v2/healthcheck"), OPEN("GET|HEAD /api/v1/version"),
	       OPEN("GET|HEAD /api/v2/version"), OPEN("GET|HEAD /api/v1/pre-flight-checks"),
	       OPEN("GET|HEAD /api/v2/pre-flight-checks"), OPEN("GET|HEAD /api/{v}"),
	       OPEN("GET|HEAD /api/{v}/heartbeat"), OPEN("GET|HEAD /api/{v}/version"),
	       OPEN("GET|HEAD /api/{v}/healthcheck"),
	       OPEN("GET|HEAD /api/{v}/pre-flight-checks"), OPEN("GET|HEAD /docs"),
	       OPEN("GET|HEAD /openapi.json"), RECORDS("POST /api/{v}/.../collections/{c}/get"),
	       RECORDS("POST /api/{v}/.../collections/{c}/query")),
	{.header = "chroma-trace-id", .rank = 3},
	{.pattern = "{\"nanosecond heartbeat\":", .rank = 3},
	{.pattern = "\"dimension\":*,\"tenant\":\"*\",\"database\":\"", .rank = 3},
	{.pattern = "\"tenant\":\"*\",\"database\":\"*\"", .rank = 3, .flags = SIGN_ASKED},
	{.pattern = "\"configuration_json\":{", .rank = 3},
	{.pattern = "^{\"max_batch_size\":", .rank = 3, .flags = SIGN_ASKED},
	{.pattern = "^[{\"name\":\"*\",\"id\":\"*\",\"metadata\":", .rank = 2,
	 .flags = SIGN_ASKED},
	{.pattern = "^[{\"id\":\"*\",\"name\":\"*\",\"metadata\":", .rank = 2,
	 .flags = SIGN_ASKED})

PRODUCT(MILVUS, "milvus", FAMILY_DATABASE, "Milvus, a vector store", NULL, PORTS(19530), "Milvus",
	REQUESTS("!/v2/vectordb", "/v1/vector")
	ROUTES(OPEN("GET|HEAD /webui/..."), RECORDS("POST /v2/vectordb/entities/get"),
	       RECORDS("POST /v2/vectordb/entities/query"),
	       RECORDS("POST /v2/vectordb/entities/search"),
	       RECORDS("POST /v2/vectordb/entities/hybrid_search"),
	       RECORDS("POST /v2/vectordb/collections/list"), RECORDS("POST /v1/vector/query"),
	       RECORDS("POST /v1/vector/search")),
	{.pattern = "^{\"code\":1800", .rank = 3, .auth = AUTH_REQUIRED, .flags = SIGN_ASKED},
	{.pattern = "^{\"code\":0,", .rank = 3, .flags = SIGN_ASKED},
	{.pattern = "^{\"code\":100,", .rank = 3, .flags = SIGN_ASKED},
	{.pattern = "^{\"code\":1100,", .rank = 3, .flags = SIGN_ASKED},
	{.pattern = "^{\"code\":65535,", .rank = 3, .flags = SIGN_ASKED},
	{.pattern = "^{\"cost\":", .rank = 3, .flags = SIGN_ASKED},
	{.pattern = "# HELP milvus_", .rank = 3},
	{.pattern = "<title>Milvus WebUI", .rank = 3},
	{.pattern = "<title>Attu<", .product = "Attu", .rank = 3},
	{.pattern = "^{\"code\":200,\"data\":[", .rank = 3, .flags = SIGN_ASKED})

PRODUCT(MEILISEARCH, "meilisearch", FAMILY_DATABASE, "Meilisearch", NULL, PORTS(7700),
	"Meilisearch",
	REQUESTS("/indexes", "/multi-search", "/tasks", "/keys", "/health", "/stats") SHELL
	ROUTES(OPEN("GET|HEAD /"), OPEN("GET|HEAD /health"),
	       RECORDS("POST /indexes/{i}/search"), RECORDS("POST /multi-search"),
	       RECORDS("POST /indexes/{i}/documents/fetch")),
	{.pattern = "\"taskUid\":", .rank = 3},
	{.pattern = "\"pkgVersion\":\"", .version_after = "\"pkgVersion\":", .rank = 3},
	{.pattern = "\"link\":\"https://docs.meilisearch.com/errors#", .rank = 3},
	{.pattern = "\"code\":\"missing_authorization_header\"", .rank = 3, .auth = AUTH_REQUIRED},
	{.pattern = "\"estimatedTotalHits\":", .rank = 3},
	{.pattern = "\"indexUid\":", .rank = 3},
	{.pattern = "^{\"results\":[{\"uid\":\"*\",\"createdAt\":", .rank = 3, .flags = SIGN_ASKED},
	{.pattern = "^{\"results\":[{\"uid\":\"*\",\"createdAt\":\"*\",\"updatedAt\":", .rank = 3},
	{.pattern = "^{\"results\":[],\"offset\":", .rank = 2, .flags = SIGN_ASKED},
	{.pattern = "^{\"databaseSize\":", .rank = 3},
	{.pattern = "^{\"status\":\"available\"}", .status = 200, .rank = 2, .flags = SIGN_ASKED},
	{.pattern = "<title>Meilisearch | mini-dashboard<", .rank = 3},
	{.pattern = "^{\"results\":[{\"uid\":\"*\",\"primaryKey\":", .rank = 3,
	 .flags = SIGN_ASKED})

PRODUCT(TYPESENSE, "typesense", FAMILY_DATABASE, "Typesense", NULL, PORTS(8108), "Typesense",
	REQUESTS("/debug", "!x-typesense-api-key: ", "/collections", "/multi_search")
	ROUTES(OPEN("GET|HEAD /health"), RECORDS("POST /multi_search")),
	{.pattern = "\"num_documents\":", .rank = 3, .flags = SIGN_ASKED},
	{.pattern = "\"default_sorting_field\":", .rank = 3},
	{.pattern = "\"enable_nested_fields\":", .rank = 3},
	{.pattern = "\"search_time_ms\":", .rank = 3, .flags = SIGN_ASKED},
	{.pattern = "\"search_cutoff\":", .rank = 3},
	{.pattern = "\"facet_counts\":[", .rank = 3, .flags = SIGN_ASKED},
	{.pattern = "`x-typesense-api-key` header must be sent", .rank = 3, .auth = AUTH_REQUIRED},
	{.pattern = "\"typesense_memory_", .rank = 3},
	{.pattern = "^{\"state\":1,\"version\":\"", .version_after = "\"version\":", .rank = 3,
	 .flags = SIGN_ASKED})

PRODUCT(SURREALDB, "surrealdb", FAMILY_DATABASE, "SurrealDB", NULL, NULL, "SurrealDB",
	REQUESTS("!surreal-ns: ", "!surreal-db: ", "/sql", "/rpc", "/signin")
	ROUTES(OPEN("GET|HEAD /health"), OPEN("GET|HEAD /version"), OPEN("GET|HEAD /status"),
	       RECORDS("POST /sql"), RECORDS("POST /rpc")),
	{.header = "surreal-version", .version_after = "surrealdb-", .rank = 3},
	{.header = "server", .pattern = "^SurrealDB", .rank = 3},
	{.pattern = "\"status\":\"OK\",\"time\":\"", .rank = 3, .flags = SIGN_ASKED},
	{.pattern = "^[{\"time\":\"*\",\"status\":\"OK\",\"result\":", .rank = 3,
	 .flags = SIGN_ASKED},
	{.pattern = "^surrealdb-", .version_after = "surrealdb-", .rank = 3})

PRODUCT(ARANGODB, "arangodb", FAMILY_DATABASE, "ArangoDB", NULL, PORTS(8529), "ArangoDB",
	REQUESTS("/_api/version", "/_api/collection", "/_api/cursor", "/_api/database",
		 "/_api/document", "/_admin/aardvark", "/_open/auth", "/_db") SHELL
	ROUTES(OPEN("GET|HEAD /_admin/server/availability"),
	       OPEN("GET|HEAD /_admin/server/mode"), OPEN("GET|HEAD /_open/..."),
	       OPEN("GET|HEAD /.../_admin/aardvark/..."), LOGIN("POST /.../_open/auth"),
	       OPEN("GET|HEAD /_admin/aardvark/..."),
	       OPEN("GET|HEAD /_db/{db}/_admin/aardvark/..."), LOGIN("POST /_open/auth"),
	       RECORDS("POST|PUT /.../_api/cursor/...")),
	{.header = "server", .pattern = "^ArangoDB", .rank = 3},
	{.header = "x-arango-queue-time-seconds", .rank = 3},
	{.header = "www-authenticate", .pattern = "realm=\"ArangoDB\"", .rank = 3},
	{.pattern = "^{\"server\":\"arango\"", .version_after = "\"version\":", .rank = 3},
	{.pattern = "<title>ArangoDB Web Interface", .rank = 3},
	{.pattern = "\"isSystem\":*,\"globallyUniqueId\":\"", .rank = 3},
	{.pattern = "\"error\":false,\"code\":2", .rank = 3, .flags = SIGN_ASKED},
	{.pattern = "\"errorNum\":", .rank = 3, .flags = SIGN_ASKED})

PRODUCT(QUESTDB, "questdb", FAMILY_DATABASE, "QuestDB", NULL, PORTS(9000), "QuestDB",
	REQUESTS("/exec", "/imp", "/exp", "/chk", "?query")
	ROUTES(OPEN("GET|HEAD /"), OPEN("GET|HEAD /status"), OPEN("GET|HEAD /settings"),
	       OPEN("GET|HEAD /assets/...")),
	{.header = "server", .pattern = "^questDB/", .version_after = "questDB/", .rank = 3},
	{.pattern = "^{\"query\":\"*\",\"columns\":[", .rank = 3, .flags = SIGN_ASKED},
	{.pattern = "^{\"query\":\"*\",\"error\":\"*\",\"position\":", .rank = 3,
	 .flags = SIGN_ASKED},
	{.pattern = "^{\"ddl\":\"OK\"}", .rank = 3, .flags = SIGN_ASKED},
	{.pattern = "<title>QuestDB Console", .rank = 3})

/* PrestoDB, which it came from, answers under the older names of the headers. */
PRODUCT(TRINO, "trino", FAMILY_DATABASE, "Trino and Presto: SQL over other databases", NULL, NULL,
	"Trino",
	REQUESTS("/v1/statement", "!x-trino-user: ", "!x-presto-user: ", "/v1/query",
		 "/v1/cluster", "/ui/api", "?query")
	ROUTES(OPEN("GET|HEAD /v1/info"), OPEN("GET|HEAD /v1/status"),
	       OPEN("GET|HEAD /ui/login.html"), OPEN("GET|HEAD /ui/vendor/..."),
	       OPEN("GET|HEAD /ui/assets/..."), LOGIN("POST /ui/login"),
	       OPEN("GET|HEAD /v1/info/..."), RECORDS("POST|GET /v1/statement/...")),
	{.pattern = "^{\"nodeVersion\":{\"version\":\"", .version_after = "\"version\":",
	 .rank = 3},
	{.pattern = "\"infoUri\":\"", .rank = 3},
	{.header = "www-authenticate", .pattern = "realm=\"Trino\"", .rank = 3},
	{.header = "www-authenticate", .pattern = "realm=\"Presto\"", .product = "Presto",
	 .rank = 3},
	{.pattern = "<title>Trino Web UI", .rank = 3},
	{.pattern = "^[{\"queryId\":\"", .rank = 3, .flags = SIGN_ASKED},
	{.pattern = "^{\"runningQueries\":", .rank = 3, .flags = SIGN_ASKED})

PRODUCT(DRUID, "druid", FAMILY_DATABASE, "Apache Druid", NULL, NULL, "Druid",
	REQUESTS("!/druid")
	ROUTES(OPEN("GET|HEAD /status/health"), OPEN("GET|HEAD /"),
	       OPEN("GET|HEAD /unified-console.html"), OPEN("GET|HEAD /public/..."),
	       RECORDS("POST /druid/v2/...")),
	{.header = "x-druid-sql-query-id", .rank = 3},
	{.header = "x-druid-query-id", .rank = 3},
	{.header = "x-druid-response-context", .rank = 3},
	{.pattern = "\"org.apache.druid.", .version_after = "\"version\":", .rank = 3},
	{.pattern = "<title>Apache Druid<", .rank = 3},
	{.pattern = "\"errorClass\":\"org.apache.druid", .rank = 3},
	{.pattern = "\"dataSource\":\"", .rank = 3, .flags = SIGN_ASKED},
	{.pattern = "^[\"", .status = 200, .rank = 2, .flags = SIGN_ASKED})

PRODUCT(COUCHBASE, "couchbase", FAMILY_DATABASE, "Couchbase Server", NULL, PORTS(8091),
	"Couchbase Server",
	REQUESTS("/pools", "/query/service") SHELL
	ROUTES(OPEN("GET|HEAD /pools"), OPEN("GET|HEAD /versions"), OPEN("GET|HEAD /ui/..."),
	       LOGIN("POST /uilogin"), RECORDS("POST /query/service")),
	{.header = "server", .pattern = "^Couchbase Server", .rank = 3},
	{.header = "server", .pattern = "^Couchbase Sync Gateway/",
	 .product = "Couchbase Sync Gateway", .version_after = "Gateway/", .rank = 4},
	{.header = "www-authenticate", .pattern = "realm=\"Couchbase", .rank = 3},
	{.pattern = "\"implementationVersion\":\"", .version_after = "\"implementationVersion\":",
	 .rank = 3, .flags = SIGN_ASKED},
	{.pattern = "\"isAdminCreds\":", .rank = 3},
	{.pattern = "^{\"requestID\":\"*\",\"signature\":", .rank = 3, .flags = SIGN_ASKED},
	{.pattern = "^{\"requestID\":\"*\",\"clientContextID\":", .rank = 3,
	 .flags = SIGN_ASKED},
	{.pattern = "<title>Couchbase Console", .rank = 3})

PRODUCT(DGRAPH, "dgraph", FAMILY_DATABASE, "Dgraph", NULL, NULL, "Dgraph",
	REQUESTS("/query", "/mutate", "/alter", "/admin/schema", "/state",
		 "!content-type: application/dql", "content-type: application/graphql+-",
		 "!x-dgraph-accesstoken: ", "x-dgraph-authtoken: ")
	ROUTES(OPEN("GET|HEAD /health"), OPEN("GET|HEAD /probe/..."), RECORDS("POST /query")),
	{.pattern = "\"extensions\":{\"server_latency\":{", .rank = 3},
	{.pattern = "\"server_latency\":{\"parsing_ns\":", .rank = 3},
	{.header = "dgraph-touched-uids", .rank = 3},
	{.header = "dgraph-touchuids", .rank = 3},
	{.pattern = "\"instance\":\"alpha\"", .version_after = "\"version\":\"v", .rank = 3},
	{.pattern = "\"instance\":\"zero\"", .version_after = "\"version\":\"v", .rank = 3},
	{.pattern = "^{\"data\":{\"code\":\"Success\",\"message\":\"Done\"}", .rank = 3},
	{.pattern = "# HELP dgraph_", .rank = 3},
	{.pattern = "^{\"counter\":\"", .rank = 3, .flags = SIGN_ASKED})

/* The interface; what serves it stands in the product. */
PRODUCT(DYNAMODB, "dynamodb", FAMILY_DATABASE, "a database with DynamoDB's interface", NULL,
	NULL MET, NULL,
	REQUESTS("!x-amz-target: DynamoDB"),
	{.header = "content-type", .pattern = "^application/x-amz-json-1.", .rank = 3,
	 .flags = SIGN_ASKED},
	{.header = "x-amzn-requestid", .rank = 3, .flags = SIGN_ASKED},
	{.header = "x-amz-crc32", .rank = 3, .flags = SIGN_ASKED},
	{.pattern = "\"__type\":\"com.amazonaws.dynamodb.", .rank = 3},
	{.pattern = "^{\"TableNames\":[", .rank = 3},
	{.pattern = "\"ScannedCount\":", .rank = 3},
	{.pattern = "^{\"Table\":{\"AttributeDefinitions\":[", .rank = 3},
	{.pattern = "^{\"TableDescription\":{", .rank = 3},
	{.header = "server", .pattern = "^Seastar httpd", .product = "ScyllaDB Alternator",
	 .rank = 4, .flags = SIGN_ASKED},
	{.header = "server", .pattern = "^Jetty(", .product = "DynamoDB Local", .rank = 4,
	 .flags = SIGN_ASKED})

PRODUCT(AZURE_TABLE, "azure-table", FAMILY_DATABASE, "a database with Azure's Table interface",
	NULL, NULL MET, NULL,
	REQUESTS("dataserviceversion: ", "maxdataserviceversion: "),
	{.header = "server", .pattern = "^Windows-Azure-Table/", .product = "Azure Table Storage",
	 .version_after = "Table/", .rank = 4},
	{.header = "server", .pattern = "^Azurite-Table/", .product = "Azurite-Table",
	 .version_after = "Table/", .rank = 4},
	{.pattern = "/$metadata#Tables\"", .rank = 3},
	{.pattern = "^{\"value\":[{\"TableName\":\"", .rank = 3},
	{.header = "x-ms-error-code", .pattern = "^Table", .rank = 3})

PRODUCT(ORIENTDB, "orientdb", FAMILY_DATABASE, "OrientDB", NULL, PORTS(2480), "OrientDB",
	REQUESTS("/listDatabases", "/connect", "/studio") SHELL
	ROUTES(OPEN("GET|HEAD /studio/...")),
	{.header = "server", .pattern = "^OrientDB Server v.", .version_after = "Server v.",
	 .rank = 3},
	{.header = "set-cookie", .pattern = "^OSESSIONID=", .rank = 3},
	{.header = "www-authenticate", .pattern = "realm=\"OrientDB", .rank = 3},
	{.pattern = "<title>OrientDB Studio", .rank = 3})

PRODUCT(RIAK, "riak", FAMILY_DATABASE, "Riak over HTTP", NULL, PORTS(8098), "Riak",
	REQUESTS("/riak", "/buckets", "/types", "/mapred")
	ROUTES(OPEN("GET|HEAD /ping")),
	{.header = "x-riak-vclock", .rank = 3},
	{.header = "x-riak-deleted", .rank = 3},
	{.header = "server", .pattern = "WebMachine/", .status = 200, .rank = 3,
	 .flags = SIGN_ASKED},
	{.pattern = "riak_kv_wm_", .rank = 3},
	{.pattern = "\"riak_kv_version\":", .version_after = "\"riak_kv_version\":", .rank = 3},
	{.pattern = "\"riak_core_version\":", .rank = 3})

PRODUCT(DUCKDB, "duckdb", FAMILY_DATABASE, "DuckDB's Quack protocol", NULL,
	PORTS(9494) ALSO("duckdb-quack", "quack"), "DuckDB",
	REQUESTS("/quack", "!content-type: application/duckdb",
		 "!content-type: application/vnd.duckdb"),
	{.header = "content-type", .pattern = "^application/vnd.duckdb", .rank = 3},
	{.header = "content-type", .pattern = "^application/duckdb", .rank = 3})

PRODUCT(HASURA, "hasura", FAMILY_DATABASE, "Hasura, GraphQL over databases", NULL, NULL, "Hasura",
	REQUESTS("/v1/metadata", "/v2/query", "/v1/query", "/v1/graphql", "/v1/version",
		 "/v1alpha1/config", "/v1alpha1/graphql", "!x-hasura-admin-secret: ",
		 "!x-hasura-role: ") SHELL
	ROUTES(OPEN("GET|HEAD /healthz"), OPEN("GET|HEAD /v1/version"),
	       OPEN("GET|HEAD /console/..."), OPEN("GET|HEAD /v1alpha1/config"),
	       RECORDS("POST /v1/graphql"), RECORDS("POST /v1alpha1/graphql"),
	       RECORDS("POST /v1/metadata"), RECORDS("POST /v1/query"),
	       RECORDS("POST /v2/query")),
	{.pattern = "^{\"version\":3,\"sources\":[", .rank = 3},
	{.pattern = "\"resource_version\":", .rank = 3, .flags = SIGN_ASKED},
	{.pattern = "\"extensions\":{\"path\":\"$", .rank = 3},
	{.pattern = "^{\"path\":\"$", .rank = 3, .flags = SIGN_ASKED},
	{.pattern = "\"query_root\"", .rank = 3},
	{.pattern = "^{\"result_type\":\"TuplesOk\"", .rank = 3},
	{.pattern = "^{\"result_type\":\"CommandOk\"", .rank = 3},
	{.pattern = "^{\"server_type\":\"*\",\"version\":\"v", .version_after = "\"version\":",
	 .rank = 3},
	{.pattern = "\"is_function_permissions_inferred\":", .version_after = "\"version\":",
	 .rank = 3},
	{.pattern = "x-hasura-admin-secret", .rank = 3, .auth = AUTH_REQUIRED,
	 .flags = SIGN_ASKED},
	{.pattern = "<title>Hasura Console", .rank = 3})

/* What has columns of its own names, and so nothing to be known by but its path. */
PRODUCT(HASURA_GRAPHQL, "hasura", FAMILY_DATABASE, "Hasura, GraphQL over databases", NULL, NULL,
	"Hasura",
	REQUESTS("/v1/graphql", "/v1alpha1/graphql")
	ROUTES(RECORDS("POST /v1/graphql"), RECORDS("POST /v1alpha1/graphql")),
	{.pattern = "^{\"data\":{", .asks = ASKS_POST, .status = 200, .rank = 2,
	 .flags = SIGN_ASKED})

PRODUCT(POSTGREST, "postgrest", FAMILY_DATABASE, "PostgREST: PostgreSQL over HTTP", NULL, NULL,
	"PostgREST",
	REQUESTS("accept-profile: ", "content-profile: "),
	{.header = "server", .pattern = "^postgrest/", .version_after = "postgrest/", .rank = 3},
	{.pattern = "\"code\":\"PGRST", .rank = 3},
	{.pattern = "\"title\":\"PostgREST API\"", .version_after = "\"version\":", .rank = 3},
	{.header = "content-profile", .rank = 2})
