/* SPDX-License-Identifier: ISC */
/* The one written form of a time: RFC 3339, UTC, microseconds, fixed width: sorts as text. */
#ifndef SENSOR_TIMESTAMP_H
#define SENSOR_TIMESTAMP_H

#include <stdint.h>

#define TIMESTAMP_TEXT 28 /* "2015-02-03T04:05:06.123456Z" and a NUL */

/* Nanoseconds since 1970, cut (not rounded) to microseconds. Returns `text`. */
const char *timestamp_format(uint64_t ns, char text[TIMESTAMP_TEXT]);
/* The way back, for texts that were made by the above. 0: not one of them. */
uint64_t timestamp_parse(const char *text);

#endif
