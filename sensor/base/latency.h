/* SPDX-License-Identifier: ISC */
/*
 * How long something took, over a whole run: a histogram with fixed buckets, from 100 us to five
 * minutes, finest where a live sensor's delays are. Times are the clock's, which can be set: an end
 * before its beginning counts as no time at all, and is counted by itself.
 */
#ifndef SENSOR_LATENCY_H
#define SENSOR_LATENCY_H

#include <stdint.h>

#define LATENCY_BOUNDS 25

extern const uint64_t latency_bounds_ns[LATENCY_BOUNDS]; /* rising */

struct latency {
	uint64_t counts[LATENCY_BOUNDS + 1]; /* up to each bound; the last one: beyond */
	uint64_t sum_ns, count;
	uint64_t negative; /* of `count`: the clock was set back meanwhile */
};

void latency_add(struct latency *latency, uint64_t from_ns, uint64_t to_ns);

/*
 * So many per mille took at most this long: evenly within a bucket, the last bound if it is beyond
 * all. 0: nothing was counted.
 */
uint64_t latency_quantile_ns(const struct latency *latency, uint32_t permille);

#endif
