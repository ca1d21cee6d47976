/* SPDX-License-Identifier: ISC */
/*
 * Captures that other threads read ahead: they read and decompress, decode the packets and ask the
 * policy about them, and put the batches into queues of bounded size. In the order of the command
 * line each capture is a unit, and each thread reads every so many-th; in the order of time all of
 * them together are one unit, which one thread reads, because any of them may overlap with the
 * next. The one worker takes the units in order, so that what comes out is the same as without.
 */
#ifndef SENSOR_AHEAD_H
#define SENSOR_AHEAD_H

#include <stdbool.h>
#include <stdint.h>

#include "sensor/capture/timeline.h"
#include "sensor/worker/worker.h"

struct ahead;

enum ahead_kind {
	AHEAD_INPUT, /* `source` begins: TIMELINE_INPUT */
	AHEAD_PACKETS,
	AHEAD_WORDS,  /* `text` about `source`: TIMELINE_WORDS */
	AHEAD_CLOSED, /* `source` has been read, `span` of it: TIMELINE_CLOSED */
	AHEAD_ENDED,  /* the last part of the unit */
};

struct ahead_part {
	enum ahead_kind kind;
	unsigned count;		      /* packets */
	uint64_t ts_ns[WORKER_BATCH]; /* of the packets */
	struct worker_batch *batch;   /* and they themselves */
	uint64_t consumed;	      /* bytes of the unit that were read so far */
	size_t source;
	bool bad;
	struct timeline_span span;
	char text[CAPTURE_ERROR];
};

/*
 * Of all captures, so without `first` and `count`, and with the expression of `filter` (NULL: none)
 * for each thread. Everything must outlive it. NULL: out of memory, or no threads to be had.
 */
struct ahead *ahead_new(const struct worker *worker, const struct timeline_options *options,
			const char *filter, uint32_t threads);
void ahead_free(struct ahead *ahead);	/* wherever its threads are; NULL is allowed */
uint64_t ahead_bytes(uint32_t threads); /* what ahead_new() takes */

size_t ahead_units(const struct ahead *ahead);
/* Waits for the next part of this unit, of the worker's thread; valid until the next call. */
const struct ahead_part *ahead_next(struct ahead *ahead, size_t unit);

#endif
