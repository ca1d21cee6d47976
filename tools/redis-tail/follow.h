/* SPDX-License-Identifier: ISC */
/*
 * Follows the stream of a site as one consumer of a group: what was printed is acknowledged after
 * it was written, so every event is printed at least once, whatever happens to Redis or to us.
 * Clusters, sentinels, TLS and lost connections are dealt with as the sensor does. What could not
 * be printed, because the stream has no longer got it, is told on standard error.
 */
#ifndef TOOLS_REDIS_TAIL_FOLLOW_H
#define TOOLS_REDIS_TAIL_FOLLOW_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "sensor/base/loop.h"
#include "sensor/redis/redis_tls.h"
#include "sensor/redis/redis_url.h"

struct follow_options {
	struct redis_url url;
	const struct redis_tls *tls; /* NULL: none */
	struct loop *loop;
	const char *site, *run; /* run: NULL is live */
	const char *group, *consumer;
	bool from_new; /* a group that is made begins behind what there is */
	bool json;
	bool once;	    /* ends when there is nothing more */
	uint64_t count;	    /* events, then it ends; 0: no bound */
	uint64_t give_up_s; /* of trouble without a break; 0: never */
	uint64_t claim_s;   /* what a consumer has not acknowledged for so long is taken over */
	FILE *out;
};

struct follow;

/* Strings are not copied. NULL: out of memory. */
struct follow *follow_new(const struct follow_options *options);
void follow_free(struct follow *follow); /* NULL is allowed */

/* Stops the loop when it is done. False then: it gave up. */
bool follow_succeeded(const struct follow *follow);

#endif
