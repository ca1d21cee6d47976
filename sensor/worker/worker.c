/* SPDX-License-Identifier: ISC */
/*
 * See worker.h. What happens to a packet, in order: decode it; look up where its two addresses
 * are (both in worker_place.c, for a batch at a time); forget it if no rule could care; find its
 * flow; hand it to its transport, which reads its payload and report what is new.
 *
 * State is made only by an answer of one of ours, by data of a conversation that was not seen to
 * begin, and by a datagram to a service that never answers. A SYN costs a place in a bounded table
 * of probes; a conversation begun by ours costs a fingerprint.
 */
#include "sensor/worker/worker.h"

#include <stdlib.h>

#include "sensor/base/clock.h"
#include "sensor/worker/worker_state.h"

#define TICK_NS		(NS_PER_S / 10) /* expiry and wall reports, in packet time */
#define OUT_OF_ORDER_NS (10 * NS_PER_S)

static void retire(void *context, struct flow *flow)
{
	struct worker *worker = context;

	worker_conclude(worker, flow);
	worker_carried_end(worker, flow);
	worker_remember_inbound(worker, flow);
	sessions_close(worker->sessions, flow);
	untold_settle(worker->untold, flow_number(worker->flows, flow));
}

struct worker *worker_new(const struct worker_options *options, const struct policy *policy,
			  const struct services *services, worker_emit *emit, void *context)
{
	struct worker *worker = calloc(1, sizeof *worker);

	if (!worker)
		return NULL;
	worker->options = *options;
	worker->decoder = decoder_of(&options->decode);
	worker->policy = policy;
	worker->services = services;
	worker->emit = emit;
	worker->context = context;
	worker->flows = flow_table_new(options->max_flows, options->hash_key, options->tcp_idle_ns,
				       retire, worker);
	worker->sessions =
		sessions_new(options->max_sessions, options->reassembly_blocks, options->ndpi_flows,
			     options->ndpi_late, options->unpack_mib, services);
	worker->carried = carried_pool_new(options->max_sessions);
	worker->probes =
		probes_new(options->max_probed, options->table_key, worker_report_wall, worker);
	worker->outbound = outbound_new(options->outbound_entries);
	worker->asked = outbound_new(WORKER_ASKED);
	worker->inbound = outbound_new(WORKER_INBOUND);
	worker->fastopen = fastopen_new();
	worker->pairs = pairs_new(options->hash_key);
	worker->tunnels = tunnel_table_new(options->table_key);
	worker->fragments = fragments_new(options->fragment_pages ? options->fragment_pages : 1,
					  options->table_key);
	worker->duplicates = duplicates_new(options->duplicate_ns, options->hash_key);
	worker->early = worker_early_new();
	worker->untold = untold_new(options->max_flows);
	if (!worker->flows || !worker->sessions || !worker->carried || !worker->probes ||
	    !worker->early || !worker->outbound || !worker->asked || !worker->inbound ||
	    !worker->fastopen || !worker->tunnels || !worker->pairs || !worker->fragments ||
	    !worker->duplicates || !worker->untold) {
		worker_free(worker);
		return NULL;
	}
	sessions_on_turn(worker->sessions, worker_turn, worker);
	sessions_limit(worker->sessions, !options->everything);
	return worker;
}

void worker_free(struct worker *worker)
{
	if (!worker)
		return;
	flow_table_free(worker->flows);
	sessions_free(worker->sessions);
	carried_pool_free(worker->carried);
	probes_free(worker->probes);
	outbound_free(worker->outbound);
	outbound_free(worker->asked);
	outbound_free(worker->inbound);
	fastopen_free(worker->fastopen);
	pairs_free(worker->pairs);
	tunnel_table_free(worker->tunnels);
	fragments_free(worker->fragments);
	duplicates_free(worker->duplicates);
	worker_early_free(worker->early);
	untold_free(worker->untold);
	worker_trail_free(worker);
	free(worker);
}

void worker_set_policy(struct worker *worker, const struct policy *policy)
{
	worker->policy = policy;
}

/* Packets come a little out of order; more than that is a clock set back, or another capture. */
static void set_clock(struct worker *worker, uint64_t now_ns)
{
	if (now_ns <= worker->now_ns && worker->now_ns - now_ns <= OUT_OF_ORDER_NS)
		return;
	if (now_ns < worker->now_ns)
		worker->next_tick_ns = now_ns;
	/* What ran meanwhile was not seen to begin. Silence within one input is just silence. */
	if (worker->since_ns == 0 || now_ns < worker->now_ns ||
	    (worker->other_input && now_ns - worker->now_ns > WORKER_EARLY_NS))
		worker->since_ns = now_ns;
	worker->other_input = false;
	if (worker->from_ours_ns > now_ns)
		worker->from_ours_ns = now_ns;
	worker->now_ns = now_ns;
}

/* Data of TCP is a copy only if it brings nothing new: the rest of a header is soon made alike. */
static bool is_copy(struct worker *worker, const struct sighting *sighting)
{
	const struct packet *packet = sighting->packet;
	const struct flow *flow;
	enum side from;

	if (packet->kind != PACKET_TCP || packet->payload_wire == 0)
		return true;
	flow = flow_find(worker->flows, &sighting->key, sighting->hash);
	if (!flow)
		return true;
	from = sighting_side(sighting, flow);
	if (flow->session == FLOW_NO_SESSION)
		return (int32_t)(packet->sequence + packet->payload_wire - flow->highest[from]) <=
		       0;
	return sessions_copies(worker->sessions, flow, from, packet);
}

/* Whether it was here before, and whose it is. */
void worker_look_at(struct worker *worker, const struct sighting *sighting)
{
	const struct packet *packet = sighting->packet;
	struct flow *flow;

	worker->stats.tunnelled += packet->tunnel_count != 0;
	worker->stats.tunnels_claimed += packet->realm == REALM_CLAIMED;
	worker->stats.mirror_cut += packet->cut;
	if (packet->kind == PACKET_TCP && packet->realm != REALM_CLAIMED)
		pairs_packet(worker->pairs, sighting->pair, packet);
	worker->stats.ours += sighting->ours && packet->realm != REALM_CLAIMED;
	if (!sighting->matters) {
		worker->stats.elsewhere++;
		return;
	}
	worker->stats.compared++;
	if (duplicates_seen(worker->duplicates, packet->ts_ns, sighting->fingerprint) &&
	    is_copy(worker, sighting)) {
		worker->stats.duplicates++;
		return;
	}
	if (packet->kind == PACKET_ICMP_ERROR) {
		worker_icmp(worker, sighting);
		return;
	}
	if (sighting->from_ours && !sighting->by_proxy && packet->realm != REALM_CLAIMED)
		worker->from_ours_ns = worker->now_ns;
	flow = flow_find(worker->flows, &sighting->key, sighting->hash);
	if (packet->kind == PACKET_TCP)
		worker_tcp(worker, sighting, flow);
	else if (packet->kind == PACKET_ASSOCIATION)
		worker_association(worker, sighting, flow);
	else
		worker_udp(worker, sighting, flow);
	if (worker->trail)
		worker_trail(worker, sighting);
}

/* What of a packet was not read; one that was read for what it looks like from outside included. */
static __attribute__((noinline)) void count_unread(struct worker *worker, uint32_t kind,
						   enum decode_result result, uint32_t from)
{
	worker->stats.shaped += result != DECODE_UNREAD;
	unread_count(&worker->stats.unread, kind, 1);
	if (worker->tell_unread)
		worker->tell_unread(worker->context, from, kind);
}

void worker_tell_unread(struct worker *worker, worker_unread *tell)
{
	worker->tell_unread = tell;
}

static enum decode_result look_at_datagram(struct worker *worker, const struct datagram *datagram,
					   struct packet *packet)
{
	const struct packet before = *packet;
	const struct worker_capture capture = {worker->frame, datagram, &before};
	enum decode_result result = decode_datagram(&worker->decoder, datagram->ip,
						    datagram->captured, datagram->wire, packet);
	struct sighting sighting;
	uint8_t layer = 0;

	if (packet->tunnel_count != before.tunnel_count)
		result = worker_judge_tunnel(worker, &capture, packet, result, &layer);
	worker->stats.decoded[result]++;
	if (packet->unread != 0)
		count_unread(worker, packet->unread, result, worker_origin(worker).from);
	if (layer > before.tunnel_count && worker_datagram_first(worker, &capture, layer))
		return DECODE_OK;
	if (result == DECODE_OK) {
		worker_place(worker, packet, &sighting);
		worker_look_at(worker, &sighting);
	}
	return result;
}

/* A whole datagram may hold a tunnel, and that a fragment again. */
static void take_fragment(struct worker *worker, struct packet *packet)
{
	struct datagram datagram;

	for (int i = 0; i <= TUNNELS_IP; i++) {
		if (!fragments_add(worker->fragments, packet, &datagram) ||
		    look_at_datagram(worker, &datagram, packet) != DECODE_FRAGMENT)
			return;
	}
}

/* What waited too long for the rest of it: its beginning may say enough. */
static void give_up_fragments(struct worker *worker, uint64_t now_ns)
{
	struct datagram datagram;
	struct packet packet;

	while (fragments_expire(worker->fragments, now_ns, &packet, &datagram))
		look_at_datagram(worker, &datagram, &packet);
}

void worker_tick(struct worker *worker, uint64_t now_ns)
{
	set_clock(worker, now_ns);
	if (worker->now_ns < worker->next_tick_ns)
		return;
	worker->next_tick_ns = worker->now_ns + TICK_NS;
	give_up_fragments(worker, worker->now_ns);
	flow_expire(worker->flows, worker->now_ns);
	probes_tick(worker->probes, worker->now_ns);
	pairs_tick(worker->pairs, worker->now_ns);
	worker_retry(worker);
}

static void take_prepared(struct worker *worker, struct prepared *prepared)
{
	if (prepared->result == DECODE_OK)
		worker_look_at(worker, &prepared->sighting);
	else if (prepared->result == DECODE_FRAGMENT)
		take_fragment(worker, &prepared->packet);
}

static bool is_datagram(struct worker *worker, const struct prepared *prepared)
{
	const struct worker_capture capture = {.frame = &prepared->frame};

	return worker_datagram_first(worker, &capture, prepared->datagram_layer);
}

void worker_take(struct worker *worker, unsigned index)
{
	struct prepared *prepared = &worker->batch[index];

	worker->stats.packets++;
	worker->stats.bytes += prepared->frame.wire;
	worker->stats.decoded[prepared->result]++;
	if (prepared->packet.unread != 0)
		count_unread(worker, prepared->packet.unread, prepared->result,
			     prepared->frame.origin.from);
	worker->stats.cut_frames +=
		prepared->frame.captured < prepared->frame.wire && !prepared->frame.headers_only;
	worker_tick(worker, prepared->frame.ts_ns);
	worker->frame = &prepared->frame;
	if (prepared->datagram_layer == 0 || !is_datagram(worker, prepared))
		take_prepared(worker, prepared);
	worker->frame = NULL; /* not ours any more */
}

void worker_packet(struct worker *worker, enum link_type link, const uint8_t *frame,
		   uint32_t captured, uint32_t wire, uint64_t ts_ns)
{
	struct frame_view view = {.ts_ns = ts_ns,
				  .bytes = frame,
				  .captured = captured,
				  .wire = wire,
				  .link = (uint8_t)link};

	worker_prepare(worker, &view, 1);
	worker_take(worker, 0);
}

void worker_next_input(struct worker *worker)
{
	worker->other_input = true;
	pairs_finish(worker->pairs);
}

void worker_finish(struct worker *worker)
{
	worker_retry(worker);
	give_up_fragments(worker, UINT64_MAX);
	probes_tick(worker->probes, worker->now_ns);
	probes_flush(worker->probes, worker->now_ns);
	pairs_finish(worker->pairs);
	flow_retire_all(worker->flows);
	worker_untold_finish(worker);
	fragments_forget(worker->fragments);
	outbound_forget(worker->outbound);
	outbound_forget(worker->asked);
	outbound_forget(worker->inbound);
	fastopen_forget(worker->fastopen);
	tunnel_table_forget(worker->tunnels);
	duplicates_forget(worker->duplicates);
	worker_early_forget(worker->early);
	worker->stats.newest_ns = worker->now_ns;
	worker->now_ns = worker->next_tick_ns = worker->from_ours_ns = worker->since_ns = 0;
	worker->transfers = (struct transfers){.newest_ns = 0};
}
