/* SPDX-License-Identifier: ISC */
/*
 * Whose turn it is to speak. After a loss in the middle of a side's bytes, the place where that
 * side begins to speak again is where a message begins, for most protocols.
 */
#ifndef DISSECTORS_TURNS_H
#define DISSECTORS_TURNS_H

#include "dissectors/dissector.h"

/* Zeroed before use, like the dissector's state that it is part of. */
struct turns {
	uint8_t last; /* enum side + 1, of those who spoke last; 0 before the first byte */
};

/* Bytes of that side come. True if it did not speak last: its turn begins. */
static inline bool turns_begin(struct turns *turns, enum side from)
{
	bool begins = turns->last != from + 1;

	turns->last = (uint8_t)(from + 1);
	return begins;
}

/* The same, and true only for the client after the server: one more round begins. */
static inline bool turns_begin_round(struct turns *turns, enum side from)
{
	bool answered = turns->last == SIDE_SERVER + 1;

	return turns_begin(turns, from) && from == SIDE_CLIENT && answered;
}

/* Did that side speak last? */
static inline bool turns_is_last(const struct turns *turns, enum side side)
{
	return turns->last == side + 1;
}

/* Has a side spoken? If not, gap() means that the capture began later than the conversation. */
static inline bool turns_begun(const struct turns *turns)
{
	return turns->last != 0;
}

#endif
