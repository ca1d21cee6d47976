/* SPDX-License-Identifier: ISC */
/*
 * Protocol Buffers as they stand on the wire: fields of a number, a type and a value. A message of
 * which only the beginning was kept is read as far as it goes: the field that is cut is given cut.
 * protobuf.dev: Encoding.
 */
#ifndef DISSECTORS_PROTOBUF_H
#define DISSECTORS_PROTOBUF_H

#include "dissectors/read/bytes.h"

struct protobuf_field {
	uint32_t number;
	uint64_t value;	    /* of a number */
	struct bytes bytes; /* of text, bytes or a message; empty if it is a number */
	bool counted;	    /* it is text, bytes or a message */
};

/* At most ten bytes; the cursor fails if it does not end. */
uint64_t protobuf_varint(struct bytes *b);
/* The next field; false at the end, and at what is none. */
bool protobuf_next(struct bytes *b, struct protobuf_field *field);
/* The first field of this number. */
bool protobuf_find(struct bytes message, uint32_t number, struct protobuf_field *field);
/* Its text or message; empty if there is none. */
struct bytes protobuf_bytes(struct bytes message, uint32_t number);
/* Its number; 0 if there is none. */
uint64_t protobuf_number(struct bytes message, uint32_t number);

#endif
