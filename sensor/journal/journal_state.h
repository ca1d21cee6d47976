/* SPDX-License-Identifier: ISC */
/*
 * The inside of the journal, for journal*.c: all of it is the main thread's.
 *
 *   journal.c         the face: what comes in, what goes out, open and close
 *   journal_work.c    jobs for the file: gathers one, hands it over, takes note of what came of it
 *   journal_bounds.c  what must go, from memory and from the file
 *   journal_rewind.c  agreeing with Redis on what it has
 */
#ifndef SENSOR_JOURNAL_STATE_H
#define SENSOR_JOURNAL_STATE_H

#include "sensor/journal/journal_job.h"
#include "sensor/journal/journal_thread.h"

#define JOURNAL_KEEP	 1000 /* confirmed events, unless something else is said */
#define JOURNAL_SKIPS	 32
#define JOURNAL_HANGS_MS 250 /* a job that takes longer: nobody waits for it any more */

struct journal_skip {
	uint64_t first, last;
};

struct journal {
	struct journal_options options;
	struct journal_file *file;     /* NULL: none, or the thread has it */
	bool has_file;		       /* whoever has it */
	struct journal_thread *thread; /* NULL: jobs are done at once */
	struct loop_watch *alarm;      /* to begin a job, or to wait for one no longer */
	struct journal_job *job;       /* that is being done; NULL: none */
	struct journal_job *next;      /* what is gathered for the next one */
	uint64_t job_began_ms, job_ended_ms;
	struct journal_map map;	      /* what the file has */
	struct journal_queue queue;   /* the newest events, whether the file has them or not */
	struct journal_queue fetched; /* older ones, out of the file, on their way to Redis */
	bool wants;		      /* more of them, behind `wanted` */
	uint64_t wanted;
	unsigned fetch_turn; /* grows when what is being fetched is of no use any more */
	uint64_t lent_bytes; /* of the events that the job has */
	char epoch[JOURNAL_EPOCH_TEXT];
	uint64_t epoch_number;
	uint64_t last_sequence, confirmed;
	uint64_t written;	  /* the file has all up to here */
	uint64_t opened_sequence; /* `last_sequence` of the runs before */
	struct journal_skip skips[JOURNAL_SKIPS];
	unsigned skip_count;
	/* Up to here events may have reached Redis unconfirmed: they are never given up, so that
	 * what is counted as given up is what Redis has not got. */
	uint64_t handed_out;
	uint64_t clock_before_s, opened_s; /* the journal's clock: running time over all runs */
	uint64_t written_s;		   /* when the last commit was, by that clock */
	uint64_t retry_s;		   /* not before: monotonic; 0: the disk is well */
	char trouble[JOURNAL_ERROR];	   /* what was told of it last */
	uint64_t slow_s;		   /* when it was slow last, monotonic; 0: it is not */
	uint64_t slowest_ms;
	bool slow_told;
	uint64_t file_bytes, room; /* when they were measured last */
	uint64_t too_old;	   /* likewise: all up to this one; 0: none */
	uint64_t early_sequence;   /* up to here `stats.early` has been counted */
	uint64_t state_lost;
	bool dirty; /* something besides events is to be written, within a second or so */
	void (*hook)(void *context);
	void *hook_context;
	void (*ready)(void *context);
	void *ready_context;
	struct journal_stats stats;
};

/* journal.c */
uint64_t journal_clock_s(const struct journal *journal);
/* Sets what is confirmed, forwards or backwards. */
void journal_move_confirmed(struct journal *journal, uint64_t sequence);

/* Of those that Redis has not got, how many are in the file alone. */
uint64_t journal_file_only(const struct journal *journal, uint64_t after);

/* journal_work.c */
/* A job may be begun: there is a file, nothing is being done, and the disk is not to be left
 * alone. */
bool journal_may_work(const struct journal *journal);
/* Begins one with all there is. */
void journal_work(struct journal *journal, bool measure);
/* The last one: it closes the file. False: it is not written, whatever was waited for. */
bool journal_work_last(struct journal *journal, uint64_t wait_ms);
/* Those behind `after`, up to where the queue begins, are to be fetched. */
void journal_want(struct journal *journal, uint64_t after);
void journal_unwant(struct journal *journal);
/* The job that is being done takes long: is it told? */
void journal_watch_job(struct journal *journal);
bool journal_hangs(const struct journal *journal);

/* journal_bounds.c */
void journal_count_lost(struct journal *journal, enum journal_loss loss, uint64_t count);
void journal_bound_memory(struct journal *journal);
/* What is to go from the file with the next job. */
void journal_bound_file(struct journal *journal);
void journal_forget_confirmed(struct journal *journal, bool all);

#endif
