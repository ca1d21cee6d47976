/* SPDX-License-Identifier: ISC */
/*
 * The room base/: what every other room stands on, and what knows nothing of packets. Nothing here
 * has a state of the whole program; whoever makes a table owns it.
 *
 *   fixed memory   chains, order (below), ring, byte_ring, sketch: taken once, bounded, indices for
 *                  pointers, no locks; a ring has one writer and one reader
 *   words          endpoint (who listens where), interval, services (names, families)
 *   writing        json_out, packed, printable, timestamp: bytes of attackers become safe text here
 *   the machine    loop (libevent), log, progress, hash, latency
 *
 * What bounds it: the sizes that the makers of tables give. What it leaves behind: nothing.
 *
 * Two ways of linking the slots of a fixed array by their index, with all memory taken at start:
 *
 *  chains  a hash index: hash → the slots with that hash (and, rarely, others: compare the keys)
 *  order   a doubly linked list in order of arrival; a slot is in one order of a node array at most
 *
 * CHAIN_END is no slot.
 */
#ifndef SENSOR_CHAINS_H
#define SENSOR_CHAINS_H

#include <stdbool.h>
#include <stdint.h>

#define CHAIN_END UINT32_MAX

struct chains {
	uint32_t *buckets, *next;
	uint64_t mask;
};

bool chains_new(struct chains *chains, uint32_t slots); /* false: out of memory */
uint64_t chains_bytes(uint32_t slots);			/* what chains_new() takes */
void chains_free(struct chains *chains);
void chains_add(struct chains *chains, uint64_t hash, uint32_t slot);
void chains_remove(struct chains *chains, uint64_t hash, uint32_t slot);

static inline uint32_t chains_first(const struct chains *chains, uint64_t hash)
{
	return chains->buckets[hash & chains->mask];
}

static inline uint32_t chains_next(const struct chains *chains, uint32_t slot)
{
	return chains->next[slot];
}

struct order_node {
	uint32_t previous, next;
};

struct order {
	uint32_t first, last;
};

#define ORDER_EMPTY                                                                                \
	{                                                                                          \
		CHAIN_END, CHAIN_END                                                               \
	}

void order_append(struct order *list, struct order_node *nodes, uint32_t slot);
void order_remove(struct order *list, struct order_node *nodes, uint32_t slot);

#endif
