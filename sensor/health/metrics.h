/* SPDX-License-Identifier: ISC */
/* The numbers of a live sensor as Prometheus reads them. Names: spanwatch(8), METRICS. */
#ifndef SENSOR_METRICS_H
#define SENSOR_METRICS_H

#include "sensor/health/counters.h"
#include "sensor/health/metrics_text.h"
#include "sensor/health/tally.h"
#include "sensor/health/vision.h"

/* How large the tables are that were asked for, all workers' together. */
struct metrics_sizes {
	uint64_t flows, sessions, reassembly_blocks, exposures, incidents;
};

/* One of those that are watched. */
struct metrics_interface {
	const char *name;
	bool gone;
	struct capture_stats capture;
	const struct blindness *sight;
};

/* Everything that there is to tell, at one moment. */
struct metrics {
	const char *interface, *sensor, *site; /* interface: all of them, with commas between */
	const struct metrics_interface *interfaces;
	size_t interface_count;
	struct metrics_sizes sizes;
	uint64_t started_ns, now_ns;
	uint64_t redis_down_ns; /* since when; 0: it is there, or there is none */
	struct counters counters;
	uint64_t open[ENGINE_SEVERITIES]; /* exposures, by severity */
	const struct tally *tally;
	const struct blindness *blindness; /* what is of all together */
};

void metrics_write(const struct metrics *metrics, struct metrics_text *text);

#endif
