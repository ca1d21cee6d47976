/* SPDX-License-Identifier: ISC */
/*
 * What feed() is given and what it answers: a piece of what one side has sent, and how it goes on
 * behind it. It lives for that one call.
 *
 * Mostly the answer is FEED_ON, which stands there already, and all has been read. Otherwise the
 * dissector stops where something changes: its last `rest` bytes are not read, and are fed again
 * when it has changed.
 *
 * One connection of a carrier, a balancer that the policy lists under `proxies`, brings the bytes
 * of many clients, and each has facts of its own. Then `forwarded` is set. A dissector that meets
 * the name of another client, or needs the turn of one that it has seen before, says so and is fed
 * the rest, be it nothing, with the facts of whose turn it is by then; `client` tells them apart.
 */
#ifndef DISSECTORS_FEED_H
#define DISSECTORS_FEED_H

#include "dissectors/read/bytes.h"

struct forwarded;

enum side {
	SIDE_CLIENT,
	SIDE_SERVER,
};

enum feed_next {
	FEED_ON,
	FEED_TLS,	/* both sides have agreed to it: what follows is for the dissector of TLS */
	FEED_FORWARDED, /* the turn of the client that `forwarded` names now */
	FEED_CLIENT,	/* the turn of the client that had the number `wanted` in `client` */
};

struct feed {
	enum side from;
	struct bytes bytes;
	struct forwarded *forwarded; /* where to name a client; NULL: nobody would believe it */
	uint16_t client;	     /* whose turn it is; 0: the connection's own client */
	/* The answer. */
	uint16_t wanted;
	enum feed_next next;
	size_t rest;
	size_t theirs; /* with FEED_FORWARDED: of what was read so far, the new client's own */
};

#endif
