/* SPDX-License-Identifier: ISC */
/* The inside of the journal, for journal.c and journal_rewind.c. */
#ifndef SENSOR_JOURNAL_STATE_H
#define SENSOR_JOURNAL_STATE_H

#include "sensor/journal/journal_file.h"
#include "sensor/journal/journal_queue.h"

struct journal {
	struct journal_options options;
	struct journal_file *file; /* NULL: memory only */
	struct journal_queue queue;
	uint64_t file_waiting;
	char epoch[JOURNAL_EPOCH_TEXT];
	uint64_t last_sequence, confirmed;
	uint64_t opened_sequence; /* `last_sequence` of the runs before */
	/* Up to here events may have reached Redis unconfirmed: they are never given up, so that
	 * what is counted as given up is what Redis has not got. */
	uint64_t handed_out;
	uint64_t clock_before_s, opened_s; /* the journal's clock: running time over all runs */
	uint64_t written_s;		   /* when the last commit was, by that clock */
	uint64_t retry_s;		   /* not before: monotonic; 0: the disk is well */
	uint64_t state_lost;
	bool dirty; /* something besides the queue is to be written */
	void (*hook)(void *context);
	void *hook_context;
	struct journal_stats stats;
};

/* Sets what is confirmed, forwards or backwards; `file_waiting` is the caller's. */
void journal_move_confirmed(struct journal *journal, uint64_t sequence);

#endif
