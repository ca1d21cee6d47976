/* SPDX-License-Identifier: ISC */
/* See sparse.h. Most of an object is passed over in lines of 64 bytes. */
#include "sensor/base/sparse.h"

#include <stdbool.h>
#include <string.h>

#define LINE	    64
#define LINE_PIECES (LINE / SPARSE_PIECE)

static bool is_zero(const uint8_t *bytes, size_t words)
{
	uint64_t sum = 0, word;

	for (size_t i = 0; i < words; i++) {
		memcpy(&word, bytes + i * sizeof word, sizeof word);
		sum |= word;
	}
	return sum == 0;
}

/* The pieces of one run, `size` bytes of it. */
static uint8_t *write_run(uint8_t *to, const uint8_t *from, size_t size, uint64_t *bits)
{
	const size_t pieces = size / SPARSE_PIECE, rest = size % SPARSE_PIECE;

	*bits = 0;
	for (size_t i = 0; i < pieces; i++) {
		const uint8_t *piece = from + i * SPARSE_PIECE;

		if (i % LINE_PIECES == 0 && pieces - i >= LINE_PIECES &&
		    is_zero(piece, LINE / sizeof(uint64_t))) {
			i += LINE_PIECES - 1;
			continue;
		}
		if (is_zero(piece, SPARSE_PIECE / sizeof(uint64_t)))
			continue;
		*bits |= UINT64_C(1) << i;
		memcpy(to, piece, SPARSE_PIECE);
		to += SPARSE_PIECE;
	}
	if (rest != 0) {
		*bits |= UINT64_C(1) << pieces;
		memcpy(to, from + pieces * SPARSE_PIECE, rest);
		to += SPARSE_PIECE;
	}
	return to;
}

static size_t run_size(size_t size, size_t at)
{
	return size - at < SPARSE_RUN ? size - at : SPARSE_RUN;
}

size_t sparse_write(uint8_t *to, const void *object, size_t size)
{
	const size_t runs = (size + SPARSE_RUN - 1) / SPARSE_RUN;
	uint8_t *end = to + runs * sizeof(uint64_t);

	for (size_t run = 0; run < runs; run++) {
		const size_t at = run * SPARSE_RUN;
		uint64_t bits;

		end = write_run(end, (const uint8_t *)object + at, run_size(size, at), &bits);
		memcpy(to + run * sizeof bits, &bits, sizeof bits);
	}
	return (size_t)(end - to);
}

void sparse_read(void *object, size_t size, const uint8_t *from)
{
	const size_t runs = (size + SPARSE_RUN - 1) / SPARSE_RUN;
	const uint8_t *piece = from + runs * sizeof(uint64_t);

	memset(object, 0, size);
	for (size_t run = 0; run < runs; run++) {
		uint8_t *to = (uint8_t *)object + run * SPARSE_RUN;
		uint64_t bits;

		memcpy(&bits, from + run * sizeof bits, sizeof bits);
		for (; bits != 0; bits &= bits - 1) {
			const size_t at = (size_t)__builtin_ctzll(bits) * SPARSE_PIECE;
			const size_t left = size - run * SPARSE_RUN - at;

			memcpy(to + at, piece, left < SPARSE_PIECE ? left : SPARSE_PIECE);
			piece += SPARSE_PIECE;
		}
	}
}
