/* SPDX-License-Identifier: ISC */
/* A flow's payload: counted, given to its session, and what the session makes of the roles. */
#include "sensor/worker/worker_state.h"

#define JUMP_MAX (1u << 20) /* bytes never seen that still count as sent */

/* Payload bytes by sequence numbers: what is sent again counts once, a short loss is counted in. */
void worker_count_bytes(const struct worker *worker, struct flow *flow, enum side from,
			const struct packet *packet)
{
	bool syn = (packet->tcp_flags & TCP_SYN) != 0;
	uint32_t first = packet->sequence + syn;
	uint32_t end = first + packet->payload_wire, news;

	if (!flow->has_highest[from]) {
		flow->highest[from] = first;
		flow->has_highest[from] = true;
	}
	news = end - flow->highest[from];
	/* Without payload: a keep-alive, an acknowledgement after a loss, or a forged one. */
	if ((int32_t)news <= 0 || packet->payload_wire == 0)
		return;
	if (news > packet->payload_wire + JUMP_MAX)
		news = packet->payload_wire;
	worker_telling(worker, flow)->bytes[from] += news;
	if (from == SIDE_SERVER)
		flow->talked_ns = packet->ts_ns;
	flow->highest[from] = end;
}

void worker_conclude(struct worker *worker, struct flow *flow)
{
	const struct session *session = sessions_get(worker->sessions, flow);

	sessions_conclude(worker->sessions, flow);
	if (session && session->swapped)
		worker_turn_round(worker, flow);
}

/* Takes one from another flow if need be; what that one was found to be is told before. */
static struct session *open_session(struct worker *worker, struct flow *flow)
{
	struct flow *victim = sessions_victim(worker->sessions);
	struct session *session;

	if (victim) {
		worker_conclude(worker, victim);
		if (victim->turn != 0)
			worker_carried_forget(worker, victim);
		else
			worker_report_parting(worker, victim);
	}
	session = sessions_open(worker->sessions, flow);
	for (int side = 0; side < 2; side++) {
		if (flow->has_highest[side])
			sessions_start(worker->sessions, flow, (enum side)side,
				       flow->highest[side]);
	}
	return session;
}

bool worker_read(struct worker *worker, const struct sighting *sighting, struct flow *flow,
		 enum side from)
{
	const struct packet *packet = sighting->packet;
	struct session *session = sessions_get(worker->sessions, flow);

	if (packet->payload_length < packet->payload_wire)
		worker->stats.cut_short++;
	if (!session && packet->payload_wire != 0)
		session = open_session(worker, flow);
	if (packet->kind == PACKET_TCP)
		worker_count_bytes(worker, flow, from, packet);
	if (!session)
		return true;
	sessions_packet(worker->sessions, flow, from, packet);
	if (session->swapped) {
		worker_turn_round(worker, flow);
		if (worker_telling(worker, flow)->concerned || flow->carrier)
			return true;
		outbound_add(worker->outbound, sighting->hash);
		flow_remove(worker->flows, flow);
		return false;
	}
	if (session->proven && flow->direction < DIRECTION_PAYLOAD)
		flow->direction = DIRECTION_PAYLOAD;
	return true;
}
