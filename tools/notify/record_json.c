/* SPDX-License-Identifier: ISC */
/*
 * A record as a field's value of `notified:CHANNEL`, and back:
 *	{"state":"open","level":5,"severity_number":90,"event":"…","count":2,"at_ms":1448096832416,
 *	 "ref":"…","kind":"incident","members":7,"open":7,"pending":true,"line":"…"}
 * The first seven are spanwatch-redis(7)'s; without a state nothing was told yet.
 * What it does not know it ignores: another release may have written it.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sensor/base/json_scan.h"
#include "tools/notify/record.h"

/* 10, 30, 50, 70, 90 */
#define SEVERITY_NUMBER(severity) (10 + 20 * (severity))

void record_write(const struct record *record, struct body *body)
{
	const struct standing *told = &record->told;

	body_clear(body);
	body_object(body, NULL);
	if (told->state[0] != '\0') {
		body_text(body, "state", told->state);
		body_number(body, "level", told->level);
		body_number(body, "severity_number", SEVERITY_NUMBER(told->severity));
		body_number(body, "count", record->tellings);
		body_number(body, "at_ms", (int64_t)record->told_unix_ms);
	}
	body_if(body, "event", record->event);
	if (record->incident)
		body_text(body, "kind", "incident");
	if (told->members != 0) {
		body_number(body, "members", told->members);
		body_number(body, "open", told->open);
	}
	if (told->reopened != 0)
		body_number(body, "reopened", told->reopened);
	body_if(body, "ref", record->ref);
	if (record->pending) {
		body_flag(body, "pending", true);
		body_text(body, "now", record->now.state);
		body_number(body, "now_level", record->now.level);
		body_number(body, "now_severity_number", SEVERITY_NUMBER(record->now.severity));
	}
	body_if(body, "line", record->line);
	body_end(body);
}

static uint8_t severity_of(uint64_t number)
{
	uint64_t severity = number < 10 ? 0 : (number - 10) / 20;

	return (uint8_t)(severity < SEVERITY_CRITICAL ? severity : SEVERITY_CRITICAL);
}

struct reading {
	struct record *record;
	int depth;
	bool found;
};

static void take_text(struct record *record, const char *key, const char *value)
{
	if (strcmp(key, "state") == 0)
		snprintf(record->told.state, RECORD_STATE, "%.*s", RECORD_STATE - 1, value);
	else if (strcmp(key, "now") == 0)
		snprintf(record->now.state, RECORD_STATE, "%.*s", RECORD_STATE - 1, value);
	else if (strcmp(key, "ref") == 0)
		snprintf(record->ref, RECORD_REF, "%.*s", RECORD_REF - 1, value);
	else if (strcmp(key, "line") == 0)
		snprintf(record->line, RECORD_LINE, "%.*s", RECORD_LINE - 1, value);
	else if (strcmp(key, "event") == 0)
		snprintf(record->event, sizeof record->event, "%.39s", value);
	else if (strcmp(key, "kind") == 0)
		record->incident = strcmp(value, "incident") == 0;
	else if (strcmp(key, "pending") == 0)
		record->pending = strcmp(value, "true") == 0;
}

static void take_number(struct record *record, const char *key, uint64_t number)
{
	if (strcmp(key, "level") == 0)
		record->told.level = (uint8_t)(number < 7 ? number : 7);
	else if (strcmp(key, "now_level") == 0)
		record->now.level = (uint8_t)(number < 7 ? number : 7);
	else if (strcmp(key, "at_ms") == 0)
		record->told_unix_ms = number;
	else if (strcmp(key, "members") == 0)
		record->told.members = (uint32_t)number;
	else if (strcmp(key, "open") == 0)
		record->told.open = (uint32_t)number;
	else if (strcmp(key, "reopened") == 0)
		record->told.reopened = (uint32_t)number;
	else if (strcmp(key, "count") == 0)
		record->tellings = (uint32_t)number;
	else if (strcmp(key, "severity_number") == 0)
		record->told.severity = severity_of(number);
	else if (strcmp(key, "now_severity_number") == 0)
		record->now.severity = severity_of(number);
}

static void take(void *context, enum json_scan_kind kind, const char *key, const char *value)
{
	struct reading *reading = context;

	if (kind == JSON_SCAN_VALUE && reading->depth == 1) {
		take_text(reading->record, key, value);
		take_number(reading->record, key, strtoull(value, NULL, 10));
		reading->found =
			reading->found || strcmp(key, "state") == 0 || strcmp(key, "pending") == 0;
	}
	reading->depth += kind == JSON_SCAN_BEGIN ? 1 : kind == JSON_SCAN_END ? -1 : 0;
}

bool record_read(struct record *record, const char *json)
{
	struct record fresh = {0};
	struct reading reading = {.record = &fresh};
	char error[JSON_SCAN_ERROR];
	uint64_t line;
	FILE *file = fmemopen((void *)(uintptr_t)json, strlen(json), "r");
	bool good;

	if (file == NULL)
		return false;
	good = json_scan(file, take, &reading, &line, error) && reading.found;
	fclose(file);
	if (!good)
		return false;
	record->told = fresh.told;
	record->now = fresh.now.state[0] != '\0' ? fresh.now : fresh.told;
	record->told_unix_ms = fresh.told_unix_ms;
	record->tellings = fresh.tellings;
	record->incident = fresh.incident;
	memcpy(record->event, fresh.event, sizeof record->event);
	memcpy(record->ref, fresh.ref, sizeof record->ref);
	memcpy(record->line, fresh.line, sizeof record->line);
	record->due_ms = fresh.pending ? 1 : 0; /* the caller puts it in the list */
	return true;
}
