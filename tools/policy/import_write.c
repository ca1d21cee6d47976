/* SPDX-License-Identifier: ISC */
/*
 * A policy from what was imported: every group with its servers, a rule for each that allows nobody
 * from outside, and what is declared open as comments, to be signed as exceptions or closed. Texts
 * of the provider are other people's: they go in quotes, as YAML's double-quoted style wants it.
 */
#include <string.h>

#include "policy/address.h"
#include "tools/policy/import.h"
#include "tools/policy/question.h"

static void put_quoted(const char *text)
{
	putchar('"');
	for (; *text != '\0'; text++) {
		unsigned char c = (unsigned char)*text;

		if (c == '"' || c == '\\')
			putchar('\\');
		putchar(c);
	}
	putchar('"');
}

static const char *prefix_text(const struct prefix *prefix, char text[ADDRESS_TEXT_MAX + 8])
{
	bool ipv4 = address_is_ipv4(&prefix->base) && prefix->length >= 96;

	address_format(&prefix->base, text);
	snprintf(text + strlen(text), 8, "/%u", prefix->length - (ipv4 ? 96U : 0U));
	return text;
}

static void write_zones(void)
{
	puts("zones:\n"
	     "  inside:                  # add your own public prefixes and those of IPv6\n"
	     "    - 10.0.0.0/8\n"
	     "    - 172.16.0.0/12\n"
	     "    - 192.168.0.0/16\n"
	     "    - 169.254.0.0/16\n"
	     "    - 127.0.0.0/8\n"
	     "    - fc00::/7\n"
	     "    - fe80::/10\n"
	     "    - ::1");
}

static void write_translations(const struct import *import)
{
	char outer[ADDRESS_TEXT_MAX], inner[ADDRESS_TEXT_MAX];
	bool first = true;

	for (uint32_t i = 0; i < import->member_count; i++) {
		const struct import_member *member = &import->members[i];
		bool known = false;

		/* An address is in several groups; the translation is one. */
		for (uint32_t j = 0; j < i && !known; j++)
			known = import->members[j].is_public &&
				address_equal(&import->members[j].address, &member->address);
		if (!member->is_public || known)
			continue;
		if (first)
			puts("translations:");
		first = false;
		printf("  - { public: %s, private: %s }\n", address_format(&member->address, outer),
		       address_format(&member->behind, inner));
	}
}

/* The members of a group are together: import_settle() sorted them. */
static void write_group(const struct import *import, uint32_t group, uint32_t first, uint32_t last)
{
	const struct import_group *g = &import->groups[group];
	char text[ADDRESS_TEXT_MAX];

	printf("  %s:\n    hosts:\n", g->name);
	for (uint32_t i = first; i < last; i++) {
		const struct import_member *member = &import->members[i];

		if (member->is_public)
			continue;
		printf("      - \"%s\"", address_format(&member->address, text));
		if (*member->name != '\0') {
			printf(" # ");
			fputs(member->name, stdout);
		}
		putchar('\n');
	}
	if (g->owner != NULL) {
		printf("    owner: ");
		put_quoted(g->owner);
		putchar('\n');
	}
	if (strcmp(g->id, g->name) != 0) {
		printf("    security-group: ");
		put_quoted(g->id);
		putchar('\n');
	}
}

static bool has_private(const struct import *import, uint32_t first, uint32_t last)
{
	for (; first < last; first++)
		if (!import->members[first].is_public)
			return true;
	return false;
}

/* Behind the last member of the group that begins with `first`. */
static uint32_t end_of_group(const struct import *import, uint32_t first)
{
	uint32_t last = first;

	while (last < import->member_count &&
	       import->members[last].group == import->members[first].group)
		last++;
	return last;
}

static void write_groups(const struct import *import)
{
	puts("groups:");
	for (uint32_t i = 0, end; i < import->member_count; i = end) {
		end = end_of_group(import, i);
		if (has_private(import, i, end))
			write_group(import, import->members[i].group, i, end);
	}
}

static void write_rules(const struct import *import)
{
	puts("rules:");
	for (uint32_t i = 0, end; i < import->member_count; i = end) {
		end = end_of_group(import, i);
		if (has_private(import, i, end))
			printf("  - name: %s-is-internal\n    groups: [%s]\n    internal-only: "
			       "true\n"
			       "    severity: high\n",
			       import->groups[import->members[i].group].name,
			       import->groups[import->members[i].group].name);
	}
}

static void write_opening(const struct import *import, const struct import_opening *opening)
{
	char text[ADDRESS_TEXT_MAX + 8];

	printf("#   %s: ", import->groups[opening->group].name);
	if (opening->narrowed)
		printf("%s, ", prefix_text(&opening->server, text));
	if (opening->from == 1 && opening->to == 65535)
		printf("every port");
	else if (opening->from == opening->to)
		printf("port %u", (unsigned)opening->from);
	else
		printf("ports %u-%u", (unsigned)opening->from, (unsigned)opening->to);
	printf("%s%s for ", opening->transport == IMPORT_ANY_TRANSPORT ? "" : "/",
	       opening->transport == IMPORT_ANY_TRANSPORT ? ""
							  : question_transport(opening->transport));
	fputs(opening->source_name, stdout);
	putchar('\n');
}

void import_write(const struct import *import)
{
	printf("# Written by spanwatch-policy import: %u groups, %u addresses, %u declared "
	       "openings",
	       (unsigned)import->group_count, (unsigned)import->member_count,
	       (unsigned)import->opening_count);
	if (import->unread != 0)
		printf("; %llu lines were of no use (ICMP, names without an address and the like)",
		       (unsigned long long)import->unread);
	puts(".\n# Groups without a server are left out. Check it: spanwatch-policy check.\n"
	     "version: 1");
	write_zones();
	write_translations(import);
	if (import->member_count != 0) {
		write_groups(import);
		write_rules(import);
	}
	if (import->opening_count == 0)
		return;
	puts("# Declared open today. What is meant: an exception with an owner, a reason and an "
	     "end.\n"
	     "# What is not: to be closed. The rules above forbid all of it from outside.\n"
	     "# exceptions:");
	for (uint32_t i = 0; i < import->opening_count; i++)
		write_opening(import, &import->openings[i]);
}
