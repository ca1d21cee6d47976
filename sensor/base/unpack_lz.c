/* SPDX-License-Identifier: ISC */
/*
 * See unpack_lz.h.
 *
 *	LZ4	token (literals:4, copy:4), 15: and as many more as bytes say, up to one that is
 *		not 255; literals; offset:2 little endian; a copy is four bytes longer than it says
 *	Snappy	the length of all as a varint; then tags:
 *		nnnnnn00 [length - 1: 1 to 4] literals		ooonnn01 oo	4 to 11 bytes
 *		nnnnnn10 offset:2				nnnnnn11 offset:4
 */
#include "sensor/base/unpack_lz.h"

#include <string.h>

enum part {
	PART_SIZE,     /* Snappy: of all */
	PART_TAG,      /* or LZ4's token */
	PART_LITERALS, /* bytes of their length */
	PART_LITERAL,  /* they themselves */
	PART_OFFSET,
	PART_COPIES, /* LZ4: bytes of the copy's length */
	PART_COPY,
	PART_END,
};

struct unpack_lz {
	uint8_t format; /* enum unpack_lz_format */
	uint8_t part;	/* enum part */
	uint8_t tag;
	uint8_t have, need; /* bytes of a number */
	uint32_t number;
	uint32_t length; /* of literals or of a copy: what is left */
	uint32_t offset;
	uint32_t size; /* Snappy: of all, by its own word */
	uint32_t made;
	uint8_t *out; /* all that was made */
};

struct unpack_lz *unpack_lz_begin(struct arena *arena, enum unpack_lz_format format)
{
	struct unpack_lz *lz = arena_take(arena, sizeof *lz);
	uint8_t *out = lz ? arena_take(arena, UNPACK_LZ_MOST) : NULL;

	if (!out)
		return NULL;
	*lz = (struct unpack_lz){
		.format = (uint8_t)format,
		.part = format == UNPACK_LZ_LZ4 ? PART_TAG : PART_SIZE,
		.size = UINT32_MAX,
		.out = out,
	};
	return lz;
}

static void ask(struct unpack_lz *lz, enum part part, uint8_t need)
{
	lz->part = (uint8_t)part;
	lz->need = need;
	lz->have = 0;
	lz->number = 0;
}

/* A byte of a number, little endian. True: it is complete. */
static bool take_number(struct unpack_lz *lz, uint8_t byte)
{
	lz->number |= (uint32_t)byte << (8 * lz->have);
	return ++lz->have == lz->need;
}

static void begin_literals(struct unpack_lz *lz)
{
	if (lz->length != 0)
		ask(lz, PART_LITERAL, 0);
	else if (lz->format == UNPACK_LZ_LZ4)
		ask(lz, PART_OFFSET, 2);
	else
		lz->part = PART_END;
}

/* Lengths of 255 bytes more, as long as there are such. */
static bool grow(struct unpack_lz *lz, uint8_t byte)
{
	lz->length += byte;
	return byte != 255;
}

static void begin_copy(struct unpack_lz *lz)
{
	lz->part = lz->offset == 0 || lz->offset > lz->made ? PART_END : PART_COPY;
}

static void on_tag_lz4(struct unpack_lz *lz, uint8_t byte)
{
	lz->tag = byte;
	lz->length = byte >> 4;
	if (lz->length == 15)
		ask(lz, PART_LITERALS, 0);
	else
		begin_literals(lz);
}

static void on_tag_snappy(struct unpack_lz *lz, uint8_t byte)
{
	static const uint8_t offsets[] = {0, 1, 2, 4};

	lz->tag = byte;
	lz->length = (byte >> 2) + 1u;
	if ((byte & 3) == 1)
		lz->length = (byte >> 2 & 7) + 4u;
	if ((byte & 3) != 0)
		ask(lz, PART_OFFSET, offsets[byte & 3]);
	else if (lz->length > 60)
		ask(lz, PART_LITERALS, (uint8_t)(lz->length - 60));
	else
		begin_literals(lz);
}

static void on_literals(struct unpack_lz *lz, uint8_t byte)
{
	if (lz->format == UNPACK_LZ_LZ4) {
		if (grow(lz, byte))
			begin_literals(lz);
	} else if (take_number(lz, byte)) {
		lz->length = lz->number + 1;
		begin_literals(lz);
	}
}

static void on_offset(struct unpack_lz *lz, uint8_t byte)
{
	if (!take_number(lz, byte))
		return;
	lz->offset = lz->number;
	if (lz->format == UNPACK_LZ_SNAPPY) {
		if ((lz->tag & 3) == 1)
			lz->offset |= (uint32_t)(lz->tag >> 5) << 8;
		begin_copy(lz);
		return;
	}
	lz->length = (lz->tag & 15u) + 4;
	if ((lz->tag & 15) == 15)
		ask(lz, PART_COPIES, 0);
	else
		begin_copy(lz);
}

/* Seven bits a byte, the lowest first. */
static void on_size(struct unpack_lz *lz, uint8_t byte)
{
	lz->number |= lz->have < 5 ? (uint32_t)(byte & 0x7f) << (7 * lz->have) : 0;
	if (++lz->have > 5) {
		lz->part = PART_END;
	} else if (byte < 0x80) {
		lz->size = lz->number;
		lz->part = PART_TAG;
	}
}

/* A byte of what is not literal. */
static void on_byte(struct unpack_lz *lz, uint8_t byte)
{
	switch ((enum part)lz->part) {
	case PART_SIZE:
		on_size(lz, byte);
		break;
	case PART_TAG:
		if (lz->format == UNPACK_LZ_LZ4)
			on_tag_lz4(lz, byte);
		else
			on_tag_snappy(lz, byte);
		break;
	case PART_LITERALS:
		on_literals(lz, byte);
		break;
	case PART_OFFSET:
		on_offset(lz, byte);
		break;
	case PART_COPIES:
		if (grow(lz, byte))
			begin_copy(lz);
		break;
	case PART_LITERAL:
	case PART_COPY:
	case PART_END:
		break;
	}
}

static size_t least(size_t one, size_t other)
{
	return one < other ? one : other;
}

static void put_literals(struct unpack_lz *lz, struct unpack_buffers *buffers, size_t room)
{
	size_t n = least(least(lz->length, buffers->in_length), room);

	memcpy(lz->out + lz->made, buffers->in, n);
	unpack_move_on(buffers, n, 0);
	lz->made += (uint32_t)n;
	lz->length -= (uint32_t)n;
	if (lz->length == 0 && lz->format == UNPACK_LZ_LZ4)
		ask(lz, PART_OFFSET, 2);
	else if (lz->length == 0)
		lz->part = PART_TAG;
}

static void put_copy(struct unpack_lz *lz, size_t room)
{
	size_t n = least(lz->length, room);

	/* Byte by byte: it may go on into what it makes. */
	for (size_t i = 0; i < n; i++, lz->made++)
		lz->out[lz->made] = lz->out[lz->made - lz->offset];
	lz->length -= (uint32_t)n;
	if (lz->length == 0)
		lz->part = PART_TAG;
}

enum unpack_result unpack_lz_step(struct unpack_lz *lz, struct unpack_buffers *buffers)
{
	uint32_t before = lz->made;
	size_t end = before + least(buffers->out_length, UNPACK_LZ_MOST - before);

	while (lz->made < end && lz->made < lz->size && lz->part != PART_END) {
		size_t room = least(end, lz->size) - lz->made;

		if (lz->part == PART_COPY) {
			put_copy(lz, room);
			continue;
		}
		if (buffers->in_length == 0)
			break;
		if (lz->part == PART_LITERAL) {
			put_literals(lz, buffers, room);
			continue;
		}
		on_byte(lz, *buffers->in);
		unpack_move_on(buffers, 1, 0);
	}
	if (lz->made != before)
		memcpy(buffers->out, lz->out + before, lz->made - before);
	unpack_move_on(buffers, 0, lz->made - before);
	if (lz->part == PART_END)
		return UNPACK_WRONG;
	return lz->made == lz->size ? UNPACK_ENDED : UNPACK_MORE;
}
