/* SPDX-License-Identifier: ISC */
/*
 * AWS: the JSON of "aws ec2 describe-security-groups", "describe-instances" and
 * "describe-network-interfaces" (Amazon EC2 API Reference: SecurityGroup, IpPermission, Instance,
 * NetworkInterface).
 */
#include <stdlib.h>
#include <string.h>

#include "tools/policy/import.h"

static void read_sources(struct import *import, const struct tree *permission,
			 const struct import_opening *like)
{
	static const struct {
		const char *list, *key;
	} lists[] = {{"IpRanges", "CidrIp"},
		     {"Ipv6Ranges", "CidrIpv6"},
		     {"UserIdGroupPairs", "GroupId"},
		     {"PrefixListIds", "PrefixListId"}};

	for (size_t i = 0; i < sizeof lists / sizeof *lists; i++)
		TREE_EACH(source, tree_find(permission, lists[i].list))
	import_open(import, like->group, like->transport, like->from, like->to,
		    tree_text(source, lists[i].key));
}

static void read_permission(struct import *import, uint32_t group, const struct tree *permission)
{
	struct import_opening like = {.group = group, .from = 1, .to = 65535};
	const char *from = tree_text(permission, "FromPort"), *to = tree_text(permission, "ToPort");
	char range[32];

	if (!import_transport(tree_text(permission, "IpProtocol"), &like.transport)) {
		import->unread++; /* ICMP and the like */
		return;
	}
	if (from != NULL && to != NULL && strcmp(from, "-1") != 0) {
		snprintf(range, sizeof range, "%.10s-%.10s", from, to);
		if (!import_ports(range, &like.from, &like.to)) {
			import->unread++;
			return;
		}
	}
	read_sources(import, permission, &like);
}

static void read_group(struct import *import, const struct tree *tree)
{
	const char *id = tree_text(tree, "GroupId");
	uint32_t group;

	if (id == NULL) {
		import->unread++;
		return;
	}
	group = import_group(import, id);
	import_call(import, group, tree_or(tree, "GroupName", id));
	import_own(import, group, import_owner_tag(tree_find(tree, "Tags")));
	TREE_EACH(permission, tree_find(tree, "IpPermissions"))
	read_permission(import, group, permission);
}

static const char *name_tag(const struct tree *tags)
{
	TREE_EACH(tag, tags)
	{
		const char *key = tree_text(tag, "Key");

		if (key != NULL && strcmp(key, "Name") == 0)
			return tree_text(tag, "Value");
	}
	return NULL;
}

/* Every address of an interface joins every one of its groups. */
static void read_interface(struct import *import, const struct tree *interface,
			   const struct tree *tags, const char *name)
{
	TREE_EACH(reference, tree_find(interface, "Groups"))
	{
		uint32_t group = import_group(import, tree_or(reference, "GroupId", "?"));

		if (strcmp(import->groups[group].id, import->groups[group].name) == 0)
			import_call(import, group,
				    tree_or(reference, "GroupName", import->groups[group].id));
		import_own(import, group, import_owner_tag(tags));
		TREE_EACH(address, tree_find(interface, "PrivateIpAddresses"))
		import_add(import, group, tree_text(address, "PrivateIpAddress"),
			   tree_text(address, "Association.PublicIp"), name);
		TREE_EACH(address, tree_find(interface, "Ipv6Addresses"))
		import_add(import, group, tree_text(address, "Ipv6Address"), NULL, name);
	}
}

static void read_instance(struct import *import, const struct tree *instance)
{
	const struct tree *interfaces = tree_find(instance, "NetworkInterfaces");
	const struct tree *tags = tree_find(instance, "Tags");
	const char *name = name_tag(tags);

	if (strcmp(tree_or(instance, "State.Name", ""), "terminated") == 0)
		return;
	if (name == NULL)
		name = tree_or(instance, "InstanceId", "");
	if (interfaces != NULL && interfaces->first != NULL) {
		TREE_EACH(interface, interfaces)
		read_interface(import, interface, tags, name);
		return;
	}
	TREE_EACH(reference, tree_find(instance, "SecurityGroups"))
	{
		uint32_t group = import_group(import, tree_or(reference, "GroupId", "?"));

		import_own(import, group, import_owner_tag(tags));
		import_add(import, group, tree_text(instance, "PrivateIpAddress"),
			   tree_text(instance, "PublicIpAddress"), name);
	}
}

void import_aws(struct import *import, const struct tree *root)
{
	TREE_EACH(group, tree_find(root, "SecurityGroups"))
	read_group(import, group);
	TREE_EACH(reservation, tree_find(root, "Reservations"))
	TREE_EACH(instance, tree_find(reservation, "Instances"))
	read_instance(import, instance);
	TREE_EACH(interface, tree_find(root, "NetworkInterfaces"))
	read_interface(
		import, interface, tree_find(interface, "TagSet"),
		tree_or(interface, "Description", tree_or(interface, "NetworkInterfaceId", "")));
}
