/* SPDX-License-Identifier: ISC */
/* JSON lines on a stream: one event, one line (spanwatch-events(7)). */
#ifndef SENSOR_SINK_JSONL_H
#define SENSOR_SINK_JSONL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/* `flush`: whoever reads the stream gets the line at once. False: it could not be written. */
bool sink_jsonl_write(FILE *out, const char *json, size_t length, bool flush);

#endif
