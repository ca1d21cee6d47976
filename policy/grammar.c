/* SPDX-License-Identifier: ISC */
/*
 * The schema tables of a policy: one row for each key, one table for each kind of mapping.
 * Order of rows = order in which missing keys are reported.
 */
#include "policy/grammar.h"
#include "policy/limits.h"

#define ROWS(table)	 .rows = (table), .row_count = sizeof(table) / sizeof *(table)
/* NOLINTBEGIN(bugprone-macro-parentheses): the names of types and members take none */
#define AT(type, member) .offset = offsetof(struct type, member)
#define LIST(type, member)                                                                         \
	.list = true, .offset = offsetof(struct type, member.list),                                \
	.count = offsetof(struct type, member.count)
/* NOLINTEND(bugprone-macro-parentheses) */
#define ENTRIES(minimum, maximum) .least = (minimum), .most = (maximum)
#define RANGE(minimum, maximum)	  .least = (minimum), .most = (maximum)

#define DAY_S  86400U
#define YEAR_S (366U * DAY_S)
#define TIB    (UINT64_C(1) << 40)

static const char *const positions[] = {
	[POSITION_AUTO] = "auto",
	[POSITION_OUTSIDE] = "outside",
	[POSITION_INSIDE] = "inside",
	NULL,
};

static const char *const severities[] = {
	[SEVERITY_INFO] = "info", [SEVERITY_LOW] = "low",	    [SEVERITY_MEDIUM] = "medium",
	[SEVERITY_HIGH] = "high", [SEVERITY_CRITICAL] = "critical", NULL,
};

static const struct schema_row file_rows[] = {
	{.key = "version",
	 .type = SCHEMA_NUMBER,
	 .required = true,
	 RANGE(1, 65535),
	 AT(grammar_file, version),
	 .why = "write \"version: 1\""},
	{.key = "site", .type = SCHEMA_NAME, .fallback = "default", AT(grammar_file, site)},
	{.key = "position",
	 .type = SCHEMA_CHOICE,
	 .choices = positions,
	 .fallback = "auto",
	 AT(grammar_file, position)},
	{.key = "thresholds", .type = SCHEMA_NODE, AT(grammar_file, thresholds)},
	{.key = "zones",
	 .type = SCHEMA_NODE,
	 .required = true,
	 AT(grammar_file, zones),
	 .why = "at least the zone \"inside\""},
	{.key = "proxies", .type = SCHEMA_NODE, AT(grammar_file, proxies)},
	{.key = "translations", .type = SCHEMA_NODE, AT(grammar_file, translations)},
	{.key = "tunnels", .type = SCHEMA_NODE, AT(grammar_file, tunnels)},
	{.key = "groups", .type = SCHEMA_NODE, AT(grammar_file, groups)},
	{.key = "rules", .type = SCHEMA_NODE, AT(grammar_file, rules)},
	{.key = "exceptions", .type = SCHEMA_NODE, AT(grammar_file, exceptions)},
	{.key = "include", .type = SCHEMA_NODE, AT(grammar_file, include)},
};
const struct schema grammar_file = {.what = "a policy", ROWS(file_rows)};

static const struct schema_row threshold_rows[] = {
	{.key = "data-out",
	 .type = SCHEMA_SIZE,
	 RANGE(1, TIB),
	 .fallback = "1 MiB",
	 AT(policy_thresholds, data_out_bytes)},
	{.key = "close-probes",
	 .type = SCHEMA_NUMBER,
	 RANGE(1, 1000),
	 .fallback = "3",
	 AT(policy_thresholds, close_probes)},
	{.key = "close-spread",
	 .type = SCHEMA_DURATION,
	 RANGE(0, DAY_S),
	 .fallback = "3s",
	 AT(policy_thresholds, close_spread_ns)},
	{.key = "close-likely",
	 .type = SCHEMA_NUMBER,
	 RANGE(0, 1000000000),
	 .fallback = "1000",
	 AT(policy_thresholds, close_likely)},
	{.key = "collapse-ports",
	 .type = SCHEMA_NUMBER,
	 RANGE(2, 65535),
	 .fallback = "64",
	 AT(policy_thresholds, collapse_ports)},
	{.key = "collapse-endpoints",
	 .type = SCHEMA_NUMBER,
	 RANGE(1, 65535),
	 .fallback = "64",
	 AT(policy_thresholds, collapse_endpoints)},
	{.key = "collapse-client",
	 .type = SCHEMA_NUMBER,
	 RANGE(1, 1000000),
	 .fallback = "256",
	 AT(policy_thresholds, collapse_client)},
	{.key = "announcements-per-second",
	 .type = SCHEMA_NUMBER,
	 RANGE(1, 1000000),
	 .fallback = "1000",
	 AT(policy_thresholds, announcements_per_second)},
	{.key = "incident-window",
	 .type = SCHEMA_DURATION,
	 RANGE(1, 30 * DAY_S),
	 .fallback = "10m",
	 AT(policy_thresholds, incident_window_ns)},
	{.key = "summary-every",
	 .type = SCHEMA_DURATION,
	 RANGE(1, 30 * DAY_S),
	 .fallback = "1h",
	 AT(policy_thresholds, summary_every_ns)},
	{.key = "unconfirmed-after",
	 .type = SCHEMA_DURATION,
	 RANGE(1, YEAR_S),
	 .fallback = "24h",
	 AT(policy_thresholds, unconfirmed_after_ns)},
	{.key = "exception-warning",
	 .type = SCHEMA_DURATION,
	 RANGE(1, YEAR_S),
	 .fallback = "7d",
	 AT(policy_thresholds, exception_warning_ns)},
};
const struct schema grammar_thresholds = {.what = "thresholds", ROWS(threshold_rows)};

/* One that is only a list. Its key, for diagnostics, is the name of the zone. */
const struct schema_row grammar_zone_plain = {
	.type = SCHEMA_PREFIX, ENTRIES(1, LIMIT_PREFIXES), LIST(zone, prefixes)};

static const struct schema_row zone_rows[] = {
	{.key = "prefixes",
	 .type = SCHEMA_PREFIX,
	 .required = true,
	 ENTRIES(1, LIMIT_PREFIXES),
	 LIST(zone, prefixes)},
	{.key = "inside", .type = SCHEMA_TRUE, AT(zone, inside)},
};
const struct schema grammar_zone = {.what = "a zone", ROWS(zone_rows)};

/* In the order of enum forwarded_by (dissectors/read/forwarded_by.h), whose names these are. */
const char *const grammar_proxy_headers[] = {
	"x-cluster-client-ip",
	"x-azure-clientip",
	"x-envoy-external-address",
	"x-client-ip",
	"true-client-ip",
	"cf-connecting-ip",
	"x-real-ip",
	"forwarded",
	"x-forwarded-for",
	"xclient",
	"imap-id",
	"proxy-protocol",
	NULL,
};

/* One that is only an address. */
const struct schema_row grammar_proxy_plain = {
	.key = "proxies", .type = SCHEMA_PREFIX, AT(proxy, address)};

static const struct schema_row proxy_rows[] = {
	{.key = "address", .type = SCHEMA_PREFIX, .required = true, AT(proxy, address)},
	{.key = "header",
	 .type = SCHEMA_CHOICE,
	 .choices = grammar_proxy_headers,
	 .any_case = true,
	 AT(proxy, header)},
	{.key = "headers",
	 .type = SCHEMA_CHOICE,
	 .choices = grammar_proxy_headers,
	 .any_case = true,
	 ENTRIES(1, LIMIT_NAMES),
	 LIST(proxy, headers)},
};
const struct schema grammar_proxy = {.what = "a proxy", ROWS(proxy_rows)};

static const struct schema_row translation_rows[] = {
	{.key = "public", .type = SCHEMA_ADDRESS, .required = true, AT(translation, public_side)},
	{.key = "private", .type = SCHEMA_ADDRESS, .required = true, AT(translation, private_side)},
};
const struct schema grammar_translation = {.what = "a translation", ROWS(translation_rows)};

/* In the order of enum tunnel_kind (sensor/decode/tunnel.h), whose names these are. */
const char *const grammar_tunnel_kinds[] = {
	"",	   "vxlan", "geneve",  "erspan-1",  "erspan-2", "erspan-3", "gre",
	"gretap",  "nvgre", "mpls",    "pppoe",	    "ip-in-ip", "6in4",	    "tzsp",
	"l2tpv3",  "gtp-u", "etherip", "vxlan-gpe", "lisp",	"l2tpv2",   "capwap",
	"jmirror", "gue",   "fou",     "esp-null",  NULL,
};

static const struct schema_row tunnel_rows[] = {
	{.key = "ends",
	 .type = SCHEMA_PREFIX,
	 .required = true,
	 ENTRIES(1, LIMIT_PREFIXES),
	 LIST(tunnel_rule, ends),
	 .why = "the addresses between which the tunnel goes, both of them"},
	{.key = "kinds",
	 .type = SCHEMA_CHOICE,
	 .choices = grammar_tunnel_kinds,
	 ENTRIES(1, LIMIT_NAMES),
	 LIST(tunnel_rule, kinds)},
	{.key = "ids", .type = SCHEMA_NUMBER, RANGE(0, UINT32_MAX), LIST(tunnel_rule, ids)},
	{.key = "interfaces",
	 .type = SCHEMA_TEXT,
	 ENTRIES(1, LIMIT_NAMES),
	 LIST(tunnel_rule, interfaces)},
};
const struct schema grammar_tunnel = {.what = "a tunnel", ROWS(tunnel_rows)};

static const struct schema_row group_rows[] = {
	{.key = "hosts",
	 .type = SCHEMA_PREFIX,
	 .required = true,
	 ENTRIES(1, LIMIT_PREFIXES),
	 LIST(group, hosts)},
	{.key = "ports", .type = SCHEMA_PORTS, ENTRIES(1, LIMIT_PORTS), LIST(group, ports)},
	{.key = "owner", .type = SCHEMA_TEXT, AT(group, owner)},
	{.key = "security-group", .type = SCHEMA_TEXT, AT(group, security_group)},
	{.key = "runbook", .type = SCHEMA_TEXT, AT(group, runbook)},
	{.key = "contact", .type = SCHEMA_TEXT, AT(group, contact)},
	{.key = "ticket", .type = SCHEMA_TEXT, AT(group, ticket)},
};
const struct schema grammar_group = {.what = "a group", ROWS(group_rows)};

static const struct schema_row rule_rows[] = {
	{.key = "name", .type = SCHEMA_NAME, .required = true, AT(rule, name)},
	{.key = "groups",
	 .type = SCHEMA_REFERENCE,
	 ENTRIES(1, LIMIT_NAMES),
	 LIST(rule, groups_named)},
	{.key = "services",
	 .type = SCHEMA_REFERENCE,
	 ENTRIES(1, LIMIT_NAMES),
	 LIST(rule, services_named)},
	{.key = "ports", .type = SCHEMA_PORTS, ENTRIES(1, LIMIT_PORTS), LIST(rule, ports)},
	{.key = "internal-only",
	 .type = SCHEMA_TRUE,
	 .required = true,
	 AT(rule, internal_only),
	 .why = "a rule says what only \"inside\" and the zones in \"allow\" may reach"},
	{.key = "both-directions", .type = SCHEMA_TRUE, AT(rule, both_directions)},
	{.key = "allow",
	 .type = SCHEMA_REFERENCE,
	 ENTRIES(0, LIMIT_ZONES),
	 LIST(rule, allow_named)},
	{.key = "deny", .type = SCHEMA_REFERENCE, ENTRIES(1, LIMIT_ZONES), LIST(rule, deny_named)},
	{.key = "severity",
	 .type = SCHEMA_CHOICE,
	 .required = true,
	 .choices = severities,
	 AT(rule, severity),
	 .why = "info, low, medium, high or critical"},
	{.key = "data-out", .type = SCHEMA_SIZE, RANGE(1, TIB), AT(rule, data_out_bytes)},
};
const struct schema grammar_rule = {.what = "a rule", ROWS(rule_rows)};

static const struct schema_row exception_rows[] = {
	{.key = "rule", .type = SCHEMA_REFERENCE, .required = true, AT(exception, rule_named)},
	{.key = "server", .type = SCHEMA_PREFIX, .required = true, AT(exception, server)},
	{.key = "port", .type = SCHEMA_NUMBER, RANGE(1, 65535), AT(exception, port)},
	{.key = "client", .type = SCHEMA_PREFIX, .required = true, AT(exception, client)},
	{.key = "reason", .type = SCHEMA_TEXT, .required = true, AT(exception, reason)},
	{.key = "owner", .type = SCHEMA_TEXT, .required = true, AT(exception, owner)},
	{.key = "ticket", .type = SCHEMA_TEXT, AT(exception, ticket)},
	{.key = "until",
	 .type = SCHEMA_MOMENT,
	 .required = true,
	 AT(exception, until_ns),
	 .why = "an exception without an end would be a hole for ever"},
};
const struct schema grammar_exception = {.what = "an exception", ROWS(exception_rows)};
