/* SPDX-License-Identifier: ISC */
/* See settings_rows.h. A new key is a member of the struct, a row, and, if only some types of
 * channels have it, a line in settings_check.c. */
#include "tools/notify/settings_rows.h"

#define ROWS(table)	 .rows = (table), .row_count = sizeof(table) / sizeof *(table)
/* NOLINTBEGIN(bugprone-macro-parentheses): the names of types and members take none */
#define AT(type, member) .offset = offsetof(struct type, member)
#define LIST(type, member)                                                                         \
	.list = true, .offset = offsetof(struct type, member.list),                                \
	.count = offsetof(struct type, member.count)
/* NOLINTEND(bugprone-macro-parentheses) */
#define RANGE(minimum, maximum) .least = (minimum), .most = (maximum)

#define DAY_S 86400U

static const char *const types[] = {
	[CHANNEL_WEBHOOK] = "webhook",
	[CHANNEL_SLACK] = "slack",
	[CHANNEL_MATTERMOST] = "mattermost",
	[CHANNEL_TEAMS] = "teams",
	[CHANNEL_PAGERDUTY] = "pagerduty",
	[CHANNEL_ALERTMANAGER] = "alertmanager",
	[CHANNEL_MAIL] = "mail",
	[CHANNEL_TYPES] = NULL,
};

static const char *const severities[] = {
	[SEVERITY_INFO] = "info", [SEVERITY_LOW] = "low",	    [SEVERITY_MEDIUM] = "medium",
	[SEVERITY_HIGH] = "high", [SEVERITY_CRITICAL] = "critical", NULL,
};

static const char *const abouts[] = {
	[ABOUT_EXPOSURES] = "exposures",
	[ABOUT_SENSORS] = "sensors",
	[ABOUT_POLICY] = "policy",
	[ABOUTS] = NULL,
};

const char *channel_type_name(uint32_t type)
{
	return types[type];
}

static const struct schema_row file_rows[] = {
	{.key = "version",
	 .type = SCHEMA_NUMBER,
	 .required = true,
	 RANGE(1, 1),
	 AT(settings_file, version),
	 .why = "write \"version: 1\""},
	{.key = "dashboard", .type = SCHEMA_TEXT, AT(settings_file, dashboard)},
	{.key = "channels",
	 .type = SCHEMA_NODE,
	 .required = true,
	 AT(settings_file, channels),
	 .why = "where messages go to"},
	{.key = "routes",
	 .type = SCHEMA_NODE,
	 .required = true,
	 AT(settings_file, routes),
	 .why = "which events go to which channel"},
};
const struct schema settings_file_rows = {.what = "the file", ROWS(file_rows)};

#define TEXT(name, member)                                                                         \
	{                                                                                          \
		.key = (name), .type = SCHEMA_TEXT, AT(channel_settings, member)                   \
	}

static const struct schema_row channel_rows[] = {
	{.key = "type",
	 .type = SCHEMA_CHOICE,
	 .required = true,
	 .choices = types,
	 AT(channel_settings, type),
	 .why = "webhook, slack, mattermost, teams, pagerduty, alertmanager or mail"},
	TEXT("url", url),
	TEXT("url-file", url_file),
	TEXT("token-file", token_file),
	TEXT("channel", room),
	TEXT("routing-key-file", routing_key_file),
	TEXT("user", user),
	TEXT("password-file", password_file),
	TEXT("from", from),
	{.key = "to", .type = SCHEMA_TEXT, RANGE(1, SETTINGS_NAMES), LIST(channel_settings, to)},
	TEXT("ca", ca),
	TEXT("proxy", proxy),
	{.key = "cleartext", .type = SCHEMA_TRUE, AT(channel_settings, cleartext)},
	{.key = "timeout",
	 .type = SCHEMA_DURATION,
	 RANGE(1, 300),
	 .fallback = "15s",
	 AT(channel_settings, timeout_ns)},
	{.key = "gather",
	 .type = SCHEMA_DURATION,
	 RANGE(0, 3600),
	 .fallback = "1s",
	 AT(channel_settings, gather_ns)},
	{.key = "every",
	 .type = SCHEMA_DURATION,
	 RANGE(1, 7 * DAY_S),
	 .fallback = "10m",
	 AT(channel_settings, every_ns)},
	{.key = "digest-from",
	 .type = SCHEMA_NUMBER,
	 RANGE(2, 1000),
	 .fallback = "5",
	 AT(channel_settings, digest_from)},
	{.key = "burst",
	 .type = SCHEMA_NUMBER,
	 RANGE(1, 1000),
	 .fallback = "10",
	 AT(channel_settings, burst)},
	{.key = "window",
	 .type = SCHEMA_DURATION,
	 RANGE(1, DAY_S),
	 .fallback = "10m",
	 AT(channel_settings, window_ns)},
	{.key = "quiet", .type = SCHEMA_TEXT, RANGE(1, QUIET_MAX), LIST(channel_settings, quiet)},
	{.key = "quiet-passes",
	 .type = SCHEMA_CHOICE,
	 .choices = severities,
	 .fallback = "critical",
	 AT(channel_settings, quiet_passes)},
};
const struct schema settings_channel_rows = {.what = "a channel", ROWS(channel_rows)};

static const struct schema_row route_rows[] = {
	{.key = "to",
	 .type = SCHEMA_REFERENCE,
	 .required = true,
	 RANGE(1, SETTINGS_CHANNELS),
	 LIST(route_settings, to),
	 .why = "the names of channels"},
	{.key = "severity",
	 .type = SCHEMA_CHOICE,
	 .choices = severities,
	 .fallback = "low",
	 AT(route_settings, severity)},
	{.key = "owners",
	 .type = SCHEMA_TEXT,
	 RANGE(1, SETTINGS_NAMES),
	 LIST(route_settings, owners)},
	{.key = "groups",
	 .type = SCHEMA_TEXT,
	 RANGE(1, SETTINGS_NAMES),
	 LIST(route_settings, groups)},
	{.key = "about",
	 .type = SCHEMA_CHOICE,
	 .choices = abouts,
	 RANGE(1, ABOUTS),
	 LIST(route_settings, about)},
	{.key = "last", .type = SCHEMA_TRUE, AT(route_settings, last)},
};
const struct schema settings_route_rows = {.what = "a route", ROWS(route_rows)};
