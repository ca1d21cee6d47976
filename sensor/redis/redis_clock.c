/* SPDX-License-Identifier: ISC */
/*
 * See redis_clock.h. As NTP does it: the answer was made halfway, give or take half the round trip.
 */
#include "sensor/redis/redis_clock.h"

#include <inttypes.h>
#include <stdlib.h>

#include "sensor/base/clock.h"
#include "sensor/base/log.h"

#define ROUND_TRIP NS_PER_S /* ns; a longer one says too little */
#define TOLD_MS	   2000
#define AGREED_MS  1000

void redis_clock_note(struct redis_clock *clock, const char *server, uint64_t sent_ns,
		      uint64_t received_ns, int64_t server_ms)
{
	int64_t skew_ms, size_ms;

	/* Or the clock was set in between. */
	if (received_ns < sent_ns || received_ns - sent_ns > ROUND_TRIP || server_ms <= 0)
		return;
	skew_ms = (int64_t)((sent_ns + (received_ns - sent_ns) / 2) / NS_PER_MS) - server_ms;
	clock->skew_ms = skew_ms;
	clock->known = true;
	size_ms = llabs(skew_ms);
	if (!clock->told && size_ms >= TOLD_MS) {
		log_warnx("%s: this host's clock is %" PRId64 ".%03" PRId64 " s %s that server's: "
			  "times of several sensors do not fit together",
			  server, size_ms / 1000, size_ms % 1000,
			  skew_ms > 0 ? "ahead of" : "behind");
		clock->told = true;
	} else if (clock->told && size_ms < AGREED_MS) {
		log_warnx("%s: this host's clock agrees with that server's again", server);
		clock->told = false;
	}
}
