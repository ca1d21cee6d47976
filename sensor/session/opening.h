/* SPDX-License-Identifier: ISC */
/*
 * The first bytes of both sides of a conversation, in the order in which they were said, so that
 * they can be recognised while the service is unknown and then be fed to its dissector as they
 * came.
 */
#ifndef SENSOR_OPENING_H
#define SENSOR_OPENING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dissectors/dissector.h"

#define OPENING_TURNS 24

struct opening_turn {
	uint16_t length;
	uint8_t side;
};

struct opening_record {
	uint8_t bytes[2][OPENING_MAX];
	uint16_t length[2];
	uint8_t turn_count;
	bool full; /* something had to be left out: nothing more is taken */
	struct opening_turn turns[OPENING_TURNS];
};

/*
 * Returns how many of the bytes were kept. A datagram is a turn of its own, and kept once a side.
 */
size_t opening_add(struct opening_record *record, enum side from, const uint8_t *bytes,
		   size_t length, bool datagram);

/* What a recogniser may see; with `swapped`, as if the other side were the client. */
struct opening opening_view(const struct opening_record *record, uint8_t transport, bool midstream,
			    bool swapped);

/* Nothing was said yet. Costs little: bytes behind the lengths are left as they are. */
void opening_clear(struct opening_record *record);
/* Of as many bytes as there are. */
void opening_copy(struct opening_record *to, const struct opening_record *from);

/* Exchanges the sides. */
void opening_swap(struct opening_record *record);

#endif
