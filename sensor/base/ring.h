/* SPDX-License-Identifier: ISC */
/*
 * Messages on their way from one worker thread to the main thread: single producer, single
 * consumer, fixed size, bounded, no locks. A full ring refuses; the worker counts that and tells
 * again.
 */
#ifndef SENSOR_RING_H
#define SENSOR_RING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ring;

/* `capacity` messages of `size` bytes, rounded up to a power of two. NULL: out of memory. */
struct ring *ring_new(uint32_t capacity, size_t size);
void ring_free(struct ring *ring);
uint64_t ring_bytes(uint32_t capacity, size_t size); /* what ring_new() takes */

/* Producer. False: full. Whether the consumer sleeps is not known here: nudge.h. */
bool ring_push(struct ring *ring, const void *message);
/* Producer. Is there a message that was not taken yet? */
bool ring_waits(struct ring *ring);

/* Consumer. The oldest message, aligned for any type, or NULL; valid until ring_pop(). */
const void *ring_peek(struct ring *ring);
void ring_pop(struct ring *ring);

#endif
