/* SPDX-License-Identifier: ISC */
/* The numbers of a live sensor as Prometheus reads them. Names: spanwatch(8), METRICS. */
#ifndef SENSOR_METRICS_H
#define SENSOR_METRICS_H

#include "sensor/capture/capture.h"
#include "sensor/engine/engine.h"
#include "sensor/health/http_server.h"
#include "sensor/health/metrics_text.h"
#include "sensor/health/tally.h"
#include "sensor/health/vision.h"
#include "sensor/output/evidence_store.h"
#include "sensor/output/outputs.h"

/* How large the tables are that were asked for, all workers' together. */
struct metrics_sizes {
	uint64_t flows, sessions, reassembly_blocks, exposures, incidents;
};

/* Everything that there is to tell, at one moment. */
struct metrics {
	const char *interface, *sensor, *site;
	struct metrics_sizes sizes;
	uint64_t started_ns, now_ns;
	uint64_t redis_down_ns; /* since when; 0: it is there, or there is none */
	struct worker_stats worker;
	struct capture_stats capture;
	struct engine_stats engine;
	uint64_t open[ENGINE_SEVERITIES]; /* exposures, by severity */
	struct outputs_stats outputs;
	struct evidence_stats evidence;
	struct http_stats http;
	const struct tally *tally;
	const struct blindness *blindness;
};

void metrics_write(const struct metrics *metrics, struct metrics_text *text);

#endif
