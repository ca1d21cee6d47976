/* SPDX-License-Identifier: ISC */
/*
 * Questions to a loaded policy that need no decision: where an address is, what stands behind it,
 * and views of the policy's lines.
 */
#include <stdlib.h>

#include "policy/model.h"
#include "policy/rules.h"

void policy_free(struct policy *policy)
{
	struct arena arena;

	if (policy == NULL)
		return;
	zones_free(&policy->places);
	arena = policy->arena; /* the policy itself lives in it */
	arena_free(&arena);
}

struct policy_place policy_place(const struct policy *policy, const struct address *address)
{
	return zones_find(&policy->places, address);
}

struct address policy_translate(const struct policy *policy, const struct address *address)
{
	uint32_t low = 0, high = policy->translation_count;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;
		const struct translation *translation = &policy->translations[middle];
		int order = address_compare(address, &translation->public_side.address);

		if (order == 0)
			return translation->private_side.address;
		if (order > 0)
			low = middle + 1;
		else
			high = middle;
	}
	return *address;
}

static bool any_lists_port(const struct policy *policy, struct index_list rules, uint8_t transport,
			   uint16_t port)
{
	for (uint32_t i = 0; i < rules.count; i++) {
		const struct port_list *ports = &policy->rules[rules.list[i]].ports;

		if (ports->count != 0 && model_ports_hold(ports, transport, port))
			return true;
	}
	return false;
}

bool policy_lists_port(const struct policy *policy, const struct address *server, uint8_t transport,
		       uint16_t port)
{
	struct policy_place place = policy_place(policy, server);
	struct zones_set set = zones_set(&policy->places, place.groups);

	for (uint32_t i = 0; i < set.count; i++) {
		const struct port_list *ports = &policy->groups[set.list[i]].ports;

		if (ports->count != 0 && model_ports_hold(ports, transport, port))
			return true;
		if (any_lists_port(policy, rules_of_group(policy, set.list[i]), transport, port))
			return true;
	}
	return place.ours && any_lists_port(policy, policy->with_ports, transport, port);
}

uint16_t policy_zone_count(const struct policy *policy)
{
	return (uint16_t)policy->zone_count;
}

uint16_t policy_group_count(const struct policy *policy)
{
	return (uint16_t)policy->group_count;
}

uint16_t policy_rule_count(const struct policy *policy)
{
	return (uint16_t)policy->rule_count;
}

uint16_t policy_exception_count(const struct policy *policy)
{
	return (uint16_t)policy->exception_count;
}

static const char *or_empty(const char *text)
{
	return text == NULL ? "" : text;
}

struct policy_zone_view policy_zone(const struct policy *policy, uint16_t index)
{
	return (struct policy_zone_view){.name = policy->zones[index].name,
					 .inside = policy->zones[index].inside};
}

struct policy_group_view policy_group(const struct policy *policy, uint16_t index)
{
	static const struct group none = {.name = ""};
	const struct group *group = index != POLICY_NONE ? &policy->groups[index] : &none;

	return (struct policy_group_view){
		.name = group->name,
		.owner = or_empty(group->owner),
		.security_group = or_empty(group->security_group),
		.runbook = or_empty(group->runbook),
		.contact = or_empty(group->contact),
		.ticket = or_empty(group->ticket),
		.line = group->at.line,
		.file = policy->files[group->at.file],
		.ipv4_only = group->ipv4_only,
	};
}

struct policy_rule_view policy_rule(const struct policy *policy, uint16_t index)
{
	const struct rule *rule = &policy->rules[index];

	return (struct policy_rule_view){
		.name = rule->name,
		.severity = (enum policy_severity)rule->severity,
		.line = rule->at.line,
		.file = policy->files[rule->at.file],
		.by_service = rule->by_service,
	};
}

struct policy_exception_view policy_exception(const struct policy *policy, uint16_t index)
{
	const struct exception *exception = &policy->exceptions[index];

	return (struct policy_exception_view){
		.rule = exception->rule_named.name,
		.reason = or_empty(exception->reason),
		.owner = or_empty(exception->owner),
		.ticket = or_empty(exception->ticket),
		.until_ns = exception->until_ns,
		.line = exception->at.line,
		.file = policy->files[exception->at.file],
	};
}

const struct policy_thresholds *policy_thresholds(const struct policy *policy)
{
	return &policy->thresholds;
}

enum policy_position policy_position(const struct policy *policy)
{
	return (enum policy_position)policy->position;
}

const char *policy_site(const struct policy *policy)
{
	return policy->site;
}

const char *policy_digest(const struct policy *policy)
{
	return policy->digest;
}

const char *policy_severity_name(enum policy_severity severity)
{
	static const char *const names[] = {"info", "low", "medium", "high", "critical"};

	return (size_t)severity < sizeof names / sizeof *names ? names[severity] : "unknown";
}
