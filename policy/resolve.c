/* SPDX-License-Identifier: ISC */
/*
 * Names become indices; what names nothing, or the same thing twice, is reported. Look-ups are
 * binary searches in sorted names, as a policy may hold thousands of each.
 */
#include <stdlib.h>
#include <string.h>

#include "policy/limits.h"
#include "policy/load.h"
#include "policy/rules.h"
#include "policy/values.h"

struct name_entry {
	const char *name;
	struct mark at;
	uint16_t index;
};

struct names {
	struct name_entry *list; /* ascending by name, then by index */
	uint32_t count;
};

static int compare_names(const void *left, const void *right)
{
	const struct name_entry *a = left, *b = right;
	int order = strcmp(a->name, b->name);

	return order != 0 ? order : (int)a->index - (int)b->index;
}

static void names_add(struct names *names, const char *name, uint32_t index, struct mark at)
{
	if (name != NULL)
		names->list[names->count++] =
			(struct name_entry){.name = name, .at = at, .index = (uint16_t)index};
}

static struct names names_new(uint32_t room)
{
	return (struct names){.list = arena_regrow(NULL, room + 1, sizeof(struct name_entry))};
}

static void names_sort(struct names *names)
{
	if (names->count > 1)
		qsort(names->list, names->count, sizeof *names->list, compare_names);
}

static const struct name_entry *names_find(const struct names *names, const char *name)
{
	uint32_t low = 0, high = names->count;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;

		if (strcmp(names->list[middle].name, name) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	if (low < names->count && strcmp(names->list[low].name, name) == 0)
		return &names->list[low];
	return NULL;
}

static void report_unknown(struct load *load, const struct names *names,
			   const struct reference *reference, const char *what)
{
	struct suggestion suggestion;

	report_suggest_begin(load->context.report, &suggestion, reference->name);
	for (uint32_t i = 0; i < names->count; i++)
		report_suggest_offer(&suggestion, names->list[i].name);
	report_error(load->context.report, reference->at, "unknown %s \"%s\"%s", what,
		     reference->name, report_suggest_text(&suggestion));
}

static int compare_indices(const void *left, const void *right)
{
	const uint16_t *a = left, *b = right;

	return (int)*a - (int)*b;
}

static void sort_indices(struct index_list *list)
{
	uint32_t kept = 0;

	if (list->count < 2)
		return;
	qsort(list->list, list->count, sizeof *list->list, compare_indices);
	for (uint32_t i = 0; i < list->count; i++)
		if (i == 0 || list->list[i] != list->list[kept - 1])
			list->list[kept++] = list->list[i];
	list->count = kept;
}

static bool is_repeated(const struct reference_list *references, uint32_t index)
{
	for (uint32_t i = 0; i < index; i++)
		if (strcmp(references->list[i].name, references->list[index].name) == 0)
			return true;
	return false;
}

static void warn_repeated(struct load *load, const struct reference_list *references)
{
	for (uint32_t i = 0; i < references->count; i++)
		if (is_repeated(references, i))
			report_warning(load->context.report, references->list[i].at,
				       "\"%s\" is listed twice", references->list[i].name);
}

static void resolve_groups(struct load *load, struct rule *rule, const struct names *groups)
{
	const struct reference_list *named = &rule->groups_named;

	if (!load->groups_known)
		return;
	rule->groups.list = arena_array(&load->policy->arena, named->count, sizeof(uint16_t));
	for (uint32_t i = 0; i < named->count; i++) {
		const struct name_entry *found = names_find(groups, named->list[i].name);

		if (found != NULL) {
			rule->groups.list[rule->groups.count++] = found->index;
		} else {
			report_unknown(load, groups, &named->list[i], "group");
			rule->broken = true;
		}
	}
	sort_indices(&rule->groups);
	warn_repeated(load, named);
}

static bool is_meant(const struct policy_service *service, const char *name)
{
	if (strcmp(service->name, name) == 0 || strcmp(service->family, name) == 0)
		return true;
	for (const char *const *also = service->also; also != NULL && *also != NULL; also++)
		if (strcmp(*also, name) == 0)
			return true;
	return false;
}

/* How many services of the vocabulary the name means; their indices go to `out` if not NULL. */
static uint32_t services_named(const struct policy_vocabulary *vocabulary, const char *name,
			       uint16_t *out)
{
	uint32_t count = 0;

	for (uint16_t i = 0; i < vocabulary->count; i++) {
		if (!is_meant(&vocabulary->services[i], name))
			continue;
		if (out != NULL)
			out[count] = i;
		count++;
	}
	return count;
}

/* A policy may name a family before any service of it is known. */
static bool is_family(const struct policy_vocabulary *vocabulary, const char *name)
{
	for (uint16_t i = 0; i < vocabulary->family_count; i++)
		if (strcmp(vocabulary->families[i], name) == 0)
			return true;
	return false;
}

/* What people call it, where the spelling leads elsewhere; NULL if it is no such word. */
static const char *known_as(const char *word)
{
	static const struct {
		const char *word, *meant;
	} words[] = {
		{"https", "\"http\", and \"tls\" for what is encrypted"},
		{"postgres", "\"postgresql\""},
		{"ssl", "\"tls\""},
		{"k8s", "\"kubernetes-api\" or \"kubelet\""},
		{"sqlserver", "\"mssql\""},
		{"tds", "\"mssql\""},
		{"elk", "\"elasticsearch\" or \"kibana\""},
		{"minio", "\"s3\""},
		{"samba", "\"smb\""},
		{"cifs", "\"smb\""},
		{"remote-desktop", "\"rdp\""},
		{"any", "a rule by \"groups\", which fires whatever answers"},
		{"all", "a rule by \"groups\", which fires whatever answers"},
	};

	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (strcmp(words[i].word, word) == 0)
			return words[i].meant;
	return NULL;
}

static void report_no_service(struct load *load, const struct reference *reference)
{
	const struct policy_vocabulary *vocabulary = load->vocabulary;
	struct suggestion suggestion;

	if (is_family(vocabulary, reference->name)) {
		report_warning(
			load->context.report, reference->at,
			"no service of the family \"%s\" can be recognised: this never fires",
			reference->name);
		return;
	}
	if (known_as(reference->name) != NULL) {
		report_error(load->context.report, reference->at,
			     "unknown service or family \"%s\" (did you mean %s?)", reference->name,
			     known_as(reference->name));
		return;
	}
	report_suggest_begin(load->context.report, &suggestion, reference->name);
	for (uint16_t i = 0; i < vocabulary->count; i++) {
		report_suggest_offer(&suggestion, vocabulary->services[i].name);
		for (const char *const *also = vocabulary->services[i].also;
		     also != NULL && *also != NULL; also++)
			report_suggest_offer(&suggestion, *also);
	}
	for (uint16_t i = 0; i < vocabulary->family_count; i++)
		report_suggest_offer(&suggestion, vocabulary->families[i]);
	report_error(load->context.report, reference->at, "unknown service or family \"%s\"%s",
		     reference->name, report_suggest_text(&suggestion));
}

static void resolve_services(struct load *load, struct rule *rule)
{
	const struct reference_list *named = &rule->services_named;
	struct index_list *services = &rule->services;
	uint32_t room = 0;

	for (uint32_t i = 0; i < named->count; i++) {
		uint32_t count = is_repeated(named, i) ? 0
						       : services_named(load->vocabulary,
									named->list[i].name, NULL);

		room += count;
		if (count == 0 && !is_repeated(named, i)) {
			report_no_service(load, &named->list[i]);
			rule->broken =
				rule->broken || !is_family(load->vocabulary, named->list[i].name);
		}
	}
	services->list = arena_array(&load->policy->arena, room, sizeof(uint16_t));
	for (uint32_t i = 0; i < named->count; i++)
		if (!is_repeated(named, i))
			services->count += services_named(load->vocabulary, named->list[i].name,
							  services->list + services->count);
	sort_indices(services);
	warn_repeated(load, named);
}

static void set_zone(struct rule *rule, uint16_t zone, bool allowed)
{
	uint64_t bit = UINT64_C(1) << zone % 64;

	if (allowed)
		rule->allowed_zones[zone / 64] |= bit;
	else
		rule->allowed_zones[zone / 64] &= ~bit;
}

static void deny_zone(struct load *load, struct rule *rule, const struct reference *reference,
		      const struct name_entry *found)
{
	struct zone *zone = &load->policy->zones[found->index];

	if (found->index == POLICY_ZONE_INSIDE) {
		report_error(
			load->context.report, reference->at,
			"a rule cannot deny \"inside\": nobody could reach what it covers; deny "
			"a zone of its own that says \"inside: true\"");
		rule->broken = true;
	} else if (!zone->inside) {
		report_warning(load->context.report, reference->at,
			       "zone \"%s\" is not inside: the rule forbids it anyway",
			       reference->name);
	}
	for (uint32_t i = 0; i < rule->allow_named.count; i++) {
		if (strcmp(rule->allow_named.list[i].name, reference->name) != 0)
			continue;
		report_error(load->context.report, reference->at,
			     "zone \"%s\" is allowed and denied by the same rule", reference->name);
		rule->broken = true;
	}
	zone->denied = true;
	set_zone(rule, found->index, false);
}

/* Whoever is inside may, unless the rule denies it. */
static void resolve_deny(struct load *load, struct rule *rule, const struct names *zones)
{
	const struct reference_list *named = &rule->deny_named;

	for (uint32_t i = POLICY_ZONE_INSIDE; i < load->policy->zone_count; i++)
		if (load->policy->zones[i].inside)
			set_zone(rule, (uint16_t)i, true);
	for (uint32_t i = 0; i < named->count; i++) {
		const struct reference *reference = &named->list[i];
		const struct name_entry *found = names_find(zones, reference->name);

		if (strcmp(reference->name, "internet") == 0) {
			report_warning(load->context.report, reference->at,
				       "\"internet\" is always denied");
		} else if (found != NULL) {
			deny_zone(load, rule, reference, found);
		} else if (load->zones_known) {
			report_unknown(load, zones, reference, "zone");
			rule->broken = true;
		}
	}
	warn_repeated(load, named);
}

static void resolve_allow(struct load *load, struct rule *rule, const struct names *zones)
{
	const struct reference_list *named = &rule->allow_named;

	for (uint32_t i = 0; i < named->count; i++) {
		const struct reference *reference = &named->list[i];
		const struct name_entry *found = names_find(zones, reference->name);

		if (strcmp(reference->name, "internet") == 0) {
			report_error(load->context.report, reference->at,
				     "a rule cannot allow \"internet\": it would forbid nothing");
			rule->broken = true;
		} else if (found != NULL) {
			set_zone(rule, found->index, true);
			if (load->policy->zones[found->index].inside)
				report_warning(load->context.report, reference->at,
					       "\"%s\" is inside: it is always allowed",
					       reference->name);
		} else if (load->zones_known) {
			report_unknown(load, zones, reference, "zone");
			rule->broken = true;
		}
	}
	warn_repeated(load, named);
}

static void resolve_rules(struct load *load)
{
	struct policy *policy = load->policy;
	struct names zones = names_new(policy->zone_count), groups = names_new(policy->group_count);

	for (uint32_t i = POLICY_ZONE_INSIDE; i < policy->zone_count; i++)
		names_add(&zones, policy->zones[i].name, i, policy->zones[i].at);
	for (uint32_t i = 0; i < policy->group_count; i++)
		names_add(&groups, policy->groups[i].name, i, policy->groups[i].at);
	names_sort(&zones);
	names_sort(&groups);
	for (uint32_t i = 0; i < policy->rule_count; i++) {
		resolve_groups(load, &policy->rules[i], &groups);
		resolve_services(load, &policy->rules[i]);
		resolve_allow(load, &policy->rules[i], &zones);
		resolve_deny(load, &policy->rules[i], &zones);
	}
	free(zones.list);
	free(groups.list);
}

static void report_duplicate_rules(struct load *load, const struct names *rules)
{
	for (uint32_t i = 1, first = 0; i < rules->count; i++) {
		if (strcmp(rules->list[first].name, rules->list[i].name) != 0)
			first = i;
		else
			report_error(load->context.report, rules->list[i].at,
				     "duplicate rule name \"%s\" (first on line %u)",
				     rules->list[i].name, rules->list[first].at.line);
	}
}

/* Backwards, so that each rule's chain of exceptions is in the order of the file. */
static void resolve_exceptions(struct load *load)
{
	struct policy *policy = load->policy;
	struct names rules = names_new(policy->rule_count);

	for (uint32_t i = 0; i < policy->rule_count; i++)
		names_add(&rules, policy->rules[i].name, i, policy->rules[i].at);
	names_sort(&rules);
	report_duplicate_rules(load, &rules);
	for (uint32_t i = policy->exception_count; i-- > 0;) {
		struct exception *exception = &policy->exceptions[i];
		const struct name_entry *found;

		if (exception->rule_named.name == NULL || !load->rules_known)
			continue;
		found = names_find(&rules, exception->rule_named.name);
		if (found == NULL) {
			report_unknown(load, &rules, &exception->rule_named, "rule");
			exception->broken = true;
			continue;
		}
		exception->rule = found->index;
		exception->next = policy->rules[found->index].first_exception;
		policy->rules[found->index].first_exception = (uint16_t)i;
	}
	free(rules.list);
}

void resolve_all(struct load *load)
{
	resolve_rules(load);
	rules_index(load->policy, load->vocabulary->count);
	resolve_exceptions(load);
	tables_build(load);
}
