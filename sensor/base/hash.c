/* SPDX-License-Identifier: ISC */
/* The one file that sees xxHash. */
#include "sensor/base/hash.h"

#include <stdio.h>

#define XXH_INLINE_ALL /* a call less for each packet */
#include <xxhash.h>

uint64_t hash_bytes(const void *bytes, size_t length, uint64_t key)
{
	return XXH3_64bits_withSeed(bytes, length, key);
}

void hash_identifier(const void *bytes, size_t length, char text[33])
{
	XXH128_hash_t hash = XXH3_128bits(bytes, length);

	snprintf(text, 33, "%016llx%016llx", (unsigned long long)hash.high64,
		 (unsigned long long)hash.low64);
}
