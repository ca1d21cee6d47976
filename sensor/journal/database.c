/* SPDX-License-Identifier: ISC */
/* See database.h. A `struct statement` is SQLite's own: nothing is wrapped around it. */
#include "sensor/journal/database.h"

#include <sqlite3.h>
#include <stdlib.h>

struct database {
	sqlite3 *db;
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

struct database *database_open(const char *path, enum database_result *result)
{
	struct database *database = calloc(1, sizeof *database);

	*result = DATABASE_FAILED;
	if (database == NULL)
		return NULL;
	*result = result_of(sqlite3_open_v2(path, &database->db,
					    SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE |
						    SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE,
					    NULL));
	return database;
}

void database_close(struct database *database)
{
	if (database == NULL)
		return;
	sqlite3_close(database->db);
	free(database);
}

const char *database_error(struct database *database)
{
	return database != NULL ? sqlite3_errmsg(database->db) : "out of memory";
}

enum database_result database_execute(struct database *database, const char *sql)
{
	return result_of(sqlite3_exec(database->db, sql, NULL, NULL, NULL));
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

	do
		code = sqlite3_step(sqlite_of(statement));
	while (code == SQLITE_ROW);
	sqlite3_reset(sqlite_of(statement));
	return result_of(code);
}

bool statement_row(struct statement *statement, enum database_result *result)
{
	int code = sqlite3_step(sqlite_of(statement));

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
