/* SPDX-License-Identifier: ISC */
/*
 * How far this host's clock is from Redis's. Every sensor of a site measures against the same
 * server, so what they say can be compared: two clocks that are a minute apart show it here.
 */
#ifndef SENSOR_REDIS_CLOCK_H
#define SENSOR_REDIS_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

struct redis_clock {
	int64_t skew_ms; /* positive: ours is ahead */
	bool known;
	bool told;
};

/* Redis said `server_ms` (since 1970) at some moment between two of ours. Says it when the
 * difference becomes so large that times of several sensors contradict each other, and when that is
 * over. `server` is for messages. */
void redis_clock_note(struct redis_clock *clock, const char *server, uint64_t sent_ns,
		      uint64_t received_ns, int64_t server_ms);

#endif
