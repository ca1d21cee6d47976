/* SPDX-License-Identifier: ISC */
/* See redis_flight.h. */
#include "sensor/redis/redis_flight.h"

#include <inttypes.h>
#include <stdio.h>

#include "sensor/base/timestamp.h"
#include "sensor/event/event_fields.h"

struct redis_batch *redis_flight_next(struct redis_flight *flight)
{
	struct redis_batch *batch;

	if (flight->count == REDIS_BATCHES)
		return NULL;
	batch = &flight->batches[(flight->first + flight->count) % REDIS_BATCHES];
	batch->count = 0;
	return batch;
}

/* A row knows when its event was decided, though it be of an earlier run. */
static uint64_t decided_ns(const struct journal_row *row)
{
	const char *created = event_fields_find(row->fields, row->fields_length, "created");

	return created != NULL ? timestamp_parse(created) : 0;
}

bool redis_batch_add(struct redis_batch *batch, const struct journal_row *row)
{
	struct redis_sent *sent = &batch->events[batch->count];

	if (batch->count == REDIS_BATCH)
		return false;
	sent->sequence = row->sequence;
	sent->decided_ns = decided_ns(row);
	snprintf(sent->epoch, sizeof sent->epoch, "%s", row->epoch);
	batch->count++;
	return true;
}

void redis_flight_sent(struct redis_flight *flight)
{
	flight->events += flight->batches[(flight->first + flight->count) % REDIS_BATCHES].count;
	flight->count++;
}

const struct redis_batch *redis_flight_answered(struct redis_flight *flight)
{
	const struct redis_batch *batch = &flight->batches[flight->first];

	if (flight->count == 0)
		return NULL;
	flight->first = (flight->first + 1) % REDIS_BATCHES;
	flight->count--;
	flight->events -= batch->count;
	return batch;
}

void redis_flight_clear(struct redis_flight *flight)
{
	flight->first = flight->count = flight->events = 0;
}

void redis_sent_format(const struct redis_sent *sent, char text[REDIS_AFTER_TEXT])
{
	snprintf(text, REDIS_AFTER_TEXT, "%s %" PRIu64, sent->epoch, sent->sequence);
}
