/* SPDX-License-Identifier: ISC */
/*
 * How much memory the options ask for: one row for each table, of the same sizes as it is made
 * with. Everything that grows with traffic is in such a table and is taken at the start; what a row
 * says is its most, because the kernel gives a page only when it is touched (or all at once: see
 * memory_take()).
 */
#ifndef SENSOR_MEMORY_H
#define SENSOR_MEMORY_H

#include <stdbool.h>
#include <stdint.h>

#define MEMORY_MIB 512 /* blocks and pages of 2 KiB in a MiB of --reassembly-mib, --fragments-mib */

struct worker_options;
struct engine_options;
struct app;

/* `option` is the one that it grows with and `value` what that says; NULL: it is always the same. */
typedef void memory_row(void *context, const char *what, const char *option, uint64_t value,
			uint64_t bytes);

/* worker_memory.c: what worker_new() takes, and with `evidence` worker_keep_evidence(). */
void worker_memory(const struct worker_options *options, bool evidence, memory_row *row,
		   void *context);
/* engine_memory.c: what engine_new() takes, and with `store` engine_store_new(). */
void engine_memory(const struct engine_options *options, bool store, memory_row *row,
		   void *context);

/* --memory: prints the rows and their sum. Returns the exit status. */
int memory_print(const struct app *app);

/*
 * --prefault: takes all that was allocated so far from the kernel now, so that none of it can be
 * missing later. Before threads are started: their stacks stay as they are. False: there is not so
 * much, or the kernel cannot (errno).
 */
bool memory_take(void);

#endif
