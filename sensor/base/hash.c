/* SPDX-License-Identifier: ISC */
/* The one file that sees xxHash. */
#include "sensor/base/hash.h"

#define XXH_INLINE_ALL /* a call less for each packet */
#include <xxhash.h>

uint64_t hash_bytes(const void *bytes, size_t length, uint64_t key)
{
	return XXH3_64bits_withSeed(bytes, length, key);
}

static void put_hex(char to[16], uint64_t number)
{
	static const char digits[] = "0123456789abcdef";

	for (unsigned i = 16; i-- > 0; number >>= 4)
		to[i] = digits[number & 0xf];
}

void hash_identifier(const void *bytes, size_t length, char text[33])
{
	XXH128_hash_t hash = XXH3_128bits(bytes, length);

	put_hex(text, hash.high64);
	put_hex(text + 16, hash.low64);
	text[32] = '\0';
}
