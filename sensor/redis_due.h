/* SPDX-License-Identifier: ISC */
/* Answers of Redis that are due, in the order in which they will come. */
#ifndef SENSOR_REDIS_DUE_H
#define SENSOR_REDIS_DUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define REDIS_DUE_MAX 256

enum redis_due_kind {
	DUE_GREETING, /* log-in, database */
	DUE_SCRIPT,
	DUE_EVENT,
	DUE_STATUS, /* heartbeat, coverage */
};

struct redis_due {
	enum redis_due_kind kind;
	uint64_t sequence; /* of an event */
};

struct redis_due_list {
	struct redis_due ring[REDIS_DUE_MAX];
	size_t first, count, events; /* events: how many of them are */
};

bool redis_due_full(const struct redis_due_list *list);
void redis_due_add(struct redis_due_list *list, enum redis_due_kind kind, uint64_t sequence);
bool redis_due_take(struct redis_due_list *list, struct redis_due *due); /* false: none is due */
void redis_due_clear(struct redis_due_list *list);

#endif
