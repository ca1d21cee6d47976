/* SPDX-License-Identifier: ISC */
/*
 * What spanwatch-notify is told to do, in YAML: channels, and which events go to which of them. It
 * is read by the policy's reader and rows, so all that is wrong is told at once, by line and
 * column. Secrets are in files that only their owner can read; what they hold is in no message.
 */
#ifndef TOOLS_NOTIFY_SETTINGS_H
#define TOOLS_NOTIFY_SETTINGS_H

#include <stdbool.h>
#include <stdint.h>

#include "policy/arena.h"
#include "policy/model.h"
#include "policy/policy.h"
#include "tools/notify/quiet.h"

#define SETTINGS_CHANNELS 32
#define SETTINGS_ROUTES	  256
#define SETTINGS_NAMES	  256 /* entries of a list */
#define SETTINGS_SECRET	  1024

enum channel_type {
	CHANNEL_WEBHOOK,
	CHANNEL_SLACK,
	CHANNEL_MATTERMOST,
	CHANNEL_TEAMS,
	CHANNEL_PAGERDUTY,
	CHANNEL_ALERTMANAGER,
	CHANNEL_MAIL,
	CHANNEL_TYPES
};

enum about { ABOUT_EXPOSURES, ABOUT_SENSORS, ABOUT_POLICY, ABOUTS };

struct text_list {
	const char **list;
	uint32_t count;
};

struct channel_settings {
	const char *name;
	uint32_t type;
	const char *url, *url_file, *token_file, *room, *routing_key_file, *user, *password_file;
	const char *from, *ca, *proxy;
	struct text_list to, quiet;
	uint64_t gather_ns, every_ns, timeout_ns, window_ns;
	uint32_t burst, digest_from, quiet_passes;
	bool cleartext;
	/* Resolved. */
	char address[SETTINGS_SECRET]; /* where to; a secret, mostly */
	char secret[SETTINGS_SECRET];  /* token, routing key or password; "" if none */
	char host[256];		       /* for messages */
	struct quiet_hours hours[QUIET_MAX];
};

struct route_settings {
	struct mark at;
	struct reference_list to;
	struct text_list groups, owners; /* empty: any */
	struct {
		uint32_t *list; /* enum about */
		uint32_t count;
	} about;
	uint32_t severity; /* and above */
	bool last;
	uint32_t channels; /* resolved: a bit for each */
};

struct settings {
	struct arena arena;
	const char *dashboard; /* "" if none */
	struct channel_settings *channels;
	struct route_settings *routes;
	uint32_t channel_count, route_count;
};

/* NULL if there are errors. `messages` is filled in any case; the caller frees them. */
struct settings *settings_load(const char *path, struct policy_messages *messages);
/* The same of a text; files of secrets are read. */
struct settings *settings_parse(const char *text, size_t length, struct policy_messages *messages);
void settings_free(struct settings *settings); /* NULL is allowed */

const char *channel_type_name(uint32_t type);
/* What is on this host needs no cipher. */
bool settings_is_loopback(const char *host);

/* What a route asks of an event. */
struct question_of_route {
	enum about about;
	enum policy_severity severity;
	const char *group, *owner; /* "" if none */
};
/* A bit for each channel that is to be told. */
uint32_t settings_route(const struct settings *settings, const struct question_of_route *question);

#endif
