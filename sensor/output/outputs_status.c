/* SPDX-License-Identifier: ISC */
/* See outputs_status.h. Fields: spanwatch-redis(7). */
#include "sensor/output/outputs_status.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "sensor/base/counter_rows.h"
#include "sensor/base/json_out.h"
#include "sensor/base/printable.h"
#include "sensor/base/timestamp.h"

void status_free(struct status *status)
{
	free(status->packed);
}

static void put_bytes(struct status *status, const char *bytes, size_t length)
{
	if (status->length + length > status->capacity) {
		size_t capacity = (status->length + length) * 2;
		char *packed = realloc(status->packed, capacity);

		if (packed == NULL) {
			status->failed = true;
			return;
		}
		status->packed = packed;
		status->capacity = capacity;
	}
	memcpy(status->packed + status->length, bytes, length);
	status->length += length;
}

static void put(struct status *status, const char *name, const char *value)
{
	put_bytes(status, name, strlen(name) + 1);
	put_bytes(status, value, strlen(value) + 1);
}

static void put_number(struct status *status, const char *name, uint64_t number)
{
	char text[24];

	snprintf(text, sizeof text, "%" PRIu64, number);
	put(status, name, text);
}

static void put_signed(struct status *status, const char *name, int64_t number)
{
	char text[24];

	snprintf(text, sizeof text, "%" PRId64, number);
	put(status, name, text);
}

static void put_time(struct status *status, const char *name, uint64_t ns)
{
	char text[TIMESTAMP_TEXT];

	if (ns != 0)
		put(status, name, timestamp_format(ns, text));
}

void status_add(struct heartbeat_counter *fields, size_t *count, const char *name, uint64_t value)
{
	for (size_t i = 0; i < *count; i++) {
		/* cppcheck-suppress uninitvar ; the first *count of them are set */
		if (strcmp(fields[i].name, name) == 0) {
			fields[i].value += value;
			return;
		}
	}
	fields[(*count)++] = (struct heartbeat_counter){.name = name, .value = value};
}

#define ONE(in, member, kind, metric, field, told, meaning) +1
#define ADD(in, member, kind, metric, field, told, meaning)                                        \
	status_add(fields, &count, field, stats->in member);

static void put_outputs(struct status *status, const struct outputs_stats *stats)
{
	struct heartbeat_counter fields[0 COUNTERS_OUTPUTS(ONE, )];
	size_t count = 0;

	COUNTERS_OUTPUTS(ADD, )
	for (size_t i = 0; i < count; i++)
		put_number(status, fields[i].name, fields[i].value);
}

void status_heartbeat(struct status *status, const struct heartbeat *heartbeat,
		      const struct event_context *context, const struct outputs_stats *stats)
{
	put(status, "sensor", context->sensor);
	put(status, "site", context->site);
	put(status, "version", context->version);
	put(status, "state", heartbeat->state != NULL ? heartbeat->state : "watching");
	if (heartbeat->blind != NULL && heartbeat->blind[0] != '\0')
		put(status, "blind", heartbeat->blind);
	put_time(status, "time", heartbeat->now_ns);
	put_time(status, "packet_time", heartbeat->packet_ns);
	put_outputs(status, stats);
	put_number(status, "journal_in_memory", stats->journal_in_memory);
	if (stats->redis_clock_known)
		put_signed(status, "clock_skew_ms", stats->redis_clock_skew_ms);
	for (size_t i = 0; i < heartbeat->count; i++)
		put_number(status, heartbeat->counters[i].name, heartbeat->counters[i].value);
}

struct line {
	struct json_out *json;
	struct status *status;
	const struct policy *policy;
	const char *sensor;
};

/* "rule:NAME@SENSOR" → {"probes":…,"answers":…,"last_probe":…,"last_answer":…} */
static void put_line(void *context, const struct coverage *coverage)
{
	const struct line *line = context;
	const char *name = coverage->is_rule ? policy_rule(line->policy, coverage->index).name
					     : policy_group(line->policy, coverage->index).name;
	char safe[POLICY_NAME_MAX], field[POLICY_NAME_MAX + 96];
	struct json_out *out = line->json;
	const char *json;
	size_t length;

	json_out_begin(out);
	json_out_number(out, "probes", coverage->probes);
	json_out_number(out, "answers", coverage->answers);
	json_out_time(out, "last_probe", coverage->last_probe_ns);
	json_out_time(out, "last_answer", coverage->last_answer_ns);
	json = json_out_done(out, &length);
	printable_copy(safe, sizeof safe, name);
	snprintf(field, sizeof field, "%s:%s@%s", coverage->is_rule ? "rule" : "group", safe,
		 line->sensor);
	if (json != NULL)
		put(line->status, field, json);
	else
		line->status->failed = true;
}

void status_coverage(struct status *status, const struct engine *engine,
		     const struct policy *policy, const struct event_context *context)
{
	struct line line = {
		.json = json_out_new(),
		.status = status,
		.policy = policy,
		.sensor = context->sensor,
	};

	if (line.json != NULL)
		engine_coverage(engine, put_line, &line);
	else
		status->failed = true;
	json_out_free(line.json);
}
