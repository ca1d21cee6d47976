/* SPDX-License-Identifier: ISC */
/* See redis_message.h. The order of keys and arguments is that of the head of apply.lua. */
#include "sensor/redis/redis_message.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sensor/base/hash.h"
#include "sensor/event/exposure_fields.h"

#define HEAD	      3		/* EVALSHA, the digest of the script, how many keys */
#define SILENT_KEEP_S "2592000" /* 30 days */

/* What the script merges, and what is another with each event. The rest of an event is written to
 * Redis only when it has changed. */
#define MOVES_SELDOM				       false
#define MOVES_EACH				       true
#define MOVES_NEWEST				       true
#define MOVES_EARLIEST				       true
#define MOVES_LATEST				       true
#define MOVES_HIGHEST				       true
#define MOVES_TOTAL				       true
#define MOVES_CHANGE				       true
#define MOVES_LINK				       true
#define ROW(name, member, type, from, tag, merge, ...) {#name, MOVES_##merge},
#define OTHER(name, merge)			       {#name, MOVES_##merge},

static const struct {
	const char *name;
	bool moves;
} all_fields[] = {EXPOSURE_FIELDS(ROW) EVENT_FIELDS(OTHER)};

_Static_assert(sizeof all_fields / sizeof *all_fields <= REDIS_FIELDS, "REDIS_FIELDS");

static int compare_names(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void set_moving(struct redis_names *names)
{
	names->moving_count = 0;
	for (size_t i = 0; i < sizeof all_fields / sizeof *all_fields; i++) {
		if (all_fields[i].moves)
			names->moving[names->moving_count++] = all_fields[i].name;
	}
	qsort(names->moving, names->moving_count, sizeof *names->moving, compare_names);
}

void redis_names_set(struct redis_names *names, const char *sensor, const char *site,
		     const char *run)
{
	snprintf(names->sensor, sizeof names->sensor, "%s", sensor);
	snprintf(names->prefix, sizeof names->prefix, "spanwatch:{%.64s}:%s%.64s%s", site,
		 run != NULL ? "run:" : "", run != NULL ? run : "", run != NULL ? ":" : "");
	set_moving(names);
}

void redis_names_limits(struct redis_names *names, const struct redis_limits *limits)
{
	const uint32_t numbers[REDIS_LIMITS] = {
		[REDIS_LIMIT_STREAM] = limits->stream_maxlen,
		[REDIS_LIMIT_QUEUE] = limits->queue_maxlen,
		[REDIS_LIMIT_CLOSED] = limits->closed_keep_s,
		[REDIS_LIMIT_RUN] = limits->run_keep_s,
	};

	for (size_t i = 0; i < REDIS_LIMITS; i++)
		snprintf(names->limits[i], sizeof names->limits[i], "%" PRIu32, numbers[i]);
	snprintf(names->heartbeat_ttl, sizeof names->heartbeat_ttl, "%" PRIu32,
		 limits->heartbeat_ttl_s);
}

void redis_message_free(struct redis_message *message)
{
	free(message->arguments);
	free(message->lengths);
	message->arguments = NULL;
	message->lengths = NULL;
	message->count = message->capacity = 0;
}

static bool grow(struct redis_message *message)
{
	size_t capacity = message->capacity != 0 ? message->capacity * 2 : 256;
	const char **arguments =
		reallocarray(message->arguments, capacity, sizeof *message->arguments);
	size_t *lengths;

	if (arguments == NULL)
		return false;
	message->arguments = arguments;
	lengths = reallocarray(message->lengths, capacity, sizeof *message->lengths);
	if (lengths == NULL)
		return false;
	message->lengths = lengths;
	message->capacity = capacity;
	return true;
}

static void add_bytes(struct redis_message *message, const char *bytes, size_t length)
{
	if (message->count == message->capacity)
		message->failed = message->failed || !grow(message);
	if (message->failed)
		return;
	message->arguments[message->count] = bytes;
	message->lengths[message->count++] = length;
}

static void add(struct redis_message *message, const char *text)
{
	add_bytes(message, text, strlen(text));
}

static void add_packed(struct redis_message *message, const char *packed, size_t length)
{
	for (const char *p = packed; p < packed + length; p += strlen(p) + 1)
		add(message, p);
}

static bool is_moving(const struct redis_names *names, const char *name)
{
	return bsearch(&name, names->moving, names->moving_count, sizeof *names->moving,
		       compare_names) != NULL;
}

/* Adds the pairs that move, or those that do not. Returns a digest of them. */
static uint64_t add_pairs(struct redis_message *message, const struct redis_names *names,
			  const struct journal_row *row, bool wanted)
{
	const char *end = row->fields + row->fields_length;
	uint64_t digest = 0;

	for (const char *name = row->fields; name < end;) {
		size_t name_length = strlen(name);
		const char *value = name + name_length + 1;
		size_t value_length = value < end ? strlen(value) : 0;

		if (value >= end)
			break;
		if (is_moving(names, name) == wanted) {
			add_bytes(message, name, name_length);
			add_bytes(message, value, value_length);
			digest = hash_bytes(name, name_length + 1 + value_length + 1, digest);
		}
		name = value + value_length + 1;
	}
	return digest;
}

static void begin(struct redis_message *message, const struct redis_names *names,
		  const char *key_count)
{
	message->count = 0;
	message->failed = false;
	add(message, "EVALSHA");
	add(message, names->sha);
	add(message, key_count);
}

static void add_key(struct redis_message *message, size_t index, const struct redis_names *names,
		    const char *name, const char *id, const char *tail)
{
	snprintf(message->keys[index], REDIS_KEY_MAX, "%s%s%s%s", names->prefix, name, id, tail);
	add(message, message->keys[index]);
}

/* Two texts that are known only when all is there: `last` as the script counts, in ARGV from 1. */
static void settle(struct redis_message *message, size_t last, uint64_t digest)
{
	if (message->failed)
		return;
	snprintf(message->last, sizeof message->last, "%zu", last);
	snprintf(message->digest, sizeof message->digest, "%016" PRIx64, digest);
	message->lengths[message->last_at] = strlen(message->last);
	message->lengths[message->last_at + 1] = strlen(message->digest);
}

void redis_message_event(struct redis_message *message, const struct redis_names *names,
			 const struct journal_row *row, const char *after)
{
	const char *exposure = row->exposure[0] != '\0' ? row->exposure : "none";
	const char *incident = row->incident[0] != '\0' ? row->incident : "none";
	uint64_t digest;
	size_t last;

	begin(message, names, "13");
	add_key(message, 0, names, "events", "", "");
	add_key(message, 1, names, "applied", "", "");
	add_key(message, 2, names, "exposure:", exposure, "");
	add_key(message, 3, names, "incident:", incident, "");
	add_key(message, 4, names, "incident:", incident, ":members");
	add_key(message, 5, names, "open", "", "");
	add_key(message, 6, names, "open:severity", "", "");
	add_key(message, 7, names, "queue", "", "");
	add_key(message, 8, names, "ids", "", "");
	add_key(message, 9, names, "queue:lost", "", "");
	add_key(message, 10, names, "open:incidents", "", "");
	add_key(message, 11, names, "sensors", "", "");
	add_key(message, 12, names, "schema", "", "");
	snprintf(message->channel, sizeof message->channel, "%slive", names->prefix);
	snprintf(message->sequence, sizeof message->sequence, "%" PRIu64, row->sequence);
	snprintf(message->after, sizeof message->after, "%s", after);
	add(message, "event");
	add(message, names->sensor);
	add(message, row->epoch);
	add(message, message->sequence);
	add(message, message->after);
	for (size_t i = 0; i < REDIS_LIMITS; i++)
		add(message, names->limits[i]);
	add(message, message->channel);
	message->last_at = message->count;
	add(message, message->last);
	add(message, message->digest);
	add(message, "json");
	add_bytes(message, row->json, row->json_length);
	add_pairs(message, names, row, true);
	last = message->count - HEAD - REDIS_EVENT_KEYS;
	digest = add_pairs(message, names, row, false);
	settle(message, last, digest);
}

void redis_message_heartbeat(struct redis_message *message, const struct redis_names *names,
			     const char *packed, size_t length)
{
	begin(message, names, "7");
	add_key(message, 0, names, "sensor:", names->sensor, "");
	add_key(message, 1, names, "sensors", "", "");
	add_key(message, 2, names, "sensors:state", "", "");
	add_key(message, 3, names, "coverage", "", "");
	add_key(message, 4, names, "open", "", "");
	add_key(message, 5, names, "open:incidents", "", "");
	add_key(message, 6, names, "schema", "", "");
	add(message, "heartbeat");
	add(message, names->sensor);
	add(message, names->heartbeat_ttl);
	add(message, SILENT_KEEP_S);
	add(message, names->prefix);
	add(message, names->limits[REDIS_LIMIT_CLOSED]);
	add_packed(message, packed, length);
}

void redis_message_coverage(struct redis_message *message, const struct redis_names *names,
			    const char *packed, size_t length)
{
	begin(message, names, "2");
	add_key(message, 0, names, "coverage", "", "");
	add_key(message, 1, names, "schema", "", "");
	add(message, "coverage");
	add(message, names->sensor);
	add(message, names->limits[REDIS_LIMIT_RUN]);
	add_packed(message, packed, length);
}
