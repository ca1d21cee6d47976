/* SPDX-License-Identifier: ISC */
/*
 * Captures that other threads read ahead: each thread opens every so many-th capture, reads and
 * decompresses it, decodes its packets and asks the policy about them, and puts the batches into a
 * queue of bounded size. The one worker takes them in the order of the captures, so that what comes
 * out is the same as without.
 */
#ifndef SENSOR_AHEAD_H
#define SENSOR_AHEAD_H

#include <stdbool.h>
#include <stdint.h>

#include "sensor/capture/capture.h"
#include "sensor/capture/sources.h"
#include "sensor/worker/worker.h"

struct ahead;

enum ahead_kind {
	AHEAD_OPENED, /* the first part; `text`: what link type it has that is not supported */
	AHEAD_PACKETS,
	AHEAD_ENDED,	/* the last part */
	AHEAD_BROKEN,	/* the last part; `text` says why */
	AHEAD_UNOPENED, /* the only part; `text` says why */
};

struct ahead_part {
	enum ahead_kind kind;
	unsigned count;		      /* packets */
	uint64_t ts_ns[WORKER_BATCH]; /* of the packets */
	struct worker_batch *batch;   /* and they themselves */
	uint64_t size, consumed;      /* bytes of the file: all, and those that were read so far */
	char text[CAPTURE_ERROR];
};

/* Everything must outlive it. NULL: out of memory, or no threads to be had. */
struct ahead *ahead_new(const struct worker *worker, const struct sources *sources,
			const char *filter, uint32_t threads);
void ahead_free(struct ahead *ahead);	/* wherever its threads are; NULL is allowed */
uint64_t ahead_bytes(uint32_t threads); /* what ahead_new() takes */

/* Waits for the next part of this capture, of the worker's thread; valid until the next call. */
const struct ahead_part *ahead_next(struct ahead *ahead, size_t capture);

#endif
