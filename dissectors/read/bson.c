/* SPDX-License-Identifier: ISC */
/*
 * BSON: see bson.h.
 *
 *	document  int32 length, elements, 00
 *	element   type, name NUL, value
 */
#include "dissectors/read/bson.h"

#define DEPTH_MAX    100 /* as MongoDB itself */
#define LENGTH_MAX   (64u * 1024 * 1024)
#define SIZE_COUNTED 0xfe /* a length comes first */
#define SIZE_UNKNOWN 0xff

enum step {
	DOCUMENT, /* the document's length */
	TYPE,
	NAME,
	LENGTH,
	FIXED,
	TEXT, /* ended by a NUL */
	READY,
	PASSING,
};

void bson_begin(struct bson *bson)
{
	*bson = (struct bson){.step = DOCUMENT};
}

/* Bytes of a value by its type. */
static uint8_t size_of(uint8_t type)
{
	switch (type) {
	case BSON_BOOLEAN:
		return 1;
	case BSON_INT32:
		return 4;
	case BSON_DOUBLE:
	case BSON_INT64:
	case 0x09: /* time */
	case 0x11: /* timestamp */
		return 8;
	case 0x07: /* object id */
		return 12;
	case 0x13: /* decimal128 */
		return 16;
	case 0x06: /* undefined */
	case 0x0a: /* null */
	case 0x7f: /* the largest key */
	case 0xff: /* the smallest key */
		return 0;
	case BSON_STRING:
	case BSON_DOCUMENT:
	case BSON_ARRAY:
	case BSON_BINARY:
	case 0x0c: /* pointer */
	case 0x0d: /* code */
	case 0x0e: /* symbol */
	case 0x0f: /* code with scope */
		return SIZE_COUNTED;
	default:
		return SIZE_UNKNOWN;
	}
}

static bool begin_value(struct bson *bson)
{
	uint8_t size = size_of(bson->type);

	bson->have = 0;
	bson->left = bson->tail = bson->length = 0;
	if (bson->type == 0x0b) { /* a regular expression: two strings */
		bson->strings = 2;
		bson->step = TEXT;
		return true;
	}
	if (size == SIZE_UNKNOWN)
		return false;
	bson->step = size == SIZE_COUNTED ? LENGTH : FIXED;
	bson->left = size == SIZE_COUNTED ? 4 : size;
	return true;
}

/* A document's length is its own and that of its four bytes; others count what follows. */
static bool on_length(struct bson *bson)
{
	struct bytes b = bytes_from(bson->value, bson->have);
	uint32_t length = bytes_le32(&b);
	bool counts_itself =
		bson->type == BSON_DOCUMENT || bson->type == BSON_ARRAY || bson->type == 0x0f;

	if (length > LENGTH_MAX || (counts_itself && length < 5))
		return false;
	bson->length = length;
	bson->have = 0;
	if (bson->type == BSON_DOCUMENT || bson->type == BSON_ARRAY) {
		bson->left = 0;
		bson->tail = length - 4;
	} else if (counts_itself) {
		bson->left = length - 4;
	} else {
		bson->left = length + (bson->type == BSON_BINARY);
		bson->tail = bson->type == 0x0c ? 12 : 0;
	}
	bson->step = FIXED;
	return true;
}

/* Takes what there is of a value; true when it is whole. */
static bool collect(struct bson *bson, struct bytes *input)
{
	size_t length = bson->left < input->left ? bson->left : input->left;
	size_t room = BSON_KEPT - (size_t)bson->have;
	struct bytes piece = bytes_sub(input, length);

	if (room > length)
		room = length;
	if (room != 0 && piece.at)
		memcpy(bson->value + bson->have, piece.at, room);
	bson->have = (uint8_t)(bson->have + room);
	bson->left -= (uint32_t)length;
	return bson->left == 0;
}

static void take_name(struct bson *bson, uint8_t c)
{
	if (bson->name_length < BSON_NAME - 1)
		bson->name[bson->name_length++] = (char)c;
	bson->name[bson->name_length] = '\0';
}

/* One byte, or one value. BSON_MORE: go on. */
static enum bson_event take(struct bson *bson, struct bytes *input)
{
	uint8_t c;

	switch ((enum step)bson->step) {
	case DOCUMENT:
		bytes_skip(input, 1);
		if (++bson->have == 4) {
			bson->depth = 1;
			bson->step = TYPE;
		}
		return BSON_MORE;
	case TYPE:
		bson->type = bytes_u8(input);
		bson->name_length = 0;
		bson->name[0] = '\0';
		if (bson->type == 0 && --bson->depth == 0)
			return BSON_END;
		if (bson->type != 0)
			bson->step = NAME;
		return BSON_MORE;
	case NAME:
		c = bytes_u8(input);
		if (c != 0)
			take_name(bson, c);
		else if (!begin_value(bson))
			return BSON_BROKEN;
		return BSON_MORE;
	case TEXT:
		if (bytes_u8(input) == 0 && --bson->strings == 0)
			bson->step = READY;
		return BSON_MORE;
	case LENGTH:
		if (collect(bson, input) && !on_length(bson))
			return BSON_BROKEN;
		return BSON_MORE;
	case FIXED:
	case READY:
	case PASSING:
		break;
	}
	return BSON_MORE;
}

enum bson_event bson_next(struct bson *bson, struct bytes *input)
{
	for (;;) {
		enum bson_event event;

		if (bson->step == PASSING) {
			size_t n = bson->left < input->left ? bson->left : input->left;

			bytes_skip(input, n);
			bson->left -= (uint32_t)n;
			if (bson->left != 0)
				return BSON_MORE;
			bson->step = TYPE;
		}
		if (bson->step == FIXED && collect(bson, input))
			bson->step = READY;
		if (bson->step == READY) {
			bson->step = PASSING;
			bson->left = bson->tail;
			if (bson->count != UINT32_MAX)
				bson->count++;
			return BSON_VALUE;
		}
		if (input->left == 0)
			return BSON_MORE;
		event = take(bson, input);
		if (event != BSON_MORE)
			return event;
	}
}

void bson_enter(struct bson *bson)
{
	if ((bson->type != BSON_DOCUMENT && bson->type != BSON_ARRAY) || bson->depth >= DEPTH_MAX)
		return;
	bson->depth++;
	bson->step = TYPE;
}

struct bytes bson_value(const struct bson *bson)
{
	struct bytes b = bytes_from(bson->value, bson->have);

	if (bson->type == BSON_STRING && bson->length != 0 && bson->length <= b.left)
		b.left = bson->length - 1;
	if (bson->type == BSON_BINARY)
		bytes_skip(&b, 1); /* the subtype */
	return b;
}

int64_t bson_number(const struct bson *bson)
{
	struct bytes b = bytes_from(bson->value, bson->have);
	uint64_t low, bits;
	double number;

	switch (bson->type) {
	case BSON_BOOLEAN:
		return bytes_u8(&b) != 0;
	case BSON_INT32:
		return (int32_t)bytes_le32(&b);
	case BSON_INT64:
	case BSON_DOUBLE:
		low = bytes_le32(&b);
		bits = low | (uint64_t)bytes_le32(&b) << 32;
		if (bson->type == BSON_INT64)
			return (int64_t)bits;
		memcpy(&number, &bits, sizeof number);
		return number > -1e9 && number < 1e9 ? (int64_t)number : 0;
	default:
		return 0;
	}
}

bool bson_named(const struct bson *bson, const char *name)
{
	return strcmp(bson->name, name) == 0;
}
