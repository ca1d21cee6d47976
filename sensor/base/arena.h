/* SPDX-License-Identifier: ISC */
/*
 * Memory for a library that wants to allocate, out of one block that was there before. What is
 * given back is used again: the first hole that is large enough, and neighbours grow together. For
 * few pieces: it looks at each.
 */
#ifndef SENSOR_ARENA_H
#define SENSOR_ARENA_H

#include <stddef.h>
#include <stdint.h>

#define ARENA_PIECE 16 /* bytes that each piece takes beside its own; all are aligned to so many */

struct arena {
	uint8_t *at; /* aligned to ARENA_PIECE; the caller's */
	size_t size; /* a multiple of ARENA_PIECE */
};

/* Nothing in it is in use any more. */
void arena_begin(struct arena *arena);
/* NULL: there is no hole so large. */
void *arena_take(struct arena *arena, size_t size);
void arena_give(struct arena *arena, void *piece); /* NULL is allowed */

#endif
