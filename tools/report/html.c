/* SPDX-License-Identifier: ISC */
/*
 * One file without any other: style within, no script, no request. Light, dark, phone and paper.
 */
#include <string.h>

#include "tools/report/escape.h"
#include "tools/report/words.h"

static const char style[] =
	":root{color-scheme:light dark;--ink:#1b1f24;--soft:#57606a;--line:#d0d7de;--paper:#fff;"
	"--card:#f6f8fa;--critical:#a40e26;--high:#bc4c00;--medium:#9a6700;--low:#0969da;"
	"--info:#57606a}"
	"@media(prefers-color-scheme:dark){:root{--ink:#e6edf3;--soft:#9198a1;--line:#30363d;"
	"--paper:#0d1117;--card:#161b22;--critical:#ff7b72;--high:#ffa657;--medium:#e3b341;"
	"--low:#79c0ff;--info:#9198a1}}"
	"*{box-sizing:border-box}body{margin:0 "
	"auto;max-width:64rem;padding:1.5rem;color:var(--ink);"
	"background:var(--paper);font:15px/1.5 system-ui,sans-serif}"
	"h1{font-size:1.1rem;color:var(--soft);font-weight:600;margin:0}"
	".sentence{font-size:1.5rem;line-height:1.35;margin:.4rem 0 1rem}"
	"h2{font-size:1.15rem;margin:2rem 0 .5rem;border-bottom:1px solid var(--line)}"
	".scroll{overflow-x:auto}table{border-collapse:collapse;width:100%}"
	"th,td{text-align:left;padding:.35rem .6rem;border-bottom:1px solid var(--line);"
	"vertical-align:top}th{color:var(--soft);font-weight:600;font-size:.85rem}"
	"td.n{text-align:right;font-variant-numeric:tabular-nums}"
	"code{font:13px ui-monospace,monospace;background:var(--card);padding:.1rem .3rem;"
	"border-radius:4px;overflow-wrap:anywhere}"
	".tag{font-weight:700;text-transform:uppercase;font-size:.75rem;letter-spacing:.03em}"
	".tag.critical{color:var(--critical)}.tag.high{color:var(--high)}"
	".tag.medium{color:var(--medium)}.tag.low{color:var(--low)}.tag.info{color:var(--info)}"
	"article{background:var(--card);border:1px solid var(--line);border-radius:8px;"
	"padding:.8rem 1rem;margin:.8rem 0;break-inside:avoid}article h3{margin:0;font-size:1rem}"
	"dl{display:grid;grid-template-columns:11rem 1fr;gap:.2rem .8rem;margin:.6rem 0}"
	"dt{color:var(--soft)}dd{margin:0;overflow-wrap:anywhere}"
	"ol{margin:.3rem 0;padding-left:1.2rem;font-size:.9rem}summary{cursor:pointer;"
	"color:var(--soft)}figure{margin:1rem "
	"0;overflow-x:auto}svg{width:100%;min-width:40rem;font:12px system-ui,sans-serif}"
	"svg text{fill:var(--ink)}svg .small{font-size:10px;fill:var(--soft)}"
	"svg .critical{fill:var(--critical)}svg .high{fill:var(--high)}svg "
	".medium{fill:var(--medium)}"
	"svg .low{fill:var(--low)}svg .info{fill:var(--info)}svg .tick{stroke:var(--line)}"
	"svg .mark{fill:var(--soft)}svg .hatch{fill:var(--soft);opacity:.5}"
	"svg "
	".on{fill:var(--paper);font-size:10px}figcaption,footer{color:var(--soft);font-size:.85rem}"
	"@media(max-width:40rem){body{padding:.8rem}.sentence{font-size:1.2rem}"
	"dl{grid-template-columns:1fr}dt{margin-top:.4rem}}"
	"@media print{:root{--ink:#000;--paper:#fff;--card:#fff;color-scheme:light}"
	"body{max-width:none;padding:0;font-size:11px}details{display:block}h2{break-after:avoid}}";

static void begin(const struct report *report, FILE *to)
{
	char text[WORDS_TEXT];

	fputs("<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><meta "
	      "name=\"viewport\" "
	      "content=\"width=device-width,initial-scale=1\"><meta http-equiv=\"Content-Security-"
	      "Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\"><title>",
	      to);
	escape_html(report->title, to);
	fprintf(to, "</title><style>%s</style></head><body><main>\n<h1>", style);
	escape_html(report->title, to);
	fputs("</h1><p class=\"sentence\">", to);
	escape_html(words_summary(report, text), to);
	fprintf(to, ".</p>\n<p>From %s", words_time(report->first, text));
	fprintf(to, " to %s (UTC), by %llu events.</p>\n", words_time(report->last, text),
		(unsigned long long)report->events);
}

static void cell(const char *text, FILE *to)
{
	fputs("<td>", to);
	escape_html(text, to);
	fputs("</td>", to);
}

static void row(const struct finding *x, FILE *to)
{
	char text[WORDS_TEXT];

	fprintf(to, "<tr><td><span class=\"tag %s\">%s</span></td><td><a href=\"#x",
		words_severity(x), words_severity(x));
	escape_html(x->id, to);
	fputs("\">", to);
	escape_html(words_service(x, text), to);
	fputs("</a></td>", to);
	cell(words_place(x, text), to);
	cell(words_of(x, "level_name"), to);
	cell(words_of(x, "group"), to);
	cell(words_of(x, "owner"), to);
	cell(words_time(words_of(x, "opened"), text), to);
	fprintf(to, "<td class=\"n\">%s</td></tr>\n", words_of(x, "clients"));
}

static bool belongs(const struct finding *x, bool open, bool unlisted)
{
	return x->unlisted == unlisted && (unlisted || x->open == open);
}

static void table(const struct report *report, const char *title, bool open, bool unlisted,
		  FILE *to)
{
	size_t count = 0;

	for (size_t i = 0; i < report->exposures.count; i++)
		count += belongs(&report->exposures.list[i], open, unlisted);
	if (count == 0)
		return;
	fprintf(to,
		"<h2>%s (%zu)</h2><div class=\"scroll\"><table><thead><tr><th>severity</th>"
		"<th>service</th><th>where</th><th>how far</th><th>group</th><th>owner</th>"
		"<th>since</th><th>clients</th></tr></thead><tbody>\n",
		title, count);
	for (size_t i = 0; i < report->exposures.count; i++)
		if (belongs(&report->exposures.list[i], open, unlisted))
			row(&report->exposures.list[i], to);
	fputs("</tbody></table></div>\n", to);
}

static void term(const char *name, const char *text, FILE *to)
{
	if (*text == '\0')
		return;
	fprintf(to, "<dt>%s</dt><dd>", name);
	escape_html(text, to);
	fputs("</dd>", to);
}

static void sources(const struct finding *x, FILE *to)
{
	const struct tree *list = tree_find(x->event, "spanwatch.exposure.sources");

	if (list == NULL || list->first == NULL)
		return;
	fputs("<dt>who came</dt><dd>", to);
	TREE_EACH(source, list)
	{
		escape_html(tree_or(source, "ip", "?"), to);
		fputs(" (", to);
		escape_html(tree_or(source, "level_name", "?"), to);
		fprintf(to, ")%s", source->next != NULL ? ", " : "");
	}
	fputs("</dd>", to);
}

static void commands(const struct finding *x, FILE *to)
{
	const struct tree *list = tree_find(x->event, "spanwatch.commands");

	if (list == NULL || list->first == NULL)
		return;
	fputs("<dt>commands</dt><dd>", to);
	TREE_EACH(command, list)
	{
		fputs("<code>", to);
		escape_html(tree_or(command, "text", "?"), to);
		fprintf(to, "</code>%s ",
			strcmp(tree_or(command, "accepted", ""), "true") == 0 ? ""
									      : " (not accepted)");
	}
	fputs("</dd>", to);
}

static void story(const struct steps *steps, FILE *to)
{
	char text[WORDS_TEXT];

	fprintf(to, "<details><summary>%zu events</summary><ol>", steps->count);
	for (size_t i = 0; i < steps->count; i++) {
		fprintf(to, "<li><time>%s</time> ", words_time(steps->list[i].time, text));
		escape_html(steps->list[i].reason, to);
		fputs("</li>\n", to);
	}
	fputs("</ol></details>", to);
}

static void receipt(const struct finding *x, FILE *to)
{
	char text[WORDS_TEXT], capture[WORDS_TEXT];

	fputs("<article id=\"x", to);
	escape_html(x->id, to);
	fprintf(to, "\"><h3><span class=\"tag %s\">%s</span> ", words_severity(x),
		words_severity(x));
	escape_html(words_service(x, text), to);
	fputs(" on ", to);
	escape_html(words_place(x, text), to);
	fputs("</h3><dl>", to);
	term("did they get anything?", words_verdict(x, text), to);
	term("the filter changed", words_change(x, text), to);
	term("closed", x->open ? "no" : words_time(words_of(x, "closed"), text), to);
	term("proof", words_proof(x, text), to);
	term("rule", words_of(x, "rule"), to);
	term("group", words_of(x, "group"), to);
	term("owner", words_of(x, "owner"), to);
	sources(x, to);
	commands(x, to);
	term("do", words_action(x, text), to);
	fputs("<dt>verify, from outside</dt><dd><code>", to);
	escape_html(words_check(x, text), to);
	fputs("</code></dd>", to);
	if (*words_of(x, "input.file") != '\0') {
		snprintf(capture, sizeof capture, "%.900s, packet %.20s", words_of(x, "input.file"),
			 words_of(x, "input.packet"));
		term("first seen in", capture, to);
	}
	term("id", x->id, to);
	fputs("</dl>", to);
	story(&x->story, to);
	fputs("</article>\n", to);
}

/* The worst first is the order of the model; servers come once for each client. */
static void inventory(const struct report *report, FILE *to)
{
	static const char *const keys[] = {"server_ip", "server_port", "transport", "protocol",
					   "version",	"client_ip",   "outcome",   "encrypted"};

	if (report->inventory.count == 0)
		return;
	fprintf(to,
		"<h2>Inventory (%zu)</h2><details><summary>who talks to whom</summary><div "
		"class=\"scroll\"><table><thead><tr>",
		report->inventory.count);
	for (size_t k = 0; k < sizeof keys / sizeof *keys; k++)
		fprintf(to, "<th>%s</th>", keys[k]);
	fputs("</tr></thead><tbody>\n", to);
	for (size_t i = 0; i < report->inventory.count; i++) {
		fputs("<tr>", to);
		for (size_t k = 0; k < sizeof keys / sizeof *keys; k++) {
			const char *text = tree_or(report->inventory.list[i], keys[k], "");

			cell(strcmp(text, "null") == 0 ? "" : text, to);
		}
		fputs("</tr>\n", to);
	}
	fputs("</tbody></table></div></details>\n", to);
}

static void blind(const struct report *report, FILE *to)
{
	char text[WORDS_TEXT];

	fputs("<h2>What could not be seen</h2>", to);
	if (report->blind.count == 0) {
		fputs("<p>The sensor told of nothing that it could not see.</p>\n", to);
		return;
	}
	fputs("<ul>", to);
	for (size_t i = 0; i < report->blind.count; i++) {
		fprintf(to, "<li><time>%s</time> ", words_time(report->blind.list[i].time, text));
		escape_html(report->blind.list[i].reason, to);
		fputs("</li>\n", to);
	}
	fputs("</ul>", to);
}

void report_html(const struct report *report, FILE *to)
{
	begin(report, to);
	table(report, "Open now", true, false, to);
	table(report, "Was open, is closed", false, false, to);
	if (report->incidents.count + report->exposures.count != 0)
		fputs("<h2>In time</h2>", to);
	report_timeline(report, to);
	report_owners(report, to);
	if (report->exposures.count != 0)
		fputs("<h2>Each finding</h2>\n", to);
	for (size_t i = 0; i < report->exposures.count; i++)
		if (!report->exposures.list[i].unlisted)
			receipt(&report->exposures.list[i], to);
	table(report, "No rule speaks of these", true, true, to);
	for (size_t i = 0; i < report->exposures.count; i++)
		if (report->exposures.list[i].unlisted)
			receipt(&report->exposures.list[i], to);
	inventory(report, to);
	blind(report, to);
	fputs("</main><footer><p>Made by spanwatch-report " SPANWATCH_VERSION
	      ". What the sentences rest on: spanwatch-trust(7).</p></footer></body></html>\n",
	      to);
}
