/* SPDX-License-Identifier: ISC */
/*
 * Is this client allowed to reach this endpoint? Every rule that covers the endpoint is asked; the
 * severest one that forbids it is the answer, the first of equals. An exception in force takes its
 * own rule out of that contest, and no other.
 */
#include "policy/model.h"
#include "policy/rules.h"

struct contest {
	const struct rule *forbidding, *excepted; /* the severest of each; NULL = none */
	const struct exception *exception;	  /* that excepts `excepted` */
	bool covered;				  /* by some rule, be it in favour of the client */
};

bool policy_concerns(struct policy_place client, struct policy_place server)
{
	return server.ours && !client.trusted;
}

bool policy_carries(struct policy_place client, struct policy_place server)
{
	return server.ours && client.proxy;
}

bool policy_concerns_outbound(struct policy_place host, struct policy_place remote)
{
	return host.isolated && !remote.trusted;
}

size_t policy_quiet_ranges(const struct policy *policy, struct policy_range *ranges, size_t max)
{
	const struct zones *zones = &policy->places;
	bool before = false;
	size_t n = 0;

	for (uint32_t i = 0; i < zones->v4_count; i++) {
		struct policy_place place = zones->v4_places[i];
		uint32_t last = i + 1 < zones->v4_count ? zones->v4_starts[i + 1] - 1 : UINT32_MAX;
		bool quiet = place.trusted && !place.proxy;

		if (quiet && !before && n == max)
			break;
		if (quiet && !before)
			ranges[n++].first = zones->v4_starts[i];
		if (quiet)
			ranges[n - 1].last = last;
		before = quiet;
	}
	return n;
}

static bool group_has_port(const struct policy *policy, uint16_t group,
			   const struct policy_question *question)
{
	/* The ports of a group are its servers'; what its hosts connect to is somebody else's. */
	return question->outbound ||
	       model_ports_hold(&policy->groups[group].ports, question->transport, question->port);
}

/* Does the endpoint belong to a group that the client is in, too? */
static bool same_group(const struct policy *policy, struct policy_place client,
		       struct policy_place server, const struct policy_question *question)
{
	struct zones_set a = zones_set(&policy->places, client.groups);
	struct zones_set b = zones_set(&policy->places, server.groups);
	uint32_t i = 0, j = 0;

	while (i < a.count && j < b.count) {
		if (a.list[i] < b.list[j]) {
			i++;
		} else if (a.list[i] > b.list[j]) {
			j++;
		} else {
			if (group_has_port(policy, a.list[i], question))
				return true;
			i++;
			j++;
		}
	}
	return false;
}

/* The first group with this endpoint, of those that `rule` names if it is not NULL. */
static uint16_t first_group(const struct policy *policy, const struct rule *rule,
			    struct policy_place server, const struct policy_question *question)
{
	struct zones_set set = zones_set(&policy->places, server.groups);

	for (uint32_t i = 0; i < set.count; i++)
		if ((rule == NULL || model_index_holds(&rule->groups, set.list[i])) &&
		    group_has_port(policy, set.list[i], question))
			return set.list[i];
	return POLICY_NONE;
}

static enum policy_answer covers(const struct policy *policy, const struct rule *rule,
				 struct policy_place server, const struct policy_question *question)
{
	if (question->outbound && !rule->both_directions)
		return POLICY_ANSWER_INBOUND;
	if (!question->outbound &&
	    !model_ports_hold(&rule->ports, question->transport, question->port))
		return POLICY_ANSWER_PORT;
	if (rule->by_service && !question->outbound)
		return question->service != POLICY_NO_SERVICE &&
				       model_index_holds(&rule->services, question->service)
			       ? POLICY_ANSWER_COVERS
			       : POLICY_ANSWER_SERVICE;
	return first_group(policy, rule, server, question) != POLICY_NONE ? POLICY_ANSWER_COVERS
									  : POLICY_ANSWER_HOST;
}

/* An exception may name the server by its public or by its private address. */
static const struct exception *in_force(const struct policy *policy, const struct rule *rule,
					const struct policy_question *question)
{
	struct address behind = policy_translate(policy, &question->server);
	uint16_t index = rule->first_exception;

	for (; index != POLICY_NONE; index = policy->exceptions[index].next) {
		const struct exception *exception = &policy->exceptions[index];

		if (question->ts_ns < exception->until_ns &&
		    (exception->port == MODEL_ANY_PORT || exception->port == question->port) &&
		    prefix_contains(&exception->client.prefix, &question->client) &&
		    (prefix_contains(&exception->server.prefix, &question->server) ||
		     prefix_contains(&exception->server.prefix, &behind)))
			return exception;
	}
	return NULL;
}

/* Of equals the first of the file. */
static bool severer(const struct rule *rule, const struct rule *than)
{
	return than == NULL || rule->severity > than->severity ||
	       (rule->severity == than->severity && rule < than);
}

static void ask_rule(const struct policy *policy, const struct rule *rule,
		     struct policy_place client, struct policy_place server,
		     const struct policy_question *question, struct contest *contest)
{
	const struct exception *exception;

	if (covers(policy, rule, server, question) != POLICY_ANSWER_COVERS)
		return;
	contest->covered = true;
	if (model_zone_allowed(rule, client.zone))
		return;
	if (!severer(rule, contest->forbidding))
		return;
	exception = in_force(policy, rule, question);
	if (exception == NULL) {
		contest->forbidding = rule;
	} else if (severer(rule, contest->excepted)) {
		contest->excepted = rule;
		contest->exception = exception;
	}
}

static void ask_rules(const struct policy *policy, struct index_list rules,
		      struct policy_place client, struct policy_place server,
		      const struct policy_question *question, struct contest *contest)
{
	for (uint32_t i = 0; i < rules.count; i++)
		ask_rule(policy, &policy->rules[rules.list[i]], client, server, question, contest);
}

static void decide_by(const struct policy *policy, const struct rule *rule,
		      struct policy_place server, const struct policy_question *question,
		      struct policy_decision *decision)
{
	uint16_t group =
		rule->by_service ? POLICY_NONE : first_group(policy, rule, server, question);

	decision->rule = (uint16_t)(rule - policy->rules);
	decision->severity = (enum policy_severity)rule->severity;
	if (group != POLICY_NONE)
		decision->group = group;
	if (rule->data_out_bytes != 0)
		decision->data_out_bytes = rule->data_out_bytes;
}

enum policy_gate policy_gate(const struct policy *policy, const struct policy_question *question)
{
	struct policy_place client = policy_place(policy, &question->client);
	struct policy_place server = policy_place(policy, &question->server);

	if (!server.ours)
		return POLICY_GATE_NOT_OURS;
	if (!policy_concerns(client, server))
		return POLICY_GATE_INSIDE;
	return same_group(policy, client, server, question) ? POLICY_GATE_SAME_GROUP
							    : POLICY_GATE_OPEN;
}

enum policy_answer policy_ask_rule(const struct policy *policy,
				   const struct policy_question *question, uint16_t rule,
				   uint16_t *exception)
{
	struct policy_place client = policy_place(policy, &question->client);
	struct policy_place server = policy_place(policy, &question->server);
	const struct rule *asked = &policy->rules[rule];
	enum policy_answer answer = covers(policy, asked, server, question);
	const struct exception *found;

	*exception = POLICY_NONE;
	if (answer != POLICY_ANSWER_COVERS)
		return answer;
	if (model_zone_allowed(asked, client.zone))
		return POLICY_ANSWER_ALLOWS;
	found = in_force(policy, asked, question);
	if (found == NULL)
		return POLICY_ANSWER_FORBIDS;
	*exception = (uint16_t)(found - policy->exceptions);
	return POLICY_ANSWER_EXCEPTED;
}

void policy_decide(const struct policy *policy, const struct policy_question *question,
		   struct policy_decision *decision)
{
	struct policy_place client = policy_place(policy, &question->client);
	struct policy_place server = policy_place(policy, &question->server);
	struct zones_set groups = zones_set(&policy->places, server.groups);
	struct contest contest = {0};

	*decision = (struct policy_decision){
		.verdict = POLICY_ALLOWED,
		.severity = SEVERITY_INFO,
		.rule = POLICY_NONE,
		.group = first_group(policy, NULL, server, question),
		.exception = POLICY_NONE,
		.client_zone = client.zone,
		.server_zone = server.zone,
		.data_out_bytes = policy->thresholds.data_out_bytes,
	};
	if (!policy_concerns(client, server) || same_group(policy, client, server, question))
		return;
	for (uint32_t i = 0; i < groups.count; i++)
		ask_rules(policy, rules_of_group(policy, groups.list[i]), client, server, question,
			  &contest);
	ask_rules(policy, rules_of_service(policy, question->service), client, server, question,
		  &contest);
	if (contest.forbidding != NULL) {
		decision->verdict = POLICY_FORBIDDEN;
		decide_by(policy, contest.forbidding, server, question, decision);
	} else if (contest.excepted != NULL) {
		decision->verdict = POLICY_EXCEPTED;
		decision->exception = (uint16_t)(contest.exception - policy->exceptions);
		decide_by(policy, contest.excepted, server, question, decision);
	} else if (!contest.covered && !question->outbound && !policy->zones[client.zone].inside) {
		decision->verdict = POLICY_UNLISTED;
	}
}
