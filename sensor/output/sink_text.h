/* SPDX-License-Identifier: ISC */
/*
 * Events as a network engineer wants to read them at night: when, how bad, what, where, who, since
 * when, what to do. One line and a few indented ones for each; colour only on a terminal. For
 * people: the layout is not a contract (JSON is).
 */
#ifndef SENSOR_SINK_TEXT_H
#define SENSOR_SINK_TEXT_H

#include <stdbool.h>
#include <stdio.h>

#include "sensor/engine/engine.h"
#include "sensor/event/event_words.h"
#include "sensor/output/text_report.h"

struct sink_text;

/* `out` and `context` must outlive it. NULL: out of memory. */
struct sink_text *sink_text_new(FILE *out, bool terminal, const struct event_context *context);
void sink_text_free(struct sink_text *sink); /* NULL is allowed */

/* False: it could not be written. */
bool sink_text_event(struct sink_text *sink, const struct event *event);

/* A line for the beginning of the report. */
void sink_text_note(struct sink_text *sink, const char *line);

/* What there is to say at the end: incidents, exposures, walls, and a line of numbers. */
bool sink_text_report(struct sink_text *sink, const struct engine *engine,
		      const struct policy *policy, const struct text_unseen *unseen);

#endif
