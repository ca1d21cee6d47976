/* SPDX-License-Identifier: ISC */
/*
 * The captures that a replay reads: what -r named, with each directory's files in name order, and
 * when each begins.
 */
#ifndef SENSOR_SOURCES_H
#define SENSOR_SOURCES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct source {
	char *path;
	size_t rank; /* in the order of the command line */
	uint64_t bytes;
	uint64_t first_ns; /* time of its first packet; 0: it has none, or is no regular file */
	bool regular, of_directory;
};

struct sources {
	struct source *list; /* owned */
	size_t count;
	uint64_t bytes; /* of all of them together, as far as known */
	char **skipped; /* files of directories that are no captures; owned */
	size_t skipped_count;
};

#define SOURCES_SKIPPED 512

/* False, and a reason in `error`, if one of the names cannot be looked at. */
bool sources_collect(struct sources *sources, char *const *names, size_t count, char error[512]);
/*
 * Looks into the regular files: when do they begin? Those of directories that are no captures are
 * taken out and named in `skipped` ("": none).
 */
void sources_look(struct sources *sources, char skipped[SOURCES_SKIPPED]);
/*
 * In the order of their first packets, as sources_look() found them; those without any come
 * first.
 */
void sources_order(struct sources *sources);
/*
 * May this capture, whose newest packet is of `newest_ns`, still be being written? None of the
 * others in its folder begins later, and there are others.
 */
bool sources_is_growing(const struct sources *sources, size_t number, uint64_t newest_ns);
/* An empty file beside others: nothing has been written to it yet. */
bool sources_is_begun(const struct sources *sources, size_t number);
/* Is standard input or a pipe among them? */
bool sources_from_stream(const struct sources *sources);
void sources_free(struct sources *sources);

#endif
