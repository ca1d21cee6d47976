/* SPDX-License-Identifier: ISC */
/* What several parts of the engine ask about an endpoint, and what changes nothing of it. */
#include "sensor/engine/engine_state.h"
#include "sensor/event/verdict.h"

struct reason_context engine_reason(const struct engine *engine, const struct exposure *x)
{
	struct policy_place place = policy_place(engine->policy, &x->client);

	return (struct reason_context){
		.services = engine->services,
		.client_zone = policy_zone(engine->policy, place.zone).name,
		.one_way = x->one_way,
		.campaign = x->campaign,
		.guess = x->direction == DIRECTION_GUESS,
		.unseen = x->unseen,
		.probes = x->probes_unanswered + x->probes_refused,
		.probe_sources = sketch_count(&x->closers),
	};
}

void engine_decide(const struct engine *engine, const struct endpoint *server,
		   const struct address *server_seen, const struct address *client,
		   uint16_t service, uint64_t ts_ns, struct policy_decision *decision)
{
	verdict_of(engine->policy, server, server_seen, client, service, ts_ns, decision);
}

void engine_decide_offer(const struct engine *engine, const struct endpoint *server,
			 const struct address *server_seen, const struct address *client,
			 uint64_t ts_ns, struct policy_decision *decision)
{
	struct policy_decision without;

	if (decision->verdict != POLICY_FORBIDDEN || decision->severity <= SEVERITY_HIGH ||
	    !policy_rule(engine->policy, decision->rule).by_service)
		return;
	engine_decide(engine, server, server_seen, client, POLICY_NO_SERVICE, ts_ns, &without);
	if (without.verdict == POLICY_FORBIDDEN && without.severity > SEVERITY_HIGH)
		*decision = without;
	else
		decision->severity = SEVERITY_HIGH;
}

uint32_t engine_target(const struct engine *engine, const struct endpoint *server, uint32_t own)
{
	uint32_t slot = own, all;

	if (server->transport != TRANSPORT_TCP)
		return slot;
	if (slot != EXPOSURE_NONE && exposure_is_open(exposures_at(engine->exposures, slot)->state))
		return slot;
	all = exposures_all_ports(engine->exposures, server);
	if (all != EXPOSURE_NONE && exposure_is_open(exposures_at(engine->exposures, all)->state))
		return all;
	return slot;
}
