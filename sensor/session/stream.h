/* SPDX-License-Identifier: ISC */
/*
 * One direction of a TCP connection as in-order bytes. What arrives in order is passed on without
 * a copy; what arrives early is held in blocks of a bounded pool until the hole is filled, until
 * the other side has acknowledged beyond it (then it was sent, and we did not see it: a gap), or
 * until there is no room.
 *
 * Which copy of a byte wins is the receiver's choice (RFC 9293), and this is Linux's: what has been
 * passed on stays; what arrives in order wins over what is held; of what is held the segment that
 * begins first, and of two that begin alike the first copy unless the other is longer
 * (tcp_data_queue(), tcp_data_queue_ofo()). A byte that the sender marks as urgent is out of band
 * and not passed on. stream_contradicts() tells that there are two versions of the same bytes.
 */
#ifndef SENSOR_STREAM_H
#define SENSOR_STREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct stream {
	uint32_t next;	 /* sequence number of the next byte to pass on */
	uint32_t held;	 /* first held block, in order of sequence; 0 = none */
	uint32_t acked;	 /* newest acknowledgement of the other side, if acked_known */
	uint32_t urgent; /* if has_urgent: the byte that is out of band, not passed yet */
	uint16_t held_count;
	bool started, acked_known, has_urgent;
};

/*
 * The newest bytes that were passed on: those before `end`, from `begin` on. A byte lies where its
 * sequence number says.
 */
#define STREAM_TAIL 2048u
struct stream_tail {
	uint32_t begin, end;
	uint8_t bytes[STREAM_TAIL];
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

/*
 * The byte of this sequence number is out of band; false: it has passed, or a newer one is known.
 * To be told before the segment is fed.
 */
bool stream_urgent(struct stream *stream, uint32_t sequence);

/* These bytes have been passed on, and `end` is behind them. */
void stream_tail_add(struct stream_tail *tail, uint32_t end, const uint8_t *bytes, size_t length);
/* The bytes from `sequence` on, at most up to `until`; `length` 0: they are not there. */
const uint8_t *stream_tail_at(const struct stream_tail *tail, uint32_t sequence, uint32_t until,
			      uint32_t *length);
/* Is one of these bytes another than was passed on, as far as `tail` goes back, or than is held? */
bool stream_contradicts(const struct stream_pool *pool, const struct stream *stream,
			const struct stream_tail *tail, const struct segment *segment);
/* Feeds `to` what is held of `from`. */
void stream_copy_held(struct stream_pool *pool, const struct stream *from, struct stream *to,
		      const struct stream_handler *handler);

/* Segments that could not be held because the pool was used up. */
uint64_t stream_pool_refusals(const struct stream_pool *pool);
uint32_t stream_pool_in_use(const struct stream_pool *pool);

#endif
