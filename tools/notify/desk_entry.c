/* SPDX-License-Identifier: ISC */
/*
 * What an entry of the stream is about, and which channels hear of it. The exposures of an incident
 * are told with the incident; one of none has messages of its own.
 */
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/notify/desk_state.h"
#include "tools/redis-tail/entry.h"

struct seen {
	const struct redis_answer *fields;
	char kind[48], event[40], id[RECORD_ID], line[RECORD_LINE], group[128], owner[256];
	enum about about;
	bool incident;
	bool partly; /* of one endpoint: says nothing of the incident's state */
	struct standing standing;
};

static const char *field(const struct seen *seen, const char *name)
{
	struct redis_answer value;

	return entry_named(seen->fields, name, &value) && value.type == REDIS_TEXT ? value.text
										   : "";
}

static void copy(const struct seen *seen, const char *name, char *to, size_t size)
{
	subject_safe(to, size, field(seen, name));
}

static uint32_t number(const struct seen *seen, const char *name)
{
	unsigned long long value = strtoull(field(seen, name), NULL, 10);

	return value < UINT32_MAX ? (uint32_t)value : UINT32_MAX;
}

static void read_standing(struct seen *seen, const char *before)
{
	struct standing *to = &seen->standing;
	char name[64];
	uint32_t level;

	snprintf(name, sizeof name, "%sstate", before);
	copy(seen, name, to->state, sizeof to->state);
	snprintf(name, sizeof name, "%slevel", before);
	level = number(seen, name);
	to->level = (uint8_t)(level < 7 ? level : 7);
	snprintf(name, sizeof name, "%sseverity", before);
	to->severity = subject_severity(field(seen, name), 0);
	if (before[0] != '\0') {
		to->members = number(seen, "incident_member_count");
		to->open = number(seen, "incident_open_count");
	} else {
		to->reopened = number(seen, "reopened");
	}
}

static bool begins(const char *text, const char *with)
{
	return strncmp(text, with, strlen(with)) == 0;
}

static bool read_exposure(struct seen *seen)
{
	seen->about = ABOUT_EXPOSURES;
	seen->incident = field(seen, "incident")[0] != '\0';
	if (begins(seen->kind, "incident.")) {
		read_standing(seen, "incident_");
	} else {
		read_standing(seen, "");
		seen->partly = seen->incident;
	}
	copy(seen, seen->incident ? "incident" : "exposure", seen->id, sizeof seen->id);
	return seen->id[0] != '\0';
}

static bool read_sensor(struct seen *seen)
{
	bool sight = strcmp(seen->kind, "sensor.blind") == 0 ||
		     strcmp(seen->kind, "sensor.sighted") == 0;
	char sensor[72], line[RECORD_LINE];

	seen->about = begins(seen->kind, "sensor.") ? ABOUT_SENSORS : ABOUT_POLICY;
	copy(seen, "sensor", sensor, sizeof sensor);
	seen->standing.severity = subject_severity(field(seen, "severity"), 0);
	if (sight)
		snprintf(seen->id, sizeof seen->id, "sensor:%.64s:%.20s", sensor,
			 field(seen, "blind_cause"));
	else
		snprintf(seen->id, sizeof seen->id, "note:%.40s", field(seen, "id"));
	snprintf(seen->standing.state, sizeof seen->standing.state, "%.20s",
		 sight ? strchr(seen->kind, '.') + 1 : "note");
	snprintf(line, sizeof line, "sensor %.64s: %.180s", sensor, seen->line);
	subject_safe(seen->line, sizeof seen->line, line);
	return sensor[0] != '\0';
}

/* What is known of it moves; of an incident, an event about an endpoint only says how bad it is. */
static void update(struct record *record, const struct seen *seen)
{
	struct standing *now = &record->now;

	record->version++;
	if (seen->event[0] != '\0')
		memcpy(record->event, seen->event, sizeof record->event);
	if (!seen->partly) {
		*now = seen->standing;
	} else {
		if (now->state[0] == '\0')
			strcpy(now->state, "open");
		now->level = seen->standing.level > now->level ? seen->standing.level : now->level;
		if (seen->standing.severity > now->severity)
			now->severity = seen->standing.severity;
	}
	if (!seen->partly || record->line[0] == '\0')
		memcpy(record->line, seen->line, sizeof record->line);
}

/* False: it is what was known already. */
static bool is_news(const struct record *record, const struct seen *seen)
{
	return seen->event[0] != '\0' || !standing_equal(&record->now, &seen->standing);
}

static void hear(struct channel *channel, const struct seen *seen, bool routed,
		 const struct moment *moment)
{
	struct records *records = &channel->plan.records;
	struct record *record = records_find(records, seen->id);
	bool over = standing_over(&seen->standing) && strcmp(seen->standing.state, "note") != 0;

	if (record == NULL) {
		/* What was never told does not end. */
		if (!routed || (over && !seen->partly))
			return;
		record = records_add(records, seen->id);
		if (record == NULL) {
			if (records->refused == 1)
				warnx("channel %s: too much is open: what is new is not told",
				      channel->settings->name);
			return;
		}
		record->incident = seen->incident;
		record->first_ms = moment->ms;
	}
	if (!is_news(record, seen))
		return;
	update(record, seen);
	plan_note(&channel->plan, record, moment);
	records_dirty(records, record);
}

/* Somebody has muted it, or taken that back: what waits is looked at again. */
static void look_again(struct desk *desk, const struct seen *seen, const struct moment *moment)
{
	for (uint32_t i = 0; i < desk->count; i++) {
		struct records *records = &desk->channels[i].plan.records;
		struct record *record = records_find(records, field(seen, "incident"));

		if (record == NULL)
			record = records_find(records, field(seen, "exposure"));
		if (record == NULL || !record->pending)
			continue;
		record->checked_ms = 0;
		record->due_ms = record->held ? moment->ms : record->due_ms;
	}
}

static void route(struct desk *desk, const struct seen *seen, const struct moment *moment)
{
	const struct question_of_route question = {
		.about = seen->about,
		.severity = (enum policy_severity)seen->standing.severity,
		.group = seen->group,
		.owner = seen->owner,
	};
	uint32_t channels = settings_route(desk->options.settings, &question);

	if (channels == 0)
		desk->unrouted++;
	for (uint32_t i = 0; i < desk->count; i++)
		hear(&desk->channels[i], seen, (channels >> i & 1) != 0, moment);
}

bool desk_entry(void *context, const struct redis_answer *entry)
{
	struct desk *desk = context;
	struct moment moment = desk_moment();
	struct redis_answer fields;
	struct seen seen = {.fields = &fields};
	bool good;

	if (!redis_answer_item(entry, 1, &fields))
		return true;
	copy(&seen, "kind", seen.kind, sizeof seen.kind);
	copy(&seen, "id", seen.event, sizeof seen.event);
	copy(&seen, "reason", seen.line, sizeof seen.line);
	copy(&seen, "group", seen.group, sizeof seen.group);
	copy(&seen, "owner", seen.owner, sizeof seen.owner);
	if (begins(seen.kind, "operator.")) {
		look_again(desk, &seen, &moment);
		return true;
	}
	if (begins(seen.kind, "exposure.") || begins(seen.kind, "incident."))
		good = read_exposure(&seen);
	else
		good = (begins(seen.kind, "sensor.") || begins(seen.kind, "policy.")) &&
		       read_sensor(&seen);
	if (good)
		route(desk, &seen, &moment);
	return true; /* somebody else's entry is nobody's message */
}

void desk_found(struct desk *desk, const struct subject *subject, const char *id)
{
	struct moment moment = desk_moment();
	struct seen seen = {.about = ABOUT_EXPOSURES, .incident = subject->incident};

	if (subject->state[0] == '\0')
		return;
	snprintf(seen.id, sizeof seen.id, "%.40s", id);
	snprintf(seen.line, sizeof seen.line, "%.255s", subject->reason);
	snprintf(seen.group, sizeof seen.group, "%s", subject->group);
	snprintf(seen.owner, sizeof seen.owner, "%s", subject->owner);
	subject_standing(subject, &seen.standing);
	route(desk, &seen, &moment);
}
