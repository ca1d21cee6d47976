/* SPDX-License-Identifier: ISC */
#ifndef SENSOR_PREFAULT_H
#define SENSOR_PREFAULT_H

#include <stdbool.h>

/*
 * --prefault: takes all that was allocated so far from the kernel now, so that none of it can be
 * missing later. Before threads are started: their stacks stay as they are. False: there is not so
 * much, or the kernel cannot (errno).
 */
bool prefault_take(void);

#endif
