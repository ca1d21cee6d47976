/* SPDX-License-Identifier: ISC */
/*
 * See stream.h. Block 0 of the pool is never used: it ends lists. What a stream holds is sorted,
 * disjoint, and begins behind `next`: a copy that comes later is cut to what is not held yet, and
 * what is held is cut to what has not been passed on when its turn comes.
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

static void pass_bytes(struct stream *stream, const struct segment *segment,
		       const struct stream_handler *handler)
{
	stream->next += segment->wire;
	if (handler && segment->captured != 0)
		handler->bytes(handler->context, segment->bytes, segment->captured);
	if (handler && segment->wire > segment->captured)
		handler->gap(handler->context, segment->wire - segment->captured);
}

/* All but the urgent byte, `before` bytes on. */
static void pass_around(struct stream *stream, const struct segment *segment, uint32_t before,
			const struct stream_handler *handler)
{
	struct segment rest = *segment;
	struct segment first = take(&rest, before);

	pass_bytes(stream, &first, handler);
	take(&rest, 1);
	stream->next++;
	stream->has_urgent = false;
	pass_bytes(stream, &rest, handler);
}

/* What begins at `next`. */
static void pass_on(struct stream *stream, const struct segment *segment,
		    const struct stream_handler *handler)
{
	uint32_t before = stream->urgent - stream->next;

	if (stream->has_urgent && before < segment->wire)
		pass_around(stream, segment, before, handler);
	else
		pass_bytes(stream, segment, handler);
}

/* Gives back the block that this link leads to. */
static void release(struct stream_pool *pool, struct stream *stream, uint32_t *link)
{
	uint32_t index = *link;

	*link = pool->blocks[index].next;
	stream->held_count--;
	pool->blocks[index].next = pool->free_list;
	pool->free_list = index;
	pool->in_use--;
}

/* Passes on the held blocks that have come to their turn. */
static void drain(struct stream_pool *pool, struct stream *stream,
		  const struct stream_handler *handler)
{
	while (stream->held && ahead(pool->blocks[stream->held].sequence, stream->next) >= 0) {
		const struct block *block = &pool->blocks[stream->held];
		uint32_t known = stream->next - block->sequence;
		struct segment segment = {
			.sequence = block->sequence,
			.bytes = block->bytes,
			.captured = block->captured,
			.wire = block->wire,
		};

		if (known < segment.wire) {
			take(&segment, known);
			pass_on(stream, &segment, handler);
		}
		release(pool, stream, &stream->held);
	}
}

/* Passes on what of the segment has its turn, and what is held behind it. False: it begins behind
 * `next`. */
static bool deliver(struct stream_pool *pool, struct stream *stream, struct segment *segment,
		    const struct stream_handler *handler)
{
	uint32_t known = stream->next - segment->sequence;

	if (ahead(stream->next, segment->sequence) > 0)
		return false;
	if (known >= segment->wire)
		return true;
	take(segment, known);
	pass_on(stream, segment, handler);
	drain(pool, stream, handler);
	return true;
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

static void cut_head(struct block *block, uint32_t length)
{
	uint32_t captured = length < block->captured ? length : block->captured;

	block->sequence += length;
	block->wire -= length;
	block->captured = (uint16_t)(block->captured - captured);
	memmove(block->bytes, block->bytes + captured, block->captured);
}

/*
 * What begins later than this segment gives way to it as far as it goes: Linux reads first what
 * begins first, and throws away what a longer segment has as well. True: that was all of the block.
 */
static bool give_way(const struct segment *segment, struct block *block)
{
	uint32_t end = segment->sequence + segment->wire, block_end = block->sequence + block->wire;
	int32_t later = ahead(segment->sequence, block->sequence);

	if (segment->captured != segment->wire || later < 0 || ahead(block->sequence, end) <= 0)
		return false;
	if (ahead(block_end, end) >= 0)
		return later > 0 || block_end != end;
	if (later > 0)
		cut_head(block, end - block->sequence);
	return false;
}

/*
 * Holds what of the segment is not held yet. False: no room for what is left of it. A part of which
 * nothing was captured is not held: it will show as a gap.
 */
static bool hold(struct stream_pool *pool, struct stream *stream, struct segment *segment)
{
	uint32_t *link = &stream->held;

	while (segment->captured != 0) {
		struct block *block = &pool->blocks[*link];
		struct segment rest = *segment, part;

		if (*link && give_way(segment, block)) {
			release(pool, stream, link);
			continue;
		}
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

bool stream_urgent(struct stream *stream, uint32_t sequence)
{
	if (!stream->started || ahead(stream->next, sequence) < 0 ||
	    (stream->has_urgent && ahead(stream->urgent, sequence) <= 0))
		return false;
	stream->urgent = sequence;
	stream->has_urgent = true;
	return true;
}

void stream_tail_add(struct stream_tail *tail, uint32_t end, const uint8_t *bytes, size_t length)
{
	uint32_t begin = end - (uint32_t)length, at, first;

	if (begin != tail->end)
		tail->begin = begin;
	if (length > STREAM_TAIL) {
		bytes += length - STREAM_TAIL;
		length = STREAM_TAIL;
		begin = end - STREAM_TAIL;
	}
	if (end - tail->begin > STREAM_TAIL)
		tail->begin = end - STREAM_TAIL;
	tail->end = end;
	at = begin % STREAM_TAIL;
	first = (uint32_t)length < STREAM_TAIL - at ? (uint32_t)length : STREAM_TAIL - at;
	memcpy(tail->bytes + at, bytes, first);
	memcpy(tail->bytes, bytes + first, length - first);
}

const uint8_t *stream_tail_at(const struct stream_tail *tail, uint32_t sequence, uint32_t until,
			      uint32_t *length)
{
	uint32_t at = sequence % STREAM_TAIL, there = tail->end - sequence;

	*length = 0;
	if (sequence - tail->begin >= tail->end - tail->begin || ahead(sequence, until) <= 0)
		return NULL;
	if (there > until - sequence)
		there = until - sequence;
	*length = there < STREAM_TAIL - at ? there : STREAM_TAIL - at;
	return tail->bytes + at;
}

/* Is one of the segment's bytes another than the one of `length` at `bytes`, from `sequence` on? */
static bool differs(const struct segment *segment, uint32_t sequence, const uint8_t *bytes,
		    uint32_t length)
{
	struct segment part = *segment;

	if (ahead(sequence, part.sequence) > 0) {
		uint32_t skipped = part.sequence - sequence;

		if (skipped >= length)
			return false;
		bytes += skipped;
		length -= skipped;
	} else {
		uint32_t skipped = sequence - part.sequence;

		if (skipped >= part.wire)
			return false;
		take(&part, skipped);
	}
	if (length > part.captured)
		length = part.captured;
	return length != 0 && memcmp(bytes, part.bytes, length) != 0;
}

/* Some systems ask whether the other side is still there with one byte that means nothing. */
static bool is_keep_alive(const struct stream *stream, const struct segment *segment)
{
	return segment->wire == 1 && segment->captured == 1 && segment->bytes[0] == 0 &&
	       segment->sequence + 1 == stream->next;
}

bool stream_contradicts(const struct stream_pool *pool, const struct stream *stream,
			const struct stream_tail *tail, const struct segment *segment)
{
	uint32_t end = segment->sequence + segment->wire, at = segment->sequence, length;

	if (segment->wire > WINDOW_MAX || is_keep_alive(stream, segment))
		return false;
	if (ahead(at, tail->begin) > 0)
		at = tail->begin;
	for (;;) {
		const uint8_t *bytes = stream_tail_at(tail, at, end, &length);

		if (length == 0)
			break;
		if (differs(segment, at, bytes, length))
			return true;
		at += length;
	}
	for (uint32_t held = stream->held; held; held = pool->blocks[held].next) {
		const struct block *block = &pool->blocks[held];

		if (differs(segment, block->sequence, block->bytes, block->captured))
			return true;
	}
	return false;
}

void stream_copy_held(struct stream_pool *pool, const struct stream *from, struct stream *to,
		      const struct stream_handler *handler)
{
	for (uint32_t held = from->held; held; held = pool->blocks[held].next) {
		const struct block *block = &pool->blocks[held];
		struct segment segment = {
			.sequence = block->sequence,
			.bytes = block->bytes,
			.captured = block->captured,
			.wire = block->wire,
		};

		stream_feed(pool, to, &segment, handler);
	}
}

uint64_t stream_pool_refusals(const struct stream_pool *pool)
{
	return pool->refusals;
}

uint32_t stream_pool_in_use(const struct stream_pool *pool)
{
	return pool->in_use;
}
