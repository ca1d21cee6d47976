/* SPDX-License-Identifier: ISC */
/*
 * The coverage of the policy's lines as Redis was told it last: only what has changed since is
 * sent, and all of it now and then, for a Redis that has lost some. /
 */
#ifndef SENSOR_REDIS_LINES_H
#define SENSOR_REDIS_LINES_H

#include <stdbool.h>
#include <stddef.h>

struct redis_lines {
	char *told; /* packed pairs (event_fields.h); NULL: nothing */
	size_t told_length;
	char *changed; /* of what was compared last */
	size_t changed_length;
	unsigned turn;
	bool full;
};

/* What is to be sent of these packed pairs: lines->changed, and all lines if lines->full. False:
 * nothing, or out of memory. */
bool redis_lines_compare(struct redis_lines *lines, const char *packed, size_t length);
/* It was sent. */
void redis_lines_told(struct redis_lines *lines, const char *packed, size_t length);
/* Nobody knows what Redis has. */
void redis_lines_forget(struct redis_lines *lines);
void redis_lines_free(struct redis_lines *lines);

#endif
