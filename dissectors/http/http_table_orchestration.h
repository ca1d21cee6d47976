/* SPDX-License-Identifier: ISC */
/*
 * Part of the table of products, see http_table.h, which includes it: what starts jobs, workflows
 * and the like.
 *
 * Sources: the products' public repositories and interface references.
 */
/* clang-format off */
PRODUCT(AIRFLOW, "airflow", FAMILY_ORCHESTRATION, "Apache Airflow", NULL, NULL, "Airflow",
	REQUESTS("/api/v1/dags", "/api/v2/dags", "/api/v1/connections", "/api/v2/connections",
		 "/api/v1/variables", "/api/v2/variables", "/api/v1/pools", "/api/v2/pools",
		 "/api/v1/version", "/api/v2/version", "/api/experimental", "/api/v1/config",
		 "/api/v2/config", "/api/v1/roles", "/api/v1/users")
	ROUTES(OPEN("GET|HEAD /health"), OPEN("GET|HEAD /api/v1/health"),
	       OPEN("GET|HEAD /api/v1/version"), OPEN("GET|HEAD /api/v2/version"),
	       OPEN("GET|HEAD /api/v2/monitor/health"), OPEN("GET|HEAD /login"),
	       OPEN("GET|HEAD /static/..."), LOGIN("POST /login"), LOGIN("POST /auth/token")),
	{.pattern = "^{\"dags\":[", .rank = 3, .flags = SIGN_ASKED},
	{.pattern = "\"dag_id\":\"", .rank = 3},
	{.pattern = "\"dag_run_id\":\"", .rank = 3},
	{.pattern = "\"metadatabase\":{\"", .rank = 3},
	{.pattern = "\"latest_scheduler_heartbeat\":", .rank = 3},
	{.pattern = "\"type\":\"https://airflow.apache.org/docs/", .rank = 3},
	{.pattern = "\"type\":\"https://airflow.apache.org/docs/", .status = 401, .rank = 3,
	 .auth = AUTH_REQUIRED},
	{.pattern = "\"connection_id\":\"", .rank = 3, .flags = SIGN_ASKED},
	{.pattern = "\"total_entries\":", .rank = 3, .flags = SIGN_ASKED},
	{.pattern = "\"git_version\":", .version_after = "\"version\":", .rank = 3,
	 .flags = SIGN_ASKED},
	{.pattern = "<title>Airflow", .rank = 3},
	{.pattern = "- Airflow</title>", .rank = 3})

PRODUCT(FLINK, "flink", FAMILY_ORCHESTRATION, "Apache Flink", NULL, NULL, "Flink",
	REQUESTS("/jobs", "/jars", "/taskmanagers", "/jobmanager", "/overview", "/config"),
	{.pattern = "\"flink-version\":\"", .version_after = "\"flink-version\":", .rank = 3},
	{.pattern = "^{\"jobs\":[{\"jid\":\"", .rank = 3},
	{.pattern = "^{\"jobs\":[{\"id\":\"*\",\"status\":\"", .rank = 3, .flags = SIGN_ASKED},
	{.pattern = "^{\"refresh-interval\":", .rank = 3},
	{.pattern = "^{\"taskmanagers\":[{\"id\":\"", .rank = 3},
	{.pattern = "^{\"address\":\"*\",\"files\":[", .rank = 3, .flags = SIGN_ASKED},
	{.pattern = "^{\"filename\":\"*\",\"status\":\"success\"", .rank = 3, .flags = SIGN_ASKED},
	{.pattern = "^{\"jobid\":\"", .rank = 3, .flags = SIGN_ASKED},
	{.pattern = "\"isStoppable\":", .rank = 3},
	{.pattern = "<title>Apache Flink", .rank = 3})

PRODUCT(SPARK, "spark", FAMILY_ORCHESTRATION, "Apache Spark", NULL,
	PORTS(6066) ALSO("spark-master", "spark-rest"), "Spark",
	REQUESTS("/v1/submissions", "/api/v1/applications", "/api/v1/version", "/json"),
	{.pattern = "\"action\":\"CreateSubmissionResponse\"",
	 .version_after = "\"serverSparkVersion\":", .rank = 3},
	{.pattern = "\"serverSparkVersion\":\"", .version_after = "\"serverSparkVersion\":",
	 .rank = 3},
	{.pattern = "\"attempts\":[{\"startTime\":\"", .rank = 3},
	{.pattern = "\"appSparkVersion\":\"", .version_after = "\"appSparkVersion\":", .rank = 3},
	{.pattern = "^{\"spark\":\"", .version_after = "^{\"spark\":", .status = 200, .rank = 3,
	 .flags = SIGN_ASKED},
	{.pattern = "^{\"url\":\"spark://", .rank = 3},
	{.pattern = "<title>Spark Master at ", .rank = 3},
	{.pattern = "<title>Spark Worker at ", .rank = 3},
	{.pattern = "- Spark Jobs</title>", .rank = 3},
	{.pattern = "<title>History Server<", .rank = 2})

PRODUCT(NACOS, "nacos", FAMILY_ORCHESTRATION, "Nacos: services and their configuration", NULL,
	PORTS(8848), "Nacos",
	REQUESTS("/nacos") SHELL
	ROUTES(OPEN("GET|HEAD /.../v1/console/server/state"),
	       OPEN("GET|HEAD /.../v1/console/health/..."), OPEN("GET|HEAD /.../actuator/health"),
	       LOGIN("POST /.../v1/auth/login"), LOGIN("POST /.../v1/auth/users/login")),
	{.pattern = "^{\"totalCount\":", .rank = 3, .flags = SIGN_ASKED},
	{.pattern = "\"standalone_mode\":", .version_after = "\"version\":", .rank = 3},
	{.pattern = "\"path\":\"/nacos/", .rank = 3},
	{.pattern = "\"globalAdmin\":", .rank = 3, .flags = SIGN_ASKED},
	{.pattern = "<title>Nacos<", .rank = 3},
	{.header = "location", .pattern = "/nacos/", .rank = 2},
	{.pattern = "^{", .status = 200, .rank = 3, .flags = SIGN_ASKED},
	{.pattern = "^[{", .status = 200, .rank = 3, .flags = SIGN_ASKED})

PRODUCT(NIFI, "nifi", FAMILY_ORCHESTRATION, "Apache NiFi", NULL, NULL, "NiFi",
	REQUESTS("/nifi-api", "/nifi") SHELL
	ROUTES(OPEN("GET|HEAD /nifi-api/access/config"),
	       OPEN("GET|HEAD /nifi-api/authentication/configuration"),
	       LOGIN("POST /nifi-api/access/token")),
	{.pattern = "^{\"about\":{\"title\":\"NiFi\"", .version_after = "\"version\":", .rank = 3},
	{.pattern = "<title>NiFi", .rank = 3},
	{.pattern = "^{", .status = 200, .rank = 3, .flags = SIGN_ASKED},
	{.pattern = "^No applicable policies could be found.", .rank = 3},
	{.pattern = "<a href=\"/nifi/\">/nifi", .rank = 3},
	{.header = "location", .pattern = "/nifi/", .rank = 2})

PRODUCT(TEMPORAL, "temporal", FAMILY_ORCHESTRATION, "Temporal's web interface", NULL, NULL,
	"Temporal", REQUESTS("/api/v1/namespaces", "/api/v1/settings", "/api/v1/cluster-info"),
	{.pattern = "\"namespaceInfo\":{\"name\":\"", .rank = 3},
	{.pattern = "<title>Temporal", .rank = 3},
	{.pattern = "\"temporal-server\":", .rank = 3})
