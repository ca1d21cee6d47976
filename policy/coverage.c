/* SPDX-License-Identifier: ISC */
#include "policy/coverage.h"

static bool port_fits(const struct port_list *ports, uint16_t port)
{
	static const uint8_t transports[] = {MODEL_TCP, MODEL_UDP, MODEL_SCTP, MODEL_UDPLITE,
					     MODEL_DCCP};

	if (port == MODEL_ANY_PORT)
		return true;
	for (size_t i = 0; i < sizeof transports; i++)
		if (model_ports_hold(ports, transports[i], port))
			return true;
	return false;
}

static bool place_covered(struct policy_place place, const void *context)
{
	const struct coverage *coverage = context;
	struct zones_set set = zones_set(&coverage->policy->places, place.groups);

	if (coverage->rule->by_service)
		return place.ours;
	for (uint32_t i = 0; i < set.count; i++)
		if (model_index_holds(&coverage->rule->groups, set.list[i]) &&
		    port_fits(&coverage->policy->groups[set.list[i]].ports, coverage->port))
			return true;
	return false;
}

static bool place_concerned(struct policy_place place, const void *context)
{
	const struct coverage *coverage = context;

	return !model_zone_allowed(coverage->rule, place.zone);
}

bool coverage_of_server(const struct coverage *coverage, const struct prefix *server)
{
	return port_fits(&coverage->rule->ports, coverage->port) &&
	       zones_any(&coverage->policy->places, server, place_covered, coverage);
}

bool coverage_of_client(const struct coverage *coverage, const struct prefix *client)
{
	return zones_any(&coverage->policy->places, client, place_concerned, coverage);
}
