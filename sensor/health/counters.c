/* SPDX-License-Identifier: ISC */
/* See counters.h. */
#include "sensor/health/counters.h"

#include <inttypes.h>
#include <string.h>

#include "sensor/base/counter_rows.h"
#include "sensor/output/outputs_status.h"

#define COUNTER false
#define GAUGE	true
#define ROW_OF(of, in, member, kind, metric, field, told, meaning)                                 \
	{metric, field, told, meaning, of, kind, offsetof(struct counters, in member)},
#define CAPTURE_ROW(...)  ROW_OF(COUNTER_PART_CAPTURE, __VA_ARGS__)
#define WORKER_ROW(...)	  ROW_OF(COUNTER_PART_WORKER, __VA_ARGS__)
#define KEPT_ROW(...)	  ROW_OF(COUNTER_PART_KEPT, __VA_ARGS__)
#define ENGINE_ROW(...)	  ROW_OF(COUNTER_PART_ENGINE, __VA_ARGS__)
#define EVIDENCE_ROW(...) ROW_OF(COUNTER_PART_EVIDENCE, __VA_ARGS__)
#define OUTPUTS_ROW(...)  ROW_OF(COUNTER_PART_OUTPUTS, __VA_ARGS__)
#define HTTP_ROW(...)	  ROW_OF(COUNTER_PART_HTTP, __VA_ARGS__)

/* clang-format off */
static const struct counter counters[] = {
	COUNTERS_CAPTURE(CAPTURE_ROW, capture.)
	COUNTERS_WORKER(WORKER_ROW, worker.)
	COUNTERS_KEPT(KEPT_ROW, worker.)
	COUNTERS_ENGINE(ENGINE_ROW, engine.)
	COUNTERS_EVIDENCE(EVIDENCE_ROW, evidence.)
	COUNTERS_OUTPUTS(OUTPUTS_ROW, outputs.)
	COUNTERS_HTTP(HTTP_ROW, http.)
};
/* clang-format on */

#define COUNT (sizeof counters / sizeof *counters)

_Static_assert(COUNT <= COUNTERS_FIELDS, "a heartbeat holds every counter");

const struct counter *counters_all(size_t *count)
{
	*count = COUNT;
	return counters;
}

uint64_t counters_value(const struct counters *values, const struct counter *counter)
{
	uint64_t value;

	memcpy(&value, (const char *)values + counter->offset, sizeof value);
	return value;
}

size_t counters_heartbeat(const struct counters *values,
			  struct heartbeat_counter fields[COUNTERS_FIELDS])
{
	size_t count = 0;

	for (size_t i = 0; i < COUNT; i++) {
		if (counters[i].part != COUNTER_PART_OUTPUTS)
			status_add(fields, &count, counters[i].field,
				   counters_value(values, &counters[i]));
	}
	return count;
}

static bool is_of(const struct counter *counter, enum counter_part first, enum counter_part last)
{
	return counter->told && counter->part >= first && counter->part <= last;
}

static bool same_words(size_t i, size_t j)
{
	return counters[i].told && counters[j].told &&
	       strcmp(counters[i].told, counters[j].told) == 0;
}

/* The sum of those that say the same, at the first of them; 0 at the others. */
static uint64_t told_at(const struct counters *values, size_t at)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < at; i++) {
		if (same_words(i, at))
			return 0;
	}
	for (size_t i = at; i < COUNT; i++) {
		if (same_words(i, at))
			sum += counters_value(values, &counters[i]);
	}
	return sum;
}

void counters_say(FILE *out, const struct counters *values, enum counter_part first,
		  enum counter_part last)
{
	for (size_t i = 0; i < COUNT; i++) {
		uint64_t sum = is_of(&counters[i], first, last) ? told_at(values, i) : 0;

		if (sum != 0)
			fprintf(out, "; %" PRIu64 " %s", sum, counters[i].told);
	}
}

void counters_print(FILE *out)
{
	fprintf(out, "# name in /metrics, after spanwatch_\tfield of the heartbeat\tmeaning\n");
	for (size_t i = 0; i < COUNT; i++)
		fprintf(out, "%s\t%s\t%s\n", counters[i].metric, counters[i].field,
			counters[i].meaning);
}
