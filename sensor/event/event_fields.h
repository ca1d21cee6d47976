/* SPDX-License-Identifier: ISC */
/*
 * The flat form of an event: names and values, one per column, for the Redis stream and its hashes.
 * Contract: spanwatch-redis(7). Packed as "name\0value\0name\0value\0…", so that it can be stored
 * as it is. Empty values are left out.
 */
#ifndef SENSOR_EVENT_FIELDS_H
#define SENSOR_EVENT_FIELDS_H

#include <stddef.h>

#include "sensor/event/event_words.h"

#define EVENT_FIELDS_BYTES 16384 /* more than an event can fill */
#define EVENT_FIELDS_MAX   128	 /* pairs */

struct event_fields {
	size_t length;
	size_t count; /* pairs */
	char packed[EVENT_FIELDS_BYTES];
};

void event_fields(struct event_fields *fields, const struct event *event,
		  const struct event_context *context);

/* The value of a name in packed pairs; NULL: not there. */
const char *event_fields_find(const char *packed, size_t length, const char *name);

#endif
