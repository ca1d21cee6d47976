/* SPDX-License-Identifier: ISC */
/*
 * Events in memory, in order of sequence; for journal*.c. The main thread's; while a job has some
 * of them, the writer's thread reads these as well, and none of them is freed.
 */
#ifndef SENSOR_JOURNAL_QUEUE_H
#define SENSOR_JOURNAL_QUEUE_H

#include "sensor/journal/journal.h"

struct queued {
	struct queued *next;
	struct journal_row row; /* its texts are behind this */
	size_t bytes;
	bool written; /* the file has it */
	bool lent;    /* to a job */
	bool taken;   /* out of the queue, while it was lent */
};

struct journal_queue {
	struct queued *first, *last;
	struct queued *waits;	  /* the first one behind what is confirmed */
	struct queued *unwritten; /* the first one that the file has not */
	uint64_t rows, bytes;
	uint64_t waiting;	    /* rows from `waits` on */
	uint64_t unwritten_rows;    /* rows from `unwritten` on */
	uint64_t unwritten_waiting; /* of them, those from `waits` on */
	uint64_t unwritten_bytes;
};

/* Copies all of it. False: out of memory. */
bool journal_queue_add(struct journal_queue *queue, const struct journal_row *row, bool written);
/* Takes the first one out; says whether it was waiting. */
bool journal_queue_take(struct journal_queue *queue);
/* Takes the oldest one out that is not on its way: confirmed, or behind `handed_out`. Says by
 * `waited` whether Redis has not got it. None that a job has. False: there is none. */
bool journal_queue_drop(struct journal_queue *queue, uint64_t handed_out, bool *waited);
/* Takes out all that are written, from `first` to `last`. */
void journal_queue_remove(struct journal_queue *queue, uint64_t first, uint64_t last);
void journal_queue_clear(struct journal_queue *queue);
/* Moves all of `from`, which are behind all of `queue` and written. */
void journal_queue_join(struct journal_queue *queue, struct journal_queue *from);
/* Another one is confirmed now: cheap for a later one, a walk for an earlier one. */
void journal_queue_confirm(struct journal_queue *queue, uint64_t confirmed);
/* The highest sequence of this epoch, 0 if there is none. */
uint64_t journal_queue_newest(const struct journal_queue *queue, const char *epoch);
bool journal_queue_has(const struct journal_queue *queue, uint64_t sequence, const char *epoch);

/* All that the file has not, for a job: `lent` has room for `unwritten_rows`. */
void journal_queue_lend(const struct journal_queue *queue, struct queued **lent);
/* The file has all up to `sequence`. */
void journal_queue_written(struct journal_queue *queue, uint64_t sequence);
/* The file has nothing any more. */
void journal_queue_unwritten(struct journal_queue *queue, uint64_t confirmed);
/* The job is done with them. */
void journal_queue_return(struct queued **lent, size_t count);

#endif
