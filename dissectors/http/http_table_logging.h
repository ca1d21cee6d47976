/* SPDX-License-Identifier: ISC */
/*
 * Part of the table of products, see http_table.h, which includes it: logs, traces, metrics.
 *
 * Sources: the products' public repositories and interface references.
 */
/* clang-format off */
/* The OpenTelemetry protocol over HTTP, as protobuf or JSON: its specification, "OTLP/HTTP". */
PRODUCT(OTLP, "otlp", FAMILY_LOGGING, "collectors of telemetry: OTLP", NULL,
	PORTS(4318) ALSO("opentelemetry"), NULL,
	REQUESTS("/v1/traces", "/v1/logs", "/v1/metrics", "/v1development/profiles",
		 "!user-agent: OTel-OTLP-Exporter-", "!user-agent: OTel OTLP Exporter "),
	{.header = "content-type", .pattern = "^application/x-protobuf", .rank = 3,
	 .flags = SIGN_ASKED},
	{.pattern = "^{\"partialSuccess\":{", .rank = 3},
	{.pattern = "^{}", .asks = ASKS_POST, .status = 200, .rank = 2, .flags = SIGN_ASKED})

PRODUCT(TEMPO, "tempo", FAMILY_LOGGING, "Grafana Tempo: traces", NULL, PORTS(3200), "Tempo",
	REQUESTS("/api/traces", "/api/search", "/api/v2/search", "/api/echo", "/api/metrics")
	ROUTES(OPEN("GET|HEAD /ready"), OPEN("GET|HEAD /api/echo"),
	       OPEN("GET|HEAD /api/status/buildinfo"), OPEN("GET|HEAD /status/...")),
	{.pattern = "\"rootServiceName\":\"", .rank = 3},
	{.pattern = "\"inspectedTraces\":", .rank = 3},
	{.pattern = "\"inspectedBytes\":\"", .rank = 3},
	{.pattern = "^{\"tagNames\":[", .rank = 3},
	{.pattern = "^{\"tagValues\":[", .rank = 3, .flags = SIGN_ASKED},
	{.pattern = "^{\"scopes\":[{\"name\":\"", .rank = 3, .flags = SIGN_ASKED},
	{.pattern = "# HELP tempo_", .rank = 3},
	{.pattern = "# HELP tempodb_", .rank = 3},
	{.pattern = "^{\"batches\":[", .rank = 3, .flags = SIGN_ASKED})

PRODUCT(JAEGER, "jaeger", FAMILY_LOGGING, "Jaeger: traces", NULL, PORTS(16686), "Jaeger",
	REQUESTS("/api/traces", "/api/services", "/api/operations", "/api/dependencies")
	ROUTES(OPEN("GET|HEAD /"), OPEN("GET|HEAD /search"), OPEN("GET|HEAD /static/...")),
	{.pattern = "\"limit\":0,\"offset\":0,\"errors\":", .rank = 3},
	{.pattern = "^{\"data\":[{\"traceID\":\"", .rank = 3},
	{.pattern = "<title>Jaeger UI<", .rank = 3},
	{.pattern = "# HELP jaeger_", .rank = 3})

PRODUCT(ZIPKIN, "zipkin", FAMILY_LOGGING, "Zipkin: traces", NULL, PORTS(9411), "Zipkin",
	REQUESTS("/api/v2/spans", "/api/v2/traces", "/api/v2/trace", "/api/v2/autocompleteKeys",
		 "/api/v1/spans", "/zipkin")
	ROUTES(OPEN("GET|HEAD /"), OPEN("GET|HEAD /info"), OPEN("GET|HEAD /zipkin/...")),
	{.asks = ASKS_POST, .status = 202, .rank = 3, .flags = SIGN_ASKED | SIGN_EMPTY},
	{.pattern = "^[[{\"traceId\":\"", .rank = 3},
	{.pattern = "^[\"", .status = 200, .rank = 2, .flags = SIGN_ASKED},
	{.pattern = "^[]", .status = 200, .rank = 2, .flags = SIGN_ASKED},
	{.pattern = "^{\"environment\":\"*\",\"queryLimit\":", .rank = 3},
	{.pattern = "^{\"status\":\"UP\",\"zipkin\":{", .rank = 3},
	{.pattern = "^{\"zipkin\":{", .rank = 3},
	{.header = "location", .pattern = "/zipkin/", .rank = 3},
	{.pattern = "<title>Zipkin<", .rank = 3})

PRODUCT(VICTORIALOGS, "victorialogs", FAMILY_LOGGING, "VictoriaLogs", NULL,
	PORTS(9428) ALSO("victoria-logs"), "VictoriaLogs",
	REQUESTS("!/select/logsql", "!/insert/jsonline", "/insert/elasticsearch",
		 "/insert/loki", "/select/vmui", "/insert/opentelemetry", "/insert/journald",
		 "/insert/datadog"),
	{.pattern = "\"_stream_id\":\"", .rank = 4},
	{.header = "x-server-hostname", .rank = 4, .flags = SIGN_ASKED},
	{.pattern = "^{\"values\":[{\"value\":\"", .rank = 4, .flags = SIGN_ASKED},
	{.pattern = "^{\"hits\":[", .rank = 4, .flags = SIGN_ASKED},
	{.pattern = "<h2>Single-node VictoriaLogs<", .rank = 4},
	{.pattern = "vm_app_version{version=\"victoria-logs-", .rank = 4},
	{.pattern = "\"_msg\":\"", .rank = 4, .flags = SIGN_ASKED})

PRODUCT(GRAYLOG, "graylog", FAMILY_LOGGING, "Graylog", NULL, NULL, "Graylog",
	REQUESTS("/api/system", "/api/streams", "/api/search/universal", "/api/views",
		 "/api/cluster", "/gelf") SHELL
	ROUTES(OPEN("GET|HEAD /api"), OPEN("GET|HEAD /api/system/lbstatus"),
	       OPEN("GET|HEAD /assets/..."), OPEN("GET|HEAD /config.js"),
	       LOGIN("POST /api/system/sessions"), OPEN("GET|HEAD /api/system/sessions")),
	{.header = "x-graylog-node-id", .rank = 3},
	{.pattern = "\"tagline\":\"Manage your logs in the dark", .version_after = "\"version\":",
	 .rank = 3},
	{.header = "www-authenticate", .pattern = "realm=\"Graylog", .rank = 3},
	{.pattern = "<title>Graylog Web Interface<", .rank = 3})

PRODUCT(LOGSTASH, "logstash", FAMILY_LOGGING, "Logstash's interface", NULL, PORTS(9600),
	"Logstash",
	REQUESTS("/_node", "/_health_report")
	ROUTES(OPEN("GET|HEAD /")),
	{.pattern = "\"http_address\":\"*\",\"id\":\"*\",", .version_after = "\"version\":",
	 .rank = 3})

PRODUCT(FLUENT_BIT, "fluent-bit", FAMILY_LOGGING, "Fluent Bit's interface", NULL, PORTS(2020),
	"Fluent Bit",
	REQUESTS("/api/v1/metrics", "/api/v1/uptime", "/api/v1/health", "/api/v1/storage",
		 "/api/v1/plugins", "/api/v2/metrics", "/api/v2/reload")
	ROUTES(OPEN("GET|HEAD /api/v1/health"), OPEN("GET|HEAD /"),
	       OPEN("GET|HEAD /api/v1/uptime")),
	{.pattern = "^{\"fluent-bit\":{\"", .version_after = "\"version\":", .rank = 3},
	{.pattern = "^{\"input\":{\"*\":{\"records\":*,\"bytes\":", .status = 200, .rank = 3},
	{.pattern = "^{\"input\":{\"", .status = 200, .rank = 3, .flags = SIGN_ASKED},
	{.pattern = "\"uptime_hr\":\"Fluent Bit has been running:", .rank = 3},
	{.pattern = "^{\"uptime_sec\":", .rank = 3, .flags = SIGN_ASKED},
	{.pattern = "^{\"storage_layer\":{", .rank = 3},
	{.pattern = "# HELP fluentbit_", .rank = 3},
	{.pattern = "# TYPE fluentbit_", .rank = 3},
	{.header = "server", .pattern = "^Monkey/", .rank = 3, .flags = SIGN_ASKED})

PRODUCT(OPENOBSERVE, "openobserve", FAMILY_LOGGING, "OpenObserve", NULL, PORTS(5080),
	"OpenObserve",
	REQUESTS("/api/default", "/api/organizations", "/api/_search", "/config") SHELL
	ROUTES(OPEN("GET|HEAD /healthz"), OPEN("GET|HEAD /config"), OPEN("GET|HEAD /web/..."),
	       LOGIN("POST /auth/login")),
	{.pattern = "\"default_fts_keys\":[", .version_after = "\"version\":", .rank = 3},
	{.pattern = "\"scan_size\":", .rank = 3},
	{.pattern = "^{\"took\":*,\"hits\":[", .rank = 3, .flags = SIGN_ASKED},
	{.pattern = "\"took_detail\":{", .rank = 3, .flags = SIGN_ASKED},
	{.pattern = "\"storage_type\":\"*\",\"stream_type\":\"", .rank = 3},
	{.pattern = "\"stream_type\":\"", .rank = 3, .flags = SIGN_ASKED},
	{.pattern = "^{\"code\":200,\"status\":[{\"name\":", .rank = 3, .flags = SIGN_ASKED},
	{.pattern = "<title>OpenObserve<", .rank = 3},
	{.pattern = "\"identifier\":\"default\"", .rank = 3, .flags = SIGN_ASKED},
	{.pattern = "\"commit_hash\":\"*\",\"build_date\":", .version_after = "\"version\":",
	 .rank = 3, .flags = SIGN_ASKED})

PRODUCT(QUICKWIT, "quickwit", FAMILY_LOGGING, "Quickwit", NULL, PORTS(7280), "Quickwit",
	REQUESTS("/api/v1/indexes", "/api/v1/_elastic", "/api/v1/cluster", "/api/v1/ingest",
		 "/api/v1/version")
	ROUTES(OPEN("GET|HEAD /health/livez"), OPEN("GET|HEAD /health/readyz"),
	       OPEN("GET|HEAD /health/..."), OPEN("GET|HEAD /api/v1/version"),
	       OPEN("GET|HEAD /ui/...")),
	{.pattern = "\"index_uid\":\"", .rank = 3},
	{.pattern = "\"cargo_pkg_version\":\"", .version_after = "\"cargo_pkg_version\":",
	 .rank = 3, .flags = SIGN_ASKED},
	{.pattern = "\"elapsed_time_micros\":", .rank = 3},
	{.pattern = "\"cluster_id\":\"quickwit-", .rank = 3},
	{.pattern = "# HELP quickwit_", .rank = 3},
	{.pattern = "<title>Quickwit UI<", .rank = 3})
