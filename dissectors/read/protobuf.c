/* SPDX-License-Identifier: ISC */
/* Protocol Buffers on the wire; see protobuf.h. */
#include "dissectors/read/protobuf.h"

#define VARINT_MAX 10 /* bytes */

enum { WIRE_VARINT = 0, WIRE_64 = 1, WIRE_COUNTED = 2, WIRE_32 = 5 };

uint64_t protobuf_varint(struct bytes *b)
{
	uint64_t value = 0;

	for (unsigned i = 0; i < VARINT_MAX; i++) {
		uint8_t byte = bytes_u8(b);

		if (i < 9)
			value |= (uint64_t)(byte & 0x7f) << (7 * i);
		if (!(byte & 0x80))
			return b->failed ? 0 : value;
	}
	bytes_skip(b, b->left + 1);
	return 0;
}

bool protobuf_next(struct bytes *b, struct protobuf_field *field)
{
	uint64_t tag = protobuf_varint(b), length;

	*field = (struct protobuf_field){.number = (uint32_t)(tag >> 3)};
	if (b->failed || field->number == 0 || tag >> 32 != 0)
		return false;
	switch (tag & 7) {
	case WIRE_VARINT:
		field->value = protobuf_varint(b);
		return !b->failed;
	case WIRE_COUNTED:
		length = protobuf_varint(b);
		field->counted = true;
		field->bytes = bytes_sub(b, length < b->left ? (size_t)length : b->left);
		return !b->failed;
	case WIRE_64:
		return bytes_skip(b, 8);
	case WIRE_32:
		return bytes_skip(b, 4);
	default:
		return false;
	}
}

bool protobuf_find(struct bytes message, uint32_t number, struct protobuf_field *field)
{
	while (protobuf_next(&message, field)) {
		if (field->number == number)
			return true;
	}
	return false;
}

struct bytes protobuf_bytes(struct bytes message, uint32_t number)
{
	struct protobuf_field field;

	return protobuf_find(message, number, &field) ? field.bytes : bytes_from(NULL, 0);
}

uint64_t protobuf_number(struct bytes message, uint32_t number)
{
	struct protobuf_field field;

	return protobuf_find(message, number, &field) ? field.value : 0;
}
