/* SPDX-License-Identifier: ISC */
/* See unpack_brotli.h. The one file that sees libbrotlidec. */
#include "sensor/base/unpack_brotli.h"

#include <brotli/decode.h>

struct unpack_brotli {
	BrotliDecoderState *state;
	bool begun;
};

static void *take(void *arena, size_t size)
{
	return arena_take(arena, size);
}

static void give(void *arena, void *piece)
{
	arena_give(arena, piece);
}

struct unpack_brotli *unpack_brotli_begin(struct arena *arena)
{
	struct unpack_brotli *brotli = arena_take(arena, sizeof *brotli);

	if (!brotli)
		return NULL;
	*brotli = (struct unpack_brotli){.state = BrotliDecoderCreateInstance(take, give, arena)};
	return brotli->state ? brotli : NULL;
}

/*
 * The first bits are the window's size: 1 and three bits that are not all zero are 2^18 to 2^24
 * (RFC 7932, 9.1). Distances that reach before the first byte go to the dictionary, in any window.
 */
static uint8_t with_small_window(uint8_t first)
{
	return (first & 1) && (first & 0x0e) ? (uint8_t)((first & 0xf0) | 0x03) : first;
}

static enum unpack_result step(struct unpack_brotli *brotli, struct unpack_buffers *buffers,
			       const uint8_t *in, size_t *in_length)
{
	BrotliDecoderResult result;
	BrotliDecoderErrorCode code;

	result = BrotliDecoderDecompressStream(brotli->state, in_length, &in, &buffers->out_length,
					       &buffers->out, NULL);
	switch (result) {
	case BROTLI_DECODER_RESULT_SUCCESS:
		return UNPACK_ENDED;
	case BROTLI_DECODER_RESULT_NEEDS_MORE_INPUT:
	case BROTLI_DECODER_RESULT_NEEDS_MORE_OUTPUT:
		return UNPACK_MORE;
	case BROTLI_DECODER_RESULT_ERROR:
		break;
	}
	code = BrotliDecoderGetErrorCode(brotli->state);
	return code <= BROTLI_DECODER_ERROR_ALLOC_CONTEXT_MODES &&
			       code >= BROTLI_DECODER_ERROR_ALLOC_BLOCK_TYPE_TREES
		       ? UNPACK_ROOM
		       : UNPACK_WRONG;
}

enum unpack_result unpack_brotli_step(struct unpack_brotli *brotli, struct unpack_buffers *buffers)
{
	size_t length = buffers->in_length;
	enum unpack_result result;
	uint8_t first;

	if (!brotli->begun && length != 0) {
		first = with_small_window(*buffers->in);
		length = 1;
		brotli->begun = true;
		result = step(brotli, buffers, &first, &length);
		unpack_move_on(buffers, 1 - length, 0);
		if (result != UNPACK_MORE)
			return result;
		length = buffers->in_length;
	}
	result = step(brotli, buffers, buffers->in, &length);
	unpack_move_on(buffers, buffers->in_length - length, 0);
	return result;
}
