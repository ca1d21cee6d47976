/* SPDX-License-Identifier: ISC */
/*
 * See ahead.h. A lane is one thread and its ring of parts. Whoever finds the ring full (or empty)
 * sleeps until a good part of it is free (or filled): to wake another thread for each part would
 * cost more than the part. Capture number n is of lane n modulo their number.
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
	struct ahead_part parts[PARTS];
};

struct ahead {
	const struct worker *worker;
	const struct sources *sources;
	const char *filter;
	uint32_t lane_count;
	struct lane lanes[];
};

/* ---- the reading threads ---- */

/* A free part, with nothing in it; NULL: stop. */
static struct ahead_part *begin_part(struct lane *lane, enum ahead_kind kind,
				     const struct input *input)
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
	if (input && lane->turn++ % ROUNDED == 0)
		lane->consumed = input_consumed(input);
	part->kind = kind;
	part->count = 0;
	part->size = input ? input_size(input) : 0;
	part->consumed = lane->consumed;
	part->text[0] = '\0';
	return part;
}

static bool is_last(const struct ahead_part *part)
{
	return part->kind > AHEAD_PACKETS;
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
static bool put_text(struct lane *lane, enum ahead_kind kind, const struct input *input,
		     const char *text)
{
	struct ahead_part *part = begin_part(lane, kind, input);

	if (!part)
		return false;
	snprintf(part->text, sizeof part->text, "%s", text);
	finish_part(lane, part);
	return true;
}

/* False: stop. */
static bool put_frames(struct lane *lane, const struct capture *capture, const struct input *input,
		       const struct frame_view *frames, unsigned count)
{
	for (unsigned done = 0; done < count;) {
		struct ahead_part *part = begin_part(lane, AHEAD_PACKETS, input);

		if (!part)
			return false;
		part->count =
			worker_prepare_ahead(lane->ahead->worker, part->batch,
					     capture_link(capture), frames + done, count - done);
		for (unsigned i = 0; i < part->count; i++)
			part->ts_ns[i] = frames[done + i].ts_ns;
		done += part->count;
		finish_part(lane, part);
	}
	return true;
}

/* False: stop. */
static bool put_capture(struct lane *lane, struct capture *capture, const struct input *input)
{
	struct frame_view frames[WORKER_BATCH];
	bool supported = capture_link_supported(capture);
	int n;

	if (!put_text(lane, AHEAD_OPENED, input, supported ? "" : capture_link_name(capture)))
		return false;
	while ((n = capture_frames(capture, frames, WORKER_BATCH)) > 0) {
		if (!put_frames(lane, capture, input, frames, (unsigned)n))
			return false;
	}
	return put_text(lane, n < 0 ? AHEAD_BROKEN : AHEAD_ENDED, input,
			n < 0 ? capture_failure(capture) : "");
}

/* False: stop. */
static bool put_file(struct lane *lane, const char *path)
{
	char error[CAPTURE_ERROR];
	struct input *input = input_open(path, error);
	struct capture *capture = NULL;
	bool good;

	if (input)
		capture = capture_open_file(input, lane->ahead->filter, error);
	good = capture ? put_capture(lane, capture, input)
		       : put_text(lane, AHEAD_UNOPENED, input, error);
	capture_close(capture);
	input_close(input);
	return good;
}

static void *run_lane(void *context)
{
	struct lane *lane = context;
	const struct sources *sources = lane->ahead->sources;

	for (size_t i = lane->number; i < sources->count; i += lane->ahead->lane_count) {
		if (!put_file(lane, sources->paths[i]))
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
}

struct ahead *ahead_new(const struct worker *worker, const struct sources *sources,
			const char *filter, uint32_t threads)
{
	struct ahead *ahead = calloc(1, sizeof *ahead + threads * sizeof *ahead->lanes);

	if (!ahead)
		return NULL;
	ahead->worker = worker;
	ahead->sources = sources;
	ahead->filter = filter;
	ahead->lane_count = threads;
	for (uint32_t i = 0; i < threads; i++) {
		if (!start_lane(ahead, i)) {
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

const struct ahead_part *ahead_next(struct ahead *ahead, size_t capture)
{
	struct lane *lane = &ahead->lanes[capture % ahead->lane_count];
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
