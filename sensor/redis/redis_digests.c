/* SPDX-License-Identifier: ISC */
/* See redis_digests.h. Grows with what is sent; beyond ROWS_MOST the newer takes
 * an older one's place. */
#include "sensor/redis/redis_digests.h"

#include <stdlib.h>
#include <string.h>

#include "sensor/base/hash.h"

#define ROWS_LEAST 256
#define ROWS_MOST  65536 /* 1 MiB */
#define TRIES	   8

static struct redis_digest *find(struct redis_digest *table, size_t size, uint64_t of)
{
	for (size_t i = 0; i < TRIES; i++) {
		struct redis_digest *row = &table[(of + i) & (size - 1)];

		if (row->of == of || row->of == 0)
			return row;
	}
	return &table[of & (size - 1)];
}

static bool grow(struct redis_digests *digests)
{
	size_t size = digests->size != 0 ? digests->size * 2 : ROWS_LEAST;
	struct redis_digest *table;

	if (digests->used * 2 < digests->size || size > ROWS_MOST)
		return digests->table != NULL;
	table = calloc(size, sizeof *table);
	if (table == NULL)
		return digests->table != NULL;
	for (size_t i = 0; i < digests->size; i++) {
		if (digests->table[i].of != 0)
			*find(table, size, digests->table[i].of) = digests->table[i];
	}
	free(digests->table);
	digests->table = table;
	digests->size = size;
	return true;
}

bool redis_digests_same(struct redis_digests *digests, const char *exposure, uint64_t digest)
{
	uint64_t of = hash_bytes(exposure, strlen(exposure), 0) | 1;
	struct redis_digest *row;
	bool same;

	if (!grow(digests))
		return false;
	row = find(digests->table, digests->size, of);
	same = row->of == of && row->digest == digest;
	digests->used += row->of == 0;
	*row = (struct redis_digest){of, digest};
	return same;
}

void redis_digests_forget(struct redis_digests *digests)
{
	free(digests->table);
	*digests = (struct redis_digests){.table = NULL};
}
