/* SPDX-License-Identifier: ISC */
/*
 * The body of Cassandra's STARTUP, at any split: how the client compresses from there on.
 *
 *	count:2, and so often: length:2 name length:2 value
 */
#ifndef DISSECTORS_CASSANDRA_STARTUP_H
#define DISSECTORS_CASSANDRA_STARTUP_H

#include "dissectors/read/bytes.h"

/* Zero to begin with. */
struct cassandra_startup {
	uint16_t number; /* the length that is being read, then what is left of the text */
	uint8_t have;	 /* bytes of it */
	bool counted, value, named;
	uint8_t at;	 /* bytes of the text */
	uint8_t packing; /* enum packing: the answer */
};

void cassandra_startup_feed(struct cassandra_startup *startup, struct bytes piece);

#endif
