/* SPDX-License-Identifier: ISC */
/*
 * The events that are on their way to Redis, in batches: one call of the script each, answered in
 * the order in which they were sent. A lone event goes at once; while REDIS_BATCHES calls are on
 * their way what comes is gathered, so batches grow as Redis becomes the slower one.
 */
#ifndef SENSOR_REDIS_FLIGHT_H
#define SENSOR_REDIS_FLIGHT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sensor/journal/journal.h"
#include "sensor/redis/redis_message.h"

#define REDIS_BATCH   32 /* events */
#define REDIS_BATCHES 4

struct redis_sent {
	uint64_t sequence;
	uint64_t decided_ns; /* when that was; 0: not known */
	char epoch[JOURNAL_EPOCH_TEXT];
};

struct redis_batch {
	struct redis_sent events[REDIS_BATCH];
	size_t count;
};

struct redis_flight {
	struct redis_batch batches[REDIS_BATCHES];
	size_t first, count; /* batches */
	size_t events;
};

/* An empty one to fill; NULL: no more may be on their way. */
struct redis_batch *redis_flight_next(struct redis_flight *flight);
/* False: it is full. */
bool redis_batch_add(struct redis_batch *batch, const struct journal_row *row);
/* The one of redis_flight_next() was sent. */
void redis_flight_sent(struct redis_flight *flight);
/* The oldest was answered; valid until the next redis_flight_sent(). NULL: there is none. */
const struct redis_batch *redis_flight_answered(struct redis_flight *flight);
void redis_flight_clear(struct redis_flight *flight);

/* "epoch sequence", as the script notes it. */
void redis_sent_format(const struct redis_sent *sent, char text[REDIS_AFTER_TEXT]);

#endif
