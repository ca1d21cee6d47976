/* SPDX-License-Identifier: ISC */
/*
 * Terraform: the JSON of "terraform show -json" of a plan or of a state (JSON Output Format 1.x:
 * planned_values, prior_state, values). Of the AWS provider: aws_security_group with ingress within
 * or in resources of their own, and aws_instance; of Google's: google_compute_firewall.
 */
#include <stdlib.h>
#include <string.h>

#include "tools/policy/import.h"

/* Lists of sources of one ingress, by any of the provider's spellings. */
static void open_sources(struct import *import, const struct import_opening *like,
			 const struct tree *values)
{
	static const char *const lists[] = {"cidr_blocks",     "ipv6_cidr_blocks",
					    "security_groups", "prefix_list_ids",
					    "source_ranges",   "source_tags"};
	static const char *const singles[] = {"cidr_ipv4", "cidr_ipv6", "source_security_group_id",
					      "referenced_security_group_id", "prefix_list_id"};

	for (size_t i = 0; i < sizeof lists / sizeof *lists; i++)
		TREE_EACH(source, tree_find(values, lists[i]))
	import_open(import, like->group, like->transport, like->from, like->to, source->text);
	for (size_t i = 0; i < sizeof singles / sizeof *singles; i++) {
		const char *source = tree_text(values, singles[i]);

		if (source != NULL && *source != '\0' && strcmp(source, "null") != 0)
			import_open(import, like->group, like->transport, like->from, like->to,
				    source);
	}
	if (strcmp(tree_or(values, "self", ""), "true") == 0)
		import_open(import, like->group, like->transport, like->from, like->to,
			    import->groups[like->group].id);
}

static void read_ingress(struct import *import, uint32_t group, const struct tree *values)
{
	struct import_opening like = {.group = group, .from = 1, .to = 65535};
	char range[32];

	if (!import_transport(tree_or(values, "protocol", tree_or(values, "ip_protocol", "-1")),
			      &like.transport)) {
		import->unread++;
		return;
	}
	snprintf(range, sizeof range, "%.10s-%.10s", tree_or(values, "from_port", "0"),
		 tree_or(values, "to_port", "0"));
	if (strcmp(range, "0-0") != 0 && strcmp(range, "-1--1") != 0 &&
	    strcmp(range, "null-null") != 0 && !import_ports(range, &like.from, &like.to)) {
		import->unread++;
		return;
	}
	open_sources(import, &like, values);
}

/* What another resource calls a group before it exists: its address in the plan. */
static uint32_t group_of(struct import *import, const struct tree *resource,
			 const struct tree *values)
{
	const char *id = tree_text(values, "id");
	uint32_t group = import_group(import, id != NULL && strcmp(id, "null") != 0
						      ? id
						      : tree_or(resource, "address", "?"));
	const char *name = tree_or(values, "name", tree_or(resource, "name", "group"));

	import_call(import, group,
		    strcmp(name, "null") == 0 ? tree_or(resource, "name", "group") : name);
	import_own(import, group, import_owner_tag(tree_find(values, "tags")));
	return group;
}

static void read_instance(struct import *import, const struct tree *resource,
			  const struct tree *values)
{
	TREE_EACH(id, tree_find(values, "vpc_security_group_ids"))
	if (id->text != NULL)
		import_add(import, import_group(import, id->text), tree_text(values, "private_ip"),
			   tree_text(values, "public_ip"),
			   tree_or(values, "tags.Name", tree_or(resource, "name", "")));
}

static void read_google(struct import *import, const struct tree *resource,
			const struct tree *values)
{
	const struct tree *targets = tree_find(values, "target_tags");
	const char *network = tree_or(values, "network", tree_or(resource, "name", "network"));
	const struct tree *target = targets == NULL ? NULL : targets->first;

	do {
		uint32_t group = import_group(import, target == NULL ? network : target->text);

		TREE_EACH(allow, tree_find(values, "allow"))
		{
			struct import_opening like = {.group = group};

			if (!import_transport(tree_text(allow, "protocol"), &like.transport)) {
				import->unread++;
				continue;
			}
			TREE_EACH(port, tree_find(allow, "ports"))
			if (port->text != NULL && import_ports(port->text, &like.from, &like.to))
				open_sources(import, &like, values);
		}
		target = target == NULL ? NULL : target->next;
	} while (target != NULL);
}

static void read_resource(struct import *import, const struct tree *resource)
{
	const struct tree *values = tree_find(resource, "values");
	const char *type = tree_or(resource, "type", "");
	uint32_t group;

	if (strcmp(type, "aws_security_group") == 0) {
		group = group_of(import, resource, values);
		TREE_EACH(ingress, tree_find(values, "ingress"))
		read_ingress(import, group, ingress);
	} else if (strcmp(type, "aws_security_group_rule") == 0) {
		if (strcmp(tree_or(values, "type", ""), "ingress") == 0)
			read_ingress(
				import,
				import_group(import, tree_or(values, "security_group_id",
							     "not known before it is applied")),
				values);
	} else if (strcmp(type, "aws_vpc_security_group_ingress_rule") == 0) {
		read_ingress(import,
			     import_group(import, tree_or(values, "security_group_id",
							  "not known before it is applied")),
			     values);
	} else if (strcmp(type, "aws_instance") == 0) {
		read_instance(import, resource, values);
	} else if (strcmp(type, "google_compute_firewall") == 0) {
		read_google(import, resource, values);
	}
}

/* Modules within modules: as deep as the scanner lets documents be. */
static void read_module(struct import *import, const struct tree *module)
{
	TREE_EACH(resource, tree_find(module, "resources"))
	read_resource(import, resource);
	TREE_EACH(child, tree_find(module, "child_modules"))
	read_module(import, child);
}

void import_terraform(struct import *import, const struct tree *root, bool prior)
{
	const struct tree *values =
		tree_find(root, prior ? "prior_state.values" : "planned_values");

	if (values == NULL && !prior)
		values = tree_find(root, "values"); /* a state, not a plan */
	read_module(import, tree_find(values, "root_module"));
}
