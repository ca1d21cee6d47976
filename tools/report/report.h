/* SPDX-License-Identifier: ISC */
/*
 * spanwatch-report: what was found, for people who were not there. Events in, one document out.
 * Manual: spanwatch-report(1).
 *
 * report_read() and report_line() fill the model; the writers only read it. Every text in it was
 * made printable, and is an attacker's none the less: each writer escapes for its own format.
 * Running out of memory ends the program.
 */
#ifndef TOOLS_REPORT_REPORT_H
#define TOOLS_REPORT_REPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "tools/lib/tree.h"

/* One event of a story. */
struct step {
	char *time, *action, *reason;
};

struct steps {
	struct step *list;
	size_t count, room;
};

/* An exposure or an incident: its newest event says all that is known; the story is how it came. */
struct finding {
	char *id;
	struct tree *event;
	struct steps story;
	size_t order; /* in which it was first told */
	int severity, level;
	bool open, unlisted;
};

struct findings {
	struct finding *list;
	size_t count, room;
	size_t *index; /* by the hash of the id, 1 more than the place; gone once they are sorted */
	size_t index_room;
};

/* A line of an inventory, or of what the sensor could not see. */
struct trees {
	struct tree **list;
	size_t count, room;
};

struct report {
	struct findings exposures, incidents;
	struct steps blind; /* what the sensor could not see, said of itself */
	struct trees inventory;
	char *first, *last;	/* time of the first and the last event; NULL: there was none */
	uint64_t events, wrong; /* lines that are events, and that are not */
	const char *title;
};

/* One line of JSON: an event, or a line of an inventory. */
void report_line(void *report, const char *line);
/* When all is read: the worst first, and open before closed. */
void report_settle(struct report *report);
void report_free(struct report *report);

void report_html(const struct report *report, FILE *to);
void report_markdown(const struct report *report, FILE *to);
void report_csv(const struct report *report, FILE *to);
void report_json(const struct report *report, FILE *to);
/* Per owner: how many opened and closed, how long they were open; as a table of HTML. */
void report_owners(const struct report *report, FILE *to);
/* The incidents as bars in time, as SVG within HTML. */
void report_timeline(const struct report *report, FILE *to);

#endif
