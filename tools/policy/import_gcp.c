/* SPDX-License-Identifier: ISC */
/*
 * Google Cloud: the JSON of "gcloud compute firewall-rules list" and "gcloud compute instances
 * list" (Compute Engine API: Firewall, Instance). A group is a target tag; what has none is the
 * network.
 */
#include <string.h>

#include "tools/policy/import.h"

static const char *base_name(const char *url)
{
	const char *slash = strrchr(url, '/');

	return slash == NULL ? url : slash + 1;
}

static void open_from(struct import *import, const struct tree *rule, uint32_t group,
		      uint8_t transport, const char *ports)
{
	const struct tree *ranges = tree_find(rule, "sourceRanges");
	const struct tree *tags = tree_find(rule, "sourceTags");
	uint16_t from, to;

	if (!import_ports(ports, &from, &to)) {
		import->unread++;
		return;
	}
	TREE_EACH(range, ranges)
	import_open(import, group, transport, from, to, range->text);
	TREE_EACH(tag, tags)
	import_open(import, group, transport, from, to, tag->text);
	if (ranges == NULL && tags == NULL) /* the default of the API */
		import_open(import, group, transport, from, to, "0.0.0.0/0");
}

static void read_allowed(struct import *import, const struct tree *rule, uint32_t group)
{
	TREE_EACH(allowed, tree_find(rule, "allowed"))
	{
		const struct tree *ports = tree_find(allowed, "ports");
		uint8_t transport;

		if (!import_transport(tree_text(allowed, "IPProtocol"), &transport)) {
			import->unread++;
			continue;
		}
		if (ports == NULL || ports->first == NULL)
			open_from(import, rule, group, transport, "*");
		TREE_EACH(port, ports)
		open_from(import, rule, group, transport, port->text == NULL ? "" : port->text);
	}
}

static void read_rule(struct import *import, const struct tree *rule)
{
	const struct tree *targets = tree_find(rule, "targetTags");

	if (strcmp(tree_or(rule, "direction", "INGRESS"), "INGRESS") != 0 ||
	    strcmp(tree_or(rule, "disabled", "false"), "true") == 0)
		return;
	if (targets == NULL || targets->first == NULL)
		read_allowed(import, rule,
			     import_group(import, base_name(tree_or(rule, "network", "network"))));
	TREE_EACH(target, targets)
	read_allowed(import, rule, import_group(import, target->text));
}

static void read_instance(struct import *import, const struct tree *instance)
{
	const char *name = tree_or(instance, "name", "");
	const char *owner = import_owner_tag(tree_find(instance, "labels"));

	TREE_EACH(interface, tree_find(instance, "networkInterfaces"))
	{
		const struct tree *access = tree_find(interface, "accessConfigs");
		const char *inner = tree_text(interface, "networkIP");
		const char *outer = access == NULL || access->first == NULL
					    ? NULL
					    : tree_text(access->first, "natIP");
		uint32_t network =
			import_group(import, base_name(tree_or(interface, "network", "network")));

		import_add(import, network, inner, outer, name);
		TREE_EACH(tag, tree_find(instance, "tags.items"))
		{
			uint32_t group = import_group(import, tag->text);

			import_own(import, group, owner);
			import_add(import, group, inner, outer, name);
		}
	}
}

void import_gcp(struct import *import, const struct tree *root)
{
	TREE_EACH(item, root)
	{
		if (tree_find(item, "networkInterfaces") != NULL)
			read_instance(import, item);
		else if (tree_find(item, "allowed") != NULL)
			read_rule(import, item);
		else if (tree_find(item, "denied") == NULL)
			import->unread++;
	}
}
