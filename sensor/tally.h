/* SPDX-License-Identifier: ISC */
/*
 * What a live sensor has told so far, for its metrics: events by kind, and how long it took from
 * the packet that opened an exposure to the decision.
 */
#ifndef SENSOR_TALLY_H
#define SENSOR_TALLY_H

#include "sensor/event.h"

#define TALLY_BOUNDS 12

extern const uint64_t tally_bounds_ns[TALLY_BOUNDS]; /* rising */

struct tally {
	uint64_t kinds[EVENT_KIND_COUNT];
	uint64_t delays[TALLY_BOUNDS + 1]; /* up to each bound; the last one: beyond */
	uint64_t delay_sum_ns;
};

void tally_event(struct tally *tally, const struct event *event);

#endif
