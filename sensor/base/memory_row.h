/* SPDX-License-Identifier: ISC */
/* How a part tells what it takes of memory: run/memory.h prints the sum. */
#ifndef SENSOR_MEMORY_ROW_H
#define SENSOR_MEMORY_ROW_H

#include <stdint.h>

#define MEMORY_MIB 512 /* blocks and pages of 2 KiB in a MiB of --reassembly-mib, --fragments-mib */

/*
 * `option` is the one that it grows with and `value` what that says; NULL: it is always the same.
 */
typedef void memory_row(void *context, const char *what, const char *option, uint64_t value,
			uint64_t bytes);

#endif
