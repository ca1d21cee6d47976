/* SPDX-License-Identifier: ISC */
/* Hash chains and lists over the indices of a fixed array. */
#include "sensor/base/chains.h"

#include <stdlib.h>
#include <string.h>

static uint64_t buckets_for(uint32_t slots)
{
	uint64_t buckets = 16;

	while (buckets < slots)
		buckets *= 2;
	return buckets;
}

uint64_t chains_bytes(uint32_t slots)
{
	const struct chains *chains = NULL;

	return buckets_for(slots) * sizeof *chains->buckets +
	       (uint64_t)slots * sizeof *chains->next;
}

bool chains_new(struct chains *chains, uint32_t slots)
{
	uint64_t buckets = buckets_for(slots);

	*chains = (struct chains){
		.buckets = malloc(buckets * sizeof *chains->buckets),
		.next = malloc(slots * sizeof *chains->next),
		.mask = buckets - 1,
	};
	if (chains->buckets == NULL || chains->next == NULL)
		return false;
	memset(chains->buckets, 0xff, buckets * sizeof *chains->buckets); /* CHAIN_END */
	return true;
}

void chains_free(struct chains *chains)
{
	free(chains->buckets);
	free(chains->next);
}

void chains_add(struct chains *chains, uint64_t hash, uint32_t slot)
{
	uint32_t *bucket = &chains->buckets[hash & chains->mask];

	chains->next[slot] = *bucket;
	*bucket = slot;
}

void chains_remove(struct chains *chains, uint64_t hash, uint32_t slot)
{
	uint32_t *at = &chains->buckets[hash & chains->mask];

	while (*at != slot && *at != CHAIN_END)
		at = &chains->next[*at];
	if (*at == slot)
		*at = chains->next[slot];
}

void order_append(struct order *list, struct order_node *nodes, uint32_t slot)
{
	nodes[slot] = (struct order_node){.previous = list->last, .next = CHAIN_END};
	if (list->last == CHAIN_END)
		list->first = slot;
	else
		nodes[list->last].next = slot;
	list->last = slot;
}

void order_remove(struct order *list, struct order_node *nodes, uint32_t slot)
{
	struct order_node node = nodes[slot];

	if (node.previous == CHAIN_END)
		list->first = node.next;
	else
		nodes[node.previous].next = node.next;
	if (node.next == CHAIN_END)
		list->last = node.previous;
	else
		nodes[node.next].previous = node.previous;
}
