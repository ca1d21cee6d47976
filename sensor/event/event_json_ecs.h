/* SPDX-License-Identifier: ISC */
/* The fields of ECS 8.11 that repeat what an event says, so that one can search by them. */
#ifndef SENSOR_EVENT_JSON_ECS_H
#define SENSOR_EVENT_JSON_ECS_H

#include "sensor/base/json_out.h"
#include "sensor/event/event_words.h"

/* `related`: every address, host name and user of the event, each once. */
void event_json_related(struct json_out *out, const struct event *event);
/* `rule`: the line of the policy. Nothing without a name. */
void event_json_rule(struct json_out *out, const struct event_context *context, const char *name,
		     const char *runbook);
/* `url.domain` and `url.port`, of a name with or without a port: "a.example", "[::1]:8080". */
void event_json_host(struct json_out *out, const char *host);

#endif
