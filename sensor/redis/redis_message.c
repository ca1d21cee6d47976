/* SPDX-License-Identifier: ISC */
/* See redis_message.h. The order of keys and arguments is that of the head of apply.lua. */
#include "sensor/redis/redis_message.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sensor/base/clock.h"
#include "sensor/base/hash.h"
#include "sensor/base/timestamp.h"
#include "sensor/event/exposure_fields.h"

#define HEAD	       3	 /* EVALSHA, the digest of the script, how many keys */
#define SILENT_KEEP_S  "2592000" /* 30 days */
#define EVENT_PAIRS    110	 /* the most that one event may have: places among them are bytes */
#define DERIVED	       5
#define DERIVED_COPIES 2 /* of them; the others are times */

/* What the script merges, and what is another with each event. The rest of an event is written to
 * Redis only when it has changed. */
enum moves { MOVES_SELDOM, MOVES_EACH, MOVES_MERGED };
#define MOVES_NEWEST				       MOVES_MERGED
#define MOVES_EARLIEST				       MOVES_MERGED
#define MOVES_LATEST				       MOVES_MERGED
#define MOVES_HIGHEST				       MOVES_MERGED
#define MOVES_TOTAL				       MOVES_MERGED
#define MOVES_CHANGE				       MOVES_MERGED
#define MOVES_LINK				       MOVES_MERGED
#define ROW(name, member, type, from, tag, merge, ...) {#name, MOVES_##merge},
#define OTHER(name, merge)			       {#name, MOVES_##merge},

static const struct {
	const char *name;
	enum moves moves;
} all_fields[] = {EXPOSURE_FIELDS(ROW) EVENT_FIELDS(OTHER)};

#define LOOKED(name) #name,
static const char *const looked[] = {REDIS_LOOKED(LOOKED)};
#define LOOKED_COUNT (sizeof looked / sizeof *looked)

_Static_assert(sizeof all_fields / sizeof *all_fields <= REDIS_FIELDS, "REDIS_FIELDS");

/* By these a reader of the stream chooses without reading the JSON. */
static const char *const shown[] = {
	"kind",
	"id",
	"sequence",
	"ts",
	"sensor",
	"severity",
	"severity_number",
	"alert",
	"reason",
	"exposure",
	"incident",
	"state",
	"level",
	"level_name",
	"rule",
	"group",
	"owner",
	"service",
	"server_ip",
	"server_port",
	"transport",
	"client_ip",
	"flows",
	"incident_state",
	"incident_level_name",
	"blind_cause",
	"close_reason",
	"incident_severity",
};

/* Of one exposure that one sensor sees, what the script makes of other fields is what the event
 * has. */
static const char *const made[] = {"state", "level_name", "severity"};

static bool is_one_of(const char *const *names, size_t count, const char *name)
{
	for (size_t i = 0; i < count; i++) {
		if (strcmp(names[i], name) == 0)
			return true;
	}
	return false;
}

#define IS_ONE_OF(names, name) is_one_of(names, sizeof(names) / sizeof *(names), name)

static enum redis_place place_of(const char *name, enum moves moves)
{
	bool show = IS_ONE_OF(shown, name);

	if (moves == MOVES_SELDOM)
		return show ? REDIS_SELDOM_SHOWN : REDIS_SELDOM_HIDDEN;
	if (moves == MOVES_MERGED || IS_ONE_OF(made, name))
		return show ? REDIS_HASHED_SHOWN : REDIS_HASHED;
	return show ? REDIS_SHOWN : REDIS_HIDDEN;
}

static int compare_names(const void *a, const void *b)
{
	return strcmp(((const struct redis_named *)a)->name, ((const struct redis_named *)b)->name);
}

static void set_fields(struct redis_names *names)
{
	names->field_count = 0;
	for (size_t i = 0; i < sizeof all_fields / sizeof *all_fields; i++)
		names->fields[names->field_count++] = (struct redis_named){
			.name = all_fields[i].name,
			.place = place_of(all_fields[i].name, all_fields[i].moves),
		};
	qsort(names->fields, names->field_count, sizeof *names->fields, compare_names);
}

void redis_names_set(struct redis_names *names, const char *sensor, const char *site,
		     const char *run)
{
	uint64_t started = clock_unix_ns();

	snprintf(names->sensor, sizeof names->sensor, "%s", sensor);
	snprintf(names->site, sizeof names->site, "%.64s", site);
	snprintf(names->prefix, sizeof names->prefix, "spanwatch:{%.64s}:%s%.64s%s", site,
		 run != NULL ? "run:" : "", run != NULL ? run : "", run != NULL ? ":" : "");
	snprintf(names->identity, sizeof names->identity, "%016" PRIx64 "%08" PRIx32, started,
		 (uint32_t)getpid());
	set_fields(names);
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

enum redis_place redis_names_place(const struct redis_names *names, const char *name)
{
	const struct redis_named wanted = {.name = name};
	const struct redis_named *found = bsearch(&wanted, names->fields, names->field_count,
						  sizeof *names->fields, compare_names);

	return found != NULL ? found->place : REDIS_SELDOM_HIDDEN;
}

static void words_free(struct redis_words *words)
{
	free(words->bytes);
	free(words->starts);
	free(words->lengths);
	*words = (struct redis_words){.bytes = NULL};
}

void redis_message_free(struct redis_message *message)
{
	words_free(&message->keys);
	words_free(&message->words);
	redis_digests_forget(&message->digests);
	free(message->arguments);
	free(message->lengths);
	message->arguments = NULL;
	message->lengths = NULL;
	message->count = message->capacity = 0;
}

/* Room for so many; when there is no memory, what there was, and *failed. */
static void *more(void *array, size_t count, size_t size, bool *failed)
{
	void *bigger = reallocarray(array, count, size);

	*failed = *failed || bigger == NULL;
	return bigger != NULL ? bigger : array;
}

static bool words_grow(struct redis_words *words, size_t length)
{
	size_t capacity = words->capacity != 0 ? words->capacity * 2 : 256, size = words->size;
	bool failed = false;

	if (words->count == words->capacity) {
		words->starts = more(words->starts, capacity, sizeof *words->starts, &failed);
		words->lengths = more(words->lengths, capacity, sizeof *words->lengths, &failed);
		words->capacity = failed ? words->capacity : capacity;
	}
	if (failed || words->used + length <= size)
		return !failed;
	while (words->used + length > size)
		size = size != 0 ? size * 2 : 16384;
	words->bytes = more(words->bytes, size, 1, &failed);
	words->size = failed ? words->size : size;
	return !failed;
}

static void add_bytes(struct redis_words *words, const char *bytes, size_t length)
{
	words->failed = words->failed || !words_grow(words, length);
	if (words->failed)
		return;
	memcpy(words->bytes + words->used, bytes, length);
	words->starts[words->count] = words->used;
	words->lengths[words->count++] = length;
	words->used += length;
}

static void add(struct redis_words *words, const char *text)
{
	add_bytes(words, text, strlen(text));
}

static void add_number(struct redis_words *words, uint64_t number)
{
	char text[24];

	snprintf(text, sizeof text, "%" PRIu64, number);
	add(words, text);
}

static void add_packed(struct redis_words *words, const char *packed, size_t length)
{
	for (const char *p = packed; p < packed + length; p += strlen(p) + 1)
		add(words, p);
}

static void add_key(struct redis_message *message, const struct redis_names *names,
		    const char *name, const char *id, const char *tail)
{
	char key[REDIS_KEY_MAX];

	snprintf(key, sizeof key, "%s%s%s%s", names->prefix, name, id, tail);
	add(&message->keys, key);
}

static void begin(struct redis_message *message, const struct redis_names *names, const char *kind)
{
	message->keys.count = message->keys.used = 0;
	message->words.count = message->words.used = 0;
	message->keys.failed = message->words.failed = false;
	message->events = 0;
	add(&message->words, kind);
	add(&message->words, names->sensor);
	add(&message->words, names->prefix);
	add(&message->words, names->limits[REDIS_LIMIT_RUN]);
	add(&message->words, names->limits[REDIS_LIMIT_CLOSED]);
	add_key(message, names, "schema", "", "");
}

static void add_keys(struct redis_message *message, const struct redis_names *names,
		     const char *const *all, size_t count)
{
	for (size_t i = 0; i < count; i++)
		add_key(message, names, all[i], "", "");
}

#define ADD_KEYS(message, names, all) add_keys(message, names, all, sizeof(all) / sizeof *(all))

void redis_message_events(struct redis_message *message, const struct redis_names *names,
			  const char *after)
{
	static const char *const keys[] = {"events",	    "applied",	      "open",
					   "open:severity", "open:incidents", "sensors"};

	begin(message, names, "events");
	ADD_KEYS(message, names, keys);
	add(&message->words, after);
	add(&message->words, names->limits[REDIS_LIMIT_STREAM]);
	add(&message->words, names->limits[REDIS_LIMIT_QUEUE]);
	message->counted_at = message->words.count;
	add(&message->words, "00000"); /* redis_message_finish() */
}

struct pair {
	const char *name, *value;
	size_t name_length, value_length;
	enum redis_place place;
};

static size_t read_pairs(const struct redis_names *names, const struct journal_row *row,
			 struct pair pairs[EVENT_PAIRS])
{
	const char *end = row->fields + row->fields_length;
	size_t count = 0;

	for (const char *name = row->fields; name < end && count < EVENT_PAIRS;) {
		struct pair *pair = &pairs[count];

		pair->name = name;
		pair->name_length = strlen(name);
		pair->value = name + pair->name_length + 1;
		if (pair->value >= end)
			break;
		pair->value_length = strlen(pair->value);
		pair->place = redis_names_place(names, name);
		name = pair->value + pair->value_length + 1;
		count++;
	}
	return count;
}

static const struct pair *find_pair(const struct pair *pairs, size_t count, const char *name)
{
	for (size_t i = 0; i < count; i++) {
		if (strcmp(pairs[i].name, name) == 0)
			return &pairs[i];
	}
	return NULL;
}

/* One byte each: how many pairs of each kind follow, then where among them the values stand at
 * which the script looks in every event, from 1; 0: not there. */
static void add_index(struct redis_words *words, const struct pair *pairs, size_t count,
		      const size_t of[REDIS_PLACES])
{
	char index[REDIS_PLACES + LOOKED_COUNT] = "";
	size_t at[REDIS_PLACES], next = 0;

	for (size_t place = 0; place < REDIS_PLACES; place++) {
		at[place] = next + (place >= REDIS_SELDOM_SHOWN ? 2 : 0); /* behind the JSON */
		next += 2 * of[place];
		index[place] = (char)of[place];
	}
	for (size_t i = 0; i < count; i++) {
		size_t value = at[pairs[i].place] + 2;

		if (of[pairs[i].place] == 0)
			continue;
		at[pairs[i].place] = value;
		for (size_t j = 0; j < LOOKED_COUNT; j++) {
			if (strcmp(looked[j], pairs[i].name) == 0)
				index[REDIS_PLACES + j] = (char)value;
		}
	}
	add_bytes(words, index, sizeof index);
}

/* What an exposure's hash has besides, made of other fields: the last event, times in ms. */
static size_t derive(struct pair *pairs, size_t count, char texts[DERIVED][24])
{
	static const char *const all[DERIVED][2] = {{"kind", "last_event"},
						    {"ts", "updated"},
						    {"opened", "opened_ms"},
						    {"last_seen", "last_seen_ms"},
						    {"closed", "closed_ms"}};
	size_t added = 0;

	for (size_t i = 0; i < DERIVED; i++) {
		const struct pair *pair = find_pair(pairs, count, all[i][0]);
		struct pair *made_now = &pairs[count + added];

		if (pair == NULL)
			continue;
		*made_now = *pair;
		made_now->name = all[i][1];
		made_now->name_length = strlen(all[i][1]);
		made_now->place = REDIS_DERIVED;
		added++;
		if (i < DERIVED_COPIES)
			continue;
		made_now->value = texts[i];
		made_now->value_length =
			(size_t)snprintf(texts[i], sizeof texts[i], "%" PRIu64,
					 (uint64_t)(timestamp_parse(pair->value) / NS_PER_MS));
	}
	return added;
}

static void add_pairs(struct redis_words *words, const struct pair *pairs, size_t count,
		      enum redis_place place)
{
	for (size_t i = 0; i < count; i++) {
		if (pairs[i].place == place) {
			add_bytes(words, pairs[i].name, pairs[i].name_length);
			add_bytes(words, pairs[i].value, pairs[i].value_length);
		}
	}
}

/* Of those that hardly ever move. */
static uint64_t digest_of(const struct pair *pairs, size_t count)
{
	uint64_t digest = 0;

	for (size_t i = 0; i < count; i++) {
		if (pairs[i].place == REDIS_SELDOM_SHOWN || pairs[i].place == REDIS_SELDOM_HIDDEN)
			digest = hash_bytes(pairs[i].name,
					    pairs[i].name_length + pairs[i].value_length + 2,
					    digest);
	}
	return digest;
}

static void add_object_keys(struct redis_message *message, const struct redis_names *names,
			    const struct journal_row *row)
{
	if (row->exposure[0] != '\0')
		add_key(message, names, "exposure:", row->exposure, "");
	if (row->incident[0] != '\0') {
		add_key(message, names, "incident:", row->incident, "");
		add_key(message, names, "incident:", row->incident, ":members");
	}
}

void redis_message_add(struct redis_message *message, const struct redis_names *names,
		       const struct journal_row *row)
{
	struct redis_words *words = &message->words;
	struct pair pairs[EVENT_PAIRS + DERIVED];
	size_t count = read_pairs(names, row, pairs), of[REDIS_PLACES] = {0};
	char digest[17], derived[DERIVED][24];
	uint64_t seldom = digest_of(pairs, count);

	if (row->exposure[0] != '\0' && find_pair(pairs, count, "state") != NULL)
		count += derive(pairs, count, derived);
	for (size_t i = 0; i < count; i++)
		of[pairs[i].place]++;
	if (row->exposure[0] != '\0' && !message->whole &&
	    redis_digests_same(&message->digests, row->exposure, seldom))
		of[REDIS_SELDOM_HIDDEN] = 0;
	add_object_keys(message, names, row);
	snprintf(digest, sizeof digest, "%016" PRIx64, seldom);
	add(words, row->epoch);
	add_number(words, row->sequence);
	add(words, digest);
	add_index(words, pairs, count, of);
	for (int place = REDIS_DERIVED; place < REDIS_PLACES; place++) {
		if (place == REDIS_SELDOM_SHOWN) {
			add(words, "json");
			add_bytes(words, row->json, row->json_length);
		}
		if (of[place] != 0)
			add_pairs(words, pairs, count, (enum redis_place)place);
	}
	message->events++;
}

size_t redis_message_bytes(const struct redis_message *message)
{
	return message->words.used + message->keys.used;
}

void redis_message_hello(struct redis_message *message, const struct redis_names *names)
{
	static const char *const keys[] = {"applied"};

	begin(message, names, "hello");
	ADD_KEYS(message, names, keys);
	add(&message->words, names->identity);
}

void redis_message_heartbeat(struct redis_message *message, const struct redis_names *names,
			     const struct redis_beat *beat)
{
	static const char *const keys[] = {"applied", "sensors", "open", "open:severity",
					   "open:incidents"};
	char said[REDIS_FLEET_JSON + 80];

	snprintf(said, sizeof said, "%s %.32s %s", beat->full ? "full" : "part", beat->state,
		 beat->fleet);
	begin(message, names, "heartbeat");
	ADD_KEYS(message, names, keys);
	add_key(message, names, "sensor:", names->sensor, "");
	add(&message->words, names->identity);
	add(&message->words, names->heartbeat_ttl);
	add(&message->words, SILENT_KEEP_S);
	add(&message->words, beat->expected);
	add(&message->words, beat->waiting);
	add(&message->words, said);
	add_packed(&message->words, beat->packed, beat->length);
}

void redis_message_coverage(struct redis_message *message, const struct redis_names *names,
			    bool full, const char *packed, size_t length)
{
	begin(message, names, "coverage");
	add_key(message, names, "coverage:", names->sensor, "");
	add(&message->words, full ? "full" : "part");
	add_packed(&message->words, packed, length);
}

static bool arguments_grow(struct redis_message *message, size_t needed)
{
	size_t capacity = needed * 2;
	bool failed = false;

	if (needed <= message->capacity)
		return true;
	message->arguments =
		more(message->arguments, capacity, sizeof *message->arguments, &failed);
	message->lengths = more(message->lengths, capacity, sizeof *message->lengths, &failed);
	message->capacity = failed ? message->capacity : capacity;
	return !failed;
}

static void take(struct redis_message *message, const char *text, size_t length)
{
	message->arguments[message->count] = text;
	message->lengths[message->count++] = length;
}

static void take_all(struct redis_message *message, const struct redis_words *words)
{
	for (size_t i = 0; i < words->count; i++)
		take(message, words->bytes + words->starts[i], words->lengths[i]);
}

bool redis_message_finish(struct redis_message *message, const struct redis_names *names)
{
	struct redis_words *words = &message->words;
	size_t of_keys = message->keys.count;
	char text[24];

	snprintf(text, sizeof text, "%zu", of_keys);
	add(&message->keys, text); /* how many they are, behind them */
	message->count = 0;
	message->failed = message->keys.failed || words->failed ||
			  !arguments_grow(message, HEAD + of_keys + words->count);
	if (message->failed)
		return false;
	if (message->events != 0) {
		snprintf(text, sizeof text, "%05zu", message->events);
		memcpy(words->bytes + words->starts[message->counted_at], text, 5);
	}
	message->keys.count = of_keys;
	take(message, "EVALSHA", 7);
	take(message, names->sha, strlen(names->sha));
	take(message, message->keys.bytes + message->keys.starts[of_keys],
	     message->keys.lengths[of_keys]);
	take_all(message, &message->keys);
	take_all(message, words);
	return true;
}
