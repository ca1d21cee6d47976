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
	REMOVE,
	SET_ASIDE,
	PUT,
	DROP,
	SKIP,
	TOO_OLD,
	MAP,
	FETCH,
	SKIPPED,
	STATES,
	STATEMENTS
};

struct journal_file {
	struct database *database;
	struct statement *prepared[STATEMENTS];
	char path[JOURNAL_PATH]; /* no link leads there */
	int fd;			 /* holds the lock, as long as the database is open; -1: none */
	uint8_t *raw, *packed;	 /* of one event or record */
	size_t raw_room, packed_room;
};

/* Once the tables are there. */
bool journal_file_prepare(struct journal_file *file);
/* What is packed fits into `file->packed`, what is unpacked into `file->raw`. */
bool journal_file_raw_room(struct journal_file *file, size_t bytes);

/* journal_file_old.c: files of earlier versions. */
/* Brings one of that version to the present tables. */
enum database_result journal_file_migrate(struct journal_file *file, uint64_t version);

extern const char journal_file_schema[];

#endif
