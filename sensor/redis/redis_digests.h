/* SPDX-License-Identifier: ISC */
/*
 * What seldom changes of an exposure is sent once, then only that it is the same: by a digest. Here
 * is which digest was sent last of which exposure. What was forgotten, for lack of room, is sent
 * again. /
 */
#ifndef SENSOR_REDIS_DIGESTS_H
#define SENSOR_REDIS_DIGESTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct redis_digest {
	uint64_t of, digest;
};

struct redis_digests {
	struct redis_digest *table; /* NULL: nothing was sent */
	size_t size, used;
};

/* Notes it. True: the same was sent before. */
bool redis_digests_same(struct redis_digests *digests, const char *exposure, uint64_t digest);
/* Nobody knows what Redis has. */
void redis_digests_forget(struct redis_digests *digests);

#endif
