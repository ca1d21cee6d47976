/* SPDX-License-Identifier: ISC */
/*
 * What found no room on its way to the main thread, and waits for some. Of a conversation that
 * goes on only its number waits: what is told of it is made when there is room, and is whole then;
 * there is a place for each. What nobody could make again (a conversation's last words, a wall)
 * waits as it is, at most UNTOLD_KEPT of them: beyond that the newest of the least grave are lost.
 *
 * Told in the order of gravity, then of age.
 */
#ifndef SENSOR_UNTOLD_H
#define SENSOR_UNTOLD_H

#include "sensor/event/observation.h"

#define UNTOLD_KEPT 1024

enum untold_grade {
	UNTOLD_MORE,   /* of what has been told already; probes of a wall */
	UNTOLD_NEW,    /* the first word of a conversation */
	UNTOLD_SEVERE, /* the same, by a rule that is severe */
	UNTOLD_GRAVE,  /* somebody was let in, or data were read or destroyed */
	UNTOLD_GRADES
};

struct untold;

struct untold *untold_new(uint32_t max_flows); /* NULL: out of memory */
void untold_free(struct untold *untold);       /* NULL is allowed */
uint64_t untold_bytes(uint32_t max_flows);     /* what untold_new() takes */

uint32_t untold_count(const struct untold *untold);

/* The conversation of this number (flow.h) waits. False: it did already; it may be graver now. */
bool untold_wait(struct untold *untold, uint32_t flow, enum untold_grade grade);
/* It is told, or gone. */
void untold_settle(struct untold *untold, uint32_t flow);
/*
 * Keeps a copy, in the place of the conversation that it is of, if that waits. `flow` 0: of none.
 * False: one was lost for lack of room, this or a less grave one.
 */
bool untold_keep(struct untold *untold, const struct observation *observation, uint32_t flow,
		 enum untold_grade grade);

/*
 * The gravest, and of these the oldest. False: nothing waits. `*flow` is the number of a
 * conversation, or 0: then it is `*kept`, valid until untold_kept_told().
 */
bool untold_first(const struct untold *untold, uint32_t *flow, const struct observation **kept);
/* The one that untold_first() gave as `kept` has been told. */
void untold_kept_told(struct untold *untold);

#endif
