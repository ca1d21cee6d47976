/* SPDX-License-Identifier: ISC */
/*
 * An inventory of many captures by several workers: each capture is a matter of its own, so each
 * worker takes the next one that nobody has. What they write is put out in the order of the
 * captures, and is the same as one worker's.
 */
#ifndef SENSOR_INVENTORY_CREW_H
#define SENSOR_INVENTORY_CREW_H

#include "sensor/base/progress.h"
#include "sensor/capture/sources.h"
#include "sensor/run/app.h"

struct crew_result {
	struct worker_stats stats; /* of all workers */
	uint64_t left_out;	   /* inventory_left_out() of all */
	bool good;		   /* every input was read to its end, and all was written */
};

/* `stop` may become true in a callback of the loop. Exits if there is not enough memory. */
void inventory_crew_run(const struct app *app, const struct sources *sources, const bool *stop,
			struct progress *progress, struct crew_result *result);

#endif
