/* SPDX-License-Identifier: ISC */
/*
 * From zones, groups, proxies and translations to the table behind policy_place(). A public address
 * of a translation joins every group that its private address is in, so that one look-up serves a
 * mirror on either side of the NAT; for that the table is built twice.
 */
#include <stdlib.h>

#include "policy/limits.h"
#include "policy/load.h"
#include "policy/rules.h"
#include "policy/values.h"

struct inputs {
	struct zones_input *list;
	size_t count, room;
};

static void add_input(struct inputs *inputs, const struct prefix *prefix, enum zones_kind kind,
		      uint32_t index)
{
	if (inputs->count == inputs->room) {
		inputs->room = inputs->room == 0 ? 64 : inputs->room * 2;
		inputs->list = arena_regrow(inputs->list, inputs->room, sizeof *inputs->list);
	}
	inputs->list[inputs->count++] =
		(struct zones_input){.prefix = *prefix, .kind = kind, .index = (uint16_t)index};
}

static void add_list(struct inputs *inputs, const struct prefix_list *prefixes,
		     enum zones_kind kind, uint32_t index)
{
	for (uint32_t i = 0; i < prefixes->count; i++)
		add_input(inputs, &prefixes->list[i].prefix, kind, index);
}

static bool build(struct load *load, struct inputs *inputs)
{
	struct policy *policy = load->policy;
	struct address where;
	char text[ADDRESS_TEXT_MAX];

	zones_free(&policy->places);
	switch (zones_build(&policy->places, inputs->list, inputs->count, &where)) {
	case ZONES_BUILT:
		return true;
	case ZONES_TOO_MANY_GROUPS:
		report_error(load->context.report, (struct mark){0},
			     "more than %d groups hold the address %s", LIMIT_HOST_GROUPS,
			     address_format(&where, text));
		break;
	case ZONES_TOO_MANY_SETS:
		report_error(load->context.report, (struct mark){0},
			     "groups overlap in more than %d combinations", LIMIT_GROUP_SETS);
		break;
	}
	load->addresses_sound = false;
	return false;
}

static void add_translations(const struct policy *policy, struct inputs *inputs)
{
	for (uint32_t i = 0; i < policy->translation_count; i++) {
		const struct translation *translation = &policy->translations[i];
		const struct prefix public_side = {translation->public_side.address, 128};
		struct policy_place place =
			zones_find(&policy->places, &translation->private_side.address);
		struct zones_set set = zones_set(&policy->places, place.groups);

		add_input(inputs, &public_side, ZONES_OURS, 0);
		for (uint32_t g = 0; g < set.count; g++)
			add_input(inputs, &public_side, ZONES_GROUP, set.list[g]);
	}
}

static bool is_isolated(const struct policy *policy, struct policy_place place)
{
	struct zones_set set = zones_set(&policy->places, place.groups);

	for (uint32_t g = 0; g < set.count; g++) {
		struct index_list rules = rules_of_group(policy, set.list[g]);

		for (uint32_t i = 0; i < rules.count; i++)
			if (policy->rules[rules.list[i]].both_directions)
				return true;
	}
	return false;
}

static void mark_isolated(const struct policy *policy, struct policy_place *places, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++)
		places[i].isolated = is_isolated(policy, places[i]);
}

static void mark_trusted(const struct policy *policy, struct policy_place *places, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++) {
		const struct zone *zone = &policy->zones[places[i].zone];

		places[i].trusted = zone->inside && !zone->denied;
		places[i].ours = places[i].ours || zone->inside;
	}
}

static bool any_both_directions(const struct policy *policy)
{
	for (uint32_t i = 0; i < policy->rule_count; i++)
		if (policy->rules[i].both_directions)
			return true;
	return false;
}

void tables_build(struct load *load)
{
	struct policy *policy = load->policy;
	struct inputs inputs = {0};

	if (!load->addresses_sound)
		return;
	for (uint32_t i = POLICY_ZONE_INSIDE; i < policy->zone_count; i++)
		add_list(&inputs, &policy->zones[i].prefixes, ZONES_ZONE, i);
	for (uint32_t i = 0; i < policy->group_count; i++)
		add_list(&inputs, &policy->groups[i].hosts, ZONES_GROUP, i);
	if (inputs.count > LIMIT_PREFIXES) {
		report_error(load->context.report, (struct mark){0},
			     "zones and groups hold %zu prefixes; at most %d are allowed",
			     inputs.count, LIMIT_PREFIXES);
		load->addresses_sound = false;
		free(inputs.list);
		return;
	}
	for (uint32_t i = 0; i < policy->proxy_count; i++)
		add_input(&inputs, &policy->proxies[i].address.prefix, ZONES_PROXY,
			  policy->proxies[i].set);
	if (build(load, &inputs) && policy->translation_count != 0) {
		add_translations(policy, &inputs);
		build(load, &inputs);
	}
	free(inputs.list);
	if (!load->addresses_sound)
		return;
	mark_trusted(policy, policy->places.v4_places, policy->places.v4_count);
	mark_trusted(policy, policy->places.v6_places, policy->places.v6_count);
	if (any_both_directions(policy)) {
		mark_isolated(policy, policy->places.v4_places, policy->places.v4_count);
		mark_isolated(policy, policy->places.v6_places, policy->places.v6_count);
	}
}
