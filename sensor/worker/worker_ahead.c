/* SPDX-License-Identifier: ISC */
/*
 * Batches that another thread prepares: it decodes, and asks the policy, which nobody changes in a
 * replay; of the worker it reads what worker_new() has set for good. What the worker will want to
 * see again of a frame is copied, once: most frames are none of the policy's business.
 */
#include <stdlib.h>
#include <string.h>

#include "sensor/capture/savefile.h"
#include "sensor/worker/worker_state.h"

#define CACHE_LINE 64
#define ARENA	   (SAVEFILE_CAPTURE + WORKER_BATCH * 2048u) /* at least one frame, however large */

struct worker_batch {
	uint32_t used; /* of the bytes */
	struct prepared list[WORKER_BATCH];
	uint8_t bytes[ARENA];
};

struct worker_batch *worker_batch_new(void)
{
	struct worker_batch *batch = malloc(sizeof *batch);

	/* Pages of the bytes that are never used cost nothing. */
	if (batch)
		memset(batch, 0, offsetof(struct worker_batch, bytes));
	return batch;
}

void worker_batch_free(struct worker_batch *batch)
{
	free(batch);
}

uint64_t worker_batch_bytes(void)
{
	return sizeof(struct worker_batch);
}

static const uint8_t *moved(const uint8_t *at, const uint8_t *from, const uint8_t *to)
{
	return at ? to + (at - from) : NULL;
}

/* The frame, and what points into it, are from now on in the batch's own memory. */
static void keep(struct worker_batch *batch, struct prepared *prepared)
{
	const uint8_t *from = prepared->frame.bytes;
	struct packet *packet = &prepared->packet;
	uint8_t *to = batch->bytes + batch->used;

	memcpy(to, from, prepared->frame.captured);
	batch->used += prepared->frame.captured;
	prepared->frame.bytes = to;
	packet->ip = moved(packet->ip, from, to);
	if (prepared->result == DECODE_FRAGMENT)
		packet->fragment.bytes = moved(packet->fragment.bytes, from, to);
	else
		packet->payload = moved(packet->payload, from, to);
}

static void forget(struct prepared *prepared)
{
	prepared->frame.bytes = NULL;
	prepared->packet.ip = prepared->packet.payload = NULL;
}

unsigned worker_prepare_ahead(const struct worker *worker, struct worker_batch *batch,
			      const struct frame_view *frames, unsigned count)
{
	unsigned n = 0;

	batch->used = 0;
	while (n < count && n < WORKER_BATCH && ARENA - batch->used >= frames[n].captured) {
		struct prepared *prepared = &batch->list[n];

		worker_prepare_one(worker, &frames[n], prepared);
		if (prepared->sighting.matters || prepared->result == DECODE_FRAGMENT ||
		    prepared->datagram_layer != 0)
			keep(batch, prepared);
		else
			forget(prepared);
		n++;
	}
	return n;
}

/* It is in the other core's cache: all at once, instead of line by line when it is needed. */
static void fetch(const struct prepared *list, unsigned count)
{
	const uint8_t *at = (const uint8_t *)list, *end = (const uint8_t *)(list + count);

	for (; at < end; at += CACHE_LINE)
		__builtin_prefetch(at);
}

void worker_adopt(struct worker *worker, struct worker_batch *batch, unsigned count)
{
	worker->batch = batch->list;
	fetch(batch->list, count);
	for (unsigned i = 0; i < count; i++)
		worker_prefetch_buckets(worker, &batch->list[i].sighting);
	for (unsigned i = 0; i < count; i++)
		worker_prefetch(worker, &batch->list[i].sighting);
	for (unsigned i = 0; i < count; i++)
		worker_prefetch_session(worker, &batch->list[i].sighting);
}
