/* SPDX-License-Identifier: ISC */
/* See unpack_zlib.h. The one file that sees zlib. */
#include "sensor/base/unpack_zlib.h"

#include <string.h>
#include <zlib.h>

#define MOST_A_STEP (1u << 20) /* the library counts in int */
/* Half the time of the defaults, which clear 256 KiB first. */
#define PACK_LEVEL  2
#define PACK_WINDOW 14
#define PACK_MEMORY 6

struct unpack_zlib {
	z_stream stream;
};

static voidpf take(voidpf arena, uInt count, uInt size)
{
	return arena_take(arena, (size_t)count * size);
}

static void give(voidpf arena, voidpf piece)
{
	arena_give(arena, piece);
}

struct unpack_zlib *unpack_zlib_begin(struct arena *arena, enum unpack_zlib_format format)
{
	static const int windows[] = {16 + MAX_WBITS, MAX_WBITS, -MAX_WBITS};
	struct unpack_zlib *zlib = arena_take(arena, sizeof *zlib);

	if (!zlib)
		return NULL;
	*zlib = (struct unpack_zlib){.stream = {.zalloc = take, .zfree = give, .opaque = arena}};
	return inflateInit2(&zlib->stream, windows[format]) == Z_OK ? zlib : NULL;
}

static unsigned at_most(size_t length)
{
	return length < MOST_A_STEP ? (unsigned)length : MOST_A_STEP;
}

enum unpack_result unpack_zlib_step(struct unpack_zlib *zlib, struct unpack_buffers *buffers)
{
	unsigned in = at_most(buffers->in_length), out = at_most(buffers->out_length);
	z_stream *stream = &zlib->stream;
	int result;

	/* The library leaves out that it does not write to it. */
	memcpy(&stream->next_in, &buffers->in, sizeof buffers->in);
	stream->avail_in = in;
	stream->next_out = buffers->out;
	stream->avail_out = out;
	result = inflate(stream, Z_NO_FLUSH);
	unpack_move_on(buffers, in - stream->avail_in, out - stream->avail_out);
	switch (result) {
	case Z_STREAM_END:
		return UNPACK_ENDED;
	case Z_OK:
	case Z_BUF_ERROR:
		return UNPACK_MORE;
	case Z_MEM_ERROR:
		return UNPACK_ROOM;
	default:
		return UNPACK_WRONG;
	}
}

size_t zlib_pack_most(size_t length)
{
	return length + length / 7 + 64; /* deflateBound(), whatever the parameters */
}

size_t zlib_pack(const void *bytes, size_t length, const struct zlib_dictionary *dictionary,
		 void *to, size_t room)
{
	z_stream stream = {.avail_in = (uInt)length, .next_out = to, .avail_out = (uInt)room};
	size_t used = 0;

	if (deflateInit2(&stream, PACK_LEVEL, Z_DEFLATED, PACK_WINDOW, PACK_MEMORY,
			 Z_DEFAULT_STRATEGY) != Z_OK)
		return 0;
	/* The library leaves out that it does not write to it. */
	memcpy(&stream.next_in, &bytes, sizeof bytes);
	if ((dictionary->length == 0 ||
	     deflateSetDictionary(&stream, dictionary->bytes, (uInt)dictionary->length) == Z_OK) &&
	    deflate(&stream, Z_FINISH) == Z_STREAM_END)
		used = stream.total_out;
	deflateEnd(&stream);
	return used;
}

bool zlib_unpack(const void *packed, size_t packed_length, const struct zlib_dictionary *dictionary,
		 void *to, size_t length)
{
	z_stream stream = {.next_out = to, .avail_out = (uInt)length};
	int result;

	memcpy(&stream.next_in, &packed, sizeof packed);
	stream.avail_in = (uInt)packed_length;
	if (inflateInit(&stream) != Z_OK)
		return false;
	result = inflate(&stream, Z_FINISH);
	if (result == Z_NEED_DICT && dictionary->length != 0 &&
	    inflateSetDictionary(&stream, dictionary->bytes, (uInt)dictionary->length) == Z_OK)
		result = inflate(&stream, Z_FINISH);
	inflateEnd(&stream);
	return result == Z_STREAM_END && stream.total_out == length;
}
