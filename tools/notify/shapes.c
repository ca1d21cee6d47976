/* SPDX-License-Identifier: ISC */
/* See shapes.h. The forms: shapes_alert.c, shapes_chat.c, mail.c. */
#include "tools/notify/shapes.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sensor/base/json_scan.h"

#define JSON_TYPE "application/json"

static const struct shape plain[CHANNEL_TYPES] = {
	[CHANNEL_WEBHOOK] = {shape_webhook, NULL, JSON_TYPE, "", false, true},
	[CHANNEL_SLACK] = {shape_slack, NULL, JSON_TYPE, "", false, false},
	[CHANNEL_MATTERMOST] = {shape_mattermost, NULL, JSON_TYPE, "", false, false},
	[CHANNEL_TEAMS] = {shape_teams, NULL, JSON_TYPE, "", false, false},
	[CHANNEL_PAGERDUTY] = {shape_pagerduty, NULL, JSON_TYPE, "", true, true},
	[CHANNEL_ALERTMANAGER] = {shape_alertmanager, NULL, JSON_TYPE, "/api/v2/alerts", true,
				  true},
	[CHANNEL_MAIL] = {shape_mail, NULL, "", "", false, true},
};

/* The interfaces for programs, whose answers name the message. */
static const struct shape slack_api = {
	shape_slack, shape_read_slack, JSON_TYPE "; charset=utf-8", "", false, false};
static const struct shape mattermost_api = {
	shape_mattermost, shape_read_mattermost, JSON_TYPE, "/api/v4/posts", false, false};

const struct shape *shape_of(const struct channel_settings *channel)
{
	if (channel->type == CHANNEL_SLACK && channel->token_file != NULL)
		return &slack_api;
	if (channel->type == CHANNEL_MATTERMOST && channel->token_file != NULL)
		return &mattermost_api;
	return &plain[channel->type];
}

/* RFC 9110, section 15; 425: RFC 8470; 429: RFC 6585. */
enum verdict shape_http_status(long status)
{
	if (status >= 200 && status < 300)
		return VERDICT_TOLD;
	if (status == 400 || status == 413 || status == 415 || status == 422)
		return VERDICT_REFUSED;
	if (status == 408 || status == 425 || status == 429 || status >= 500 || status < 200)
		return VERDICT_LATER;
	return VERDICT_BLOCKED;
}

/* RFC 5321, section 4.2.1; 530, 534, 535 and 538 are about the log-in (RFC 4954). */
enum verdict shape_smtp_status(long status)
{
	if (status == 530 || status == 534 || status == 535 || status == 538)
		return VERDICT_BLOCKED;
	return status >= 500 && status < 600 ? VERDICT_REFUSED : VERDICT_LATER;
}

const char *shape_plain(char *to, size_t size, const char *from)
{
	size_t used = 0;

	for (; *from != '\0' && used + 8 < size; from++) {
		if (strncmp(from, "://", 3) == 0) {
			used += (size_t)snprintf(to + used, size - used, "[://]");
			from += 2;
		} else if (strncasecmp(from, "www.", 4) == 0) {
			used += (size_t)snprintf(to + used, size - used, "%.3s[.]", from);
			from += 3;
		} else {
			to[used++] = *from;
		}
	}
	/* Not inside of a character. */
	while (*from != '\0' && used > 0 && ((unsigned char)*from & 0xc0) == 0x80) {
		from--;
		used--;
	}
	to[used] = '\0';
	return to;
}

void shape_key(const struct telling *telling, char *to, size_t size)
{
	bool digest = strncmp(telling->ref, "digest:", 7) == 0;

	snprintf(to, size, "spanwatch:%.64s:%s", telling->site,
		 digest ? telling->ref : telling->id);
}

struct wanted {
	int depth;
	bool ok, found;
	const char *key; /* of the message's name */
	char *ref;
	char error[64];
};

static void take(void *context, enum json_scan_kind kind, const char *key, const char *value)
{
	struct wanted *wanted = context;

	if (kind == JSON_SCAN_VALUE && wanted->depth == 1) {
		if (strcmp(key, "ok") == 0)
			wanted->ok = strcmp(value, "true") == 0;
		else if (strcmp(key, "error") == 0)
			snprintf(wanted->error, sizeof wanted->error, "%.63s", value);
		else if (strcmp(key, wanted->key) == 0 && strlen(value) < RECORD_REF) {
			snprintf(wanted->ref, RECORD_REF, "%s", value);
			wanted->found = true;
		}
	}
	wanted->depth += kind == JSON_SCAN_BEGIN ? 1 : kind == JSON_SCAN_END ? -1 : 0;
}

/* False: it is no JSON. */
static bool scan(const char *answer, struct wanted *wanted)
{
	FILE *file = fmemopen((void *)(uintptr_t)answer, strlen(answer), "r");
	char error[JSON_SCAN_ERROR];
	uint64_t line;
	bool good;

	if (file == NULL)
		return false;
	good = json_scan(file, take, wanted, &line, error);
	fclose(file);
	return good;
}

/* https://docs.slack.dev/reference/methods/chat.postMessage: 200, and "ok" says whether. */
enum verdict shape_read_slack(const char *answer, char *ref)
{
	static const char *const refused[] = {"msg_too_long", "invalid_blocks",
					      "invalid_blocks_format", "no_text"};
	static const char *const later[] = {"ratelimited",	   "rate_limited",
					    "internal_error",	   "fatal_error",
					    "service_unavailable", "request_timeout"};
	char name[RECORD_REF] = "";
	struct wanted wanted = {.key = "ts", .ref = name};

	if (!scan(answer, &wanted))
		return VERDICT_LATER;
	if (wanted.ok) {
		if (ref[0] == '\0')
			memcpy(ref, name, sizeof name); /* an answer in a thread names itself */
		return VERDICT_TOLD;
	}
	for (size_t i = 0; i < sizeof refused / sizeof *refused; i++)
		if (strcmp(wanted.error, refused[i]) == 0)
			return VERDICT_REFUSED;
	for (size_t i = 0; i < sizeof later / sizeof *later; i++)
		if (strcmp(wanted.error, later[i]) == 0)
			return VERDICT_LATER;
	return wanted.error[0] == '\0' ? VERDICT_LATER : VERDICT_BLOCKED;
}

/* https://developers.mattermost.com/api-documentation/, "Create a post": 201 and the post. */
enum verdict shape_read_mattermost(const char *answer, char *ref)
{
	char name[RECORD_REF] = "";
	struct wanted wanted = {.key = "id", .ref = name};

	if (!scan(answer, &wanted) || !wanted.found)
		return VERDICT_LATER;
	if (ref[0] == '\0')
		memcpy(ref, name, sizeof name);
	return VERDICT_TOLD;
}
