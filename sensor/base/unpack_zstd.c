/* SPDX-License-Identifier: ISC */
/* See unpack_zstd.h. RFC 8878, 3.1.1. The one file that sees libzstd. */
#include "sensor/base/unpack_zstd.h"

#define ZSTD_STATIC_LINKING_ONLY /* of what we use, only memory of our own */
#include <string.h>
#include <zstd.h>

#define MAGIC	       0xfd2fb528u
#define SKIPPABLE      0x184d2a50u /* and the 15 numbers behind it */
#define SINGLE_SEGMENT 0x20
#define CHECKSUM       0x04
#define DICTIONARY     0x03
#define WINDOW_LOG     17
#define WINDOW	       ((WINDOW_LOG - 10) << 3) /* the byte that says so */
#define BLOCK_MAX      (1u << WINDOW_LOG)
#define HEAD_MAX       18

enum part { PART_MAGIC, PART_SIZE, PART_SKIP, PART_DESCRIPTOR, PART_REST, PART_BLOCK, PART_BODY };

struct unpack_zstd {
	ZSTD_DStream *stream;
	uint8_t part; /* enum part */
	uint8_t have, need;
	uint8_t head[HEAD_MAX]; /* what is collected of a header */
	uint8_t give[6];	/* and then handed to the library */
	uint8_t given, to_give;
	bool checksum, last, within; /* within: some frame has begun */
	uint32_t left;		     /* of a block's body, or of what is skipped */
};

static uint32_t little(const uint8_t *bytes, unsigned count)
{
	uint32_t value = 0;

	for (unsigned i = 0; i < count; i++)
		value |= (uint32_t)bytes[i] << (8 * i);
	return value;
}

bool unpack_zstd_begins(const uint8_t *bytes)
{
	uint32_t magic = little(bytes, 4);

	return magic == MAGIC || (magic & ~15u) == SKIPPABLE;
}

static void ask(struct unpack_zstd *zstd, enum part part, uint8_t need)
{
	zstd->part = (uint8_t)part;
	zstd->have = 0;
	zstd->need = need;
}

struct unpack_zstd *unpack_zstd_begin(struct arena *arena)
{
	struct unpack_zstd *zstd = arena_take(arena, sizeof *zstd);
	size_t size = ZSTD_estimateDStreamSize(BLOCK_MAX);
	void *memory = zstd ? arena_take(arena, size) : NULL;

	if (!memory)
		return NULL;
	*zstd = (struct unpack_zstd){.stream = ZSTD_initStaticDStream(memory, size)};
	ask(zstd, PART_MAGIC, 4);
	return zstd->stream ? zstd : NULL;
}

static void hand_over(struct unpack_zstd *zstd, const uint8_t *bytes, uint8_t length)
{
	memcpy(zstd->give, bytes, length);
	zstd->given = 0;
	zstd->to_give = length;
}

static enum unpack_result on_magic(struct unpack_zstd *zstd)
{
	uint32_t magic = little(zstd->head, 4);

	if (magic == MAGIC)
		ask(zstd, PART_DESCRIPTOR, 1);
	else if ((magic & ~15u) == SKIPPABLE)
		ask(zstd, PART_SIZE, 4);
	else
		return zstd->within ? UNPACK_ENDED : UNPACK_WRONG;
	zstd->within = true;
	return UNPACK_MORE;
}

/* Window, dictionary and length of the content are passed over. */
static enum unpack_result on_descriptor(struct unpack_zstd *zstd)
{
	static const uint8_t content_sizes[] = {0, 2, 4, 8};
	static const uint8_t head[] = {0x28, 0xb5, 0x2f, 0xfd, 0, WINDOW};
	uint8_t descriptor = zstd->head[0], rest = content_sizes[descriptor >> 6];

	if (descriptor &
	    (DICTIONARY | 0x08)) /* nobody has the dictionary; or a bit of the future */
		return UNPACK_WRONG;
	if (!(descriptor & SINGLE_SEGMENT) || rest == 0)
		rest++; /* the window, or the length in one byte */
	zstd->checksum = descriptor & CHECKSUM;
	hand_over(zstd, head, sizeof head);
	ask(zstd, PART_REST, rest);
	return UNPACK_MORE;
}

static void end_block(struct unpack_zstd *zstd)
{
	if (!zstd->last) {
		ask(zstd, PART_BLOCK, 3);
		return;
	}
	ask(zstd, zstd->checksum ? PART_SKIP : PART_MAGIC, zstd->checksum ? 0 : 4);
	zstd->left = 4;
}

static enum unpack_result on_block(struct unpack_zstd *zstd)
{
	uint32_t header = little(zstd->head, 3), size = header >> 3;

	if ((header >> 1 & 3) == 3 || size > BLOCK_MAX)
		return UNPACK_WRONG;
	zstd->last = header & 1;
	zstd->left = (header >> 1 & 3) == 1 ? 1 : size;
	hand_over(zstd, zstd->head, 3);
	ask(zstd, PART_BODY, 0);
	return UNPACK_MORE;
}

static enum unpack_result on_head(struct unpack_zstd *zstd)
{
	switch ((enum part)zstd->part) {
	case PART_MAGIC:
		return on_magic(zstd);
	case PART_SIZE:
		zstd->left = little(zstd->head, 4);
		ask(zstd, PART_SKIP, 0);
		return UNPACK_MORE;
	case PART_DESCRIPTOR:
		return on_descriptor(zstd);
	case PART_REST:
		ask(zstd, PART_BLOCK, 3);
		return UNPACK_MORE;
	case PART_BLOCK:
		return on_block(zstd);
	case PART_SKIP:
	case PART_BODY:
		break;
	}
	return UNPACK_WRONG;
}

static void skip(struct unpack_zstd *zstd, struct unpack_buffers *buffers)
{
	size_t n = zstd->left < buffers->in_length ? zstd->left : buffers->in_length;

	unpack_move_on(buffers, n, 0);
	zstd->left -= (uint32_t)n;
	if (zstd->left == 0)
		ask(zstd, PART_MAGIC, 4);
}

/* Some of `bytes` to the library; *taken says how many. */
static enum unpack_result decompress(struct unpack_zstd *zstd, const uint8_t *bytes, size_t length,
				     size_t *taken, struct unpack_buffers *buffers)
{
	ZSTD_inBuffer in = {.src = bytes, .size = length};
	ZSTD_outBuffer out = {.dst = buffers->out, .size = buffers->out_length};
	size_t result = ZSTD_decompressStream(zstd->stream, &out, &in);

	if (ZSTD_isError(result))
		return UNPACK_WRONG;
	*taken = in.pos;
	unpack_move_on(buffers, 0, out.pos);
	return UNPACK_MORE;
}

static enum unpack_result give_head(struct unpack_zstd *zstd, struct unpack_buffers *buffers)
{
	size_t taken = 0;
	enum unpack_result result =
		decompress(zstd, zstd->give + zstd->given, (size_t)(zstd->to_give - zstd->given),
			   &taken, buffers);

	zstd->given = (uint8_t)(zstd->given + taken);
	return result;
}

static enum unpack_result give_body(struct unpack_zstd *zstd, struct unpack_buffers *buffers)
{
	size_t length = zstd->left < buffers->in_length ? zstd->left : buffers->in_length,
	       taken = 0;
	enum unpack_result result = decompress(zstd, buffers->in, length, &taken, buffers);

	unpack_move_on(buffers, taken, 0);
	zstd->left -= (uint32_t)taken;
	/* With room left, it has given all that it has. */
	if (result == UNPACK_MORE && zstd->left == 0 && buffers->out_length != 0)
		end_block(zstd);
	return result;
}

static void collect(struct unpack_zstd *zstd, struct unpack_buffers *buffers)
{
	while (zstd->have < zstd->need && buffers->in_length != 0) {
		zstd->head[zstd->have++] = *buffers->in;
		unpack_move_on(buffers, 1, 0);
	}
}

enum unpack_result unpack_zstd_step(struct unpack_zstd *zstd, struct unpack_buffers *buffers)
{
	enum unpack_result result = UNPACK_MORE;

	while (result == UNPACK_MORE && buffers->out_length != 0) {
		if (zstd->given < zstd->to_give) {
			result = give_head(zstd, buffers);
		} else if (zstd->part == PART_BODY) {
			if (buffers->in_length == 0 && zstd->left != 0)
				break;
			result = give_body(zstd, buffers);
		} else if (zstd->part == PART_SKIP) {
			if (buffers->in_length == 0 && zstd->left != 0)
				break;
			skip(zstd, buffers);
		} else {
			collect(zstd, buffers);
			if (zstd->have < zstd->need)
				break;
			result = on_head(zstd);
		}
	}
	return result;
}
