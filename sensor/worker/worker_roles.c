/* SPDX-License-Identifier: ISC */
/*
 * Who is the client and who the server, where no handshake says so: by the policy's ports, by port
 * numbers (a guess, told as one), and in the end by the bytes, which may turn the roles round.
 */
#include "sensor/worker/worker_state.h"

#define WEIGHT_SERVICE	3
#define EPHEMERAL_FIRST 32768 /* of Linux; others begin higher */

/* How much a port looks like a server's. */
static int port_weight(const struct worker *worker, uint8_t transport, uint16_t port)
{
	if (services_by_port(worker->services, transport, port) != POLICY_NO_SERVICE)
		return WEIGHT_SERVICE;
	if (port < 1024)
		return 2;
	return port < EPHEMERAL_FIRST ? 1 : 0;
}

static bool listed(const struct worker *worker, const struct address *address, uint8_t transport,
		   uint16_t port)
{
	return worker->policy && policy_lists_port(worker->policy, address, transport, port);
}

/*
 * Nothing of ours is taken for a client because the other port looks like a server's as well:
 * anybody may choose that one. Of the range that systems take clients' ports from, only a better
 * look counts.
 */
static bool may_serve(uint16_t port, int weight, int other)
{
	return weight == WEIGHT_SERVICE && (port < EPHEMERAL_FIRST || other < weight);
}

enum direction worker_guess_roles(const struct worker *worker, const struct sighting *sighting,
				  bool *client_is_source)
{
	const struct packet *packet = sighting->packet;
	int source, destination;

	if (sighting->to_ours &&
	    listed(worker, &packet->destination, packet->transport, packet->destination_port)) {
		*client_is_source = true;
		return DIRECTION_POLICY_PORT;
	}
	if (sighting->from_ours &&
	    listed(worker, &packet->source, packet->transport, packet->source_port)) {
		*client_is_source = false;
		return DIRECTION_POLICY_PORT;
	}
	source = port_weight(worker, packet->transport, packet->source_port);
	destination = port_weight(worker, packet->transport, packet->destination_port);
	if (sighting->from_ours != sighting->to_ours &&
	    packet->source_port != packet->destination_port) {
		bool from = sighting->from_ours;

		if (may_serve(from ? packet->source_port : packet->destination_port,
			      from ? source : destination, from ? destination : source)) {
			*client_is_source = !from;
			return DIRECTION_GUESS;
		}
	}
	if (source != destination)
		*client_is_source = source < destination;
	else if (transport_is_datagram(packet->transport))
		*client_is_source = true; /* who speaks first, as far as was seen */
	else
		*client_is_source = packet->source_port >= packet->destination_port;
	return DIRECTION_GUESS;
}

/* Two numbers for each conversation: whichever end is the server. */
static uint64_t inbound_mark(uint64_t hash, bool server_is_low)
{
	return server_is_low ? hash : ~hash;
}

void worker_remember_inbound(struct worker *worker, const struct flow *flow)
{
	if (!flow->outgoing && (flow->seen & FLOW_SYNACK))
		outbound_add(worker->inbound, inbound_mark(flow_hash(worker->flows, &flow->key),
							   !flow->client_is_low));
}

bool worker_remembers_inbound(const struct worker *worker, const struct sighting *sighting,
			      bool *client_is_source)
{
	bool low = sighting->source_is_low;

	if (sighting->from_ours && outbound_has(worker->inbound, inbound_mark(sighting->hash, low)))
		*client_is_source = false;
	else if (sighting->to_ours &&
		 outbound_has(worker->inbound, inbound_mark(sighting->hash, !low)))
		*client_is_source = true;
	else
		return false;
	return true;
}

void worker_forget_inbound(const struct worker *worker, const struct sighting *sighting)
{
	outbound_remove(worker->inbound, sighting->hash);
	outbound_remove(worker->inbound, ~sighting->hash);
}

bool worker_roles_likely(const struct worker *worker, const struct flow *flow)
{
	struct endpoint server = flow_server(flow);

	return flow->direction > DIRECTION_GUESS ||
	       port_weight(worker, server.transport, server.port) >=
		       2 + port_weight(worker, server.transport, flow_client_port(flow));
}

/* Could any rule care, by the roles as they are now? */
static bool is_concerned(const struct worker *worker, struct flow *flow)
{
	struct endpoint server = flow_server(flow);
	struct policy_place client_place, server_place;

	if (worker->options.everything)
		return true;
	client_place = policy_place(worker->policy, flow_client(flow));
	server_place = policy_place(worker->policy, &server.address);
	flow->outgoing = !policy_concerns(client_place, server_place) &&
			 policy_concerns_outbound(client_place, server_place);
	return flow->outgoing || policy_concerns(client_place, server_place);
}

static uint16_t swap_bits(uint16_t bits, uint16_t one, uint16_t other)
{
	uint16_t rest = bits & (uint16_t) ~(one | other);

	return (uint16_t)(rest | (bits & one ? other : 0) | (bits & other ? one : 0));
}

static void turn_sides(struct flow *flow, struct telling *telling)
{
	uint64_t bytes = telling->bytes[SIDE_CLIENT];
	uint32_t highest = flow->highest[SIDE_CLIENT];
	bool has_highest = flow->has_highest[SIDE_CLIENT];
	uint8_t ttl = flow->ttl[SIDE_CLIENT], right = flow->sums_right;

	flow->client_is_low = !flow->client_is_low;
	telling->bytes[SIDE_CLIENT] = telling->bytes[SIDE_SERVER];
	telling->bytes[SIDE_SERVER] = bytes;
	flow->highest[SIDE_CLIENT] = flow->highest[SIDE_SERVER];
	flow->highest[SIDE_SERVER] = highest;
	flow->has_highest[SIDE_CLIENT] = flow->has_highest[SIDE_SERVER];
	flow->has_highest[SIDE_SERVER] = has_highest;
	flow->ttl[SIDE_CLIENT] = flow->ttl[SIDE_SERVER];
	flow->ttl[SIDE_SERVER] = ttl;
	flow->sums_right = (uint8_t)(right >> 1 | (right & 1) << 1);
	if (flow->sight == SIGHT_CLIENT || flow->sight == SIGHT_SERVER)
		flow->sight ^= SIGHT_BOTH;
	flow->seen = swap_bits(flow->seen, FLOW_CLIENT_FIN, FLOW_SERVER_FIN);
	flow->seen &= (uint16_t)~FLOW_CLIENT_ACKED;
	flow->ack_advances = 0;
	flow->seen = swap_bits(flow->seen, FLOW_CLIENT_RST, FLOW_SERVER_RST);
	flow->seen = swap_bits(flow->seen, FLOW_CLIENT_ACK, FLOW_SERVER_ACK);
}

void worker_turn_round(struct worker *worker, struct flow *flow)
{
	struct telling *telling = worker_telling(worker, flow);
	struct endpoint server;

	turn_sides(flow, telling);
	sessions_swap(worker->sessions, flow);
	flow->direction = DIRECTION_PAYLOAD;
	flow->talked_ns = 0;
	flow->question = 0;
	flow->ends = flow->ends & FLOW_OVER;
	flow->told_end = false;
	telling->reported = telling->told_payload = false;
	telling->reported_bytes[SIDE_CLIENT] = telling->reported_bytes[SIDE_SERVER] = 0;
	telling->reported_failed = telling->reported_succeeded = telling->reported_messages = 0;
	telling->concerned = is_concerned(worker, flow);
	flow->carrier = worker_is_carrier(worker, flow);
	server = flow_server(flow);
	probes_answered(worker->probes, &server, 0, flow->last_ns, &flow->wall_unanswered_ns,
			&flow->wall_refused_ns);
}
