/* SPDX-License-Identifier: ISC */
/*
 * How workers wake the main thread: by an eventfd, once for many messages. Woken for each of them
 * it did little but fall asleep again: 3,200 times a second, a third of the sensor's CPU time. A
 * message waits NUDGE_NS and one batch of packets at most, and not at all if the worker has nothing
 * to do.
 */
#include <unistd.h>

#include "sensor/base/clock.h"
#include "sensor/run/live_state.h"

void live_wake(const struct thread *thread)
{
	uint64_t one = 1;

	if (write(thread->live->wake_fd, &one, sizeof one) < 0) {
		/* The counter is full: the main thread has been woken enough. */
	}
}

/* It may have been awake anyway, and taken all there is. */
static void wake_for_some(const struct thread *thread)
{
	if (byte_ring_waits(thread->ring) || ring_waits(thread->figures))
		live_wake(thread);
}

void live_wake_put(struct thread *thread)
{
	uint64_t now_ns = nudge_waits(&thread->nudge) ? 0 : clock_monotonic_ns();

	if (nudge_put(&thread->nudge, now_ns))
		wake_for_some(thread);
}

void live_wake_due(struct thread *thread)
{
	if (nudge_waits(&thread->nudge) && nudge_due(&thread->nudge, clock_monotonic_ns()))
		wake_for_some(thread);
}

void live_wake_rest(struct thread *thread)
{
	if (nudge_rest(&thread->nudge))
		wake_for_some(thread);
}
