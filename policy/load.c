/* SPDX-License-Identifier: ISC */
/*
 * From a file to a policy: the sections in turn, each by its schema table. Sections do not know of
 * each other here.
 */
#include <string.h>

#include "policy/grammar.h"
#include "policy/include.h"
#include "policy/limits.h"
#include "policy/load.h"
#include "policy/values.h"

static const struct mark whole_file = {0};

/* The node if it is a section of that kind with at most `most` entries, else NULL. */
static const struct node *section(struct load *load, const struct node *node, enum node_kind kind,
				  const char *what, size_t most)
{
	if (node == NULL || !schema_expect(&load->context, node, kind, what))
		return NULL;
	if (node->count > most) {
		report_error(load->context.report, node->at,
			     "%s holds %zu entries; at most %zu are allowed", what, node->count,
			     most);
		return NULL;
	}
	return node;
}

static void *allocate(struct load *load, size_t count, size_t size)
{
	return arena_array(&load->policy->arena, count, size);
}

static const char *keep_text(struct load *load, const char *text)
{
	return arena_text(&load->policy->arena, text, strlen(text));
}

static void read_zone(struct load *load, const struct node *node)
{
	struct policy *policy = load->policy;
	bool inside = strcmp(node->key, "inside") == 0;
	struct zone *zone = &policy->zones[inside ? POLICY_ZONE_INSIDE : policy->zone_count++];
	struct schema_row row = grammar_zone_plain;

	zone->name = keep_text(load, node->key);
	zone->at = node->key_at;
	if (strcmp(node->key, "internet") == 0) {
		report_error(load->context.report, node->key_at,
			     "the zone \"internet\" is reserved: it is every address that is in no "
			     "zone");
		load->addresses_sound = false;
		return;
	}
	row.key = zone->name; /* for its diagnostics */
	if (!schema_check_name(&load->context, node->key_at, node->key) ||
	    !(node->kind == NODE_MAP ? schema_read(&load->context, &grammar_zone, node, zone)
				     : schema_read_value(&load->context, &row, node, zone)))
		load->addresses_sound = false;
	zone->inside = zone->inside || inside;
}

static void read_zones(struct load *load, const struct node *node)
{
	struct policy *policy = load->policy;

	policy->zones = allocate(load, 2 + LIMIT_ZONES, sizeof *policy->zones);
	policy->zones[POLICY_ZONE_INTERNET].name = "internet";
	policy->zones[POLICY_ZONE_INSIDE].name = "inside";
	policy->zones[POLICY_ZONE_INSIDE].inside = true;
	policy->zone_count = 2;
	load->addresses_sound = false;
	node = section(load, node, NODE_MAP, "zones", LIMIT_ZONES);
	if (node == NULL)
		return;
	load->zones_known = load->addresses_sound = true;
	for (const struct node *child = node->first; child != NULL; child = child->next)
		if (child->kind != NODE_REFUSED)
			read_zone(load, child);
	if (!schema_has_key(node, "inside")) {
		report_error(
			load->context.report, node->at,
			"zones needs \"inside\": the addresses that may reach internal services");
		load->addresses_sound = false;
	}
}

static void read_groups(struct load *load, const struct node *node)
{
	struct policy *policy = load->policy;

	load->groups_known = node == NULL;
	node = section(load, node, NODE_MAP, "groups", LIMIT_GROUPS);
	if (node == NULL) {
		load->addresses_sound = load->addresses_sound && load->groups_known;
		return;
	}
	load->groups_known = true;
	policy->groups = allocate(load, node->count, sizeof *policy->groups);
	for (const struct node *child = node->first; child != NULL; child = child->next) {
		struct group *group = &policy->groups[policy->group_count];
		bool named;

		if (child->kind == NODE_REFUSED)
			continue;
		policy->group_count++;
		group->name = keep_text(load, child->key);
		group->at = child->key_at;
		named = schema_check_name(&load->context, child->key_at, child->key);
		group->broken =
			!schema_read(&load->context, &grammar_group, child, group) || !named;
		if (group->broken)
			load->addresses_sound = false;
	}
}

static void read_rule(struct load *load, const struct node *node, struct rule *rule)
{
	bool groups, services;

	rule->first_exception = POLICY_NONE;
	rule->at = node->at;
	rule->broken = !schema_read(&load->context, &grammar_rule, node, rule);
	if (node->kind != NODE_MAP)
		return;
	groups = schema_has_key(node, "groups");
	services = schema_has_key(node, "services");
	rule->by_service = services;
	if (rule->both_directions && services && !groups) {
		report_error(load->context.report, node->at,
			     "\"both-directions\" is about the hosts of \"groups\": \"services\" "
			     "says nothing about what they connect to");
		rule->broken = true;
	}
	if (groups != services)
		return;
	report_error(load->context.report, node->at,
		     "a rule needs either \"groups\" or \"services\"%s",
		     groups ? ", not both" : "");
	rule->broken = true;
}

static void read_rules(struct load *load, const struct node *node)
{
	struct policy *policy = load->policy;

	load->rules_known = node == NULL;
	node = section(load, node, NODE_LIST, "rules", LIMIT_RULES);
	if (node == NULL)
		return;
	load->rules_known = true;
	policy->rules = allocate(load, node->count, sizeof *policy->rules);
	for (const struct node *child = node->first; child != NULL; child = child->next)
		read_rule(load, child, &policy->rules[policy->rule_count++]);
}

static void read_exceptions(struct load *load, const struct node *node)
{
	struct policy *policy = load->policy;

	node = section(load, node, NODE_LIST, "exceptions", LIMIT_EXCEPTIONS);
	if (node == NULL)
		return;
	policy->exceptions = allocate(load, node->count, sizeof *policy->exceptions);
	for (const struct node *child = node->first; child != NULL; child = child->next) {
		struct exception *exception = &policy->exceptions[policy->exception_count++];

		exception->at = child->at;
		exception->rule = exception->next = POLICY_NONE;
		exception->broken =
			!schema_read(&load->context, &grammar_exception, child, exception);
	}
}

/* An entry is an address, or a mapping that says which header it sets as well. */
static bool read_proxy(struct load *load, const struct node *node, struct proxy *proxy)
{
	*proxy = (struct proxy){.at = node->at, .header = MODEL_NO_HEADER};
	if (node->kind != NODE_MAP)
		return schema_read_value(&load->context, &grammar_proxy_plain, node, proxy);
	if (!schema_read(&load->context, &grammar_proxy, node, proxy))
		return false;
	if (schema_has_key(node, "header") && schema_has_key(node, "headers")) {
		report_error(load->context.report, node->at,
			     "a proxy has \"header\" or \"headers\", not both");
		return false;
	}
	return true;
}

static void read_proxies(struct load *load, const struct node *node)
{
	struct policy *policy = load->policy;

	policy->header_set_count = 1;
	node = section(load, node, NODE_LIST, "proxies", LIMIT_PROXIES);
	if (node == NULL)
		return;
	policy->proxies = allocate(load, node->count, sizeof *policy->proxies);
	for (const struct node *child = node->first; child != NULL; child = child->next)
		if (read_proxy(load, child, &policy->proxies[policy->proxy_count]))
			policy->proxy_count++;
	proxies_resolve(load);
}

static void read_translations(struct load *load, const struct node *node)
{
	struct policy *policy = load->policy;

	if (node == NULL)
		return;
	node = section(load, node, NODE_LIST, "translations", LIMIT_TRANSLATIONS);
	if (node == NULL) {
		load->addresses_sound = false;
		return;
	}
	policy->translations = allocate(load, node->count, sizeof *policy->translations);
	for (const struct node *child = node->first; child != NULL; child = child->next) {
		struct translation *translation =
			&policy->translations[policy->translation_count++];

		translation->at = child->at;
		if (!schema_read(&load->context, &grammar_translation, child, translation))
			load->addresses_sound = false;
	}
}

/* An empty list is a word too: no tunnel is believed. */
static void read_tunnels(struct load *load, const struct node *node)
{
	struct policy *policy = load->policy;

	node = section(load, node, NODE_LIST, "tunnels", LIMIT_TUNNELS);
	if (node == NULL)
		return;
	policy->names_tunnels = true;
	policy->tunnels = allocate(load, node->count, sizeof *policy->tunnels);
	for (const struct node *child = node->first; child != NULL; child = child->next) {
		struct tunnel_rule *tunnel = &policy->tunnels[policy->tunnel_count++];

		tunnel->at = child->at;
		schema_read(&load->context, &grammar_tunnel, child, tunnel);
	}
}

/* A newer version may mean anything by its lines: nothing but the version is said about it then. */
static bool is_our_version(struct load *load, const struct node *root)
{
	for (const struct node *child = root->first; child != NULL; child = child->next) {
		struct complaint complaint;
		uint64_t version = 0;

		if (strcmp(child->key, "version") != 0 || child->kind != NODE_TEXT ||
		    values_number(child->text, 1, 65535, &version, &complaint) != NULL ||
		    version == POLICY_VERSION)
			continue;
		report_error(load->context.report, child->at,
			     "version %u is not supported; this spanwatch reads version %u",
			     (unsigned)version, POLICY_VERSION);
		return false;
	}
	return true;
}

static void read_file(struct load *load, const struct node *root)
{
	struct grammar_file file = {0};
	struct policy *policy = load->policy;

	if (root->kind == NODE_MAP && !is_our_version(load, root))
		return;
	schema_read(&load->context, &grammar_file, root, &file);
	if (root->kind != NODE_MAP)
		return;
	policy->site = file.site;
	policy->position = file.position;
	if (file.thresholds == NULL || file.thresholds->kind != NODE_REFUSED)
		schema_read(&load->context, &grammar_thresholds, file.thresholds,
			    &policy->thresholds);
	read_zones(load, file.zones);
	read_groups(load, file.groups);
	read_proxies(load, file.proxies);
	read_translations(load, file.translations);
	read_tunnels(load, file.tunnels);
	read_rules(load, file.rules);
	read_exceptions(load, file.exceptions);
	resolve_all(load);
	check_all(load);
}

static struct policy *new_policy(void)
{
	struct arena arena = {0};
	struct policy *policy = arena_alloc(&arena, sizeof *policy);

	policy->arena = arena;
	return policy;
}

static void too_large(struct report *report)
{
	report_error(report, whole_file, "the file is larger than %u MiB",
		     LIMIT_FILE_BYTES / 1024 / 1024);
}

/* What the views say of a mark's file. */
static void keep_files(struct policy *policy, const struct policy_messages *messages)
{
	policy->files =
		arena_array(&policy->arena, messages->file_count + 1, sizeof *policy->files);
	policy->file_count = (uint16_t)messages->file_count;
	policy->files[0] = "";
	for (size_t i = 0; i < messages->file_count; i++)
		policy->files[i + 1] =
			arena_text(&policy->arena, messages->files[i], strlen(messages->files[i]));
}

static struct policy *parse(struct include *sources, const char *text, size_t length,
			    const struct policy_vocabulary *vocabulary, struct report *report)
{
	struct arena tree = {0};
	struct policy *policy = new_policy();
	struct load load = {.context = {.arena = &policy->arena, .report = report},
			    .policy = policy,
			    .vocabulary = vocabulary};
	const struct node *root;

	if (length > LIMIT_FILE_BYTES) {
		too_large(report);
	} else {
		root = include_tree(sources, text, length, &tree);
		if (root != NULL)
			read_file(&load, root);
		arena_free(&tree);
	}
	report_finish(report);
	if (report->messages->errors != 0) {
		policy_free(policy);
		return NULL;
	}
	keep_files(policy, report->messages);
	include_digest(sources, policy->digest);
	return policy;
}

struct policy *policy_parse(const char *text, size_t length,
			    const struct policy_vocabulary *vocabulary,
			    struct policy_messages *messages)
{
	struct report report = {.messages = messages};
	struct include *sources = include_new(NULL, &report);
	struct policy *policy;

	*messages = (struct policy_messages){0};
	policy = parse(sources, text, length, vocabulary, &report);
	include_free(sources);
	return policy;
}

struct policy *policy_load(const char *path, const struct policy_vocabulary *vocabulary,
			   struct policy_messages *messages)
{
	struct report report = {.messages = messages};
	struct include *sources = include_new(path, &report);
	struct policy *policy = NULL;
	size_t length = 0;
	const char *text;

	*messages = (struct policy_messages){0};
	text = include_read(sources, &length);
	if (text != NULL)
		policy = parse(sources, text, length, vocabulary, &report);
	include_free(sources);
	return policy;
}
