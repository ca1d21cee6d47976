/* SPDX-License-Identifier: ISC */
/*
 * Which encapsulations are believed. Whoever can send a packet to one of ours can put any packet of
 * ours inside it: a tunnel is believed for its ends, not for what it holds.
 */
#include <string.h>

#include "policy/grammar.h"
#include "policy/model.h"

static bool holds_address(const struct prefix_list *prefixes, const struct address *address)
{
	for (uint32_t i = 0; i < prefixes->count; i++) {
		if (prefix_contains(&prefixes->list[i].prefix, address))
			return true;
	}
	return false;
}

static bool holds_number(const uint32_t *list, uint32_t count, uint32_t number)
{
	for (uint32_t i = 0; i < count; i++) {
		if (list[i] == number)
			return true;
	}
	return count == 0;
}

/* Where the interface is not known, as in a capture, it is no reason for doubt. */
static bool holds_interface(const struct tunnel_rule *rule, const char *interface)
{
	for (uint32_t i = 0; interface != NULL && i < rule->interfaces.count; i++) {
		if (strcmp(rule->interfaces.list[i], interface) == 0)
			return true;
	}
	return interface == NULL || rule->interfaces.count == 0;
}

static bool is_named(const struct tunnel_rule *rule, const struct policy_tunnel *tunnel)
{
	return holds_number(rule->kinds.list, rule->kinds.count, tunnel->kind) &&
	       (rule->ids.count == 0 ||
		(tunnel->has_id && holds_number(rule->ids.list, rule->ids.count, tunnel->id))) &&
	       holds_interface(rule, tunnel->interface) &&
	       holds_address(&rule->ends, &tunnel->source) &&
	       holds_address(&rule->ends, &tunnel->destination);
}

static bool is_inside(const struct policy *policy, const struct address *address)
{
	return policy->zones[policy_place(policy, address).zone].inside;
}

bool policy_believes(const struct policy *policy, const struct policy_tunnel *tunnel)
{
	for (uint32_t i = 0; i < policy->tunnel_count; i++) {
		if (is_named(&policy->tunnels[i], tunnel))
			return true;
	}
	return !policy->names_tunnels && is_inside(policy, &tunnel->source) &&
	       is_inside(policy, &tunnel->destination);
}

bool policy_names_tunnels(const struct policy *policy)
{
	return policy->names_tunnels;
}
