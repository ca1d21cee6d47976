/* SPDX-License-Identifier: ISC */
/* The object `spanwatch` of a published event: what ECS has no field for. For event_json.c only. */
#ifndef SENSOR_EVENT_JSON_OWN_H
#define SENSOR_EVENT_JSON_OWN_H

#include "sensor/base/json_out.h"
#include "sensor/event/event_words.h"

void event_json_own(struct json_out *out, const struct event_context *context,
		    const struct event *event);

#endif
