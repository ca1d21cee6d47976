/* SPDX-License-Identifier: ISC */
/*
 * A chain of chunks. A piece larger than a chunk gets a chunk of its own, put behind the current
 * one so that its free space is not lost.
 */
#include <err.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "policy/arena.h"

#define CHUNK_BYTES ((size_t)64 * 1024)

struct arena_chunk {
	struct arena_chunk *next;
	size_t used, size; /* of `bytes` */
	_Alignas(max_align_t) unsigned char bytes[];
};

static struct arena_chunk *new_chunk(size_t size)
{
	struct arena_chunk *chunk = calloc(1, sizeof *chunk + size);

	if (chunk == NULL)
		err(2, "policy: %zu bytes", size);
	chunk->size = size;
	return chunk;
}

void *arena_alloc(struct arena *arena, size_t size)
{
	struct arena_chunk *chunk = arena->chunks;
	size_t rounded = (size + _Alignof(max_align_t) - 1) & ~(_Alignof(max_align_t) - 1);

	if (chunk == NULL || rounded > chunk->size - chunk->used) {
		chunk = new_chunk(rounded > CHUNK_BYTES / 2 ? rounded : CHUNK_BYTES);
		if (arena->chunks != NULL && chunk->size == rounded) {
			chunk->next = arena->chunks->next;
			arena->chunks->next = chunk;
		} else {
			chunk->next = arena->chunks;
			arena->chunks = chunk;
		}
	}
	chunk->used += rounded;
	return chunk->bytes + chunk->used - rounded;
}

void *arena_array(struct arena *arena, size_t count, size_t size)
{
	if (size != 0 && count > SIZE_MAX / 2 / size)
		errx(2, "policy: %zu times %zu bytes", count, size);
	return arena_alloc(arena, count * size);
}

char *arena_text(struct arena *arena, const char *text, size_t length)
{
	char *copy = arena_alloc(arena, length + 1);

	memcpy(copy, text, length);
	return copy;
}

void arena_free(struct arena *arena)
{
	struct arena_chunk *chunk = arena->chunks;

	while (chunk != NULL) {
		struct arena_chunk *next = chunk->next;

		free(chunk);
		chunk = next;
	}
	arena->chunks = NULL;
}

void *arena_regrow(void *old, size_t count, size_t size)
{
	void *grown = reallocarray(old, count, size);

	if (grown == NULL)
		err(2, "policy: %zu times %zu bytes", count, size);
	return grown;
}
