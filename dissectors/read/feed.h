/* SPDX-License-Identifier: ISC */
/*
 * What feed() is given and what it answers: a piece of what one side has sent, and what follows it.
 * It lives for that one call.
 *
 * Mostly the answer is FEED_ON, which stands there already: all has been read. Otherwise the
 * dissector stops reading where the change is due and leaves the last `rest` bytes. The sensor
 * feeds those again after the change: to the dissector of TLS or of another protocol, or to this
 * one with another client's facts.
 *
 * A carrier, a proxy that the policy lists, speaks for many clients over one connection, and each
 * of them has facts of its own. Then `forwarded` is set, and `client` tells them apart. A dissector
 * that reads the name of a client, or needs the turn of one that it has seen before, says so. It is
 * fed the rest, even if that is empty, together with the facts of the client that has the turn.
 */
#ifndef DISSECTORS_FEED_H
#define DISSECTORS_FEED_H

#include "dissectors/read/bytes.h"

struct dissector;
struct forwarded;
struct unpacker;

enum side {
	SIDE_CLIENT,
	SIDE_SERVER,
};

enum feed_next {
	FEED_ON,
	FEED_TLS,	/* both sides have agreed to it: what follows is for the dissector of TLS */
	FEED_PROTOCOL,	/* what follows, of both sides, is for the dissector `to` */
	FEED_FORWARDED, /* the turn of the client that `forwarded` names now */
	FEED_CLIENT,	/* the turn of the client that had the number `wanted` in `client` */
};

struct feed {
	enum side from;
	struct bytes bytes;
	struct forwarded *forwarded; /* where to name a client; NULL: the sender is no carrier */
	const struct unpacker *unpacker; /* of what is compressed: unpacker.h; NULL: nobody */
	uint16_t client;		 /* whose turn it is; 0: the connection's own client */
	uint8_t hint;			 /* of the dissector that led to this one; 0: none */
	/* The answer. */
	const struct dissector *to; /* with FEED_PROTOCOL; `hint` is for it */
	uint16_t wanted;
	enum feed_next next;
	size_t rest;
	size_t theirs; /* with FEED_FORWARDED: of what was read so far, the new client's own */
};

#endif
