/* SPDX-License-Identifier: ISC */
/* See latency.h. */
#include "sensor/base/latency.h"

#include "sensor/base/clock.h"

#define US NS_PER_US
#define MS NS_PER_MS

const uint64_t latency_bounds_ns[LATENCY_BOUNDS] = {
	100 * US,   250 * US,	500 * US,   1 * MS,	 2 * MS,    5 * MS,    10 * MS,
	15 * MS,    20 * MS,	25 * MS,    30 * MS,	 40 * MS,   50 * MS,   75 * MS,
	100 * MS,   150 * MS,	250 * MS,   500 * MS,	 1000 * MS, 2000 * MS, 5000 * MS,
	10000 * MS, 30000 * MS, 60000 * MS, 300000 * MS,
};

void latency_add(struct latency *latency, uint64_t from_ns, uint64_t to_ns)
{
	uint64_t took_ns = to_ns > from_ns ? to_ns - from_ns : 0;
	int i = 0;

	latency->negative += to_ns < from_ns;
	while (i < LATENCY_BOUNDS && took_ns > latency_bounds_ns[i])
		i++;
	latency->counts[i]++;
	latency->sum_ns += took_ns;
	latency->count++;
}

uint64_t latency_quantile_ns(const struct latency *latency, uint32_t permille)
{
	uint64_t wanted = (latency->count * permille + 999) / 1000, before = 0, low_ns = 0;

	if (latency->count == 0)
		return 0;
	for (int i = 0; i < LATENCY_BOUNDS; i++) {
		uint64_t here = latency->counts[i];

		if (here != 0 && before + here >= wanted)
			return low_ns + (latency_bounds_ns[i] - low_ns) * (wanted - before) / here;
		before += here;
		low_ns = latency_bounds_ns[i];
	}
	return latency_bounds_ns[LATENCY_BOUNDS - 1];
}
