/* SPDX-License-Identifier: ISC */
/*
 * Base64 (RFC 4648 section 4) a byte at a time, so that of a name and a password the password need
 * not lie anywhere.
 */
#ifndef DISSECTORS_BASE64_H
#define DISSECTORS_BASE64_H

#include "dissectors/read/bytes.h"

struct base64 {
	struct bytes text;
	uint32_t bits;
	unsigned count; /* of the bits that are not given out yet */
};

static inline struct base64 base64_from(struct bytes text)
{
	return (struct base64){.text = text};
}

/* The next byte. -1: the text is over, or goes on with what is no letter of base64, as '='. */
int base64_next(struct base64 *base64);

#endif
