/* SPDX-License-Identifier: ISC */
/* The directory of --evidence, and what other runs have left in it. */
#ifndef SENSOR_EVIDENCE_DIRECTORY_H
#define SENSOR_EVIDENCE_DIRECTORY_H

#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include "sensor/event/event.h"

#define EVIDENCE_SUFFIX ".pcapng"
#define EVIDENCE_NAME	(EXPOSURE_ID_TEXT + sizeof EVIDENCE_SUFFIX) /* bytes: of a file's name */

struct evidence_found {
	char id[EXPOSURE_ID_TEXT];
	uint64_t size; /* bytes */
	struct timespec written;
};

/* Makes it, 0700 and `user`'s (NULL: who runs now), if it does not exist. -1, and errno. */
int evidence_directory_open(const char *path, const char *user);
/*
 * The files in it that are named like ours, the one written to longest ago first. Returns how many;
 * `*list` is the caller's to free.
 */
size_t evidence_directory_list(int fd, struct evidence_found **list);

#endif
