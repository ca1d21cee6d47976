/* SPDX-License-Identifier: ISC */
/*
 * When does a producer wake the consumer of its ring? Not for each message: a wake-up costs both
 * sides more than the message. By number, so that the ring never fills for want of one; by time,
 * so that nothing waits longer than that while the producer is busy; and before the producer waits
 * itself: it asks nudge_rest() then, so that a lone message is on its way at once.
 */
#ifndef SENSOR_NUDGE_H
#define SENSOR_NUDGE_H

#include <stdbool.h>
#include <stdint.h>

#include "sensor/base/clock.h"

#define NUDGE_NUMBER 256
#define NUDGE_NS     (2 * NS_PER_MS)

/* The producer's own. */
struct nudge {
	uint32_t number;   /* of messages since the consumer was woken */
	uint64_t since_ns; /* the first of them; of a clock that nobody sets */
};

/* Something was put that nobody was woken for: the clock need not be asked before. */
static inline bool nudge_waits(const struct nudge *nudge)
{
	return nudge->number != 0;
}

/*
 * The others say whether the consumer is to be woken now, and then count from 0 again: the caller
 * does it.
 */

/* A message was put; `now_ns` matters only of the first. */
static inline bool nudge_put(struct nudge *nudge, uint64_t now_ns)
{
	if (nudge->number++ == 0)
		nudge->since_ns = now_ns;
	if (nudge->number < NUDGE_NUMBER)
		return false;
	nudge->number = 0;
	return true;
}

/* Between two pieces of work, which are short. */
static inline bool nudge_due(struct nudge *nudge, uint64_t now_ns)
{
	if (nudge->number == 0 || now_ns - nudge->since_ns < NUDGE_NS)
		return false;
	nudge->number = 0;
	return true;
}

/* Before waiting, and when the ring is full. */
static inline bool nudge_rest(struct nudge *nudge)
{
	bool waits = nudge_waits(nudge);

	nudge->number = 0;
	return waits;
}

#endif
