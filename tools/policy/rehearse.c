/* SPDX-License-Identifier: ISC */
#include "tools/policy/rehearse.h"
#include "tools/lib/memory.h"

#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/lib/sensor.h"
#include "tools/lib/tree.h"
#include "tools/policy/tool.h"

/* What one exposure is told as; of several words about it the last counts. */
struct finding {
	char *id, *text;
	size_t order;
};

struct findings {
	struct finding *list;
	size_t count, room;
};

static void add(struct findings *findings, const char *id, char *text)
{
	findings->list = memory_grow(findings->list, findings->count, &findings->room,
				     sizeof *findings->list);
	findings->list[findings->count] =
		(struct finding){.id = strdup(id), .text = text, .order = findings->count};
	findings->count++;
}

/* An exposure that no rule speaks of is no finding. */
static void on_line(void *context, const char *line)
{
	struct findings *findings = context;
	struct tree *event = tree_parse(line);
	const char *id = tree_text(event, "spanwatch.exposure.id");
	char *text = NULL;

	if (id != NULL && strcmp(tree_or(event, "spanwatch.exposure.unlisted", ""), "true") != 0 &&
	    asprintf(&text, "%s:%s/%s, %s, %s by rule %s", tree_or(event, "server.ip", "?"),
		     tree_or(event, "server.port", "any"), tree_or(event, "network.transport", "?"),
		     tree_or(event, "network.protocol", "service unknown"),
		     tree_or(event, "spanwatch.severity", "?"),
		     tree_or(event, "spanwatch.exposure.rule", "?")) >= 0)
		add(findings, id, text);
	tree_free(event);
}

static int compare_ids(const void *left, const void *right)
{
	const struct finding *a = left, *b = right;
	int order = strcmp(a->id, b->id);

	return order != 0 ? order : a->order < b->order ? -1 : 1;
}

static void settle(struct findings *findings)
{
	size_t kept = 0;

	if (findings->count > 1)
		qsort(findings->list, findings->count, sizeof *findings->list, compare_ids);
	for (size_t i = 0; i < findings->count; i++) {
		if (kept != 0 && strcmp(findings->list[kept - 1].id, findings->list[i].id) == 0) {
			kept--;
			free(findings->list[kept].id);
			free(findings->list[kept].text);
		}
		findings->list[kept++] = findings->list[i];
	}
	findings->count = kept;
}

static void replay(struct findings *findings, const char *policy, char **captures)
{
	size_t count = 0;
	char **arguments;

	while (captures[count] != NULL)
		count++;
	arguments = calloc(count + 6, sizeof *arguments);
	if (arguments == NULL)
		errx(TOOL_INPUT, "out of memory");
	arguments[0] = (char *)(uintptr_t) "-q";
	arguments[1] = (char *)(uintptr_t) "--json";
	arguments[2] = (char *)(uintptr_t) "-p";
	arguments[3] = (char *)(uintptr_t)policy;
	arguments[4] = (char *)(uintptr_t) "-r";
	memcpy(arguments + 5, captures, count * sizeof *captures);
	sensor_run(arguments, on_line, findings);
	settle(findings);
	free(arguments);
}

static void free_findings(struct findings *findings)
{
	for (size_t i = 0; i < findings->count; i++) {
		free(findings->list[i].id);
		free(findings->list[i].text);
	}
	free(findings->list);
}

static size_t say_differences(const struct findings *before, const struct findings *after)
{
	size_t i = 0, j = 0, differences = 0;

	while (i < before->count || j < after->count) {
		const struct finding *a = &before->list[i], *b = &after->list[j];
		int order = i == before->count ? 1 : j == after->count ? -1 : strcmp(a->id, b->id);

		if (order < 0)
			printf("- no finding any more: %s\n", a->text);
		else if (order > 0)
			printf("+ a new finding: %s\n", b->text);
		else if (strcmp(a->text, b->text) != 0)
			printf("~ %s\n  becomes %s\n", a->text, b->text);
		differences += order != 0 || strcmp(a->text, b->text) != 0;
		i += order <= 0;
		j += order >= 0;
	}
	return differences;
}

size_t rehearse(const char *old_policy, const char *new_policy, char **captures)
{
	struct findings before = {0}, after = {0};
	size_t differences;

	replay(&before, old_policy, captures);
	replay(&after, new_policy, captures);
	differences = say_differences(&before, &after);
	printf("findings: %zu before, %zu after, %zu differ\n", before.count, after.count,
	       differences);
	free_findings(&before);
	free_findings(&after);
	return differences;
}
