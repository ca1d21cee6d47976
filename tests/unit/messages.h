/* SPDX-License-Identifier: ISC */
/* Messages with a length in front, put into a script of conversation.h. For tests only. */
#ifndef TESTS_UNIT_MESSAGES_H
#define TESTS_UNIT_MESSAGES_H

#include "tests/unit/conversation.h"

static inline void messages_number(struct script *script, enum side from, uint64_t number,
				   size_t size, bool big)
{
	uint8_t bytes[8];

	for (size_t i = 0; i < size; i++)
		bytes[i] = (uint8_t)(number >> 8 * (big ? size - 1 - i : i));
	script_put(script, from, bytes, size);
}

/* A length of 4 bytes, to which `more` is added, and the bytes. */
static inline void messages_put(struct script *script, enum side from, bool big, size_t more,
				const void *bytes, size_t length)
{
	messages_number(script, from, length + more, 4, big);
	script_put(script, from, bytes, length);
}

/* Of string literals; the NUL at the end is not sent. */
#define MESSAGE_BE32(script, from, text)                                                           \
	messages_put((script), (from), true, 0, (text), sizeof(text) - 1)
#define MESSAGE_LE32(script, from, text)                                                           \
	messages_put((script), (from), false, 0, (text), sizeof(text) - 1)
#define MESSAGE_BYTES(script, from, text) script_put((script), (from), (text), sizeof(text) - 1)

static inline struct facts messages_read(const struct dissector *d, const struct script *script,
					 const char *service)
{
	return conversation_read(d, script->turns, script->count, service);
}

#endif
