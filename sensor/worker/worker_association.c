/* SPDX-License-Identifier: ISC */
/*
 * SCTP (RFC 9260) and DCCP (RFC 4340): like TCP, an INIT of an outside client is a probe, and what
 * answers it makes the flow; but what they carry are messages, each read by itself, and in SCTP the
 * verification tag tells who knows the association: a packet with another one is dropped by the
 * host (section 8.5), so it is here.
 *
 * flow->highest holds the tag that each side has to send. DCCP has none: all are 0.
 */
#include "sensor/decode/answerable.h"
#include "sensor/worker/worker_state.h"

static bool is_handshake(const struct packet *packet)
{
	return (packet->tcp_flags & TCP_SYN) != 0;
}

static bool is_answer(const struct packet *packet)
{
	return (packet->tcp_flags & (TCP_SYN | TCP_ACK)) == (TCP_SYN | TCP_ACK);
}

static bool sum_is_wrong(const struct packet *packet)
{
	return (answerable_flaws(packet) & (FLAW_IP_CHECKSUM | FLAW_DATA_CHECKSUM)) != 0;
}

static void expect(struct flow *flow, enum side side, uint32_t tag)
{
	flow->highest[side] = tag;
	flow->has_highest[side] = true;
}

/* The answer has the client's tag, and tells the one that the client will send. */
static void expect_both(struct flow *flow, const struct packet *answer)
{
	if (answer->transport != TRANSPORT_SCTP)
		return;
	expect(flow, SIDE_SERVER, answer->acknowledgement);
	expect(flow, SIDE_CLIENT, answer->sequence);
}

static struct flow *begin_answer(struct worker *worker, const struct sighting *sighting)
{
	struct flow *flow;

	if (sighting->from_ours) {
		outbound_remove(worker->outbound, sighting->hash);
		flow = worker_begin(worker, sighting, false, DIRECTION_SYNACK, FLOW_BRIEF);
	} else {
		/* Whom ours had asked would have been seen to be. */
		if (!outbound_has(worker->outbound, sighting->hash) && worker_sees_ours(worker))
			return NULL;
		flow = worker_begin_outgoing(worker, sighting, DIRECTION_SYNACK, FLOW_BRIEF);
	}
	if (flow) {
		flow->seen |= FLOW_SYNACK;
		expect_both(flow, sighting->packet);
	}
	return flow;
}

static struct flow *begin_attempt(struct worker *worker, const struct sighting *sighting)
{
	if (worker->options.everything)
		return worker_begin(worker, sighting, true, DIRECTION_SYN, FLOW_BRIEF);
	if (sighting->to_ours) {
		worker_note_probe(worker, sighting, false);
	} else {
		worker->stats.outbound++;
		outbound_add(worker->outbound, sighting->hash);
	}
	return NULL;
}

/* An ABORT that answers an INIT: nobody listens there. */
static void note_refusal(struct worker *worker, const struct sighting *sighting)
{
	const struct packet *packet = sighting->packet;
	struct endpoint server = worker_source(sighting);
	struct probe probe;

	if (!sighting->from_ours || !probes_find(worker->probes, &server, sighting->hash, &probe))
		return;
	if (packet->transport == TRANSPORT_SCTP && packet->acknowledgement != probe.initial)
		return;
	probes_refused(worker->probes, &server, sighting->hash, &packet->destination, packet->ts_ns,
		       false);
}

/*
 * It was running before, or only one direction is mirrored. A stranger's word alone makes nothing:
 * but the client that goes on after its INIT, where ours are not seen, has been answered.
 */
static struct flow *begin_midstream(struct worker *worker, const struct sighting *sighting)
{
	struct endpoint source = worker_source(sighting), other = worker_destination(sighting);
	enum direction direction = DIRECTION_SYN;
	bool client_is_source = true;
	struct probe asked;
	struct flow *flow;

	if (outbound_has(worker->outbound, sighting->hash))
		return worker_begin_outgoing(worker, sighting, DIRECTION_SYN, FLOW_LASTING);
	if (sighting->from_ours && worker_asked(worker, &source, sighting->hash, &asked))
		client_is_source = false;
	else if (!(sighting->to_ours && worker_asked(worker, &other, sighting->hash, &asked)))
		direction = worker_guess_roles(worker, sighting, &client_is_source);
	if (!worker->options.everything && client_is_source &&
	    (direction != DIRECTION_SYN || worker_sees_ours(worker)))
		return NULL;
	if (!(client_is_source ? sighting->to_ours : sighting->from_ours)) {
		outbound_add(worker->outbound, sighting->hash);
		return NULL;
	}
	flow = worker_begin(worker, sighting, client_is_source, direction, FLOW_LASTING);
	flow->midstream = direction != DIRECTION_SYN;
	if (direction == DIRECTION_SYN)
		flow->seen |= FLOW_SYN;
	if (direction == DIRECTION_SYN && client_is_source)
		flow->seen |= FLOW_CLIENT_PROOF;
	return flow;
}

static struct flow *begin(struct worker *worker, const struct sighting *sighting)
{
	const struct packet *packet = sighting->packet;

	if (packet->tcp_flags & TCP_RST) {
		note_refusal(worker, sighting);
		return NULL;
	}
	if (is_answer(packet))
		return begin_answer(worker, sighting);
	return is_handshake(packet) ? begin_attempt(worker, sighting)
				    : begin_midstream(worker, sighting);
}

/* Does the host that it goes to drop it? What begins and ends must be right in every respect. */
static bool is_ignored(struct flow *flow, enum side from, const struct packet *packet)
{
	enum side whose = from;

	if (packet->transport != TRANSPORT_SCTP || is_handshake(packet))
		return false;
	if (packet->tcp_flags & ASSOCIATION_REFLECTED)
		whose = from == SIDE_CLIENT ? SIDE_SERVER : SIDE_CLIENT;
	if (flow->has_highest[whose] && packet->acknowledgement != flow->highest[whose])
		return true;
	if (packet->tcp_flags & (TCP_RST | TCP_FIN))
		return (flow->sums_right & 1u << from) && sum_is_wrong(packet);
	if (!flow->has_highest[from])
		expect(flow, from, packet->acknowledgement);
	if (!(flow->sums_right & 1u << from) && !sum_is_wrong(packet))
		flow->sums_right |= (uint8_t)(1u << from);
	return false;
}

static void note_flags(struct flow *flow, enum side from, const struct packet *packet)
{
	bool client = from == SIDE_CLIENT;
	uint8_t flags = packet->tcp_flags;

	flow->sight |= client ? SIGHT_CLIENT : SIGHT_SERVER;
	if (flags & TCP_SYN)
		flow->seen |= client ? FLOW_SYN : FLOW_SYNACK;
	else if (flags & TCP_RST)
		flow->seen |= client ? FLOW_CLIENT_RST : FLOW_SERVER_RST;
	else
		flow->seen |= client ? FLOW_CLIENT_ACK : FLOW_SERVER_ACK;
	if (flags & TCP_FIN)
		flow->seen |= client ? FLOW_CLIENT_FIN : FLOW_SERVER_FIN;
	if (flags & (TCP_RST | TCP_FIN)) /* one that shuts down sends nothing more */
		flow->ends |= FLOW_OVER;
	if ((flow->seen & FLOW_SYNACK) && flow->direction < DIRECTION_SYNACK)
		flow->direction = DIRECTION_SYNACK;
}

/* The same ports again, for another association. */
static bool is_new(const struct flow *flow, enum side from, const struct packet *packet)
{
	if (!is_handshake(packet))
		return false;
	if (is_answer(packet))
		return from == SIDE_SERVER && flow->has_highest[SIDE_SERVER] &&
		       packet->acknowledgement != flow->highest[SIDE_SERVER];
	return from == SIDE_CLIENT && (flow->ends & FLOW_OVER);
}

void worker_association(struct worker *worker, const struct sighting *sighting, struct flow *flow)
{
	const struct packet *packet = sighting->packet;
	enum side from;

	if (flow && is_new(flow, sighting_side(sighting, flow), packet)) {
		flow_remove(worker->flows, flow);
		flow = NULL;
	}
	if (flow && is_ignored(flow, sighting_side(sighting, flow), packet)) {
		worker->stats.ignored++;
		return;
	}
	if (!flow)
		flow = begin(worker, sighting);
	if (!flow)
		return;
	from = sighting_side(sighting, flow);
	note_flags(flow, from, packet);
	flow_touch(worker->flows, flow, packet->ts_ns,
		   (flow->seen & (FLOW_SERVER_ACK | FLOW_CLIENT_ACK)) && !(flow->ends & FLOW_OVER)
			   ? FLOW_LASTING
			   : FLOW_BRIEF);
	flow->own.bytes[from] += packet->data_wire;
	if (from == SIDE_SERVER && packet->data_wire != 0)
		flow->talked_ns = packet->ts_ns;
	if (!worker_read(worker, sighting, flow, from))
		return;
	if ((flow->ends & FLOW_OVER) && !flow->told_end)
		worker_carried_tell(worker, flow);
	else
		worker_report_news(worker, flow);
}
