/* SPDX-License-Identifier: ISC */
/* See sink_text.h. Texts of the policy pass printable_copy(); those of packets already did. */
#include "sensor/output/sink_text.h"

#include <stdlib.h>
#include <string.h>

#include "sensor/base/printable.h"
#include "sensor/output/text_exposure.h"
#include "sensor/output/text_report.h"
#include "sensor/output/text_words.h"

struct sink_text {
	struct text_report report;
};

struct sink_text *sink_text_new(FILE *out, bool terminal, const struct event_context *context)
{
	struct sink_text *sink = calloc(1, sizeof *sink);

	if (sink == NULL)
		return NULL;
	sink->report.out = out;
	sink->report.terminal = terminal;
	sink->report.context = context;
	return sink;
}

void sink_text_free(struct sink_text *sink)
{
	free(sink);
}

/* What happened, in one word: the rung that was reached, or the second half of the kind. */
static const char *word_of(const struct event *event)
{
	if (event->has_incident && !event->has_exposure)
		return event->kind == EVENT_INCIDENT_CLOSED ? "over" : "INCIDENT";
	if (event->kind == EVENT_EXPOSURE_OPENED || event->kind == EVENT_EXPOSURE_ESCALATED)
		return level_name(event->exposure.level);
	return strchr(event_kind_name(event->kind), '.') + 1;
}

/* "2015-02-03 04:05:06.123  CRITICAL  reachable  what happened, in a sentence" */
static void print_line(const struct text_report *report, const struct event *event)
{
	char time[TEXT_TIME];

	fprintf(report->out, "%s  %s%-8s%s  %-9s  %s\n", text_time(event->ts_ns, time),
		text_paint(event->severity, report->terminal), text_severity(event->severity),
		text_paint_end(report->terminal), word_of(event), text_safe(event->reason).text);
}

/* An alarm says as well whom to call and what to do. */
static void print_alarm(const struct text_report *report, const struct event *event)
{
	const struct incident_view *incident = &event->incident;
	const struct exposure_view *exposure = &event->exposure;

	if (event->has_exposure) {
		text_exposure_rule(report->out, exposure);
		text_exposure_advice(report->out, exposure);
	} else if (event->has_incident) {
		text_incident_rule(report->out, incident);
	}
}

/*
 * Not worth a line: that a member joined its incident (the exposure's own line has just said so;
 * but many of them have none),
 * and in a replay the summaries, because a report with all of them ends it.
 */
static bool is_repetition(const struct text_report *report, const struct event *event,
			  bool crowd_grew)
{
	if (event->kind == EVENT_INCIDENT_UPDATED)
		return !event->alert && !crowd_grew;
	return event->kind == EVENT_EXPOSURE_SUMMARY && report->context->replay;
}

bool sink_text_event(struct sink_text *sink, const struct event *event)
{
	const struct text_report *report = &sink->report;
	bool crowd_grew;

	crowd_grew = text_report_note(&sink->report, event);
	if (is_repetition(report, event, crowd_grew))
		return true;
	print_line(report, event);
	if (event->alert)
		print_alarm(report, event);
	return fflush(report->out) == 0 && !ferror(report->out);
}

bool sink_text_report(struct sink_text *sink, const struct engine *engine,
		      const struct policy *policy, const struct text_unseen *unseen)
{
	text_report_print(&sink->report, engine, policy, unseen);
	return fflush(sink->report.out) == 0 && !ferror(sink->report.out);
}

void sink_text_note(struct sink_text *sink, const char *line)
{
	struct text_report *report = &sink->report;

	if (report->note_count < REPORT_NOTES)
		printable_copy(report->notes[report->note_count++], sizeof report->notes[0], line);
}
