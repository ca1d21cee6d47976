/* SPDX-License-Identifier: ISC */
/*
 * nftables: the JSON of "nft -j list ruleset" (libnftables-json(5)). A rule that accepts and names
 * addresses of the destination opens them; a group is the set or the chain. Rules without a
 * destination open the host itself, of which no address is known here: they are counted.
 */
#include <stdlib.h>
#include <string.h>

#include "tools/policy/import.h"

struct rule {
	const struct tree *source, *destination, *ports;
	uint8_t transport;
	bool accepts, negated;
};

static void read_match(struct rule *rule, const struct tree *match)
{
	const char *protocol = tree_or(match, "left.payload.protocol", "");
	const char *field = tree_or(match, "left.payload.field", "");
	const char *meta = tree_or(match, "left.meta.key", "");
	const struct tree *right = tree_find(match, "right");

	if (strcmp(tree_or(match, "op", "=="), "!=") == 0)
		rule->negated = true;
	if (strcmp(field, "saddr") == 0)
		rule->source = right;
	else if (strcmp(field, "daddr") == 0)
		rule->destination = right;
	else if (strcmp(field, "dport") == 0)
		rule->ports = right;
	if (strcmp(field, "dport") == 0 && strcmp(protocol, "th") != 0)
		import_transport(protocol, &rule->transport);
	if (strcmp(meta, "l4proto") == 0 && right != NULL && right->text != NULL)
		import_transport(right->text, &rule->transport);
}

static struct rule read_rule(const struct tree *tree)
{
	struct rule rule = {0};

	TREE_EACH(statement, tree_find(tree, "expr"))
	{
		const struct tree *match = tree_find(statement, "match");

		if (match != NULL)
			read_match(&rule, match);
		if (tree_find(statement, "accept") != NULL)
			rule.accepts = true;
	}
	return rule;
}

/* What a match compares with: a value, a prefix, a range, a set of them, or a set by its name. */
struct value {
	char text[96];
	const struct value *next;
};

typedef void value_handler(void *context, const char *text);

static void each_value(const struct tree *root, const struct tree *value, value_handler *handler,
		       void *context);

static void each_of_set(const struct tree *root, const char *name, value_handler *handler,
			void *context)
{
	TREE_EACH(item, tree_find(root, "nftables"))
	{
		const struct tree *set = tree_find(item, "set");

		if (set != NULL && strcmp(tree_or(set, "name", ""), name) == 0)
			TREE_EACH(element, tree_find(set, "elem"))
		each_value(NULL, element, handler, context);
	}
}

static void each_value(const struct tree *root, const struct tree *value, value_handler *handler,
		       void *context)
{
	const struct tree *range = tree_find(value, "range"), *set = tree_find(value, "set");
	char text[96];

	if (value == NULL)
		return;
	if (value->text != NULL && value->text[0] == '@') {
		if (root != NULL)
			each_of_set(root, value->text + 1, handler, context);
	} else if (value->text != NULL) {
		handler(context, value->text);
	} else if (tree_find(value, "prefix") != NULL) {
		snprintf(text, sizeof text, "%.60s/%.4s", tree_or(value, "prefix.addr", "?"),
			 tree_or(value, "prefix.len", "?"));
		handler(context, text);
	} else if (range != NULL && range->first != NULL && range->first->next != NULL) {
		snprintf(text, sizeof text, "%.40s-%.40s",
			 range->first->text == NULL ? "?" : range->first->text,
			 range->first->next->text == NULL ? "?" : range->first->next->text);
		handler(context, text);
	} else if (set != NULL) {
		TREE_EACH(element, set)
		each_value(root, element, handler, context);
	} else if (tree_find(value, "elem.val") != NULL) {
		each_value(root, tree_find(value, "elem.val"), handler, context);
	}
}

struct opening_rule {
	struct import *import;
	const struct tree *root;
	const struct rule *rule;
	struct import_opening like;
	const char *server;
};

static void on_source(void *context, const char *text)
{
	struct opening_rule *opening = context;

	opening->like.source_name = (char *)(uintptr_t)text;
	import_open_server(opening->import, opening->like.group, &opening->like, opening->server);
}

static void on_port(void *context, const char *text)
{
	struct opening_rule *opening = context;

	if (!import_ports(text, &opening->like.from, &opening->like.to))
		opening->import->unread++;
	else if (opening->rule->source == NULL)
		on_source(opening, "0.0.0.0/0");
	else
		each_value(opening->root, opening->rule->source, on_source, opening);
}

static void on_destination(void *context, const char *text)
{
	struct opening_rule *opening = context;

	opening->server = text;
	if (strchr(text, '/') == NULL)
		import_add(opening->import, opening->like.group, text, NULL, NULL);
	if (opening->rule->ports == NULL)
		on_port(opening, "*");
	else
		each_value(opening->root, opening->rule->ports, on_port, opening);
}

/* "chain forward", or the set of the destinations. */
static uint32_t group_of(struct import *import, const struct tree *tree, const struct rule *rule)
{
	const char *set = rule->destination->text;

	if (set != NULL && set[0] == '@')
		return import_group(import, set + 1);
	return import_group(import, tree_or(tree, "chain", "chain"));
}

void import_nftables(struct import *import, const struct tree *root)
{
	TREE_EACH(item, tree_find(root, "nftables"))
	{
		const struct tree *tree = tree_find(item, "rule");
		struct rule rule = read_rule(tree);
		struct opening_rule opening = {.import = import, .root = root, .rule = &rule};

		if (tree == NULL || !rule.accepts)
			continue;
		if (rule.destination == NULL || rule.negated) {
			import->unread++;
			continue;
		}
		opening.like.group = group_of(import, tree, &rule);
		opening.like.transport = rule.transport;
		each_value(root, rule.destination, on_destination, &opening);
	}
}
