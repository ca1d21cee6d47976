/* SPDX-License-Identifier: ISC */
/*
 * What a channel is told next, and when: pure decisions, time comes from outside.
 *
 *	an event ──plan_note()──▶ pending ──due──▶ checked (still so? muted?) ──plan_next()──▶ told
 *
 * Something new, graver, closed or reopened is due after `gather`; only more endpoints of what is
 * known, `every` after the last message. Few that are due are told one by one, many as one digest.
 * Messages are counted against a budget of `burst` in `window`; when it is spent, what is due waits
 * and becomes a digest. In quiet hours only what is severe enough is told; the others are held, and
 * told together at their end.
 */
#ifndef TOOLS_NOTIFY_PLAN_H
#define TOOLS_NOTIFY_PLAN_H

#include "tools/notify/record.h"
#include "tools/notify/settings.h"

#define PLAN_DIGEST_MAX 5000 /* records of one digest */
#define PLAN_RENEW_MS	86400000
#define PLAN_CHECK_MS	60000 /* what was checked so long ago is checked again */

struct moment {
	uint64_t ms;	  /* monotonic */
	uint64_t unix_ms; /* to be shown and stored */
	int day, minute;  /* of the week and the day, local */
};

struct plan {
	const struct channel_settings *channel;
	struct records records;
	bool closes_alone;  /* what was told on its own is closed on its own, even in a storm */
	bool alerts;	    /* Alertmanager: it groups by itself, and forgets what is not renewed */
	uint64_t credit_ms; /* budget: each message costs window / burst */
	uint64_t credited_ms; /* until when it was counted */
};

enum work_kind { WORK_NONE, WORK_ONE, WORK_DIGEST };

struct work {
	enum work_kind kind;
	uint32_t count;
	struct record *records[PLAN_DIGEST_MAX];
	struct standing standings[PLAN_DIGEST_MAX]; /* as they are told */
	bool more;				    /* than there was room for */
};

bool plan_init(struct plan *plan, const struct channel_settings *channel,
	       const struct moment *moment); /* false: out of memory */
void plan_free(struct plan *plan);

/* After something has changed in record->now: is it to be told, and when? */
void plan_note(struct plan *plan, struct record *record, const struct moment *moment);
/* Up to `most` of those that are due, and whose state in Redis has not been looked at lately. */
uint32_t plan_unchecked(struct plan *plan, const struct moment *moment, struct record **to,
			uint32_t most);
/* Redis was looked at. `muted_until_unix_ms`: 0 if it is not. */
void plan_checked(struct plan *plan, struct record *record, const struct moment *moment,
		  uint64_t muted_until_unix_ms);
void plan_next(struct plan *plan, const struct moment *moment, struct work *work);
/* It was told so. `version` is the record's when that was written. */
void plan_told(struct plan *plan, struct record *record, const struct standing *told,
	       const struct moment *moment);
void plan_spend(struct plan *plan, const struct moment *moment);
/* Until something may become due; at most `most`. */
uint64_t plan_wait_ms(const struct plan *plan, const struct moment *moment, uint64_t most);
/* Something is to be told now or soon: not held back by quiet hours, a mute or `every`. */
bool plan_busy(const struct plan *plan, const struct moment *moment);

#endif
