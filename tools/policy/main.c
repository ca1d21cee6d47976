/* SPDX-License-Identifier: ISC */
/* See tool.h. */
#include <err.h>
#include <stdlib.h>
#include <string.h>

#include "tools/policy/tool.h"

static const struct subcommand {
	const char *name;
	int (*run)(const struct tool *tool, int argc, char **argv);
	const char *usage, *what;
} commands[] = {
	{"check", tool_check, "[--strict] [--json] FILE ...", "errors, and lines hardly meant so"},
	{"explain", tool_explain,
	 "-p FILE [--json] [--at TIME] [--outbound] CLIENT SERVER:PORT[/udp] [SERVICE] | -",
	 "which line decides about a connection, and why not the others"},
	{"list", tool_list, "services | families | severities | schema | FILE",
	 "what may be written in a policy; what stands in one"},
	{"diff", tool_diff, "OLD NEW [-r CAPTURE ...]",
	 "what an edit changes, in words and in findings"},
	{"draft", tool_draft, "INVENTORY | -r CAPTURE ...", "a first policy, from what was seen"},
	{"import", tool_import, "[--before FILE] ... [-p POLICY] FORMAT FILE ...",
	 "groups and openings from a cloud's or firewall's own description"},
	{"export", tool_export, "bpf | nftables | prometheus FILE",
	 "the servers of a policy, for other programs"},
};

#define COMMANDS (sizeof commands / sizeof *commands)

static void print_usage(FILE *to)
{
	fputs("usage:\n", to);
	for (size_t i = 0; i < COMMANDS; i++)
		fprintf(to, "  spanwatch-policy %-8s%s\n      %s\n", commands[i].name,
			commands[i].usage, commands[i].what);
	fputs("See spanwatch-policy(1) and, for the file itself, spanwatch-policy(5).\n", to);
}

_Noreturn void tool_usage(const char *command)
{
	for (size_t i = 0; i < COMMANDS; i++)
		if (strcmp(commands[i].name, command) == 0)
			fprintf(stderr, "usage: spanwatch-policy %s %s\n", command,
				commands[i].usage);
	exit(TOOL_USAGE);
}

struct policy *tool_load(const struct tool *tool, const char *path)
{
	struct policy_messages messages;
	struct policy *policy = policy_load(path, &tool->vocabulary, &messages);

	if (policy == NULL)
		policy_messages_print(&messages, path, stderr);
	policy_messages_free(&messages);
	if (policy == NULL)
		exit(TOOL_USAGE);
	return policy;
}

int main(int argc, char **argv)
{
	const char *name = argc > 1 ? argv[1] : "";
	struct services *services;
	struct tool tool;
	int status;

	if (strcmp(name, "--help") == 0 || strcmp(name, "help") == 0) {
		print_usage(stdout);
		return TOOL_GOOD;
	}
	for (size_t i = 0; i < COMMANDS; i++) {
		if (strcmp(commands[i].name, name) != 0)
			continue;
		services = services_new();
		if (services == NULL)
			errx(TOOL_INPUT, "out of memory");
		tool = (struct tool){services, services_vocabulary(services)};
		status = commands[i].run(&tool, argc - 1, argv + 1);
		services_free(services);
		if (fflush(stdout) != 0)
			err(TOOL_INPUT, "standard output");
		return status;
	}
	if (*name != '\0')
		fprintf(stderr, "spanwatch-policy: there is no command \"%s\"\n", name);
	print_usage(stderr);
	return TOOL_USAGE;
}
