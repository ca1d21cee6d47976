/* SPDX-License-Identifier: ISC */
/*
 * See stream.h. Block 0 of the pool is never used: it ends lists. What a stream holds is sorted,
 * disjoint, and begins behind `next`: a copy that comes later is cut to what is not held yet.
 */
#include "sensor/session/stream.h"

#include <stdlib.h>
#include <string.h>

#define BLOCK_BYTES 2034       /* with the fields, 2 KiB */
#define HELD_MAX    64	       /* blocks of one stream */
#define WINDOW_MAX  (8u << 20) /* a segment further ahead is not of this stream */

struct block {
	uint32_t next;
	uint32_t sequence;
	uint32_t wire; /* as sent: more than captured if the frame was cut off */
	uint16_t captured;
	uint8_t bytes[BLOCK_BYTES];
};

struct stream_pool {
	struct block *blocks;
	uint32_t free_list, in_use;
	uint32_t fresh, max; /* fresh: the first block never used yet */
	uint64_t refusals;
};

struct stream_pool *stream_pool_new(uint32_t blocks)
{
	struct stream_pool *pool = calloc(1, sizeof *pool);

	if (!pool)
		return NULL;
	pool->blocks = calloc((size_t)blocks + 1, sizeof *pool->blocks);
	if (!pool->blocks) {
		free(pool);
		return NULL;
	}
	pool->fresh = 1;
	pool->max = blocks;
	return pool;
}

uint64_t stream_pool_bytes(uint32_t blocks)
{
	const struct stream_pool *pool = NULL;

	return sizeof *pool + ((uint64_t)blocks + 1) * sizeof *pool->blocks;
}

void stream_pool_free(struct stream_pool *pool)
{
	if (!pool)
		return;
	free(pool->blocks);
	free(pool);
}

void stream_start(struct stream *stream, uint32_t sequence)
{
	stream->next = sequence;
	stream->started = true;
}

/* Distance from a to b on the circle of sequence numbers (RFC 9293 section 3.4). */
static int32_t ahead(uint32_t a, uint32_t b)
{
	return (int32_t)(b - a);
}

/* Takes the first `length` bytes off a segment; they must be there. */
static struct segment take(struct segment *segment, uint32_t length)
{
	struct segment taken = *segment;

	taken.wire = length;
	if (taken.captured > length)
		taken.captured = length;
	segment->sequence += length;
	segment->wire -= length;
	segment->captured -= taken.captured;
	if (segment->bytes)
		segment->bytes += taken.captured;
	return taken;
}

/* What begins at `next`. */
static void pass_on(struct stream *stream, const struct segment *segment,
		    const struct stream_handler *handler)
{
	stream->next += segment->wire;
	if (handler && segment->captured != 0)
		handler->bytes(handler->context, segment->bytes, segment->captured);
	if (handler && segment->wire > segment->captured)
		handler->gap(handler->context, segment->wire - segment->captured);
}

static void release_first(struct stream_pool *pool, struct stream *stream)
{
	uint32_t index = stream->held;

	stream->held = pool->blocks[index].next;
	stream->held_count--;
	pool->blocks[index].next = pool->free_list;
	pool->free_list = index;
	pool->in_use--;
}

/* Passes on the held blocks that have come to their turn. */
static void drain(struct stream_pool *pool, struct stream *stream,
		  const struct stream_handler *handler)
{
	while (stream->held && pool->blocks[stream->held].sequence == stream->next) {
		const struct block *block = &pool->blocks[stream->held];
		struct segment segment = {
			.sequence = block->sequence,
			.bytes = block->bytes,
			.captured = block->captured,
			.wire = block->wire,
		};

		pass_on(stream, &segment, handler);
		release_first(pool, stream);
	}
}

/*
 * Passes on what of the segment has its turn, and what is held between its parts. False: it begins
 * behind `next`.
 */
static bool deliver(struct stream_pool *pool, struct stream *stream, struct segment *segment,
		    const struct stream_handler *handler)
{
	while (ahead(stream->next, segment->sequence) <= 0) {
		uint32_t known = stream->next - segment->sequence, length;
		struct segment part;

		if (known >= segment->wire)
			return true;
		take(segment, known);
		length = segment->wire;
		if (stream->held && length > pool->blocks[stream->held].sequence - stream->next)
			length = pool->blocks[stream->held].sequence - stream->next;
		part = take(segment, length);
		pass_on(stream, &part, handler);
		drain(pool, stream, handler);
	}
	return false;
}

/* Gives up waiting for what is missing before `sequence`. */
static void skip_to(struct stream *stream, uint32_t sequence, const struct stream_handler *handler)
{
	uint32_t missing = sequence - stream->next;

	stream->next = sequence;
	if (handler)
		handler->gap(handler->context, missing);
}

/* Gives up waiting for what is missing before the first held block. */
static void jump(struct stream_pool *pool, struct stream *stream,
		 const struct stream_handler *handler)
{
	skip_to(stream, pool->blocks[stream->held].sequence, handler);
	drain(pool, stream, handler);
}

/* A free block, or 0. Blocks that were never used are taken last: their memory is not there yet. */
static uint32_t take_block(struct stream_pool *pool)
{
	uint32_t index = pool->free_list;

	if (index)
		pool->free_list = pool->blocks[index].next;
	else if (pool->fresh <= pool->max)
		index = pool->fresh++;
	pool->in_use += index != 0;
	pool->refusals += index == 0;
	return index;
}

/* Holds one block's worth, at this place in the list. False: no room. */
static bool hold_block(struct stream_pool *pool, struct stream *stream, uint32_t *link,
		       const struct segment *segment)
{
	uint32_t index = stream->held_count == HELD_MAX ? 0 : take_block(pool);
	struct block *block = &pool->blocks[index];

	if (index == 0)
		return false;
	stream->held_count++;
	block->sequence = segment->sequence;
	block->captured = (uint16_t)segment->captured;
	block->wire = segment->wire;
	memcpy(block->bytes, segment->bytes, segment->captured);
	block->next = *link;
	*link = index;
	return true;
}

/* How much of the segment fits in one block before the one that follows. */
static uint32_t part_length(const struct stream_pool *pool, uint32_t following,
			    const struct segment *segment)
{
	uint32_t length = segment->wire;

	if (following && length > pool->blocks[following].sequence - segment->sequence)
		length = pool->blocks[following].sequence - segment->sequence;
	if (length > BLOCK_BYTES && segment->captured > BLOCK_BYTES)
		length = BLOCK_BYTES;
	return length;
}

/*
 * Holds what of the segment is not held yet. False: no room for what is left of it. A part of which
 * nothing was captured is not held: it will show as a gap.
 */
static bool hold(struct stream_pool *pool, struct stream *stream, struct segment *segment)
{
	uint32_t *link = &stream->held;

	while (segment->captured != 0) {
		const struct block *block = &pool->blocks[*link];
		struct segment rest = *segment, part;

		if (*link && ahead(block->sequence, segment->sequence) >= 0) {
			uint32_t end = block->sequence + block->wire;

			link = &pool->blocks[*link].next;
			if (ahead(segment->sequence, end) <= 0)
				continue;
			if (end - segment->sequence >= segment->wire)
				return true;
			take(segment, end - segment->sequence);
			continue;
		}
		part = take(&rest, part_length(pool, *link, segment));
		if (!hold_block(pool, stream, link, &part))
			return false;
		*segment = rest;
	}
	return true;
}

/* Jumps over holes that the other side has acknowledged: those bytes were sent, and not seen. */
static void jump_acked(struct stream_pool *pool, struct stream *stream,
		       const struct stream_handler *handler)
{
	while (stream->held && stream->acked_known &&
	       ahead(pool->blocks[stream->held].sequence, stream->acked) >= 0)
		jump(pool, stream, handler);
}

/*
 * A segment so far ahead is not of this stream, unless the other side has acknowledged bytes about
 * there: then more was lost than the window holds.
 */
static bool is_acknowledged_around(const struct stream *stream, uint32_t sequence)
{
	return stream->acked_known && ahead(stream->next, stream->acked) > 0 &&
	       sequence - stream->acked + WINDOW_MAX <= 2 * WINDOW_MAX;
}

void stream_feed(struct stream_pool *pool, struct stream *stream, const struct segment *segment,
		 const struct stream_handler *handler)
{
	struct segment rest = *segment;

	if (segment->wire > WINDOW_MAX)
		return;
	if (!stream->started)
		stream_start(stream, rest.sequence);
	if (deliver(pool, stream, &rest, handler))
		return;
	if (rest.sequence - stream->next > WINDOW_MAX) {
		if (!is_acknowledged_around(stream, rest.sequence))
			return;
		stream_finish(pool, stream, handler);
	}
	while (!hold(pool, stream, &rest)) {
		/* No room: what is missing will not come in time. */
		if (stream->held)
			jump(pool, stream, handler);
		else
			skip_to(stream, rest.sequence, handler);
		if (deliver(pool, stream, &rest, handler))
			return;
	}
	jump_acked(pool, stream, handler);
}

void stream_acked(struct stream_pool *pool, struct stream *stream, uint32_t sequence,
		  const struct stream_handler *handler)
{
	if (!stream->started)
		return;
	if (stream->acked_known && ahead(stream->acked, sequence) <= 0)
		return;
	stream->acked = sequence;
	stream->acked_known = true;
	jump_acked(pool, stream, handler);
}

void stream_finish(struct stream_pool *pool, struct stream *stream,
		   const struct stream_handler *handler)
{
	while (stream->held)
		jump(pool, stream, handler);
}

uint64_t stream_pool_refusals(const struct stream_pool *pool)
{
	return pool->refusals;
}

uint32_t stream_pool_in_use(const struct stream_pool *pool)
{
	return pool->in_use;
}
