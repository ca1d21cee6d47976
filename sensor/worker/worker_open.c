/* SPDX-License-Identifier: ISC */
/* How state begins: a probe of an endpoint, a flow of ours, a flow that one of ours began. */
#include "sensor/decode/answerable.h"
#include "sensor/tables/question.h"
#include "sensor/worker/worker_state.h"

struct endpoint worker_source(const struct sighting *sighting)
{
	const struct packet *packet = sighting->packet;

	return (struct endpoint){
		.address = packet->source,
		.realm = packet->realm,
		.port = packet->source_port,
		.transport = packet->transport,
	};
}

struct endpoint worker_destination(const struct sighting *sighting)
{
	const struct packet *packet = sighting->packet;

	return (struct endpoint){
		.address = packet->destination,
		.realm = packet->realm,
		.port = packet->destination_port,
		.transport = packet->transport,
	};
}

void worker_note_probe(struct worker *worker, const struct sighting *sighting, bool asks)
{
	struct endpoint server = worker_destination(sighting);
	const struct packet *packet = sighting->packet;
	struct probe probe = {
		.client = packet->source,
		.tuple = sighting->hash,
		.ts_ns = packet->ts_ns,
		.initial = packet->kind == PACKET_UDP ? asks : packet->sequence,
		.flaws = sighting->flaws,
		.ttl = answerable_ttl(packet),
	};

	uint32_t hash =
		sighting->probed ? sighting->probed_hash : probes_hash(worker->probes, &server);

	if (packet->kind == PACKET_UDP) {
		probe.question = question_kind(packet->payload, packet->payload_length);
		probe.flaws = answerable_flaws(packet);
	}
	worker->stats.probes++;
	if (!probes_note(worker->probes, &server, hash, &probe))
		outbound_add(worker->asked, sighting->hash);
}

bool worker_asked(struct worker *worker, const struct endpoint *server, uint64_t hash,
		  struct probe *found)
{
	*found = (struct probe){.tuple = hash};
	return probes_find(worker->probes, server, hash, found) ||
	       outbound_has(worker->asked, hash);
}

bool worker_is_carrier(const struct worker *worker, const struct flow *flow)
{
	return worker->policy && flow->key.transport == TRANSPORT_TCP &&
	       policy_place(worker->policy, flow_client(flow)).proxy;
}

struct flow *worker_begin(struct worker *worker, const struct sighting *sighting,
			  bool client_is_source, enum direction direction, enum flow_idle idle)
{
	struct flow *flow = flow_create(worker->flows, &sighting->key, sighting->hash,
					sighting->packet->ts_ns, idle);
	struct endpoint server;

	flow->client_is_low = client_is_source == sighting->source_is_low;
	flow->direction = (uint8_t)direction;
	flow->vlan = sighting->packet->vlan;
	flow->vlan_inner = sighting->packet->vlan_inner;
	flow->tunnels = tunnel_table_note(worker->tunnels, sighting->packet->tunnels,
					  sighting->packet->tunnel_count);
	flow->own.origin = worker_origin(worker);
	flow->own.concerned =
		(client_is_source ? sighting->to_ours : sighting->from_ours) && !sighting->by_proxy;
	flow->carrier = worker_is_carrier(worker, flow);
	server = flow_server(flow);
	if (!client_is_source)
		flow->question = probes_learn(worker->probes, &server, sighting->hash);
	if (probes_answered(worker->probes, &server, sighting->hash, sighting->packet->ts_ns,
			    &flow->wall_unanswered_ns, &flow->wall_refused_ns)) {
		flow->seen |= FLOW_SYN;
		flow->sight |= SIGHT_CLIENT;
	}
	worker->stats.flows_created++;
	return flow;
}

struct flow *worker_begin_outgoing(struct worker *worker, const struct sighting *sighting,
				   enum direction direction, enum flow_idle idle)
{
	struct flow *flow;

	worker->stats.outbound++;
	if (!sighting->leaves && !sighting->returns)
		return NULL;
	flow = worker_begin(worker, sighting, sighting->leaves, direction, idle);
	flow->outgoing = flow->own.concerned = true;
	return flow;
}
