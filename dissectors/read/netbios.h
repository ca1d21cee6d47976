/* SPDX-License-Identifier: ISC */
/*
 * Names as NetBIOS writes them (RFC 1001 section 14.1): a length, and a letter A to P for each half
 * of a byte.
 */
#ifndef DISSECTORS_NETBIOS_H
#define DISSECTORS_NETBIOS_H

#include "dissectors/read/bytes.h"

/* Takes the first label of a name, of 32 letters; false if it is none, or not all there. */
static inline bool netbios_name(struct bytes *b)
{
	struct bytes name;

	if (bytes_u8(b) != 32)
		return false;
	name = bytes_sub(b, 32);
	while (name.left != 0) {
		uint8_t c = bytes_u8(&name);

		if (c < 'A' || c > 'P')
			return false;
	}
	return !b->failed;
}

#endif
