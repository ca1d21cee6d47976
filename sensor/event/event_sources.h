/* SPDX-License-Identifier: ISC */
/* The flat field `sources`: the clients of an exposure as one text. See spanwatch-redis(7). */
#ifndef SENSOR_EVENT_SOURCES_H
#define SENSOR_EVENT_SOURCES_H

#include <stddef.h>

#include "sensor/base/timestamp.h"
#include "sensor/event/event.h"

#define EVENT_SOURCE_TEXT  (2 * ADDRESS_TEXT_MAX + 2 * TIMESTAMP_TEXT + 204)
#define EVENT_SOURCES_TEXT (EXPOSURE_SOURCES * (EVENT_SOURCE_TEXT + 2))

/* Printable, without a NUL, "; " between clients. Returns how long it is; 0: there are none. */
size_t event_sources(const struct exposure_view *exposure, char text[EVENT_SOURCES_TEXT]);

#endif
