/* SPDX-License-Identifier: ISC */
/* See prefault.h. */
#include "sensor/run/prefault.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#ifndef MADV_POPULATE_WRITE
#define MADV_POPULATE_WRITE 23 /* Linux 5.14 */
#endif
#ifndef SPANWATCH_SANITIZED
#define SPANWATCH_SANITIZED 0
#endif

/*
 * A line of /proc/self/maps: "start-end mode offset device inode  name". Is it memory of ours that
 * is not of a file, and no stack?
 */
static bool is_heap(const char *line, uintptr_t *start, uintptr_t *end)
{
	const char *name = strchr(line, '[');
	char *rest;
	bool writable;

	*start = strtoul(line, &rest, 16);
	if (*rest++ != '-')
		return false;
	*end = strtoul(rest, &rest, 16);
	writable = strncmp(rest, " rw-p ", 6) == 0;
	return writable && !strchr(line, '/') && (!name || strncmp(name, "[heap]", 6) == 0);
}

bool prefault_take(void)
{
	char line[512];
	uintptr_t start, end;
	FILE *maps = fopen("/proc/self/maps", "re");
	bool good = maps != NULL;

	/* The sanitizers' own memory is too much for any machine. */
	while (good && !SPANWATCH_SANITIZED && fgets(line, sizeof line, maps)) {
		if (is_heap(line, &start, &end))
			good = madvise((void *)start, end - start, MADV_POPULATE_WRITE) == 0;
	}
	if (maps)
		fclose(maps);
	return good;
}
