/* SPDX-License-Identifier: ISC */
/*
 * Lines for standard output that wait until the journal has their events, so that what was said
 * once is not said again by the next run. Bounded by who holds them. One thread.
 */
#ifndef SENSOR_HELD_LINES_H
#define SENSOR_HELD_LINES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct held_line {
	struct held_line *next;
	uint64_t sequence;
	size_t length;
	char text[];
};

struct held_lines {
	struct held_line *first, *last;
	size_t bytes;
};

/* Copies it. False: out of memory. */
bool held_lines_add(struct held_lines *lines, uint64_t sequence, const char *text, size_t length);
/* Takes the oldest one out and frees it. */
void held_lines_drop(struct held_lines *lines);
void held_lines_clear(struct held_lines *lines);

#endif
