/* SPDX-License-Identifier: ISC */
/*
 * See outbound.h. Open addressing with short probes; a neighbourhood that is full loses an entry.
 */
#include "sensor/tables/outbound.h"

#include <stdlib.h>
#include <string.h>

#include "sensor/base/table_memory.h"

#define NEIGHBOURS 8 /* one cache line */

struct generation {
	uint64_t *slots; /* 0 = free */
	uint32_t used;
};

struct outbound {
	struct generation young, old;
	uint32_t mask, limit;
	uint32_t moved; /* of the old generation into the young one */
	uint64_t forgotten;
};

static uint32_t slots_for(uint32_t entries)
{
	uint32_t slots = NEIGHBOURS;

	while (slots < entries && slots < 1u << 30)
		slots *= 2;
	return slots;
}

uint64_t outbound_bytes(uint32_t entries)
{
	return sizeof(struct outbound) +
	       2 * table_memory_bytes(slots_for(entries), sizeof(uint64_t));
}

struct outbound *outbound_new(uint32_t entries)
{
	struct outbound *outbound = calloc(1, sizeof *outbound);
	uint32_t slots = slots_for(entries);

	if (!outbound)
		return NULL;
	outbound->mask = slots - 1;
	outbound->limit = slots / 4 * 3;
	outbound->young.slots = table_memory_new(slots, sizeof(uint64_t));
	outbound->old.slots = table_memory_new(slots, sizeof(uint64_t));
	if (!outbound->young.slots || !outbound->old.slots) {
		outbound_free(outbound);
		return NULL;
	}
	return outbound;
}

static void forget(const struct outbound *outbound, struct generation *generation)
{
	if (generation->used != 0)
		memset(generation->slots, 0,
		       ((size_t)outbound->mask + 1) * sizeof *generation->slots);
	generation->used = 0;
}

void outbound_forget(struct outbound *outbound)
{
	forget(outbound, &outbound->young);
	forget(outbound, &outbound->old);
}

void outbound_free(struct outbound *outbound)
{
	if (!outbound)
		return;
	table_memory_free(outbound->young.slots);
	table_memory_free(outbound->old.slots);
	free(outbound);
}

static uint64_t *find(const struct outbound *outbound, const struct generation *generation,
		      uint64_t hash)
{
	uint32_t base = (uint32_t)hash & outbound->mask & ~(uint32_t)(NEIGHBOURS - 1);

	for (uint32_t i = 0; i < NEIGHBOURS; i++) {
		if (generation->slots[base + i] == hash)
			return &generation->slots[base + i];
	}
	return NULL;
}

/* 0 marks a free slot, so no fingerprint may be 0. */
static uint64_t fingerprint(uint64_t hash)
{
	return hash ? hash : 1;
}

static void rotate(struct outbound *outbound)
{
	struct generation old = outbound->old;

	if (outbound->moved < old.used)
		outbound->forgotten += old.used - outbound->moved;
	outbound->moved = 0;
	outbound->old = outbound->young;
	memset(old.slots, 0, ((size_t)outbound->mask + 1) * sizeof *old.slots);
	outbound->young = (struct generation){.slots = old.slots};
}

void outbound_prefetch(const struct outbound *outbound, uint64_t hash)
{
	__builtin_prefetch(&outbound->young.slots[(uint32_t)hash & outbound->mask], 1);
	if (outbound->old.used != 0)
		__builtin_prefetch(&outbound->old.slots[(uint32_t)hash & outbound->mask]);
}

void outbound_add(struct outbound *outbound, uint64_t hash)
{
	uint32_t base;

	hash = fingerprint(hash);
	if (find(outbound, &outbound->young, hash))
		return;
	if (outbound->young.used >= outbound->limit)
		rotate(outbound);
	base = (uint32_t)hash & outbound->mask & ~(uint32_t)(NEIGHBOURS - 1);
	for (uint32_t i = 0; i < NEIGHBOURS; i++) {
		if (outbound->young.slots[base + i] == 0) {
			outbound->young.slots[base + i] = hash;
			outbound->young.used++;
			return;
		}
	}
	outbound->young.slots[base + (hash >> 32) % NEIGHBOURS] = hash;
	outbound->forgotten++;
}

bool outbound_has(struct outbound *outbound, uint64_t hash)
{
	hash = fingerprint(hash);
	if (find(outbound, &outbound->young, hash))
		return true;
	if (!find(outbound, &outbound->old, hash))
		return false;
	outbound->moved++;
	outbound_add(outbound, hash);
	return true;
}

void outbound_remove(struct outbound *outbound, uint64_t hash)
{
	struct generation *generations[] = {&outbound->young, &outbound->old};

	hash = fingerprint(hash);
	for (int i = 0; i < 2; i++) {
		uint64_t *slot = NULL;

		if (generations[i]->used != 0)
			slot = find(outbound, generations[i], hash);
		if (slot) {
			*slot = 0;
			generations[i]->used--;
		}
	}
}

uint64_t outbound_forgotten(const struct outbound *outbound)
{
	return outbound->forgotten;
}
