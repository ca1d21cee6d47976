/* SPDX-License-Identifier: ISC */
/*
 * Builds the calls of sensor/redis/apply.lua: which keys, which arguments. A message copies every
 * text that is added to it. Keys: spanwatch-redis(7).
 */
#ifndef SENSOR_REDIS_MESSAGE_H
#define SENSOR_REDIS_MESSAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sensor/journal/journal.h"
#include "sensor/redis/redis_digests.h"

#define REDIS_KEY_MAX	    320
#define REDIS_SHA_TEXT	    41
#define REDIS_FIELDS	    160 /* the most that exposure_fields.h may have */
#define REDIS_IDENTITY_TEXT 25
#define REDIS_FLEET_JSON    800
#define REDIS_AFTER_TEXT    48 /* "epoch sequence" */

enum redis_limit {
	REDIS_LIMIT_STREAM, /* entries */
	REDIS_LIMIT_QUEUE,  /* entries */
	REDIS_LIMIT_CLOSED, /* seconds that what is closed stays */
	REDIS_LIMIT_RUN,    /* seconds that a replay stays; 0: live */
	REDIS_LIMITS
};

/* What becomes of a flat field: it moves with each event or hardly ever; it stands in the stream
 * beside the JSON or only in it; of those that move, it is one of the exposure's hash or not. In
 * the order in which they stand in a message; the JSON is between SHOWN and SELDOM_SHOWN. */
enum redis_place {
	REDIS_DERIVED, /* only of the hash */
	REDIS_HASHED,
	REDIS_HASHED_SHOWN,
	REDIS_SHOWN,
	REDIS_SELDOM_SHOWN,
	REDIS_SELDOM_HIDDEN,
	REDIS_HIDDEN, /* moves, and is only in the JSON */
	REDIS_PLACES
};

/* What the script looks at in every event: it is told where these stand, in this order. */
#define REDIS_LOOKED(X)                                                                            \
	X(kind)                                                                                    \
	X(id)                                                                                      \
	X(ts)                                                                                      \
	X(created)                                                                                 \
	X(exposure)                                                                                \
	X(incident)                                                                                \
	X(incident_state)                                                                          \
	X(state)                                                                                   \
	X(level)                                                                                   \
	X(level_name)                                                                              \
	X(severity)                                                                                \
	X(severity_number)                                                                         \
	X(reason)                                                                                  \
	X(opened)                                                                                  \
	X(first_answer)                                                                            \
	X(last_answer)                                                                             \
	X(last_seen)                                                                               \
	X(last_seen_s)                                                                             \
	X(changed_after)                                                                           \
	X(changed_before)                                                                          \
	X(closed)                                                                                  \
	X(flows)                                                                                   \
	X(bytes_in)                                                                                \
	X(bytes_out)                                                                               \
	X(logins_failed)                                                                           \
	X(logins_succeeded)                                                                        \
	X(messages)

struct redis_named {
	const char *name;
	enum redis_place place;
};

struct redis_names {
	char sensor[65], site[65];
	char prefix[160]; /* "spanwatch:{SITE}:" or "spanwatch:{SITE}:run:RUN:" */
	char limits[REDIS_LIMITS][12];
	char heartbeat_ttl[12];
	char sha[REDIS_SHA_TEXT];
	char identity
		[REDIS_IDENTITY_TEXT]; /* of this process; of two, the later one's is greater */
	struct redis_named fields[REDIS_FIELDS]; /* sorted by name */
	size_t field_count;
};

struct redis_limits {
	uint32_t stream_maxlen, queue_maxlen;
	uint32_t closed_keep_s, run_keep_s, heartbeat_ttl_s;
};

void redis_names_set(struct redis_names *names, const char *sensor, const char *site,
		     const char *run); /* NULL: live */
void redis_names_limits(struct redis_names *names, const struct redis_limits *limits);
/* Where a field stands; of an unknown one REDIS_SELDOM_HIDDEN. */
enum redis_place redis_names_place(const struct redis_names *names, const char *name);

/* Texts one after the other; where each begins. */
struct redis_words {
	char *bytes;
	size_t used, size;
	size_t *starts, *lengths;
	size_t count, capacity;
	bool failed; /* out of memory */
};

struct redis_message {
	struct redis_words keys, words; /* words: the arguments of the script */
	/* All of it, once it is finished; valid until the next message begins. */
	const char **arguments;
	size_t *lengths;
	size_t count, capacity;
	size_t events, counted_at; /* of a batch; the word that says how many */
	bool failed;		   /* out of memory */
	struct redis_digests digests;
	bool whole; /* what seldom changes is sent with every event */
};

void redis_message_free(struct redis_message *message);

/* Events, up to `events` of one call. `after`: "epoch sequence" of what must have been applied
 * before, or "". Then redis_message_finish(). */
void redis_message_events(struct redis_message *message, const struct redis_names *names,
			  const char *after);
void redis_message_add(struct redis_message *message, const struct redis_names *names,
		       const struct journal_row *row);
size_t redis_message_bytes(const struct redis_message *message);

/* Each begins a new message. */
void redis_message_hello(struct redis_message *message, const struct redis_names *names);
/* A heartbeat: the pairs of `beat`, all or those that have changed. */
struct redis_beat {
	const char *expected,
		*waiting; /* numbers: exposures that it holds open, events that wait */
	const char *state;
	const char *fleet; /* JSON: what is shown of it beside all others */
	bool full;
	const char *packed;
	size_t length;
};

void redis_message_heartbeat(struct redis_message *message, const struct redis_names *names,
			     const struct redis_beat *beat);
/* `full`: lines that are not there have gone. */
void redis_message_coverage(struct redis_message *message, const struct redis_names *names,
			    bool full, const char *packed, size_t length);

/* Fills `arguments`. False: out of memory. */
bool redis_message_finish(struct redis_message *message, const struct redis_names *names);

#endif
