/* SPDX-License-Identifier: ISC */
/*
 * What the sensors of a simulated fleet tell: stores and logging hosts without a password, read by
 * the internet. Every text of an event is of the length that real captures give it.
 */
#ifndef TOOLS_FLEET_STORY_H
#define TOOLS_FLEET_STORY_H

#include <stdint.h>

#include "sensor/base/services.h"
#include "sensor/event/event.h"

#define STORY_MEMBERS 20 /* exposures of one incident */

/* One sensor's view of one exposure. */
struct story_view {
	uint32_t flows; /* 0: not seen yet */
	uint8_t level;
	bool closed;
};

/* Fills `event` for exposure `number` of `site`; ids are the same for all sensors of it. The
 * counters are those of `view`, which has taken the event in already. */
void story_exposure(struct event *event, const struct services *services, enum event_kind kind,
		    uint32_t site, uint32_t number, const struct story_view *view);
void story_incident(struct event *event, uint32_t site, uint32_t number);
/* What both have in common: who told it, and when. */
void story_sign(struct event *event, uint32_t sensor, uint64_t sequence, uint64_t now_ns);

#endif
