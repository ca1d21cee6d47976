/* SPDX-License-Identifier: ISC */
/* See probe_table.h. */
#include "sensor/tables/probe_table.h"

#include <stdlib.h>

#define VICTIMS_AHEAD 8

/* Half empty: most chains are one entry or none. */
static uint32_t buckets_for(uint32_t max_endpoints)
{
	uint32_t buckets = 256;

	while (buckets / 2 < max_endpoints && buckets < 1u << 30)
		buckets *= 2;
	return buckets;
}

static size_t slab_bytes(uint32_t max_endpoints)
{
	return ((size_t)max_endpoints + 1) * sizeof(struct probe_entry) + PROBE_CACHE_LINE;
}

uint64_t probe_table_bytes(uint32_t max_endpoints)
{
	return slab_bytes(max_endpoints) + buckets_for(max_endpoints) * (uint64_t)sizeof(uint32_t);
}

/* Zeroed by the kernel when touched, not here. */
static bool new_slab(struct probe_table *table, uint32_t max_endpoints)
{
	size_t bytes = slab_bytes(max_endpoints);
	uintptr_t start;

	table->lines = calloc(1, bytes);
	if (!table->lines)
		return false;
	start = ((uintptr_t)table->lines + PROBE_CACHE_LINE - 1) / PROBE_CACHE_LINE *
		PROBE_CACHE_LINE;
	table->slab = (struct probe_entry *)start;
	return true;
}

bool probe_table_new(struct probe_table *table, uint32_t max_endpoints, uint64_t hash_key)
{
	uint32_t buckets = buckets_for(max_endpoints);

	*table = (struct probe_table){
		.buckets = calloc(buckets, sizeof *table->buckets),
		.mask = buckets - 1,
		.max = max_endpoints,
		.fresh = 1,
		.hand = 1,
		.hash_key = hash_key,
	};
	return new_slab(table, max_endpoints) && table->buckets;
}

void probe_table_free(struct probe_table *table)
{
	free(table->lines);
	free(table->buckets);
}

/* The places of the next victims in their chains: one far ahead, what it leads to nearer. */
static void prefetch_victims(const struct probe_table *table)
{
	uint32_t far = table->hand + 2 * VICTIMS_AHEAD, near = table->hand + VICTIMS_AHEAD;

	if (far > table->max)
		return;
	__builtin_prefetch(&table->buckets[table->slab[far].hash & table->mask], 1);
	probe_table_prefetch(table, table->slab[near].hash);
}

/* Takes an entry that was not asked for lately out of its chain, for another endpoint. */
static uint32_t evict(struct probe_table *table)
{
	uint32_t index, *link;

	prefetch_victims(table);
	while (table->slab[table->hand].recent) {
		table->slab[table->hand].recent = false;
		table->hand = table->hand % table->max + 1;
	}
	index = table->hand;
	table->hand = table->hand % table->max + 1;
	link = &table->buckets[table->slab[index].hash & table->mask];
	while (*link != index)
		link = &table->slab[*link].chain;
	*link = table->slab[index].chain;
	table->evictions++;
	return index;
}

uint32_t probe_table_add(struct probe_table *table, const struct endpoint *server, uint32_t hash)
{
	uint32_t index;
	bool was_dirty;

	if (table->used < table->max) {
		index = table->fresh++;
		table->used++;
	} else {
		index = evict(table);
	}
	was_dirty = table->slab[index].dirty; /* its place in the list of dirty ones stays */
	table->slab[index] = (struct probe_entry){
		.server = *server,
		.hash = hash,
		.chain = table->buckets[hash & table->mask],
		.dirty = was_dirty,
	};
	table->buckets[hash & table->mask] = index;
	return index;
}

void probe_table_clear(struct probe_table *table)
{
	for (uint32_t i = 1; i < table->fresh; i++)
		table->slab[i] = (struct probe_entry){.chain = 0};
	if (table->used != 0)
		memset(table->buckets, 0, ((size_t)table->mask + 1) * sizeof *table->buckets);
	table->fresh = table->hand = 1;
	table->used = 0;
}
