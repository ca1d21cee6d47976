/* SPDX-License-Identifier: ISC */
/* Remembered walls: a hash index over fixed slots, and one list from stalest to freshest. */
#include "sensor/engine/wall.h"

#include <stdlib.h>
#include <string.h>

#include "sensor/base/chains.h"
#include "sensor/base/hash.h"
#include "sensor/base/table_memory.h"
#include "sensor/base/tagged.h"

struct entry {
	struct endpoint endpoint;
	struct wall_seen seen;
};

struct wall {
	struct entry *entries;
	struct order_node *nodes;
	struct tagged index;
	struct order by_age;
	uint32_t size, used;
	uint64_t hash_key, evicted;
};

uint64_t wall_bytes(uint32_t endpoints)
{
	const struct wall *wall = NULL;

	return sizeof *wall + table_memory_bytes(endpoints, sizeof *wall->entries) +
	       endpoints * (uint64_t)sizeof *wall->nodes + tagged_bytes(endpoints);
}

struct wall *wall_new(uint32_t endpoints, uint64_t hash_key)
{
	struct wall *wall = calloc(1, sizeof *wall);

	if (wall == NULL)
		return NULL;
	wall->size = endpoints;
	wall->hash_key = hash_key;
	wall->by_age = (struct order)ORDER_EMPTY;
	wall->entries = table_memory_new(endpoints, sizeof *wall->entries);
	wall->nodes = calloc(endpoints, sizeof *wall->nodes);
	if (!tagged_new(&wall->index, endpoints) || wall->entries == NULL || wall->nodes == NULL) {
		wall_free(wall);
		return NULL;
	}
	return wall;
}

void wall_free(struct wall *wall)
{
	if (wall == NULL)
		return;
	tagged_free(&wall->index);
	table_memory_free(wall->entries);
	free(wall->nodes);
	free(wall);
}

static uint64_t hash_of(const struct wall *wall, const struct endpoint *endpoint)
{
	return hash_bytes(endpoint, sizeof *endpoint, wall->hash_key);
}

static uint32_t find(const struct wall *wall, const struct endpoint *endpoint, uint64_t hash)
{
	struct tagged_look look;
	uint32_t slot = tagged_first(&wall->index, hash, &look);

	while (slot != CHAIN_END &&
	       memcmp(&wall->entries[slot].endpoint, endpoint, sizeof *endpoint) != 0)
		slot = tagged_next(&wall->index, &look);
	return slot;
}

static uint32_t take_slot(struct wall *wall)
{
	uint32_t slot = wall->by_age.first;

	if (wall->used < wall->size)
		return wall->used++;
	order_remove(&wall->by_age, wall->nodes, slot);
	tagged_remove(&wall->index, hash_of(wall, &wall->entries[slot].endpoint), slot);
	wall->evicted++;
	return slot;
}

static void keep_newest(uint64_t *at, uint64_t ns)
{
	if (ns > *at)
		*at = ns;
}

void wall_note(struct wall *wall, const struct endpoint *endpoint, struct wall_seen seen)
{
	uint64_t hash = hash_of(wall, endpoint);
	uint32_t slot = find(wall, endpoint, hash);

	if (slot == CHAIN_END) {
		slot = take_slot(wall);
		wall->entries[slot] = (struct entry){.endpoint = *endpoint};
		tagged_add(&wall->index, hash, slot);
	} else {
		order_remove(&wall->by_age, wall->nodes, slot);
	}
	order_append(&wall->by_age, wall->nodes, slot);
	keep_newest(&wall->entries[slot].seen.unanswered_ns, seen.unanswered_ns);
	keep_newest(&wall->entries[slot].seen.refused_ns, seen.refused_ns);
}

struct wall_seen wall_get(const struct wall *wall, const struct endpoint *endpoint)
{
	uint32_t slot = find(wall, endpoint, hash_of(wall, endpoint));

	return slot != CHAIN_END ? wall->entries[slot].seen : (struct wall_seen){0, 0};
}

uint32_t wall_used(const struct wall *wall)
{
	return wall->used;
}

struct wall_seen wall_at(const struct wall *wall, uint32_t slot, struct endpoint *endpoint)
{
	*endpoint = wall->entries[slot].endpoint;
	return wall->entries[slot].seen;
}

uint64_t wall_evicted(const struct wall *wall)
{
	return wall->evicted;
}
