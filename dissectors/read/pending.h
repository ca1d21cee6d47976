/* SPDX-License-Identifier: ISC */
/*
 * Commands that wait for their answers, for protocols that answer in order. Bounded: what comes
 * while it is full is only counted, and its answers are passed over.
 */
#ifndef DISSECTORS_PENDING_H
#define DISSECTORS_PENDING_H

#include <stdbool.h>
#include <stdint.h>

#define PENDING_ROWS 16

struct pending_row {
	int handle; /* of facts_command() */
	uint8_t kind;
};

struct pending {
	struct pending_row rows[PENDING_ROWS];
	uint8_t head, count;
	uint32_t unlisted; /* came while the rows were full */
};

static inline void pending_add(struct pending *pending, int handle, uint8_t kind)
{
	if (pending->count == PENDING_ROWS || pending->unlisted != 0) {
		pending->unlisted += pending->unlisted != UINT32_MAX;
		return;
	}
	pending->rows[(pending->head + pending->count) % PENDING_ROWS] =
		(struct pending_row){.handle = handle, .kind = kind};
	pending->count++;
}

/* The oldest, or NULL. Valid until the next call that modifies. */
static inline struct pending_row *pending_first(struct pending *pending)
{
	return pending->count != 0 ? &pending->rows[pending->head] : NULL;
}

/* The oldest is answered. */
static inline void pending_drop(struct pending *pending)
{
	if (pending->count == 0) {
		pending->unlisted -= pending->unlisted != 0;
		return;
	}
	pending->head = (uint8_t)((pending->head + 1) % PENDING_ROWS);
	pending->count--;
}

static inline void pending_clear(struct pending *pending)
{
	pending->head = pending->count = 0;
	pending->unlisted = 0;
}

#endif
