/* SPDX-License-Identifier: ISC */
/*
 * What one flow report proves, by itself: the rung of the ladder and why. Pure.
 */
#ifndef SENSOR_LADDER_H
#define SENSOR_LADDER_H

#include "sensor/event/event.h"

struct rung {
	enum level level; /* LEVEL_BLOCKED, LEVEL_REFUSED: a probe that was not let in */
	bool proves;	  /* the service was reached */
	bool fresh;	  /* by a new conversation: also proof that the wall is down now */
	bool answered;	  /* something came from the server (or, one way, was taken) just now */
	uint64_t answer_ns;
	const struct command *command; /* for LEVEL_DATA_OUT and above, or NULL */
};

/*
 * `inside`: the mirror stands behind the filter, so that a datagram which is seen has passed it.
 * The result points into `o`.
 */
struct rung ladder_rung(const struct observation *o, bool inside);

#endif
