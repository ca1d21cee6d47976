/* SPDX-License-Identifier: ISC */
/*
 * One direction of a TCP connection as in-order bytes. What arrives in order is passed on without
 * a copy; what arrives early is held in blocks of a bounded pool until the hole is filled, until
 * the other side has acknowledged beyond it (then it was sent, and we did not see it: a gap), or
 * until there is no room. The first copy of a byte wins; later ones are ignored (RFC 9293 leaves
 * the choice to the receiver, and ours must not depend on what an attacker sends afterwards).
 */
#ifndef SENSOR_STREAM_H
#define SENSOR_STREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct stream {
	uint32_t next;	/* sequence number of the next byte to pass on */
	uint32_t held;	/* first held block, in order of sequence; 0 = none */
	uint32_t acked; /* newest acknowledgement of the other side, if acked_known */
	uint16_t held_count;
	bool started, acked_known;
};

struct stream_handler {
	void *context;
	void (*bytes)(void *context, const uint8_t *bytes, size_t length);
	void (*gap)(void *context, uint64_t missing);
};

/* One segment of the wire: `wire` bytes from `sequence` on, of which `captured` are at `bytes`. */
struct segment {
	uint32_t sequence;
	const uint8_t *bytes;
	uint32_t captured, wire;
};

struct stream_pool;

struct stream_pool *stream_pool_new(uint32_t blocks); /* of 2 KiB; NULL: out of memory */
void stream_pool_free(struct stream_pool *pool);
uint64_t stream_pool_bytes(uint32_t blocks); /* what stream_pool_new() takes */

void stream_start(struct stream *stream, uint32_t sequence);
void stream_feed(struct stream_pool *pool, struct stream *stream, const struct segment *segment,
		 const struct stream_handler *handler);
/*
 * The other side has acknowledged everything before `sequence`. A hole before that is given up only
 * when later bytes are there: an acknowledgement may be captured before what it acknowledges.
 */
void stream_acked(struct stream_pool *pool, struct stream *stream, uint32_t sequence,
		  const struct stream_handler *handler);
/* Passes on what is held, telling the gaps, and gives the blocks back. `handler` may be NULL. */
void stream_finish(struct stream_pool *pool, struct stream *stream,
		   const struct stream_handler *handler);

/* Segments that could not be held because the pool was used up. */
uint64_t stream_pool_refusals(const struct stream_pool *pool);
uint32_t stream_pool_in_use(const struct stream_pool *pool);

#endif
