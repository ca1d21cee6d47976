/* SPDX-License-Identifier: ISC */
/*
 * How much memory the options ask for: one row for each table, of the same sizes as it is made
 * with. Everything that grows with traffic is in such a table and is taken at the start; what a row
 * says is its most, because the kernel gives a page only when it is touched (or all at once: see
 * prefault.h).
 */
#ifndef SENSOR_MEMORY_H
#define SENSOR_MEMORY_H

struct app;

/* --memory: prints the rows and their sum. Returns the exit status. */
int memory_print(const struct app *app);

#endif
