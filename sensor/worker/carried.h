/* SPDX-License-Identifier: ISC */
/*
 * The clients that a believed balancer carries over one connection. To the rest of the sensor each
 * is a conversation of its own: with its facts, its bytes and what has been told of it. One of them
 * has the turn, and what is known of it lives in the flow and its session; the others are parked
 * here. The balancer itself is one of them, when it speaks for nobody.
 *
 * A fixed pool, larger than there are sessions, so that whoever has the turn always has a place.
 * At most CARRIED_MAX clients of one connection are known at a time; the one whose last turn is
 * longest ago is concluded first. Owned by a worker, which does the telling (worker_carried.c).
 */
#ifndef SENSOR_CARRIED_H
#define SENSOR_CARRIED_H

#include "dissectors/read/facts.h"
#include "sensor/base/sketch.h"
#include "sensor/tables/flow.h"

#define CARRIED_MAX 16

struct carried {
	struct flow *flow;
	struct address client;
	uint16_t port;	       /* of the client, 0 if not told */
	uint16_t number;       /* facts.party */
	uint8_t by;	       /* enum forwarded_by; FORWARDED_NOT: the balancer itself */
	uint32_t next;	       /* of the same flow, parked before */
	uint32_t older, newer; /* of all that are parked */
	uint64_t start_ns, reported_ns;
	uint64_t bytes[2], reported_bytes[2], read[2];
	uint32_t reported_revision, reported_failed, reported_succeeded, reported_messages, digest;
	bool concerned, reported, told_payload;
	struct sketch users_tried, objects_read;
	struct facts facts;
};

struct carried_pool;
struct session;

struct carried_pool *carried_pool_new(uint32_t max_sessions); /* NULL: out of memory */
void carried_pool_free(struct carried_pool *pool);	      /* NULL is allowed */
uint64_t carried_pool_bytes(uint32_t max_sessions);	      /* what carried_pool_new() takes */

struct carried *carried_at(struct carried_pool *pool, uint32_t index);
/* Zeroed but for `flow`; 0 if all are in use. */
uint32_t carried_take(struct carried_pool *pool, struct flow *flow);
void carried_give_back(struct carried_pool *pool, uint32_t index); /* must not be parked */

/* Puts it in front of its flow's list. */
void carried_park(struct carried_pool *pool, uint32_t index);
void carried_unpark(struct carried_pool *pool, uint32_t index);
/* Who has to go before one more of this flow can be taken, whose others are all parked; 0: nobody. */
uint32_t carried_victim(struct carried_pool *pool, const struct flow *flow);

/* What is known of the client that has the turn goes to its place in the pool… */
void carried_save(struct carried *one, const struct flow *flow, const struct session *session);
/* … and comes back from there. */
void carried_load(const struct carried *one, struct flow *flow, struct session *session);

#endif
