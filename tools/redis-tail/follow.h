/* SPDX-License-Identifier: ISC */
/*
 * Follows the stream of a site as one consumer of a group: what the sink got is acknowledged after
 * it has settled that, so it gets every event at least once, whatever happens to Redis or to us.
 * Clusters, sentinels, TLS and lost connections are dealt with as the sensor does. What it could
 * not get, because the stream has no longer got it, is told on standard error.
 */
#ifndef TOOLS_REDIS_TAIL_FOLLOW_H
#define TOOLS_REDIS_TAIL_FOLLOW_H

#include <stdbool.h>
#include <stdint.h>

#include "sensor/base/loop.h"
#include "sensor/redis/redis_tls.h"
#include "sensor/redis/redis_url.h"
#include "tools/redis-tail/commands.h"

/* Who gets the entries. */
struct follow_sink {
	void *context;
	/* One that is there. False: it could not be dealt with, and the following ends. */
	bool (*entry)(void *context, const struct redis_answer *entry);
	/* After those of one answer. False as above. */
	bool (*settle)(void *context);
	/*
	 * All below may be NULL. Called when the server owes nothing: sends what must be known or
	 * written before anything is acknowledged or read, and is called again when that is
	 * answered. Returns how many commands that were, 0: nothing more; below 0: out of memory.
	 */
	int (*commands)(void *context, const struct commands *commands);
	/* Each answer to them, an error as well. False: the connection is given up. */
	bool (*answer)(void *context, const struct redis_answer *answer);
	void (*lost)(void *context);   /* what was not answered will not be */
	void (*anew)(void *context);   /* the server has lost its data */
	void (*missed)(void *context); /* entries were dropped before they were read */
	/* How long the server may wait for something new, ms; 0 with `once`: it is over. */
	uint32_t (*wait_ms)(void *context);
};

struct follow_options {
	struct redis_url url;
	const struct redis_tls *tls; /* NULL: none */
	struct loop *loop;
	const char *site, *run; /* run: NULL is live */
	const char *group, *consumer;
	bool from_new;	    /* a group that is made begins behind what there is */
	bool once;	    /* ends when there is nothing more */
	bool known_only;    /* ends in failure if nothing was ever written for this site or run */
	uint64_t count;	    /* events, then it ends; 0: no bound */
	uint64_t give_up_s; /* of trouble without a break; 0: never */
	uint64_t claim_s;   /* what a consumer has not acknowledged for so long is taken over */
	struct follow_sink sink;
};

struct follow;

/* Strings are not copied. NULL: out of memory. */
struct follow *follow_new(const struct follow_options *options);
void follow_free(struct follow *follow); /* NULL is allowed */

/* Stops the loop when it is done. False then: it gave up. */
bool follow_succeeded(const struct follow *follow);

#endif
