/* SPDX-License-Identifier: ISC */
/* draft: reads an inventory (spanwatch --inventory), or has the sensor make one from captures. */
#include "tools/policy/draft.h"

#include <err.h>
#include <stdlib.h>
#include <string.h>

#include "sensor/base/printable.h"
#include "tools/lib/memory.h"
#include "tools/lib/sensor.h"
#include "tools/lib/tree.h"
#include "tools/policy/import.h"

static bool is_private(const struct address *address)
{
	return import_is_private(&(struct prefix){.base = *address, .length = 128});
}

static bool is_answer(const char *outcome)
{
	static const char *const answers[] = {"synack_only", "established",  "midstream",
					      "server_only", "udp_answered", "udp_response_only"};

	for (size_t i = 0; i < sizeof answers / sizeof *answers; i++)
		if (strcmp(answers[i], outcome) == 0)
			return true;
	return false;
}

static bool read_line(const struct tree *tree, struct draft_endpoint *endpoint)
{
	struct address client;
	const char *source = tree_or(tree, "protocol_source", "");
	unsigned long port = strtoul(tree_or(tree, "server_port", "0"), NULL, 10);
	const char *service = tree_or(tree, "protocol", "null");

	*endpoint = (struct draft_endpoint){.port = (uint16_t)port};
	if (port > 65535 || !address_parse(tree_or(tree, "server_ip", ""), &endpoint->server) ||
	    !address_parse(tree_or(tree, "client_ip", ""), &client))
		return false;
	printable_name(endpoint->transport, sizeof endpoint->transport,
		       tree_or(tree, "transport", "tcp"), "tcp");
	if (strcmp(service, "null") != 0)
		printable_name(endpoint->service, sizeof endpoint->service, service, "");
	printable_name(endpoint->family, sizeof endpoint->family, tree_or(tree, "family", "other"),
		       "other");
	endpoint->by_bytes =
		*source != '\0' && strcmp(source, "port") != 0 && strcmp(source, "null") != 0;
	endpoint->answered = is_answer(tree_or(tree, "outcome", ""));
	endpoint->public_server = !is_private(&endpoint->server);
	endpoint->inside = endpoint->answered && is_private(&client);
	endpoint->outside = endpoint->answered && !is_private(&client);
	endpoint->stranger = client;
	return true;
}

static void on_line(void *context, const char *line)
{
	struct draft *draft = context;
	struct tree *tree = tree_parse(line);
	struct draft_endpoint endpoint;

	draft->lines++;
	if (!read_line(tree, &endpoint)) {
		draft->wrong++;
	} else if (endpoint.answered) {
		draft->list =
			memory_grow(draft->list, draft->count, &draft->room, sizeof *draft->list);
		draft->list[draft->count++] = endpoint;
	}
	tree_free(tree);
}

static int compare(const void *left, const void *right)
{
	const struct draft_endpoint *a = left, *b = right;
	int order = address_compare(&a->server, &b->server);

	if (order == 0)
		order = strcmp(a->transport, b->transport);
	if (order == 0)
		order = (int)a->port - (int)b->port;
	if (order == 0)
		order = (int)b->by_bytes - (int)a->by_bytes;
	if (order == 0)
		order = strcmp(a->service, b->service);
	if (order == 0)
		order = (int)b->outside - (int)a->outside;
	return order != 0 ? order : address_compare(&a->stranger, &b->stranger);
}

static bool same_endpoint(const struct draft_endpoint *a, const struct draft_endpoint *b)
{
	return address_equal(&a->server, &b->server) && a->port == b->port &&
	       strcmp(a->transport, b->transport) == 0;
}

/* What was read of an endpoint wins over what was guessed; its clients are added up. */
static void merge(struct draft *draft)
{
	size_t kept = 0;

	if (draft->count > 1)
		qsort(draft->list, draft->count, sizeof *draft->list, compare);
	for (size_t i = 0; i < draft->count; i++) {
		struct draft_endpoint *last = kept == 0 ? NULL : &draft->list[kept - 1];

		if (last == NULL || !same_endpoint(last, &draft->list[i])) {
			draft->list[kept++] = draft->list[i];
			continue;
		}
		if (last->outside == 0 && draft->list[i].outside != 0)
			last->stranger = draft->list[i].stranger;
		last->inside += draft->list[i].inside;
		last->outside += draft->list[i].outside;
	}
	draft->count = kept;
}

static void read_file(struct draft *draft, const char *path)
{
	FILE *file = strcmp(path, "-") == 0 ? stdin : fopen(path, "r");
	char *line = NULL;
	size_t room = 0;

	if (file == NULL)
		err(TOOL_INPUT, "%s", path);
	while (getline(&line, &room, file) > 0)
		on_line(draft, line);
	if (ferror(file))
		err(TOOL_INPUT, "%s", path);
	if (file != stdin)
		fclose(file);
	free(line);
}

static void read_captures(struct draft *draft, int count, char **captures)
{
	char **arguments = calloc((size_t)count + 4, sizeof *arguments);

	if (arguments == NULL)
		errx(TOOL_INPUT, "out of memory");
	arguments[0] = (char *)(uintptr_t) "-q";
	arguments[1] = (char *)(uintptr_t) "--inventory";
	arguments[2] = (char *)(uintptr_t) "-r";
	memcpy(arguments + 3, captures, (size_t)count * sizeof *captures);
	sensor_run(arguments, on_line, draft);
	free(arguments);
}

int tool_draft(const struct tool *tool, int argc, char **argv)
{
	struct draft draft = {0};

	(void)tool;
	if (argc < 2 || (strcmp(argv[1], "-r") == 0 && argc < 3))
		tool_usage(argv[0]);
	if (strcmp(argv[1], "-r") == 0)
		read_captures(&draft, argc - 2, argv + 2);
	else
		for (int i = 1; i < argc; i++)
			read_file(&draft, argv[i]);
	if (draft.lines != 0 && draft.wrong == draft.lines)
		errx(TOOL_INPUT, "none of %llu lines is of an inventory (spanwatch --inventory)",
		     (unsigned long long)draft.lines);
	merge(&draft);
	draft_write(&draft);
	free(draft.list);
	return draft.count == 0 ? TOOL_FOUND : TOOL_GOOD;
}
