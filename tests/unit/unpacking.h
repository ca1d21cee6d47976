/* SPDX-License-Identifier: ISC */
/* Unpacks for a dissector that is tested, as the sensor would. Made when it is first asked. */
#ifndef TESTS_UNIT_UNPACKING_H
#define TESTS_UNIT_UNPACKING_H

#include <stdlib.h>

#include "sensor/session/unpackers.h"

struct unpacking {
	struct unpackers *pool;
	unpackers_hold hold[2];
};

static inline enum unpacked unpacking_next(void *context, enum side from, enum packing packing,
					   struct bytes *in, struct bytes *out)
{
	struct unpacking *unpacking = context;

	if (!unpacking->pool)
		unpacking->pool = unpackers_new(1);
	if (!unpacking->pool)
		abort();
	return unpackers_next(unpacking->pool, &unpacking->hold[from], packing, in, out);
}

static inline void unpacking_end(void *context, enum side from)
{
	struct unpacking *unpacking = context;

	if (unpacking->pool)
		unpackers_end(unpacking->pool, &unpacking->hold[from]);
}

static inline struct unpacker unpacking_begin(struct unpacking *unpacking)
{
	*unpacking = (struct unpacking){.pool = NULL};
	return (struct unpacker){
		.context = unpacking, .next = unpacking_next, .end = unpacking_end};
}

/* Nothing may be held any more by one that has come to its end: told by whoever asks. */
static inline void unpacking_free(struct unpacking *unpacking)
{
	unpackers_free(unpacking->pool);
}

#endif
