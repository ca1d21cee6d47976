/* SPDX-License-Identifier: ISC */
/* See journal_file.h: what is done with an open file. */
#include <stdlib.h>
#include <sys/statvfs.h>

#include "sensor/journal/journal_file_state.h"

static const char *const texts[STATEMENTS] = {
	[BEGIN] = "BEGIN IMMEDIATE",
	[COMMIT] = "COMMIT",
	[ROLLBACK] = "ROLLBACK",
	[APPEND] = "INSERT OR REPLACE INTO event"
		   " (sequence, epoch, exposure, incident, json, fields, clock)"
		   " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
	[SET] = "INSERT OR REPLACE INTO meta (name, value) VALUES (?1, ?2)",
	[CONFIRM] = "DELETE FROM event WHERE sequence <= ?1",
	[SET_ASIDE] = "INSERT OR REPLACE INTO rejected (sequence, epoch, json, reason)"
		      " VALUES (?1, ?2, ?3, ?4)",
	[PUT] = "INSERT OR REPLACE INTO state (kind, key, at, data) VALUES (?1, ?2, ?3, ?4)",
	[DROP] = "DELETE FROM state WHERE kind = ?1 AND key = ?2",
	[TRIM_COUNT] = "DELETE FROM event WHERE sequence IN (SELECT sequence FROM event"
		       " WHERE sequence > ?1 ORDER BY sequence LIMIT ?2)",
	[TRIM_AGE] = "DELETE FROM event WHERE sequence > ?1 AND clock < ?2",
	[FORGET] = "DELETE FROM event WHERE sequence IN (SELECT sequence FROM event"
		   " WHERE sequence <= ?1 ORDER BY sequence LIMIT ?2)",
	[COUNT] = "SELECT count(*) FROM event WHERE sequence > ?1 AND sequence <= ?2",
	[HAS] = "SELECT 1 FROM event WHERE sequence = ?1 AND epoch = ?2",
	[NEWEST] = "SELECT sequence FROM event WHERE epoch = ?1 ORDER BY sequence DESC LIMIT 1",
	[READ] = "SELECT sequence, epoch, exposure, incident, json, fields FROM event"
		 " WHERE sequence > ?1 ORDER BY sequence",
	[STATES] = "SELECT key, at, data FROM state WHERE kind = ?1 ORDER BY at, key",
};

void journal_file_close(struct journal_file *file)
{
	if (file == NULL)
		return;
	for (size_t i = 0; i < STATEMENTS; i++)
		statement_free(file->prepared[i]);
	database_close(file->database);
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

enum database_result journal_file_append(struct journal_file *file, const struct journal_row *row,
					 const char *epoch, uint64_t clock_s)
{
	struct statement *append = file->prepared[APPEND];

	statement_number(append, 1, row->sequence);
	statement_text(append, 2, epoch);
	statement_text(append, 3, row->exposure);
	statement_text(append, 4, row->incident);
	statement_bytes(append, 5, row->json, row->json_length);
	statement_bytes(append, 6, row->fields, row->fields_length);
	statement_number(append, 7, clock_s);
	return change(file, APPEND);
}

enum database_result journal_file_confirm(struct journal_file *file, uint64_t sequence,
					  uint32_t keep)
{
	enum database_result result = journal_file_set(file, "confirmed", sequence);

	if (result != DATABASE_GOOD || sequence <= keep)
		return result;
	statement_number(file->prepared[CONFIRM], 1, sequence - keep);
	return change(file, CONFIRM);
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

	statement_number(put, 1, kind);
	statement_bytes(put, 2, state->key, state->key_length);
	statement_number(put, 3, state->at_ns);
	statement_bytes(put, 4, state->data, state->data_length);
	return change(file, PUT);
}

enum database_result journal_file_drop(struct journal_file *file, unsigned kind, const void *key,
				       size_t key_length)
{
	statement_number(file->prepared[DROP], 1, kind);
	statement_bytes(file->prepared[DROP], 2, key, key_length);
	return change(file, DROP);
}

enum database_result journal_file_trim(struct journal_file *file, uint64_t after, uint64_t count,
				       uint64_t clock_s, uint64_t *gone)
{
	enum journal_statement name = count != 0 ? TRIM_COUNT : TRIM_AGE;
	enum database_result result;

	statement_number(file->prepared[name], 1, after);
	statement_number(file->prepared[name], 2, count != 0 ? count : clock_s);
	result = change(file, name);
	*gone = result == DATABASE_GOOD ? database_changes(file->database) : 0;
	return result;
}

enum database_result journal_file_forget(struct journal_file *file, uint64_t confirmed,
					 uint64_t count, uint64_t *gone)
{
	enum database_result result;

	statement_number(file->prepared[FORGET], 1, confirmed);
	statement_number(file->prepared[FORGET], 2, count);
	result = change(file, FORGET);
	*gone = result == DATABASE_GOOD ? database_changes(file->database) : 0;
	return result;
}

enum database_result journal_file_commit(struct journal_file *file)
{
	if (!database_in_transaction(file->database))
		return DATABASE_GOOD;
	return statement_run(file->prepared[COMMIT]);
}

/* SQLite may have done it by itself. */
void journal_file_rollback(struct journal_file *file)
{
	if (database_in_transaction(file->database))
		statement_run(file->prepared[ROLLBACK]);
}

void journal_file_shrink(struct journal_file *file)
{
	if (!database_in_transaction(file->database) &&
	    database_number(file->database, "PRAGMA freelist_count") > 64)
		database_execute(file->database, "PRAGMA incremental_vacuum(256)");
}

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

uint64_t journal_file_count(struct journal_file *file, uint64_t after, uint64_t up_to)
{
	struct statement *count = file->prepared[COUNT];
	enum database_result result;
	uint64_t number = 0;

	statement_number(count, 1, after);
	statement_number(count, 2, up_to);
	if (statement_row(count, &result))
		number = row_number(count, 0);
	statement_reset(count);
	return number;
}

uint64_t journal_file_oldest(struct journal_file *file)
{
	return database_number(file->database, "SELECT min(sequence) FROM event");
}

uint64_t journal_file_newest(struct journal_file *file, const char *epoch)
{
	struct statement *newest = file->prepared[NEWEST];
	enum database_result result;
	uint64_t number = 0;

	statement_text(newest, 1, epoch);
	if (statement_row(newest, &result))
		number = row_number(newest, 0);
	statement_reset(newest);
	return number;
}

bool journal_file_has(struct journal_file *file, uint64_t sequence, const char *epoch)
{
	struct statement *has = file->prepared[HAS];
	enum database_result result;
	bool found;

	statement_number(has, 1, sequence);
	statement_text(has, 2, epoch);
	found = statement_row(has, &result);
	statement_reset(has);
	return found;
}

bool journal_file_read(struct journal_file *file, uint64_t sequence,
		       bool (*each)(void *context, const struct journal_row *row), void *context,
		       enum database_result *result)
{
	struct statement *read = file->prepared[READ];
	bool more = true;

	statement_number(read, 1, sequence);
	while (more && statement_row(read, result)) {
		struct journal_row row = {
			.sequence = row_number(read, 0),
			.epoch = row_text(read, 1),
			.exposure = row_text(read, 2),
			.incident = row_text(read, 3),
		};

		row.json = row_bytes(read, 4, &row.json_length);
		row.fields = row_bytes(read, 5, &row.fields_length);
		more = each(context, &row);
	}
	statement_reset(read);
	return more;
}

void journal_file_states(struct journal_file *file, unsigned kind,
			 void (*each)(void *context, const struct journal_state *state),
			 void *context, enum database_result *result)
{
	struct statement *states = file->prepared[STATES];

	statement_number(states, 1, kind);
	while (statement_row(states, result)) {
		struct journal_state state = {.at_ns = row_number(states, 1)};

		state.key = row_bytes(states, 0, &state.key_length);
		state.data = row_bytes(states, 2, &state.data_length);
		each(context, &state);
	}
	statement_reset(states);
}
