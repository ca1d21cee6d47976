/* SPDX-License-Identifier: ISC */
/* export: the servers of a policy's groups, in the words of other programs. */
#include <ctype.h>
#include <err.h>
#include <stdlib.h>
#include <string.h>

#include "policy/address.h"
#include "sensor/base/json_out.h"
#include "tools/policy/said.h"

/* A filter for captures: what goes from or to a server of a group, also behind VLAN tags. */
static void export_bpf(const struct said *said)
{
	const char *word = "";

	printf("(");
	for (size_t pass = 0; pass < 2; pass++) {
		word = "";
		for (size_t i = 0; i < said->count; i++) {
			const struct fact *fact = &said->list[i];

			if (strcmp(fact->section, "groups") != 0 || strcmp(fact->key, "hosts") != 0)
				continue;
			printf("%snet %s", word, fact->value);
			word = " or ";
		}
		if (*word == '\0')
			errx(TOOL_FOUND, "the policy has no groups: there is nothing to export");
		printf(pass == 0 ? ") or (vlan and (" : "))\n");
	}
}

static bool is_ipv4(const char *prefix)
{
	return strchr(prefix, ':') == NULL;
}

static void put_set(const struct said *said, const char *group, bool ipv4)
{
	const char *word = "";

	for (size_t i = 0; i < said->count; i++) {
		const struct fact *fact = &said->list[i];

		if (strcmp(fact->section, "groups") != 0 || strcmp(fact->name, group) != 0 ||
		    strcmp(fact->key, "hosts") != 0 || is_ipv4(fact->value) != ipv4)
			continue;
		if (*word == '\0') {
			printf("\tset ");
			for (const char *at = group; *at != '\0'; at++)
				putchar(isalnum((unsigned char)*at) ? *at : '_');
			printf("%s {\n\t\ttype %s\n\t\tflags interval\n\t\tauto-merge\n"
			       "\t\telements = { ",
			       ipv4 ? "_v4" : "_v6", ipv4 ? "ipv4_addr" : "ipv6_addr");
		}
		printf("%s%s", word, fact->value);
		word = ", ";
	}
	if (*word != '\0')
		puts(" }\n\t}");
}

static void export_nftables(const struct said *said)
{
	const char *last = "";

	puts("table inet spanwatch {");
	for (size_t i = 0; i < said->count; i++) {
		const struct fact *fact = &said->list[i];

		if (strcmp(fact->section, "groups") != 0 || strcmp(fact->name, last) == 0)
			continue;
		last = fact->name;
		put_set(said, last, true);
		put_set(said, last, false);
	}
	puts("}");
}

/* The facts of one group with that key, from `i` on; the index behind the last of the group. */
static size_t put_targets(const struct said *said, size_t i, struct json_out *out)
{
	const char *group = said->list[i].name;
	size_t end = i;

	while (end < said->count && strcmp(said->list[end].section, "groups") == 0 &&
	       strcmp(said->list[end].name, group) == 0)
		end++;
	for (size_t h = i; h < end; h++) {
		struct address host;
		char target[ADDRESS_TEXT_MAX + 16];
		bool ipv4 = is_ipv4(said->list[h].value);

		/* Single hosts and single ports: what a range holds, nobody knows. */
		if (strcmp(said->list[h].key, "hosts") != 0 ||
		    !address_parse(said->list[h].value, &host))
			continue;
		for (size_t p = i; p < end; p++) {
			unsigned long port = strtoul(said->list[p].value, NULL, 10);

			if (strcmp(said->list[p].key, "ports") != 0 ||
			    strspn(said->list[p].value, "0123456789") !=
				    strcspn(said->list[p].value, "/"))
				continue;
			snprintf(target, sizeof target, ipv4 ? "%s:%lu" : "[%s]:%lu",
				 said->list[h].value, port);
			json_out_text(out, NULL, target);
		}
	}
	return end;
}

static const char *label_of(const struct said *said, size_t i, size_t end, const char *key)
{
	for (; i < end; i++)
		if (strcmp(said->list[i].key, key) == 0)
			return said->list[i].value;
	return "";
}

/* A file for file_sd_configs: one group of targets for each group. */
static void export_prometheus(const struct said *said)
{
	const char *word = "";

	puts("[");
	for (size_t i = 0; i < said->count;) {
		struct json_out *out;
		size_t end, length;
		const char *text;

		if (strcmp(said->list[i].section, "groups") != 0) {
			i++;
			continue;
		}
		out = json_out_new();
		if (out == NULL)
			errx(TOOL_INPUT, "out of memory");
		json_out_list(out, "targets");
		end = put_targets(said, i, out);
		json_out_end(out);
		json_out_object(out, "labels");
		json_out_text(out, "group", said->list[i].name);
		json_out_text(out, "owner", label_of(said, i, end, "owner"));
		json_out_end(out);
		text = json_out_done(out, &length);
		printf("%s%s", word, text);
		word = ",\n";
		json_out_free(out);
		i = end;
	}
	puts("\n]");
}

int tool_export(const struct tool *tool, int argc, char **argv)
{
	static const struct {
		const char *format;
		void (*write)(const struct said *said);
	} formats[] = {{"bpf", export_bpf},
		       {"nftables", export_nftables},
		       {"prometheus", export_prometheus}};
	struct policy *policy;
	struct said said;

	if (argc != 3)
		tool_usage(argv[0]);
	for (size_t i = 0; i < sizeof formats / sizeof *formats; i++) {
		if (strcmp(formats[i].format, argv[1]) != 0)
			continue;
		policy = tool_load(tool, argv[2]);
		said_by(&said, policy);
		formats[i].write(&said);
		said_free(&said);
		policy_free(policy);
		return TOOL_GOOD;
	}
	tool_usage(argv[0]);
}
