/* SPDX-License-Identifier: ISC */
/* See redis_due.h. */
#include "sensor/redis/redis_due.h"

#include <assert.h>

size_t redis_due_room(const struct redis_due_list *list)
{
	return REDIS_DUE_MAX - list->count;
}

void redis_due_add(struct redis_due_list *list, enum redis_due_kind kind, uint64_t sequence)
{
	struct redis_due *due = &list->ring[(list->first + list->count) % REDIS_DUE_MAX];

	assert(list->count < REDIS_DUE_MAX);
	due->kind = kind;
	due->sequence = sequence;
	list->count++;
}

bool redis_due_take(struct redis_due_list *list, struct redis_due *due)
{
	if (list->count == 0)
		return false;
	*due = list->ring[list->first];
	list->first = (list->first + 1) % REDIS_DUE_MAX;
	list->count--;
	return true;
}

void redis_due_clear(struct redis_due_list *list)
{
	list->first = list->count = 0;
}
