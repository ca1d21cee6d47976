/* SPDX-License-Identifier: ISC */
/*
 * Which tunnels are believed, and what becomes of a packet in one that is not.
 *
 * What it holds is put into a realm of its own (REALM_CLAIMED): it meets no flow, probe or outbound
 * connection but those of the same realm, so it can neither hide nor end nor turn round anything
 * real. And if it came in a datagram, that datagram is what it is in the first place: a question or
 * an answer like any other. Where it belongs to a conversation that is known, nobody looks inside.
 *
 * An inventory has no policy to be deceived, and believes all; only what contradicts itself inside
 * is a datagram after all, and so is what belongs to a conversation.
 */
#include "sensor/worker/worker_state.h"

static bool same_session(const struct tunnel *a, const struct tunnel *b)
{
	return a->kind == b->kind && address_equal(&a->source, &b->source) &&
	       address_equal(&a->destination, &b->destination);
}

/* NULL: a capture's. */
static const char *interface_of(const struct worker_options *options,
				const struct worker_capture *capture)
{
	uint32_t from = capture->frame ? capture->frame->origin.from : ORIGIN_NONE;

	return from != ORIGIN_NONE && from <= options->interface_count
		       ? options->interfaces[from - 1]
		       : NULL;
}

static bool is_believed(const struct worker *worker, const struct worker_capture *capture,
			const struct tunnel *tunnel)
{
	const struct worker_options *options = &worker->options;
	struct policy_tunnel as_seen;

	if (options->everything || !tunnel->over_ip)
		return true;
	for (unsigned i = 0; i < options->mirror_count; i++) {
		if (same_session(&options->mirrors[i], tunnel))
			return true;
	}
	as_seen = (struct policy_tunnel){
		.source = tunnel->source,
		.destination = tunnel->destination,
		.interface = interface_of(options, capture),
		.kind = tunnel->kind,
		.has_id = tunnel->has_id,
		.id = tunnel->id,
	};
	return policy_believes(worker->policy, &as_seen);
}

/* How many layers from the outside are believed. */
static uint8_t believed_layers(const struct worker *worker, const struct worker_capture *capture,
			       const struct packet *packet)
{
	/* What was sent to us is a mirror: whoever may send has been asked. */
	uint8_t layer = capture->frame && capture->frame->received;

	while (layer < packet->tunnel_count &&
	       is_believed(worker, capture, &packet->tunnels[layer]))
		layer++;
	return layer;
}

static void claim(struct packet *packet, enum decode_result result, uint8_t layer)
{
	packet->tunnels[layer].marks |= TUNNEL_CLAIMED;
	packet->realm = REALM_CLAIMED;
	if (result == DECODE_FRAGMENT)
		packet->fragment.key.realm = REALM_CLAIMED;
}

/* The number of the innermost layer that came in a datagram, counted from 1; 0: none did. */
static uint8_t innermost_datagram(const struct packet *packet)
{
	uint8_t layer = packet->tunnel_count;

	while (layer != 0 && !(packet->tunnels[layer - 1].marks & TUNNEL_OVER_UDP))
		layer--;
	return layer;
}

static enum decode_result decode_to(const struct worker *worker,
				    const struct worker_capture *capture, uint8_t layers,
				    struct packet *packet)
{
	const struct datagram *datagram = capture->datagram;
	const struct frame_view *view = capture->frame;
	struct decode_frame frame;

	if (datagram) {
		*packet = *capture->before;
		return decode_datagram_to(&worker->decoder, datagram->ip, datagram->captured,
					  datagram->wire, layers, packet);
	}
	frame = (struct decode_frame){view->ts_ns, view->bytes, view->captured, view->wire};
	return decode_packet_to(&worker->decoder, (enum link_type)view->link, &frame, layers,
				packet);
}

enum decode_result worker_judge_tunnel(const struct worker *worker,
				       const struct worker_capture *capture, struct packet *packet,
				       enum decode_result result, uint8_t *datagram_layer)
{
	bool decoded = result == DECODE_OK || result == DECODE_FRAGMENT;
	bool doubtful = !decoded;
	uint8_t believed = believed_layers(worker, capture, packet), layer = 0;
	bool claimed = believed < packet->tunnel_count;

	*datagram_layer = 0;
	if (worker->options.everything) {
		layer = innermost_datagram(packet);
		doubtful = result == DECODE_MALFORMED;
	} else if (claimed && (packet->tunnels[believed].marks & TUNNEL_OVER_UDP)) {
		layer = (uint8_t)(believed + 1);
		doubtful |= (packet->tunnels[believed].marks & TUNNEL_LOOSE) != 0;
	}
	if (layer != 0 && doubtful)
		return decode_to(worker, capture, (uint8_t)(layer - 1), packet);
	*datagram_layer = layer;
	if (claimed)
		claim(packet, result, believed);
	return result;
}

/* Is it of a conversation, or does it answer a question that waits? */
static bool is_known(struct worker *worker, const struct sighting *sighting)
{
	struct endpoint server = worker_source(sighting);
	struct probe asked;

	return flow_find(worker->flows, &sighting->key, sighting->hash) ||
	       (sighting->from_ours && worker_asked(worker, &server, sighting->hash, &asked)) ||
	       (!sighting->from_ours && outbound_has(worker->outbound, sighting->hash));
}

bool worker_datagram_first(struct worker *worker, const struct worker_capture *capture,
			   uint8_t layer)
{
	struct sighting sighting;
	struct packet packet;
	bool known;

	if (decode_to(worker, capture, (uint8_t)(layer - 1), &packet) != DECODE_OK)
		return false;
	worker_place(worker, &packet, &sighting);
	known = sighting.matters && is_known(worker, &sighting);
	if (known || !worker->options.everything)
		worker_look_at(worker, &sighting);
	return known;
}
