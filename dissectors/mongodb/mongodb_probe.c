/* SPDX-License-Identifier: ISC */
/*
 * Is it MongoDB? A header alone is not enough (other little-endian protocols look alike): the
 * operation behind it must have flags that exist, and a document that fits the message and begins
 * with an element of a known type and a readable name.
 */
#include "dissectors/mongodb/mongodb_probe.h"

#define MESSAGE_MAX	   (48u * 1024 * 1024)
#define RETURNED_MAX	   100000
#define ELEMENT_NAME_LEAST 1

bool mongodb_probe_header(struct bytes *b, struct mongodb_header *header)
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
static enum probe_result probe_document(struct bytes b, uint32_t room)
{
	uint32_t length = bytes_le32(&b);
	uint8_t type;
	size_t count = 0;

	if (b.failed)
		return PROBE_MORE;
	if (length < 5 || length > room)
		return PROBE_NO;
	if (b.left == 0)
		return PROBE_MORE;
	type = bytes_u8(&b);
	if (type == 0)
		return length == 5 ? PROBE_YES : PROBE_NO;
	if (type > 0x13)
		return PROBE_NO;
	while (b.left != 0) {
		uint8_t c = bytes_u8(&b);

		if (c == 0)
			return count >= ELEMENT_NAME_LEAST ? PROBE_YES : PROBE_NO;
		if (!is_name_byte(c))
			return PROBE_NO;
		count++;
	}
	return PROBE_MORE;
}

/* "shop.customers": the database, a dot, the collection; takes the NUL as well. */
static enum probe_result take_collection(struct bytes *b)
{
	bool dot = false;

	for (size_t i = 0; b->left != 0; i++) {
		uint8_t c = bytes_u8(b);

		if (c == 0)
			return dot ? PROBE_YES : PROBE_NO;
		if (c < 0x20 || c == 0x7f || i > 255)
			return PROBE_NO;
		dot |= c == '.' && i != 0;
	}
	return PROBE_MORE;
}

static enum probe_result probe_message(struct bytes b, uint32_t room)
{
	uint32_t flags = bytes_le32(&b);
	uint8_t kind = bytes_u8(&b);
	uint32_t size;

	if (b.failed)
		return PROBE_MORE;
	if ((flags & ~0x10003u) != 0 || kind > 1 || room < 10)
		return PROBE_NO;
	if (kind == 0)
		return probe_document(b, room - 5);
	size = bytes_le32(&b);
	if (b.failed)
		return PROBE_MORE;
	if (size < 10 || size > room - 5)
		return PROBE_NO;
	while (b.left != 0) {
		uint8_t c = bytes_u8(&b);

		if (c == 0)
			return probe_document(b, size);
		if (!is_name_byte(c))
			return PROBE_NO;
	}
	return PROBE_MORE;
}

static enum probe_result probe_query(struct bytes b, uint32_t opcode, uint32_t room)
{
	uint32_t flags = bytes_le32(&b);
	enum probe_result result;

	if (b.failed)
		return PROBE_MORE;
	if ((flags & ~0xffu) != 0 || room < 10)
		return PROBE_NO;
	result = take_collection(&b);
	if (result != PROBE_YES)
		return result;
	if (opcode == MONGODB_QUERY && !bytes_skip(&b, 8))
		return PROBE_MORE;
	if (opcode == MONGODB_GET_MORE)
		return room < 300 ? PROBE_YES : PROBE_NO;
	if ((opcode == MONGODB_UPDATE || opcode == MONGODB_DELETE) && !bytes_skip(&b, 4))
		return PROBE_MORE;
	return probe_document(b, room);
}

static enum probe_result probe_reply(struct bytes b, uint32_t room)
{
	uint32_t flags = bytes_le32(&b), returned;

	bytes_skip(&b, 12);
	returned = bytes_le32(&b);
	if (b.failed)
		return PROBE_MORE;
	if ((flags & ~0xfu) != 0 || returned > RETURNED_MAX || room < 20)
		return PROBE_NO;
	if (returned == 0)
		return room == 20 ? PROBE_YES : PROBE_NO;
	return probe_document(b, room - 20);
}

static enum probe_result probe_compressed(struct bytes b)
{
	uint32_t opcode = bytes_le32(&b), size = bytes_le32(&b);
	uint8_t compressor = bytes_u8(&b);

	if (b.failed)
		return PROBE_MORE;
	return (opcode == MONGODB_MESSAGE || opcode == MONGODB_QUERY || opcode == MONGODB_REPLY) &&
			       size < MESSAGE_MAX && compressor <= 3
		       ? PROBE_YES
		       : PROBE_NO;
}

static enum probe_result probe_side(struct bytes b, enum side from)
{
	struct mongodb_header header;
	uint32_t room;

	if (b.left < MONGODB_HEADER)
		return PROBE_MORE;
	if (!mongodb_probe_header(&b, &header))
		return PROBE_NO;
	if (from == SIDE_CLIENT && header.response_to != 0 && header.response_to != UINT32_MAX)
		return PROBE_NO;
	room = header.length - MONGODB_HEADER;
	switch (header.opcode) {
	case MONGODB_MESSAGE:
		if (from == SIDE_SERVER && header.response_to == 0)
			return PROBE_NO;
		return probe_message(b, room);
	case MONGODB_COMPRESSED:
		return probe_compressed(b);
	case MONGODB_REPLY:
		return from == SIDE_SERVER ? probe_reply(b, room) : PROBE_NO;
	case MONGODB_KILL_CURSORS:
		return PROBE_NO;
	default:
		return from == SIDE_CLIENT ? probe_query(b, header.opcode, room) : PROBE_NO;
	}
}

enum probe_result mongodb_probe(const struct opening *opening)
{
	enum probe_result client = probe_side(opening->side[SIDE_CLIENT], SIDE_CLIENT);
	enum probe_result server = probe_side(opening->side[SIDE_SERVER], SIDE_SERVER);

	if (opening->side[SIDE_SERVER].left != 0)
		return server;
	return client == PROBE_YES && !opening->one_sided ? PROBE_MORE : client;
}
