/* SPDX-License-Identifier: ISC */
/*
 * Does the mirror show both directions, and everything? A sample of all TCP conversations on the
 * interface, whatever the policy says of them: each is watched for two seconds, then judged. Did
 * its other direction show? Did somebody acknowledge bytes that were never seen?
 *
 * A fixed table; a conversation that finds its place taken is not in the sample. One look-up for
 * each packet. Nothing here depends on single packets: a scanner cannot make it believe in a
 * one-way mirror without going on with a conversation.
 */
#ifndef SENSOR_PAIRS_H
#define SENSOR_PAIRS_H

#include "sensor/base/counter_rows.h"
#include "sensor/decode/decode.h"

struct pairs;

struct pairs_stats {
	COUNTERS_PAIRS(COUNTER_MEMBER, )
};

struct pairs *pairs_new(uint64_t hash_key); /* NULL: out of memory */
void pairs_free(struct pairs *pairs);	    /* NULL is allowed */
uint64_t pairs_bytes(void);		    /* what pairs_new() takes */
/* Which conversation a packet of TCP belongs to. */
uint64_t pairs_tuple(const struct pairs *pairs, const struct packet *packet);
/* pairs_packet() will be called with it soon. */
void pairs_prefetch(const struct pairs *pairs, uint64_t tuple);
void pairs_packet(struct pairs *pairs, uint64_t tuple, const struct packet *packet);
/* Judges what has been watched long enough; a part of the table at a time. */
void pairs_tick(struct pairs *pairs, uint64_t now_ns);
void pairs_finish(struct pairs *pairs); /* judges all, and forgets */
void pairs_stats(const struct pairs *pairs, struct pairs_stats *stats);

#endif
