/* SPDX-License-Identifier: ISC */
/* See progress.h. */
#include "sensor/base/progress.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "sensor/base/clock.h"

#define BAR_CELLS 24
#define MEBIBYTE  1048576.0

void progress_begin(struct progress *progress, bool wanted, uint64_t total_bytes)
{
	*progress = (struct progress){
		.shown = wanted && isatty(STDERR_FILENO),
		.total = total_bytes,
		.begun_ms = clock_monotonic_ms(),
	};
}

void progress_show(struct progress *progress, const char *name, uint64_t bytes, uint64_t packets)
{
	uint64_t now_ms, elapsed_ms;
	char bar[BAR_CELLS + 1];
	double share;
	int cells;

	if (!progress->shown)
		return;
	now_ms = clock_monotonic_ms();
	elapsed_ms = now_ms - progress->begun_ms;
	if (elapsed_ms < 1000 || now_ms - progress->drawn_ms < 200)
		return;
	progress->drawn_ms = now_ms;
	fprintf(stderr, "\r\033[K%.40s ", name);
	if (progress->total != 0) {
		share = (double)bytes / (double)progress->total;
		share = share > 1 ? 1 : share;
		cells = (int)(share * BAR_CELLS);
		memset(bar, '.', BAR_CELLS);
		memset(bar, '#', (size_t)cells);
		bar[BAR_CELLS] = '\0';
		fprintf(stderr, "[%s] %3.0f %%, ", bar, share * 100);
		if (share > 0.01)
			fprintf(stderr, "%.0f s left, ",
				(double)elapsed_ms / 1000 * (1 - share) / share);
	}
	fprintf(stderr, "%.2f M packets/s, %.0f MiB/s", (double)packets / (double)elapsed_ms / 1000,
		(double)bytes / MEBIBYTE / ((double)elapsed_ms / 1000));
	fflush(stderr);
}

void progress_end(struct progress *progress)
{
	if (progress->shown && progress->drawn_ms != 0)
		fputs("\r\033[K", stderr);
	progress->shown = false;
}
