/* SPDX-License-Identifier: ISC */
/*
 * TCP (RFC 9293). A SYN of an outside client is a probe. A SYN-ACK of ours makes the flow, and
 * proves direction and reachability at once. Data without a known handshake makes a flow whose
 * direction is only a guess, until the bytes prove it. Everything that follows a SYN of ours, or a
 * SYN-ACK of somebody else, is outbound.
 */
#include "sensor/decode/segment.h"
#include "sensor/worker/worker_state.h"

#include "sensor/base/clock.h"

#define ADVANCE_MAX   (1u << 20)    /* of one acknowledgement; more is another connection's */
#define ONE_WAY_AFTER NS_PER_MINUTE /* silence of all of ours that means: not mirrored */

/* A side that is not mirrored cannot be seen to close. */
static bool closed(const struct flow *flow)
{
	unsigned ends = (flow->sight & SIGHT_CLIENT ? FLOW_CLIENT_FIN : 0u) |
			(flow->sight & SIGHT_SERVER ? FLOW_SERVER_FIN : 0u);

	return (ends != 0 && (flow->seen & ends) == ends) ||
	       (flow->seen & (FLOW_CLIENT_RST | FLOW_SERVER_RST));
}

/*
 * Open as far as can be seen. A client's word alone is not enough: anybody can send data blindly.
 */
static bool established(const struct worker *worker, const struct flow *flow)
{
	if (worker->options.everything && (flow->midstream || (flow->seen & FLOW_CLIENT_ACK)))
		return true;
	if (flow->seen & (FLOW_SERVER_ACK | FLOW_CLIENT_PROOF | FLOW_CLIENT_ACKED))
		return true;
	return (flow->seen & FLOW_SYNACK) && (flow->seen & FLOW_CLIENT_ACK);
}

bool worker_sees_ours(const struct worker *worker)
{
	return worker->from_ours_ns != 0 && worker->now_ns - worker->from_ours_ns < ONE_WAY_AFTER;
}

static struct flow *begin_syn(struct worker *worker, const struct sighting *sighting)
{
	/* No wall stands in front of a carrier, and it does not flood us: a flow at once. */
	if (worker->options.everything || (sighting->by_proxy && sighting->to_ours))
		return worker_begin(worker, sighting, true, DIRECTION_SYN, FLOW_BRIEF);
	if (sighting->to_ours) {
		outbound_remove(worker->outbound, sighting->hash); /* a forged SYN-ACK came first */
		worker_note_probe(worker, sighting, false);
		if (sighting->packet->payload_wire != 0)
			worker_fastopen_put(worker, sighting);
	} else {
		worker->stats.outbound++;
		worker_forget_inbound(worker, sighting);
		outbound_add(worker->outbound, sighting->hash);
	}
	return NULL;
}

/* A SYN-ACK tells where the client's bytes begin. */
static struct flow *expect_client(struct flow *flow, const struct sighting *sighting)
{
	flow->highest[SIDE_CLIENT] = sighting->packet->acknowledgement;
	flow->has_highest[SIDE_CLIENT] = true;
	return flow;
}

/* Somebody else has let one of ours in. */
static struct flow *begin_outgoing(struct worker *worker, const struct sighting *sighting)
{
	bool asked = outbound_has(worker->outbound, sighting->hash), client_is_source;
	struct endpoint ours = worker_destination(sighting);
	struct probe probe;
	struct flow *flow;

	/*
	 * Who asks, or has been let in, answers nobody, and whom ours had asked would have been
	 * seen to be: a word that the host throws away.
	 */
	if (!asked &&
	    (worker_sees_ours(worker) || segment_sum(sighting->packet) == SEGMENT_SUM_WRONG ||
	     worker_remembers_inbound(worker, sighting, &client_is_source) ||
	     (sighting->to_ours && worker_asked(worker, &ours, sighting->hash, &probe))))
		return NULL;
	outbound_add(worker->outbound, sighting->hash);
	flow = worker_begin_outgoing(worker, sighting, DIRECTION_SYNACK, FLOW_BRIEF);
	if (!flow)
		return NULL;
	if (asked) {
		flow->seen |= FLOW_SYN;
		flow->sight |= SIGHT_CLIENT;
	}
	return expect_client(flow, sighting);
}

static struct flow *begin_synack(struct worker *worker, const struct sighting *sighting)
{
	struct flow *flow;

	if (!sighting->from_ours)
		return begin_outgoing(worker, sighting);
	outbound_remove(worker->outbound, sighting->hash);
	flow = worker_begin(worker, sighting, false, DIRECTION_SYNACK, FLOW_BRIEF);
	expect_client(flow, sighting);
	worker_note_first(flow, SIDE_SERVER, sighting->packet);
	worker_fastopen_take(worker, sighting, flow);
	return flow;
}

/* An RST that answers a SYN: nobody listens there, or a filter says so in the host's name. */
static struct flow *begin_rst(struct worker *worker, const struct sighting *sighting)
{
	const struct packet *packet = sighting->packet;
	struct endpoint server = worker_source(sighting);
	bool answers_syn = (packet->tcp_flags & TCP_ACK) && packet->sequence == 0;
	enum direction direction = DIRECTION_SYNACK;
	bool client_is_source = false;

	if (worker->options.everything) {
		if (!answers_syn)
			direction = worker_guess_roles(worker, sighting, &client_is_source);
		return worker_begin(worker, sighting, client_is_source, direction, FLOW_BRIEF);
	}
	if (sighting->from_ours && !sighting->by_proxy &&
	    !outbound_has(worker->outbound, sighting->hash) &&
	    (answers_syn || probes_find(worker->probes, &server, sighting->hash, NULL)))
		probes_refused(worker->probes, &server, sighting->hash, &packet->destination,
			       packet->ts_ns, false);
	return NULL;
}

/*
 * Does only a stranger say that there is a conversation? What ours send is believed, and so is a
 * client that goes on after its SYN where packets of ours are not mirrored.
 */
static bool is_out_of_nowhere(const struct worker *worker, const struct sighting *sighting,
			      bool client_is_source, enum direction direction)
{
	if (client_is_source && sighting->to_ours)
		return direction != DIRECTION_SYN || worker_sees_ours(worker);
	if (!client_is_source && sighting->from_ours)
		return false;
	return sighting->returns && !sighting->leaves;
}

/*
 * Data or an acknowledgement without a flow. If a SYN of this conversation was seen, it is clear
 * who began it; otherwise the policy's ports or the port numbers must do.
 */
static struct flow *begin_midstream(struct worker *worker, const struct sighting *sighting)
{
	struct endpoint source = worker_source(sighting), other = worker_destination(sighting);
	enum direction direction = DIRECTION_SYN;
	bool client_is_source;
	struct probe asked;
	struct flow *flow;

	if (worker_remembers_inbound(worker, sighting, &client_is_source)) {
		flow = worker_begin(worker, sighting, client_is_source, DIRECTION_SYNACK,
				    FLOW_LASTING);
		flow->midstream = true;
		return flow;
	}
	if (outbound_has(worker->outbound, sighting->hash))
		return worker_begin_outgoing(worker, sighting, DIRECTION_SYN, FLOW_LASTING);
	if (sighting->to_ours && worker_asked(worker, &other, sighting->hash, &asked))
		client_is_source = true;
	else if (sighting->from_ours && worker_asked(worker, &source, sighting->hash, &asked))
		client_is_source = false;
	else
		direction = worker_guess_roles(worker, sighting, &client_is_source);
	if (is_out_of_nowhere(worker, sighting, client_is_source, direction) &&
	    worker_early_put(worker, sighting))
		return NULL;
	if (!(client_is_source ? sighting->to_ours : sighting->from_ours)) {
		outbound_add(worker->outbound, sighting->hash);
		flow = worker_begin_outgoing(worker, sighting, direction, FLOW_LASTING);
		if (flow)
			flow->midstream = true;
		return flow;
	}
	flow = worker_begin(worker, sighting, client_is_source, direction, FLOW_LASTING);
	flow->midstream = direction != DIRECTION_SYN;
	if (direction == DIRECTION_SYN)
		flow->seen |= FLOW_SYN;
	if (direction == DIRECTION_SYN && client_is_source && !worker_sees_ours(worker) &&
	    (sighting->packet->tcp_flags & TCP_ACK))
		flow->seen |= FLOW_CLIENT_PROOF;
	return flow;
}

/*
 * The client's last step of the handshake, where packets of our servers are not mirrored at all:
 * it acknowledges a SYN-ACK that we cannot see. Where they are, the SYN-ACK itself is asked for,
 * because a scanner can send this step blindly.
 */
static struct flow *begin_ack(struct worker *worker, const struct sighting *sighting)
{
	const struct packet *packet = sighting->packet;
	struct endpoint server = worker_destination(sighting);
	struct probe probe;
	struct flow *flow;

	if (worker->options.everything)
		return begin_midstream(worker, sighting);
	if (!sighting->to_ours || !(packet->tcp_flags & TCP_ACK) ||
	    !probes_find(worker->probes, &server, sighting->hash, &probe) ||
	    packet->sequence != probe.initial + 1)
		return NULL;
	if (worker_sees_ours(worker)) {
		probes_disown(worker->probes, &server, sighting->hash);
		return NULL;
	}
	flow = worker_begin(worker, sighting, true, DIRECTION_SYN, FLOW_LASTING);
	flow->seen |= FLOW_SYN | FLOW_CLIENT_PROOF;
	return flow;
}

static struct flow *begin(struct worker *worker, const struct sighting *sighting)
{
	uint8_t flags = sighting->packet->tcp_flags;

	if (flags & TCP_RST)
		return begin_rst(worker, sighting);
	if ((flags & (TCP_SYN | TCP_ACK)) == (TCP_SYN | TCP_ACK))
		return begin_synack(worker, sighting);
	if (flags & TCP_SYN)
		return begin_syn(worker, sighting);
	if (sighting->packet->payload_wire != 0)
		return begin_midstream(worker, sighting);
	return begin_ack(worker, sighting);
}

static void note_flags(struct flow *flow, enum side from, const struct packet *packet)
{
	bool client = from == SIDE_CLIENT;
	uint8_t flags = packet->tcp_flags;

	if ((flags & TCP_FIN) && !worker_fin_counts(flow, from, packet))
		flags &= (uint8_t)~TCP_FIN;
	if (flags & TCP_RST)
		flow->reset_at = packet->sequence;
	else if (flow->seen & (FLOW_CLIENT_RST | FLOW_SERVER_RST))
		worker_note_alive(flow, from, packet);
	if (!client && (flags & TCP_ACK))
		flow->server_acked = packet->acknowledgement;
	if (client && (flags & (TCP_SYN | TCP_ACK)) == TCP_SYN)
		flow->seen |= FLOW_SYN;
	else if (!client && (flags & (TCP_SYN | TCP_ACK)) == (TCP_SYN | TCP_ACK))
		flow->seen |= FLOW_SYNACK;
	else if (!(flags & (TCP_SYN | TCP_RST)) && (flags & TCP_ACK))
		flow->seen |= client ? FLOW_CLIENT_ACK : FLOW_SERVER_ACK;
	if (flags & TCP_FIN)
		flow->seen |= client ? FLOW_CLIENT_FIN : FLOW_SERVER_FIN;
	if (flags & TCP_RST)
		flow->seen |= client ? FLOW_CLIENT_RST : FLOW_SERVER_RST;
	flow->sight |= client ? SIGHT_CLIENT : SIGHT_SERVER;
}

/*
 * The client acknowledges more and more bytes of a server that is not seen: somebody sends them.
 * This tells at once what a mirror does not show, also where other servers' packets are mirrored.
 */
static void note_acknowledgement(struct flow *flow, enum side from, const struct packet *packet)
{
	uint32_t advance = packet->acknowledgement - flow->client_acked;
	uint8_t enough = flow->seen & FLOW_SYN ? 1 : 2;

	if (from == SIDE_SERVER || (packet->tcp_flags & (TCP_SYN | TCP_RST | TCP_ACK)) != TCP_ACK)
		return;
	if (flow->ack_advances != 0 && (advance == 0 || advance > ADVANCE_MAX))
		return;
	flow->client_acked = packet->acknowledgement;
	if (flow->ack_advances < UINT8_MAX)
		flow->ack_advances++;
	if (flow->ack_advances > enough && !(flow->sight & SIGHT_SERVER))
		flow->seen |= FLOW_CLIENT_ACKED;
}

/*
 * Has the conversation ended for those who talk? Only by a FIN behind the last byte, and by an RST
 * at exactly the next one: a host passes over others (RFC 5961).
 */
static void note_end(struct flow *flow, enum side from, const struct packet *packet)
{
	uint8_t needed = 0;

	if (packet->sequence + packet->payload_wire != flow->highest[from])
		return;
	if (packet->tcp_flags & TCP_RST)
		flow->ends |= FLOW_OVER;
	if (!(packet->tcp_flags & TCP_FIN))
		return;
	flow->ends |= (uint8_t)(1u << from);
	if (flow->sight & SIGHT_CLIENT)
		needed |= 1u << SIDE_CLIENT;
	if (flow->sight & SIGHT_SERVER)
		needed |= 1u << SIDE_SERVER;
	if ((flow->ends & needed) == needed)
		flow->ends |= FLOW_OVER;
}

/* The same ports again, for another connection. */
static bool is_new_connection(const struct worker *worker, struct flow *flow, enum side from,
			      const struct packet *packet)
{
	if (!(packet->tcp_flags & TCP_SYN))
		return false;
	if (packet->tcp_flags & TCP_ACK) /* or the same one, sent again? */
		return from == SIDE_SERVER && flow->has_highest[SIDE_SERVER] &&
		       (closed(flow) || worker_telling(worker, flow)->bytes[SIDE_SERVER] != 0 ||
			packet->sequence + 1 != flow->highest[SIDE_SERVER]);
	return closed(flow);
}

/*
 * A SYN-ACK from the supposed client, of a conversation whose roles were only guessed, or told by
 * nobody but the other end, in a SYN-ACK that ours had not asked for; a SYN of that other end.
 */
static bool shows_other_roles(const struct flow *flow, enum side from, const struct packet *packet)
{
	bool unasked = flow->outgoing && !(flow->seen & FLOW_SYN);

	if (!(packet->tcp_flags & TCP_SYN))
		return false;
	if (packet->tcp_flags & TCP_ACK)
		return from == SIDE_CLIENT && (flow->direction < DIRECTION_SYN || unasked);
	return from == SIDE_SERVER && unasked;
}

void worker_tcp(struct worker *worker, const struct sighting *sighting, struct flow *flow)
{
	const struct packet *packet = sighting->packet;
	bool was_closed;
	enum side from;

	if (flow) {
		from = sighting_side(sighting, flow);
		if (worker_is_ignored(flow, from, packet)) {
			worker->stats.ignored++;
			return;
		}
		if (is_new_connection(worker, flow, from, packet) ||
		    shows_other_roles(flow, from, packet)) {
			flow_remove(worker->flows, flow);
			flow = NULL;
		}
	}
	if (!flow && worker_early_waits(worker, sighting) && !(packet->tcp_flags & TCP_RST)) {
		worker_early_bring(worker, sighting);
		flow = flow_find(worker->flows, &sighting->key, sighting->hash);
	}
	if (!flow)
		flow = begin(worker, sighting);
	if (!flow)
		return;
	from = sighting_side(sighting, flow);
	was_closed = closed(flow);
	note_flags(flow, from, packet);
	note_acknowledgement(flow, from, packet);
	if (flow->carrier && (flow->seen & FLOW_SYN) && (flow->seen & FLOW_CLIENT_ACK) &&
	    !worker_sees_ours(worker))
		flow->seen |= FLOW_CLIENT_PROOF;
	if ((flow->seen & FLOW_SYNACK) && flow->direction < DIRECTION_SYNACK)
		flow->direction = DIRECTION_SYNACK;
	flow_touch(worker->flows, flow, packet->ts_ns,
		   established(worker, flow) && !closed(flow) ? FLOW_LASTING : FLOW_BRIEF);
	if (!worker_read(worker, sighting, flow, from))
		return;
	note_end(flow, from, packet);
	if (closed(flow) && (!was_closed || ((flow->ends & FLOW_OVER) && !flow->told_end)))
		worker_carried_tell(worker, flow);
	else
		worker_report_news(worker, flow);
}
