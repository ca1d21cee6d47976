/* SPDX-License-Identifier: ISC */
/*
 * The interval in which a wall fell: after `after_ns` (0: nothing is known), not later than
 * `before_ns`.
 */
#ifndef SENSOR_INTERVAL_H
#define SENSOR_INTERVAL_H

#include <stdbool.h>
#include <stdint.h>

/* Narrows the first interval to what both have in common; false, and unchanged, if nothing. */
static inline bool interval_meet(uint64_t *after_ns, uint64_t *before_ns, uint64_t other_after_ns,
				 uint64_t other_before_ns)
{
	uint64_t after = *after_ns > other_after_ns ? *after_ns : other_after_ns;
	uint64_t before = *before_ns < other_before_ns ? *before_ns : other_before_ns;

	if (after >= before)
		return false;
	*after_ns = after;
	*before_ns = before;
	return true;
}

#endif
