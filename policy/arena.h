/* SPDX-License-Identifier: ISC */
/*
 * Memory of one load: many small pieces, given back all at once. All sizes are bounded by the
 * limits of the grammar (policy/limits.h), so a failing malloc means that the machine is out of
 * memory, and ends the program: nothing here ever returns NULL.
 */
#ifndef POLICY_ARENA_H
#define POLICY_ARENA_H

#include <stddef.h>

struct arena_chunk;

struct arena {
	struct arena_chunk *chunks; /* the newest first */
};

/* Zeroed, aligned for anything, valid until arena_free(). A size of 0 is allowed. */
void *arena_alloc(struct arena *arena, size_t size);
void *arena_array(struct arena *arena, size_t count, size_t size);
/* A copy of `length` bytes with a NUL behind them. */
char *arena_text(struct arena *arena, const char *text, size_t length);
void arena_free(struct arena *arena);

/* realloc for `count` things of `size` bytes each. The caller frees. */
void *arena_regrow(void *old, size_t count, size_t size);

#endif
