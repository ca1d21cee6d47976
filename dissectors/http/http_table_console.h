/* SPDX-License-Identifier: ISC */
/*
 * Part of the table of products, see http_table.h, which includes it: consoles, and what
 * applications and proxies let see of themselves.
 *
 * Sources: the products' public repositories and interface references.
 */
/* clang-format off */
PRODUCT(ACTUATOR, "spring-actuator", FAMILY_ADMIN, "an application's actuator: Spring Boot", NULL,
	NULL ALSO("actuator", "spring-boot", "spring-boot-actuator"), "Spring Boot",
	REQUESTS("/actuator", "/heapdump", "/manage/env", "/manage/heapdump", "/management/env")
	ROUTES(OPEN("GET|HEAD /.../actuator/health/..."), OPEN("GET|HEAD /.../actuator/info"),
	       OPEN("GET|HEAD /actuator"), OPEN("GET|HEAD /actuator/info"),
	       OPEN("GET|HEAD /actuator/health/...")),
	{.header = "content-type", .pattern = "^application/vnd.spring-boot.actuator.", .rank = 3},
	{.pattern = "^JAVA PROFILE 1.0.", .rank = 3, .flags = SIGN_ASKED},
	{.pattern = "/actuator\",\"templated\":", .rank = 3},
	{.pattern = "\"propertySources\":[{\"name\":\"", .rank = 3, .flags = SIGN_ASKED},
	{.pattern = "^{\"status\":\"UP\"", .rank = 2, .flags = SIGN_ASKED},
	{.pattern = "^{\"status\":\"DOWN\"", .rank = 2, .flags = SIGN_ASKED},
	{.pattern = "^{\"_links\":{\"self\":{", .status = 200, .rank = 3, .flags = SIGN_ASKED},
	{.pattern = "\"systemProperties\":{", .status = 200, .rank = 3, .flags = SIGN_ASKED},
	{.pattern = "^{\"contexts\":{", .status = 200, .rank = 3, .flags = SIGN_ASKED},
	{.pattern = "^{\"names\":[\"", .status = 200, .rank = 3, .flags = SIGN_ASKED},
	{.pattern = "^{\"levels\":[\"OFF\",", .rank = 3, .flags = SIGN_ASKED},
	{.pattern = "^{\"threads\":[", .rank = 3, .flags = SIGN_ASKED},
	{.pattern = "^{\"build\":{", .status = 200, .rank = 3, .flags = SIGN_ASKED},
	{.pattern = "# HELP jvm_", .rank = 3, .flags = SIGN_ASKED})

PRODUCT(REDIS_COMMANDER, "redis-commander", FAMILY_ADMIN, "Redis Commander, a console of Redis",
	NULL, NULL MET, "Redis Commander",
	REQUESTS("/apiv2/exec", "/apiv2/key", "/apiv2/keys", "/apiv2/connection", "/apiv2/server")
	ROUTES(DESTROYS("POST /.../apiv2/exec/{connection}", .body = "cmd=flush", .command = "FLUSH"),
	       DESTROYS("POST /.../apiv2/exec/{connection}", .body = "\"cmd\":\"flush",
			.command = "FLUSH"),
	       EXECUTES("POST /.../apiv2/exec/{connection}")),
	{.pattern = "<title>Redis Commander: ", .rank = 3},
	{.pattern = "^{\"data\":", .asks = ASKS_POST, .status = 200, .rank = 3, .flags = SIGN_ASKED})

/* caddyserver.com/docs/api. Its whole configuration is read, and replaced, without a log-in. */
PRODUCT(CADDY, "caddy", FAMILY_ADMIN, "Caddy's administration", NULL, PORTS(2019) MET, "Caddy",
	REQUESTS("/config", "/load", "/adapt", "/pki/ca", "/reverse_proxy/upstreams")
	ROUTES(EXECUTES("POST /load"), EXECUTES("POST|PUT|PATCH /config/..."),
	       DESTROYS("DELETE /config/..."), DESTROYS("POST /stop")),
	{.pattern = "^{\"admin\":{\"listen\":\"", .status = 200, .rank = 3, .flags = SIGN_ASKED},
	{.pattern = "^{\"admin\":{\"*\":*},\"apps\":{\"", .status = 200, .rank = 3},
	{.pattern = "^{\"apps\":{\"http\":{\"servers\":{", .status = 200, .rank = 3},
	{.pattern = "# HELP caddy_", .status = 200, .rank = 3})

/* nodered.org/docs/api/admin: what it runs is in its flows. */
PRODUCT(NODE_RED, "node-red", FAMILY_ORCHESTRATION, "Node-RED, which runs flows", NULL,
	PORTS(1880) MET, "Node-RED",
	REQUESTS("/flows", "/flow", "/settings", "/nodes", "/red", "/icons", "/auth/token")
	ROUTES(OPEN("GET|HEAD /"), OPEN("GET|HEAD /red/..."), OPEN("GET|HEAD /auth/login"),
	       OPEN("GET|HEAD /icons/..."), LOGIN("POST /auth/token"), EXECUTES("POST /flows"),
	       EXECUTES("POST|PUT /flow/..."), EXECUTES("POST /nodes"), DESTROYS("DELETE /flow/{id}")),
	{.pattern = "<title>Node-RED<", .rank = 3},
	{.pattern = "^{\"httpNodeRoot\":\"", .version_after = "\"version\":", .rank = 3},
	{.pattern = "^[{\"id\":\"*\",\"type\":\"tab\",", .status = 200, .rank = 3,
	 .flags = SIGN_ASKED})

PRODUCT(MONGO_EXPRESS, "mongo-express", FAMILY_ADMIN, "mongo-express, a console of MongoDB", NULL,
	NULL, "mongo-express",
	REQUESTS(NULL)
	ROUTES(OPEN("GET|HEAD /status")),
	{.pattern = "- Mongo Express</title>", .rank = 3},
	{.header = "set-cookie", .pattern = "^mongo-express=", .rank = 3})

PRODUCT(METABASE, "metabase", FAMILY_ADMIN, "Metabase, a console of databases", NULL, NULL,
	"Metabase",
	REQUESTS("/api/session/properties", "/api/setup/validate", "/api/card", "/api/dataset",
		 "/api/database") SHELL
	ROUTES(OPEN("GET|HEAD /api/health"), OPEN("GET|HEAD /api/session/properties"),
	       OPEN("GET|HEAD /app/..."), LOGIN("POST /api/session"), OPEN("GET|HEAD /auth/...")),
	{.header = "set-cookie", .pattern = "^metabase.", .rank = 3},
	{.pattern = "\"setup-token\":", .version_after = "\"tag\":\"v", .rank = 3},
	{.pattern = "\"anon-tracking-enabled\":", .version_after = "\"tag\":\"v", .rank = 3},
	{.pattern = "<title>Metabase<", .rank = 3},
	{.pattern = "\"has-user-setup\":", .version_after = "\"tag\":\"v", .rank = 3})

PRODUCT(PGADMIN, "pgadmin", FAMILY_ADMIN, "pgAdmin, a console of PostgreSQL", NULL, NULL,
	"pgAdmin",
	REQUESTS("/pgadmin4") SHELL
	ROUTES(OPEN("GET|HEAD /.../misc/ping"), OPEN("GET|HEAD /.../login"),
	       OPEN("GET|HEAD /.../static/..."), OPEN("GET|HEAD /misc/ping"),
	       OPEN("GET|HEAD /static/...")),
	{.pattern = "<title>pgAdmin 4<", .rank = 3},
	{.header = "set-cookie", .pattern = "^pga4_session=", .rank = 3},
	{.header = "set-cookie", .pattern = "^PGADMIN_LANGUAGE=", .rank = 3})

PRODUCT(ADMINER, "adminer", FAMILY_ADMIN, "Adminer, a console of databases", NULL, NULL, "Adminer",
	REQUESTS(NULL),
	{.pattern = "- Adminer</title>", .rank = 3},
	{.header = "set-cookie", .pattern = "^adminer_sid=", .rank = 3},
	{.header = "set-cookie", .pattern = "^adminer_key=", .rank = 3})

PRODUCT(PORTAINER, "portainer", FAMILY_ADMIN, "Portainer, a console of containers", NULL, NULL,
	"Portainer",
	REQUESTS("/api/endpoints", "/api/stacks", "/api/settings/public", "/api/system/status",
		 "/api/motd") SHELL
	ROUTES(OPEN("GET|HEAD /api/status"), OPEN("GET|HEAD /api/system/status"),
	       OPEN("GET|HEAD /api/system/version"), OPEN("GET|HEAD /api/settings/public"),
	       OPEN("GET|HEAD /api/users/admin/check"), OPEN("GET|HEAD /api/motd"),
	       LOGIN("POST /api/auth")),
	{.pattern = "^{\"Version\":\"*\",\"InstanceID\":\"", .version_after = "\"Version\":",
	 .status = 200, .rank = 3},
	{.pattern = "^{\"message\":\"A valid authorization token is missing\"", .rank = 3,
	 .auth = AUTH_REQUIRED},
	{.pattern = "<title>Portainer<", .rank = 3},
	{.pattern = "^[{\"Id\":*,\"Name\":\"*\",\"Type\":*,\"URL\":\"", .rank = 3,
	 .flags = SIGN_ASKED})

PRODUCT(TRAEFIK, "traefik", FAMILY_ADMIN, "Traefik's interface", NULL, NULL, "Traefik",
	REQUESTS("/api/rawdata", "/api/overview", "/api/entrypoints", "/api/http", "/api/tcp")
	ROUTES(OPEN("GET|HEAD /ping"), OPEN("GET|HEAD /api/version")),
	{.pattern = "\"api@internal\"", .rank = 3},
	{.pattern = "\"dashboard@internal\"", .rank = 3},
	{.pattern = "^{\"http\":{\"routers\":{\"total\":", .rank = 3},
	{.pattern = "^{\"Version\":\"*\",\"Codename\":\"", .version_after = "\"Version\":",
	 .rank = 3},
	{.pattern = "\"provider\":\"internal\"", .rank = 3, .flags = SIGN_ASKED},
	{.pattern = "# HELP traefik_", .rank = 3},
	{.pattern = "<title>Traefik<", .rank = 3},
	{.pattern = "\"transport\":{\"lifeCycle\":{", .rank = 3})

/* What it carries for others has its name in a header as well: only its administration is meant. */
PRODUCT(ENVOY, "envoy", FAMILY_ADMIN, "Envoy's administration", NULL,
	PORTS(9901) ALSO("envoy-admin"), "Envoy",
	REQUESTS("/server_info", "/config_dump", "/hot_restart_version", "/clusters",
		 "/listeners", "/certs", "/stats/prometheus", "/quitquitquit",
		 "/healthcheck/fail", "/runtime", "/memory")
	ROUTES(OPEN("GET|HEAD /ready")),
	{.pattern = "\"@type\":\"type.googleapis.com/envoy.admin.", .rank = 3},
	{.pattern = "\"hot_restart_version\":\"", .rank = 3},
	{.pattern = "::default_priority::max_connections::", .rank = 3},
	{.pattern = "\"listener_statuses\":[", .rank = 3},
	{.pattern = "# TYPE envoy_", .rank = 3},
	{.pattern = ".assignment_stale: ", .rank = 3},
	{.pattern = "^{\"allocated\":\"*\",\"heap_size\":\"*\",\"pageheap_", .rank = 3},
	{.pattern = "^{\"certificates\":[{\"ca_cert\":[", .rank = 3},
	{.pattern = "<title>Envoy Admin<", .rank = 3},
	{.pattern = "/RELEASE/BoringSSL\"", .rank = 3},
	{.pattern = "::cx_active::", .rank = 3},
	{.pattern = ".upstream_cx_total: ", .rank = 3},
	{.pattern = ".upstream_rq_total: ", .rank = 3},
	{.pattern = "server.live: 1", .rank = 3},
	{.pattern = "::0.0.0.0:", .rank = 3, .flags = SIGN_ASKED})

PRODUCT(CADVISOR, "cadvisor", FAMILY_ADMIN, "cAdvisor: what containers use", NULL, NULL,
	"cAdvisor",
	REQUESTS("/api/v1.0", "/api/v1.1", "/api/v1.2", "/api/v1.3", "/api/v2.0", "/api/v2.1")
	ROUTES(OPEN("GET|HEAD /healthz")),
	{.pattern = "^{\"num_cores\":", .rank = 3, .flags = SIGN_ASKED},
	{.pattern = "\"cadvisor_version\":\"", .version_after = "\"cadvisor_version\":\"v",
	 .rank = 3},
	{.pattern = "# HELP cadvisor_version_info", .rank = 3},
	{.pattern = "^{\"name\":\"/", .rank = 3, .flags = SIGN_ASKED},
	{.pattern = "^{\"/", .rank = 3, .flags = SIGN_ASKED},
	{.pattern = "<title>cAdvisor - /", .rank = 3})

/* What it carries for others shows other headers; of itself it then only tells that nobody is
 * there, or that something is wrong. */
PRODUCT(KONG, "kong", FAMILY_ADMIN, "Kong's administration", NULL, PORTS(8001) ALSO("kong-admin"),
	"Kong",
	REQUESTS("/services", "/routes", "/consumers", "/plugins", "/upstreams")
	ROUTES(OPEN("GET|HEAD /status")),
	{.header = "x-kong-admin-latency", .rank = 3},
	{.header = "server", .pattern = "^kong/", .version_after = "kong/", .status = 200,
	 .rank = 3},
	{.header = "server", .pattern = "^kong/", .version_after = "kong/", .rank = 0},
	{.pattern = "\"tagline\":\"Welcome to kong\"", .version_after = "\"version\":", .rank = 3},
	{.pattern = "<title>Kong Manager", .rank = 3})

PRODUCT(ARGOCD, "argocd", FAMILY_ADMIN, "Argo CD", NULL, NULL ALSO("argo-cd"), "Argo CD",
	REQUESTS("/api/version", "/api/v1/applications", "/api/v1/repositories",
		 "/api/v1/projects", "/api/v1/session", "/api/v1/clusters", "/api/v1/settings") SHELL
	ROUTES(OPEN("GET|HEAD /api/version"), OPEN("GET|HEAD /api/v1/settings"),
	       OPEN("GET|HEAD /healthz"), OPEN("GET|HEAD /assets/..."),
	       LOGIN("POST /api/v1/session")),
	{.pattern = "^{\"Version\":\"v*+*\"", .version_after = "\"Version\":", .status = 200,
	 .rank = 3, .flags = SIGN_ASKED},
	{.pattern = "\"appLabelKey\":\"", .rank = 3},
	{.pattern = "\"error\":\"no session information\"", .rank = 3, .auth = AUTH_REQUIRED},
	{.header = "set-cookie", .pattern = "^argocd.token=", .rank = 3},
	{.pattern = "<title>Argo CD<", .rank = 3},
	{.pattern = "^{\"metadata\":{\"resourceVersion\":\"*\"},\"items\":", .rank = 3,
	 .flags = SIGN_ASKED})

PRODUCT(GITEA, "gitea", FAMILY_ADMIN, "Gitea and Forgejo: repositories", NULL, NULL, "Gitea",
	REQUESTS("/api/v1/repos", "/api/v1/users/search", "/api/v1/orgs", "/api/v1/version")
	ROUTES(OPEN("GET|HEAD /"), OPEN("GET|HEAD /api/healthz"),
	       OPEN("GET|HEAD /api/v1/version"), OPEN("GET|HEAD /api/v1/settings/api"),
	       OPEN("GET|HEAD /user/login"), OPEN("GET|HEAD /user/sign_up"),
	       OPEN("GET|HEAD /assets/..."), LOGIN("POST /user/login")),
	{.header = "set-cookie", .pattern = "^i_like_gitea=", .rank = 3},
	{.header = "set-cookie", .pattern = "^i_like_forgejo=", .product = "Forgejo", .rank = 3},
	{.pattern = "content=\"go,git,self-hosted,gitea\"", .rank = 3},
	{.pattern = "content=\"git,forge,forgejo\"", .product = "Forgejo", .rank = 3},
	{.pattern = "Gitea: Git with a cup of tea</title>", .rank = 3},
	{.pattern = "+gitea-", .product = "Forgejo", .version_after = "\"version\":", .rank = 3,
	 .flags = SIGN_ASKED},
	{.pattern = "^{\"ok\":true,\"data\":[{\"id\":*,\"owner\":{\"id\":", .rank = 3},
	{.pattern = "^{\"ok\":true,\"data\":[", .rank = 3, .flags = SIGN_ASKED},
	{.pattern = "\"title\":\"Gitea API\"", .rank = 3})

PRODUCT(GITLAB, "gitlab", FAMILY_ADMIN, "GitLab", NULL, NULL, "GitLab",
	REQUESTS("/api/v4", "private-token: ")
	ROUTES(OPEN("GET|HEAD /users/sign_in"), OPEN("GET|HEAD /-/health"),
	       OPEN("GET|HEAD /-/liveness"), OPEN("GET|HEAD /-/readiness"),
	       OPEN("GET|HEAD /help"), OPEN("GET|HEAD /assets/..."),
	       OPEN("GET|HEAD /-/manifest.json"), LOGIN("POST /users/sign_in"),
	       LOGIN("POST /oauth/token")),
	{.header = "set-cookie", .pattern = "^_gitlab_session=", .rank = 3},
	{.header = "x-gitlab-meta", .rank = 3},
	{.pattern = "content=\"GitLab\"", .rank = 3},
	{.pattern = "\xc2\xb7 GitLab</title>", .rank = 3},
	{.pattern = "<title>GitLab<", .rank = 3},
	{.pattern = "\"path\":\"*\",\"path_with_namespace\":\"", .rank = 3},
	{.pattern = "\"path_with_namespace\":\"", .rank = 3, .flags = SIGN_ASKED},
	{.pattern = "^{\"version\":\"*\",\"revision\":\"", .version_after = "\"version\":",
	 .rank = 3, .flags = SIGN_ASKED},
	{.pattern = "^GitLab OK", .rank = 3})

PRODUCT(SONARQUBE, "sonarqube", FAMILY_ADMIN, "SonarQube", NULL, NULL, "SonarQube",
	REQUESTS("/api/system/status", "/api/components/search", "/api/issues/search",
		 "/api/authentication/validate", "/api/server/version", "/api/settings/values") SHELL
	ROUTES(OPEN("GET|HEAD /api/system/status"), OPEN("GET|HEAD /api/system/ping"),
	       OPEN("GET|HEAD /api/authentication/validate"),
	       OPEN("GET|HEAD /api/server/version"), OPEN("GET|HEAD /api/settings/values"),
	       OPEN("GET|HEAD /api/features/list"), OPEN("GET|HEAD /js/..."),
	       OPEN("GET|HEAD /static/..."), LOGIN("POST /api/authentication/login"),
	       OPEN("GET|HEAD /sessions/new")),
	{.pattern = "^{\"id\":\"*\",\"version\":\"*\",\"status\":\"", .version_after = "\"version\":",
	 .rank = 3, .flags = SIGN_ASKED},
	{.pattern = "\"qualifier\":\"TRK\"", .rank = 3},
	{.pattern = "\"effortTotal\":", .rank = 3},
	{.pattern = "<title>SonarQube<", .rank = 3})

PRODUCT(SELENIUM, "selenium", FAMILY_ADMIN, "Selenium: browsers that are steered", NULL,
	PORTS(4444) ALSO("selenium-grid"), "Selenium",
	REQUESTS("/wd/hub", "/se/grid")
	ROUTES(OPEN("GET|HEAD /status"), OPEN("GET|HEAD /wd/hub/status")),
	{.pattern = "\"message\":\"Selenium Grid ready.\"", .rank = 3},
	{.pattern = "\"message\":\"Selenium Grid not ready.\"", .rank = 3},
	{.pattern = "<title>Selenium Grid<", .rank = 3},
	{.pattern = "^{\"data\":{\"grid\":{", .rank = 3},
	{.pattern = "\"message\":\"Server is running\"", .version_after = "\"version\":",
	 .rank = 3, .flags = SIGN_ASKED},
	{.pattern = "^{\"value\":{", .rank = 2, .flags = SIGN_ASKED},
	{.pattern = "\"message\":\"Hub has capacity\"", .rank = 3})
