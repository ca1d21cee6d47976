/* SPDX-License-Identifier: ISC */
/*
 * From what workers and captures count to what blindness.h judges: the one place to add a counter
 * of another source of blindness.
 */
#ifndef SENSOR_VISION_H
#define SENSOR_VISION_H

#include "sensor/capture/capture.h"
#include "sensor/health/blindness.h"
#include "sensor/worker/worker.h"

#define VISION_TEXT 160 /* all causes with commas between */

/* `capture` may be NULL (a replay). */
void vision_figures(const struct worker_stats *worker, const struct capture_stats *capture,
		    struct vision_figures *figures);

/* The causes that hold, "silence,one-way", or "". True if one of them is worse than a note. */
bool vision_text(const struct blindness *blindness, char text[VISION_TEXT]);

/*
 * Judges BLIND_UNTESTED, rules of the policy, and BLIND_UNPROBED, endpoints that were exposed and
 * closed: those that nobody tried since `since_ns` and within `within_ns` before `now_ns` (0: never
 * judged).
 */
struct engine;
void vision_untested(struct blindness *blindness, const struct engine *engine, uint64_t since_ns,
		     uint64_t within_ns, uint64_t now_ns);

#endif
