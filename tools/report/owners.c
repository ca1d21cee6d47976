/* SPDX-License-Identifier: ISC */
/* What each owner has had open: the figures that a week is judged by. */
#include <stdlib.h>
#include <string.h>

#include "tools/lib/memory.h"
#include "tools/report/escape.h"
#include "tools/report/words.h"

struct owner {
	const char *name;
	size_t opened, closed;
	double open_seconds, detect_seconds, close_seconds;
	size_t detected; /* of which the moment of the change is known */
};

static int compare(const void *left, const void *right)
{
	const struct owner *a = left, *b = right;

	if (a->open_seconds != b->open_seconds)
		return a->open_seconds < b->open_seconds ? 1 : -1;
	return strcmp(a->name, b->name);
}

static struct owner *find(struct owner *owners, size_t *count, const char *name)
{
	for (size_t i = 0; i < *count; i++)
		if (strcmp(owners[i].name, name) == 0)
			return &owners[i];
	owners[*count] = (struct owner){.name = name};
	return &owners[(*count)++];
}

static void add(struct owner *owner, const struct finding *x, double now)
{
	double opened = words_seconds(words_of(x, "opened"));
	double closed = words_seconds(words_of(x, "closed"));
	double change = words_seconds(words_of(x, "changed_after"));
	double end = x->open || closed < 0 ? now : closed;

	owner->opened++;
	owner->open_seconds += end > opened ? end - opened : 0;
	if (!x->open && closed >= opened) {
		owner->closed++;
		owner->close_seconds += closed - opened;
	}
	if (change >= 0 && change <= opened) {
		owner->detected++;
		owner->detect_seconds += opened - change;
	}
}

static const char *mean(double seconds, size_t count, char text[WORDS_TEXT])
{
	if (count == 0)
		return "unknown";
	return words_duration(seconds / (double)count, text);
}

static void put(const struct owner *owner, FILE *to)
{
	char text[WORDS_TEXT];

	fputs("<tr><td>", to);
	escape_html(*owner->name != '\0' ? owner->name : "nobody", to);
	fprintf(to, "</td><td class=\"n\">%zu</td><td class=\"n\">%zu</td>", owner->opened,
		owner->closed);
	fprintf(to, "<td class=\"n\">%s</td>", mean(owner->detect_seconds, owner->detected, text));
	fprintf(to, "<td class=\"n\">%s</td>", mean(owner->close_seconds, owner->closed, text));
	fprintf(to, "<td class=\"n\">%.0f</td></tr>\n", owner->open_seconds / 60);
}

void report_owners(const struct report *report, FILE *to)
{
	struct owner *owners = memory_array(report->exposures.count, sizeof *owners);
	double now = words_seconds(report->last);
	size_t count = 0;

	for (size_t i = 0; i < report->exposures.count; i++) {
		const struct finding *x = &report->exposures.list[i];

		if (!x->unlisted)
			add(find(owners, &count, words_of(x, "owner")), x, now);
	}
	qsort(owners, count, sizeof *owners, compare);
	if (count != 0)
		fputs("<h2>By owner</h2><div class=\"scroll\"><table><thead><tr><th>owner</th>"
		      "<th>opened</th><th>closed</th><th>time to detect, at most</th>"
		      "<th>time to close</th><th>open minutes</th></tr></thead><tbody>\n",
		      to);
	for (size_t i = 0; i < count; i++)
		put(&owners[i], to);
	if (count != 0)
		fputs("</tbody></table></div>\n", to);
	free(owners);
}
