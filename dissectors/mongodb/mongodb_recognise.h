/* SPDX-License-Identifier: ISC */
/* Is it MongoDB? And the message header, which both halves read. See mongodb_recognise.c. */
#ifndef DISSECTORS_MONGODB_RECOGNISE_H
#define DISSECTORS_MONGODB_RECOGNISE_H

#include "dissectors/dissector.h"

enum mongodb_opcode {
	MONGODB_REPLY = 1,
	MONGODB_UPDATE = 2001,
	MONGODB_INSERT = 2002,
	MONGODB_QUERY = 2004,
	MONGODB_GET_MORE = 2005,
	MONGODB_DELETE = 2006,
	MONGODB_KILL_CURSORS = 2007,
	MONGODB_COMPRESSED = 2012,
	MONGODB_MESSAGE = 2013,
};

struct mongodb_header {
	uint32_t length; /* of the whole message */
	uint32_t request, response_to;
	uint32_t opcode;
};

#define MONGODB_HEADER 16 /* bytes */

/* False if no message begins like this. */
bool mongodb_take_header(struct bytes *b, struct mongodb_header *header);
enum recognised mongodb_recognise(const struct opening *opening);

#endif
