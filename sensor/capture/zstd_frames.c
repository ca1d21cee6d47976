/* SPDX-License-Identifier: ISC */
/* See zstd_frames.h. */
#include "sensor/capture/zstd_frames.h"

#include <string.h>

#define MAGIC	       0xfd2fb528u
#define SKIPPABLE      0x184d2a50u /* and the 15 numbers behind it */
#define SINGLE_SEGMENT 0x20
#define CHECKSUM       0x04
#define DICTIONARY     0x03

static uint32_t little(const uint8_t *bytes, unsigned count)
{
	uint32_t value = 0;

	for (unsigned i = 0; i < count; i++)
		value |= (uint32_t)bytes[i] << (8 * i);
	return value;
}

/* All of them, or it is cut. */
static bool take(struct zstd_frames *frames, uint8_t *to, size_t size)
{
	ssize_t n = frames->read(frames->context, to, size);

	frames->cut |= n >= 0 && (size_t)n < size;
	frames->wrong |= n < 0;
	return n >= 0 && (size_t)n == size;
}

/* The smallest window that holds so much: 2^(10 + exponent) bytes. */
static uint8_t window_of(uint64_t content)
{
	unsigned exponent = 0;

	while (exponent < 31 && UINT64_C(1) << (10 + exponent) < content)
		exponent++;
	return (uint8_t)(exponent << 3);
}

/* A frame's header behind its magic number, which stands in `piece`, without what is left out. */
static size_t take_header(struct zstd_frames *frames)
{
	static const uint8_t dictionary_sizes[] = {0, 1, 2, 4}, content_sizes[] = {0, 2, 4, 8};
	uint8_t *at = frames->piece + 4, content[8] = {0};
	uint8_t descriptor, dictionary, length;
	bool single;

	if (!take(frames, at, 1))
		return 0;
	descriptor = *at;
	single = descriptor & SINGLE_SEGMENT;
	dictionary = dictionary_sizes[descriptor & DICTIONARY];
	length = content_sizes[descriptor >> 6];
	if (length == 0 && single)
		length = 1;
	*at++ = descriptor & (DICTIONARY | 0x18);
	if (!single && !take(frames, at, 1))
		return 0;
	if (!take(frames, at + 1, dictionary) || !take(frames, content, length))
		return 0;
	if (single)
		*at = window_of(((uint64_t)little(content + 4, 4) << 32 | little(content, 4)) +
				(length == 2 ? 256 : 0));
	frames->has_checksum = descriptor & CHECKSUM;
	frames->within = true;
	return 4 + 2 + (size_t)dictionary;
}

/* False: an error, or the end of all. */
static bool skip(struct zstd_frames *frames)
{
	uint8_t length[4];
	uint32_t left;

	if (!take(frames, length, sizeof length))
		return false;
	for (left = little(length, 4); left > 0;) {
		uint32_t step = left < ZSTD_FRAMES_BLOCK ? left : ZSTD_FRAMES_BLOCK;

		if (!take(frames, frames->piece, step))
			return false;
		left -= step;
	}
	return true;
}

static size_t begin_frame(struct zstd_frames *frames)
{
	uint32_t magic;
	ssize_t n;

	do {
		n = frames->read(frames->context, frames->piece, 4);
		frames->wrong |= n < 0;
		frames->cut |= n > 0 && n < 4;
		if (n != 4)
			return 0;
		magic = little(frames->piece, 4);
		if (magic == MAGIC)
			return take_header(frames);
	} while ((magic & ~15u) == SKIPPABLE && skip(frames));
	frames->wrong |= (magic & ~15u) != SKIPPABLE;
	return 0;
}

/* An empty one that is the last. */
static size_t end_frame(struct zstd_frames *frames)
{
	memcpy(frames->piece, "\1\0\0", 3);
	frames->within = false;
	return 3;
}

size_t zstd_frames_next(struct zstd_frames *frames)
{
	uint8_t *piece = frames->piece, checksum[4];
	uint32_t header, size;

	if (frames->cut || frames->wrong)
		return 0;
	if (!frames->within)
		return begin_frame(frames);
	if (!take(frames, piece, 3))
		return end_frame(frames);
	header = little(piece, 3);
	size = (header >> 1 & 3) == 1 ? 1 : header >> 3;
	if (size > ZSTD_FRAMES_BLOCK - 3) {
		frames->wrong = true;
		return end_frame(frames);
	}
	if (!take(frames, piece + 3, size))
		return end_frame(frames);
	if (header & 1) {
		frames->within = false;
		if (frames->has_checksum)
			take(frames, checksum, sizeof checksum);
	}
	return 3 + size;
}
