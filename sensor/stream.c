/* SPDX-License-Identifier: ISC */
/* See stream.h. Block 0 of the pool is never used: it ends lists. */
#include "sensor/stream.h"

#include <stdlib.h>
#include <string.h>

#define BLOCK_BYTES 2036       /* with the fields, 2 KiB */
#define HELD_MAX    64	       /* blocks of one stream */
#define WINDOW_MAX  (8u << 20) /* a segment further ahead is not of this stream */

struct block {
	uint32_t next;
	uint32_t sequence;
	uint16_t captured;
	uint16_t wire; /* as sent: more than captured if the frame was cut off */
	uint8_t bytes[BLOCK_BYTES];
};

struct stream_pool {
	struct block *blocks;
	uint32_t free_list, in_use;
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
	for (uint32_t i = blocks; i > 0; i--) {
		pool->blocks[i].next = pool->free_list;
		pool->free_list = i;
	}
	return pool;
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

static void pass_on(struct stream *stream, const uint8_t *bytes, uint32_t captured, uint32_t wire,
		    const struct stream_handler *handler)
{
	stream->next += wire;
	if (handler && captured != 0)
		handler->bytes(handler->context, bytes, captured);
	if (handler && wire > captured)
		handler->gap(handler->context, wire - captured);
}

/* Passes on what of this segment is new; true if it began at or before `next`. */
static bool deliver(struct stream *stream, const struct segment *segment,
		    const struct stream_handler *handler)
{
	int32_t distance = ahead(stream->next, segment->sequence);
	uint32_t known = (uint32_t)-distance, captured = segment->captured;

	if (distance > 0)
		return false;
	if (known >= segment->wire)
		return true;
	captured = captured > known ? captured - known : 0;
	pass_on(stream, captured ? segment->bytes + known : NULL, captured, segment->wire - known,
		handler);
	return true;
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

static void drain(struct stream_pool *pool, struct stream *stream,
		  const struct stream_handler *handler)
{
	while (stream->held) {
		const struct block *block = &pool->blocks[stream->held];
		struct segment segment = {
			.sequence = block->sequence,
			.bytes = block->bytes,
			.captured = block->captured,
			.wire = block->wire,
		};

		if (!deliver(stream, &segment, handler))
			break;
		release_first(pool, stream);
	}
}

/* Gives up waiting for what is missing before the first held block. */
static void jump(struct stream_pool *pool, struct stream *stream,
		 const struct stream_handler *handler)
{
	uint32_t sequence = pool->blocks[stream->held].sequence;
	uint32_t missing = sequence - stream->next;

	stream->next = sequence;
	if (handler)
		handler->gap(handler->context, missing);
	drain(pool, stream, handler);
}

/* Holds one block's worth in order of sequence. False: no room. */
static bool hold_block(struct stream_pool *pool, struct stream *stream,
		       const struct segment *segment)
{
	uint32_t index = pool->free_list, *link = &stream->held;
	struct block *block;

	if (index == 0 || stream->held_count == HELD_MAX) {
		pool->refusals += index == 0;
		return false;
	}
	while (*link && ahead(pool->blocks[*link].sequence, segment->sequence) >= 0)
		link = &pool->blocks[*link].next;
	block = &pool->blocks[index];
	pool->free_list = block->next;
	pool->in_use++;
	stream->held_count++;
	block->sequence = segment->sequence;
	block->captured = (uint16_t)segment->captured;
	block->wire = (uint16_t)segment->wire;
	memcpy(block->bytes, segment->bytes, segment->captured);
	block->next = *link;
	*link = index;
	return true;
}

static bool hold(struct stream_pool *pool, struct stream *stream, struct segment segment)
{
	while (segment.wire != 0) {
		struct segment part = segment;

		if (part.wire > BLOCK_BYTES)
			part.wire = BLOCK_BYTES;
		if (part.captured > part.wire)
			part.captured = part.wire;
		if (part.captured != 0 && !hold_block(pool, stream, &part))
			return false;
		if (part.captured == 0)
			break; /* the rest was not captured: it will show as a gap */
		segment.sequence += part.wire;
		segment.wire -= part.wire;
		segment.captured -= part.captured;
		segment.bytes += part.captured;
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

void stream_feed(struct stream_pool *pool, struct stream *stream, const struct segment *segment,
		 const struct stream_handler *handler)
{
	if (!stream->started)
		stream_start(stream, segment->sequence);
	if (deliver(stream, segment, handler)) {
		drain(pool, stream, handler);
		return;
	}
	if ((uint32_t)ahead(stream->next, segment->sequence) > WINDOW_MAX)
		return;
	if (hold(pool, stream, *segment)) {
		jump_acked(pool, stream, handler);
		return;
	}
	/* No room: what is missing will not come in time. */
	if (stream->held)
		jump(pool, stream, handler);
	if (deliver(stream, segment, handler) || hold(pool, stream, *segment))
		return;
	while (stream->held)
		jump(pool, stream, handler);
	if (ahead(stream->next, segment->sequence) > 0) {
		uint32_t missing = segment->sequence - stream->next;

		stream->next = segment->sequence;
		if (handler)
			handler->gap(handler->context, missing);
	}
	deliver(stream, segment, handler);
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
