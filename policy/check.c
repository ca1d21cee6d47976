/* SPDX-License-Identifier: ISC */
/*
 * Lines that are right by themselves but not together: prefixes that belong to two zones, rules
 * that can never fire, exceptions that except nothing, translations that contradict each other.
 */
#include <stdlib.h>
#include <string.h>

#include "policy/coverage.h"
#include "policy/load.h"
#include "policy/rules.h"
#include "policy/values.h"

/* A prefix and whose it is. */
struct claim {
	struct prefix prefix;
	struct mark at;
	const char *owner;
};

static int compare_claims(const void *left, const void *right)
{
	const struct claim *a = left, *b = right;
	int order = address_compare(&a->prefix.base, &b->prefix.base);

	if (order != 0)
		return order;
	if (a->prefix.length != b->prefix.length)
		return (int)a->prefix.length - (int)b->prefix.length;
	if (a->at.line != b->at.line)
		return a->at.line < b->at.line ? -1 : 1;
	return a->at.column < b->at.column ? -1 : 1;
}

static bool same_prefix(const struct prefix *a, const struct prefix *b)
{
	return a->length == b->length && address_equal(&a->base, &b->base);
}

static void check_claims(struct load *load, struct claim *claims, size_t count)
{
	char text[VALUES_PREFIX_TEXT];

	if (count > 1)
		qsort(claims, count, sizeof *claims, compare_claims);
	for (size_t i = 1, first = 0; i < count; i++) {
		const struct claim *claim = &claims[i], *earlier = &claims[first];

		if (!same_prefix(&claim->prefix, &earlier->prefix)) {
			first = i;
			continue;
		}
		values_prefix_text(&claim->prefix, text);
		if (strcmp(claim->owner, earlier->owner) == 0)
			report_warning(load->context.report, claim->at, "%s is listed twice", text);
		else
			report_error(load->context.report, claim->at,
				     "%s is already in zone \"%s\" (line %u)", text, earlier->owner,
				     earlier->at.line);
	}
}

static size_t add_claims(struct claim *claims, const struct prefix_list *prefixes,
			 const char *owner)
{
	for (uint32_t i = 0; i < prefixes->count; i++)
		claims[i] = (struct claim){.prefix = prefixes->list[i].prefix,
					   .at = prefixes->list[i].at,
					   .owner = owner};
	return prefixes->count;
}

/* 0.0.0.0/0 and ::/0 would leave nothing to the internet. */
static void check_everything(struct load *load, const struct zone *zone)
{
	for (uint32_t i = 0; i < zone->prefixes.count; i++) {
		const struct located_prefix *located = &zone->prefixes.list[i];
		bool ipv4 = address_is_ipv4(&located->prefix.base);

		if (located->prefix.length == (ipv4 ? 96 : 0))
			report_error(load->context.report, located->at,
				     "%s is everything: no address would be left to the zone "
				     "\"internet\"",
				     ipv4 ? "0.0.0.0/0" : "::/0");
	}
}

static void check_prefixes(struct load *load)
{
	struct policy *policy = load->policy;
	struct claim *claims;
	size_t count = 0, room = 1;

	for (uint32_t i = POLICY_ZONE_INSIDE; i < policy->zone_count; i++)
		room += policy->zones[i].prefixes.count;
	for (uint32_t i = 0; i < policy->group_count; i++)
		room += policy->groups[i].hosts.count;
	claims = arena_regrow(NULL, room, sizeof *claims);
	for (uint32_t i = POLICY_ZONE_INSIDE; i < policy->zone_count; i++) {
		check_everything(load, &policy->zones[i]);
		count += add_claims(claims + count, &policy->zones[i].prefixes,
				    policy->zones[i].name);
	}
	check_claims(load, claims, count);
	for (uint32_t i = 0; i < policy->group_count; i++) {
		count = add_claims(claims, &policy->groups[i].hosts, policy->groups[i].name);
		check_claims(load, claims, count);
	}
	free(claims);
}

static bool has_family(const struct prefix_list *prefixes, bool ipv4)
{
	for (uint32_t i = 0; i < prefixes->count; i++)
		if (address_is_ipv4(&prefixes->list[i].prefix.base) == ipv4)
			return true;
	return false;
}

static void check_families(struct load *load)
{
	struct policy *policy = load->policy;
	const char *ipv6_zone = NULL;

	for (uint32_t i = POLICY_ZONE_INSIDE; i < policy->zone_count && ipv6_zone == NULL; i++)
		if (has_family(&policy->zones[i].prefixes, false))
			ipv6_zone = policy->zones[i].name;
	for (uint32_t i = 0; i < policy->group_count; i++) {
		struct group *group = &policy->groups[i];

		group->ipv4_only = !has_family(&group->hosts, false);
		if (group->ipv4_only && ipv6_zone != NULL && !group->broken)
			report_warning(
				load->context.report, group->at,
				"group \"%s\" has only IPv4 hosts, but zone \"%s\" has IPv6: "
				"what its hosts serve over IPv6 is not covered",
				group->name, ipv6_zone);
	}
}

static int compare_translations(const void *left, const void *right)
{
	const struct translation *a = left, *b = right;
	int order = address_compare(&a->public_side.address, &b->public_side.address);

	if (order != 0)
		return order;
	if (a->at.line != b->at.line)
		return a->at.line < b->at.line ? -1 : 1;
	return a->at.column < b->at.column ? -1 : 1;
}

static void check_translations(struct load *load)
{
	struct policy *policy = load->policy;
	char text[ADDRESS_TEXT_MAX];

	if (policy->translation_count > 1)
		qsort(policy->translations, policy->translation_count, sizeof *policy->translations,
		      compare_translations);
	for (uint32_t i = 0; i < policy->translation_count; i++) {
		const struct translation *translation = &policy->translations[i];
		const struct address *inner = &translation->private_side.address;
		struct address behind = policy_translate(policy, inner);

		if (i > 0 && address_equal(&translation->public_side.address,
					   &translation[-1].public_side.address))
			report_error(load->context.report, translation->public_side.at,
				     "%s is translated already (line %u)",
				     address_format(&translation->public_side.address, text),
				     translation[-1].at.line);
		else if (address_equal(&translation->public_side.address, inner) ||
			 !address_equal(&behind, inner))
			report_error(load->context.report, translation->private_side.at,
				     "%s is the public side of a translation; it cannot be the "
				     "private side as well",
				     address_format(inner, text));
	}
}

static bool ports_within(const struct port_list *inner, const struct port_list *outer)
{
	if (outer->count == 0)
		return true;
	for (uint32_t i = 0; i < inner->count; i++) {
		const struct port_range *range = &inner->list[i];
		bool found = false;

		for (uint32_t j = 0; j < outer->count && !found; j++)
			found = range->from >= outer->list[j].from &&
				range->to <= outer->list[j].to &&
				(outer->list[j].transport == 0 ||
				 outer->list[j].transport == range->transport);
		if (!found)
			return false;
	}
	return inner->count != 0;
}

static bool indices_within(const struct index_list *inner, const struct index_list *outer)
{
	if (inner->count > outer->count)
		return false;
	for (uint32_t i = 0; i < inner->count; i++)
		if (!model_index_holds(outer, inner->list[i]))
			return false;
	return true;
}

/* Whatever `rule` forbids, `other` forbids too. */
static bool is_covered(const struct rule *rule, const struct rule *other)
{
	if (rule->both_directions && !other->both_directions)
		return false;
	if (rule->by_service != other->by_service || !ports_within(&rule->ports, &other->ports))
		return false;
	for (unsigned i = 0; i < 4; i++)
		if ((other->allowed_zones[i] & ~rule->allowed_zones[i]) != 0)
			return false;
	return rule->by_service ? indices_within(&rule->services, &other->services)
				: indices_within(&rule->groups, &other->groups);
}

/* It names only families of which nothing is recognised: a warning was given. */
static bool is_idle(const struct rule *rule)
{
	return rule->by_service && rule->services.count == 0;
}

/* A rule that covers another names all that the other names: so the first of it as well. */
static struct index_list naming_the_first(const struct policy *policy, const struct rule *rule)
{
	if (rule->by_service)
		return rules_of_service(policy, rule->services.list[0]);
	if (rule->groups.count == 0)
		return (struct index_list){0};
	return rules_of_group(policy, rule->groups.list[0]);
}

/*
 * A warning, for nothing is lost: the other rule speaks. (And a service may change its family from
 * one version of spanwatch to the next, which must not turn a good policy into a bad one.) An
 * exception to the stronger rule would give the weaker one something to do.
 */
static void check_dead_rule(struct load *load, uint32_t index)
{
	const struct policy *policy = load->policy;
	const struct rule *rule = &policy->rules[index];
	struct index_list others = naming_the_first(policy, rule);

	for (uint32_t o = 0; o < others.count; o++) {
		const uint32_t i = others.list[o];
		const struct rule *other = &policy->rules[i];
		bool wins = i < index ? other->severity >= rule->severity
				      : other->severity > rule->severity;

		if (i == index || !wins || other->broken || other->first_exception != POLICY_NONE ||
		    !is_covered(rule, other))
			continue;
		report_warning(
			load->context.report, rule->at,
			"rule \"%s\" can never fire: rule \"%s\" (line %u) covers the same and is "
			"%s severe",
			rule->name, other->name, other->at.line,
			other->severity > rule->severity ? "more" : "as");
		return;
	}
}

static void check_exception(struct load *load, const struct exception *exception)
{
	const struct policy *policy = load->policy;
	const struct rule *rule = &policy->rules[exception->rule];
	struct coverage coverage = {.policy = policy, .rule = rule, .port = MODEL_ANY_PORT};
	char text[VALUES_PREFIX_TEXT];

	if (!coverage_of_server(&coverage, &exception->server.prefix)) {
		report_error(load->context.report, exception->server.at,
			     "rule \"%s\" does not cover the server %s", rule->name,
			     values_prefix_text(&exception->server.prefix, text));
		return;
	}
	if (!rule->both_directions) /* else it may be the other side's port */
		coverage.port = (uint16_t)exception->port;
	if (!coverage_of_server(&coverage, &exception->server.prefix))
		report_error(load->context.report, exception->at,
			     "rule \"%s\" does not cover port %u of the server", rule->name,
			     (unsigned)exception->port);
	if (!coverage_of_client(&coverage, &exception->client.prefix))
		report_warning(load->context.report, exception->client.at,
			       "rule \"%s\" allows the client %s anyway", rule->name,
			       values_prefix_text(&exception->client.prefix, text));
}

void check_all(struct load *load)
{
	struct policy *policy = load->policy;

	check_prefixes(load);
	check_families(load);
	if (load->addresses_sound)
		check_translations(load);
	for (uint32_t i = 0; i < policy->rule_count; i++)
		if (!policy->rules[i].broken && !is_idle(&policy->rules[i]))
			check_dead_rule(load, i);
	for (uint32_t i = 0; i < policy->exception_count; i++) {
		const struct exception *exception = &policy->exceptions[i];

		if (load->addresses_sound && !exception->broken && exception->rule != POLICY_NONE &&
		    !policy->rules[exception->rule].broken)
			check_exception(load, exception);
	}
}
