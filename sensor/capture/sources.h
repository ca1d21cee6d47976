/* SPDX-License-Identifier: ISC */
/* The captures that a replay reads: what -r named, with each directory's files in name order. */
#ifndef SENSOR_SOURCES_H
#define SENSOR_SOURCES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct sources {
	char **paths; /* owned */
	size_t count;
	uint64_t bytes; /* of all of them together, as far as known */
};

/* False, and a reason in `error`, if one of the names cannot be looked at. */
bool sources_collect(struct sources *sources, char *const *names, size_t count, char error[512]);
/* Is standard input among them? */
bool sources_from_stream(const struct sources *sources);
void sources_free(struct sources *sources);

#endif
