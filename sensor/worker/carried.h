/* SPDX-License-Identifier: ISC */
/*
 * The clients that a carrier speaks for over one connection. To the rest of the sensor each is a
 * conversation of its own: with its facts, its bytes and what has been told of it.
 *
 *	carrier          a balancer or proxy that the policy lists under `proxies`: the client of a
 *	                 connection, and believed when it says for whom it speaks (flow->carrier)
 *	carried client   one for whom it speaks: struct carried
 *	own client       the one that opened the connection, here the carrier; what it says and does
 *	                 for itself counts in flow->own and session->own
 *	turn             whose bytes are read and counted now (flow->turn): a carried client's, or
 *	                 the own client's; all others of the connection are parked
 *	claim            what somebody who is no carrier says about clients: counted, not believed
 *
 * A turn moves flow->turn and session->findings, and no figure is copied (worker_carried.c).
 *
 * A fixed pool, larger than there are sessions, so that whoever has the turn always has a place.
 * At most CARRIED_MAX carried clients of one connection are known at a time; the one whose last
 * turn is longest ago is concluded first. Owned by a worker, which does the telling.
 */
#ifndef SENSOR_CARRIED_H
#define SENSOR_CARRIED_H

#include "sensor/session/session.h"
#include "sensor/tables/flow.h"

#define CARRIED_MAX 16

struct carried {
	struct flow *flow;
	struct address client;
	uint16_t port;	       /* of the client, 0 if not told */
	uint8_t by;	       /* enum forwarded_by */
	uint32_t next;	       /* of the same flow, parked before */
	uint32_t older, newer; /* of all that are parked */
	struct telling telling;
	struct findings findings;
};

struct carried_pool;

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
/*
 * Who has to go before one more of this flow can be taken, whose others are all parked; 0: nobody.
 */
uint32_t carried_victim(struct carried_pool *pool, const struct flow *flow);

#endif
