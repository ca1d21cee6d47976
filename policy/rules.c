/* SPDX-License-Identifier: ISC */
/*
 * See rules.h. Each index is one array of rules, and for each group or service where its part
 * begins.
 */
#include "policy/rules.h"

static const struct index_list *groups_of(const struct rule *rule)
{
	return &rule->groups;
}

static const struct index_list *services_of(const struct rule *rule)
{
	return &rule->services;
}

/* Counts, then begins, then fills from the last rule on: so each part is in order. */
static void build(struct policy *policy, struct rule_index *index, uint32_t count,
		  const struct index_list *(*named)(const struct rule *rule))
{
	uint32_t total = 0;

	index->count = count;
	index->begin = arena_array(&policy->arena, (size_t)count + 1, sizeof *index->begin);
	for (uint32_t r = 0; r < policy->rule_count; r++) {
		const struct index_list *list = named(&policy->rules[r]);

		for (uint32_t i = 0; i < list->count; i++)
			index->begin[list->list[i]]++;
		total += list->count;
	}
	for (uint32_t i = 1; i <= count; i++)
		index->begin[i] += index->begin[i - 1];
	index->rules = arena_array(&policy->arena, total, sizeof *index->rules);
	for (uint32_t r = policy->rule_count; r-- > 0;) {
		const struct index_list *list = named(&policy->rules[r]);

		for (uint32_t i = 0; i < list->count; i++)
			index->rules[--index->begin[list->list[i]]] = (uint16_t)r;
	}
}

void rules_index(struct policy *policy, uint32_t services)
{
	build(policy, &policy->by_group, policy->group_count, groups_of);
	build(policy, &policy->by_service, services, services_of);
	policy->with_ports.list =
		arena_array(&policy->arena, policy->rule_count, sizeof *policy->with_ports.list);
	for (uint32_t r = 0; r < policy->rule_count; r++) {
		const struct rule *rule = &policy->rules[r];

		if (rule->by_service && rule->ports.count != 0)
			policy->with_ports.list[policy->with_ports.count++] = (uint16_t)r;
	}
}

static struct index_list part(const struct rule_index *index, uint16_t of)
{
	if (of >= index->count)
		return (struct index_list){0};
	return (struct index_list){
		.list = index->rules + index->begin[of],
		.count = index->begin[of + 1] - index->begin[of],
	};
}

struct index_list rules_of_group(const struct policy *policy, uint16_t group)
{
	return part(&policy->by_group, group);
}

struct index_list rules_of_service(const struct policy *policy, uint16_t service)
{
	return part(&policy->by_service, service);
}
