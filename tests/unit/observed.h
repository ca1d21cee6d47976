/* SPDX-License-Identifier: ISC */
/*
 * What must hold of every observation, whatever the packets were. For unit tests and fuzz targets.
 */
#ifndef TESTS_UNIT_OBSERVED_H
#define TESTS_UNIT_OBSERVED_H

#include <string.h>

#include "policy/policy.h"
#include "sensor/event/observation.h"

#define BYTES_PLAUSIBLE (1ull << 40) /* more than any test sends: a difference below 0 */

static inline bool observed_text(const char *text, size_t size)
{
	const char *end = memchr(text, '\0', size);

	for (; end && text < end; text++) {
		if (*text < 0x20 || *text > 0x7e)
			return false;
	}
	return end != NULL;
}

static inline const char *observed_facts_fault(const struct facts *facts)
{
	if (facts->auth > AUTH_SUCCEEDED || facts->encryption > ENCRYPTION_NATIVE ||
	    facts->data_read > ANSWER_YES)
		return "a fact that has no name";
	if (facts->command_count > FACTS_COMMANDS)
		return "more commands than there is room for";
	for (int i = 0; i < facts->command_count; i++) {
		if (!observed_text(facts->commands[i].text, FACTS_COMMAND_TEXT))
			return "a command that is not text";
	}
	if (!observed_text(facts->product, sizeof facts->product) ||
	    !observed_text(facts->version, sizeof facts->version) ||
	    !observed_text(facts->user, sizeof facts->user) ||
	    !observed_text(facts->host, sizeof facts->host) ||
	    !observed_text(facts->path, sizeof facts->path))
		return "a fact that is not text";
	return NULL;
}

static inline const char *observed_flow_fault(const struct flow_report *flow)
{
	if (flow->outcome == OUTCOME_UNKNOWN || flow->outcome > OUTCOME_UDP_RESPONSE_ONLY)
		return "no outcome";
	if (flow->direction > DIRECTION_SYNACK)
		return "no direction";
	if (flow->sight == SIGHT_NONE || flow->sight > SIGHT_BOTH)
		return "no sight";
	if (flow->new_bytes_c2s > BYTES_PLAUSIBLE || flow->new_bytes_s2c > BYTES_PLAUSIBLE)
		return "bytes run backwards";
	if ((flow->service == POLICY_NO_SERVICE) != (flow->identified_by == IDENTIFIED_NOT))
		return "a service that nobody identified";
	return observed_facts_fault(&flow->facts);
}

/* NULL, or what is wrong. With a policy: is it any of its business? */
static inline const char *observed_fault(const struct observation *observation,
					 const struct policy *policy)
{
	const struct address *client = &observation->flow.client;

	if (observation->server.outgoing > 1)
		return "an endpoint that cannot be hashed as bytes";
	if (!transport_has_ports(observation->server.transport))
		return "an endpoint of another transport";
	if (policy && !policy_place(policy, &observation->server.address).ours)
		return "a server that is not ours";
	if (observation->kind == OBSERVATION_WALL) {
		const struct wall_report *wall = &observation->wall;

		if (wall->new_unanswered == 0 && wall->new_refused == 0)
			return wall->last_unjudged_ns != 0 || wall->new_idle != 0
				       ? NULL
				       : "no news of a wall";
		return wall->source_count >= 1 && wall->source_count <= WALL_SOURCES
			       ? NULL
			       : "sources that cannot be counted";
	}
	if (observation->kind != OBSERVATION_FLOW)
		return "no kind";
	if (policy && !policy_concerns(policy_place(policy, client),
				       policy_place(policy, &observation->server.address)))
		return "a client that may";
	return observed_flow_fault(&observation->flow);
}

#endif
