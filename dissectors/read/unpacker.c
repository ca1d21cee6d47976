/* SPDX-License-Identifier: ISC */
/* See unpacker.h. */
#include "dissectors/read/unpacker.h"

enum unpacked unpacker_next(const struct feed *fed, struct facts *facts, enum packing packing,
			    struct bytes *in, struct bytes *out)
{
	const struct unpacker *unpacker = fed->unpacker;
	enum unpacked result = UNPACKED_REFUSED;

	*out = bytes_from(NULL, 0);
	if (unpacker)
		result = unpacker->next(unpacker->context, fed->from, packing, in, out);
	if (result == UNPACKED_WRONG || result == UNPACKED_REFUSED)
		facts_limited(facts);
	return result;
}

void unpacker_end(const struct feed *fed)
{
	if (fed && fed->unpacker)
		fed->unpacker->end(fed->unpacker->context, fed->from);
}
