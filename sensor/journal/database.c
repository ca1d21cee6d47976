/* SPDX-License-Identifier: ISC */
/* See database.h. A `struct statement` is SQLite's own: nothing is wrapped around it. */
#include "sensor/journal/database.h"

#include <errno.h>
#include <sqlite3.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ERROR_TEXT 256

struct database {
	sqlite3 *db;
	unsigned log_pages; /* in the log after the last commit */
	char error[ERROR_TEXT];
};

static sqlite3_stmt *sqlite_of(struct statement *statement)
{
	return (sqlite3_stmt *)statement;
}

static enum database_result result_of(int code)
{
	switch (code & 0xff) {
	case SQLITE_OK:
	case SQLITE_ROW:
	case SQLITE_DONE:
		return DATABASE_GOOD;
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		return DATABASE_BUSY;
	case SQLITE_FULL:
	case SQLITE_IOERR:
	case SQLITE_READONLY:
		return DATABASE_DISK;
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB:
		return DATABASE_CORRUPT;
	default:
		return DATABASE_FAILED;
	}
}

/* Instead of SQLite's own: it would copy within the commit. */
static int note_log(void *context, sqlite3 *db, const char *name, int pages)
{
	struct database *database = context;

	(void)db;
	(void)name;
	database->log_pages = (unsigned)pages;
	return SQLITE_OK;
}

struct database *database_open(const char *path, enum database_result *result)
{
	struct database *database = calloc(1, sizeof *database);

	*result = DATABASE_FAILED;
	if (database == NULL)
		return NULL;
	*result = result_of(sqlite3_open_v2(path, &database->db,
					    SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOFOLLOW |
						    SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE,
					    NULL));
	if (*result == DATABASE_GOOD)
		sqlite3_wal_hook(database->db, note_log, database);
	return database;
}

void database_close(struct database *database)
{
	if (database == NULL)
		return;
	sqlite3_close(database->db);
	free(database);
}

/* SQLite has many calls fail as a matter of course. */
static bool is_of_a_disk(int number)
{
	static const int numbers[] = {ENOSPC, EROFS, EIO,   EDQUOT, EFBIG,
				      EACCES, EPERM, ENXIO, ENODEV, ESTALE};

	for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
		if (numbers[i] == number)
			return true;
	}
	return false;
}

const char *database_error(struct database *database)
{
	int number = errno;

	if (database == NULL)
		return "out of memory";
	snprintf(database->error, sizeof database->error, "%s", sqlite3_errmsg(database->db));
	if (result_of(sqlite3_extended_errcode(database->db)) == DATABASE_DISK &&
	    is_of_a_disk(number))
		snprintf(database->error, sizeof database->error, "%s: %s",
			 sqlite3_errmsg(database->db), strerrordesc_np(number));
	return database->error;
}

enum database_result database_result(struct database *database)
{
	return result_of(sqlite3_extended_errcode(database->db));
}

enum database_result database_execute(struct database *database, const char *sql)
{
	errno = 0;
	return result_of(sqlite3_exec(database->db, sql, NULL, NULL, NULL));
}

enum database_result database_settle(struct database *database, unsigned pages)
{
	int code;

	if (database->log_pages < pages)
		return DATABASE_GOOD;
	code = sqlite3_wal_checkpoint_v2(database->db, NULL, SQLITE_CHECKPOINT_PASSIVE, NULL, NULL);
	/* Somebody reads: the rest at the next time. */
	if (result_of(code) == DATABASE_GOOD || result_of(code) == DATABASE_BUSY)
		database->log_pages = 0;
	return result_of(code) == DATABASE_BUSY ? DATABASE_GOOD : result_of(code);
}

bool database_in_transaction(struct database *database)
{
	return sqlite3_get_autocommit(database->db) == 0;
}

uint64_t database_number(struct database *database, const char *query)
{
	struct statement *statement = statement_new(database, query);
	enum database_result result;
	uint64_t number = 0;

	if (statement != NULL && statement_row(statement, &result))
		number = row_number(statement, 0);
	statement_free(statement);
	return number;
}

uint64_t database_changes(struct database *database)
{
	return (uint64_t)sqlite3_changes(database->db);
}

struct statement *statement_new(struct database *database, const char *sql)
{
	sqlite3_stmt *prepared = NULL;

	if (sqlite3_prepare_v3(database->db, sql, -1, SQLITE_PREPARE_PERSISTENT, &prepared, NULL) !=
	    SQLITE_OK)
		return NULL;
	return (struct statement *)prepared;
}

void statement_free(struct statement *statement)
{
	sqlite3_finalize(sqlite_of(statement));
}

void statement_number(struct statement *statement, int parameter, uint64_t value)
{
	sqlite3_bind_int64(sqlite_of(statement), parameter, (sqlite3_int64)value);
}

void statement_text(struct statement *statement, int parameter, const char *text)
{
	sqlite3_bind_text(sqlite_of(statement), parameter, text, -1, SQLITE_STATIC);
}

void statement_bytes(struct statement *statement, int parameter, const void *bytes, size_t length)
{
	sqlite3_bind_blob64(sqlite_of(statement), parameter, bytes, length, SQLITE_STATIC);
}

enum database_result statement_run(struct statement *statement)
{
	int code;

	errno = 0; /* database_error() */
	do
		code = sqlite3_step(sqlite_of(statement));
	while (code == SQLITE_ROW);
	sqlite3_reset(sqlite_of(statement));
	return result_of(code);
}

bool statement_row(struct statement *statement, enum database_result *result)
{
	int code;

	errno = 0;
	code = sqlite3_step(sqlite_of(statement));
	*result = result_of(code);
	return code == SQLITE_ROW;
}

void statement_reset(struct statement *statement)
{
	sqlite3_reset(sqlite_of(statement));
}

uint64_t row_number(struct statement *statement, int column)
{
	return (uint64_t)sqlite3_column_int64(sqlite_of(statement), column);
}

const char *row_text(struct statement *statement, int column)
{
	const char *text = (const char *)sqlite3_column_text(sqlite_of(statement), column);

	return text != NULL ? text : "";
}

const void *row_bytes(struct statement *statement, int column, size_t *length)
{
	const void *bytes = sqlite3_column_blob(sqlite_of(statement), column);

	*length = (size_t)sqlite3_column_bytes(sqlite_of(statement), column);
	return bytes != NULL ? bytes : "";
}
