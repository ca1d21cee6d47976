/* SPDX-License-Identifier: ISC */
/*
 * What a live sensor has told so far, for its metrics: events by kind, and how long it took from
 * the packet that opened an exposure to the decision.
 */
#ifndef SENSOR_TALLY_H
#define SENSOR_TALLY_H

#include "sensor/base/latency.h"
#include "sensor/event/event.h"

struct tally {
	uint64_t kinds[EVENT_KIND_COUNT];
	struct latency detection;
};

void tally_event(struct tally *tally, const struct event *event);

#endif
