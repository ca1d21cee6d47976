/* SPDX-License-Identifier: ISC */
/*
 * The endpoints that probes.c knows of, hashed, in a bounded slab. A bucket is one cache line:
 * eight indices, and beside each a tag, which is another part of the hash. So a flood meets two
 * lines per probe of a known endpoint; of one that is not there only the bucket's, and what leaves
 * it is found without a walk along others. What finds no room in its bucket, few of ten thousand,
 * hangs in a chain behind it: nothing is given up for its hash, which has another key in every run.
 *
 * Index 0 is never used: it says "not there". A full table gives up an endpoint that was not asked
 * for since the hand last passed it: an exact order of use would touch the lines of two neighbours.
 * Owned by the worker's thread.
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
	uint32_t
		chain; /* its number in the bucket, or what hangs behind it in a full one's chain */
	uint32_t hash;
	uint32_t unjudged; /* since the last report */
	bool dirty, recent;
	bool fresh; /* what is kept beside it is of the endpoint that had the place before */
	uint8_t waiting_count;
	uint32_t tags[PROBE_WAITING_MAX]; /* of the waiting probes' tuples */
	uint32_t flood_slice, arrivals;	  /* how many came in this slice of time: probes.c */
};

_Static_assert(sizeof(struct probe_entry) == PROBE_CACHE_LINE,
	       "a probe of a flood costs one cache line");

#define PROBE_BUCKET 8

struct probe_bucket {
	_Alignas(PROBE_CACHE_LINE) uint16_t tags[PROBE_BUCKET];
	uint32_t index[PROBE_BUCKET];
	uint32_t chain, used; /* used: bit n: index[n] is taken */
};

_Static_assert(sizeof(struct probe_bucket) == PROBE_CACHE_LINE, "a bucket is one cache line");

struct probe_table {
	struct probe_entry *slab;
	struct probe_bucket *buckets;
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

static inline uint16_t probe_table_tag(uint32_t hash)
{
	return (uint16_t)(hash >> 16);
}

static inline struct probe_bucket *probe_table_bucket(const struct probe_table *table,
						      uint32_t hash)
{
	return &table->buckets[hash & table->mask];
}

static inline bool probe_table_is(const struct probe_table *table, uint32_t index,
				  const struct endpoint *server, uint32_t hash)
{
	const struct probe_entry *entry = &table->slab[index];

	return entry->hash == hash && memcmp(&entry->server, server, sizeof *server) == 0;
}

/* Bit n: index[n] may be it. Without a branch: that nothing is alike cannot be foreseen. */
static inline uint32_t probe_table_alike(const struct probe_bucket *bucket, uint32_t hash)
{
	uint32_t alike = 0;

	for (unsigned i = 0; i < PROBE_BUCKET; i++)
		alike |= (uint32_t)(bucket->tags[i] == probe_table_tag(hash)) << i;
	return alike & bucket->used;
}

/* Its index; 0: it is not there. */
static inline uint32_t probe_table_find(const struct probe_table *table,
					const struct endpoint *server, uint32_t hash)
{
	const struct probe_bucket *bucket = probe_table_bucket(table, hash);
	uint32_t alike = probe_table_alike(bucket, hash), index;

	for (; alike != 0; alike &= alike - 1) {
		index = bucket->index[__builtin_ctz(alike)];
		if (probe_table_is(table, index, server, hash))
			return index;
	}
	index = bucket->chain;
	while (index != 0 && !probe_table_is(table, index, server, hash))
		index = table->slab[index].chain;
	return index;
}

static inline void probe_table_prefetch_bucket(const struct probe_table *table, uint32_t hash)
{
	__builtin_prefetch(probe_table_bucket(table, hash), 1);
}

/* When the bucket has had the time to come. */
static inline void probe_table_prefetch(const struct probe_table *table, uint32_t hash)
{
	const struct probe_bucket *bucket = probe_table_bucket(table, hash);
	uint32_t alike = probe_table_alike(bucket, hash);

	if (alike != 0)
		__builtin_prefetch(&table->slab[bucket->index[__builtin_ctz(alike)]], 1);
}

/*
 * The index of a new entry for an endpoint that is not there, in the place of another if the table
 * is full. Zeroed, but for `fresh`, and for `dirty`, which says something of the place and not of
 * the endpoint.
 */
uint32_t probe_table_add(struct probe_table *table, const struct endpoint *server, uint32_t hash);
/* Forgets all endpoints. */
void probe_table_clear(struct probe_table *table);

#endif
