/* SPDX-License-Identifier: ISC */
/* The numbers of the whole sensor at one moment, and what is told of them: counter_rows.h. */
#ifndef SENSOR_COUNTERS_H
#define SENSOR_COUNTERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "sensor/capture/capture.h"
#include "sensor/engine/engine.h"
#include "sensor/health/http_server.h"
#include "sensor/output/evidence_store.h"
#include "sensor/output/outputs.h"
#include "sensor/worker/worker.h"

struct counters {
	struct worker_stats worker; /* of all workers */
	struct capture_stats capture;
	struct engine_stats engine;
	struct evidence_stats evidence;
	struct outputs_stats outputs;
	struct http_stats http;
};

enum counter_part {
	COUNTER_PART_CAPTURE,
	COUNTER_PART_WORKER,
	COUNTER_PART_KEPT, /* by workers, for --evidence */
	COUNTER_PART_ENGINE,
	COUNTER_PART_EVIDENCE,
	COUNTER_PART_OUTPUTS,
	COUNTER_PART_HTTP,
};

struct counter {
	const char *metric, *field, *told, *meaning; /* see counter_rows.h */
	enum counter_part part;
	bool gauge;
	size_t offset; /* of an uint64_t in struct counters */
};

/* All of them, in the order of the rows; `count` is how many. */
const struct counter *counters_all(size_t *count);
uint64_t counters_value(const struct counters *counters, const struct counter *counter);

/* The fields of a heartbeat, but those of the outputs, which the outputs add themselves. Returns
 * how many; the names are static. */
#define COUNTERS_FIELDS 136
size_t counters_heartbeat(const struct counters *counters,
			  struct heartbeat_counter fields[COUNTERS_FIELDS]);

/* "; 3 gaps in streams": what these parts have to tell in a closing line. */
void counters_say(FILE *out, const struct counters *counters, enum counter_part first,
		  enum counter_part last);

/* --counters: a block for each, its names and what it means. */
void counters_print(FILE *out);

#endif
