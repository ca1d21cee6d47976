/* SPDX-License-Identifier: ISC */
/*
 * The first bytes of a side, collected at any split, for protocols in which they tell it all. A
 * gap closes it: what comes later is not the beginning.
 */
#ifndef DISSECTORS_HEAD_H
#define DISSECTORS_HEAD_H

#include "dissectors/read/bytes.h"

#define HEAD_KEPT 160 /* bytes */

struct head {
	uint8_t have;
	bool closed;
	uint8_t bytes[HEAD_KEPT];
};

/* Adds what fits; a cursor over all that is kept, valid until the next call. */
static inline struct bytes head_add(struct head *head, const uint8_t *bytes, size_t length)
{
	size_t room = head->closed ? 0 : HEAD_KEPT - (size_t)head->have;

	if (length > room)
		length = room;
	if (length != 0)
		memcpy(head->bytes + head->have, bytes, length);
	head->have = (uint8_t)(head->have + length);
	return bytes_from(head->bytes, head->have);
}

#endif
