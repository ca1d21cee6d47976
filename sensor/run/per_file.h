/* SPDX-License-Identifier: ISC */
/*
 * --per-file: what came of each capture of a replay, one line for each at its end, in the order in
 * which they were begun. The table has one row for each capture of the command line, with so many
 * kinds of what was not read and so many bytes of words as have room; nothing grows with packets.
 * Rows are independent of each other: of one thread each. NULL is allowed in place of the table.
 */
#ifndef SENSOR_PER_FILE_H
#define SENSOR_PER_FILE_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "sensor/capture/timeline.h"

struct per_file;

/* `sources` must outlive it, and stay in their order. NULL: out of memory. */
struct per_file *per_file_new(const struct sources *sources);
void per_file_free(struct per_file *table);

/* By the number of the capture in `sources`. */
void per_file_closed(struct per_file *table, size_t source, const struct timeline_span *span);
void per_file_words(struct per_file *table, size_t source, const char *text);
void per_file_unread(struct per_file *table, size_t source, uint32_t kind);
void per_file_opened(struct per_file *table, size_t source); /* an exposure began there */

/* `exposures`: they were looked for. */
void per_file_print(const struct per_file *table, bool exposures, FILE *out);

#endif
