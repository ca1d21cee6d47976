/* SPDX-License-Identifier: ISC */
/*
 * Events on their way to Redis: stored first, sent then, deleted when confirmed. A file survives
 * the sensor; without a path it is memory only. One thread, one sensor for each file.
 *
 * Changes are gathered in a transaction until journal_commit(): call it before
 * anything leaves for Redis. Deliveries are told apart by (epoch, sequence): the epoch is new in each run of the
 * sensor, so that a number used twice (power failed before the disk had it) is never mistaken for
 * a repetition.
 */
#ifndef SENSOR_JOURNAL_H
#define SENSOR_JOURNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define JOURNAL_ERROR	   256
#define JOURNAL_EPOCH_TEXT 17

struct journal;

struct journal_options {
	const char *path;   /* NULL: in memory */
	const char *sensor; /* a file with events of another sensor is refused */
	uint32_t max_rows;  /* beyond it the oldest go, and are counted; at least 1 */
};

/* One event. In journal_append() `epoch` is ignored: it is this run's. */
struct journal_row {
	uint64_t sequence;
	const char *epoch;
	const char *exposure, *incident; /* their ids, "" if none */
	const char *json;
	size_t json_length;
	const char *fields; /* packed: event_fields.h */
	size_t fields_length;
};

struct journal_stats {
	uint64_t waiting;  /* rows now */
	uint64_t lost;	   /* pushed out by max_rows, since the start */
	uint64_t rejected; /* set aside because Redis will never take them, since the start */
	uint64_t errors;   /* operations that failed, since the start */
};

/* NULL, and a sentence in `error`: no access, another sensor has it, not a journal. */
struct journal *journal_open(const struct journal_options *options, char error[JOURNAL_ERROR]);
void journal_close(struct journal *journal); /* commits; NULL is allowed */

/* The highest sequence ever appended to this file, 0 if none. */
uint64_t journal_last_sequence(const struct journal *journal);

/* False: not stored (counted; the first failure is logged). */
bool journal_append(struct journal *journal, const struct journal_row *row);
/* Notes a sequence as used, for sensors that send nothing. */
bool journal_note_sequence(struct journal *journal, uint64_t sequence);
bool journal_commit(struct journal *journal);

/* Redis has everything up to and with `sequence`. */
bool journal_confirm(struct journal *journal, uint64_t sequence);
/* Redis will never take this one: it moves to the table `rejected`, with the reason. */
bool journal_reject(struct journal *journal, uint64_t sequence, const char *reason);

/* Calls `each` for the rows after `sequence`, oldest first, until it says false or there are no
 * more. A row is valid during the call; `each` must not call the journal. */
void journal_read(struct journal *journal, uint64_t sequence,
		  bool (*each)(void *context, const struct journal_row *row), void *context);

void journal_stats(const struct journal *journal, struct journal_stats *stats);

#endif
