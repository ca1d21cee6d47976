/* SPDX-License-Identifier: ISC */
/*
 * How many commands of one piece of a client's bytes are read in full. Each costs some work however
 * short it is, and 1400 bytes have room for 1400 of them; so a piece has a number of commands that
 * grows with its length, far above what honest clients send, and behind those it is crowded.
 *
 * A dissector that takes part says so (dissector->crowded) and asks crowd_begin() where a command
 * begins. False: its input has ended there, as far as it can tell, between two commands. What is
 * left is looked through for words that destroy, execute or log in (alarm_words.h), and it is fed
 * again from the lines that have one; the rest is passed over, which is told: facts_limited().
 */
#ifndef DISSECTORS_CROWD_H
#define DISSECTORS_CROWD_H

#include "dissectors/read/bytes.h"

enum crowded {
	CROWDED_NEVER, /* it does not ask */
	CROWDED_LINES, /* a line's beginning is a command's: it can go on at any */
	CROWDED_GAP,   /* it is told of a gap, after which it looks for a beginning by itself */
};

struct crowd {
	uint32_t left;	     /* commands, weighed, that may still begin */
	const uint8_t *from; /* where the first one begins that may not; NULL: there is none */
};

/* May a command begin here, that costs as much as `weight` short ones? */
static inline bool crowd_begin(struct bytes *input, uint32_t weight)
{
	struct crowd *crowd = input->crowd;

	if (!crowd || input->left == 0)
		return true;
	if (crowd->left >= weight) {
		crowd->left -= weight;
		return true;
	}
	crowd->left = 0;
	crowd->from = input->at;
	input->left = 0;
	return false;
}

#endif
