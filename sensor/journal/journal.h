/* SPDX-License-Identifier: ISC */
/*
 * The room journal/: what must survive a kill -9, in one SQLite file (database.c alone sees
 * SQLite). In: packed events and records of the engine's state. Out: the same, in order, to Redis
 * and to the next run. It keeps a queue in memory of what is not committed yet and the file;
 * bounded by --journal-mib, --journal-days and --journal-keep; what a bound costs is counted
 * exactly.
 *
 *   main thread: append, read, confirm ─▶ queue in memory ─▶ job ─▶ writer's thread ─▶ the file
 *
 * Events on their way to Redis: stored, sent, and forgotten some time after they are confirmed; and
 * the engine's state, for the next run. A file survives the sensor; without a path it is memory
 * only. One sensor for each file. All functions are the main thread's, and none of them waits for
 * the disk once there is a thread for that (journal_begin_thread); before, and in a replay, each
 * does its work at once.
 *
 * An event leaves (journal_read(), journal_leaving()) when the file has it. A disk that takes long
 * does not hold it back: after a quarter of a second it leaves unwritten, and is counted. So it
 * does when the file cannot be written (disk full, read-only): it stays in memory, goes to Redis
 * from there, and is written when the disk takes it again.
 *
 * Deliveries are told apart by (epoch, sequence): the epoch is new in each run of the sensor. A
 * number stands for one event over all runs of a file: after a kill -9 numbers go on
 * JOURNAL_SKIPPED further on, since some may have left unwritten.
 */
#ifndef SENSOR_JOURNAL_H
#define SENSOR_JOURNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define JOURNAL_ERROR	   256
#define JOURNAL_EPOCH_TEXT 17
#define JOURNAL_WINDOW	   128	   /* events that may be on their way to Redis at a time */
#define JOURNAL_SKIPPED	   1000000 /* numbers, after a run that was killed */

struct journal;
struct loop;

struct journal_options {
	const char *path;   /* NULL: in memory */
	const char *sensor; /* a file with events of another sensor is refused */
	/* Beyond these the oldest go, and are counted; confirmed ones go first, and for nothing. */
	uint32_t max_rows;  /* at least 1 */
	uint64_t max_bytes; /* of the file, or of memory without one; 0: no bound */
	uint64_t max_age_s; /* running time of the sensor, which no clock can jump; 0: no bound */
	/* Confirmed events kept in memory, and in the file, for a Redis that loses some; 0:
	 * 1000. */
	uint32_t keep, keep_in_file;
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

/* One piece of the engine's state; bytes that only the engine understands. */
struct journal_state {
	const void *key, *data;
	size_t key_length, data_length;
	uint64_t at_ns; /* oldest first when they are read */
};

enum journal_loss {
	JOURNAL_LOST_FULL,   /* beyond the bounds of the file, or of memory without one */
	JOURNAL_LOST_OLD,    /* max_age_s */
	JOURNAL_LOST_MEMORY, /* the file takes nothing, and memory has its bound */
	JOURNAL_LOST_DAMAGED,
	JOURNAL_LOSSES
};

struct journal_stats {
	uint64_t waiting;   /* rows now */
	uint64_t unwritten; /* of all rows, those that the file has not, now */
	uint64_t lost;	    /* given up before Redis had them, since the start */
	uint64_t lost_by[JOURNAL_LOSSES];
	uint64_t early;	   /* left before they were written, since the start */
	uint64_t slow;	   /* jobs of the disk that nobody waited for any more, since the start */
	uint64_t rejected; /* set aside because Redis will never take them, since the start */
	uint64_t errors;   /* operations that failed, since the start */
	bool in_memory;	   /* now: there is no file, or it cannot be written */
};

/* NULL, and a sentence in `error`: no access, another sensor has it, not a journal. A file that is
 * damaged is kept aside and begun anew, a disk that cannot be written replaced by memory: told. */
struct journal *journal_open(const struct journal_options *options, char error[JOURNAL_ERROR]);
/* Commits, and waits for the disk for at most `wait_ms` if there is a thread for it: what it has
 * not taken by then is told. NULL is allowed. */
void journal_close_within(struct journal *journal, uint64_t wait_ms);
void journal_close(struct journal *journal); /* waits for as long as it takes */

/* From here on the disk has a thread of its own; call it when privileges are given up. `ready` is
 * called from the loop when more may leave, or be read, or be written: call journal_commit().
 * False: no thread to be had, it goes on without. */
bool journal_begin_thread(struct journal *journal, struct loop *loop, void (*ready)(void *context),
			  void *context);

/* The highest sequence ever appended to this file, or skipped; 0 if none. */
uint64_t journal_last_sequence(const struct journal *journal);

/* False: out of memory (counted). */
bool journal_append(struct journal *journal, const struct journal_row *row);
/* Notes a sequence as used, for sensors that send nothing. */
void journal_note_sequence(struct journal *journal, uint64_t sequence);
/* Begins to write what there is, unless that is going on already. False: it is in memory for
 * now. */
bool journal_commit(struct journal *journal);
/* Up to this sequence events may leave: the file has them, or they are not to wait for it. */
uint64_t journal_leaving(const struct journal *journal);
/* Nothing that the file has not, and nothing that is being done. */
bool journal_idle(const struct journal *journal);
/* Numbers between the last run and this one that no event has: a run was killed. 0: none. */
uint64_t journal_jumped(const struct journal *journal);
/* Called at the beginning of each commit that has events: the place for journal_put(), so that
 * events and the state they come from are written together. */
void journal_on_commit(struct journal *journal, void (*hook)(void *context), void *context);
/* Once a second or so: bounds, room given back, another try after a failure. */
void journal_tick(struct journal *journal);

/* Redis has everything up to and with `sequence`. */
void journal_confirm(struct journal *journal, uint64_t sequence);
uint64_t journal_confirmed(const struct journal *journal);
/* Redis says that this is the last one that it has (epoch "": none). If it has lost some, or has
 * some that were not known to be confirmed, that is what is confirmed now. How many of those that
 * it has lost are not kept any more? */
uint64_t journal_rewind(struct journal *journal, const char *epoch, uint64_t sequence);
/* Redis will never take this one: it moves to the table `rejected`, with the reason. */
void journal_reject(struct journal *journal, uint64_t sequence, const char *reason);

/* The engine's state, by kind and key. They are written with the next commit; should there be no
 * room to wait for that, journal_state_lost() grows, and all of it has to be put again. Nothing
 * without a file. Reading is for the start, before there is a thread. */
void journal_put(struct journal *journal, unsigned kind, const struct journal_state *state);
void journal_drop(struct journal *journal, unsigned kind, const void *key, size_t key_length);
uint64_t journal_state_lost(const struct journal *journal);
void journal_states(struct journal *journal, unsigned kind,
		    void (*each)(void *context, const struct journal_state *state), void *context);
/* A number that is kept under a name; 0 if it was never set. */
uint64_t journal_number(const struct journal *journal, const char *name);
void journal_set_number(struct journal *journal, const char *name, uint64_t value);

/* Calls `each` for the unconfirmed rows after `sequence` that may leave, oldest first, until it
 * says false or there are no more: some may have to be fetched from the file first. A row is valid
 * during the call; `each` must not call the journal. */
void journal_read(struct journal *journal, uint64_t sequence,
		  bool (*each)(void *context, const struct journal_row *row), void *context);

void journal_stats(const struct journal *journal, struct journal_stats *stats);

#endif
