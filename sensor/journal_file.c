/* SPDX-License-Identifier: ISC */
/*
 * See journal_file.h.
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
 * Tables: `meta` holds single values; `event` is the queue; `state` is the engine's; `rejected` is
 * for people.
 */
#include "sensor/journal_file.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <time.h>
#include <unistd.h>

#include "sensor/log.h"

#define SCHEMA_VERSION 2
#define PATH_LENGTH    1024
#define CHECKED_BYTES  (64 << 20) /* a file up to this size is checked as a whole at the start */
#define PEEK_BYTES     512

enum name {
	BEGIN,
	COMMIT,
	ROLLBACK,
	APPEND,
	SET,
	CONFIRM,
	SET_ASIDE,
	PUT,
	DROP,
	TRIM_COUNT,
	TRIM_AGE,
	COUNT,
	HAS,
	READ,
	STATES,
	STATEMENTS
};

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
	[COUNT] = "SELECT count(*) FROM event WHERE sequence > ?1 AND sequence <= ?2",
	[HAS] = "SELECT 1 FROM event WHERE sequence = ?1 AND epoch = ?2",
	[READ] = "SELECT sequence, epoch, exposure, incident, json, fields FROM event"
		 " WHERE sequence > ?1 ORDER BY sequence",
	[STATES] = "SELECT key, at, data FROM state WHERE kind = ?1 ORDER BY at, key",
};

/* auto_vacuum works only where it is set before the first table. */
static const char pragmas[] = "PRAGMA auto_vacuum = INCREMENTAL;"
			      "PRAGMA locking_mode = EXCLUSIVE;"
			      "PRAGMA journal_mode = WAL;"
			      "PRAGMA synchronous = NORMAL;"
			      "PRAGMA temp_store = MEMORY;"
			      "PRAGMA journal_size_limit = 4194304;";

static const char schema[] =
	"BEGIN EXCLUSIVE;"
	"CREATE TABLE IF NOT EXISTS meta (name TEXT PRIMARY KEY, value) WITHOUT ROWID;"
	"INSERT OR IGNORE INTO meta VALUES ('last_sequence', 0), ('sensor', '');"
	"CREATE TABLE IF NOT EXISTS event (sequence INTEGER PRIMARY KEY, epoch TEXT NOT NULL,"
	" exposure TEXT NOT NULL, incident TEXT NOT NULL, json BLOB NOT NULL,"
	" fields BLOB NOT NULL, clock INTEGER NOT NULL DEFAULT 0);"
	"CREATE TABLE IF NOT EXISTS state (kind INTEGER, key BLOB, at INTEGER NOT NULL,"
	" data BLOB NOT NULL, PRIMARY KEY (kind, key)) WITHOUT ROWID;"
	"CREATE TABLE IF NOT EXISTS rejected (sequence INTEGER, epoch TEXT, json BLOB NOT NULL,"
	" reason TEXT NOT NULL, PRIMARY KEY (sequence, epoch));"
	"PRAGMA user_version = 2;"
	"COMMIT;";

struct journal_file {
	struct database *database;
	struct statement *prepared[STATEMENTS];
	char path[PATH_LENGTH];
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

static bool prepare(struct journal_file *file)
{
	for (size_t i = 0; i < STATEMENTS; i++) {
		file->prepared[i] = statement_new(file->database, texts[i]);
		if (file->prepared[i] == NULL)
			return false;
	}
	return true;
}

/* Somebody may have named a file of his own by mistake: text is no journal that broke. */
static bool is_text(const char *path)
{
	unsigned char bytes[PEEK_BYTES];
	FILE *stream = fopen(path, "re");
	size_t count = stream != NULL ? fread(bytes, 1, sizeof bytes, stream) : 0;

	if (stream != NULL)
		fclose(stream);
	for (size_t i = 0; i < count; i++) {
		if (bytes[i] < ' ' && strchr("\t\r\n", bytes[i]) == NULL)
			return false;
		if (bytes[i] == '\0')
			return false;
	}
	return true;
}

static bool is_sound(struct journal_file *file)
{
	struct statement *check;
	enum database_result result = DATABASE_CORRUPT;
	struct stat status;
	bool sound;

	if (stat(file->path, &status) != 0 || status.st_size > CHECKED_BYTES)
		return true;
	check = statement_new(file->database, "PRAGMA quick_check(1)");
	sound = check != NULL && statement_row(check, &result) &&
		strcmp(row_text(check, 0), "ok") == 0;
	statement_free(check);
	return sound;
}

/* A file of the first version: without the clock of its events, and it could not shrink. */
static enum database_result migrate(struct journal_file *file)
{
	enum database_result result = database_execute(
		file->database, "ALTER TABLE event ADD COLUMN clock INTEGER NOT NULL DEFAULT 0");

	return result != DATABASE_GOOD ? result : database_execute(file->database, "VACUUM");
}

static enum database_result set_up(struct journal_file *file, char error[JOURNAL_ERROR])
{
	enum database_result result = database_execute(file->database, pragmas);
	uint64_t version = 0;

	if (result == DATABASE_GOOD)
		version = database_number(file->database, "PRAGMA user_version");
	if (version > SCHEMA_VERSION) {
		snprintf(error, JOURNAL_ERROR, "was written by a newer spanwatch");
		return DATABASE_FAILED;
	}
	if (result == DATABASE_GOOD && version == 1)
		result = migrate(file);
	if (result == DATABASE_GOOD)
		result = database_execute(file->database, schema);
	if (result == DATABASE_GOOD && !prepare(file))
		result = DATABASE_FAILED;
	if (result == DATABASE_BUSY)
		snprintf(error, JOURNAL_ERROR, "is in use by another sensor");
	else if (result != DATABASE_GOOD)
		snprintf(error, JOURNAL_ERROR, "%s", database_error(file->database));
	if (result != DATABASE_GOOD || version == 0 || is_sound(file))
		return result;
	snprintf(error, JOURNAL_ERROR, "its pages contradict each other");
	return DATABASE_CORRUPT;
}

/* Events are nobody else's business. SQLite gives its other files the same mode. */
static void make_private(const char *path)
{
	int fd = open(path, O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC, 0600);

	if (fd >= 0)
		close(fd);
}

static struct journal_file *open_once(const char *path, enum database_result *result,
				      char error[JOURNAL_ERROR])
{
	struct journal_file *file = calloc(1, sizeof *file);

	*result = DATABASE_FAILED;
	snprintf(error, JOURNAL_ERROR, "out of memory");
	if (file == NULL)
		return NULL;
	snprintf(file->path, sizeof file->path, "%s", path);
	make_private(path);
	file->database = database_open(path, result);
	if (*result == DATABASE_GOOD)
		*result = set_up(file, error);
	else
		snprintf(error, JOURNAL_ERROR, "%s", database_error(file->database));
	return file;
}

/* Takes the file for this sensor, unless events of another one still wait in it. */
static bool claim(struct journal_file *file, const char *sensor, char error[JOURNAL_ERROR])
{
	struct statement *ask, *take;
	uint64_t waiting =
		journal_file_count(file, journal_file_number(file, "confirmed"), INT64_MAX);
	enum database_result result;
	char owner[128] = "";

	ask = statement_new(file->database, "SELECT value FROM meta WHERE name = 'sensor'");
	if (ask != NULL && statement_row(ask, &result))
		snprintf(owner, sizeof owner, "%s", row_text(ask, 0));
	statement_free(ask);
	if (waiting != 0 && strcmp(owner, sensor) != 0) {
		snprintf(error, JOURNAL_ERROR,
			 "holds %" PRIu64 " events of the sensor %s that Redis has not got yet",
			 waiting, owner);
		return false;
	}
	/* What another one knew and had sent is not this one's. */
	if (owner[0] != '\0' && strcmp(owner, sensor) != 0) {
		log_warnx("journal %s was the sensor %s's: what that one knew is dropped",
			  file->path, owner);
		database_execute(file->database, "DELETE FROM state; DELETE FROM event;");
	}
	take = statement_new(file->database, "UPDATE meta SET value = ?1 WHERE name = 'sensor'");
	if (take == NULL)
		return false;
	statement_text(take, 1, sensor);
	result = statement_run(take);
	statement_free(take);
	if (result != DATABASE_GOOD)
		snprintf(error, JOURNAL_ERROR, "%s", database_error(file->database));
	return result == DATABASE_GOOD;
}

static bool disk_is_to_blame(const char *path, enum database_result result)
{
	struct statvfs status;

	if (result == DATABASE_DISK)
		return true;
	return statvfs(path, &status) == 0 && (status.f_flag & ST_RDONLY) != 0;
}

struct journal_file *journal_file_open(const struct journal_options *options, bool *disk,
				       char error[JOURNAL_ERROR])
{
	enum database_result result;
	struct journal_file *file = open_once(options->path, &result, error);

	*disk = false;
	if (file != NULL && result == DATABASE_CORRUPT && !is_text(options->path)) {
		journal_file_set_aside(file, error);
		file = open_once(options->path, &result, error);
	}
	if (file != NULL && result == DATABASE_GOOD && claim(file, options->sensor, error))
		return file;
	*disk = result != DATABASE_GOOD && result != DATABASE_BUSY && result != DATABASE_CORRUPT &&
		disk_is_to_blame(options->path, result);
	journal_file_close(file);
	return NULL;
}

static void rename_to(const char *path, const char *tail, const char *stamp)
{
	char from[PATH_LENGTH + 8], to[PATH_LENGTH + 48];

	snprintf(from, sizeof from, "%s%s", path, tail);
	snprintf(to, sizeof to, "%s%s%s", path, stamp, tail);
	if (rename(from, to) != 0 && errno != ENOENT)
		log_warn("%s", from);
}

void journal_file_set_aside(struct journal_file *file, const char *why)
{
	char path[PATH_LENGTH], stamp[40];
	time_t now = time(NULL);
	struct tm parts;

	snprintf(path, sizeof path, "%s", file->path);
	gmtime_r(&now, &parts);
	strftime(stamp, sizeof stamp, ".damaged-%Y%m%dT%H%M%SZ", &parts);
	log_warnx("journal %s is damaged (%s): kept as %s%s, a new one is begun", path, why, path,
		  stamp);
	/* Renamed first: closing would fold the log into the damaged file. */
	rename_to(path, "-wal", stamp);
	rename_to(path, "", stamp);
	journal_file_close(file);
}

static enum database_result begin(struct journal_file *file)
{
	if (database_in_transaction(file->database))
		return DATABASE_GOOD;
	return statement_run(file->prepared[BEGIN]);
}

static enum database_result change(struct journal_file *file, enum name name)
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

enum database_result journal_file_confirm(struct journal_file *file, uint64_t sequence)
{
	enum database_result result = journal_file_set(file, "confirmed", sequence);

	if (result != DATABASE_GOOD || sequence <= JOURNAL_KEEP)
		return result;
	statement_number(file->prepared[CONFIRM], 1, sequence - JOURNAL_KEEP);
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

enum database_result journal_file_trim(struct journal_file *file, uint64_t confirmed,
				       uint64_t count, uint64_t clock_s, uint64_t *gone)
{
	enum name name = count != 0 ? TRIM_COUNT : TRIM_AGE;
	enum database_result result;

	statement_number(file->prepared[name], 1, confirmed);
	statement_number(file->prepared[name], 2, count != 0 ? count : clock_s);
	result = change(file, name);
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
