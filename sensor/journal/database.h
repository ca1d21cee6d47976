/* SPDX-License-Identifier: ISC */
/*
 * A thin face of SQLite for the journal: the one place that sees it. One thread. What a failure
 * means is sorted into the few things that the journal does something about.
 */
#ifndef SENSOR_DATABASE_H
#define SENSOR_DATABASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct database;
struct statement;

enum database_result {
	DATABASE_GOOD,
	DATABASE_BUSY,	  /* somebody else holds it */
	DATABASE_DISK,	  /* full, read-only, or it fails: the file itself may be fine */
	DATABASE_CORRUPT, /* or no database at all */
	DATABASE_FAILED,  /* all else */
};

/* Sets `result`; whatever that is, close it (NULL: out of memory). `path` is there already, and is
 * not a link. */
struct database *database_open(const char *path, enum database_result *result);
void database_close(struct database *database); /* after its statements; NULL is allowed */
/* Of the call that has just failed, with the words of errno if it was the disk. */
const char *database_error(struct database *database);

enum database_result database_result(struct database *database); /* likewise */

enum database_result database_execute(struct database *database, const char *sql);
/* Copies the log back into the database, once it has `pages`; between transactions. */
enum database_result database_settle(struct database *database, unsigned pages);
bool database_in_transaction(struct database *database);
/* The first integer of a query's first row, 0 if there is none. */
uint64_t database_number(struct database *database, const char *query);
uint64_t database_changes(struct database *database); /* rows of the last statement */

struct statement *statement_new(struct database *database, const char *sql); /* NULL: error */
void statement_free(struct statement *statement);			     /* NULL is allowed */
/* Parameters count from 1. Bytes are not copied: they must live until the statement has run. */
void statement_number(struct statement *statement, int parameter, uint64_t value);
void statement_text(struct statement *statement, int parameter, const char *text);
void statement_bytes(struct statement *statement, int parameter, const void *bytes, size_t length);
/* Runs it to its end. */
enum database_result statement_run(struct statement *statement);
/* The next row; false at the end or on an error, which is then in `result`. Reset it after the
 * last row that is wanted. */
bool statement_row(struct statement *statement, enum database_result *result);
void statement_reset(struct statement *statement);
/* Columns count from 0; valid until the next step. */
uint64_t row_number(struct statement *statement, int column);
const char *row_text(struct statement *statement, int column);
const void *row_bytes(struct statement *statement, int column, size_t *length);

#endif
