/* SPDX-License-Identifier: ISC */
/* See probe_table.h. */
#include "sensor/tables/probe_table.h"

#include "sensor/base/table_memory.h"

#define VICTIMS_AHEAD 8

/* Two in a bucket when the table is full: nine in one are rare. */
static uint32_t buckets_for(uint32_t max_endpoints)
{
	uint32_t buckets = 64;

	while (buckets < max_endpoints / 2 && buckets < 1u << 29)
		buckets *= 2;
	return buckets;
}

uint64_t probe_table_bytes(uint32_t max_endpoints)
{
	return table_memory_bytes(max_endpoints + 1ull, sizeof(struct probe_entry)) +
	       table_memory_bytes(buckets_for(max_endpoints), sizeof(struct probe_bucket));
}

bool probe_table_new(struct probe_table *table, uint32_t max_endpoints, uint64_t hash_key)
{
	uint32_t buckets = buckets_for(max_endpoints);

	*table = (struct probe_table){
		.slab = table_memory_new(max_endpoints + 1ull, sizeof *table->slab),
		.buckets = table_memory_new(buckets, sizeof *table->buckets),
		.mask = buckets - 1,
		.max = max_endpoints,
		.fresh = 1,
		.hand = 1,
		.hash_key = hash_key,
	};
	return table->slab && table->buckets;
}

void probe_table_free(struct probe_table *table)
{
	table_memory_free(table->slab);
	table_memory_free(table->buckets);
}

/* Where the next victims are found: the entry far ahead, its bucket nearer. */
static void prefetch_victims(const struct probe_table *table)
{
	uint32_t far = table->hand + 2 * VICTIMS_AHEAD, near = table->hand + VICTIMS_AHEAD;

	if (far > table->max)
		return;
	__builtin_prefetch(&table->slab[far], 1);
	probe_table_prefetch_bucket(table, table->slab[near].hash);
}

static void leave_bucket(struct probe_table *table, uint32_t index)
{
	const struct probe_entry *entry = &table->slab[index];
	struct probe_bucket *bucket = probe_table_bucket(table, entry->hash);
	uint32_t *link = &bucket->chain;

	if (entry->chain < PROBE_BUCKET && bucket->index[entry->chain] == index) {
		bucket->used &= ~(1u << entry->chain);
		bucket->index[entry->chain] = 0;
		return;
	}
	while (*link != index)
		link = &table->slab[*link].chain;
	*link = entry->chain;
}

static void enter_bucket(struct probe_table *table, uint32_t index)
{
	struct probe_entry *entry = &table->slab[index];
	struct probe_bucket *bucket = probe_table_bucket(table, entry->hash);

	uint32_t place = (uint32_t)__builtin_ctz(~bucket->used);

	if (place < PROBE_BUCKET) {
		entry->chain = place;
		bucket->used |= 1u << place;
		bucket->index[place] = index;
		bucket->tags[place] = probe_table_tag(entry->hash);
		return;
	}
	entry->chain = bucket->chain;
	bucket->chain = index;
}

static void advance(struct probe_table *table)
{
	table->hand = table->hand < table->max ? table->hand + 1 : 1;
}

/* An entry that was not asked for lately, for another endpoint. */
static uint32_t evict(struct probe_table *table)
{
	uint32_t index;

	prefetch_victims(table);
	while (table->slab[table->hand].recent) {
		table->slab[table->hand].recent = false;
		advance(table);
	}
	index = table->hand;
	advance(table);
	leave_bucket(table, index);
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
		.dirty = was_dirty,
		.fresh = true,
	};
	enter_bucket(table, index);
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
