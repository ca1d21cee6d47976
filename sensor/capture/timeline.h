/* SPDX-License-Identifier: ISC */
/*
 * Several captures as one stream of frames: one after the other as they are given, or in the order
 * of time. Then captures that overlap in time (the halves of a tap, the rings of two sensors) are
 * merged frame by frame: the next one is opened as soon as the others have come to its first
 * packet, so those that do not overlap are never open together. Frames of the same time keep the
 * order in which the captures were given: the same files give the same frames.
 *
 * What bounds it: at most TIMELINE_OPEN captures are open. When more overlap, the next one has to
 * wait for an end, and that is told. Of one thread.
 */
#ifndef SENSOR_TIMELINE_H
#define SENSOR_TIMELINE_H

#include "sensor/capture/capture.h"
#include "sensor/capture/filters.h"
#include "sensor/capture/sources.h"

#define TIMELINE_OPEN  64
#define TIMELINE_BATCH 32 /* frames of one capture that are at hand */

struct timeline;

struct timeline_options {
	const struct sources *sources; /* these of them, as they stand there: sources_order() */
	size_t first, count;
	struct filters *filters; /* of this thread alone; NULL: everything passes */
	struct origins *origins; /* what packets come from is added; NULL: nobody asks */
	bool in_order;		 /* of time; else each is read to its end */
};

enum timeline_kind {
	TIMELINE_END,	 /* and nothing but this from now on */
	TIMELINE_INPUT,	 /* `source` begins, and no other is being read */
	TIMELINE_FRAMES, /* `count` of them, which stay until the next call */
	TIMELINE_WORDS,	 /* `text`, about `source`; `bad`: something of it is not read */
	TIMELINE_CLOSED, /* `source` was read, as far as `span` says: its last step, of each one */
};

/* What came of one capture. */
struct timeline_span {
	uint64_t packets;
	uint64_t first_ns, last_ns; /* the earliest and the latest of them */
};

struct timeline_step {
	enum timeline_kind kind;
	int count;
	size_t source; /* its number */
	bool bad;
	struct timeline_span span;
	char text[CAPTURE_ERROR];
};

/* All must outlive it. NULL: out of memory. */
struct timeline *timeline_new(const struct timeline_options *options);
void timeline_free(struct timeline *timeline); /* NULL is allowed */
uint64_t timeline_bytes(void);		       /* what it takes at most, but for decompression */

void timeline_next(struct timeline *timeline, struct frame_view *frames, int max,
		   struct timeline_step *step);
/* Bytes of the files that have been read so far. */
uint64_t timeline_consumed(const struct timeline *timeline);

#endif
