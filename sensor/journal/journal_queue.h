/* SPDX-License-Identifier: ISC */
/* Events in memory, in order of sequence; for journal.c. */
#ifndef SENSOR_JOURNAL_QUEUE_H
#define SENSOR_JOURNAL_QUEUE_H

#include "sensor/journal/journal.h"

struct queued {
	struct queued *next;
	struct journal_row row; /* its texts are behind this */
	size_t bytes;
};

struct journal_queue {
	struct queued *first, *last;
	struct queued *waits; /* the first one behind what is confirmed */
	uint64_t rows, bytes;
	uint64_t waiting; /* rows from there on */
};

/* Copies all but `epoch`. False: out of memory. */
bool journal_queue_add(struct journal_queue *queue, const struct journal_row *row,
		       const char *epoch);
/* Takes the first one out; says whether it was waiting. */
bool journal_queue_take(struct journal_queue *queue);
/* Takes the oldest one out that is not on its way: confirmed, or behind `handed_out`. */
bool journal_queue_drop(struct journal_queue *queue, uint64_t handed_out);
/* Another one is confirmed now: cheap for a later one, a walk for an earlier one. */
void journal_queue_confirm(struct journal_queue *queue, uint64_t confirmed);
/* The highest sequence of this epoch, 0 if there is none. */
uint64_t journal_queue_newest(const struct journal_queue *queue, const char *epoch);
bool journal_queue_has(const struct journal_queue *queue, uint64_t sequence, const char *epoch);

#endif
