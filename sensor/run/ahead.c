/* SPDX-License-Identifier: ISC */
/*
 * See ahead.h. A lane is one thread and its ring of parts. Whoever finds the ring full (or empty)
 * sleeps until a good part of it is free (or filled): to wake another thread for each part would
 * cost more than the part. Unit number n is of lane n modulo their number.
 */
#include "sensor/run/ahead.h"

#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#define PARTS	32
#define ENOUGH	(PARTS / 4) /* to go on with */
#define ROUNDED 64	    /* parts between two looks at how far the file is read */

struct lane {
	struct ahead *ahead;
	uint32_t number;
	pthread_t thread;
	bool started;
	uint32_t turn;	       /* of the thread alone: parts so far */
	uint64_t consumed;     /* likewise */
	bool in_hand;	       /* of the consumer alone: it looks at the first part */
	pthread_mutex_t mutex; /* of the rest; parts [first, first + count) are the consumer's */
	pthread_cond_t filled, freed;
	uint32_t first, count, complete; /* complete: last parts of captures among them */
	bool stop;
	struct filters *filters; /* of its thread */
	struct ahead_part parts[PARTS];
};

struct ahead {
	const struct worker *worker;
	struct timeline_options options; /* of all captures */
	uint32_t lane_count;
	struct lane lanes[];
};

size_t ahead_units(const struct ahead *ahead)
{
	return ahead->options.in_order ? 1 : ahead->options.sources->count;
}

/* ---- the reading threads ---- */

/* A free part, with nothing in it; NULL: stop. */
static struct ahead_part *begin_part(struct lane *lane, enum ahead_kind kind,
				     const struct timeline *timeline)
{
	struct ahead_part *part = NULL;

	pthread_mutex_lock(&lane->mutex);
	if (lane->count == PARTS) {
		while (lane->count > PARTS - ENOUGH && !lane->stop)
			pthread_cond_wait(&lane->freed, &lane->mutex);
	}
	if (!lane->stop)
		part = &lane->parts[(lane->first + lane->count) % PARTS];
	pthread_mutex_unlock(&lane->mutex);
	if (!part)
		return NULL;
	if (timeline && lane->turn++ % ROUNDED == 0)
		lane->consumed = timeline_consumed(timeline);
	part->kind = kind;
	part->count = 0;
	part->consumed = lane->consumed;
	part->bad = false;
	part->text[0] = '\0';
	return part;
}

static bool is_last(const struct ahead_part *part)
{
	return part->kind == AHEAD_ENDED;
}

static void finish_part(struct lane *lane, const struct ahead_part *part)
{
	pthread_mutex_lock(&lane->mutex);
	lane->count++;
	lane->complete += is_last(part);
	if (lane->count == ENOUGH || is_last(part))
		pthread_cond_signal(&lane->filled);
	pthread_mutex_unlock(&lane->mutex);
}

/* False: stop. */
static bool put_step(struct lane *lane, enum ahead_kind kind, const struct timeline *timeline,
		     const struct timeline_step *step)
{
	struct ahead_part *part = begin_part(lane, kind, timeline);

	if (!part)
		return false;
	part->source = step->source;
	part->span = step->span;
	if (kind == AHEAD_WORDS) {
		part->bad = step->bad;
		snprintf(part->text, sizeof part->text, "%s", step->text);
	}
	finish_part(lane, part);
	return true;
}

/* False: stop. */
static bool put_frames(struct lane *lane, const struct timeline *timeline,
		       const struct frame_view *frames, unsigned count)
{
	for (unsigned done = 0; done < count;) {
		struct ahead_part *part = begin_part(lane, AHEAD_PACKETS, timeline);

		if (!part)
			return false;
		part->count = worker_prepare_ahead(lane->ahead->worker, part->batch, frames + done,
						   count - done);
		for (unsigned i = 0; i < part->count; i++)
			part->ts_ns[i] = frames[done + i].ts_ns;
		done += part->count;
		finish_part(lane, part);
	}
	return true;
}

/* False: stop. */
static bool put_timeline(struct lane *lane, struct timeline *timeline)
{
	struct frame_view frames[WORKER_BATCH];
	struct timeline_step step = {.source = 0};
	bool good = true;

	do {
		timeline_next(timeline, frames, WORKER_BATCH, &step);
		if (step.kind == TIMELINE_FRAMES)
			good = put_frames(lane, timeline, frames, (unsigned)step.count);
		else if (step.kind == TIMELINE_INPUT)
			good = put_step(lane, AHEAD_INPUT, timeline, &step);
		else if (step.kind == TIMELINE_WORDS)
			good = put_step(lane, AHEAD_WORDS, timeline, &step);
		else if (step.kind == TIMELINE_CLOSED)
			good = put_step(lane, AHEAD_CLOSED, timeline, &step);
	} while (good && step.kind != TIMELINE_END);
	return good && put_step(lane, AHEAD_ENDED, timeline, &step);
}

/* False: stop. */
static bool put_unit(struct lane *lane, size_t number)
{
	const struct ahead *ahead = lane->ahead;
	struct timeline_options options = ahead->options;
	struct timeline_step none = {.bad = true, .text = "out of memory"};
	struct timeline *timeline;
	bool good;

	options.filters = lane->filters;
	options.first = options.in_order ? 0 : number;
	options.count = options.in_order ? options.sources->count : 1;
	timeline = timeline_new(&options);
	none.source = options.first;
	if (!timeline)
		return put_step(lane, AHEAD_WORDS, NULL, &none) &&
		       put_step(lane, AHEAD_ENDED, NULL, &none);
	good = put_timeline(lane, timeline);
	timeline_free(timeline);
	return good;
}

static void *run_lane(void *context)
{
	struct lane *lane = context;
	size_t count = ahead_units(lane->ahead);

	for (size_t i = lane->number; i < count; i += lane->ahead->lane_count) {
		if (!put_unit(lane, i))
			break;
	}
	return NULL;
}

/* ---- the worker's thread ---- */

static bool start_lane(struct ahead *ahead, uint32_t number)
{
	struct lane *lane = &ahead->lanes[number];
	sigset_t all, before;

	lane->ahead = ahead;
	lane->number = number;
	pthread_mutex_init(&lane->mutex, NULL);
	pthread_cond_init(&lane->filled, NULL);
	pthread_cond_init(&lane->freed, NULL);
	for (int i = 0; i < PARTS; i++) {
		lane->parts[i].batch = worker_batch_new();
		if (!lane->parts[i].batch)
			return false;
	}
	/* Signals are the main thread's. */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	lane->started = pthread_create(&lane->thread, NULL, run_lane, lane) == 0;
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return lane->started;
}

static void stop_lane(struct lane *lane)
{
	if (lane->started) {
		pthread_mutex_lock(&lane->mutex);
		lane->stop = true;
		pthread_cond_signal(&lane->freed);
		pthread_mutex_unlock(&lane->mutex);
		pthread_join(lane->thread, NULL);
	}
	for (int i = 0; i < PARTS; i++)
		worker_batch_free(lane->parts[i].batch);
	filters_free(lane->filters);
}

struct ahead *ahead_new(const struct worker *worker, const struct timeline_options *options,
			const char *filter, uint32_t threads)
{
	struct ahead *ahead = calloc(1, sizeof *ahead + threads * sizeof *ahead->lanes);

	if (!ahead)
		return NULL;
	ahead->worker = worker;
	ahead->options = *options;
	ahead->lane_count = threads;
	for (uint32_t i = 0; i < threads; i++) {
		ahead->lanes[i].filters = filters_new(filter);
		if (!ahead->lanes[i].filters || !start_lane(ahead, i)) {
			ahead_free(ahead);
			return NULL;
		}
	}
	return ahead;
}

void ahead_free(struct ahead *ahead)
{
	if (!ahead)
		return;
	for (uint32_t i = 0; i < ahead->lane_count; i++)
		stop_lane(&ahead->lanes[i]);
	free(ahead);
}

uint64_t ahead_bytes(uint32_t threads)
{
	return sizeof(struct ahead) +
	       threads * (sizeof(struct lane) + PARTS * worker_batch_bytes());
}

/* The part in hand is done with. */
static void give_back(struct lane *lane)
{
	if (!lane->in_hand)
		return;
	lane->in_hand = false;
	lane->complete -= is_last(&lane->parts[lane->first]);
	lane->first = (lane->first + 1) % PARTS;
	lane->count--;
	if (lane->count == PARTS - ENOUGH)
		pthread_cond_signal(&lane->freed);
}

const struct ahead_part *ahead_next(struct ahead *ahead, size_t unit)
{
	struct lane *lane = &ahead->lanes[unit % ahead->lane_count];
	const struct ahead_part *part;

	pthread_mutex_lock(&lane->mutex);
	give_back(lane);
	if (lane->count == 0) {
		while (lane->count < ENOUGH && lane->complete == 0)
			pthread_cond_wait(&lane->filled, &lane->mutex);
	}
	part = &lane->parts[lane->first];
	lane->in_hand = true;
	pthread_mutex_unlock(&lane->mutex);
	return part;
}
