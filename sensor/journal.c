/* SPDX-License-Identifier: ISC */
/*
 * See journal.h. The one file that sees SQLite.
 *
 * WAL with synchronous=NORMAL: a commit costs one write and no fsync, so it cannot hold up the main
 * thread behind a slow disk, and what is committed survives the sensor's death (kill -9) in any
 * case. When the whole machine loses power the last commits since a checkpoint may be undone (the
 * file stays sound): FULL would save those, for an fsync per commit; what they held has usually
 * reached Redis, which the epoch makes harmless.
 *
 * locking_mode=EXCLUSIVE: the lock is taken once and held, which keeps a second sensor out and
 * needs no shared memory file.
 *
 * Tables: `meta` holds single values; `event` is the queue; `rejected` is for people. Further
 * tables (open exposures) are one more line in `schema` and a higher user_version.
 */
#include "sensor/journal.h"

#include <inttypes.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "sensor/log.h"

#define SCHEMA_VERSION 1

enum statement {
	STATEMENT_BEGIN,
	STATEMENT_COMMIT,
	STATEMENT_APPEND,
	STATEMENT_SEQUENCE,
	STATEMENT_TRIM,
	STATEMENT_CONFIRM,
	STATEMENT_READ,
	STATEMENT_SET_ASIDE,
	STATEMENT_REMOVE,
	STATEMENT_COUNT
};

static const char *const statements[STATEMENT_COUNT] = {
	[STATEMENT_BEGIN] = "BEGIN IMMEDIATE",
	[STATEMENT_COMMIT] = "COMMIT",
	[STATEMENT_APPEND] = "INSERT INTO event (sequence, epoch, exposure, incident, json, fields)"
			     " VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
	[STATEMENT_SEQUENCE] = "UPDATE meta SET value = ?1 WHERE name = 'last_sequence'",
	[STATEMENT_TRIM] = "DELETE FROM event WHERE sequence ="
			   " (SELECT sequence FROM event ORDER BY sequence LIMIT 1)",
	[STATEMENT_CONFIRM] = "DELETE FROM event WHERE sequence <= ?1",
	[STATEMENT_READ] = "SELECT sequence, epoch, exposure, incident, json, fields FROM event"
			   " WHERE sequence > ?1 ORDER BY sequence",
	[STATEMENT_SET_ASIDE] = "INSERT OR REPLACE INTO rejected (sequence, epoch, json, reason)"
				" SELECT sequence, epoch, json, ?2 FROM event WHERE sequence = ?1",
	[STATEMENT_REMOVE] = "DELETE FROM event WHERE sequence = ?1",
};

static const char schema[] =
	"PRAGMA locking_mode = EXCLUSIVE;"
	"PRAGMA journal_mode = WAL;"
	"PRAGMA synchronous = NORMAL;"
	"BEGIN EXCLUSIVE;"
	"CREATE TABLE IF NOT EXISTS meta (name TEXT PRIMARY KEY, value) WITHOUT ROWID;"
	"INSERT OR IGNORE INTO meta VALUES ('last_sequence', 0), ('sensor', '');"
	"CREATE TABLE IF NOT EXISTS event (sequence INTEGER PRIMARY KEY, epoch TEXT NOT NULL,"
	" exposure TEXT NOT NULL, incident TEXT NOT NULL, json BLOB NOT NULL,"
	" fields BLOB NOT NULL);"
	"CREATE TABLE IF NOT EXISTS rejected (sequence INTEGER, epoch TEXT, json BLOB NOT NULL,"
	" reason TEXT NOT NULL, PRIMARY KEY (sequence, epoch));"
	"PRAGMA user_version = 1;"
	"COMMIT;";

struct journal {
	sqlite3 *db;
	sqlite3_stmt *prepared[STATEMENT_COUNT];
	char epoch[JOURNAL_EPOCH_TEXT];
	uint64_t last_sequence;
	uint32_t max_rows;
	struct journal_stats stats;
};

/* Says the first of them only: a full disk fails for every event. */
static bool failed(struct journal *journal, const char *what)
{
	if (journal->stats.errors++ == 0)
		log_warnx("journal: cannot %s: %s (further failures are only counted)", what,
			  sqlite3_errmsg(journal->db));
	return false;
}

static bool run(struct journal *journal, enum statement statement)
{
	sqlite3_stmt *prepared = journal->prepared[statement];
	int result = sqlite3_step(prepared);

	sqlite3_reset(prepared);
	return result == SQLITE_DONE || result == SQLITE_ROW;
}

static bool run_with(struct journal *journal, enum statement statement, uint64_t number)
{
	sqlite3_bind_int64(journal->prepared[statement], 1, (sqlite3_int64)number);
	return run(journal, statement);
}

/* A failed statement may have ended the transaction by itself: SQLite knows. */
static bool begin(struct journal *journal)
{
	if (!sqlite3_get_autocommit(journal->db))
		return true;
	return run(journal, STATEMENT_BEGIN);
}

/* One integer from the first row of a query; 0 if there is none. */
static uint64_t number_of(struct journal *journal, const char *query)
{
	sqlite3_stmt *prepared = NULL;
	sqlite3_int64 number = 0;

	if (sqlite3_prepare_v2(journal->db, query, -1, &prepared, NULL) == SQLITE_OK &&
	    sqlite3_step(prepared) == SQLITE_ROW)
		number = sqlite3_column_int64(prepared, 0);
	sqlite3_finalize(prepared);
	return (uint64_t)number;
}

/* Takes the file for this sensor, unless events of another one still wait in it. */
static bool claim(struct journal *journal, const char *sensor, char error[JOURNAL_ERROR])
{
	sqlite3_stmt *prepared = NULL;
	char owner[128] = "";
	bool ours;

	sqlite3_prepare_v2(journal->db, "SELECT value FROM meta WHERE name = 'sensor'", -1,
			   &prepared, NULL);
	if (sqlite3_step(prepared) == SQLITE_ROW)
		snprintf(owner, sizeof owner, "%s", (const char *)sqlite3_column_text(prepared, 0));
	sqlite3_finalize(prepared);
	ours = journal->stats.waiting == 0 || strcmp(owner, sensor) == 0;
	if (!ours) {
		snprintf(error, JOURNAL_ERROR,
			 "holds %" PRIu64 " events of the sensor %s that Redis has not got yet",
			 journal->stats.waiting, owner);
		return false;
	}
	sqlite3_prepare_v2(journal->db, "UPDATE meta SET value = ?1 WHERE name = 'sensor'", -1,
			   &prepared, NULL);
	sqlite3_bind_text(prepared, 1, sensor, -1, SQLITE_STATIC);
	sqlite3_step(prepared);
	sqlite3_finalize(prepared);
	return true;
}

static bool prepare(struct journal *journal)
{
	for (size_t i = 0; i < STATEMENT_COUNT; i++)
		if (sqlite3_prepare_v3(journal->db, statements[i], -1, SQLITE_PREPARE_PERSISTENT,
				       &journal->prepared[i], NULL) != SQLITE_OK)
			return false;
	return true;
}

static bool open_file(struct journal *journal, const char *path, char error[JOURNAL_ERROR])
{
	uint64_t version;
	int result = sqlite3_open_v2(path, &journal->db,
				     SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE |
					     SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE,
				     NULL);

	if (result == SQLITE_OK) {
		version = number_of(journal, "PRAGMA user_version");
		if (version > SCHEMA_VERSION) {
			snprintf(error, JOURNAL_ERROR, "was written by a newer spanwatch");
			return false;
		}
		result = sqlite3_exec(journal->db, schema, NULL, NULL, NULL);
	}
	if (result == SQLITE_OK && prepare(journal))
		return true;
	if ((result & 0xff) == SQLITE_BUSY)
		snprintf(error, JOURNAL_ERROR, "is in use by another sensor");
	else
		snprintf(error, JOURNAL_ERROR, "%s", sqlite3_errmsg(journal->db));
	return false;
}

static void new_epoch(char epoch[JOURNAL_EPOCH_TEXT])
{
	uint64_t number = 0;

	if (getrandom(&number, sizeof number, 0) != (ssize_t)sizeof number)
		fatal(2, "getrandom");
	snprintf(epoch, JOURNAL_EPOCH_TEXT, "%016" PRIx64, number);
}

struct journal *journal_open(const struct journal_options *options, char error[JOURNAL_ERROR])
{
	struct journal *journal = calloc(1, sizeof *journal);

	if (journal == NULL) {
		snprintf(error, JOURNAL_ERROR, "out of memory");
		return NULL;
	}
	journal->max_rows = options->max_rows;
	new_epoch(journal->epoch);
	if (open_file(journal, options->path != NULL ? options->path : ":memory:", error)) {
		journal->last_sequence = number_of(
			journal, "SELECT max(value, (SELECT coalesce(max(sequence), 0) FROM event))"
				 " FROM meta WHERE name = 'last_sequence'");
		journal->stats.waiting = number_of(journal, "SELECT count(*) FROM event");
		if (claim(journal, options->sensor, error))
			return journal;
	}
	journal_close(journal);
	return NULL;
}

void journal_close(struct journal *journal)
{
	if (journal == NULL)
		return;
	if (journal->prepared[STATEMENT_COMMIT] != NULL)
		journal_commit(journal);
	for (size_t i = 0; i < STATEMENT_COUNT; i++)
		sqlite3_finalize(journal->prepared[i]);
	sqlite3_close(journal->db);
	free(journal);
}

uint64_t journal_last_sequence(const struct journal *journal)
{
	return journal->last_sequence;
}

bool journal_note_sequence(struct journal *journal, uint64_t sequence)
{
	if (!begin(journal) || !run_with(journal, STATEMENT_SEQUENCE, sequence))
		return failed(journal, "note a sequence");
	journal->last_sequence = sequence;
	return true;
}

static void trim(struct journal *journal)
{
	while (journal->stats.waiting > journal->max_rows && run(journal, STATEMENT_TRIM)) {
		journal->stats.waiting--;
		if (journal->stats.lost++ == 0)
			log_warnx("journal: full; the oldest events are lost for Redis (counted)");
	}
}

bool journal_append(struct journal *journal, const struct journal_row *row)
{
	sqlite3_stmt *append = journal->prepared[STATEMENT_APPEND];

	if (!journal_note_sequence(journal, row->sequence))
		return false;
	sqlite3_bind_int64(append, 1, (sqlite3_int64)row->sequence);
	sqlite3_bind_text(append, 2, journal->epoch, -1, SQLITE_STATIC);
	sqlite3_bind_text(append, 3, row->exposure, -1, SQLITE_STATIC);
	sqlite3_bind_text(append, 4, row->incident, -1, SQLITE_STATIC);
	sqlite3_bind_blob64(append, 5, row->json, row->json_length, SQLITE_STATIC);
	sqlite3_bind_blob64(append, 6, row->fields, row->fields_length, SQLITE_STATIC);
	if (!run(journal, STATEMENT_APPEND))
		return failed(journal, "store an event");
	journal->stats.waiting++;
	trim(journal);
	return true;
}

bool journal_commit(struct journal *journal)
{
	if (sqlite3_get_autocommit(journal->db))
		return true;
	if (run(journal, STATEMENT_COMMIT))
		return true;
	failed(journal, "commit");
	if (sqlite3_get_autocommit(journal->db)) /* all of it was undone */
		journal->stats.waiting = number_of(journal, "SELECT count(*) FROM event");
	return false;
}

bool journal_confirm(struct journal *journal, uint64_t sequence)
{
	if (!begin(journal) || !run_with(journal, STATEMENT_CONFIRM, sequence))
		return failed(journal, "remove confirmed events");
	journal->stats.waiting -= (uint64_t)sqlite3_changes(journal->db);
	return true;
}

bool journal_reject(struct journal *journal, uint64_t sequence, const char *reason)
{
	sqlite3_bind_text(journal->prepared[STATEMENT_SET_ASIDE], 2, reason, -1, SQLITE_TRANSIENT);
	if (!begin(journal) || !run_with(journal, STATEMENT_SET_ASIDE, sequence) ||
	    !run_with(journal, STATEMENT_REMOVE, sequence))
		return failed(journal, "set an event aside");
	journal->stats.waiting -= (uint64_t)sqlite3_changes(journal->db);
	journal->stats.rejected++;
	return true;
}

void journal_read(struct journal *journal, uint64_t sequence,
		  bool (*each)(void *context, const struct journal_row *row), void *context)
{
	sqlite3_stmt *read = journal->prepared[STATEMENT_READ];
	int result;

	sqlite3_bind_int64(read, 1, (sqlite3_int64)sequence);
	while ((result = sqlite3_step(read)) == SQLITE_ROW) {
		struct journal_row row = {
			.sequence = (uint64_t)sqlite3_column_int64(read, 0),
			.epoch = (const char *)sqlite3_column_text(read, 1),
			.exposure = (const char *)sqlite3_column_text(read, 2),
			.incident = (const char *)sqlite3_column_text(read, 3),
			.json = sqlite3_column_blob(read, 4),
			.json_length = (size_t)sqlite3_column_bytes(read, 4),
			.fields = sqlite3_column_blob(read, 5),
			.fields_length = (size_t)sqlite3_column_bytes(read, 5),
		};

		if (!each(context, &row))
			break;
	}
	sqlite3_reset(read);
	if (result != SQLITE_ROW && result != SQLITE_DONE)
		failed(journal, "read events");
}

void journal_stats(const struct journal *journal, struct journal_stats *stats)
{
	*stats = journal->stats;
}
