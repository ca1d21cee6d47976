/* SPDX-License-Identifier: ISC */
/*
 * What a reader has missed because the stream was trimmed before it came: known from what the
 * stream and the group say of themselves. Exact from Redis 7 on; before, only that it may be so.
 */
#ifndef TOOLS_REDIS_TAIL_LOSSES_H
#define TOOLS_REDIS_TAIL_LOSSES_H

#include <stdbool.h>
#include <stdint.h>

#include "tools/redis-tail/entry.h"

struct losses {
	uint64_t trimmed; /* given to a consumer, gone before it was acknowledged; not told yet */
	uint64_t skipped; /* gone before anybody read it; not told yet */
	bool unsure;	  /* something may have been skipped; not told yet */
	/* Of the answer to XINFO STREAM. */
	char first[ENTRY_ID];  /* "": none, or not known */
	int64_t length, added; /* added: -1 is not known */
};

void losses_forget(struct losses *losses); /* what the stream said */
void losses_stream(struct losses *losses, const struct redis_answer *answer);
void losses_group(struct losses *losses, const struct redis_answer *answer, const char *group);
/* Once, on standard error. False: there was nothing to tell. */
bool losses_tell(struct losses *losses, const char *server);

#endif
