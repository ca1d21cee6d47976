/* SPDX-License-Identifier: ISC */
/* Answers of Redis that are due, in the order in which they will come. */
#ifndef SENSOR_REDIS_DUE_H
#define SENSOR_REDIS_DUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define REDIS_DUE_MAX 300

enum redis_due_kind {
	DUE_ASKING, /* before whatever */
	/* Of the greeting. */
	DUE_LOGIN,
	DUE_DATABASE,
	DUE_MASTER, /* a sentinel's: where the master is */
	DUE_ROLE,
	DUE_NODES,  /* of the cluster */
	DUE_POLICY, /* does it evict keys when it is full? */
	DUE_SITE,   /* noted among all sites; best effort */
	DUE_SCRIPT,
	DUE_APPLIED, /* the last event that this Redis has of us */
	/* Of what follows. */
	DUE_EVENT,     /* a batch of them: redis_flight.h */
	DUE_HEARTBEAT, /* `sequence`: when it was sent, ns by this host's clock */
	DUE_STATUS,    /* what has no answer that matters */
	DUE_PING,
};

struct redis_due {
	enum redis_due_kind kind;
	uint64_t sequence;
};

struct redis_due_list {
	struct redis_due ring[REDIS_DUE_MAX];
	size_t first, count;
};

size_t redis_due_room(const struct redis_due_list *list);
void redis_due_add(struct redis_due_list *list, enum redis_due_kind kind, uint64_t sequence);
bool redis_due_take(struct redis_due_list *list, struct redis_due *due); /* false: none is due */
void redis_due_clear(struct redis_due_list *list);

#endif
