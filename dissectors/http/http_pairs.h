/* SPDX-License-Identifier: ISC */
/*
 * Which pairs of bytes follow each other in a text, as a set that may hold too many: so that of
 * some hundred patterns those few are looked for whose pairs are there. Blanks are passed over, and
 * upper and lower case are the same, as match_here() in http_products.c has it.
 */
#ifndef DISSECTORS_HTTP_PAIRS_H
#define DISSECTORS_HTTP_PAIRS_H

#include "dissectors/read/bytes.h"

#define HTTP_PAIRS_BITS 4096

struct http_pairs {
	uint64_t bits[HTTP_PAIRS_BITS / 64];
};

static inline uint8_t http_pairs_lower(uint8_t c)
{
	return c >= 'A' && c <= 'Z' ? (uint8_t)(c | 0x20) : c;
}

static inline unsigned http_pairs_hash(uint8_t a, uint8_t b)
{
	return (unsigned)(http_pairs_lower(a) * 61U ^ http_pairs_lower(b)) % HTTP_PAIRS_BITS;
}

static inline void http_pairs_of(struct http_pairs *pairs, struct bytes text)
{
	uint8_t before = 0;

	memset(pairs, 0, sizeof *pairs);
	for (size_t i = 0; i < text.left; i++) {
		uint8_t c = text.at[i];
		unsigned hash = http_pairs_hash(before, c);

		if (c == ' ' || c == '\t' || c == '\r' || c == '\n')
			continue;
		pairs->bits[hash / 64] |= UINT64_C(1) << hash % 64;
		before = c;
	}
}

/* Pairs around a blank, a star or a tilde of the pattern say nothing. */
static inline bool http_pairs_have(const struct http_pairs *pairs, const char *pattern, size_t at)
{
	char a = pattern[at], b = pattern[at + 1];
	unsigned hash = http_pairs_hash((uint8_t)a, (uint8_t)b);

	return strchr(" *~", a) != NULL || strchr(" *~", b) != NULL || /* the end is one of them */
	       (pairs->bits[hash / 64] >> hash % 64 & 1) != 0;
}

/* May the pattern stand in the text? Two of its pairs tell nearly all apart. */
static inline bool http_pairs_may(const struct http_pairs *pairs, const char *pattern)
{
	size_t skip = pattern[0] == '^', length = strlen(pattern + skip);

	return length < 3 || (http_pairs_have(pairs, pattern + skip, length / 2) &&
			      http_pairs_have(pairs, pattern + skip, length / 3));
}

#endif
