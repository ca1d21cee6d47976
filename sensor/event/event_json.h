/* SPDX-License-Identifier: ISC */
/*
 * The published form of an event: one JSON object, ECS field names, everything else under
 * `spanwatch`. Contract: sensor/event/event.schema.json and spanwatch-events(7). The same event and
 * context give the same bytes. Zero times, empty texts and unknown values are left out.
 */
#ifndef SENSOR_EVENT_JSON_H
#define SENSOR_EVENT_JSON_H

#include <stddef.h>

#include "sensor/base/json_out.h"
#include "sensor/event/event_words.h"

/* One line, without a newline, in the memory of `out` until that begins another: the one text that
 * all sinks take. NULL: out of memory. */
const char *event_json(struct json_out *out, const struct event *event,
		       const struct event_context *context, size_t *length);

#endif
