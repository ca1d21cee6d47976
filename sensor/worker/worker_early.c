/* SPDX-License-Identifier: ISC */
/*
 * One packet of data out of nowhere proves nothing, and anybody can send it: to any port, in any
 * other's name, as fast as the cable. It makes no flow and no session. It waits, among a bounded
 * number of others, until something follows it or one of ours answers; then it is looked at first,
 * as if it had just come. What a flood has pushed out by then is missing at the beginning of a
 * conversation of which the beginning is not there anyway.
 */
#include "sensor/worker/worker_state.h"

#define WAITING	      1024
#define WAITING_BYTES (1u << 19)
#define WAITING_NS    (30 * NS_PER_S) /* as long as a flow that is not open yet */
#define REMEMBERED    16384	      /* conversations of which one packet was seen, twice over */

struct early {
	struct recent *frames;
	struct outbound *once; /* the same kind of set, of other conversations */
	uint64_t newest_ns;
	bool bringing; /* what is in hand has waited */
};

struct early *worker_early_new(void)
{
	struct early *early = calloc(1, sizeof *early);

	if (!early)
		return NULL;
	early->frames = recent_new(WAITING, WAITING_BYTES);
	early->once = outbound_new(REMEMBERED);
	if (early->frames && early->once)
		return early;
	worker_early_free(early);
	return NULL;
}

void worker_early_free(struct early *early)
{
	if (!early)
		return;
	recent_free(early->frames);
	outbound_free(early->once);
	free(early);
}

uint64_t worker_early_bytes(void)
{
	return sizeof(struct early) + recent_bytes(WAITING, WAITING_BYTES) +
	       outbound_bytes(REMEMBERED);
}

void worker_early_forget(struct early *early)
{
	outbound_forget(early->once);
	early->newest_ns = 0;
}

static bool any_waits(const struct worker *worker)
{
	return worker->early->newest_ns != 0 &&
	       worker->now_ns - worker->early->newest_ns < WAITING_NS;
}

bool worker_early_waits(struct worker *worker, const struct sighting *sighting)
{
	return !worker->early->bringing && any_waits(worker) &&
	       outbound_has(worker->early->once, sighting->hash);
}

bool worker_early_put(struct worker *worker, const struct sighting *sighting)
{
	const struct frame_view *frame = worker->frame;
	const uint8_t *ip = sighting->packet->ip;
	struct early *early = worker->early;

	/* What came in fragments is in no frame. */
	if (worker->options.everything || early->bringing || !frame || ip < frame->bytes ||
	    ip >= frame->bytes + frame->captured)
		return false;
	if (any_waits(worker) && outbound_has(early->once, sighting->hash))
		return false;
	outbound_add(early->once, sighting->hash);
	recent_add(early->frames, sighting->hash, frame);
	early->newest_ns = worker->now_ns;
	worker->stats.early++;
	return true;
}

static void bring(void *context, const struct frame_view *frame)
{
	struct worker *worker = context;
	const struct frame_view *in_hand = worker->frame;
	struct sighting sighting;
	struct packet packet;

	if (worker->now_ns - frame->ts_ns >= WAITING_NS ||
	    decode_packet(&worker->decoder, (enum link_type)frame->link, frame->bytes,
			  frame->captured, frame->wire, frame->ts_ns, &packet) != DECODE_OK)
		return;
	worker_place(worker, &packet, &sighting);
	if (!sighting.matters)
		return;
	worker->frame = frame;
	worker_tcp(worker, &sighting, flow_find(worker->flows, &sighting.key, sighting.hash));
	worker->frame = in_hand;
}

void worker_early_bring(struct worker *worker, const struct sighting *sighting)
{
	struct early *early = worker->early;

	outbound_remove(early->once, sighting->hash);
	early->bringing = true;
	recent_take(early->frames, sighting->hash, bring, worker);
	early->bringing = false;
}
