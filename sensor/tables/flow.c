/* SPDX-License-Identifier: ISC */
/* See flow.h. Index 0 of the slab is never used: it ends chains and lists. */
#include "sensor/tables/flow.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "sensor/base/clock.h"
#include "sensor/base/hash.h"
#include "sensor/base/table_memory.h"

#define CHAIN_MOST 64
#define CACHE_LINE 64

struct idle_list {
	uint32_t oldest, newest;
	uint64_t limit_ns;
};

struct flow_table {
	struct flow *slab;
	uint32_t *buckets;
	uint32_t mask, max_flows, used, free_list, fresh; /* fresh: slab entries never used yet */
	uint64_t hash_key, evictions;
	struct idle_list idle[FLOW_IDLE_COUNT];
	flow_retire *retire;
	void *context;
};

static bool fill_key(struct flow_key *key, const struct address *source, uint16_t source_port,
		     const struct address *destination, uint16_t destination_port)
{
	int order = memcmp(source, destination, sizeof *source);
	bool source_is_low = order < 0 || (order == 0 && source_port <= destination_port);

	key->low = source_is_low ? *source : *destination;
	key->high = source_is_low ? *destination : *source;
	key->low_port = source_is_low ? source_port : destination_port;
	key->high_port = source_is_low ? destination_port : source_port;
	return source_is_low;
}

bool flow_key_of(const struct packet *packet, struct flow_key *key)
{
	key->realm = packet->realm;
	key->transport = packet->transport;
	return fill_key(key, &packet->source, packet->source_port, &packet->destination,
			packet->destination_port);
}

bool flow_key_of_quoted(const struct packet *packet, struct flow_key *key)
{
	const struct quoted_packet *quoted = &packet->quoted;

	key->realm = packet->realm;
	key->transport = quoted->transport;
	return fill_key(key, &quoted->source, quoted->source_port, &quoted->destination,
			quoted->destination_port);
}

static uint32_t buckets_for(uint32_t max_flows)
{
	uint32_t buckets = 1024;

	while (buckets < max_flows && buckets < 1u << 30)
		buckets *= 2;
	return buckets;
}

uint64_t flow_table_bytes(uint32_t max_flows)
{
	const struct flow_table *table = NULL;

	return sizeof *table + table_memory_bytes(max_flows + 1ull, sizeof *table->slab) +
	       table_memory_bytes(buckets_for(max_flows), sizeof *table->buckets);
}

struct flow_table *flow_table_new(uint32_t max_flows, uint64_t hash_key, uint64_t lasting_idle_ns,
				  flow_retire *retire, void *context)
{
	struct flow_table *table = calloc(1, sizeof *table);
	uint32_t buckets = buckets_for(max_flows);

	if (!table)
		return NULL;
	table->slab = table_memory_new(max_flows + 1ull, sizeof *table->slab);
	table->buckets = table_memory_new(buckets, sizeof *table->buckets);
	if (!table->slab || !table->buckets) {
		flow_table_free(table);
		return NULL;
	}
	table->mask = buckets - 1;
	table->max_flows = max_flows;
	table->fresh = 1;
	table->hash_key = hash_key;
	table->idle[FLOW_BRIEF].limit_ns = 30 * NS_PER_S;
	table->idle[FLOW_DATAGRAM].limit_ns = 120 * NS_PER_S;
	table->idle[FLOW_LASTING].limit_ns = lasting_idle_ns;
	table->retire = retire;
	table->context = context;
	return table;
}

void flow_table_free(struct flow_table *table)
{
	if (!table)
		return;
	table_memory_free(table->slab);
	table_memory_free(table->buckets);
	free(table);
}

uint64_t flow_hash(const struct flow_table *table, const struct flow_key *key)
{
	return hash_bytes(key, sizeof *key, table->hash_key);
}

static uint32_t index_of(const struct flow_table *table, const struct flow *flow)
{
	return (uint32_t)(flow - table->slab);
}

uint32_t flow_number(const struct flow_table *table, const struct flow *flow)
{
	return index_of(table, flow);
}

struct flow *flow_at(struct flow_table *table, uint32_t number)
{
	return &table->slab[number];
}

void flow_prefetch_bucket(const struct flow_table *table, uint64_t hash)
{
	__builtin_prefetch(&table->buckets[hash & table->mask]);
}

bool flow_prefetch(const struct flow_table *table, uint64_t hash)
{
	uint32_t index = table->buckets[hash & table->mask];
	const uint8_t *flow = (const uint8_t *)&table->slab[index];

	if (index == 0)
		return false;
	for (size_t i = 0; i < sizeof table->slab[0]; i += CACHE_LINE)
		__builtin_prefetch(flow + i, 1);
	return true;
}

uint32_t flow_session(const struct flow_table *table, uint64_t hash)
{
	uint32_t index = table->buckets[hash & table->mask];

	return index == 0 ? FLOW_NO_SESSION : table->slab[index].session;
}

struct flow *flow_find(struct flow_table *table, const struct flow_key *key, uint64_t hash)
{
	uint32_t index = table->buckets[hash & table->mask];

	while (index != 0) {
		struct flow *flow = &table->slab[index];

		if (flow->hash == (uint32_t)hash && memcmp(&flow->key, key, sizeof *key) == 0)
			return flow;
		index = flow->chain;
	}
	return NULL;
}

static void list_remove(struct flow_table *table, struct flow *flow)
{
	struct idle_list *list = &table->idle[flow->idle];

	if (flow->older)
		table->slab[flow->older].newer = flow->newer;
	else
		list->oldest = flow->newer;
	if (flow->newer)
		table->slab[flow->newer].older = flow->older;
	else
		list->newest = flow->older;
}

static void list_append(struct flow_table *table, struct flow *flow, enum flow_idle idle)
{
	struct idle_list *list = &table->idle[idle];
	uint32_t index = index_of(table, flow);

	flow->idle = (uint8_t)idle;
	flow->older = list->newest;
	flow->newer = 0;
	if (list->newest)
		table->slab[list->newest].newer = index;
	else
		list->oldest = index;
	list->newest = index;
}

static void chain_remove(struct flow_table *table, const struct flow *flow)
{
	uint32_t *link = &table->buckets[flow->hash & table->mask];
	uint32_t index = index_of(table, flow);

	while (*link != index)
		link = &table->slab[*link].chain;
	*link = flow->chain;
}

void flow_remove(struct flow_table *table, struct flow *flow)
{
	table->retire(table->context, flow);
	list_remove(table, flow);
	chain_remove(table, flow);
	flow->chain = table->free_list;
	table->free_list = index_of(table, flow);
	table->used--;
}

static void evict_one(struct flow_table *table)
{
	for (int idle = 0; idle < FLOW_IDLE_COUNT; idle++) {
		uint32_t oldest = table->idle[idle].oldest;

		if (oldest) {
			table->evictions++;
			flow_remove(table, &table->slab[oldest]);
			return;
		}
	}
	assert(false); /* a full table has an oldest flow */
}

/*
 * By chance no chain becomes so long, at any size. Who knows the key can make one (a replay's is no
 * secret): its oldest flow is given up, so that no packet costs more than the walk along
 * CHAIN_MOST.
 */
static void bound_chain(struct flow_table *table, uint64_t hash)
{
	uint32_t index = table->buckets[hash & table->mask];
	int length = 1;

	if (index == 0)
		return;
	for (; table->slab[index].chain != 0; index = table->slab[index].chain)
		length++;
	if (length < CHAIN_MOST)
		return;
	table->evictions++;
	flow_remove(table, &table->slab[index]);
}

struct flow *flow_create(struct flow_table *table, const struct flow_key *key, uint64_t hash,
			 uint64_t now_ns, enum flow_idle idle)
{
	uint32_t index;
	struct flow *flow;

	bound_chain(table, hash);
	if (table->used == table->max_flows)
		evict_one(table);
	index = table->free_list;
	if (index)
		table->free_list = table->slab[index].chain;
	else
		index = table->fresh++;
	flow = &table->slab[index];
	*flow = (struct flow){
		.key = *key,
		.hash = (uint32_t)hash,
		.chain = table->buckets[hash & table->mask],
		.session = FLOW_NO_SESSION,
		.own.start_ns = now_ns,
		.last_ns = now_ns,
	};
	table->buckets[hash & table->mask] = index;
	list_append(table, flow, idle);
	table->used++;
	return flow;
}

void flow_touch(struct flow_table *table, struct flow *flow, uint64_t now_ns, enum flow_idle idle)
{
	if (now_ns > flow->last_ns)
		flow->last_ns = now_ns;
	if (flow->idle == idle && table->idle[idle].newest == index_of(table, flow))
		return;
	list_remove(table, flow);
	list_append(table, flow, idle);
}

/* Idle for so long, or of a time that the clock has been set back from. */
static bool is_due(const struct flow *flow, uint64_t now_ns, uint64_t limit_ns)
{
	uint64_t apart_ns =
		now_ns > flow->last_ns ? now_ns - flow->last_ns : flow->last_ns - now_ns;

	return apart_ns >= limit_ns;
}

void flow_expire(struct flow_table *table, uint64_t now_ns)
{
	for (int idle = 0; idle < FLOW_IDLE_COUNT; idle++) {
		struct idle_list *list = &table->idle[idle];

		while (list->oldest) {
			struct flow *flow = &table->slab[list->oldest];

			if (!is_due(flow, now_ns, list->limit_ns))
				break;
			flow_remove(table, flow);
		}
	}
}

void flow_retire_all(struct flow_table *table)
{
	for (int idle = 0; idle < FLOW_IDLE_COUNT; idle++) {
		while (table->idle[idle].oldest)
			flow_remove(table, &table->slab[table->idle[idle].oldest]);
	}
}

uint32_t flow_count(const struct flow_table *table)
{
	return table->used;
}

uint64_t flow_evictions(const struct flow_table *table)
{
	return table->evictions;
}
