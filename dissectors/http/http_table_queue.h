/* SPDX-License-Identifier: ISC */
/*
 * Part of the table of products, see http_table.h, which includes it: queues, and what stands
 * around them.
 *
 * Sources: the products' public repositories and interface references.
 */
/* clang-format off */
PRODUCT(KAFKA_CONNECT, "kafka-connect", FAMILY_QUEUE, "Kafka Connect", NULL, PORTS(8083),
	"Kafka Connect",
	REQUESTS("/connectors", "/connector-plugins", "/admin/loggers")
	ROUTES(OPEN("GET|HEAD /")),
	{.pattern = "\"kafka_cluster_id\":", .version_after = "\"version\":", .rank = 3},
	{.pattern = "\"connector.class\":\"", .rank = 3},
	{.pattern = "\"class\":\"org.apache.kafka.connect.", .rank = 3},
	{.pattern = "\"worker_id\":\"", .rank = 3, .flags = SIGN_ASKED},
	{.pattern = "^{\"error_code\":", .rank = 3, .flags = SIGN_ASKED},
	{.pattern = "^[\"", .status = 200, .rank = 2, .flags = SIGN_ASKED})

/* The interface is Confluent's; Karapace and Redpanda have it, too. */
PRODUCT(SCHEMA_REGISTRY, "schema-registry", FAMILY_QUEUE, "a registry of schemas for Kafka", NULL,
	NULL ALSO("confluent-schema-registry"), NULL,
	REQUESTS("/subjects", "/schemas", "/contexts",
		 "!content-type: application/vnd.schemaregistry.",
		 "!accept: application/vnd.schemaregistry."),
	{.header = "content-type", .pattern = "^application/vnd.schemaregistry.", .rank = 3},
	{.pattern = "^{\"compatibilityLevel\":\"", .rank = 3},
	{.pattern = "^{\"subject\":\"*\",\"version\":*,\"id\":*,\"schema\":\"", .rank = 3},
	{.pattern = "^{\"subject\":\"*\",\"version\":", .rank = 3, .flags = SIGN_ASKED},
	{.pattern = "^{\"error_code\":", .rank = 3, .flags = SIGN_ASKED},
	{.pattern = "^{\"schema\":\"", .rank = 3, .flags = SIGN_ASKED})

PRODUCT(KAFKA_REST, "kafka-rest", FAMILY_QUEUE, "Kafka over HTTP: Confluent's REST proxy", NULL,
	NULL, NULL,
	REQUESTS("/v3/clusters", "!content-type: application/vnd.kafka.",
		 "!accept: application/vnd.kafka."),
	{.header = "content-type", .pattern = "^application/vnd.kafka.", .rank = 3},
	{.pattern = "^{\"kind\":\"Kafka", .rank = 3})

PRODUCT(KSQLDB, "ksqldb", FAMILY_QUEUE, "ksqlDB: SQL over Kafka", NULL, NULL, "ksqlDB",
	REQUESTS("/ksql", "/query-stream", "/inserts-stream", "/info",
		 "!content-type: application/vnd.ksql.", "!accept: application/vnd.ksql.")
	ROUTES(OPEN("GET|HEAD /info"), OPEN("GET|HEAD /healthcheck"), RECORDS("POST /query"),
	       RECORDS("POST /query-stream")),
	{.header = "content-type", .pattern = "^application/vnd.ksql.", .rank = 3},
	{.header = "content-type", .pattern = "^application/vnd.ksqlapi.", .rank = 3},
	{.pattern = "^{\"KsqlServerInfo\":{", .version_after = "\"version\":", .rank = 3},
	{.pattern = "\"@type\":\"*\",\"statementText\":\"", .rank = 3},
	{.pattern = "^[{\"header\":{\"queryId\":\"", .rank = 3},
	{.pattern = "^{\"@type\":\"generic_error\",\"error_code\":", .rank = 3})

PRODUCT(KAFKA_UI, "kafka-ui", FAMILY_QUEUE, "a console of Kafka", NULL, NULL, NULL,
	REQUESTS("/api/clusters")
	ROUTES(OPEN("GET|HEAD /"), OPEN("GET|HEAD /auth"), OPEN("GET|HEAD /static/...")),
	{.pattern = "<title>UI for Apache Kafka<", .product = "UI for Apache Kafka", .rank = 3},
	{.pattern = "<title>Kafbat UI<", .product = "Kafbat UI", .rank = 3},
	{.pattern = "<title>AKHQ<", .product = "AKHQ", .rank = 3},
	{.pattern = "<title>Kafdrop: ", .product = "Kafdrop", .rank = 3},
	{.pattern = "\"onlinePartitionCount\":", .product = "UI for Apache Kafka", .rank = 3},
	{.pattern = "^[{\"name\":\"*\",\"defaultCluster\":", .product = "UI for Apache Kafka",
	 .rank = 3})

PRODUCT(REDPANDA, "redpanda", FAMILY_QUEUE, "Redpanda's administration", NULL,
	PORTS(9644) ALSO("redpanda-admin"), "Redpanda",
	REQUESTS("/v1/brokers", "/v1/cluster", "/v1/cluster_config", "/v1/features",
		 "/v1/partitions", "/v1/status", "/v1/security")
	ROUTES(OPEN("GET|HEAD /v1/status/ready")),
	{.pattern = "\"membership_status\":\"", .version_after = "\"version\":\"v", .rank = 3,
	 .flags = SIGN_ASKED},
	{.pattern = "^[{\"node_id\":*,\"num_cores\":", .version_after = "\"version\":\"v",
	 .rank = 3},
	{.pattern = "# HELP redpanda_", .rank = 3},
	{.pattern = "# HELP vectorized_", .rank = 3},
	{.pattern = "^{\"cluster_version\":", .rank = 3, .flags = SIGN_ASKED},
	{.pattern = "^{\"is_healthy\":", .rank = 3, .flags = SIGN_ASKED},
	{.pattern = "\"kafka_batch_max_bytes\":", .rank = 3},
	{.pattern = "<title>Redpanda Console<", .product = "Redpanda Console", .rank = 3})

PRODUCT(NSQ_HTTP, "nsq", FAMILY_QUEUE, "NSQ over HTTP", NULL, PORTS(4151), "NSQ",
	REQUESTS("/stats", "/topic", "/channel", "/pub", "/mpub", "/lookup", "/topics")
	ROUTES(OPEN("GET|HEAD /ping"), OPEN("GET|HEAD /info")),
	{.pattern = "^{\"version\":\"*\",\"health\":\"OK\",\"start_time\":",
	 .version_after = "\"version\":", .rank = 3},
	{.pattern = "\"topic_name\":\"", .version_after = "\"version\":", .rank = 3,
	 .flags = SIGN_ASKED},
	{.pattern = "\"broadcast_address\":\"", .version_after = "\"version\":", .rank = 3},
	{.pattern = "^nsqd v", .version_after = "^nsqd v", .rank = 3},
	{.pattern = "<title>nsqadmin<", .rank = 3})

PRODUCT(PULSAR_ADMIN, "pulsar", FAMILY_QUEUE, "Apache Pulsar's administration", NULL, NULL,
	"Pulsar",
	REQUESTS("/admin/v2/clusters", "/admin/v2/tenants", "/admin/v2/namespaces",
		 "/admin/v2/persistent", "/admin/v2/brokers", "/admin/v2/functions",
		 "/admin/v3/functions")
	ROUTES(OPEN("GET|HEAD /admin/v2/brokers/health")),
	{.pattern = "^[\"", .status = 200, .rank = 3, .flags = SIGN_ASKED},
	{.pattern = "^{\"reason\":\"", .rank = 3, .flags = SIGN_ASKED},
	{.pattern = "# TYPE pulsar_", .rank = 3})

PRODUCT(AZURE_QUEUE, "azure-queue", FAMILY_QUEUE, "a queue with Azure's Queue interface", NULL,
	NULL MET, NULL,
	REQUESTS(NULL),
	{.header = "server", .pattern = "^Windows-Azure-Queue/", .product = "Azure Queue Storage",
	 .version_after = "Queue/", .rank = 4},
	{.header = "server", .pattern = "^Azurite-Queue/", .product = "Azurite-Queue",
	 .version_after = "Queue/", .rank = 4},
	{.header = "x-ms-approximate-messages-count", .rank = 3},
	{.header = "x-ms-error-code", .pattern = "^Queue", .rank = 3},
	{.pattern = "<QueueMessagesList>", .rank = 3},
	{.pattern = "<Queues><Queue><Name>", .rank = 3})
