/* SPDX-License-Identifier: ISC */
/*
 * The second half of the table of products, see http_table.h, which includes it: what lets itself
 * be managed, watched or steered over the web, backups among it.
 */
/* clang-format off */
PRODUCT(NETDATA, "netdata", FAMILY_LOGGING, "Netdata", NULL, PORTS(19999) MET, "Netdata",
	REQUESTS("/api/v1/info", "/api/v1/charts", "/api/v1/data"),
	{.header = "server", .pattern = "^Netdata ", .version_after = "Server v", .rank = 3})

PRODUCT(MONIT, "monit", FAMILY_ADMIN, "Monit", NULL, PORTS(2812) MET, "Monit",
	REQUESTS("/_status", "/_runtime"),
	{.header = "server", .pattern = "^monit ", .version_after = "monit ", .rank = 3},
	{.header = "www-authenticate", .pattern = "realm=\"monit\"", .rank = 3})

PRODUCT(CHROME, "chrome-devtools", FAMILY_ADMIN, "a browser that lets itself be controlled", NULL,
	PORTS(9222) MET, "Chrome DevTools", REQUESTS("/json"),
	{.pattern = "\"Browser\":\"Chrome/", .version_after = "\"Browser\":\"Chrome/",
	 .status = 200, .rank = 3},
	{.pattern = "\"Browser\":\"HeadlessChrome/",
	 .version_after = "\"Browser\":\"HeadlessChrome/", .status = 200, .rank = 3},
	{.pattern = "\"devtoolsFrontendUrl\":\"", .status = 200, .rank = 2, .flags = SIGN_ASKED})

PRODUCT(NODE, "node-inspector", FAMILY_ADMIN, "a Node.js process that lets itself be debugged",
	NULL, PORTS(9229) MET, "Node.js inspector", REQUESTS(NULL),
	{.pattern = "\"Browser\":\"node.js/v", .version_after = "node.js/v", .status = 200,
	 .rank = 3},
	{.pattern = "^[{\"description\":\"node.js instance\"", .status = 200, .rank = 3})

PRODUCT(CONSUL, "consul", FAMILY_ORCHESTRATION, "Consul", NULL, PORTS(8500), "Consul",
	REQUESTS("/v1/kv", "/v1/agent", "/v1/catalog", "x-consul-token: ") SHELL
	ROUTES(OPEN("GET|HEAD /v1/status/leader"), OPEN("GET|HEAD /v1/status/peers"),
	       OPEN("GET|HEAD /ui/..."), ACCESS("GET|HEAD /v1/kv/...")),
	{.header = "x-consul-index", .rank = 3},
	{.header = "x-consul-knownleader", .rank = 3},
	{.header = "x-consul-default-acl-policy", .rank = 3})

PRODUCT(VAULT, "vault", FAMILY_ADMIN, "HashiCorp Vault", NULL, PORTS(8200), "Vault",
	REQUESTS("/v1/sys", "/v1/secret", "/v1/auth", "x-vault-token: ") SHELL
	ROUTES(OPEN("GET|HEAD /v1/sys/health"),
	       OPEN("GET|HEAD /v1/sys/seal-status"),
	       OPEN("GET|HEAD /v1/sys/init"), OPEN("GET|HEAD /v1/sys/leader"),
	       OPEN("GET|HEAD /v1/sys/internal/ui/mounts"), OPEN("GET|HEAD /ui/..."),
	       LOGIN("POST|PUT /v1/auth/.../login/...")),
	{.pattern = "\"initialized\":true,\"sealed\":", .version_after = "\"version\":",
	 .rank = 3},
	{.pattern = "\"type\":\"shamir\",\"initialized\":", .version_after = "\"version\":",
	 .rank = 3},
	{.pattern = "^{\"errors\":[\"missing client token\"]", .rank = 3, .auth = AUTH_REQUIRED},
	{.pattern = "^{\"errors\":[\"permission denied\"]", .rank = 2, .auth = AUTH_REQUIRED,
	 .flags = SIGN_ASKED})

PRODUCT(NOMAD, "nomad", FAMILY_ORCHESTRATION, "Nomad", NULL, PORTS(4646), "Nomad",
	REQUESTS("/v1/jobs", "/v1/job", "/v1/nodes", "x-nomad-token: ") SHELL
	ROUTES(OPEN("GET|HEAD /v1/status/leader"), OPEN("GET|HEAD /v1/status/peers"),
	       OPEN("GET|HEAD /v1/agent/health"), OPEN("GET|HEAD /ui/...")),
	{.header = "x-nomad-index", .rank = 3},
	{.header = "x-nomad-knownleader", .rank = 3})

PRODUCT(JENKINS, "jenkins", FAMILY_ADMIN, "Jenkins", NULL, NULL, "Jenkins",
	REQUESTS("/script")
	ROUTES(EXECUTES("POST /.../scriptText", .sure = true),
	       EXECUTES("POST /.../script"),
	       OPEN("GET|HEAD /login"),
	       OPEN("GET|HEAD /.../login"), OPEN("GET|HEAD /static/..."),
	       OPEN("GET|HEAD /adjuncts/..."), OPEN("GET|HEAD /whoAmI/api/json"),
	       OPEN("GET|HEAD /securityRealm/commenceLogin"),
	       LOGIN("POST /.../j_spring_security_check"),
	       LOGIN("POST /.../j_acegi_security_check")),
	{.header = "x-jenkins", .version_after = "", .rank = 3},
	{.header = "x-hudson-theme", .rank = 3})

PRODUCT(ZABBIX_WEB, "zabbix-web", FAMILY_ADMIN, "Zabbix' web interface", NULL, NULL, "Zabbix",
	REQUESTS("/api_jsonrpc.php", "/zabbix/api_jsonrpc.php") SHELL
	ROUTES(LOGIN("POST /.../api_jsonrpc.php"), ACCESS("GET|HEAD /.../zabbix.php"),
	       OPEN("GET|HEAD /.../index.php"), OPEN("GET|HEAD /.../js/..."),
	       OPEN("GET|HEAD /.../assets/..."), OPEN("GET|HEAD /.../jsLoader.php")),
	{.pattern = "Zabbix SIA\"", .rank = 3},
	{.pattern = "^{\"jsonrpc\":\"2.0\"", .rank = 3, .flags = SIGN_ASKED},
	{.header = "set-cookie", .pattern = "^zbx_session", .rank = 3})

PRODUCT(ACTIVEMQ_WEB, "activemq-web", FAMILY_QUEUE, "ActiveMQ's web console", NULL, PORTS(8161),
	"ActiveMQ", REQUESTS(NULL),
	{.header = "www-authenticate", .pattern = "realm=\"ActiveMQRealm\"", .rank = 3},
	{.pattern = "<title>Apache ActiveMQ<", .rank = 3})

PRODUCT(PROXMOX, "proxmox", FAMILY_ADMIN, "Proxmox VE and Backup Server", NULL, PORTS(8006),
	"Proxmox",
	REQUESTS("/api2/json") SHELL
	ROUTES(OPEN("GET|HEAD /pve2/..."), OPEN("GET|HEAD /pwt/..."), OPEN("GET|HEAD /PVE/..."),
	       OPEN("GET|HEAD /api2/json/access/domains"),
	       OPEN("GET|HEAD /api2/extjs/access/domains"),
	       LOGIN("POST /api2/{format}/access/ticket")),
	{.header = "server", .pattern = "^pve-api-daemon/", .product = "Proxmox VE", .rank = 3},
	{.header = "server", .pattern = "^proxmox", .rank = 3})

PRODUCT(IPP, "ipp", FAMILY_ADMIN, "printers: IPP", "open-ipp", PORTS(631) MET, NULL,
	REQUESTS("content-type: application/ipp"),
	{.header = "content-type", .pattern = "^application/ipp", .rank = 1})

PRODUCT(WINRM, "winrm", FAMILY_ADMIN, "Windows Remote Management", NULL, PORTS(5985), "WinRM",
	REQUESTS("/wsman"),
	{.header = "server", .pattern = "^Microsoft-HTTPAPI/", .rank = 2, .flags = SIGN_ASKED},
	{.header = "content-type", .pattern = "^application/soap+xml", .rank = 2,
	 .flags = SIGN_ASKED})

/* Its interface is a document: restic's "REST Backend". Lists have a type of their own. */
PRODUCT(RESTIC, "restic-rest", FAMILY_BACKUP, "restic's REST server", NULL, NULL,
	"restic REST server", REQUESTS("accept: application/vnd.x.restic.rest."),
	{.header = "content-type", .pattern = "^application/vnd.x.restic.rest.",
	 .operation = "ListFiles", .status = 200, .rank = 3, .flags = SIGN_LISTS | SIGN_FILES},
	{.status = 200, .rank = 2, .flags = SIGN_ASKED})

/* Broadband Forum TR-069: both the server's answers, and devices that wait to be called. */
PRODUCT(CWMP, "cwmp", FAMILY_ADMIN, "remote management of routers: CWMP, TR-069", "open-cwmp",
	PORTS(7547), NULL, REQUESTS(NULL),
	{.pattern = "\"urn:dslforum-org:cwmp-1-", .rank = 3},
	{.header = "www-authenticate", .pattern = "realm=\"HuaweiHomeGateway\"", .rank = 3},
	{.header = "www-authenticate", .pattern = "realm=\"IgdAuthentication\"", .rank = 3})

PRODUCT(VEEAM, "veeam", FAMILY_BACKUP, "Veeam Backup Enterprise Manager", NULL, PORTS(9398),
	"Veeam Backup Enterprise Manager",
	REQUESTS("/api/sessionMngr") SHELL,
	{.header = "x-restsvcsessionid", .rank = 3},
	{.pattern = "\"http://www.veeam.com/ent/v", .rank = 3},
	{.pattern = "<title>Veeam Backup Enterprise Manager", .rank = 3})

PRODUCT(COMMVAULT, "commvault", FAMILY_BACKUP, "Commvault's web interface", NULL, NULL,
	"Commvault", REQUESTS("authtoken: QSDK "),
	{.pattern = "<DM2ContentIndexing_CheckCredentialResp", .rank = 3})
