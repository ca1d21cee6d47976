/* SPDX-License-Identifier: ISC */
/*
 * Memory of the big tables: zeroed, from the beginning of a cache line, and in large pages where
 * the kernel has them (transparent ones, asked for: madvise(2)), so that a table does not cost a
 * fault for every 4 KiB and an entry of the TLB for each. Where it has none the pages are small,
 * and nothing else is different. Untouched memory costs nothing.
 */
#ifndef SENSOR_TABLE_MEMORY_H
#define SENSOR_TABLE_MEMORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* For table_memory_free(). NULL: out of memory. */
void *table_memory_new(uint64_t count, size_t size);
void table_memory_free(void *memory);			  /* NULL is allowed */
uint64_t table_memory_bytes(uint64_t count, size_t size); /* what table_memory_new() takes */
/* Does the kernel give large pages to who asks? */
bool table_memory_large(void);

#endif
