/* SPDX-License-Identifier: ISC */
/*
 * Advice on a policy that loads: lines that do what they say, and hardly what was meant. It is
 * given where somebody asks (spanwatch -n, spanwatch-policy check), not at each start.
 */
#include "policy/coverage.h"
#include "policy/report.h"
#include "policy/rules.h"
#include "policy/values.h"

#define NS_PER_S   UINT64_C(1000000000)
#define NS_PER_DAY (86400 * NS_PER_S)

struct advice {
	const struct policy *policy;
	struct report *report;
	uint64_t now_ns;
};

static void on_end(const struct advice *advice, const struct exception *exception)
{
	uint64_t left = exception->until_ns - advice->now_ns;
	char day[VALUES_DAY_TEXT];

	values_day_text(exception->until_ns - 1, day); /* a day ends with its last moment */
	if (exception->until_ns <= advice->now_ns)
		report_warning(advice->report, exception->at,
			       "the exception ended on %s: it permits nothing any more; sign it "
			       "anew or take it out",
			       day);
	else if (left <= advice->policy->thresholds.exception_warning_ns)
		report_warning(advice->report, exception->at,
			       "the exception ends on %s, in %u days", day,
			       (unsigned)(left / NS_PER_DAY));
}

static void on_breadth(const struct advice *advice, const struct exception *exception)
{
	const struct prefix *client = &exception->client.prefix;
	bool ipv4 = address_is_ipv4(&client->base);
	char text[VALUES_PREFIX_TEXT];

	if (client->length <= (ipv4 ? 96U + 4 : 8U))
		report_warning(advice->report, exception->client.at,
			       "the client %s is %s: for these servers the rule \"%s\" forbids "
			       "hardly anybody",
			       values_prefix_text(client, text),
			       client->length <= (ipv4 ? 96U : 0U) ? "everybody"
								   : "a large part of "
								     "the internet",
			       exception->rule_named.name);
}

static bool within(const struct prefix *inner, const struct prefix *outer)
{
	return inner->length >= outer->length && prefix_contains(outer, &inner->base);
}

/* Does an exception to `rule` permit all that `than` permits to its own? */
static bool excepts_as_much(const struct policy *policy, const struct rule *rule,
			    const struct exception *than)
{
	for (uint16_t i = rule->first_exception; i != POLICY_NONE; i = policy->exceptions[i].next) {
		const struct exception *other = &policy->exceptions[i];

		if (within(&than->server.prefix, &other->server.prefix) &&
		    within(&than->client.prefix, &other->client.prefix) &&
		    (other->port == MODEL_ANY_PORT || other->port == than->port) &&
		    other->until_ns >= than->until_ns)
			return true;
	}
	return false;
}

static bool services_meet(const struct rule *a, const struct rule *b)
{
	for (uint32_t i = 0; i < a->services.count; i++)
		if (model_index_holds(&b->services, a->services.list[i]))
			return true;
	return false;
}

/* Does `rule` still forbid some of what the exception permits? */
static bool overrides(const struct policy *policy, const struct rule *rule,
		      const struct exception *exception)
{
	struct coverage coverage = {
		.policy = policy, .rule = rule, .port = (uint16_t)exception->port};
	const struct rule *excepted = &policy->rules[exception->rule];

	return rule != excepted && !excepts_as_much(policy, rule, exception) &&
	       coverage_of_server(&coverage, &exception->server.prefix) &&
	       coverage_of_client(&coverage, &exception->client.prefix) &&
	       (!rule->by_service || !excepted->by_service || services_meet(rule, excepted));
}

/* Somebody thought of the rules by service as well. */
static bool excepted_by_service(const struct policy *policy, const struct exception *exception)
{
	for (uint32_t r = 0; r < policy->rule_count; r++)
		if (policy->rules[r].by_service &&
		    excepts_as_much(policy, &policy->rules[r], exception))
			return true;
	return false;
}

/*
 * Another rule that forbids what the exception permits. Which services an exception to a rule by
 * group is about, it does not say: one word about all the rules by service is enough.
 */
static void on_overriding(const struct advice *advice, const struct exception *exception)
{
	const struct policy *policy = advice->policy;
	bool by_group = !policy->rules[exception->rule].by_service;
	bool said = by_group && excepted_by_service(policy, exception);

	for (uint32_t r = 0; r < policy->rule_count; r++) {
		const struct rule *rule = &policy->rules[r];

		if ((rule->by_service && said) || !overrides(policy, rule, exception))
			continue;
		said = said || (rule->by_service && by_group);
		report_warning(advice->report, exception->at,
			       "rule \"%s\" (line %u) still forbids it%s: it needs an exception "
			       "of its own",
			       rule->name, rule->at.line,
			       rule->by_service ? " where one of its services answers" : "");
	}
}

static void on_exceptions(const struct advice *advice)
{
	for (uint32_t i = 0; i < advice->policy->exception_count; i++) {
		const struct exception *exception = &advice->policy->exceptions[i];

		on_end(advice, exception);
		on_breadth(advice, exception);
		if (exception->until_ns > advice->now_ns)
			on_overriding(advice, exception);
	}
}

static bool in_some_zone(const struct policy *policy, const struct prefix_list *hosts)
{
	for (uint32_t i = 0; i < hosts->count; i++)
		if (policy_place(policy, &hosts->list[i].prefix.base).zone != POLICY_ZONE_INTERNET)
			return true;
	return false;
}

static void on_groups(const struct advice *advice)
{
	const struct policy *policy = advice->policy;

	for (uint32_t i = 0; i < policy->group_count; i++) {
		const struct group *group = &policy->groups[i];

		if (rules_of_group(policy, (uint16_t)i).count == 0)
			report_warning(advice->report, group->at,
				       "no rule names group \"%s\": nothing is forbidden because "
				       "of it",
				       group->name);
		if (group->hosts.count != 0 && !in_some_zone(policy, &group->hosts))
			report_warning(advice->report, group->at,
				       "no host of group \"%s\" is in any zone: are these "
				       "addresses right?",
				       group->name);
	}
}

static bool zone_used(const struct policy *policy, uint8_t zone)
{
	for (uint32_t i = 0; i < policy->rule_count; i++)
		if (model_zone_allowed(&policy->rules[i], zone))
			return true;
	return false;
}

static void on_zones(const struct advice *advice)
{
	const struct policy *policy = advice->policy;

	for (uint32_t i = POLICY_ZONE_INSIDE + 1; i < policy->zone_count; i++)
		if (!policy->zones[i].inside && !zone_used(policy, (uint8_t)i))
			report_warning(advice->report, policy->zones[i].at,
				       "no rule allows zone \"%s\": its clients are judged like "
				       "the internet's",
				       policy->zones[i].name);
}

static void on_proxies(const struct advice *advice)
{
	const struct policy *policy = advice->policy;
	char text[VALUES_PREFIX_TEXT];

	for (uint32_t i = 0; i < policy->proxy_count; i++) {
		const struct located_prefix *address = &policy->proxies[i].address;

		if (!policy_place(policy, &address->prefix.base).ours)
			report_warning(
				advice->report, address->at,
				"the proxy %s is neither inside nor in a group: a stranger's "
				"word about its clients is believed",
				values_prefix_text(&address->prefix, text));
	}
}

void policy_advise(const struct policy *policy, uint64_t now_ns, struct policy_messages *messages)
{
	struct report report = {.messages = messages};
	struct advice advice = {.policy = policy, .report = &report, .now_ns = now_ns};

	*messages = (struct policy_messages){0};
	for (uint16_t i = 1; i <= policy->file_count; i++)
		report_file(&report, policy->files[i]);
	if (policy->rule_count == 0)
		report_warning(
			&report, (struct mark){0},
			"there are no rules: nothing is forbidden, and nothing will be found");
	on_zones(&advice);
	on_groups(&advice);
	on_proxies(&advice);
	on_exceptions(&advice);
	report_finish(&report);
}
