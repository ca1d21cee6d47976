/* SPDX-License-Identifier: ISC */
/*
 * The PROXY protocol, versions 1 and 2 (HAProxy's proxy-protocol.txt): a header in front of
 * whatever is spoken on a TCP connection, sent once by the side that connects. Pure and
 * incremental, as the dissectors are; it is not one of them, because it says nothing of what
 * follows.
 */
#ifndef DISSECTORS_PROXY_HEADER_H
#define DISSECTORS_PROXY_HEADER_H

#include "dissectors/read/forwarded.h"

#define PROXY_HEADER_KEPT                                                                          \
	108 /* version 1 has at most 107 bytes; of version 2, 52 are of interest */

enum proxy_header_state {
	PROXY_HEADER_MORE, /* it agrees so far */
	PROXY_HEADER_NONE, /* `length` bytes of `kept` belong to the stream */
	PROXY_HEADER_DONE,
};

/* Zeroed to begin with. */
struct proxy_header {
	uint8_t state; /* enum proxy_header_state */
	uint8_t length;
	uint16_t skip; /* bytes of version 2 that are still to come, and say nothing to us */
	bool local;    /* the carrier itself: a health check, or a client that it does not know */
	bool skipping;
	uint8_t kept[PROXY_HEADER_KEPT];
	struct forwarded client; /* with PROXY_HEADER_DONE, and not local */
};

/* Takes bytes of the stream's beginning, and says how many; those behind are not the header's. */
size_t proxy_header_feed(struct proxy_header *header, const uint8_t *bytes, size_t length);
/* There is a gap, or the end: what has not become a header by now is none. */
void proxy_header_give_up(struct proxy_header *header);

#endif
