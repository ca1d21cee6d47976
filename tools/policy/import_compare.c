/* SPDX-License-Identifier: ISC */
/*
 * The rehearsal of a change: every server that is open to somebody after it and was not before, by
 * port and source. Names of groups as sources are compared as names: who is in them is inside.
 */
#include <err.h>
#include <stdlib.h>
#include <string.h>

#include "tools/lib/memory.h"
#include "tools/policy/import.h"
#include "tools/policy/question.h"

/* One server, open to one source. */
struct door {
	struct address server;
	const struct import_opening *opening;
	const struct import_member *member;
	const char *group;
};

struct doors {
	struct door *list;
	size_t count, room;
};

static void add_door(struct doors *doors, const struct door *door)
{
	doors->list = memory_grow(doors->list, doors->count, &doors->room, sizeof *doors->list);
	doors->list[doors->count++] = *door;
}

static int compare_doors(const void *left, const void *right)
{
	const struct door *a = left, *b = right;
	const struct import_opening *x = a->opening, *y = b->opening;
	int order = address_compare(&a->server, &b->server);

	if (order != 0)
		return order;
	if (x->transport != y->transport)
		return (int)x->transport - (int)y->transport;
	if (x->from != y->from)
		return (int)x->from - (int)y->from;
	if (x->to != y->to)
		return (int)x->to - (int)y->to;
	return strcmp(x->source_name, y->source_name);
}

/* A prefix of IPv4 opens nothing of IPv6, not even 0.0.0.0/0. */
static bool lets_in(const struct import_opening *opening, const struct address *server)
{
	if (opening->narrowed && !prefix_contains(&opening->server, server))
		return false;
	return opening->from_group ||
	       address_is_ipv4(&opening->source.base) == address_is_ipv4(server);
}

/* Members are sorted by group, openings too: they are walked side by side. */
static void collect(struct doors *doors, const struct import *import)
{
	uint32_t first = 0;

	for (uint32_t o = 0; o < import->opening_count; o++) {
		const struct import_opening *opening = &import->openings[o];

		while (first < import->member_count &&
		       import->members[first].group < opening->group)
			first++;
		for (uint32_t m = first;
		     m < import->member_count && import->members[m].group == opening->group; m++) {
			const struct import_member *member = &import->members[m];

			if (member->is_public || !lets_in(opening, &member->address))
				continue;
			add_door(doors,
				 &(struct door){.server = member->address,
						.opening = opening,
						.member = member,
						.group = import->groups[opening->group].name});
		}
	}
	if (doors->count > 1)
		qsort(doors->list, doors->count, sizeof *doors->list, compare_doors);
}

/* Is all that the door lets in let in by one that was there? */
static bool was_open(const struct doors *before, const struct door *door)
{
	size_t low = 0, high = before->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (address_compare(&before->list[middle].server, &door->server) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	for (; low < before->count && address_equal(&before->list[low].server, &door->server);
	     low++) {
		const struct import_opening *old = before->list[low].opening;
		const struct import_opening *new = door->opening;
		bool source =
			old->from_group || new->from_group
				? strcmp(old->source_name, new->source_name) == 0
				: old->source.length <= new->source.length &&prefix_contains(
								&old->source, &new->source.base);

		if (source && old->from <= new->from && old->to >= new->to &&
		    (old->transport == IMPORT_ANY_TRANSPORT || old->transport == new->transport))
			return true;
	}
	return false;
}

/* An address that stands for the source: of a whole zone its first is as good as any. */
static struct address sample(const struct prefix *source, bool ipv4_server)
{
	struct address address = source->base;

	if (source->length <= 96 && address_is_ipv4(&source->base)) /* everybody */
		address_parse("192.0.2.1", &address);
	else if (source->length == 0)
		address_parse(ipv4_server ? "192.0.2.1" : "2001:db8::1", &address);
	return address;
}

static bool is_outside(const struct door *door, const struct policy *policy, const char **zone)
{
	const struct import_opening *opening = door->opening;
	struct address client;
	struct policy_place place;

	*zone = "inside";
	if (opening->from_group)
		return false;
	if (policy == NULL) {
		*zone = import_is_private(&opening->source) ? "inside" : "internet";
		return !import_is_private(&opening->source);
	}
	client = sample(&opening->source, address_is_ipv4(&door->server));
	place = policy_place(policy, &client);
	*zone = policy_zone(policy, place.zone).name;
	return !policy_zone(policy, place.zone).inside;
}

static void say_policy(const struct door *door, const struct policy *policy)
{
	struct policy_question question = {
		.server = door->server,
		.client = sample(&door->opening->source, address_is_ipv4(&door->server)),
		.port = door->opening->from,
		.transport = door->opening->transport == IMPORT_ANY_TRANSPORT
				     ? 6
				     : door->opening->transport,
		.service = POLICY_NO_SERVICE,
	};
	struct policy_decision decision;

	policy_decide(policy, &question, &decision);
	if (decision.verdict == POLICY_FORBIDDEN)
		printf("; rule %s forbids it, %s", policy_rule(policy, decision.rule).name,
		       policy_severity_name(decision.severity));
	else if (decision.verdict == POLICY_EXCEPTED)
		printf("; an exception permits it (line %u)",
		       policy_exception(policy, decision.exception).line);
	else if (decision.verdict == POLICY_UNLISTED)
		printf("; no rule speaks of it");
}

static void say_door(const char *sign, const struct door *door, const char *zone,
		     const struct policy *policy)
{
	const struct import_opening *opening = door->opening;
	char text[ADDRESS_TEXT_MAX];

	printf("%s %s", sign, address_format(&door->server, text));
	if (*door->member->name != '\0')
		printf(" (%s)", door->member->name);
	if (opening->from == 1 && opening->to == 65535)
		printf(" every port");
	else if (opening->from == opening->to)
		printf(" port %u", (unsigned)opening->from);
	else
		printf(" ports %u-%u", (unsigned)opening->from, (unsigned)opening->to);
	printf("%s%s", opening->transport == IMPORT_ANY_TRANSPORT ? "" : "/",
	       opening->transport == IMPORT_ANY_TRANSPORT ? ""
							  : question_transport(opening->transport));
	printf(" for %s (%s), by %s", opening->source_name, opening->from_group ? "a group" : zone,
	       door->group);
	if (policy != NULL && !opening->from_group)
		say_policy(door, policy);
	putchar('\n');
}

/* Doors of `these` that `those` do not have. */
static size_t say_missing(const char *sign, const struct doors *these, const struct doors *those,
			  const struct policy *policy, size_t *all)
{
	size_t outside = 0;

	for (size_t i = 0; i < these->count; i++) {
		const struct door *door = &these->list[i];
		const char *zone;

		if ((i != 0 && compare_doors(&these->list[i - 1], door) == 0) ||
		    was_open(those, door))
			continue;
		outside += is_outside(door, policy, &zone);
		(*all)++;
		say_door(sign, door, zone, policy);
	}
	return outside;
}

size_t import_compare(const struct import *before, const struct import *after,
		      const struct policy *policy)
{
	struct doors old_doors = {0}, new_doors = {0};
	size_t opened = 0, closed = 0, outside;

	collect(&old_doors, before);
	collect(&new_doors, after);
	outside = say_missing("+", &new_doors, &old_doors, policy, &opened);
	say_missing("-", &old_doors, &new_doors, policy, &closed);
	printf("%zu opened, %zu of them for somebody outside; %zu closed\n", opened, outside,
	       closed);
	free(old_doors.list);
	free(new_doors.list);
	return outside;
}
