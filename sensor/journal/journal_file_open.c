/* SPDX-License-Identifier: ISC */
/*
 * Opening the journal's file, and what to do with one that is damaged, or somebody else's; see
 * journal_file.h.
 *
 * WAL with synchronous=NORMAL: a commit costs one write and no fsync, and what is committed
 * survives the sensor's death (kill -9) in any case. When the whole machine loses power the last
 * commits since the log was copied may be undone (the file stays sound): FULL would save those, for
 * an fsync per commit; what they held has usually reached Redis, which the epoch makes harmless.
 * The log is copied between two jobs (journal_file_settle): that is when the disk is waited for.
 *
 * A lock of our own (flock, on a descriptor that is kept) keeps a second sensor out; SQLite's are
 * left as they are, so that others may read while the sensor writes.
 *
 * Tables: `meta` holds single values; `event` is the queue; `state` is the engine's; `skipped` are
 * numbers that no event has; `sample` is what `event` and `state` are packed against; `rejected` is
 * for people. The file is ours by its application_id, and
 * by its tables if it is older than that.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <time.h>
#include <unistd.h>

#include "sensor/base/log.h"
#include "sensor/journal/journal_file_state.h"

#define SCHEMA_VERSION 3
#define APPLICATION    1936748151 /* "spnw" */
#define CHECKED_BYTES  (64 << 20) /* a file up to this size is checked as a whole at the start */
#define PEEK_BYTES     512
#define HEADER_BYTES   100 /* of a database: https://www.sqlite.org/fileformat2.html */

/* auto_vacuum works only where it is set before the first table. */
static const char pragmas[] = "PRAGMA auto_vacuum = INCREMENTAL;"
			      "PRAGMA journal_mode = WAL;"
			      "PRAGMA synchronous = NORMAL;"
			      "PRAGMA temp_store = MEMORY;"
			      "PRAGMA busy_timeout = 1000;"
			      "PRAGMA journal_size_limit = 16777216;";

const char journal_file_schema[] =
	"CREATE TABLE IF NOT EXISTS meta (name TEXT PRIMARY KEY, value) WITHOUT ROWID;"
	"INSERT OR IGNORE INTO meta VALUES ('last_sequence', 0), ('sensor', '');"
	"CREATE TABLE IF NOT EXISTS event (sequence INTEGER PRIMARY KEY, epoch INTEGER NOT NULL,"
	" clock INTEGER NOT NULL, json INTEGER NOT NULL, raw INTEGER NOT NULL,"
	" data BLOB NOT NULL);"
	"CREATE TABLE IF NOT EXISTS state (kind INTEGER, key BLOB, at INTEGER NOT NULL,"
	" raw INTEGER NOT NULL, data BLOB NOT NULL, PRIMARY KEY (kind, key)) WITHOUT ROWID;"
	"CREATE TABLE IF NOT EXISTS sample (kind INTEGER PRIMARY KEY, data BLOB NOT NULL);"
	"CREATE TABLE IF NOT EXISTS skipped (first INTEGER PRIMARY KEY, last INTEGER NOT NULL);"
	"CREATE TABLE IF NOT EXISTS rejected (sequence INTEGER, epoch TEXT, json BLOB NOT NULL,"
	" reason TEXT NOT NULL, PRIMARY KEY (sequence, epoch));"
	"PRAGMA user_version = 3;"
	"PRAGMA application_id = 1936748151;";

/* Somebody may have named a file of his own by mistake: text is no journal that broke, nor is what
 * says that it is another program's. */
static bool is_foreign(const struct journal_file *file)
{
	unsigned char bytes[PEEK_BYTES];
	ssize_t count = pread(file->fd, bytes, sizeof bytes, 0);
	uint32_t application;

	if (count >= HEADER_BYTES && memcmp(bytes, "SQLite format 3", 16) == 0) {
		application = (uint32_t)bytes[68] << 24 | (uint32_t)bytes[69] << 16 |
			      (uint32_t)bytes[70] << 8 | bytes[71];
		return application != 0 && application != APPLICATION;
	}
	for (ssize_t i = 0; i < count; i++) {
		if (bytes[i] < ' ' && (bytes[i] == '\0' || strchr("\t\r\n", bytes[i]) == NULL))
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

/* One number; `result` tells whether there was one to be had. */
static uint64_t ask(struct journal_file *file, const char *query, enum database_result *result)
{
	struct statement *statement = statement_new(file->database, query);
	uint64_t number = 0;

	/* What is no database at all shows when the first question is prepared. */
	*result = statement == NULL ? database_result(file->database) : DATABASE_GOOD;
	if (statement != NULL && statement_row(statement, result))
		number = row_number(statement, 0);
	statement_free(statement);
	return number;
}

#define OLD_TABLES                                                                                 \
	"SELECT (SELECT count(*) FROM pragma_table_info('event') WHERE name IN ('sequence',"       \
	" 'epoch', 'exposure', 'incident', 'json', 'fields')) = 6 AND"                             \
	" (SELECT count(*) FROM pragma_table_info('meta') WHERE name IN ('name', 'value')) = 2"

/* Before anything is changed in it. */
static enum database_result recognise(struct journal_file *file, uint64_t *version,
				      char error[JOURNAL_ERROR])
{
	enum database_result result;
	uint64_t application = ask(file, "PRAGMA application_id", &result), tables = 0, old = 0;

	if (result == DATABASE_GOOD)
		*version = ask(file, "PRAGMA user_version", &result);
	if (result == DATABASE_GOOD)
		tables = ask(file, "SELECT count(*) FROM sqlite_master", &result);
	if (result == DATABASE_GOOD && application == 0 && (*version == 1 || *version == 2))
		old = ask(file, OLD_TABLES, &result);
	if (result != DATABASE_GOOD) {
		snprintf(error, JOURNAL_ERROR, "%s", database_error(file->database));
		return result;
	}
	if (application == APPLICATION && *version <= SCHEMA_VERSION)
		return DATABASE_GOOD;
	if (application == 0 && (old != 0 || (tables == 0 && *version == 0)))
		return DATABASE_GOOD;
	snprintf(error, JOURNAL_ERROR, "%s",
		 application == APPLICATION ? "was written by a newer spanwatch"
					    : "is a database of another program");
	return DATABASE_FAILED;
}

static enum database_result make_tables(struct journal_file *file, uint64_t version)
{
	enum database_result result = database_execute(file->database, pragmas);

	if (result == DATABASE_GOOD && version != 0 && version < SCHEMA_VERSION)
		return journal_file_migrate(file, version);
	if (result == DATABASE_GOOD)
		result = database_execute(file->database, "BEGIN IMMEDIATE");
	if (result == DATABASE_GOOD)
		result = database_execute(file->database, journal_file_schema);
	return result == DATABASE_GOOD ? database_execute(file->database, "COMMIT") : result;
}

static enum database_result set_up(struct journal_file *file, char error[JOURNAL_ERROR])
{
	uint64_t version = 0;
	enum database_result result = recognise(file, &version, error);

	if (result != DATABASE_GOOD)
		return result;
	result = make_tables(file, version);
	if (result == DATABASE_GOOD && file->prepared[BEGIN] == NULL && !journal_file_prepare(file))
		result = DATABASE_FAILED;
	if (result == DATABASE_GOOD)
		journal_file_samples(file);
	if (result == DATABASE_BUSY)
		snprintf(error, JOURNAL_ERROR, "is in use by another program");
	else if (result != DATABASE_GOOD)
		snprintf(error, JOURNAL_ERROR, "%s", database_error(file->database));
	if (result != DATABASE_GOOD || version == 0 || is_sound(file))
		return result;
	snprintf(error, JOURNAL_ERROR, "its pages contradict each other");
	return DATABASE_CORRUPT;
}

static enum database_result refused(int number, char error[JOURNAL_ERROR])
{
	snprintf(error, JOURNAL_ERROR, "cannot be opened: %s", strerrordesc_np(number));
	return number == EROFS || number == ENOSPC || number == EDQUOT || number == EIO
		       ? DATABASE_DISK
		       : DATABASE_FAILED;
}

/* Links in the way there are followed, one in its place is not: SQLite follows none. */
static enum database_result find_place(struct journal_file *file, const char *path,
				       char error[JOURNAL_ERROR])
{
	char folder[JOURNAL_PATH], name[JOURNAL_PATH], *real;
	int length;

	if (strlen(path) >= JOURNAL_PATH)
		return refused(ENAMETOOLONG, error);
	snprintf(folder, sizeof folder, "%s", path);
	snprintf(name, sizeof name, "%s", path);
	real = realpath(dirname(folder), NULL);
	if (real == NULL)
		return refused(errno, error);
	length = snprintf(file->path, sizeof file->path, "%s/%s",
			  strcmp(real, "/") != 0 ? real : "", basename(name));
	free(real);
	if (length < 0 || (size_t)length >= sizeof file->path)
		return refused(ENAMETOOLONG, error);
	return DATABASE_GOOD;
}

/*
 * Events are nobody else's business: SQLite gives its other files the same mode. The descriptor
 * stays open, since closing it would let go of SQLite's locks as well.
 */
static enum database_result take_lock(struct journal_file *file, char error[JOURNAL_ERROR])
{
	struct stat status;

	file->fd = open(file->path, O_CREAT | O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0600);
	if (file->fd < 0 && errno == ELOOP) {
		snprintf(error, JOURNAL_ERROR, "cannot be opened: it is a symbolic link");
		return DATABASE_FAILED;
	}
	if (file->fd < 0 || fstat(file->fd, &status) != 0)
		return refused(errno, error);
	if (!S_ISREG(status.st_mode)) {
		snprintf(error, JOURNAL_ERROR, "cannot be opened: it is no file");
		return DATABASE_FAILED;
	}
	if (flock(file->fd, LOCK_EX | LOCK_NB) == 0)
		return DATABASE_GOOD;
	if (errno != EWOULDBLOCK)
		return refused(errno, error);
	snprintf(error, JOURNAL_ERROR, "is in use by another sensor");
	return DATABASE_BUSY;
}

static struct journal_file *open_once(const char *path, enum database_result *result,
				      char error[JOURNAL_ERROR])
{
	struct journal_file *file = calloc(1, sizeof *file);

	*result = DATABASE_FAILED;
	snprintf(error, JOURNAL_ERROR, "out of memory");
	if (file == NULL)
		return NULL;
	file->fd = -1;
	*result = find_place(file, path, error);
	if (*result == DATABASE_GOOD)
		*result = take_lock(file, error);
	if (*result != DATABASE_GOOD)
		return file;
	file->database = database_open(file->path, result);
	if (*result == DATABASE_GOOD)
		*result = set_up(file, error);
	else
		snprintf(error, JOURNAL_ERROR, "%s", database_error(file->database));
	return file;
}

/* Takes the file for this sensor, unless events of another one still wait in it. */
static bool claim(struct journal_file *file, const char *sensor, char error[JOURNAL_ERROR])
{
	struct statement *asked, *take;
	struct journal_map map = {0};
	uint64_t waiting;
	enum database_result result;
	char owner[128] = "";

	asked = statement_new(file->database, "SELECT value FROM meta WHERE name = 'sensor'");
	if (asked != NULL && statement_row(asked, &result))
		snprintf(owner, sizeof owner, "%s", row_text(asked, 0));
	statement_free(asked);
	if (strcmp(owner, sensor) == 0)
		return true;
	journal_file_map(file, &map);
	waiting = journal_map_count(&map, journal_file_number(file, "confirmed"), UINT64_MAX);
	journal_map_clear(&map);
	if (waiting != 0) {
		snprintf(error, JOURNAL_ERROR,
			 "holds %" PRIu64 " events of the sensor %s that Redis has not got yet",
			 waiting, owner);
		return false;
	}
	/* What another one knew and had sent is not this one's. */
	if (owner[0] != '\0') {
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
	if (file != NULL && result == DATABASE_CORRUPT && !is_foreign(file)) {
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
	rename_to(path, "-shm", stamp);
	rename_to(path, "", stamp);
	journal_file_close(file);
}
