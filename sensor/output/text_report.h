/* SPDX-License-Identifier: ISC */
/* The closing report, and the incidents that it needs to remember; for sink_text.c. */
#ifndef SENSOR_TEXT_REPORT_H
#define SENSOR_TEXT_REPORT_H

#include <stdio.h>

#include "sensor/engine/engine.h"
#include "sensor/event/event_words.h"

#define REPORT_INCIDENTS 64
#define REPORT_NOTES	 16

/* The last state of an incident. Its own copies: a policy may be gone when the report is made. */
struct report_incident {
	struct incident_view view;
#define REPORT_TEXT(name, member, ...) char member[POLICY_NAME_MAX];
	POLICY_FIELDS(REPORT_TEXT)
#undef REPORT_TEXT
};

/* What the sensor could not see, by cause. */
struct report_blindness {
	char interface[64]; /* the latest */
	uint64_t times, total_ns, since_ns;
	bool holds;
};

struct text_report {
	FILE *out;
	bool terminal;
	const struct event_context *context;
	uint64_t events, alerts;
	char notes[REPORT_NOTES][256];
	size_t note_count;
	size_t incident_count, incidents_forgotten; /* forgotten: more than there is room for */
	struct report_incident incidents[REPORT_INCIDENTS];
	struct report_blindness blindness[BLIND_CAUSES];
};

/*
 * True if its incident counts more endpoints that have no events of their own than it did before.
 */
bool text_report_note(struct text_report *report, const struct event *event);
/* What was not looked at, in words; "" where there is nothing to say. */
struct text_unseen {
	const char *all;  /* why "nothing found" would say nothing */
	const char *some; /* kinds of packets that were not read: unread_text() */
};

void text_report_print(const struct text_report *report, const struct engine *engine,
		       const struct policy *policy, const struct text_unseen *unseen);

#endif
