/* SPDX-License-Identifier: ISC */
/*
 * Is it MongoDB? A header alone is not enough (other little-endian protocols look alike): the
 * operation behind it must have flags that exist, and a document that fits the message and begins
 * with an element of a known type and a readable name.
 */
#include "dissectors/mongodb/mongodb_recognise.h"

#define MESSAGE_MAX	   (48u * 1024 * 1024)
#define RETURNED_MAX	   100000
#define ELEMENT_NAME_LEAST 1

bool mongodb_take_header(struct bytes *b, struct mongodb_header *header)
{
	header->length = bytes_le32(b);
	header->request = bytes_le32(b);
	header->response_to = bytes_le32(b);
	header->opcode = bytes_le32(b);
	if (b->failed || header->length <= MONGODB_HEADER || header->length > MESSAGE_MAX)
		return false;
	return header->opcode == MONGODB_REPLY ||
	       (header->opcode >= MONGODB_UPDATE && header->opcode <= MONGODB_KILL_CURSORS) ||
	       header->opcode == MONGODB_COMPRESSED || header->opcode == MONGODB_MESSAGE;
}

static bool is_name_byte(uint8_t c)
{
	return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
	       c == '_' || c == '$' || c == '.' || c == '-';
}

/* A document of at most `room` bytes. */
static enum recognised recognise_document(struct bytes b, uint32_t room)
{
	uint32_t length = bytes_le32(&b);
	uint8_t type;
	size_t count = 0;

	if (b.failed)
		return RECOGNISED_MORE;
	if (length < 5 || length > room)
		return RECOGNISED_NO;
	if (b.left == 0)
		return RECOGNISED_MORE;
	type = bytes_u8(&b);
	if (type == 0)
		return length == 5 ? RECOGNISED_YES : RECOGNISED_NO;
	if (type > 0x13)
		return RECOGNISED_NO;
	while (b.left != 0) {
		uint8_t c = bytes_u8(&b);

		if (c == 0)
			return count >= ELEMENT_NAME_LEAST ? RECOGNISED_YES : RECOGNISED_NO;
		if (!is_name_byte(c))
			return RECOGNISED_NO;
		count++;
	}
	return RECOGNISED_MORE;
}

/* "shop.customers": the database, a dot, the collection; takes the NUL as well. */
static enum recognised take_collection(struct bytes *b)
{
	bool dot = false;

	for (size_t i = 0; b->left != 0; i++) {
		uint8_t c = bytes_u8(b);

		if (c == 0)
			return dot ? RECOGNISED_YES : RECOGNISED_NO;
		if (c < 0x20 || c == 0x7f || i > 255)
			return RECOGNISED_NO;
		dot |= c == '.' && i != 0;
	}
	return RECOGNISED_MORE;
}

static enum recognised recognise_message(struct bytes b, uint32_t room)
{
	uint32_t flags = bytes_le32(&b);
	uint8_t kind = bytes_u8(&b);
	uint32_t size;

	if (b.failed)
		return RECOGNISED_MORE;
	if ((flags & ~0x10003u) != 0 || kind > 1 || room < 10)
		return RECOGNISED_NO;
	if (kind == 0)
		return recognise_document(b, room - 5);
	size = bytes_le32(&b);
	if (b.failed)
		return RECOGNISED_MORE;
	if (size < 10 || size > room - 5)
		return RECOGNISED_NO;
	while (b.left != 0) {
		uint8_t c = bytes_u8(&b);

		if (c == 0)
			return recognise_document(b, size);
		if (!is_name_byte(c))
			return RECOGNISED_NO;
	}
	return RECOGNISED_MORE;
}

static enum recognised recognise_query(struct bytes b, uint32_t opcode, uint32_t room)
{
	uint32_t flags = bytes_le32(&b);
	enum recognised result;

	if (b.failed)
		return RECOGNISED_MORE;
	if ((flags & ~0xffu) != 0 || room < 10)
		return RECOGNISED_NO;
	result = take_collection(&b);
	if (result != RECOGNISED_YES)
		return result;
	if (opcode == MONGODB_QUERY && !bytes_skip(&b, 8))
		return RECOGNISED_MORE;
	if (opcode == MONGODB_GET_MORE)
		return room < 300 ? RECOGNISED_YES : RECOGNISED_NO;
	if ((opcode == MONGODB_UPDATE || opcode == MONGODB_DELETE) && !bytes_skip(&b, 4))
		return RECOGNISED_MORE;
	return recognise_document(b, room);
}

static enum recognised recognise_reply(struct bytes b, uint32_t room)
{
	uint32_t flags = bytes_le32(&b), returned;

	bytes_skip(&b, 12);
	returned = bytes_le32(&b);
	if (b.failed)
		return RECOGNISED_MORE;
	if ((flags & ~0xfu) != 0 || returned > RETURNED_MAX || room < 20)
		return RECOGNISED_NO;
	if (returned == 0)
		return room == 20 ? RECOGNISED_YES : RECOGNISED_NO;
	return recognise_document(b, room - 20);
}

static enum recognised recognise_compressed(struct bytes b)
{
	uint32_t opcode = bytes_le32(&b), size = bytes_le32(&b);
	uint8_t compressor = bytes_u8(&b);

	if (b.failed)
		return RECOGNISED_MORE;
	return (opcode == MONGODB_MESSAGE || opcode == MONGODB_QUERY || opcode == MONGODB_REPLY) &&
			       size < MESSAGE_MAX && compressor <= 3
		       ? RECOGNISED_YES
		       : RECOGNISED_NO;
}

/* `zero`: the other side may have said a message of number 0. */
static enum recognised recognise_side(struct bytes b, enum side from, bool zero)
{
	struct mongodb_header header;
	uint32_t room;

	if (b.left < MONGODB_HEADER)
		return RECOGNISED_MORE;
	if (!mongodb_take_header(&b, &header))
		return RECOGNISED_NO;
	if (from == SIDE_CLIENT && header.response_to != 0 && header.response_to != UINT32_MAX)
		return RECOGNISED_NO;
	room = header.length - MONGODB_HEADER;
	switch (header.opcode) {
	case MONGODB_MESSAGE:
		if (from == SIDE_SERVER && header.response_to == 0 && !zero)
			return RECOGNISED_NO;
		return recognise_message(b, room);
	case MONGODB_COMPRESSED:
		return recognise_compressed(b);
	case MONGODB_REPLY:
		return from == SIDE_SERVER ? recognise_reply(b, room) : RECOGNISED_NO;
	case MONGODB_KILL_CURSORS:
		return RECOGNISED_NO;
	default:
		return from == SIDE_CLIENT ? recognise_query(b, header.opcode, room)
					   : RECOGNISED_NO;
	}
}

/* Drivers count from 1 or from anywhere; who writes messages by hand may begin with 0. */
static bool counts_from_zero(struct bytes client)
{
	struct mongodb_header header;

	return mongodb_take_header(&client, &header) && header.request == 0;
}

enum recognised mongodb_recognise(const struct opening *opening)
{
	struct bytes asked = opening->side[SIDE_CLIENT];
	enum recognised client = recognise_side(asked, SIDE_CLIENT, false);
	enum recognised server =
		recognise_side(opening->side[SIDE_SERVER], SIDE_SERVER,
			       client == RECOGNISED_YES && counts_from_zero(asked));

	if (opening->side[SIDE_SERVER].left != 0)
		return server;
	return client == RECOGNISED_YES && !opening->one_sided ? RECOGNISED_MORE : client;
}
