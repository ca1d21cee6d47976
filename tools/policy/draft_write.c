/* SPDX-License-Identifier: ISC */
/* See draft.h. A host is in one group: of the gravest family that it serves, in its own subnet. */
#include <err.h>
#include <stdlib.h>
#include <string.h>

#include "tools/policy/draft.h"

#define HOSTS_SHOWN 32 /* more of one group: the subnet as a whole */

/* The gravest first. What else there is (web, infrastructure, other) is often meant to be open. */
static const struct {
	const char *family, *severity;
} ranked[] = {
	{"database", "critical"}, {"logging", "critical"},
	{"backup", "critical"},	  {"orchestration", "critical"},
	{"ai", "critical"},	  {"storage", "high"},
	{"queue", "high"},	  {"mail", "high"},
	{"admin", "high"},
};

#define RANKED (sizeof ranked / sizeof *ranked)

/* All endpoints of one server, list[first] to list[last - 1]. */
struct host {
	size_t first, last;
	size_t family;
};

struct hosts {
	struct host *list; /* by family and subnet */
	size_t count;
	const struct draft *draft;
};

static size_t family_of(const char *name)
{
	size_t i = 0;

	while (i < RANKED && strcmp(ranked[i].family, name) != 0)
		i++;
	return i;
}

/* /24, or /64. */
static struct prefix subnet_of(const struct address *server)
{
	struct prefix prefix = {.base = *server, .length = address_is_ipv4(server) ? 120 : 64};

	for (unsigned i = prefix.length / 8; i < 16; i++)
		prefix.base.bytes[i] = 0;
	return prefix;
}

static const struct address *server_of(const struct hosts *hosts, size_t i)
{
	return &hosts->draft->list[hosts->list[i].first].server;
}

static struct hosts *sorting; /* qsort has no context; one thread */

static int compare_hosts(const void *left, const void *right)
{
	const struct host *a = left, *b = right;
	const struct draft_endpoint *list = sorting->draft->list;

	if (a->family != b->family)
		return a->family < b->family ? -1 : 1;
	return address_compare(&list[a->first].server, &list[b->first].server);
}

static void collect(struct hosts *hosts, const struct draft *draft)
{
	*hosts = (struct hosts){.list = calloc(draft->count + 1, sizeof *hosts->list),
				.draft = draft};
	if (hosts->list == NULL)
		errx(TOOL_INPUT, "out of memory");
	for (size_t i = 0, end; i < draft->count; i = end) {
		struct host host = {.first = i, .family = RANKED};

		for (end = i; end < draft->count &&
			      address_equal(&draft->list[end].server, &draft->list[i].server);
		     end++)
			if (family_of(draft->list[end].family) < host.family)
				host.family = family_of(draft->list[end].family);
		host.last = end;
		if (host.family != RANKED && !draft->list[i].public_server)
			hosts->list[hosts->count++] = host;
	}
	sorting = hosts;
	qsort(hosts->list, hosts->count, sizeof *hosts->list, compare_hosts);
}

/* Behind the last host of the group that begins at `first`. */
static size_t end_of_group(const struct hosts *hosts, size_t first)
{
	struct prefix subnet = subnet_of(server_of(hosts, first));
	size_t last = first;

	while (last < hosts->count && hosts->list[last].family == hosts->list[first].family &&
	       prefix_contains(&subnet, server_of(hosts, last)))
		last++;
	return last;
}

/* "database-10-20-0", "database-2001-db8-10-20". */
static void group_name(const struct hosts *hosts, size_t first, char text[POLICY_NAME_MAX])
{
	char address[ADDRESS_TEXT_MAX];
	struct prefix subnet = subnet_of(server_of(hosts, first));
	size_t length;

	address_format(&subnet.base, address);
	length = address_is_ipv4(&subnet.base) ? (size_t)(strrchr(address, '.') - address)
					       : strlen(address);
	address[length] = '\0';
	for (char *at = address; *at != '\0'; at++)
		if (*at == '.' || *at == ':')
			*at = '-';
	while (length != 0 && address[length - 1] == '-')
		address[--length] = '\0';
	snprintf(text, POLICY_NAME_MAX, "%.15s-%.40s", ranked[hosts->list[first].family].family,
		 address);
}

static void put_evidence(const struct draft_endpoint *endpoint)
{
	printf(" %s %u/%s (%s; answered %u inside",
	       *endpoint->service != '\0' ? endpoint->service : "unknown", (unsigned)endpoint->port,
	       endpoint->transport, endpoint->by_bytes ? "read" : "by the port",
	       (unsigned)endpoint->inside);
	if (endpoint->outside != 0)
		printf(", %u OUTSIDE", (unsigned)endpoint->outside);
	putchar(')');
}

static void put_host(const struct hosts *hosts, const struct host *host)
{
	const struct draft_endpoint *list = hosts->draft->list;
	char text[ADDRESS_TEXT_MAX];

	printf("      - \"%s\" #", address_format(&list[host->first].server, text));
	for (size_t i = host->first; i < host->last && i < host->first + 4; i++) {
		if (i != host->first)
			putchar(',');
		put_evidence(&list[i]);
	}
	if (host->last - host->first > 4)
		printf(", and %zu more ports", host->last - host->first - 4);
	putchar('\n');
}

static void write_group(const struct hosts *hosts, size_t first, size_t last)
{
	struct prefix subnet = subnet_of(server_of(hosts, first));
	char name[POLICY_NAME_MAX], text[ADDRESS_TEXT_MAX];

	group_name(hosts, first, name);
	printf("  %s: # %zu server%s\n    hosts:\n", name, last - first,
	       last - first == 1 ? "" : "s");
	if (last - first > HOSTS_SHOWN) {
		printf("      - \"%s/%u\" # so many that it is the subnet\n",
		       address_format(&subnet.base, text),
		       address_is_ipv4(&subnet.base) ? subnet.length - 96U : subnet.length + 0U);
	} else {
		for (size_t i = first; i < last; i++)
			put_host(hosts, &hosts->list[i]);
	}
	puts("    owner: \"?\" # who is told");
}

static void write_groups(const struct hosts *hosts)
{
	if (hosts->count != 0)
		puts("\n# Servers that serve what should hardly be open, by subnet.\ngroups:");
	for (size_t i = 0, end; i < hosts->count; i = end) {
		end = end_of_group(hosts, i);
		write_group(hosts, i, end);
	}
}

static void write_rules(const struct hosts *hosts)
{
	char name[POLICY_NAME_MAX];

	puts("\nrules:");
	for (size_t i = 0; i < hosts->count; i = end_of_group(hosts, i)) {
		group_name(hosts, i, name);
		printf("  - { name: %s-is-internal, groups: [%s], internal-only: true, severity: "
		       "%s }\n",
		       name, name, ranked[hosts->list[i].family].severity);
	}
	puts("  # By what answers, wherever that is: servers that nobody has seen yet as well.");
	for (size_t i = 0; i < RANKED; i++)
		printf("  - { name: any-%s-is-internal, services: [%s], internal-only: true, "
		       "severity: "
		       "high }\n",
		       ranked[i].family, ranked[i].family);
}

static bool any_ipv6(const struct draft *draft)
{
	for (size_t i = 0; i < draft->count; i++)
		if (!address_is_ipv4(&draft->list[i].server))
			return true;
	return false;
}

static void write_zones(const struct draft *draft)
{
	char text[ADDRESS_TEXT_MAX];

	puts("zones:\n"
	     "  inside: # private addresses; add your own public prefixes\n"
	     "    - 10.0.0.0/8\n    - 172.16.0.0/12\n    - 192.168.0.0/16\n"
	     "    - 169.254.0.0/16\n    - 127.0.0.0/8");
	if (any_ipv6(draft))
		puts("    - fc00::/7\n    - fe80::/10\n    - ::1");
	for (size_t i = 0; i < draft->count; i++) {
		const struct draft_endpoint *endpoint = &draft->list[i];

		/* Strangers that it answers pass by your mirror: it may be one of yours. */
		if (!endpoint->public_server || endpoint->outside == 0)
			continue;
		printf("    # - \"%s\" # yours?", address_format(&endpoint->server, text));
		put_evidence(endpoint);
		putchar('\n');
	}
}

/* Open today, by what was seen: to be signed, or closed. */
static void write_open(const struct hosts *hosts)
{
	const struct draft_endpoint *list = hosts->draft->list;
	char server[ADDRESS_TEXT_MAX], client[ADDRESS_TEXT_MAX], name[POLICY_NAME_MAX];
	bool said = false;

	for (size_t i = 0, group = 0; i < hosts->count; i++) {
		if (i == end_of_group(hosts, group))
			group = i;
		group_name(hosts, group, name);
		for (size_t e = hosts->list[i].first; e < hosts->list[i].last; e++) {
			if (list[e].outside == 0)
				continue;
			if (!said)
				puts("\n# Open today: each of these answered somebody outside. "
				     "Sign it "
				     "(owner, reason, an end), or close it.\n# exceptions:");
			said = true;
			printf("#   - { rule: %s-is-internal, server: \"%s\", port: %u, client: "
			       "\"%s\", "
			       "reason: \"?\", owner: \"?\", until: YYYY-MM-DD } #",
			       name, address_format(&list[e].server, server),
			       (unsigned)list[e].port, address_format(&list[e].stranger, client));
			put_evidence(&list[e]);
			putchar('\n');
		}
	}
}

void draft_write(const struct draft *draft)
{
	struct hosts hosts;

	collect(&hosts, draft);
	printf("# A first draft by spanwatch-policy, from %llu lines of an inventory, %zu "
	       "endpoints "
	       "that answered.\n# What did not talk while it was watched is not in it. Check it: "
	       "spanwatch-policy check.\nversion: 1\n\n",
	       (unsigned long long)draft->lines, draft->count);
	write_zones(draft);
	write_groups(&hosts);
	write_rules(&hosts);
	write_open(&hosts);
	free(hosts.list);
}
