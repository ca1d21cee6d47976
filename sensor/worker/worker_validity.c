/* SPDX-License-Identifier: ISC */
/*
 * Which segments of a conversation the host that they go to takes no notice of. An attacker sends
 * such ones to end a conversation for who only listens, or to put other bytes in front of the real
 * ones. By Linux: tcp_v4_rcv() (checksum, unexpected signature), tcp_rcv_established() (no ACK),
 * tcp_validate_incoming() and RFC 5961 (RST only at exactly the next byte; SYN never).
 *
 * Only of what begins and ends a conversation the checksum is added up, and only where the side's
 * first packet shows that checksums are right here: the sender's own packets, captured before its
 * adapter has seen them, and captures that were rewritten, have others. Data that may not arrive is
 * read: where something else came in its place, both are (session_versions.c).
 */
#include "sensor/decode/segment.h"
#include "sensor/worker/worker_state.h"

#define SUM_SHORT 512u	     /* bytes of data of a first packet whose checksum is added up */
#define FIN_AHEAD (1u << 20) /* bytes that may have been lost before a FIN */

static bool sum_is_wrong(const struct flow *flow, enum side from, const struct packet *packet)
{
	return (flow->sums_right & 1u << from) && segment_sum(packet) == SEGMENT_SUM_WRONG;
}

void worker_note_first(struct flow *flow, enum side from, const struct packet *packet)
{
	flow->ttl[from] = segment_ttl(packet);
	if (packet->payload_wire <= SUM_SHORT && segment_sum(packet) == SEGMENT_SUM_RIGHT)
		flow->sums_right |= (uint8_t)(1u << from);
	if ((packet->tcp_flags & TCP_SYN) && segment_is_signed(packet))
		flow->seen |= FLOW_SIGNED;
}

/* One that goes less far than its sender's others may end before it is there. */
static bool may_not_arrive(const struct flow *flow, enum side from, const struct packet *packet)
{
	return from == SIDE_CLIENT && segment_ttl(packet) < flow->ttl[from];
}

/* Exactly the next byte, as far as that is known here: what was sent, or what was acknowledged. */
static bool is_next(const struct flow *flow, enum side from, uint32_t sequence)
{
	uint16_t fin = from == SIDE_CLIENT ? FLOW_CLIENT_FIN : FLOW_SERVER_FIN;

	if (!flow->has_highest[from] || sequence == flow->highest[from] ||
	    (sequence == flow->highest[from] + 1 && (flow->seen & fin)))
		return true;
	if (from == SIDE_SERVER)
		return flow->ack_advances != 0 && sequence == flow->client_acked;
	return (flow->seen & (FLOW_SERVER_ACK | FLOW_SYNACK)) && sequence == flow->server_acked;
}

bool worker_is_ignored(struct flow *flow, enum side from, const struct packet *packet)
{
	uint8_t flags = packet->tcp_flags;

	if (!(flags & (TCP_ACK | TCP_SYN | TCP_RST)))
		return true;
	if (flow->ttl[from] == 0 && !(flags & TCP_RST))
		worker_note_first(flow, from, packet);
	if (!(flags & (TCP_SYN | TCP_FIN | TCP_RST)))
		return false;
	if (sum_is_wrong(flow, from, packet) ||
	    ((flow->seen & (FLOW_SYNACK | FLOW_SIGNED)) == FLOW_SYNACK &&
	     segment_is_signed(packet)))
		return true;
	if (flags & TCP_SYN)
		return packet->payload_wire != 0 && from == SIDE_CLIENT &&
		       (flow->seen & (FLOW_CLIENT_ACK | FLOW_SERVER_ACK));
	return (flags & TCP_RST) &&
	       (!is_next(flow, from, packet->sequence) || may_not_arrive(flow, from, packet));
}

bool worker_fin_counts(const struct flow *flow, enum side from, const struct packet *packet)
{
	uint32_t end = packet->sequence + packet->payload_wire;
	uint32_t beyond = end - flow->highest[from];

	if (!flow->has_highest[from])
		return true;
	if (may_not_arrive(flow, from, packet))
		return false;
	if ((int32_t)(packet->sequence - flow->highest[from]) <= 0)
		return (int32_t)beyond >= 0 || is_next(flow, from, end);
	/* Something was not seen. A mirror of one side alone has nobody else to ask. */
	return flow->sight == SIGHT_BOTH && beyond <= FIN_AHEAD;
}

static void take_back(struct flow *flow, uint16_t reset)
{
	flow->seen &= (uint16_t)~reset;
	flow->ends &= (uint8_t)~FLOW_OVER;
}

void worker_note_alive(struct flow *flow, enum side from, const struct packet *packet)
{
	uint32_t end = packet->sequence + packet->payload_wire;

	if (from == SIDE_CLIENT || (packet->tcp_flags & (TCP_RST | TCP_ACK)) != TCP_ACK)
		return;
	if ((flow->seen & FLOW_CLIENT_RST) &&
	    (int32_t)(packet->acknowledgement - flow->reset_at) > 1)
		take_back(flow, FLOW_CLIENT_RST);
	if ((flow->seen & FLOW_SERVER_RST) && (int32_t)(end - flow->reset_at) > 0)
		take_back(flow, FLOW_SERVER_RST);
}
