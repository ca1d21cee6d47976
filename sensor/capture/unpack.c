/* SPDX-License-Identifier: ISC */
/* See unpack.h. The one file that sees libbz2 and liblzma. */
#include "sensor/capture/unpack.h"

#include <bzlib.h>
#include <lzma.h>
#include <stdlib.h>
#include <string.h>

#include "sensor/base/unpack_zlib.h"

#define MOST_A_STEP (1u << 20) /* libbz2 counts in unsigned */

struct unpack {
	enum unpack_kind kind;
	bool within;		  /* a stream, that is, not between two */
	struct unpack_zlib *gzip; /* in the arena */
	bz_stream bzip2;
	lzma_stream xz;
	struct arena arena;
	_Alignas(ARENA_PIECE) uint8_t memory[UNPACK_ZLIB_BYTES];
};

static const struct {
	const char *bytes;
	size_t length;
	enum unpack_kind kind;
	const char *name;
} magics[] = {
	{"\x1f\x8b", 2, UNPACK_GZIP, "gzip"},
	{"BZh", 3, UNPACK_BZIP2, "bzip2"},
	{"\xfd"
	 "7zXZ\0",
	 6, UNPACK_XZ, "xz"},
	{"\x28\xb5\x2f\xfd", 4, UNPACK_ZSTD, "zstd"},
	{"\x04\x22\x4d\x18", 4, UNPACK_LZ4, "lz4"},
};

enum unpack_kind unpack_kind(const uint8_t *bytes, size_t length)
{
	for (size_t i = 0; i < sizeof magics / sizeof *magics; i++) {
		if (length >= magics[i].length &&
		    memcmp(bytes, magics[i].bytes, magics[i].length) == 0)
			return magics[i].kind;
	}
	return UNPACK_NONE;
}

const char *unpack_name(enum unpack_kind kind)
{
	for (size_t i = 0; i < sizeof magics / sizeof *magics; i++) {
		if (magics[i].kind == kind)
			return magics[i].name;
	}
	return "plain";
}

/* Of the next stream; xz reads several of them by itself. */
static bool begin_stream(struct unpack *unpack)
{
	bool good = false;

	if (unpack->kind == UNPACK_GZIP) {
		arena_begin(&unpack->arena);
		unpack->gzip = unpack_zlib_begin(&unpack->arena, UNPACK_ZLIB_GZIP);
		good = unpack->gzip != NULL;
	} else if (unpack->kind == UNPACK_BZIP2) {
		memset(&unpack->bzip2, 0, sizeof unpack->bzip2);
		good = BZ2_bzDecompressInit(&unpack->bzip2, 0, 0) == BZ_OK;
	} else if (unpack->kind == UNPACK_XZ) {
		unpack->xz = (lzma_stream)LZMA_STREAM_INIT;
		good = lzma_stream_decoder(&unpack->xz, UNPACK_MEMORY, LZMA_CONCATENATED) ==
		       LZMA_OK;
	}
	unpack->within = good;
	return good;
}

static void end_stream(struct unpack *unpack)
{
	if (!unpack->within)
		return;
	if (unpack->kind == UNPACK_BZIP2)
		BZ2_bzDecompressEnd(&unpack->bzip2);
	else if (unpack->kind == UNPACK_XZ)
		lzma_end(&unpack->xz);
	unpack->within = false;
}

struct unpack *unpack_new(enum unpack_kind kind)
{
	struct unpack *unpack = calloc(1, sizeof *unpack);

	if (!unpack)
		return NULL;
	unpack->kind = kind;
	unpack->arena = (struct arena){.at = unpack->memory, .size = sizeof unpack->memory};
	if (begin_stream(unpack))
		return unpack;
	free(unpack);
	return NULL;
}

void unpack_free(struct unpack *unpack)
{
	if (!unpack)
		return;
	end_stream(unpack);
	free(unpack);
}

static unsigned at_most(size_t length)
{
	return length < MOST_A_STEP ? (unsigned)length : MOST_A_STEP;
}

static enum unpack_result bzip2_step(struct unpack *unpack, struct unpack_buffers *buffers)
{
	unsigned in = at_most(buffers->in_length), out = at_most(buffers->out_length);
	int result;

	memcpy(&unpack->bzip2.next_in, &buffers->in, sizeof buffers->in);
	unpack->bzip2.avail_in = in;
	memcpy(&unpack->bzip2.next_out, &buffers->out, sizeof buffers->out);
	unpack->bzip2.avail_out = out;
	result = BZ2_bzDecompress(&unpack->bzip2);
	unpack_move_on(buffers, in - unpack->bzip2.avail_in, out - unpack->bzip2.avail_out);
	if (result == BZ_STREAM_END)
		return UNPACK_ENDED;
	return result == BZ_OK ? UNPACK_MORE : UNPACK_WRONG;
}

static enum unpack_result xz_step(struct unpack *unpack, struct unpack_buffers *buffers)
{
	size_t in = buffers->in_length, out = buffers->out_length;
	lzma_ret result;

	unpack->xz.next_in = buffers->in;
	unpack->xz.avail_in = in;
	unpack->xz.next_out = buffers->out;
	unpack->xz.avail_out = out;
	result = lzma_code(&unpack->xz, buffers->last ? LZMA_FINISH : LZMA_RUN);
	unpack_move_on(buffers, in - unpack->xz.avail_in, out - unpack->xz.avail_out);
	if (result == LZMA_STREAM_END)
		return UNPACK_ENDED;
	return result == LZMA_OK || result == LZMA_BUF_ERROR ? UNPACK_MORE : UNPACK_WRONG;
}

enum unpack_result unpack_step(struct unpack *unpack, struct unpack_buffers *buffers)
{
	enum unpack_result result;

	if (!unpack->within) {
		if (buffers->in_length == 0)
			return buffers->last ? UNPACK_ENDED : UNPACK_MORE;
		if (!begin_stream(unpack))
			return UNPACK_WRONG;
	}
	if (unpack->kind == UNPACK_GZIP)
		result = unpack_zlib_step(unpack->gzip, buffers);
	else if (unpack->kind == UNPACK_BZIP2)
		result = bzip2_step(unpack, buffers);
	else
		return xz_step(unpack, buffers);
	if (result != UNPACK_ENDED)
		return result;
	end_stream(unpack);
	return buffers->in_length == 0 && buffers->last ? UNPACK_ENDED : UNPACK_MORE;
}
