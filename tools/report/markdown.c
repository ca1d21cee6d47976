/* SPDX-License-Identifier: ISC */
/* For tickets and wikis. */
#include "tools/report/escape.h"
#include "tools/report/words.h"

static void put(const char *label, const char *text, FILE *to)
{
	if (*text == '\0')
		return;
	fprintf(to, "- **%s:** ", label);
	escape_markdown(text, to);
	fputc('\n', to);
}

static void put_table(const struct report *report, bool open, bool unlisted, FILE *to)
{
	char text[WORDS_TEXT];

	fputs("| severity | service | where | how far | group | owner | since |\n"
	      "|---|---|---|---|---|---|---|\n",
	      to);
	for (size_t i = 0; i < report->exposures.count; i++) {
		const struct finding *x = &report->exposures.list[i];

		if (x->open != open || x->unlisted != unlisted)
			continue;
		fprintf(to, "| %s | ", words_severity(x));
		escape_markdown(words_service(x, text), to);
		fputs(" | ", to);
		escape_markdown(words_place(x, text), to);
		fprintf(to, " | %s | ", words_of(x, "level_name"));
		escape_markdown(words_of(x, "group"), to);
		fputs(" | ", to);
		escape_markdown(words_of(x, "owner"), to);
		fprintf(to, " | %s |\n", words_time(words_of(x, "opened"), text));
	}
	fputc('\n', to);
}

static void put_receipt(const struct finding *x, FILE *to)
{
	char text[WORDS_TEXT];

	fputs("\n### ", to);
	escape_markdown(words_service(x, text), to);
	fputs(" on ", to);
	escape_markdown(words_place(x, text), to);
	fprintf(to, "\n\nid %s\n\n", x->id);
	put("did they get anything?", words_verdict(x, text), to);
	put("the filter changed", words_change(x, text), to);
	put("closed", x->open ? "" : words_time(words_of(x, "closed"), text), to);
	put("proof", words_proof(x, text), to);
	put("rule", words_of(x, "rule"), to);
	put("do", words_action(x, text), to);
	fprintf(to, "- **verify, from outside:** `%s`\n", words_check(x, text));
	put("capture", words_of(x, "input.file"), to);
	put("packet", words_of(x, "input.packet"), to);
}

static size_t count(const struct report *report, bool open, bool unlisted)
{
	size_t n = 0;

	for (size_t i = 0; i < report->exposures.count; i++)
		n += report->exposures.list[i].open == open &&
		     report->exposures.list[i].unlisted == unlisted;
	return n;
}

void report_markdown(const struct report *report, FILE *to)
{
	char text[WORDS_TEXT];

	fputs("# ", to);
	escape_markdown(report->title, to);
	fputs("\n\n", to);
	escape_markdown(words_summary(report, text), to);
	fprintf(to, ".\n\nFrom %s", words_time(report->first, text));
	fprintf(to, " to %s.\n", words_time(report->last, text));
	if (count(report, true, false) != 0) {
		fputs("\n## Open now\n\n", to);
		put_table(report, true, false, to);
	}
	if (count(report, false, false) != 0) {
		fputs("\n## Was open, is closed\n\n", to);
		put_table(report, false, false, to);
	}
	for (size_t i = 0; i < report->exposures.count; i++)
		if (!report->exposures.list[i].unlisted)
			put_receipt(&report->exposures.list[i], to);
	if (count(report, true, true) + count(report, false, true) != 0) {
		fputs("\n## No rule speaks of\n\n", to);
		put_table(report, true, true, to);
	}
	if (report->blind.count != 0)
		fputs("\n## What could not be seen\n\n", to);
	for (size_t i = 0; i < report->blind.count; i++) {
		fputs("- ", to);
		escape_markdown(report->blind.list[i].reason, to);
		fputc('\n', to);
	}
}
