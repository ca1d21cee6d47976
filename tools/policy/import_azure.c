/* SPDX-License-Identifier: ISC */
/*
 * Azure: the JSON of "az network nsg list", "az network nic list" and "az network public-ip list",
 * as the command line prints it, or with the members under "properties" as the resource manager
 * does (Network resource provider: NetworkSecurityGroup, SecurityRule, NetworkInterface).
 *
 * An allowing rule opens nothing that a denying rule of a smaller number has taken away altogether.
 */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "tools/policy/import.h"

/* A member, be it under "properties". */
static const struct tree *member(const struct tree *tree, const char *key)
{
	const struct tree *found = tree_find(tree, key);

	return found != NULL ? found : tree_find(tree_find(tree, "properties"), key);
}

static const char *text(const struct tree *tree, const char *key, const char *otherwise)
{
	const struct tree *found = member(tree, key);

	return found == NULL || found->text == NULL ? otherwise : found->text;
}

static const char *base_name(const char *id)
{
	const char *slash = strrchr(id, '/');

	return slash == NULL ? id : slash + 1;
}

/* Of a rule: "sourceAddressPrefix" and "sourceAddressPrefixes" are one list. */
struct words {
	const char *single;
	const struct tree *list;
};

static struct words words_of(const struct tree *rule, const char *one, const char *many)
{
	struct words words = {.single = text(rule, one, ""), .list = member(rule, many)};

	return words;
}

#define WORDS_MAX 4096

static size_t collect(struct words words, const char **out)
{
	size_t count = 0;

	if (*words.single != '\0')
		out[count++] = words.single;
	TREE_EACH(item, words.list)
	if (item->text != NULL && count < WORDS_MAX)
		out[count++] = item->text;
	return count;
}

static bool covers_word(struct words words, const char *word)
{
	const char *list[WORDS_MAX];
	size_t count = collect(words, list);

	for (size_t i = 0; i < count; i++)
		if (strcmp(list[i], "*") == 0 || strcasecmp(list[i], word) == 0)
			return true;
	return false;
}

static bool is_inbound(const struct tree *rule)
{
	return strcasecmp(text(rule, "direction", ""), "Inbound") == 0;
}

static bool is_denied(const struct tree *rules, const struct tree *allow, const char *source,
		      const char *ports)
{
	long priority = atol(text(allow, "priority", "65000"));

	TREE_EACH(rule, rules)
	{
		const char *protocol = text(rule, "protocol", "*");

		if (is_inbound(rule) && strcasecmp(text(rule, "access", ""), "Deny") == 0 &&
		    atol(text(rule, "priority", "65001")) < priority &&
		    (strcmp(protocol, "*") == 0 ||
		     strcasecmp(protocol, text(allow, "protocol", "*")) == 0) &&
		    covers_word(words_of(rule, "sourceAddressPrefix", "sourceAddressPrefixes"),
				source) &&
		    covers_word(words_of(rule, "destinationPortRange", "destinationPortRanges"),
				ports))
			return true;
	}
	return false;
}

static void open_to(struct import *import, const struct tree *rule, struct import_opening like,
		    const char *source)
{
	const char *servers[WORDS_MAX];
	size_t count = collect(
		words_of(rule, "destinationAddressPrefix", "destinationAddressPrefixes"), servers);
	struct prefix prefix;

	for (size_t i = 0; i < count; i++) {
		like.source_name = (char *)(uintptr_t)source;
		if (import_prefix(servers[i], &prefix) && strcmp(servers[i], "0.0.0.0/0") != 0)
			import_open_server(import, like.group, &like, servers[i]);
		else
			import_open(import, like.group, like.transport, like.from, like.to, source);
	}
	if (count == 0)
		import_open(import, like.group, like.transport, like.from, like.to, source);
}

static void read_rule(struct import *import, uint32_t group, const struct tree *rules,
		      const struct tree *rule)
{
	const char *sources[WORDS_MAX], *ports[WORDS_MAX];
	size_t source_count =
		collect(words_of(rule, "sourceAddressPrefix", "sourceAddressPrefixes"), sources);
	size_t port_count =
		collect(words_of(rule, "destinationPortRange", "destinationPortRanges"), ports);
	struct import_opening like = {.group = group};

	if (!is_inbound(rule) || strcasecmp(text(rule, "access", ""), "Allow") != 0)
		return;
	if (!import_transport(text(rule, "protocol", "*"), &like.transport)) {
		import->unread++;
		return;
	}
	for (size_t p = 0; p < port_count; p++) {
		if (!import_ports(ports[p], &like.from, &like.to)) {
			import->unread++;
			continue;
		}
		for (size_t s = 0; s < source_count; s++)
			if (!is_denied(rules, rule, sources[s], ports[p]))
				open_to(import, rule, like, sources[s]);
	}
}

static void read_group(struct import *import, const struct tree *tree)
{
	const struct tree *rules = member(tree, "securityRules");
	uint32_t group = import_group(import, text(tree, "id", text(tree, "name", "?")));

	import_call(import, group, text(tree, "name", import->groups[group].id));
	import_own(import, group, import_owner_tag(tree_find(tree, "tags")));
	TREE_EACH(rule, rules)
	read_rule(import, group, rules, rule);
}

static void read_interface(struct import *import, const struct tree *tree)
{
	const struct tree *guard = member(tree, "networkSecurityGroup");

	TREE_EACH(configuration, member(tree, "ipConfigurations"))
	{
		const struct tree *outer = member(configuration, "publicIPAddress");
		const struct tree *subnet = member(configuration, "subnet");
		const char *id = guard != NULL	  ? text(guard, "id", "?")
				 : subnet != NULL ? text(subnet, "id", "?")
						  : "without a group";
		uint32_t group = import_group(import, id);

		if (guard == NULL)
			import_call(import, group, base_name(id));
		import_own(import, group, import_owner_tag(tree_find(tree, "tags")));
		import_add(import, group,
			   text(configuration, "privateIPAddress",
				text(configuration, "privateIpAddress", "")),
			   outer == NULL ? NULL : text(outer, "ipAddress", NULL),
			   text(tree, "name", ""));
	}
}

void import_azure(struct import *import, const struct tree *root)
{
	const struct tree *items = tree_find(root, "value"); /* the resource manager's lists */

	TREE_EACH(item, items != NULL ? items : root)
	{
		if (member(item, "securityRules") != NULL)
			read_group(import, item);
		else if (member(item, "ipConfigurations") != NULL)
			read_interface(import, item);
		else
			import->unread++;
	}
}
