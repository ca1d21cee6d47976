/* SPDX-License-Identifier: ISC */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "tools/lib/memory.h"
#include "tools/policy/import.h"

/* FNV-1a: the ids are the user's own, nobody attacks the table. */
static uint32_t hash(const char *text)
{
	uint32_t value = 2166136261U;

	for (; *text != '\0'; text++)
		value = (value ^ (unsigned char)*text) * 16777619U;
	return value;
}

static uint32_t *find_slot(const struct import *import, const char *id)
{
	uint32_t at = hash(id) & (import->index_room - 1);

	while (import->index[at] != 0 && strcmp(import->groups[import->index[at] - 1].id, id) != 0)
		at = (at + 1) & (import->index_room - 1);
	return &import->index[at];
}

static void widen_index(struct import *import)
{
	if (import->group_count * 2 < import->index_room)
		return;
	free(import->index);
	import->index_room = import->index_room == 0 ? 256 : import->index_room * 2;
	import->index = memory_array(import->index_room, sizeof *import->index);
	for (uint32_t i = 0; i < import->group_count; i++)
		*find_slot(import, import->groups[i].id) = i + 1;
}

uint32_t import_group(struct import *import, const char *id)
{
	uint32_t *slot;

	widen_index(import);
	slot = find_slot(import, id);
	if (*slot == 0) {
		import->groups = memory_grow(import->groups, import->group_count,
					     &import->group_room, sizeof *import->groups);
		import->groups[import->group_count] = (struct import_group){.id = memory_text(id)};
		*slot = ++import->group_count;
		import_call(import, *slot - 1, id);
	}
	return *slot - 1;
}

/* A name of the policy: letters, digits, and - _ . within it. */
void import_call(struct import *import, uint32_t group, const char *name)
{
	char *to = import->groups[group].name;
	size_t length = 0;

	for (; *name != '\0' && length < IMPORT_NAME - 8; name++) {
		bool letter = (*name >= 'a' && *name <= 'z') || (*name >= 'A' && *name <= 'Z') ||
			      (*name >= '0' && *name <= '9');

		if (letter)
			to[length++] = *name;
		else if (length != 0 && to[length - 1] != '-')
			to[length++] = *name == '_' || *name == '.' ? *name : '-';
	}
	while (length != 0 && to[length - 1] == '-')
		length--;
	to[length] = '\0';
	if (length == 0)
		strcpy(to, "group");
}

void import_own(struct import *import, uint32_t group, const char *owner)
{
	if (owner != NULL && *owner != '\0' && import->groups[group].owner == NULL)
		import->groups[group].owner = memory_text(owner);
}

static void add_member(struct import *import, const struct import_member *member)
{
	import->members = memory_grow(import->members, import->member_count, &import->member_room,
				      sizeof *import->members);
	import->members[import->member_count++] = *member;
}

void import_add(struct import *import, uint32_t group, const char *address, const char *public_side,
		const char *name)
{
	struct import_member member = {.group = group};

	if (address == NULL || !address_parse(address, &member.address)) {
		import->unread++;
		return;
	}
	member.name = memory_text(name == NULL ? "" : name);
	add_member(import, &member);
	if (public_side == NULL || !address_parse(public_side, &member.behind) ||
	    address_equal(&member.behind, &member.address))
		return;
	member = (struct import_member){.group = group,
					.address = member.behind,
					.behind = member.address,
					.is_public = true,
					.name = memory_text(member.name)};
	add_member(import, &member);
}

bool import_prefix(const char *text, struct prefix *out)
{
	char base[ADDRESS_TEXT_MAX];
	size_t length = strcspn(text, "/");
	unsigned long bits;
	char *end;

	if (length >= sizeof base)
		return false;
	memcpy(base, text, length);
	base[length] = '\0';
	if (!address_parse(base, &out->base))
		return false;
	out->length = 128;
	if (text[length] == '\0')
		return true;
	bits = strtoul(text + length + 1, &end, 10);
	if (end == text + length + 1 || *end != '\0' ||
	    bits > (address_is_ipv4(&out->base) ? 32U : 128U))
		return false;
	out->length = (uint8_t)(bits + (address_is_ipv4(&out->base) ? 96 : 0));
	return true;
}

bool import_is_private(const struct prefix *prefix)
{
	static const char *const ranges[] = {"10.0.0.0/8",     "172.16.0.0/12", "192.168.0.0/16",
					     "169.254.0.0/16", "127.0.0.0/8",	"fc00::/7",
					     "fe80::/10",      "::1/128"};
	struct prefix range;

	for (size_t i = 0; i < sizeof ranges / sizeof *ranges; i++)
		if (import_prefix(ranges[i], &range) && range.length <= prefix->length &&
		    prefix_contains(&range, &prefix->base))
			return true;
	return false;
}

static bool is_everybody(const char *source)
{
	static const char *const words[] = {"*", "any", "internet", "0.0.0.0/0", "::/0"};

	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (strcasecmp(words[i], source) == 0)
			return true;
	return false;
}

static void add_opening(struct import *import, struct import_opening opening, const char *source)
{
	if (source == NULL) {
		import->unread++;
		return;
	}
	if (is_everybody(source) && strchr(source, '/') == NULL)
		source = "0.0.0.0/0";
	opening.from_group = !import_prefix(source, &opening.source);
	opening.source_name = memory_text(source);
	import->openings = memory_grow(import->openings, import->opening_count,
				       &import->opening_room, sizeof *import->openings);
	import->openings[import->opening_count++] = opening;
}

void import_open(struct import *import, uint32_t group, uint8_t transport, uint16_t from,
		 uint16_t to, const char *source)
{
	add_opening(import,
		    (struct import_opening){
			    .group = group, .transport = transport, .from = from, .to = to},
		    source);
}

void import_open_server(struct import *import, uint32_t group, const struct import_opening *like,
			const char *server)
{
	struct import_opening opening = *like;

	opening.group = group;
	opening.narrowed = import_prefix(server, &opening.server);
	add_opening(import, opening, like->source_name);
}

bool import_transport(const char *text, uint8_t *transport)
{
	static const struct {
		const char *name;
		uint8_t number;
	} names[] = {{"tcp", 6},
		     {"6", 6},
		     {"udp", 17},
		     {"17", 17},
		     {"sctp", 132},
		     {"132", 132},
		     {"-1", IMPORT_ANY_TRANSPORT},
		     {"all", IMPORT_ANY_TRANSPORT},
		     {"*", IMPORT_ANY_TRANSPORT},
		     {"any", IMPORT_ANY_TRANSPORT}};

	for (size_t i = 0; text != NULL && i < sizeof names / sizeof *names; i++) {
		if (strcasecmp(names[i].name, text) == 0) {
			*transport = names[i].number;
			return true;
		}
	}
	return false;
}

bool import_ports(const char *text, uint16_t *from, uint16_t *to)
{
	unsigned long first, last;
	char *end;

	*from = 1;
	*to = 65535;
	if (strcmp(text, "*") == 0 || strcasecmp(text, "any") == 0)
		return true;
	first = last = strtoul(text, &end, 10);
	if (end == text)
		return false;
	if (*end == '-' || *end == ':')
		last = strtoul(end + 1, &end, 10);
	if (*end != '\0' || last > 65535 || first > last || last == 0)
		return false;
	*from = (uint16_t)(first == 0 ? 1 : first);
	*to = (uint16_t)last;
	return true;
}

const char *import_owner_tag(const struct tree *tags)
{
	static const char *const keys[] = {"owner", "team", "owned-by", "squad", "department"};

	for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
		TREE_EACH(tag, tags)
		{
			const char *key = tag->text != NULL ? tag->key : tree_text(tag, "Key");
			const char *value = tag->text != NULL ? tag->text : tree_text(tag, "Value");

			if (key != NULL && strcasecmp(key, keys[i]) == 0)
				return value;
		}
	}
	return NULL;
}

static int compare_members(const void *left, const void *right)
{
	const struct import_member *a = left, *b = right;

	if (a->group != b->group)
		return a->group < b->group ? -1 : 1;
	return address_compare(&a->address, &b->address);
}

static int compare_openings(const void *left, const void *right)
{
	const struct import_opening *a = left, *b = right;

	if (a->group != b->group)
		return a->group < b->group ? -1 : 1;
	if (a->transport != b->transport)
		return (int)a->transport - (int)b->transport;
	if (a->from != b->from || a->to != b->to)
		return a->from != b->from ? (int)a->from - (int)b->from : (int)a->to - (int)b->to;
	if (a->narrowed != b->narrowed ||
	    (a->narrowed && address_compare(&a->server.base, &b->server.base) != 0))
		return a->narrowed != b->narrowed
			       ? (int)a->narrowed - (int)b->narrowed
			       : address_compare(&a->server.base, &b->server.base);
	return strcmp(a->source_name, b->source_name);
}

static void drop_repeated_members(struct import *import)
{
	uint32_t kept = 0;

	if (import->member_count > 1)
		qsort(import->members, import->member_count, sizeof *import->members,
		      compare_members);
	for (uint32_t i = 0; i < import->member_count; i++) {
		if (kept != 0 &&
		    compare_members(&import->members[kept - 1], &import->members[i]) == 0)
			free(import->members[i].name);
		else
			import->members[kept++] = import->members[i];
	}
	import->member_count = kept;
}

static void drop_repeated_openings(struct import *import)
{
	uint32_t kept = 0;

	if (import->opening_count > 1)
		qsort(import->openings, import->opening_count, sizeof *import->openings,
		      compare_openings);
	for (uint32_t i = 0; i < import->opening_count; i++) {
		if (kept != 0 &&
		    compare_openings(&import->openings[kept - 1], &import->openings[i]) == 0)
			free(import->openings[i].source_name);
		else
			import->openings[kept++] = import->openings[i];
	}
	import->opening_count = kept;
}

static int compare_names(const void *left, const void *right)
{
	const struct import_group *const *a = left, *const *b = right;
	int order = strcmp((*a)->name, (*b)->name);

	return order != 0 ? order : strcmp((*a)->id, (*b)->id);
}

/* The second of a name and those after it get a number. */
static void number_names(struct import *import)
{
	struct import_group **sorted = memory_array(import->group_count, sizeof *sorted);
	char last[IMPORT_NAME] = "";
	unsigned number = 1;

	for (uint32_t i = 0; i < import->group_count; i++)
		sorted[i] = &import->groups[i];
	qsort(sorted, import->group_count, sizeof *sorted, compare_names);
	for (uint32_t i = 0; i < import->group_count; i++) {
		char *name = sorted[i]->name;

		if (strcmp(name, last) == 0) {
			snprintf(name + strlen(name), IMPORT_NAME - strlen(name), "-%u",
				 ++number % 100000);
		} else {
			strcpy(last, name);
			number = 1;
		}
	}
	free(sorted);
}

void import_settle(struct import *import)
{
	number_names(import);
	drop_repeated_members(import);
	drop_repeated_openings(import);
}

void import_free(struct import *import)
{
	for (uint32_t i = 0; i < import->group_count; i++) {
		free(import->groups[i].id);
		free(import->groups[i].owner);
	}
	for (uint32_t i = 0; i < import->member_count; i++)
		free(import->members[i].name);
	for (uint32_t i = 0; i < import->opening_count; i++)
		free(import->openings[i].source_name);
	free(import->groups);
	free(import->members);
	free(import->openings);
	free(import->index);
	*import = (struct import){0};
}
