/* SPDX-License-Identifier: ISC */
#include <stdlib.h>
#include <string.h>

#include "policy/policy.h"
#include "tools/lib/memory.h"
#include "tools/report/report.h"
#include "tools/report/words.h"

static void add_step(struct steps *steps, const struct tree *event)
{
	steps->list = memory_grow(steps->list, steps->count, &steps->room, sizeof *steps->list);
	steps->list[steps->count++] =
		(struct step){.time = memory_text(tree_or(event, "@timestamp", "")),
			      .action = memory_text(tree_or(event, "event.action", "")),
			      .reason = memory_text(tree_or(event, "event.reason", ""))};
}

/* FNV-1a. */
static size_t *find_slot(const struct findings *findings, const char *id)
{
	size_t hash = UINT64_C(0xcbf29ce484222325);

	for (const char *at = id; *at != '\0'; at++)
		hash = (hash ^ (unsigned char)*at) * UINT64_C(0x100000001b3);
	hash &= findings->index_room - 1;
	while (findings->index[hash] != 0 &&
	       strcmp(findings->list[findings->index[hash] - 1].id, id) != 0)
		hash = (hash + 1) & (findings->index_room - 1);
	return &findings->index[hash];
}

static void widen_index(struct findings *findings)
{
	if (findings->count * 2 < findings->index_room)
		return;
	free(findings->index);
	findings->index_room = findings->index_room == 0 ? 64 : findings->index_room * 2;
	findings->index = memory_array(findings->index_room, sizeof *findings->index);
	for (size_t i = 0; i < findings->count; i++)
		*find_slot(findings, findings->list[i].id) = i + 1;
}

static struct finding *find(struct findings *findings, const char *id)
{
	size_t *slot;

	widen_index(findings);
	slot = find_slot(findings, id);
	if (*slot == 0) {
		findings->list = memory_grow(findings->list, findings->count, &findings->room,
					     sizeof *findings->list);
		findings->list[findings->count] =
			(struct finding){.id = memory_text(id), .order = findings->count};
		*slot = ++findings->count;
	}
	return &findings->list[*slot - 1];
}

static int severity_of(const char *name)
{
	int severity = SEVERITY_CRITICAL;

	while (severity > SEVERITY_INFO &&
	       strcmp(policy_severity_name((enum policy_severity)severity), name) != 0)
		severity--;
	return severity;
}

static void take(struct findings *findings, const char *id, struct tree *event)
{
	struct finding *finding = find(findings, id);
	const char *state;

	add_step(&finding->story, event);
	tree_free(finding->event);
	finding->event = event;
	finding->severity = severity_of(tree_or(event, "spanwatch.severity", "info"));
	state = words_of(finding, "state");
	finding->open = strcmp(state, "closed") != 0 && strcmp(state, "merged") != 0;
	finding->level = atoi(words_of(finding, "level"));
	finding->unlisted = strcmp(words_of(finding, "unlisted"), "true") == 0;
}

static void note_time(struct report *report, const struct tree *event)
{
	const char *time = tree_or(event, "@timestamp", "");

	if (report->first == NULL || strcmp(time, report->first) < 0) {
		free(report->first);
		report->first = memory_text(time);
	}
	if (report->last == NULL || strcmp(time, report->last) > 0) {
		free(report->last);
		report->last = memory_text(time);
	}
}

void report_line(void *context, const char *line)
{
	struct report *report = context;
	struct tree *event = tree_parse(line);
	const char *action = tree_text(event, "event.action");
	const char *exposure = tree_text(event, "spanwatch.exposure.id");
	const char *incident = tree_text(event, "spanwatch.incident.id");

	if (action == NULL && tree_text(event, "server_ip") != NULL) {
		report->inventory.list =
			memory_grow(report->inventory.list, report->inventory.count,
				    &report->inventory.room, sizeof(struct tree *));
		report->inventory.list[report->inventory.count++] = event;
		return;
	}
	report->events += action != NULL;
	report->wrong += action == NULL && *line != '\0';
	if (action != NULL)
		note_time(report, event);
	if (action != NULL && strstr(action, "blind") != NULL)
		add_step(&report->blind, event);
	if (action != NULL && exposure != NULL)
		take(&report->exposures, exposure, event);
	else if (action != NULL && incident != NULL)
		take(&report->incidents, incident, event);
	else
		tree_free(event);
}

static int compare(const void *left, const void *right)
{
	const struct finding *a = left, *b = right;

	if (a->unlisted != b->unlisted)
		return a->unlisted ? 1 : -1;
	if (a->open != b->open)
		return a->open ? -1 : 1;
	if (a->severity != b->severity)
		return b->severity - a->severity;
	if (a->level != b->level)
		return b->level - a->level;
	return a->order < b->order ? -1 : 1;
}

static void settle(struct findings *findings)
{
	if (findings->count > 1)
		qsort(findings->list, findings->count, sizeof *findings->list, compare);
}

void report_settle(struct report *report)
{
	settle(&report->exposures);
	settle(&report->incidents);
}

static void free_steps(struct steps *steps)
{
	for (size_t i = 0; i < steps->count; i++) {
		free(steps->list[i].time);
		free(steps->list[i].action);
		free(steps->list[i].reason);
	}
	free(steps->list);
}

static void free_findings(struct findings *findings)
{
	for (size_t i = 0; i < findings->count; i++) {
		free(findings->list[i].id);
		free_steps(&findings->list[i].story);
		tree_free(findings->list[i].event);
	}
	free(findings->list);
	free(findings->index);
}

void report_free(struct report *report)
{
	free_findings(&report->exposures);
	free_findings(&report->incidents);
	free_steps(&report->blind);
	for (size_t i = 0; i < report->inventory.count; i++)
		tree_free(report->inventory.list[i]);
	free(report->inventory.list);
	free(report->first);
	free(report->last);
}
