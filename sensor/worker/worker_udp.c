/* SPDX-License-Identifier: ISC */
/*
 * UDP: a reply of one of ours makes a flow, and so does a datagram to a service that never answers
 * (syslog), if its first bytes say so, and one that says more than its answer will (memcached). Any
 * other first datagram from outside is a probe. What ours send first is outbound, and its answers
 * with it.
 */
#include "dissectors/read/datagram_direction.h"
#include "sensor/worker/worker_state.h"

static bool is_one_way(const struct dissector *dissector)
{
	for (size_t i = 0; i < dissector->service_count; i++) {
		if (dissector->services[i].one_way)
			return true;
	}
	return false;
}

/* Is there one among them that takes it for its own? Most datagrams are done with here. */
static bool may_be_one_way(const struct opening *opening)
{
	for (size_t i = 0; i < dissector_count; i++) {
		if ((dissectors[i]->transports & OVER_UDP) && is_one_way(dissectors[i]) &&
		    dissectors[i]->recognise(opening) == RECOGNISED_YES)
			return true;
	}
	return false;
}

/* Does this datagram alone show a service that will not answer? */
static bool starts_one_way(const struct packet *packet)
{
	struct opening opening = {
		.side = {[SIDE_CLIENT] = bytes_from(packet->payload, packet->payload_length)},
		.transport = OVER_UDP,
	};
	struct identity identity;
	const struct dissector *dissector;

	if (packet->payload_length == 0)
		return false;
	if (opening.side[SIDE_CLIENT].left > OPENING_MAX)
		opening.side[SIDE_CLIENT].left = OPENING_MAX;
	if (!may_be_one_way(&opening))
		return false;
	identity_begin(&identity);
	dissector = identify_own(&identity, &opening);
	return dissector && is_one_way(dissector);
}

/* Is it one that must be read before it is answered? */
static bool matters_first(const struct packet *packet)
{
	struct opening opening = {
		.side = {[SIDE_CLIENT] = bytes_from(packet->payload, packet->payload_length)},
		.transport = OVER_UDP,
		.one_sided = true,
	};

	if (opening.side[SIDE_CLIENT].left > OPENING_MAX)
		opening.side[SIDE_CLIENT].left = OPENING_MAX;
	for (size_t i = 0; i < dissector_count && packet->payload_length != 0; i++) {
		if (dissectors[i]->first_matters &&
		    dissectors[i]->recognise(&opening) == RECOGNISED_YES)
			return true;
	}
	return false;
}

static enum datagram_direction says(const struct packet *packet)
{
	return datagram_direction(bytes_from(packet->payload, packet->payload_length),
				  packet->source_port, packet->destination_port);
}

/*
 * Do the bytes show that this begins something with a service of ours? Where both ends ask, only to
 * the port of such a service, and not from the like.
 */
static bool asks_us(const struct worker *worker, const struct sighting *sighting,
		    enum datagram_direction told)
{
	const struct packet *packet = sighting->packet;
	bool client_is_source = false;

	if (told != DATAGRAM_ASKS_PEER)
		return told == DATAGRAM_ASKS || told == DATAGRAM_BEGINS;
	worker_guess_roles(worker, sighting, &client_is_source);
	return client_is_source && packet->source_port != packet->destination_port;
}

static struct flow *begin_from_client(struct worker *worker, const struct sighting *sighting)
{
	enum datagram_direction told;
	struct flow *flow;
	bool one_way;

	if (worker->options.everything) {
		bool client_is_source = true;
		enum direction direction = worker_guess_roles(worker, sighting, &client_is_source);

		return worker_begin(worker, sighting, client_is_source, direction, FLOW_DATAGRAM);
	}
	told = says(sighting->packet);
	/* An answer to one of ours; but a question is one, whatever passed between the two
	 * before. */
	if (told != DATAGRAM_ASKS && outbound_has(worker->outbound, sighting->hash))
		return worker_begin_outgoing(worker, sighting, DIRECTION_SYNACK, FLOW_DATAGRAM);
	/* Our question was not seen. Nothing is made of it: it may be a lie as well. */
	if (told == DATAGRAM_ANSWERS || told == DATAGRAM_ANSWERS_PEER) {
		worker->stats.outbound++;
		return NULL;
	}
	worker_note_probe(worker, sighting, asks_us(worker, sighting, told));
	one_way = starts_one_way(sighting->packet);
	if (!one_way && !matters_first(sighting->packet))
		return NULL;
	flow = worker_begin(worker, sighting, true, DIRECTION_SYN, FLOW_DATAGRAM);
	flow->one_way_service = one_way;
	return flow;
}

/* May a conversation have been running before anything was seen? */
static bool is_early(const struct worker *worker)
{
	return worker->now_ns - worker->since_ns < WORKER_EARLY_NS;
}

/*
 * One of ours speaks after somebody has spoken to it. That is an answer, unless the conversation
 * may have been running before anything was seen, and no bytes and no port of the policy say what
 * it is.
 */
static enum direction answering(const struct worker *worker, const struct sighting *sighting,
				enum datagram_direction told, const struct probe *asked)
{
	bool client_is_source;
	enum direction guess;

	if (told == DATAGRAM_ANSWERS || asked->initial != 0 || !is_early(worker))
		return DIRECTION_SYNACK;
	guess = worker_guess_roles(worker, sighting, &client_is_source);
	return guess == DIRECTION_POLICY_PORT && !client_is_source ? DIRECTION_SYNACK
								   : DIRECTION_GUESS;
}

/* It goes on with what one of ours has begun; counted. */
static bool is_outbound(struct worker *worker, const struct sighting *sighting)
{
	if (!outbound_has(worker->outbound, sighting->hash))
		return false;
	worker->stats.outbound++;
	return true;
}

/*
 * The order of evidence: a question of this conversation that waits; what the bytes say; what is
 * known to be begun by ours; the ports of the policy; in the end who was seen to speak first, and
 * ports.
 */
static struct flow *begin_from_server(struct worker *worker, const struct sighting *sighting)
{
	struct endpoint server = worker_source(sighting);
	bool client_is_source = true, waits;
	enum datagram_direction told;
	enum direction direction;
	struct probe asked;

	waits = worker_asked(worker, &server, sighting->hash, &asked);
	/* Most datagrams of ours: their bytes are not looked at. */
	if (!waits && is_outbound(worker, sighting))
		return NULL;
	told = says(sighting->packet);
	if (waits && told != DATAGRAM_ASKS) {
		direction = answering(worker, sighting, told, &asked);
		return worker_begin(worker, sighting, false, direction, FLOW_DATAGRAM);
	}
	if (waits && is_outbound(worker, sighting))
		return NULL;
	if (told == DATAGRAM_ANSWERS || told == DATAGRAM_ANSWERS_PEER) {
		direction = told == DATAGRAM_ANSWERS || !is_early(worker) ? DIRECTION_PAYLOAD
									  : DIRECTION_GUESS;
		return worker_begin(worker, sighting, false, direction, FLOW_DATAGRAM);
	}
	if (told == DATAGRAM_UNKNOWN) {
		direction = worker_guess_roles(worker, sighting, &client_is_source);
		if (!client_is_source)
			return worker_begin(worker, sighting, false, direction, FLOW_DATAGRAM);
	}
	worker->stats.outbound++;
	outbound_add(worker->outbound, sighting->hash);
	return NULL;
}

/* Where both ends are ours and neither may ask the other: does this answer a request? */
static bool answers_probe(struct worker *worker, const struct sighting *sighting)
{
	struct endpoint server = worker_source(sighting);
	struct probe asked;

	return worker_asked(worker, &server, sighting->hash, &asked);
}

static struct flow *begin(struct worker *worker, const struct sighting *sighting)
{
	if (!sighting->to_ours ||
	    (sighting->from_ours && !worker->options.everything && answers_probe(worker, sighting)))
		return begin_from_server(worker, sighting);
	return begin_from_client(worker, sighting);
}

void worker_udp(struct worker *worker, const struct sighting *sighting, struct flow *flow)
{
	const struct packet *packet = sighting->packet;
	struct sighting moved;
	struct packet as_moved;
	enum side from;

	if (!flow && worker_transfer(worker, sighting, &as_moved, &moved)) {
		sighting = &moved;
		flow = flow_find(worker->flows, &moved.key, moved.hash);
	}
	if (!flow)
		flow = begin(worker, sighting);
	if (!flow)
		return;
	flow_touch(worker->flows, flow, packet->ts_ns, FLOW_DATAGRAM);
	from = sighting_side(sighting, flow);
	flow->sight |= from == SIDE_CLIENT ? SIGHT_CLIENT : SIGHT_SERVER;
	flow->own.bytes[from] += packet->payload_wire; /* no datagram speaks for others */
	if (from == SIDE_SERVER)
		flow->talked_ns = packet->ts_ns;
	if (worker_read(worker, sighting, flow, from))
		worker_report_news(worker, flow);
}
