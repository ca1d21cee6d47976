/* SPDX-License-Identifier: ISC */
/*
 * What a sensor says of itself in Redis, packed as names and values (event_fields.h): its
 * heartbeat, and its coverage (what was seen of every line of the policy). For outputs.c.
 */
#ifndef SENSOR_OUTPUTS_STATUS_H
#define SENSOR_OUTPUTS_STATUS_H

#include <stdbool.h>
#include <stddef.h>

#include "sensor/event/event_words.h"
#include "sensor/output/outputs.h"

struct status {
	char *packed;
	size_t length, capacity;
	bool failed; /* out of memory */
};

void status_free(struct status *status);
void status_heartbeat(struct status *status, const struct heartbeat *heartbeat,
		      const struct event_context *context, const struct outputs_stats *stats);
/* Adds to the field of that name, the next of `fields` if there is none yet. */
void status_add(struct heartbeat_counter *fields, size_t *count, const char *name, uint64_t value);
void status_coverage(struct status *status, const struct engine *engine,
		     const struct policy *policy, const struct event_context *context);

#endif
