/* SPDX-License-Identifier: ISC */
/*
 * A piece of work at the journal's file: what is to be written in one transaction, and what is to
 * be read; then what came of it. Gathered by the main thread, done by the writer's (or by the main
 * thread itself, while there is no other), and looked at by the main thread again. For journal*.c.
 */
#ifndef SENSOR_JOURNAL_JOB_H
#define SENSOR_JOURNAL_JOB_H

#include "sensor/journal/journal_file.h"

#define JOB_NUMBERS 16
#define JOB_NAME    32

struct job_state {
	struct job_state *next;
	unsigned kind;
	bool drop;
	struct journal_state state; /* its bytes are behind this */
};

struct job_rejected {
	struct job_rejected *next;
	struct journal_row row; /* its texts are behind this, and the reason */
	const char *reason;
};

struct job_range {
	struct job_range *next;
	uint64_t first, last;
};

struct job_number {
	char name[JOB_NAME];
	uint64_t value;
};

struct journal_job {
	/* What is to be done. */
	struct queued **rows; /* lent by the queue */
	size_t row_count;
	struct job_state *states, *last_state; /* in order */
	size_t state_bytes;
	struct job_rejected *rejected;
	struct job_range *removed;
	struct job_number numbers[JOB_NUMBERS];
	unsigned number_count;
	uint64_t clock_s, last_sequence;
	bool measure; /* how much there is, and what is older than `young_s` behind `after` */
	uint64_t after, young_s;
	bool fetch; /* those between these two, about so many bytes of them */
	uint64_t fetch_after, fetch_before, fetch_bytes;
	unsigned fetch_turn;
	bool close; /* the file, at last */
	/* What came of it. */
	enum database_result result;
	const char *what; /* could not be done */
	char error[JOURNAL_ERROR];
	bool committed;
	bool replaced; /* the file was damaged: this is an empty one, or none */
	uint64_t bytes, room, too_old;
	struct journal_queue fetched;
};

struct journal_job *journal_job_new(void);	/* NULL: out of memory */
void journal_job_free(struct journal_job *job); /* not the rows; NULL is allowed */

/* False: out of memory. All is copied. */
bool journal_job_put(struct journal_job *job, unsigned kind, const struct journal_state *state,
		     bool drop);
bool journal_job_reject(struct journal_job *job, const struct journal_row *row, const char *reason);
bool journal_job_remove(struct journal_job *job, uint64_t first, uint64_t last);
void journal_job_number(struct journal_job *job, const char *name, uint64_t value);
/* Whether there is anything to write in it, besides rows. */
bool journal_job_writes(const struct journal_job *job);
/* What `failed` could not do is `job`'s, in front of its own; but for rows and numbers. */
void journal_job_inherit(struct journal_job *job, struct journal_job *failed);

/* Writes and commits. `*file` is another one, or NULL, after it was damaged. */
void journal_job_write(struct journal_job *job, struct journal_file **file,
		       const struct journal_options *options);
/* Then, unless that failed: what may take long, and what is to be read. */
void journal_job_read(struct journal_job *job, struct journal_file **file,
		      const struct journal_options *options);

#endif
