/* SPDX-License-Identifier: ISC */
/* See arena.h. Before each piece stands how long it is, and whether it is in use. */
#include "sensor/base/arena.h"

#include <stdbool.h>

struct piece {
	_Alignas(ARENA_PIECE) size_t size; /* without this */
	bool used;
};

_Static_assert(sizeof(struct piece) == ARENA_PIECE, "the head of a piece");

static struct piece *first_of(const struct arena *arena)
{
	return (struct piece *)(void *)arena->at;
}

static struct piece *next_of(const struct arena *arena, struct piece *piece)
{
	uint8_t *next = (uint8_t *)(piece + 1) + piece->size;

	return next < arena->at + arena->size ? (struct piece *)(void *)next : NULL;
}

void arena_begin(struct arena *arena)
{
	*first_of(arena) = (struct piece){.size = arena->size - sizeof(struct piece)};
}

/* With the holes behind it. */
static void grow(const struct arena *arena, struct piece *piece)
{
	struct piece *next = next_of(arena, piece);

	while (next && !next->used) {
		piece->size += sizeof *next + next->size;
		next = next_of(arena, piece);
	}
}

static void split(struct piece *piece, size_t size)
{
	struct piece *rest;

	if (piece->size - size < 2 * sizeof *piece)
		return;
	rest = (struct piece *)(void *)((uint8_t *)(piece + 1) + size);
	*rest = (struct piece){.size = piece->size - size - sizeof *rest};
	piece->size = size;
}

void *arena_take(struct arena *arena, size_t size)
{
	if (size > arena->size)
		return NULL;
	size = (size + ARENA_PIECE - 1) / ARENA_PIECE * ARENA_PIECE;
	for (struct piece *piece = first_of(arena); piece; piece = next_of(arena, piece)) {
		if (piece->used)
			continue;
		grow(arena, piece);
		if (piece->size < size)
			continue;
		split(piece, size);
		piece->used = true;
		return piece + 1;
	}
	return NULL;
}

void arena_give(struct arena *arena, void *piece)
{
	(void)arena;
	if (piece)
		((struct piece *)piece - 1)->used = false;
}
