/* SPDX-License-Identifier: ISC */
/* The inside of the journal's file, for journal_file*.c alone. */
#ifndef SENSOR_JOURNAL_FILE_STATE_H
#define SENSOR_JOURNAL_FILE_STATE_H

#include "sensor/journal/journal_file.h"

#define JOURNAL_PATH 1024

enum journal_statement {
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
	FORGET,
	COUNT,
	HAS,
	NEWEST,
	READ,
	STATES,
	STATEMENTS
};

struct journal_file {
	struct database *database;
	struct statement *prepared[STATEMENTS];
	char path[JOURNAL_PATH];
};

/* Once the tables are there. */
bool journal_file_prepare(struct journal_file *file);

#endif
