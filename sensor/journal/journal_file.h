/* SPDX-License-Identifier: ISC */
/*
 * The journal's file: events that wait for Redis (and the last ones that have left, for a Redis
 * that turns out to have lost them), the engine's state, a few numbers. For journal*.c only, which
 * decide what is done about a failure. One thread at a time.
 */
#ifndef SENSOR_JOURNAL_FILE_H
#define SENSOR_JOURNAL_FILE_H

#include "sensor/journal/database.h"
#include "sensor/journal/journal.h"
#include "sensor/journal/journal_map.h"
#include "sensor/journal/journal_queue.h"

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
					 uint64_t clock_s);
enum database_result journal_file_remove(struct journal_file *file, uint64_t first, uint64_t last);
enum database_result journal_file_reject(struct journal_file *file, const struct journal_row *row,
					 const char *reason);
enum database_result journal_file_set(struct journal_file *file, const char *name, uint64_t value);
enum database_result journal_file_put(struct journal_file *file, unsigned kind,
				      const struct journal_state *state);
enum database_result journal_file_drop(struct journal_file *file, unsigned kind, const void *key,
				       size_t key_length);
/* Numbers that no event will ever have: from `first` to `last`. */
enum database_result journal_file_skip(struct journal_file *file, uint64_t first, uint64_t last);
enum database_result journal_file_commit(struct journal_file *file);
void journal_file_rollback(struct journal_file *file);
/* Moves what was committed to its place, once there is enough of it, and sees to it that the disk
 * has it; this may take long. */
enum database_result journal_file_settle(struct journal_file *file);
/* Gives a little of the room that is free back to the file system; between transactions. */
void journal_file_shrink(struct journal_file *file);

uint64_t journal_file_number(struct journal_file *file, const char *name);
uint64_t journal_file_room(const struct journal_file *file); /* bytes that its disk has left */
uint64_t journal_file_bytes(struct journal_file *file);	     /* in use */
/* The newest event behind `after` that is older than `clock_s`; 0: there is none. */
uint64_t journal_file_too_old(struct journal_file *file, uint64_t after, uint64_t clock_s);
/* What there is. False: it could not be read, or there is no memory. */
bool journal_file_map(struct journal_file *file, struct journal_map *map);
/* Adds those between `after` and `before` to the queue, oldest first, until that has `bytes`. */
enum database_result journal_file_fetch(struct journal_file *file, uint64_t after, uint64_t before,
					uint64_t bytes, struct journal_queue *queue);
void journal_file_skipped(struct journal_file *file,
			  void (*each)(void *context, uint64_t first, uint64_t last),
			  void *context);
void journal_file_states(struct journal_file *file, unsigned kind,
			 void (*each)(void *context, const struct journal_state *state),
			 void *context, enum database_result *result);

#endif
