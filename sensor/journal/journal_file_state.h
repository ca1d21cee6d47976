/* SPDX-License-Identifier: ISC */
/* The inside of the journal's file, for journal_file*.c alone. */
#ifndef SENSOR_JOURNAL_FILE_STATE_H
#define SENSOR_JOURNAL_FILE_STATE_H

#include "sensor/base/unpack_zlib.h"
#include "sensor/journal/journal_file.h"

#define JOURNAL_PATH	  1024
#define JOURNAL_SAMPLES	  8 /* events, and kinds of state */
#define JOURNAL_OF_EVENTS 0

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
	ADD_SAMPLE,
	SAMPLES,
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
	/* The first event or record of each kind: the others are packed against it. */
	struct zlib_dictionary samples[JOURNAL_SAMPLES];
	unsigned new_samples; /* bits: of this transaction */
};

/* Once the tables are there. */
bool journal_file_prepare(struct journal_file *file);
/* Then, unless it is new: what it packs against. */
void journal_file_samples(struct journal_file *file);
/* What is packed fits into `file->packed`, what is unpacked into `file->raw`. */
bool journal_file_raw_room(struct journal_file *file, size_t bytes);

/* journal_file_old.c: files of earlier versions. */
/* Brings one of that version to the present tables. */
enum database_result journal_file_migrate(struct journal_file *file, uint64_t version);

extern const char journal_file_schema[];

#endif
