/* SPDX-License-Identifier: ISC */
/*
 * See timeline.h. The open captures are a heap by the time of their next frame. Each has a batch of
 * frames at hand; while its own are the earliest, they are handed on without a look at the heap.
 * A batch that is used up is filled again at the next call, because its frames must stay until
 * then.
 */
#include "sensor/capture/timeline.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sensor/base/clock.h"
#include "sensor/capture/filters.h"
#include "sensor/capture/savefile.h"

#define BACK_NS (10 * NS_PER_MS) /* less is how several queues of an adapter write */

struct reader {
	size_t source;
	struct input *input;
	struct capture *capture;
	int at, count; /* of the frames at hand */
	bool broken, noted, told;
	uint64_t packets, oldest_ns, newest_ns;
	uint64_t back_ns, backs, first_back; /* time going back: farthest, how often, packet */
	struct frame_view frames[TIMELINE_BATCH];
};

struct key {
	uint64_t ts_ns;
	size_t rank;
};

struct timeline {
	struct timeline_options options;
	size_t next;			    /* the source to be opened next */
	struct reader *heap[TIMELINE_OPEN]; /* each with a frame at hand, but for `empty` */
	unsigned open;
	struct reader *empty;	/* in the heap's first place, its frames are used up */
	struct reader *closing; /* no more in the heap: what is to be said of it */
	unsigned remark;	/* of them, the next */
	bool told_many;
	bool unopened; /* the source before `next` could not be opened: it is closed as well */
	uint64_t done_bytes; /* of the captures that are closed */
};

struct timeline *timeline_new(const struct timeline_options *options)
{
	struct timeline *timeline = calloc(1, sizeof *timeline);

	if (!timeline)
		return NULL;
	timeline->options = *options;
	timeline->next = options->first;
	filters_begin(options->filters);
	return timeline;
}

static void close_reader(struct reader *reader)
{
	if (!reader)
		return;
	capture_close(reader->capture);
	input_close(reader->input);
	free(reader);
}

void timeline_free(struct timeline *timeline)
{
	if (!timeline)
		return;
	for (unsigned i = 0; i < timeline->open; i++)
		close_reader(timeline->heap[i]);
	close_reader(timeline->closing);
	free(timeline);
}

uint64_t timeline_bytes(void)
{
	return sizeof(struct timeline) + TIMELINE_OPEN * (sizeof(struct reader) + savefile_bytes());
}

uint64_t timeline_consumed(const struct timeline *timeline)
{
	uint64_t bytes = timeline->done_bytes;

	for (unsigned i = 0; i < timeline->open; i++)
		bytes += input_consumed(timeline->heap[i]->input);
	return bytes;
}

static const struct source *source_of(const struct timeline *timeline, size_t number)
{
	return &timeline->options.sources->list[number];
}

/* ---- the heap ---- */

static struct key key_of(const struct timeline *timeline, const struct reader *reader)
{
	return (struct key){reader->frames[reader->at].ts_ns,
			    source_of(timeline, reader->source)->rank};
}

static bool is_before(struct key a, struct key b)
{
	return a.ts_ns != b.ts_ns ? a.ts_ns < b.ts_ns : a.rank < b.rank;
}

static bool goes_before(const struct timeline *timeline, unsigned a, unsigned b)
{
	return is_before(key_of(timeline, timeline->heap[a]), key_of(timeline, timeline->heap[b]));
}

static void swap(struct timeline *timeline, unsigned a, unsigned b)
{
	struct reader *reader = timeline->heap[a];

	timeline->heap[a] = timeline->heap[b];
	timeline->heap[b] = reader;
}

static void sink_first(struct timeline *timeline)
{
	unsigned at = 0, child;

	while ((child = at * 2 + 1) < timeline->open) {
		if (child + 1 < timeline->open && goes_before(timeline, child + 1, child))
			child++;
		if (!goes_before(timeline, child, at))
			return;
		swap(timeline, at, child);
		at = child;
	}
}

static void add_reader(struct timeline *timeline, struct reader *reader)
{
	unsigned at = timeline->open++, parent;

	timeline->heap[at] = reader;
	for (; at != 0; at = parent) {
		parent = (at - 1) / 2;
		if (!goes_before(timeline, at, parent))
			return;
		swap(timeline, at, parent);
	}
}

static void remove_first(struct timeline *timeline)
{
	timeline->closing = timeline->heap[0];
	timeline->remark = 0;
	timeline->heap[0] = timeline->heap[--timeline->open];
	sink_first(timeline);
}

/* ---- one capture ---- */

static void note_times(struct reader *reader)
{
	for (int i = 0; i < reader->count; i++) {
		uint64_t ts_ns = reader->frames[i].ts_ns;

		if (ts_ns < reader->oldest_ns)
			reader->oldest_ns = ts_ns;
		if (ts_ns >= reader->newest_ns) {
			reader->newest_ns = ts_ns;
			continue;
		}
		if (reader->newest_ns - ts_ns < BACK_NS)
			continue;
		if (reader->backs++ == 0)
			reader->first_back = reader->packets + (uint64_t)i + 1;
		if (reader->newest_ns - ts_ns > reader->back_ns)
			reader->back_ns = reader->newest_ns - ts_ns;
	}
}

/* False: it has ended, or broken. */
static bool fill(struct reader *reader)
{
	int n = capture_frames(reader->capture, reader->frames, TIMELINE_BATCH);

	reader->at = 0;
	reader->count = n > 0 ? n : 0;
	reader->broken = n < 0;
	note_times(reader);
	reader->packets += (uint64_t)reader->count;
	return n > 0;
}

static void name_reader(const struct timeline *timeline, const struct reader *reader)
{
	struct origin_names names = {.file = "", .source = reader->source};

	origins_name_file(&names, source_of(timeline, reader->source)->path);
	capture_name(reader->capture, timeline->options.origins, &names);
}

static struct reader *open_reader(struct timeline *timeline, size_t number,
				  char error[CAPTURE_ERROR])
{
	struct reader *reader = calloc(1, sizeof *reader);

	if (!reader) {
		snprintf(error, CAPTURE_ERROR, "out of memory");
		return NULL;
	}
	reader->source = number;
	reader->oldest_ns = UINT64_MAX;
	reader->input = input_open(source_of(timeline, number)->path, error);
	if (reader->input)
		reader->capture =
			capture_open_file(reader->input, timeline->options.filters, error);
	if (reader->capture) {
		name_reader(timeline, reader);
		return reader;
	}
	timeline->done_bytes += source_of(timeline, number)->bytes;
	close_reader(reader);
	return NULL;
}

static void say(struct timeline_step *step, size_t source, bool bad)
{
	step->kind = TIMELINE_WORDS;
	step->source = source;
	step->bad = bad;
}

/* The next one. True: there is something to say. */
static bool open_next(struct timeline *timeline, struct timeline_step *step)
{
	size_t number = timeline->next++;
	struct reader *reader = open_reader(timeline, number, step->text);
	bool alone = timeline->open == 0;
	size_t used;

	if (!reader) {
		used = strlen(step->text);
		snprintf(step->text + used, CAPTURE_ERROR - used, "; nothing was read");
		say(step, number, !sources_is_begun(timeline->options.sources, number));
		timeline->unopened = true;
		return true;
	}
	if (fill(reader)) {
		add_reader(timeline, reader);
	} else {
		timeline->closing = reader;
		timeline->remark = 0;
	}
	if (!alone)
		return false;
	step->kind = TIMELINE_INPUT;
	step->source = number;
	return true;
}

/* ---- what is said of a capture at its end ---- */

static void say_broken(const struct timeline *timeline, const struct reader *reader,
		       struct timeline_step *step)
{
	bool growing =
		capture_is_cut(reader->capture) &&
		sources_is_growing(timeline->options.sources, reader->source, reader->newest_ns);

	snprintf(step->text, CAPTURE_ERROR, "%.300s; %llu packets were read before that%s",
		 capture_failure(reader->capture), (unsigned long long)reader->packets,
		 growing ? ": it is the newest of its folder, and may still be being written" : "");
	say(step, reader->source, !growing);
}

static void say_back(const struct reader *reader, struct timeline_step *step)
{
	snprintf(step->text, CAPTURE_ERROR,
		 "time goes back in this capture, by up to %.3f s (%llu packets, the first is "
		 "number %llu)",
		 (double)reader->back_ns / (double)NS_PER_S, (unsigned long long)reader->backs,
		 (unsigned long long)reader->first_back);
	say(step, reader->source, false);
}

static void say_unopened(struct timeline *timeline, struct timeline_step *step)
{
	timeline->unopened = false;
	step->kind = TIMELINE_CLOSED;
	step->source = timeline->next - 1;
	step->span = (struct timeline_span){.packets = 0};
}

static void say_closed(const struct reader *reader, struct timeline_step *step)
{
	step->kind = TIMELINE_CLOSED;
	step->source = reader->source;
	step->span = (struct timeline_span){reader->packets, reader->oldest_ns, reader->newest_ns};
}

/* False: all has been said, and it is closed. */
static bool close_one(struct timeline *timeline, struct timeline_step *step)
{
	struct reader *reader = timeline->closing;

	if (reader->broken) {
		say_broken(timeline, reader, step);
		reader->broken = false;
		return true;
	}
	if (reader->backs != 0) {
		say_back(reader, step);
		reader->backs = 0;
		return true;
	}
	if (!reader->noted) {
		reader->noted = true;
		if (capture_note(reader->capture, step->text)) {
			say(step, reader->source, false);
			return true;
		}
	}
	if (capture_remark(reader->capture, timeline->remark++, step->text)) {
		say(step, reader->source, true);
		return true;
	}
	if (filters_hint(timeline->options.filters, step->text)) {
		say(step, reader->source, false);
		return true;
	}
	if (!reader->told) {
		reader->told = true;
		say_closed(reader, step);
		return true;
	}
	timeline->done_bytes += input_size(reader->input);
	close_reader(reader);
	timeline->closing = NULL;
	return false;
}

/* ---- all of them ---- */

static size_t end_of(const struct timeline *timeline)
{
	return timeline->options.first + timeline->options.count;
}

/* Has the stream come to where the next capture begins? */
static bool is_due(const struct timeline *timeline)
{
	const struct source *next;

	if (timeline->next == end_of(timeline))
		return false;
	if (timeline->open == 0)
		return true;
	next = source_of(timeline, timeline->next);
	return timeline->options.in_order &&
	       next->first_ns <= timeline->heap[0]->frames[timeline->heap[0]->at].ts_ns;
}

static bool too_many(struct timeline *timeline, struct timeline_step *step)
{
	if (timeline->told_many)
		return false;
	timeline->told_many = true;
	snprintf(step->text, CAPTURE_ERROR,
		 "more than %d captures overlap in time: from here on some are read late, and time "
		 "goes back",
		 TIMELINE_OPEN);
	say(step, timeline->next, false);
	return true;
}

/* Up to here the first of the heap goes on alone. */
static struct key limit_of(const struct timeline *timeline)
{
	struct key limit = {UINT64_MAX, SIZE_MAX}, key;

	for (unsigned i = 1; i < 3 && i < timeline->open; i++) {
		key = key_of(timeline, timeline->heap[i]);
		limit = is_before(key, limit) ? key : limit;
	}
	if (!timeline->options.in_order || timeline->next == end_of(timeline) ||
	    timeline->open == TIMELINE_OPEN)
		return limit;
	/* At its first packet it is opened, whoever comes first then. */
	key = (struct key){source_of(timeline, timeline->next)->first_ns - 1, SIZE_MAX};
	return is_before(key, limit) ? key : limit;
}

/* Frames of the first of the heap. Returns how many. */
static int take_run(struct timeline *timeline, struct frame_view *frames, int max)
{
	struct reader *reader = timeline->heap[0];
	struct key limit = limit_of(timeline);
	/* Of the same time it is before the others, or behind them. */
	uint64_t to_ns = limit.ts_ns - (source_of(timeline, reader->source)->rank > limit.rank);
	const struct frame_view *from = &reader->frames[reader->at];
	int n = 0, count = reader->count - reader->at;

	count = count < max ? count : max;
	while (n < count && from[n].ts_ns <= to_ns) {
		frames[n] = from[n];
		n++;
	}
	reader->at += n;
	if (reader->at == reader->count)
		timeline->empty = reader;
	else if (n > 0)
		sink_first(timeline);
	return n;
}

static int take_frames(struct timeline *timeline, struct frame_view *frames, int max)
{
	int n = 0;

	while (n < max && !timeline->empty) {
		if (is_due(timeline) && (timeline->open < TIMELINE_OPEN || !timeline->told_many))
			break;
		n += take_run(timeline, frames + n, max - n);
	}
	return n;
}

static void refill(struct timeline *timeline)
{
	struct reader *reader = timeline->empty;

	timeline->empty = NULL;
	if (fill(reader))
		sink_first(timeline);
	else
		remove_first(timeline);
}

void timeline_next(struct timeline *timeline, struct frame_view *frames, int max,
		   struct timeline_step *step)
{
	if (timeline->unopened) {
		say_unopened(timeline, step);
		return;
	}
	if (timeline->empty)
		refill(timeline);
	for (;;) {
		if (timeline->closing && close_one(timeline, step))
			return;
		if (!is_due(timeline) && timeline->open == 0)
			break;
		if (is_due(timeline) && timeline->open == TIMELINE_OPEN) {
			if (too_many(timeline, step))
				return;
		} else if (is_due(timeline)) {
			if (open_next(timeline, step))
				return;
			continue;
		}
		step->kind = TIMELINE_FRAMES;
		step->count = take_frames(timeline, frames, max);
		if (step->count > 0)
			return;
		if (timeline->empty)
			refill(timeline);
	}
	step->kind = TIMELINE_END;
}
