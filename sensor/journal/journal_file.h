/* SPDX-License-Identifier: ISC */
/*
 * The journal's file: events that wait for Redis (and the last ones that have left, for a Redis
 * that turns out to have lost them), the engine's state, a few numbers. For journal.c only, which
 * decides what is done about a failure.
 */
#ifndef SENSOR_JOURNAL_FILE_H
#define SENSOR_JOURNAL_FILE_H

#include "sensor/journal/database.h"
#include "sensor/journal/journal.h"

struct journal_file;

/*
 * NULL, and a sentence in `error`, if this file must not be used; `disk` tells that it is only the
 * disk that cannot be written. A damaged file is renamed, told, and a new one is begun.
 */
struct journal_file *journal_file_open(const struct journal_options *options, bool *disk,
				       char error[JOURNAL_ERROR]);
void journal_file_close(struct journal_file *file); /* what is not committed is lost */
const char *journal_file_error(struct journal_file *file);
/* Renames a damaged file and closes it; the name is told. */
void journal_file_set_aside(struct journal_file *file, const char *why);

/* A transaction is begun by the first change. */
enum database_result journal_file_append(struct journal_file *file, const struct journal_row *row,
					 const char *epoch, uint64_t clock_s);
/* The last `keep` up to `sequence` stay. */
enum database_result journal_file_confirm(struct journal_file *file, uint64_t sequence,
					  uint32_t keep);
enum database_result journal_file_reject(struct journal_file *file, const struct journal_row *row,
					 const char *reason);
enum database_result journal_file_set(struct journal_file *file, const char *name, uint64_t value);
enum database_result journal_file_put(struct journal_file *file, unsigned kind,
				      const struct journal_state *state);
enum database_result journal_file_drop(struct journal_file *file, unsigned kind, const void *key,
				       size_t key_length);
/* Gives up the oldest `count` events behind `after`, or all of them that are older than
 * `clock_s`, whichever they are asked for; `gone` tells how many. */
enum database_result journal_file_trim(struct journal_file *file, uint64_t after, uint64_t count,
				       uint64_t clock_s, uint64_t *gone);
/* Deletes the oldest `count` up to `confirmed`. */
enum database_result journal_file_forget(struct journal_file *file, uint64_t confirmed,
					 uint64_t count, uint64_t *gone);
enum database_result journal_file_commit(struct journal_file *file);
void journal_file_rollback(struct journal_file *file);
/* Gives a little of the room that is free back to the file system; between transactions. */
void journal_file_shrink(struct journal_file *file);

uint64_t journal_file_number(struct journal_file *file, const char *name);
uint64_t journal_file_room(const struct journal_file *file); /* bytes that its disk has left */
uint64_t journal_file_bytes(struct journal_file *file);	     /* in use */
uint64_t journal_file_count(struct journal_file *file, uint64_t after, uint64_t up_to);
uint64_t journal_file_oldest(struct journal_file *file); /* its sequence; 0: there is none */
/* Of this epoch; 0: there is none. */
uint64_t journal_file_newest(struct journal_file *file, const char *epoch);
bool journal_file_has(struct journal_file *file, uint64_t sequence, const char *epoch);
/* False: `each` said so. */
bool journal_file_read(struct journal_file *file, uint64_t sequence,
		       bool (*each)(void *context, const struct journal_row *row), void *context,
		       enum database_result *result);
void journal_file_states(struct journal_file *file, unsigned kind,
			 void (*each)(void *context, const struct journal_state *state),
			 void *context, enum database_result *result);

#endif
