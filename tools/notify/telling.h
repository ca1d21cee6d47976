/* SPDX-License-Identifier: ISC */
/*
 * One message before it has a form: what all channels say of it. Texts are printable (subject.h);
 * how each form keeps them from meaning more than letters is its own affair (shapes.h).
 */
#ifndef TOOLS_NOTIFY_TELLING_H
#define TOOLS_NOTIFY_TELLING_H

#include "tools/notify/plan.h"
#include "tools/notify/settings.h"
#include "tools/notify/subject.h"

#define TELLING_FACTS 18
#define TELLING_LINES 24

struct fact {
	const char *name, *key; /* for people; for programs */
	char value[600];
};

struct telling {
	const struct channel_settings *channel;
	enum { TELLING_OPENED, TELLING_UPDATED, TELLING_CLOSED, TELLING_NOTE, TELLING_DIGEST } kind;
	char id[RECORD_ID];	 /* of what it is about; a digest has one of its own */
	char ref[RECORD_REF];	 /* of the first message about it; "" */
	char delivery[33];	 /* the same for a repetition of the same message, and only then */
	char delivery_first[33]; /* of the first message about it */
	char title[400];	 /* one line */
	char sentence[600];
	char link[512]; /* "" if there is no dashboard */
	const char *site;
	uint8_t severity;	 /* enum policy_severity */
	uint8_t severity_before; /* as it was told last */
	uint64_t unix_ms;	 /* when it is told */
	uint32_t number;	 /* which message about it, from 1 */
	bool over;		 /* nothing more will come, for now */
	bool test;
	const char *opened, *closed;   /* RFC 3339; "" */
	const struct subject *subject; /* NULL: a digest or a note */
	struct fact facts[TELLING_FACTS];
	uint32_t fact_count;
	char lines[TELLING_LINES][300]; /* endpoints of an incident, or what a digest tells */
	uint32_t line_count;
	uint64_t lines_left;	   /* that are not among them */
	const struct work *digest; /* NULL: no digest */
};

/* Where it is said. */
struct place {
	const char *site, *dashboard;
	const char *run; /* of a replay; NULL: live */
};

void telling_of(struct telling *telling, const struct plan *plan, const struct record *record,
		const struct subject *subject, const struct place *place);
/* Of many; the worst are shown. */
void telling_digest(struct telling *telling, const struct plan *plan, const struct work *work,
		    const struct place *place, uint64_t unix_ms);
void telling_test(struct telling *telling, const struct channel_settings *channel,
		  const struct place *place, uint64_t unix_ms);

#endif
