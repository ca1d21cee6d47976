/* SPDX-License-Identifier: ISC */
/*
 * Part of the table of products, see http_table.h, which includes it: registries of packages and
 * images, and stores of files. Several are registries of images as well: they have the rank of
 * those that share an interface.
 *
 * Sources: the products' public repositories and interface references.
 */
/* clang-format off */
PRODUCT(ARTIFACTORY, "artifactory", FAMILY_STORAGE, "JFrog Artifactory", NULL, NULL, "Artifactory",
	REQUESTS("/artifactory", "!x-jfrog-art-api: ") SHELL
	ROUTES(OPEN("GET|HEAD /.../api/system/ping"), OPEN("GET|HEAD /.../api/v1/system/ping"),
	       OPEN("GET|HEAD /ui/..."), OPEN("GET|HEAD /artifactory"),
	       OPEN("GET|HEAD /artifactory/api/system/ping")),
	{.header = "x-jfrog-version", .version_after = "Artifactory/", .rank = 4},
	{.header = "x-artifactory-id", .rank = 4},
	{.header = "x-artifactory-node-id", .rank = 4},
	{.header = "server", .pattern = "^Artifactory/", .version_after = "Artifactory/",
	 .rank = 4},
	{.header = "www-authenticate", .pattern = "realm=\"Artifactory Realm\"", .rank = 4},
	{.pattern = "<title>JFrog<", .rank = 4},
	{.pattern = "^[{\"key\":\"*\",\"type\":\"", .rank = 4, .flags = SIGN_ASKED},
	{.pattern = "^{\"version\":\"*\",\"revision\":\"*\",\"addons\":[",
	 .version_after = "\"version\":", .rank = 4, .flags = SIGN_ASKED})

PRODUCT(HARBOR, "harbor", FAMILY_STORAGE, "Harbor, a registry of images", NULL, NULL, "Harbor",
	REQUESTS("/api/v2.0") SHELL
	ROUTES(OPEN("GET|HEAD /api/v2.0/ping"), OPEN("GET|HEAD /api/v2.0/health"),
	       OPEN("GET|HEAD /api/v2.0/systeminfo"), OPEN("GET|HEAD /api/systeminfo"),
	       OPEN("GET|HEAD /api/ping"), OPEN("GET|HEAD /{file}.js"),
	       OPEN("GET|HEAD /{file}.css"), LOGIN("POST /c/login"),
	       OPEN("GET|HEAD /harbor/...")),
	{.header = "x-harbor-csrf-token", .rank = 4},
	{.header = "www-authenticate", .pattern = "service=\"harbor-registry\"", .rank = 4},
	{.pattern = "\"harbor_version\":\"", .version_after = "\"harbor_version\":\"v", .rank = 4},
	{.pattern = "\"auth_mode\":\"", .rank = 4, .flags = SIGN_ASKED},
	{.pattern = "\"registry_url\":\"", .rank = 4, .flags = SIGN_ASKED},
	{.pattern = "<title>Harbor<", .rank = 4})

PRODUCT(NEXUS, "nexus", FAMILY_STORAGE, "Sonatype Nexus Repository", NULL, NULL,
	"Nexus Repository",
	REQUESTS("/service/rest", "/service/extdirect") SHELL
	ROUTES(OPEN("GET|HEAD /.../service/rest/v1/status"),
	       OPEN("GET|HEAD /.../service/rest/v1/status/writable"),
	       OPEN("GET|HEAD /static/..."), LOGIN("POST /.../service/rapture/session"),
	       OPEN("GET|HEAD /service/rest/{v}/status/..."),
	       LOGIN("POST /service/rapture/session")),
	{.header = "server", .pattern = "^Nexus/", .version_after = "Nexus/", .rank = 4},
	{.header = "www-authenticate", .pattern = "realm=\"Sonatype Nexus", .rank = 4},
	{.header = "set-cookie", .pattern = "^NXSESSIONID=", .rank = 4},
	{.pattern = "<title>Nexus Repository Manager<", .rank = 4},
	{.pattern = "<title>Nexus Repository<", .rank = 4},
	{.pattern = "<title>Sonatype Nexus Repository<", .rank = 4},
	{.pattern = "\"format\":\"*\",\"type\":\"hosted\",\"url\":\"http", .rank = 4},
	{.pattern = "\"format\":\"*\",\"type\":\"proxy\",\"url\":\"http", .rank = 4},
	{.pattern = "\"format\":\"*\",\"type\":\"group\",\"url\":\"http", .rank = 4},
	{.pattern = "^[{\"name\":\"*\",\"format\":\"*\",\"type\":\"*\",\"url\":", .rank = 4,
	 .flags = SIGN_ASKED})

/* The registry's interface is npm's; Verdaccio is what serves it in Debian's and npm's world. */
PRODUCT(VERDACCIO, "verdaccio", FAMILY_STORAGE, "a registry of npm packages", NULL,
	PORTS(4873) ALSO("npm", "npm-registry") MET, NULL,
	REQUESTS("/-/all", "/-/v1/search", "/-/verdaccio", "/-/package", "/-/npm", "/-/user")
	ROUTES(OPEN("GET|HEAD /-/ping"), OPEN("GET|HEAD /-/static/..."), OPEN("GET|HEAD /"),
	       LOGIN("POST /-/verdaccio/sec/login"), LOGIN("PUT /-/user/{name}")),
	{.header = "x-powered-by", .pattern = "^verdaccio/", .product = "Verdaccio",
	 .version_after = "verdaccio/", .rank = 3},
	{.pattern = "<title>Verdaccio<", .product = "Verdaccio", .rank = 3},
	{.pattern = "__VERDACCIO_BASENAME_UI_OPTIONS", .product = "Verdaccio", .rank = 3},
	{.pattern = "^{\"_updated\":", .rank = 2, .flags = SIGN_ASKED},
	{.pattern = "^{\"objects\":[{\"package\":{", .rank = 2, .flags = SIGN_ASKED},
	{.pattern = "^{\"error\":\"no such package available\"", .rank = 3},
	{.pattern = "^{\"ok\":\"user '*' created\",\"token\":", .status = 201, .rank = 3},
	{.pattern = "^{\"ok\":\"you are authenticated as '", .status = 201, .rank = 3},
	{.pattern = "^[{\"name\":\"", .status = 200, .rank = 2, .flags = SIGN_ASKED})

PRODUCT(SEAWEEDFS, "seaweedfs", FAMILY_STORAGE, "SeaweedFS, a store of files", NULL,
	PORTS(9333) ALSO("seaweedfs-filer"), "SeaweedFS",
	REQUESTS("/dir/assign", "/dir/lookup", "/dir/status", "/vol", "/cluster/status", "/col")
	ROUTES(OPEN("GET|HEAD /status"), OPEN("GET|HEAD /cluster/healthz")),
	{.header = "server", .pattern = "^SeaweedFS", .rank = 3},
	{.header = "server", .pattern = "^SeaweedFS Filer ", .version_after = "Filer ", .rank = 3},
	{.header = "server", .pattern = "^SeaweedFS Volume ", .version_after = "Volume ",
	 .rank = 3},
	{.pattern = "\"Topology\":{\"DataCenters\":", .version_after = "\"Version\":", .rank = 3},
	{.pattern = "^{\"fid\":\"*\",\"url\":\"*\",\"publicUrl\":", .rank = 3},
	{.pattern = "<title>SeaweedFS Filer<", .rank = 3},
	{.pattern = "^{\"Topology\":{", .rank = 3, .flags = SIGN_ASKED},
	{.pattern = "^{\"IsLeader\":", .rank = 3, .flags = SIGN_ASKED})
