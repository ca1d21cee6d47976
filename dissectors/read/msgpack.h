/* SPDX-License-Identifier: ISC */
/*
 * MessagePack from a stream, item by item, at any split. Items are numbered within each message
 * (top-level object): 0 is the object itself, then come its children in the order of the bytes.
 * Of text and binary values the first MSGPACK_KEPT bytes are kept, the rest is passed over.
 * github.com/msgpack/msgpack/blob/master/spec.md
 */
#ifndef DISSECTORS_MSGPACK_H
#define DISSECTORS_MSGPACK_H

#include "dissectors/read/bytes.h"

#define MSGPACK_KEPT 64 /* bytes */

enum msgpack_type {
	MSGPACK_NIL,
	MSGPACK_BOOLEAN, /* value: 0 or 1 */
	MSGPACK_NUMBER,	 /* value: of the small ones only */
	MSGPACK_TEXT,	 /* value: length */
	MSGPACK_BINARY,
	MSGPACK_EXTENSION,
	MSGPACK_ARRAY, /* value: elements */
	MSGPACK_MAP,   /* value: pairs */
};

struct msgpack {
	uint64_t open;	/* items of this message still to come */
	uint32_t skip;	/* bytes of the item that pass unread */
	uint32_t item;	/* number of the item returned last */
	uint32_t value; /* of it */
	uint8_t type;	/* enum msgpack_type, of it */
	uint8_t need, have;
	uint8_t want; /* bytes of text to keep, not yet there */
	uint8_t kept; /* bytes of text[] */
	bool told;    /* the item was returned: the next call begins another */
	bool broken;  /* not MessagePack, or not at a known place */
	uint8_t header[5];
	uint8_t text[MSGPACK_KEPT];
};

/* True when there is an item, valid until the next call; all its bytes may not have passed yet. */
bool msgpack_next(struct msgpack *m, struct bytes *input);
/* `missing` bytes were not seen (0: unknown). */
void msgpack_gap(struct msgpack *m, uint64_t missing);
bool msgpack_text_is(const struct msgpack *m, const char *text);

#endif
