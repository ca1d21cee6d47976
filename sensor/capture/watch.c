/* SPDX-License-Identifier: ISC */
/* See watch.h. A batch that is used up is filled again at the next call: its frames must stay. */
#include "sensor/capture/watch.h"

#include <poll.h>
#include <stdlib.h>
#include <time.h>

#include "sensor/base/clock.h"

#define WAIT_MS	 100
#define HOLD_NS	 (2 * NS_PER_MS)
#define AHEAD_NS NS_PER_S /* a time stamp so far in the future is a clock's mistake */

struct place {
	struct capture *capture; /* NULL: none */
	bool broken;
	int at, count;	   /* of the frames at hand */
	uint64_t empty_ns; /* when it was last seen to have none */
	struct capture_stats before;
	struct frame_view frames[WATCH_BATCH];
};

struct watch {
	unsigned count;
	bool held; /* there are frames that wait for another capture */
	struct place places[];
};

struct watch *watch_new(unsigned count)
{
	struct watch *watch = calloc(1, sizeof *watch + count * sizeof watch->places[0]);

	if (watch)
		watch->count = count;
	return watch;
}

void watch_free(struct watch *watch)
{
	if (!watch)
		return;
	for (unsigned i = 0; i < watch->count; i++)
		capture_close(watch->places[i].capture);
	free(watch);
}

uint64_t watch_bytes(void)
{
	return sizeof(struct watch) + WATCH_MOST * sizeof(struct place);
}

#define ADD(in, member, ...) sum->member += more.member;

static void add_stats(struct capture_stats *sum, struct capture *capture)
{
	struct capture_stats more;

	if (!capture)
		return;
	capture_stats(capture, &more);
	COUNTERS_CAPTURE(ADD, )
}

void watch_set(struct watch *watch, unsigned number, struct capture *capture)
{
	struct place *place = &watch->places[number];

	add_stats(&place->before, place->capture);
	capture_close(place->capture);
	place->capture = capture;
	place->broken = false;
	place->at = place->count = 0;
	place->empty_ns = 0;
}

struct capture *watch_get(const struct watch *watch, unsigned number)
{
	return watch->places[number].capture;
}

void watch_stats(struct watch *watch, unsigned number, struct capture_stats *stats)
{
	*stats = watch->places[number].before;
	add_stats(stats, watch->places[number].capture);
}

static void fill(struct place *place, struct frame_view *frames, int max, uint64_t now_ns)
{
	int n = capture_frames(place->capture, frames, max);

	place->broken |= n < 0;
	place->at = 0;
	place->count = n > 0 ? n : 0;
	if (n <= 0)
		place->empty_ns = now_ns;
}

static bool is_live(const struct place *place)
{
	return place->capture && !place->broken;
}

static bool has_frames(const struct place *place)
{
	return place->at < place->count;
}

static uint64_t first_ns(const struct place *place)
{
	return place->frames[place->at].ts_ns;
}

/* May something older than that still come by this one, which has shown all that it had? */
static bool may_be_late(const struct place *place, uint64_t ts_ns)
{
	uint64_t delay_ns = capture_delay_ms(place->capture) * 3 / 2 * NS_PER_MS;

	return ts_ns + delay_ns >= place->empty_ns;
}

static struct place *earliest(struct watch *watch)
{
	struct place *found = NULL;

	for (unsigned i = 0; i < watch->count; i++) {
		struct place *place = &watch->places[i];

		if (is_live(place) && has_frames(place) &&
		    (!found || first_ns(place) < first_ns(found)))
			found = place;
	}
	return found;
}

static bool must_wait(const struct watch *watch, const struct place *first, uint64_t now_ns)
{
	uint64_t ts_ns = first_ns(first);

	if (ts_ns > now_ns + AHEAD_NS || capture_is_filling(first->capture))
		return false;
	for (unsigned i = 0; i < watch->count; i++) {
		const struct place *place = &watch->places[i];

		if (place != first && is_live(place) && !has_frames(place) &&
		    may_be_late(place, ts_ns))
			return true;
	}
	return false;
}

static int merge(struct watch *watch, struct frame_view *frames, int max, uint64_t now_ns)
{
	struct place *first;
	int n = 0;

	for (unsigned i = 0; i < watch->count; i++) {
		struct place *place = &watch->places[i];

		if (is_live(place) && !has_frames(place))
			fill(place, place->frames, WATCH_BATCH, now_ns);
	}
	watch->held = false;
	while (n < max && (first = earliest(watch)) != NULL) {
		watch->held = must_wait(watch, first, now_ns);
		if (watch->held)
			break;
		frames[n++] = first->frames[first->at++];
		if (!has_frames(first))
			break;
	}
	return n;
}

int watch_frames(struct watch *watch, struct frame_view *frames, int max, uint64_t now_ns)
{
	struct place *only = &watch->places[0];
	int n;

	if (watch->count > 1)
		return merge(watch, frames, max, now_ns);
	if (!is_live(only))
		return 0;
	fill(only, frames, max, now_ns);
	n = only->count;
	only->count = 0;
	return n;
}

void watch_wait(const struct watch *watch)
{
	struct pollfd ready[WATCH_MOST];
	nfds_t count = 0;

	if (watch->held) {
		nanosleep(&(struct timespec){.tv_nsec = HOLD_NS}, NULL);
		return;
	}
	for (unsigned i = 0; i < watch->count && count < WATCH_MOST; i++) {
		const struct place *place = &watch->places[i];

		if (is_live(place))
			ready[count++] =
				(struct pollfd){.fd = capture_fd(place->capture), .events = POLLIN};
	}
	poll(ready, count, WAIT_MS);
}

int watch_broken(struct watch *watch)
{
	for (unsigned i = 0; i < watch->count; i++) {
		struct place *place = &watch->places[i];

		if (!place->capture)
			continue;
		place->broken |= !capture_check(place->capture);
		if (place->broken)
			return (int)i;
	}
	return -1;
}
