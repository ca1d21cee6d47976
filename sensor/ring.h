/* SPDX-License-Identifier: ISC */
/*
 * Observations on their way from one worker thread to the main thread: single producer, single
 * consumer, bounded, no locks. A full ring refuses; the worker counts that and tells again.
 */
#ifndef SENSOR_RING_H
#define SENSOR_RING_H

#include <stdbool.h>
#include <stdint.h>

#include "sensor/observation.h"

struct ring;

struct ring *ring_new(uint32_t capacity); /* rounded up to a power of two; NULL: out of memory */
void ring_free(struct ring *ring);

/* Producer. False: full. `*was_empty` (may be NULL): the consumer may be asleep and needs a nudge. */
bool ring_push(struct ring *ring, const struct observation *observation, bool *was_empty);

/* Consumer. The oldest observation, or NULL; valid until ring_pop(). */
const struct observation *ring_peek(struct ring *ring);
void ring_pop(struct ring *ring);

#endif
