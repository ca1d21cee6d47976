/* SPDX-License-Identifier: ISC */
/*
 * Builds the calls of sensor/redis/apply.lua: which keys, which arguments. A message borrows every
 * text that is added to it until it is sent. Keys: spanwatch-redis(7).
 */
#ifndef SENSOR_REDIS_MESSAGE_H
#define SENSOR_REDIS_MESSAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sensor/journal/journal.h"

#define REDIS_KEY_MAX	 320
#define REDIS_EVENT_KEYS 13
#define REDIS_SHA_TEXT	 41
#define REDIS_FIELDS	 160 /* the most that exposure_fields.h may have */

enum redis_limit {
	REDIS_LIMIT_STREAM, /* entries */
	REDIS_LIMIT_QUEUE,  /* entries */
	REDIS_LIMIT_CLOSED, /* seconds that what is closed stays */
	REDIS_LIMIT_RUN,    /* seconds that a replay stays; 0: live */
	REDIS_LIMITS
};

struct redis_names {
	char sensor[65];
	char prefix[160]; /* "spanwatch:{SITE}:" or "spanwatch:{SITE}:run:RUN:" */
	char limits[REDIS_LIMITS][12];
	char heartbeat_ttl[12];
	char sha[REDIS_SHA_TEXT];
	const char
		*moving[REDIS_FIELDS]; /* names of the fields that move with each event; sorted */
	size_t moving_count;
};

struct redis_limits {
	uint32_t stream_maxlen, queue_maxlen;
	uint32_t closed_keep_s, run_keep_s, heartbeat_ttl_s;
};

void redis_names_set(struct redis_names *names, const char *sensor, const char *site,
		     const char *run); /* NULL: live */
void redis_names_limits(struct redis_names *names, const struct redis_limits *limits);

struct redis_message {
	const char **arguments;
	size_t *lengths;
	size_t count, capacity;
	bool failed;	/* out of memory */
	size_t last_at; /* index of the argument that says which is the last value that moves */
	/* Storage for what is made for this message. */
	char keys[REDIS_EVENT_KEYS][REDIS_KEY_MAX];
	char channel[REDIS_KEY_MAX], sequence[24], after[64], last[12], digest[17];
};

void redis_message_free(struct redis_message *message);

/* Each begins a new message. `after`: "epoch sequence" of the event in flight before it, or "". */
void redis_message_event(struct redis_message *message, const struct redis_names *names,
			 const struct journal_row *row, const char *after);
void redis_message_heartbeat(struct redis_message *message, const struct redis_names *names,
			     const char *packed, size_t length);
void redis_message_coverage(struct redis_message *message, const struct redis_names *names,
			    const char *packed, size_t length);

#endif
