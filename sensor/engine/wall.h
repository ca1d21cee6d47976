/* SPDX-License-Identifier: ISC */
/*
 * When each endpoint was last seen closed: the lower end of the interval in which a wall fell.
 * Bounded: the endpoint that was heard of longest ago makes room, and that is counted. About 64
 * bytes an endpoint.
 */
#ifndef SENSOR_WALL_H
#define SENSOR_WALL_H

#include "sensor/base/endpoint.h"

struct wall;

struct wall_seen {
	uint64_t unanswered_ns, refused_ns; /* newest such probe; 0 = none is remembered */
};

struct wall *wall_new(uint32_t endpoints, uint64_t hash_key); /* NULL: out of memory */
void wall_free(struct wall *wall);
uint64_t wall_bytes(uint32_t endpoints); /* what wall_new() takes */
/* Times may come out of order; the newest stays. */
void wall_note(struct wall *wall, const struct endpoint *endpoint, struct wall_seen seen);
struct wall_seen wall_get(const struct wall *wall, const struct endpoint *endpoint);
/* Slots below wall_used() hold an endpoint, which may be another one after the next note. */
uint32_t wall_used(const struct wall *wall);
struct wall_seen wall_at(const struct wall *wall, uint32_t slot, struct endpoint *endpoint);
uint64_t wall_evicted(const struct wall *wall);

#endif
