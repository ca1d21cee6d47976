/* SPDX-License-Identifier: ISC */
/*
 * Opening the journal's file, and what to do with one that is damaged, or somebody else's; see
 * journal_file.h.
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

#include "sensor/base/log.h"
#include "sensor/journal/journal_file_state.h"

#define SCHEMA_VERSION 2
#define CHECKED_BYTES  (64 << 20) /* a file up to this size is checked as a whole at the start */
#define PEEK_BYTES     512

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
	if (result == DATABASE_GOOD && !journal_file_prepare(file))
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
	char from[JOURNAL_PATH + 8], to[JOURNAL_PATH + 48];

	snprintf(from, sizeof from, "%s%s", path, tail);
	snprintf(to, sizeof to, "%s%s%s", path, stamp, tail);
	if (rename(from, to) != 0 && errno != ENOENT)
		log_warn("%s", from);
}

void journal_file_set_aside(struct journal_file *file, const char *why)
{
	char path[JOURNAL_PATH], stamp[40];
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
