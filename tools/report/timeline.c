/* SPDX-License-Identifier: ISC */
/*
 * Incidents in time: a bar from the change to the proof of closing. The part of which only is known
 * that the change lies within it is hatched; what is open has no end on the right.
 */
#include <string.h>

#include "tools/report/escape.h"
#include "tools/report/words.h"

#define WIDTH	 960.0
#define LEFT	 250.0
#define ROW	 26.0
#define ROWS_MAX 60

struct scale {
	double first, last;
};

static double at(const struct scale *scale, double seconds)
{
	double x = LEFT +
		   (WIDTH - LEFT - 20) * (seconds - scale->first) / (scale->last - scale->first);

	return x < LEFT ? LEFT : x > WIDTH - 20 ? WIDTH - 20 : x;
}

static double begin_of(const struct finding *finding)
{
	double after = words_seconds(words_of(finding, "changed_after"));

	return after >= 0 ? after : words_seconds(words_of(finding, "opened"));
}

static double end_of(const struct finding *finding, const struct report *report)
{
	double closed = words_seconds(words_of(finding, "closed"));

	return closed >= 0 && !finding->open ? closed : words_seconds(report->last);
}

static struct scale scale_of(const struct report *report, const struct findings *findings)
{
	struct scale scale = {.first = words_seconds(report->first),
			      .last = words_seconds(report->last)};

	for (size_t i = 0; i < findings->count; i++) {
		double begin = begin_of(&findings->list[i]);

		if (begin >= 0 && begin < scale.first)
			scale.first = begin;
	}
	if (scale.last - scale.first < 1)
		scale.last = scale.first + 1;
	return scale;
}

static void draw_ticks(const struct scale *scale, double height, FILE *to)
{
	static const double steps[] = {1,     5,     15,    60,	    300,     900,     3600,
				       14400, 43200, 86400, 604800, 2592000, 31536000};
	double step = steps[0];

	for (size_t i = 0;
	     i < sizeof steps / sizeof *steps && (scale->last - scale->first) / step > 8; i++)
		step = steps[i];
	for (double t = step * (double)(long)(scale->first / step + 1); t < scale->last;
	     t += step) {
		unsigned long day = (unsigned long)t % 86400;

		fprintf(to,
			"<line class=\"tick\" x1=\"%.1f\" x2=\"%.1f\" y1=\"0\" y2=\"%.0f\"/><text "
			"class=\"small\" x=\"%.1f\" y=\"%.0f\">%02lu:%02lu:%02lu</text>\n",
			at(scale, t), at(scale, t), height, at(scale, t) + 3, height - 2,
			day / 3600, day / 60 % 60, day % 60);
	}
}

static void draw_bar(const struct report *report, const struct finding *finding,
		     const struct scale *scale, double y, FILE *to)
{
	double sure = words_seconds(words_of(finding, "opened"));
	double begin = at(scale, begin_of(finding)), opened = at(scale, sure);
	double end = at(scale, end_of(finding, report));
	const char *group = words_of(finding, "group");

	fprintf(to, "<text x=\"0\" y=\"%.0f\">", y + 16);
	escape_html(*group != '\0' ? group : words_of(finding, "rule"), to);
	fprintf(to,
		"</text><rect class=\"%s\" x=\"%.1f\" y=\"%.0f\" width=\"%.1f\" height=\"16\" "
		"rx=\"2\"><title>",
		words_severity(finding), opened, y + 4, end - opened < 3 ? 3 : end - opened);
	escape_html(tree_or(finding->event, "event.reason", ""), to);
	fputs("</title></rect>\n", to);
	if (opened - begin > 0.5)
		fprintf(to,
			"<rect fill=\"url(#maybe)\" x=\"%.1f\" y=\"%.0f\" width=\"%.1f\" "
			"height=\"16\"><title>the change lies within</title></rect>\n",
			begin, y + 4, opened - begin);
	if (finding->open)
		fprintf(to, "<text class=\"on\" x=\"%.1f\" y=\"%.0f\">open</text>\n", end - 28,
			y + 15);
	for (size_t i = 0; i < finding->story.count; i++)
		fprintf(to, "<circle class=\"mark\" cx=\"%.1f\" cy=\"%.0f\" r=\"2\"/>",
			at(scale, words_seconds(finding->story.list[i].time)), y + 22);
}

void report_timeline(const struct report *report, FILE *to)
{
	const struct findings *findings =
		report->incidents.count != 0 ? &report->incidents : &report->exposures;
	size_t rows = findings->count < ROWS_MAX ? findings->count : ROWS_MAX;
	struct scale scale = scale_of(report, findings);
	double height = ROW * (double)rows + 20;

	if (rows == 0)
		return;
	fprintf(to,
		"<figure><svg viewBox=\"0 0 %.0f %.0f\" role=\"img\" aria-label=\"Incidents in "
		"time\"><defs><pattern id=\"maybe\" width=\"6\" height=\"6\" "
		"patternUnits=\"userSpaceOnUse\" patternTransform=\"rotate(45)\"><rect width=\"3\" "
		"height=\"6\" class=\"hatch\"/></pattern></defs>\n",
		WIDTH, height);
	draw_ticks(&scale, height, to);
	for (size_t i = 0; i < rows; i++)
		draw_bar(report, &findings->list[i], &scale, ROW * (double)i, to);
	fputs("</svg><figcaption>Bars begin with the change of the filter (hatched: it lies "
	      "within) and "
	      "end with the proof that it is closed; dots are what was told. Times are UTC.",
	      to);
	if (findings->count > rows)
		fprintf(to, " %zu more are not drawn.", findings->count - rows);
	fputs("</figcaption></figure>\n", to);
}
