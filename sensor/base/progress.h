/* SPDX-License-Identifier: ISC */
/* A progress bar with rate and time left, on standard error, for long replays on a terminal. */
#ifndef SENSOR_PROGRESS_H
#define SENSOR_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

struct progress {
	bool shown;	/* wanted, and standard error is a terminal */
	uint64_t total; /* bytes of all inputs; 0: unknown */
	uint64_t begun_ms, drawn_ms;
};

void progress_begin(struct progress *progress, bool wanted, uint64_t total_bytes);
/* Draws at most five times a second, and nothing in the first second. */
void progress_show(struct progress *progress, const char *name, uint64_t bytes, uint64_t packets);
void progress_end(struct progress *progress); /* clears the line */

#endif
