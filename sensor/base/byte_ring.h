/* SPDX-License-Identifier: ISC */
/*
 * Records of any size on their way from one thread to another: single producer, single consumer,
 * bounded, no locks. A full ring refuses.
 */
#ifndef SENSOR_BYTE_RING_H
#define SENSOR_BYTE_RING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct byte_ring;

struct byte_ring *byte_ring_new(uint32_t bytes); /* a power of two. NULL: out of memory */
void byte_ring_free(struct byte_ring *ring);	 /* NULL is allowed */
uint64_t byte_ring_bytes(uint32_t bytes);	 /* what byte_ring_new() takes */

/*
 * Producer. A record is `head` and `tail`, one behind the other. False: no room. `*filling`: it
 * has just become half full, and the consumer may be asleep.
 */
bool byte_ring_push(struct byte_ring *ring, const void *head, uint32_t head_size, const void *tail,
		    uint32_t tail_size, bool *filling);

/* Producer. Is there a record that was not taken yet? */
bool byte_ring_waits(struct byte_ring *ring);

/* Consumer. Copies the oldest record and returns its size; 0: there is none. `size` is the room at
 * `record`: what does not fit is left out. */
uint32_t byte_ring_pop(struct byte_ring *ring, void *record, uint32_t size);

#endif
