/* SPDX-License-Identifier: ISC */
/* See tally.h. */
#include "sensor/tally.h"

#define MS 1000000ull

const uint64_t tally_bounds_ns[TALLY_BOUNDS] = {
	5 * MS,	  10 * MS,   25 * MS,	50 * MS,   100 * MS,   250 * MS,
	500 * MS, 1000 * MS, 2000 * MS, 5000 * MS, 10000 * MS, 30000 * MS,
};

void tally_event(struct tally *tally, const struct event *event)
{
	uint64_t delay_ns;
	int i = 0;

	tally->kinds[event->kind]++;
	if (event->kind != EVENT_EXPOSURE_OPENED && event->kind != EVENT_EXPOSURE_REOPENED)
		return;
	/* Packets are stamped by the kernel, from the same clock: a negative delay is its setting. */
	delay_ns = event->decided_ns > event->ts_ns ? event->decided_ns - event->ts_ns : 0;
	while (i < TALLY_BOUNDS && delay_ns > tally_bounds_ns[i])
		i++;
	tally->delays[i]++;
	tally->delay_sum_ns += delay_ns;
}
