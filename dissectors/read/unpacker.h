/* SPDX-License-Identifier: ISC */
/*
 * Bytes that a peer has compressed. A dissector unpacks nothing itself: struct feed brings somebody
 * who does, with memory of his own, one stream for each side at a time. What is unpacked stays
 * where it is until the next call, and is looked at as far as UNPACKER_MOST: no more comes of one
 * stream, whatever it claims to hold. Only PACKING_STREAM has no such end.
 *
 *	do
 *		result = unpacker_next(fed, facts, packing, &in, &out);
 *		... out ...
 *	while (result == UNPACKED_ON);
 *
 * The first call, and the first after unpacker_end(), begins a stream. A gap, and the end of the
 * conversation, end it; the dissector is told of those as of any.
 */
#ifndef DISSECTORS_UNPACKER_H
#define DISSECTORS_UNPACKER_H

#include "dissectors/read/bytes.h"
#include "dissectors/read/facts.h"
#include "dissectors/read/feed.h"

#define UNPACKER_MOST 65536 /* bytes that are made of one stream */

enum packing {
	PACKING_NONE,
	PACKING_GZIP,	 /* RFC 1952, of several members as well */
	PACKING_DEFLATE, /* RFC 1950; without its header and end, RFC 1951, servers send it, too */
	PACKING_STREAM,	 /* RFC 1951 alone, for as long as the conversation goes on: RFC 7692 */
	PACKING_BROTLI,	 /* RFC 7932 */
	PACKING_ZSTD,	 /* RFC 8878 */
	PACKING_LZ4,	 /* one block, without a frame */
	PACKING_SNAPPY,	 /* one block, without a frame */
	PACKING_UNKNOWN, /* nobody here can read it */
};

enum unpacked {
	UNPACKED_ON,	  /* there is more to take or to give: call again */
	UNPACKED_MORE,	  /* all is taken, and more may come */
	UNPACKED_ENDED,	  /* nothing of what follows belongs to it */
	UNPACKED_FULL,	  /* as far as it is looked at */
	UNPACKED_WRONG,	  /* it is not what it was said to be, from here on */
	UNPACKED_REFUSED, /* nobody unpacks it, or there is no room; it is not tried again */
};

/* From the sensor; lives as long as the struct feed. */
struct unpacker {
	void *context;
	enum unpacked (*next)(void *context, enum side from, enum packing packing, struct bytes *in,
			      struct bytes *out);
	void (*end)(void *context, enum side from);
};

/* Takes from *in. *out may be empty. What cannot be read is told: facts->limited. */
enum unpacked unpacker_next(const struct feed *fed, struct facts *facts, enum packing packing,
			    struct bytes *in, struct bytes *out);
/* What is known of it will do. Allowed if there is no stream, or no `fed`. */
void unpacker_end(const struct feed *fed);

#endif
