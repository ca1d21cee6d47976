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
		 "/api/v1/version", "/api/v2/version", "/api/experimental")
	ROUTES(OPEN("GET|HEAD /health"), OPEN("GET|HEAD /api/{v}/health"),
	       OPEN("GET|HEAD /api/{v}/version"), OPEN("GET|HEAD /api/v2/monitor/health"),
	       OPEN("GET|HEAD /login"), OPEN("GET|HEAD /static/...")),
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
	{.pattern = "<title>Airflow<", .rank = 3},
	{.pattern = "<title>Airflow - DAGs<", .rank = 3},
	{.pattern = "<title>DAGs - Airflow<", .rank = 3},
	{.pattern = "<title>Sign In - Airflow<", .rank = 3})

PRODUCT(FLINK, "flink", FAMILY_ORCHESTRATION, "Apache Flink", NULL, NULL, "Flink",
	REQUESTS("/jobs", "/jars", "/taskmanagers", "/jobmanager", "/overview", "/config")
	ROUTES(OPEN("GET|HEAD /")),
	{.pattern = "\"flink-version\":\"", .version_after = "\"flink-version\":", .rank = 3},
	{.pattern = "^{\"jobs\":[{\"jid\":\"", .rank = 3},
	{.pattern = "^{\"jobs\":[{\"id\":\"~\",\"status\":\"", .rank = 3, .flags = SIGN_ASKED},
	{.pattern = "^{\"refresh-interval\":", .rank = 3},
	{.pattern = "^{\"taskmanagers\":[{\"id\":\"", .rank = 3},
	{.pattern = "^{\"address\":\"*\",\"files\":[", .rank = 3, .flags = SIGN_ASKED},
	{.pattern = "^{\"filename\":\"*\",\"status\":\"success\"", .rank = 3, .flags = SIGN_ASKED},
	{.pattern = "^{\"jobid\":\"~\"", .rank = 3, .flags = SIGN_ASKED},
	{.pattern = "\"isStoppable\":", .rank = 3},
	{.pattern = "<title>Apache Flink Web Dashboard<", .rank = 3},
	{.pattern = "^[{\"key\":\"*\",\"value\":\"", .rank = 2, .flags = SIGN_ASKED},
	{.pattern = "^{\"taskmanagers\":[]}", .rank = 3, .flags = SIGN_ASKED})

PRODUCT(SPARK, "spark", FAMILY_ORCHESTRATION, "Apache Spark", NULL,
	PORTS(6066) ALSO("spark-master", "spark-rest"), "Spark",
	REQUESTS("!/v1/submissions", "/api/v1/applications", "/api/v1/version", "/json"),
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
	{.pattern = "<title>History Server<", .rank = 2},
	{.pattern = "\"attempts\":[{", .rank = 3, .flags = SIGN_ASKED})

PRODUCT(NACOS, "nacos", FAMILY_ORCHESTRATION, "Nacos: services and their configuration", NULL,
	PORTS(8848), "Nacos", REQUESTS("!/nacos")
	ROUTES(OPEN("GET|HEAD /nacos"), OPEN("GET|HEAD /nacos/index.html"),
	       OPEN("GET|HEAD /nacos/console-ui/..."),
	       OPEN("GET|HEAD /nacos/{v}/console/server/state"),
	       OPEN("GET|HEAD /nacos/{v}/console/health/..."),
	       LOGIN("POST /nacos/{v}/auth/users/login")),
	{.pattern = "^{\"totalCount\":", .rank = 3, .flags = SIGN_ASKED},
	{.pattern = "\"standalone_mode\":", .version_after = "\"version\":", .rank = 3},
	{.pattern = "\"path\":\"/nacos/", .rank = 3},
	{.pattern = "\"globalAdmin\":", .rank = 3, .flags = SIGN_ASKED},
	{.pattern = "<title>Nacos<", .rank = 3},
	{.header = "location", .pattern = "/nacos/", .rank = 2},
	{.pattern = "\"namespaceShowName\":", .rank = 3},
	{.pattern = "\"tokenTtl\":", .rank = 3, .flags = SIGN_ASKED},
	{.pattern = "\"doms\":[", .rank = 3, .flags = SIGN_ASKED},
	{.pattern = "\"serviceList\":[", .rank = 3, .flags = SIGN_ASKED},
	{.pattern = "\"cacheMillis\":", .rank = 3, .flags = SIGN_ASKED},
	{.pattern = "^{\"code\":0,\"message\":\"success\",\"data\":", .rank = 3,
	 .flags = SIGN_ASKED},
	{.pattern = "\"hosts\":[", .rank = 3, .flags = SIGN_ASKED},
	{.pattern = "^{\"code\":200,\"message\":null,\"data\":", .rank = 3, .flags = SIGN_ASKED})

PRODUCT(NIFI, "nifi", FAMILY_ORCHESTRATION, "Apache NiFi", NULL, NULL, "NiFi",
	REQUESTS("!/nifi-api", "/nifi")
	ROUTES(OPEN("GET|HEAD /"), OPEN("GET|HEAD /nifi"), OPEN("GET|HEAD /nifi/..."),
	       OPEN("GET|HEAD /nifi-api/access/..."), LOGIN("POST /nifi-api/access/token")),
	{.pattern = "^{\"about\":{\"title\":\"NiFi\"", .version_after = "\"version\":", .rank = 3},
	{.pattern = "<title>NiFi<", .rank = 3},
	{.pattern = "<title>NiFi Login<", .rank = 3},
	{.pattern = "\"processGroupFlow\":{", .rank = 3},
	{.pattern = "\"controllerStatus\":{", .rank = 3, .flags = SIGN_ASKED},
	{.pattern = "\"permissions\":{\"canRead\":", .rank = 3, .flags = SIGN_ASKED},
	{.pattern = "^{\"revision\":{", .rank = 3, .flags = SIGN_ASKED},
	{.pattern = "\"systemDiagnostics\":{", .rank = 3, .flags = SIGN_ASKED},
	{.pattern = "\"currentUser", .rank = 3, .flags = SIGN_ASKED},
	{.pattern = "\"canVersionFlows\":", .rank = 3, .flags = SIGN_ASKED},
	{.pattern = "^No applicable policies could be found.", .rank = 3},
	{.pattern = "<a href=\"/nifi/\">/nifi", .rank = 3},
	{.header = "location", .pattern = "/nifi/", .rank = 2},
	{.pattern = "\"supportsLogin\":", .rank = 3, .flags = SIGN_ASKED},
	{.pattern = "^{\"identity\":\"*\",\"anonymous\":", .rank = 3, .flags = SIGN_ASKED})

PRODUCT(TEMPORAL, "temporal", FAMILY_ORCHESTRATION, "Temporal's web interface", NULL, NULL,
	"Temporal", REQUESTS("/api/v1/namespaces", "/api/v1/settings", "/api/v1/cluster-info")
	ROUTES(OPEN("GET|HEAD /")),
	{.pattern = "\"namespaceInfo\":{\"name\":\"", .rank = 3},
	{.pattern = "<title>Temporal UI<", .rank = 3},
	{.pattern = "<title>Temporal<", .rank = 3},
	{.pattern = "\"temporal-server\":", .rank = 3})
