/* SPDX-License-Identifier: ISC */
/*
 * Reads a long structure from a stream that comes in pieces of any size, without keeping it: each
 * step of the reader asks for a few bytes to look at, and says how many to pass over before them.
 *
 * The reader is a switch over `step`, called whenever walker_take() has what was asked for. It
 * must ask for at least one byte now and then, or it would never end: see walker_ask().
 */
#ifndef DISSECTORS_WALKER_H
#define DISSECTORS_WALKER_H

#include "dissectors/read/bytes.h"

#define WALKER_SCRATCH 80 /* bytes that a step may look at together */

struct walker {
	uint64_t skip; /* bytes to pass over first */
	uint8_t need, have;
	uint8_t step;
	uint8_t scratch[WALKER_SCRATCH];
};

/*
 * Next: pass over `skip` bytes, collect `need` (at most WALKER_SCRATCH), then be called at `step`.
 */
static inline void walker_ask(struct walker *w, uint8_t step, uint64_t skip, size_t need)
{
	w->step = step;
	w->skip = skip;
	w->have = 0;
	w->need = (uint8_t)(need < WALKER_SCRATCH ? need : WALKER_SCRATCH);
}

/* True when scratch[0..have) is complete; else all of `in` is used up and more must come. */
static inline bool walker_take(struct walker *w, struct bytes *in)
{
	size_t n = w->skip < in->left ? (size_t)w->skip : in->left;
	const uint8_t *from;

	bytes_skip(in, n);
	w->skip -= n;
	if (w->skip != 0)
		return false;
	n = (size_t)w->need - w->have;
	if (n > in->left)
		n = in->left;
	from = bytes_take(in, n);
	if (from != NULL && n != 0)
		memcpy(w->scratch + w->have, from, n);
	w->have = (uint8_t)(w->have + n);
	return w->have == w->need;
}

/* A cursor over what was collected; valid until the next walker_take(). */
static inline struct bytes walker_bytes(const struct walker *w)
{
	return bytes_from(w->scratch, w->have);
}

#endif
