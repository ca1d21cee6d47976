/* SPDX-License-Identifier: ISC */
/*
 * What can be said of a packet before the worker's state is asked: whose it is by the policy, and
 * where in the tables it would be. A batch goes through stages, so that the memory that a packet
 * needs is on its way while others are dealt with: decode and ask for the buckets; ask for what the
 * buckets lead to, and for what that leads to; then worker_take(), one by one and in order. All but
 * the last change nothing but the caches.
 */
#include "sensor/decode/answerable.h"
#include "sensor/worker/worker_state.h"

#define FLAWS_SHIFT 40

/* Could any rule care? One prefix look-up for each address. */
static bool concerns(const struct worker *worker, struct sighting *sighting)
{
	struct policy_place source, destination;

	if (worker->options.everything) {
		sighting->to_ours = sighting->from_ours = sighting->ours = true;
		return true;
	}
	source = policy_place(worker->policy, &sighting->packet->source);
	destination = policy_place(worker->policy, &sighting->packet->destination);
	sighting->ours = source.ours || destination.ours;
	sighting->to_ours = policy_concerns(source, destination);
	sighting->from_ours = policy_concerns(destination, source);
	sighting->leaves = policy_concerns_outbound(source, destination);
	sighting->returns = policy_concerns_outbound(destination, source);
	if (sighting->to_ours || sighting->from_ours)
		return true;
	if (sighting->packet->kind != PACKET_TCP)
		return false;
	sighting->to_ours = policy_carries(source, destination);
	sighting->from_ours = policy_carries(destination, source);
	sighting->by_proxy = sighting->to_ours || sighting->from_ours;
	return sighting->by_proxy;
}

/* What begins here asks the table of probes as well. */
static void sight_probe(const struct worker *worker, struct sighting *sighting)
{
	const struct packet *packet = sighting->packet;
	bool acknowledges = (packet->tcp_flags & TCP_ACK) != 0;
	struct endpoint server;

	if (packet->kind == PACKET_UDP || !(packet->tcp_flags & TCP_SYN))
		return;
	if (acknowledges ? !sighting->from_ours : !sighting->to_ours)
		return;
	server = acknowledges ? worker_source(sighting) : worker_destination(sighting);
	if (!acknowledges)
		sighting->flaws = answerable_flaws(packet);
	sighting->probed = true;
	sighting->probed_hash = probes_hash(worker->probes, &server);
}

/* A SYN that a host drops is no copy of one that it answers. */
static uint64_t flaws_of(const struct sighting *sighting)
{
	uint64_t flaws = sighting->flaws;

	if (flaws & FLAW_TTL)
		flaws |= (uint64_t)answerable_ttl(sighting->packet) << 8;
	return flaws << FLAWS_SHIFT;
}

void worker_place(const struct worker *worker, const struct packet *packet,
		  struct sighting *sighting)
{
	*sighting = (struct sighting){.packet = packet};
	if (packet->kind == PACKET_TCP)
		sighting->pair = pairs_tuple(worker->pairs, packet);
	if (packet->kind == PACKET_ICMP_ERROR) {
		flow_key_of_quoted(packet, &sighting->key);
	} else {
		if (!concerns(worker, sighting))
			return;
		sighting->source_is_low = flow_key_of(packet, &sighting->key);
		sight_probe(worker, sighting);
	}
	sighting->matters = true;
	sighting->hash = flow_hash(worker->flows, &sighting->key);
	sighting->fingerprint = duplicates_fingerprint(worker->duplicates, packet, sighting->hash) ^
				flaws_of(sighting);
}

void worker_prefetch_buckets(const struct worker *worker, const struct sighting *sighting)
{
	if (sighting->pair != 0)
		pairs_prefetch(worker->pairs, sighting->pair);
	if (!sighting->matters)
		return;
	flow_prefetch_bucket(worker->flows, sighting->hash);
	duplicates_prefetch(worker->duplicates, sighting->fingerprint);
	if (!sighting->probed)
		return;
	probes_prefetch_bucket(worker->probes, sighting->probed_hash);
	outbound_prefetch(worker->asked, sighting->hash);
}

void worker_prefetch(const struct worker *worker, const struct sighting *sighting)
{
	if (!sighting->matters)
		return;
	if (!flow_prefetch(worker->flows, sighting->hash))
		outbound_prefetch(worker->outbound, sighting->hash);
	if (sighting->probed)
		probes_prefetch(worker->probes, sighting->probed_hash);
}

void worker_prefetch_session(const struct worker *worker, const struct sighting *sighting)
{
	uint32_t session = FLOW_NO_SESSION;

	if (sighting->matters)
		session = flow_session(worker->flows, sighting->hash);
	if (session != FLOW_NO_SESSION)
		sessions_prefetch(worker->sessions, session);
}

static __attribute__((noinline)) void judge_tunnel(const struct worker *worker,
						   struct prepared *prepared)
{
	const struct worker_capture capture = {.frame = &prepared->frame};

	prepared->result = worker_judge_tunnel(worker, &capture, &prepared->packet,
					       prepared->result, &prepared->datagram_layer);
}

void worker_prepare_one(const struct worker *worker, const struct frame_view *frame,
			struct prepared *prepared)
{
	prepared->frame = *frame;
	prepared->result =
		decode_packet(&worker->decoder, (enum link_type)frame->link, frame->bytes,
			      frame->captured, frame->wire, frame->ts_ns, &prepared->packet);
	prepared->sighting.matters = false;
	prepared->sighting.pair = 0;
	prepared->datagram_layer = 0;
	if (prepared->packet.tunnel_count != 0)
		judge_tunnel(worker, prepared);
	if (prepared->result == DECODE_OK)
		worker_place(worker, &prepared->packet, &prepared->sighting);
}

void worker_prepare(struct worker *worker, const struct frame_view *frames, unsigned count)
{
	worker->batch = worker->own_batch;
	for (unsigned i = 0; i < count; i++) {
		worker_prepare_one(worker, &frames[i], &worker->batch[i]);
		worker_prefetch_buckets(worker, &worker->batch[i].sighting);
	}
	for (unsigned i = 0; i < count; i++)
		worker_prefetch(worker, &worker->batch[i].sighting);
	for (unsigned i = 0; i < count; i++)
		worker_prefetch_session(worker, &worker->batch[i].sighting);
}
