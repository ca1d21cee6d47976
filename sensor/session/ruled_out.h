/* SPDX-License-Identifier: ISC */
/*
 * What the very first byte of a conversation excludes. A recogniser that has said NO to a beginning
 * over TCP says NO to everything that goes on from there (test_ruled_out.c holds every one to it):
 * so each is asked once about each byte that either side may begin with, and of a conversation only
 * those are asked whom its first byte does not exclude. A row is made when its byte is first met,
 * from the recognisers themselves: nobody keeps a list beside them. What the other side begins with
 * excludes nothing here: there are some who refuse a server that speaks first, whatever it says.
 *
 * Of a datagram or a message nothing is excluded so: it is no beginning of a longer one.
 */
#ifndef SENSOR_RULED_OUT_H
#define SENSOR_RULED_OUT_H

#include <stdbool.h>
#include <stdint.h>

#include "dissectors/dissector.h"

#define RULED_OUT_WORDS (DISSECTORS_MAX / 64)

/* 40 KiB; zero to begin with. */
struct ruled_out {
	struct ruled_out_row {
		uint64_t refused[RULED_OUT_WORDS]; /* bit i: dissectors[i] would say NO */
		bool made;
	} rows[2][2][256]; /* begun midstream; who began, enum side; first byte */
};

/* Sets the bits of all who would refuse this opening, which `first` began, for its first byte. */
void ruled_out(struct ruled_out *table, const struct opening *opening, enum side first,
	       uint64_t refused[RULED_OUT_WORDS]);

#endif
