/* SPDX-License-Identifier: ISC */
/* See tally.h. */
#include "sensor/health/tally.h"

void tally_event(struct tally *tally, const struct event *event)
{
	tally->kinds[event->kind]++;
	/* Packets are stamped by the kernel, from the same clock. */
	if (event->kind == EVENT_EXPOSURE_OPENED || event->kind == EVENT_EXPOSURE_REOPENED)
		latency_add(&tally->detection, event->ts_ns, event->decided_ns);
}
