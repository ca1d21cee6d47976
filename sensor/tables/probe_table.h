/* SPDX-License-Identifier: ISC */
/*
 * The endpoints that probes.c knows of, hashed, in a bounded slab. A flood meets one cache line per
 * probe of a known endpoint. Index 0 is never used: it ends hash chains, and says "not there". A
 * full table gives up an endpoint that was not asked for since the hand last passed it: an exact
 * order of use would touch the lines of two neighbours. Owned by the worker's thread.
 */
#ifndef SENSOR_PROBE_TABLE_H
#define SENSOR_PROBE_TABLE_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "sensor/base/endpoint.h"
#include "sensor/base/hash.h"

#define PROBE_WAITING_MAX 4 /* probes that wait for an answer, for each endpoint */
#define PROBE_CACHE_LINE  64

struct probe_entry {
	_Alignas(PROBE_CACHE_LINE) struct endpoint server;
	uint32_t chain, hash;
	uint32_t unjudged; /* since the last report */
	bool dirty, recent;
	uint8_t waiting_count;
	uint32_t tags[PROBE_WAITING_MAX]; /* of the waiting probes' tuples */
	uint32_t flood_slice, arrivals;	  /* how many came in this slice of time: probes.c */
};

_Static_assert(sizeof(struct probe_entry) == PROBE_CACHE_LINE,
	       "a probe of a flood costs one cache line");

struct probe_table {
	void *lines; /* where the slab's memory begins, before it is aligned */
	struct probe_entry *slab;
	uint32_t *buckets;
	uint32_t mask, max, used, fresh, hand; /* fresh: the first one never used yet */
	uint64_t hash_key, evictions;
};

/* False: out of memory; what there is of it is for probe_table_free(). */
bool probe_table_new(struct probe_table *table, uint32_t max_endpoints, uint64_t hash_key);
void probe_table_free(struct probe_table *table);
uint64_t probe_table_bytes(uint32_t max_endpoints); /* what probe_table_new() takes */

static inline uint32_t probe_table_hash(const struct probe_table *table,
					const struct endpoint *server)
{
	return (uint32_t)hash_bytes(server, sizeof *server, table->hash_key);
}

/* Its index; 0: it is not there. */
static inline uint32_t probe_table_find(const struct probe_table *table,
					const struct endpoint *server, uint32_t hash)
{
	uint32_t index = table->buckets[hash & table->mask];

	while (index != 0 && (table->slab[index].hash != hash ||
			      memcmp(&table->slab[index].server, server, sizeof *server) != 0))
		index = table->slab[index].chain;
	return index;
}

static inline void probe_table_prefetch_bucket(const struct probe_table *table, uint32_t hash)
{
	__builtin_prefetch(&table->buckets[hash & table->mask]);
}

static inline void probe_table_prefetch(const struct probe_table *table, uint32_t hash)
{
	uint32_t index = table->buckets[hash & table->mask];

	if (index != 0)
		__builtin_prefetch(&table->slab[index], 1);
}

/*
 * The index of a new entry for an endpoint that is not there, in the place of another if the table
 * is full. Zeroed, but for `dirty`, which says something of the place and not of the endpoint.
 */
uint32_t probe_table_add(struct probe_table *table, const struct endpoint *server, uint32_t hash);
/* Forgets all endpoints. */
void probe_table_clear(struct probe_table *table);

#endif
