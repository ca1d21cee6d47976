/* SPDX-License-Identifier: ISC */
/*
 * See journal_file.h: what is done with an open file. Events and records of state stand there
 * packed by zlib, each against the first one of its kind, which the table `sample` has: they have
 * most of their bytes in common.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "sensor/journal/journal_file_state.h"

#define SAMPLE_LEAST 100	 /* less is not worth it */
#define SAMPLE_MOST  (12u << 10) /* more would push out what it packs */
#define RAW_MOST     (64u << 20) /* of one piece; more is damage */
#define LOG_PAGES    4096	 /* of the log, before they are copied to their place */

static const char *const texts[STATEMENTS] = {
	[BEGIN] = "BEGIN IMMEDIATE",
	[COMMIT] = "COMMIT",
	[ROLLBACK] = "ROLLBACK",
	[APPEND] = "INSERT OR REPLACE INTO event (sequence, epoch, clock, json, raw, data)"
		   " VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
	[SET] = "INSERT OR REPLACE INTO meta (name, value) VALUES (?1, ?2)",
	[REMOVE] = "DELETE FROM event WHERE sequence BETWEEN ?1 AND ?2",
	[SET_ASIDE] = "INSERT OR REPLACE INTO rejected (sequence, epoch, json, reason)"
		      " VALUES (?1, ?2, ?3, ?4)",
	[PUT] = "INSERT OR REPLACE INTO state (kind, key, at, raw, data)"
		" VALUES (?1, ?2, ?3, ?4, ?5)",
	[DROP] = "DELETE FROM state WHERE kind = ?1 AND key = ?2",
	[SKIP] = "INSERT OR REPLACE INTO skipped (first, last) VALUES (?1, ?2)",
	[ADD_SAMPLE] = "INSERT OR REPLACE INTO sample (kind, data) VALUES (?1, ?2)",
	[SAMPLES] = "SELECT kind, data FROM sample",
	[TOO_OLD] = "SELECT sequence FROM event WHERE sequence > ?1 AND clock >= ?2"
		    " ORDER BY sequence LIMIT 1",
	[MAP] = "SELECT sequence, epoch FROM event ORDER BY sequence",
	[FETCH] = "SELECT sequence, epoch, json, raw, data FROM event"
		  " WHERE sequence > ?1 AND sequence < ?2 ORDER BY sequence",
	[SKIPPED] = "SELECT first, last FROM skipped ORDER BY first DESC LIMIT 32",
	[STATES] = "SELECT key, at, raw, data FROM state WHERE kind = ?1 ORDER BY at, key",
};

static void forget_sample(struct journal_file *file, unsigned kind)
{
	void *bytes;

	/* Ours, though whoever packs must not change it. */
	memcpy(&bytes, &file->samples[kind].bytes, sizeof bytes);
	free(bytes);
	file->samples[kind] = (struct zlib_dictionary){NULL, 0};
}

void journal_file_close(struct journal_file *file)
{
	if (file == NULL)
		return;
	for (size_t i = 0; i < STATEMENTS; i++)
		statement_free(file->prepared[i]);
	database_close(file->database);
	if (file->fd >= 0)
		close(file->fd);
	for (unsigned i = 0; i < JOURNAL_SAMPLES; i++)
		forget_sample(file, i);
	free(file->raw);
	free(file->packed);
	free(file);
}

const char *journal_file_error(struct journal_file *file)
{
	return database_error(file->database);
}

bool journal_file_prepare(struct journal_file *file)
{
	for (size_t i = 0; i < STATEMENTS; i++) {
		file->prepared[i] = statement_new(file->database, texts[i]);
		if (file->prepared[i] == NULL)
			return false;
	}
	return true;
}

/* ---- packing ---- */

static bool make_room(uint8_t **bytes, size_t *room, size_t wanted)
{
	uint8_t *more;

	if (wanted <= *room)
		return true;
	more = realloc(*bytes, 2 * wanted);
	if (more == NULL)
		return false;
	*bytes = more;
	*room = 2 * wanted;
	return true;
}

bool journal_file_raw_room(struct journal_file *file, size_t bytes)
{
	return make_room(&file->raw, &file->raw_room, bytes + 1);
}

static const struct zlib_dictionary no_sample;

static const struct zlib_dictionary *sample_of(const struct journal_file *file, unsigned kind)
{
	return kind < JOURNAL_SAMPLES ? &file->samples[kind] : &no_sample;
}

static bool keep_sample(struct journal_file *file, unsigned kind, const void *bytes, size_t length)
{
	void *copy = malloc(length);

	if (copy == NULL)
		return false;
	forget_sample(file, kind);
	file->samples[kind] = (struct zlib_dictionary){memcpy(copy, bytes, length), length};
	return true;
}

void journal_file_samples(struct journal_file *file)
{
	struct statement *list = file->prepared[SAMPLES];
	enum database_result result;

	while (statement_row(list, &result)) {
		size_t length;
		const void *bytes = row_bytes(list, 1, &length);

		if (row_number(list, 0) < JOURNAL_SAMPLES)
			keep_sample(file, (unsigned)row_number(list, 0), bytes, length);
	}
	statement_reset(list);
}

/* 0: out of memory. */
static size_t pack(struct journal_file *file, unsigned kind, const void *bytes, size_t length)
{
	if (!make_room(&file->packed, &file->packed_room, zlib_pack_most(length)))
		return 0;
	return zlib_pack(bytes, length, sample_of(file, kind), file->packed, file->packed_room);
}

static bool unpack(struct journal_file *file, unsigned kind, struct statement *row, int column,
		   uint64_t raw)
{
	size_t length;
	const void *packed = row_bytes(row, column, &length);

	return raw <= RAW_MOST && journal_file_raw_room(file, raw) &&
	       zlib_unpack(packed, length, sample_of(file, kind), file->raw, raw);
}

/* Before it is packed: exposure, NUL, incident, NUL, JSON, fields. */
static size_t lay_out(struct journal_file *file, const struct journal_row *row)
{
	size_t exposure = strlen(row->exposure) + 1, incident = strlen(row->incident) + 1;
	size_t length = exposure + incident + row->json_length + row->fields_length;
	uint8_t *at;

	if (!journal_file_raw_room(file, length))
		return 0;
	at = file->raw;
	memcpy(at, row->exposure, exposure);
	memcpy(at + exposure, row->incident, incident);
	memcpy(at + exposure + incident, row->json, row->json_length);
	if (row->fields_length != 0)
		memcpy(at + length - row->fields_length, row->fields, row->fields_length);
	return length;
}

/* False: this is not what was laid out. */
static bool pick_up(const struct journal_file *file, size_t length, struct journal_row *row)
{
	const char *raw = (const char *)file->raw, *end;
	size_t left = length;

	row->exposure = raw;
	end = memchr(raw, '\0', left);
	if (end == NULL)
		return false;
	left -= (size_t)(end + 1 - raw);
	row->incident = end + 1;
	end = memchr(row->incident, '\0', left);
	if (end == NULL)
		return false;
	left -= (size_t)(end + 1 - row->incident);
	if (row->json_length > left)
		return false;
	row->json = end + 1;
	row->fields = row->json + row->json_length;
	row->fields_length = left - row->json_length;
	return true;
}

/* ---- changes ---- */

static enum database_result begin(struct journal_file *file)
{
	if (database_in_transaction(file->database))
		return DATABASE_GOOD;
	return statement_run(file->prepared[BEGIN]);
}

static enum database_result change(struct journal_file *file, enum journal_statement name)
{
	enum database_result result = begin(file);

	return result == DATABASE_GOOD ? statement_run(file->prepared[name]) : result;
}

/* Those that come are like this one. */
static enum database_result note_sample(struct journal_file *file, unsigned kind, const void *bytes,
					size_t length)
{
	struct statement *add = file->prepared[ADD_SAMPLE];

	if (kind >= JOURNAL_SAMPLES || file->samples[kind].length != 0 || length < SAMPLE_LEAST ||
	    length > SAMPLE_MOST || !keep_sample(file, kind, bytes, length))
		return DATABASE_GOOD;
	file->new_samples |= 1u << kind;
	statement_number(add, 1, kind);
	statement_bytes(add, 2, file->samples[kind].bytes, length);
	return change(file, ADD_SAMPLE);
}

static enum database_result note_event(struct journal_file *file, const struct journal_row *row,
				       size_t length)
{
	/* Those of the sensor itself are unlike all others. */
	if (row->exposure[0] == '\0')
		return DATABASE_GOOD;
	return note_sample(file, JOURNAL_OF_EVENTS, file->raw, length);
}

enum database_result journal_file_append(struct journal_file *file, const struct journal_row *row,
					 uint64_t clock_s)
{
	struct statement *append = file->prepared[APPEND];
	size_t length = lay_out(file, row), packed;
	enum database_result result = note_event(file, row, length);

	if (result != DATABASE_GOOD)
		return result;
	packed = pack(file, JOURNAL_OF_EVENTS, file->raw, length);
	if (length == 0 || packed == 0)
		return DATABASE_FAILED;
	statement_number(append, 1, row->sequence);
	statement_number(append, 2, strtoull(row->epoch, NULL, 16));
	statement_number(append, 3, clock_s);
	statement_number(append, 4, row->json_length);
	statement_number(append, 5, length);
	statement_bytes(append, 6, file->packed, packed);
	return change(file, APPEND);
}

enum database_result journal_file_remove(struct journal_file *file, uint64_t first, uint64_t last)
{
	statement_number(file->prepared[REMOVE], 1, first);
	statement_number(file->prepared[REMOVE], 2, last);
	return change(file, REMOVE);
}

enum database_result journal_file_reject(struct journal_file *file, const struct journal_row *row,
					 const char *reason)
{
	struct statement *aside = file->prepared[SET_ASIDE];

	statement_number(aside, 1, row->sequence);
	statement_text(aside, 2, row->epoch);
	statement_bytes(aside, 3, row->json, row->json_length);
	statement_text(aside, 4, reason);
	return change(file, SET_ASIDE);
}

enum database_result journal_file_set(struct journal_file *file, const char *name, uint64_t value)
{
	statement_text(file->prepared[SET], 1, name);
	statement_number(file->prepared[SET], 2, value);
	return change(file, SET);
}

enum database_result journal_file_put(struct journal_file *file, unsigned kind,
				      const struct journal_state *state)
{
	struct statement *put = file->prepared[PUT];
	enum database_result result = note_sample(file, kind, state->data, state->data_length);
	size_t packed;

	if (result != DATABASE_GOOD)
		return result;
	packed = pack(file, kind, state->data, state->data_length);
	if (packed == 0)
		return DATABASE_FAILED;
	statement_number(put, 1, kind);
	statement_bytes(put, 2, state->key, state->key_length);
	statement_number(put, 3, state->at_ns);
	statement_number(put, 4, state->data_length);
	statement_bytes(put, 5, file->packed, packed);
	return change(file, PUT);
}

enum database_result journal_file_drop(struct journal_file *file, unsigned kind, const void *key,
				       size_t key_length)
{
	statement_number(file->prepared[DROP], 1, kind);
	statement_bytes(file->prepared[DROP], 2, key, key_length);
	return change(file, DROP);
}

enum database_result journal_file_skip(struct journal_file *file, uint64_t first, uint64_t last)
{
	statement_number(file->prepared[SKIP], 1, first);
	statement_number(file->prepared[SKIP], 2, last);
	return change(file, SKIP);
}

enum database_result journal_file_commit(struct journal_file *file)
{
	enum database_result result;

	if (!database_in_transaction(file->database))
		return DATABASE_GOOD;
	result = statement_run(file->prepared[COMMIT]);
	if (result == DATABASE_GOOD)
		file->new_samples = 0;
	return result;
}

/* SQLite may have done it by itself. */
void journal_file_rollback(struct journal_file *file)
{
	if (database_in_transaction(file->database))
		statement_run(file->prepared[ROLLBACK]);
	for (unsigned i = 0; i < JOURNAL_SAMPLES; i++) {
		if (file->new_samples & 1u << i)
			forget_sample(file, i);
	}
	file->new_samples = 0;
}

enum database_result journal_file_settle(struct journal_file *file)
{
	return database_settle(file->database, LOG_PAGES);
}

void journal_file_shrink(struct journal_file *file)
{
	if (!database_in_transaction(file->database) &&
	    database_number(file->database, "PRAGMA freelist_count") > 64)
		database_execute(file->database, "PRAGMA incremental_vacuum(256)");
}

/* ---- questions ---- */

uint64_t journal_file_number(struct journal_file *file, const char *name)
{
	struct statement *ask =
		statement_new(file->database, "SELECT value FROM meta WHERE name = ?1");
	enum database_result result;
	uint64_t value = 0;

	if (ask == NULL)
		return 0;
	statement_text(ask, 1, name);
	if (statement_row(ask, &result))
		value = row_number(ask, 0);
	statement_free(ask);
	return value;
}

uint64_t journal_file_room(const struct journal_file *file)
{
	struct statvfs status;

	return statvfs(file->path, &status) == 0 ? (uint64_t)status.f_bavail * status.f_frsize
						 : UINT64_MAX;
}

uint64_t journal_file_bytes(struct journal_file *file)
{
	return (database_number(file->database, "PRAGMA page_count") -
		database_number(file->database, "PRAGMA freelist_count")) *
	       database_number(file->database, "PRAGMA page_size");
}

/* The clock grows with the numbers: all in front of the first one that is young enough. */
uint64_t journal_file_too_old(struct journal_file *file, uint64_t after, uint64_t clock_s)
{
	struct statement *ask = file->prepared[TOO_OLD];
	enum database_result result;
	uint64_t sequence = 0;

	statement_number(ask, 1, after);
	statement_number(ask, 2, clock_s);
	if (statement_row(ask, &result))
		sequence = row_number(ask, 0) - 1;
	else if (result == DATABASE_GOOD)
		sequence = database_number(file->database, "SELECT max(sequence) FROM event");
	statement_reset(ask);
	return sequence > after ? sequence : 0;
}

bool journal_file_map(struct journal_file *file, struct journal_map *map)
{
	struct statement *list = file->prepared[MAP];
	enum database_result result;
	bool good = true;

	while (good && statement_row(list, &result))
		good = journal_map_add(map, row_number(list, 0), row_number(list, 1));
	statement_reset(list);
	return good && result == DATABASE_GOOD;
}

static enum database_result fetch_row(struct journal_file *file, struct statement *fetch,
				      struct journal_queue *queue)
{
	char epoch[JOURNAL_EPOCH_TEXT];
	uint64_t raw = row_number(fetch, 3);
	struct journal_row row = {
		.sequence = row_number(fetch, 0),
		.epoch = epoch,
		.json_length = row_number(fetch, 2),
	};

	snprintf(epoch, sizeof epoch, "%016" PRIx64, row_number(fetch, 1));
	if (raw <= RAW_MOST && !journal_file_raw_room(file, raw))
		return DATABASE_FAILED;
	if (!unpack(file, JOURNAL_OF_EVENTS, fetch, 4, raw) || !pick_up(file, raw, &row))
		return DATABASE_CORRUPT;
	return journal_queue_add(queue, &row, true) ? DATABASE_GOOD : DATABASE_FAILED;
}

enum database_result journal_file_fetch(struct journal_file *file, uint64_t after, uint64_t before,
					uint64_t bytes, struct journal_queue *queue)
{
	struct statement *fetch = file->prepared[FETCH];
	enum database_result result = DATABASE_GOOD;

	statement_number(fetch, 1, after);
	statement_number(fetch, 2, before);
	while (queue->bytes < bytes && statement_row(fetch, &result)) {
		result = fetch_row(file, fetch, queue);
		if (result != DATABASE_GOOD)
			break;
	}
	statement_reset(fetch);
	return result;
}

void journal_file_skipped(struct journal_file *file,
			  void (*each)(void *context, uint64_t first, uint64_t last), void *context)
{
	struct statement *list = file->prepared[SKIPPED];
	enum database_result result;

	while (statement_row(list, &result))
		each(context, row_number(list, 0), row_number(list, 1));
	statement_reset(list);
}

void journal_file_states(struct journal_file *file, unsigned kind,
			 void (*each)(void *context, const struct journal_state *state),
			 void *context, enum database_result *result)
{
	struct statement *states = file->prepared[STATES];

	statement_number(states, 1, kind);
	while (statement_row(states, result)) {
		struct journal_state state = {
			.at_ns = row_number(states, 1),
			.data_length = row_number(states, 2),
		};

		if (!unpack(file, kind, states, 3, state.data_length))
			state.data_length = 0; /* whoever reads it counts it as damaged */
		state.key = row_bytes(states, 0, &state.key_length);
		state.data = file->raw != NULL ? file->raw : (const uint8_t *)"";
		each(context, &state);
	}
	statement_reset(states);
}
