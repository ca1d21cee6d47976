/* SPDX-License-Identifier: ISC */
/*
 * The one way to read bytes from the wire: a cursor with a sticky error. bytes_take() holds the
 * only bounds check of every dissector and of the packet decoder. A cursor that failed is empty,
 * gives zeros, and stays failed; so a parser may read a whole header and ask once.
 *
 * A cursor never owns what it points into.
 */
#ifndef DISSECTORS_BYTES_H
#define DISSECTORS_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct crowd;

struct bytes {
	const uint8_t *at;
	size_t left;
	bool failed;
	struct crowd *crowd; /* of a piece whose messages are counted: crowd.h; else NULL */
};

static inline struct bytes bytes_from(const void *start, size_t length)
{
	return (struct bytes){.at = start, .left = length};
}

/* The next n bytes, or NULL (and the cursor failed and empty) if there are fewer. */
static inline const uint8_t *bytes_take(struct bytes *b, size_t n)
{
	const uint8_t *taken = b->at;

	if (n > b->left || b->failed) {
		b->failed = true;
		b->left = 0;
		return NULL;
	}
	if (n != 0)
		b->at += n;
	b->left -= n;
	return taken;
}

static inline bool bytes_skip(struct bytes *b, size_t n)
{
	return bytes_take(b, n) != NULL || (n == 0 && !b->failed);
}

static inline uint8_t bytes_u8(struct bytes *b)
{
	const uint8_t *p = bytes_take(b, 1);

	return p ? p[0] : 0;
}

static inline uint16_t bytes_be16(struct bytes *b)
{
	const uint8_t *p = bytes_take(b, 2);

	return p ? (uint16_t)(p[0] << 8 | p[1]) : 0;
}

static inline uint16_t bytes_le16(struct bytes *b)
{
	const uint8_t *p = bytes_take(b, 2);

	return p ? (uint16_t)(p[1] << 8 | p[0]) : 0;
}

static inline uint32_t bytes_be24(struct bytes *b)
{
	const uint8_t *p = bytes_take(b, 3);

	return p ? (uint32_t)p[0] << 16 | (uint32_t)p[1] << 8 | p[2] : 0;
}

static inline uint32_t bytes_le24(struct bytes *b)
{
	const uint8_t *p = bytes_take(b, 3);

	return p ? (uint32_t)p[2] << 16 | (uint32_t)p[1] << 8 | p[0] : 0;
}

static inline uint32_t bytes_be32(struct bytes *b)
{
	const uint8_t *p = bytes_take(b, 4);

	return p ? (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3] : 0;
}

static inline uint32_t bytes_le32(struct bytes *b)
{
	const uint8_t *p = bytes_take(b, 4);

	return p ? (uint32_t)p[3] << 24 | (uint32_t)p[2] << 16 | (uint32_t)p[1] << 8 | p[0] : 0;
}

static inline uint64_t bytes_be64(struct bytes *b)
{
	uint64_t high = bytes_be32(b);

	return high << 32 | bytes_be32(b);
}

/* A cursor over the next n bytes; failed when they are not there (and then *b is as well). */
static inline struct bytes bytes_sub(struct bytes *b, size_t n)
{
	const uint8_t *p = bytes_take(b, n);

	return (struct bytes){.at = p, .left = b->failed ? 0 : n, .failed = b->failed};
}

/* Do the next bytes equal this string? Takes nothing. */
static inline bool bytes_start_with(const struct bytes *b, const char *text)
{
	size_t n = strlen(text);

	return b->left >= n && memcmp(b->at, text, n) == 0;
}

/*
 * Do the bytes at hand agree with `text` as far as they go? For recognisers: true with fewer bytes
 * than the text means "more are needed".
 */
static inline bool bytes_agree_with(const struct bytes *b, const char *text)
{
	size_t n = strlen(text);

	if (n > b->left)
		n = b->left;
	return n == 0 || memcmp(b->at, text, n) == 0;
}

#endif
