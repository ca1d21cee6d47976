/* SPDX-License-Identifier: ISC */
/*
 * Collects the diagnostics of one load into struct policy_messages. Text of the file that goes
 * into a message is made harmless here (control characters become '?') and is cut to fit.
 */
#ifndef POLICY_REPORT_H
#define POLICY_REPORT_H

#include <stdbool.h>
#include <stddef.h>

#include "policy/policy.h"

/* A place in a file; both count from 1, 0 means the whole file. */
struct mark {
	unsigned line, column;
	uint16_t file; /* 0: the policy itself, else that many-th of those that it includes */
};

struct report {
	struct policy_messages *messages;
	size_t unshown; /* beyond LIMIT_MESSAGES */
	uint16_t file;	/* that is being read: of marks that are made */
	unsigned suggestions;
};

void report_error(struct report *report, struct mark at, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
void report_warning(struct report *report, struct mark at, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* The number of a file that marks name from now on, if `file` of the report is set to it. */
uint16_t report_file(struct report *report, const char *path);

/* Puts the messages into the order of the file, and says how many were left out. */
void report_finish(struct report *report);

/*
 * The "did you mean" part of a message. Offer candidates one by one; `text` is then either empty or
 * ` (did you mean "x"?)`: the candidate that begins with what was written, else the nearest.
 */
struct suggestion {
	const char *wrong, *best, *begins;
	unsigned distance;
	bool active;
	char text[POLICY_NAME_MAX + 24];
};
void report_suggest_begin(struct report *report, struct suggestion *suggestion, const char *wrong);
void report_suggest_offer(struct suggestion *suggestion, const char *candidate);
const char *report_suggest_text(struct suggestion *suggestion);

#endif
