/* SPDX-License-Identifier: ISC */
/*
 * What a channel was told, and what it has to be told: one record for each incident, for each
 * exposure of none, and for each trouble of a sensor. The table is in memory as long as the program
 * runs; each change of a record is written to the hash `notified:CHANNEL` of Redis before the event
 * that made it is acknowledged, so that a restart finds what was told and what was not.
 */
#ifndef TOOLS_NOTIFY_RECORD_H
#define TOOLS_NOTIFY_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "policy/policy.h"
#include "tools/notify/body.h"

#define RECORD_ID    96
#define RECORD_REF   96
#define RECORD_LINE  256
#define RECORD_STATE 24
#define RECORDS_MAX  100000 /* of a channel */

/* What an event says of it, or what was told. */
struct standing {
	char state[RECORD_STATE]; /* "": never */
	uint8_t level, severity;  /* enum level, enum policy_severity */
	uint32_t members, open;	  /* of an incident */
	uint32_t reopened;
};

struct record {
	struct record *in_bucket, *before, *after, *dirty_next;
	char id[RECORD_ID];	/* of the incident or exposure; "sensor:NAME:CAUSE"; "note:EVENT" */
	char event[40];		/* the id of the last event about it */
	char ref[RECORD_REF];	/* by which the other end knows its first message; "" */
	char line[RECORD_LINE]; /* its last sentence */
	struct standing now, told;
	uint64_t told_unix_ms;
	uint64_t told_ms, due_ms, checked_ms, first_ms; /* of the monotonic clock; 0: never */
	uint32_t tellings, refusals;
	uint32_t version; /* moves with each event */
	bool incident;	  /* else an exposure, or what has no hash of its own */
	bool pending;	  /* in the list of those that may have to be told */
	bool held;	  /* by quiet hours */
	bool dirty;	  /* its list holds it */
	bool busy;	  /* something is under way: it must not go away */
	bool gone;	  /* to be deleted in Redis */
};

struct records {
	struct record **buckets;
	struct record *first, *last;		 /* pending */
	struct record *dirty_first, *dirty_last; /* not yet written */
	size_t count, pending, hand;
	uint64_t refused; /* there was no room: never told */
};

bool records_init(struct records *records); /* false: out of memory */
void records_free(struct records *records);
struct record *records_find(const struct records *records, const char *id);
/* A new one; NULL: no room, or the id is too long. What is over makes room for it. */
struct record *records_add(struct records *records, const char *id);
void records_drop(struct records *records, struct record *record); /* frees it */
void records_pend(struct records *records, struct record *record, bool pending);
void records_dirty(struct records *records, struct record *record);
void records_all_dirty(struct records *records);
/* Another one that is open was told under the same `ref`. */
bool records_open_with(const struct records *records, const struct record *record);
struct record *records_take_dirty(struct records *records); /* NULL: none */

/* Nothing more is to come of it: closed, merged, sighted, gone. */
bool standing_over(const struct standing *standing);

bool standing_equal(const struct standing *a, const struct standing *b);

enum change { CHANGE_NONE, CHANGE_MINOR, CHANGE_MAJOR };
/* What a channel that was told `told` has not heard of `now`. */
enum change standing_change(const struct standing *now, const struct standing *told);

/* The value in the hash, one JSON object, and the way back. False: it is none. */
void record_write(const struct record *record, struct body *body);
bool record_read(struct record *record, const char *json);

#endif
