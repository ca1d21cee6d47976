/* SPDX-License-Identifier: ISC */
/* See carried.h. Index 0 is never used: it ends lists. */
#include "sensor/worker/carried.h"

#include <stdlib.h>
#include <string.h>

struct carried_pool {
	struct carried *list;
	uint32_t free_list, fresh, size; /* fresh: the first one never used yet */
	uint32_t oldest, newest;	 /* of those that are parked */
};

static uint32_t size_for(uint32_t max_sessions)
{
	return max_sessions + max_sessions / 2 + CARRIED_MAX;
}

uint64_t carried_pool_bytes(uint32_t max_sessions)
{
	const struct carried_pool *pool = NULL;

	return sizeof *pool + ((uint64_t)size_for(max_sessions) + 1) * sizeof *pool->list;
}

struct carried_pool *carried_pool_new(uint32_t max_sessions)
{
	struct carried_pool *pool = calloc(1, sizeof *pool);

	if (!pool)
		return NULL;
	pool->size = size_for(max_sessions);
	pool->fresh = 1;
	pool->list = calloc((size_t)pool->size + 1, sizeof *pool->list);
	if (!pool->list) {
		free(pool);
		return NULL;
	}
	return pool;
}

void carried_pool_free(struct carried_pool *pool)
{
	if (!pool)
		return;
	free(pool->list);
	free(pool);
}

struct carried *carried_at(struct carried_pool *pool, uint32_t index)
{
	return &pool->list[index];
}

uint32_t carried_take(struct carried_pool *pool, struct flow *flow)
{
	uint32_t index = pool->free_list;

	if (index)
		pool->free_list = pool->list[index].next;
	else if (pool->fresh <= pool->size)
		index = pool->fresh++;
	else
		return 0;
	memset(&pool->list[index], 0, sizeof *pool->list);
	pool->list[index].flow = flow;
	return index;
}

void carried_give_back(struct carried_pool *pool, uint32_t index)
{
	pool->list[index].flow = NULL;
	pool->list[index].next = pool->free_list;
	pool->free_list = index;
}

void carried_park(struct carried_pool *pool, uint32_t index)
{
	struct carried *one = &pool->list[index];

	one->next = one->flow->parked;
	one->flow->parked = index;
	one->older = pool->newest;
	one->newer = 0;
	if (pool->newest)
		pool->list[pool->newest].newer = index;
	else
		pool->oldest = index;
	pool->newest = index;
}

void carried_unpark(struct carried_pool *pool, uint32_t index)
{
	struct carried *one = &pool->list[index];
	uint32_t *link = &one->flow->parked;

	while (*link != index)
		link = &pool->list[*link].next;
	*link = one->next;
	if (one->older)
		pool->list[one->older].newer = one->newer;
	else
		pool->oldest = one->newer;
	if (one->newer)
		pool->list[one->newer].older = one->older;
	else
		pool->newest = one->older;
}

uint32_t carried_victim(struct carried_pool *pool, const struct flow *flow)
{
	uint32_t last = 0, count = 0;

	for (uint32_t i = flow->parked; i != 0; i = pool->list[i].next) {
		last = i;
		count++;
	}
	if (count >= CARRIED_MAX)
		return last;
	return pool->free_list || pool->fresh <= pool->size ? 0 : pool->oldest;
}
