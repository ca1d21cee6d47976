/* SPDX-License-Identifier: ISC */
/*
 * See memory.h. What no option changes is not computed but measured, here and now: the program with
 * its libraries and this policy, and one module of nDPI, which every worker has of its own.
 */
#include "sensor/run/memory.h"

#include <errno.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "sensor/capture/savefile.h"
#include "sensor/capture/timeline.h"
#include "sensor/run/ahead.h"
#include "sensor/run/live_state.h"

#define HEAP_BYTES  (1u << 20)	/* that malloc() holds between what is in use, of texts and lists */
#define STACK_BYTES (64u << 10) /* that a thread touches of its stack, and its share of the heap */

struct sheet {
	uint64_t total;
	uint32_t times; /* what is added now is taken so often */
};

static void print_row(void *context, const char *what, const char *option, uint64_t value,
		      uint64_t bytes)
{
	struct sheet *sheet = context;
	uint64_t total = bytes * sheet->times;

	printf("%14llu  %s", (unsigned long long)total, what);
	if (option)
		printf("  (--%s %llu)", option, (unsigned long long)value);
	if (sheet->times > 1)
		printf("  (--workers %u)", sheet->times);
	putchar('\n');
	sheet->total += total;
}

/* Bytes that this process has in memory. 0: it cannot be told. */
static uint64_t resident_bytes(void)
{
	char line[128] = "", *rest;
	FILE *file = fopen("/proc/self/statm", "re");

	if (!file)
		return 0;
	if (!fgets(line, sizeof line, file))
		line[0] = '\0';
	fclose(file);
	strtoull(line, &rest, 10); /* all pages; the second number is of those that are there */
	return strtoull(rest, NULL, 10) * (uint64_t)sysconf(_SC_PAGESIZE);
}

static uint64_t allocated_bytes(void)
{
	struct mallinfo2 info = mallinfo2();

	return info.uordblks + info.hblkhd;
}

static uint64_t ndpi_bytes(const struct services *services)
{
	uint64_t before = allocated_bytes();
	struct identify *identify = identify_new(services, 1, false);
	uint64_t after = allocated_bytes();

	identify_free(identify);
	return after > before ? after - before : 0;
}

static void worker_rows(const struct app *app, struct sheet *sheet, uint64_t ndpi)
{
	struct worker_options options;

	app_worker_options(app, 0, &options);
	/* Of a replay's one looks at packets, unless it makes an inventory. */
	sheet->times = app->options->file_count == 0 || app->options->inventory
			       ? app->options->workers
			       : 1;
	worker_memory(&options, app->options->evidence != NULL, print_row, sheet);
	print_row(sheet, "nDPI's module, measured", NULL, 0, ndpi);
	if (app->options->inventory)
		print_row(sheet, "lines of the inventory", "max-inventory",
			  app->options->max_inventory,
			  inventory_bytes(app->options->max_inventory));
}

static uint32_t receivers(const struct options *options)
{
	uint32_t count = 0;

	for (size_t i = 0; i < options->interface_count; i++)
		count += receiver_is_url(options->interfaces[i]);
	return count;
}

static void live_rows(const struct app *app, struct sheet *sheet)
{
	const struct options *options = app->options;
	uint32_t interfaces = options->interface_count ? (uint32_t)options->interface_count : 1;

	sheet->times = options->workers * interfaces;
	print_row(sheet, "the kernel's ring of an interface", "buffer-mib", options->buffer_mib,
		  (uint64_t)options->buffer_mib << 20);
	sheet->times = options->workers * receivers(options);
	if (sheet->times != 0)
		print_row(sheet, "datagrams of a mirror that is sent", NULL, 0, receiver_bytes());
	sheet->times = options->workers;
	print_row(sheet, "frames of several interfaces", NULL, 0, watch_bytes());
	print_row(sheet, "messages to the main thread", NULL, 0,
		  byte_ring_bytes(LIVE_RING_OBSERVATIONS) +
			  ring_bytes(LIVE_RING_FIGURES, sizeof(struct figures)));
	print_row(sheet, "the thread's stack", NULL, 0, STACK_BYTES);
	sheet->times = 1;
	if (options->evidence)
		print_row(sheet, "packets on their way to --evidence", NULL, 0,
			  live_evidence_bytes(options->workers));
}

static void replay_rows(const struct app *app, struct sheet *sheet)
{
	uint32_t workers = app->options->workers;

	sheet->times = app->options->inventory ? workers : workers > 1 ? workers - 1 : 1;
	if (app->options->inventory || app->options->as_given || app->options->file_count < 2)
		print_row(sheet, "a block of the capture", NULL, 0, savefile_bytes());
	else
		print_row(sheet, "captures that overlap in time", NULL, 0, timeline_bytes());
	sheet->times = 1;
	if (workers > 1 && !app->options->inventory)
		print_row(sheet, "packets read ahead", "workers", workers,
			  ahead_bytes(workers - 1));
}

static void rows(const struct app *app, struct sheet *sheet)
{
	const struct options *options = app->options;
	bool live = options->file_count == 0;
	struct engine_options engine;
	uint64_t ndpi = ndpi_bytes(app->services), base;

	malloc_trim(0);
	base = resident_bytes();
	worker_rows(app, sheet, ndpi);
	if (live)
		live_rows(app, sheet);
	sheet->times = 1;
	if (!live)
		replay_rows(app, sheet);
	if (!options->inventory) {
		app_engine_options(app, &engine);
		engine_memory(&engine, live && options->journal, print_row, sheet);
	}
	if (options->evidence)
		print_row(sheet, "files of --evidence", "evidence-files", options->evidence_files,
			  evidence_bytes(options->evidence_files));
	print_row(sheet, "what the heap holds for texts and lists", NULL, 0, HEAP_BYTES);
	print_row(sheet, "program, libraries and policy, measured", NULL, 0, base);
}

int memory_print(const struct app *app)
{
	struct sheet sheet = {.times = 1};

	rows(app, &sheet);
	printf("%14llu  bytes at most, %.1f MiB\n", (unsigned long long)sheet.total,
	       (double)sheet.total / (1 << 20));
	return EXIT_DONE;
}
