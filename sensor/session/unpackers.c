/* SPDX-License-Identifier: ISC */
/*
 * See unpackers.h. A stream's first bytes tell whether it is what it was said to be, and which of
 * the two that are called "deflate"; what is not, is handed on as it is, for whoever looks at it
 * sees it so, too. Behind the end of a gzip member another may follow.
 */
#include "sensor/session/unpackers.h"

#include <stdlib.h>

#include "sensor/base/unpack_brotli.h"
#include "sensor/base/unpack_lz.h"
#include "sensor/base/unpack_zlib.h"
#include "sensor/base/unpack_zstd.h"

#define SMALL_BYTES UNPACK_LZ_BYTES /* and zlib needs less */
#define LARGE_BYTES UNPACK_ZSTD_BYTES
#define TAKES_MOST  (96u << 10) /* bytes of a stream: one of UNPACKER_MOST that grew is shorter */
#define PIECE	    4096	/* bytes that come out at a time */
#define PEEK_MAX    4

/* In quarters of a nanosecond: for a byte that goes in, one that comes out, and one too many. */
#define WORK_IN	   8
#define WORK_OUT   16
#define WORK_TABLE 500

_Static_assert(SMALL_BYTES >= UNPACK_ZLIB_BYTES && LARGE_BYTES >= UNPACK_BROTLI_BYTES, "places");
_Static_assert(UNPACK_LZ_MOST == UNPACKER_MOST, "what comes out is kept");

enum stage {
	STAGE_PEEK,  /* what is it? */
	STAGE_PLAIN, /* nothing compressed */
	STAGE_ON,
	STAGE_AGAIN, /* a member has ended */
};

struct place {
	unpackers_hold *hold; /* NULL: free */
	uint16_t older, newer;
	uint8_t packing; /* enum packing */
	uint8_t stage;
	uint8_t peek[PEEK_MAX];
	uint8_t peeked, repeated; /* of those bytes: how many, and how many were taken again */
	uint32_t taken, made;
	uint32_t charged; /* of what went in and brought nothing */
	union {
		struct unpack_zlib *zlib;
		struct unpack_brotli *brotli;
		struct unpack_zstd *zstd;
		struct unpack_lz *lz;
	};
	struct arena arena;
};

/* Places of one size, in the order of last use; 0 ends lists. */
struct places {
	struct place *place; /* [1] to [count] */
	uint8_t *memory;
	uint16_t count, free_list, oldest, newest;
};

#define LARGE_HOLD 0x8000 /* in the number of a large place, for who holds it */

struct unpackers {
	struct places small, large;
	uint64_t work;
	struct unpackers_stats stats;
	uint8_t out[PIECE];
};

static uint16_t places_of(uint32_t mib, uint32_t size)
{
	uint64_t count = ((uint64_t)(mib ? mib : 1) << 19) / size;

	if (count == 0)
		count = 1;
	if (count > UNPACKERS_LOST / 2 - 1)
		count = UNPACKERS_LOST / 2 - 1;
	return (uint16_t)count;
}

static uint64_t bytes_of(uint16_t count, uint32_t size)
{
	return ((uint64_t)count + 1) * sizeof(struct place) + (uint64_t)count * size;
}

uint64_t unpackers_bytes(uint32_t mib)
{
	return sizeof(struct unpackers) + bytes_of(places_of(mib, SMALL_BYTES), SMALL_BYTES) +
	       bytes_of(places_of(mib, LARGE_BYTES), LARGE_BYTES);
}

static bool make_places(struct places *places, uint16_t count, uint32_t size)
{
	places->place = calloc((size_t)count + 1, sizeof *places->place);
	places->memory = aligned_alloc(ARENA_PIECE, (size_t)count * size);
	places->count = count;
	if (!places->place || !places->memory)
		return false;
	for (uint16_t i = 1; i <= count; i++) {
		places->place[i].arena = (struct arena){
			.at = places->memory + (size_t)(i - 1) * size,
			.size = size,
		};
		places->place[i].newer = places->free_list;
		places->free_list = i;
	}
	return true;
}

struct unpackers *unpackers_new(uint32_t mib)
{
	struct unpackers *unpackers = calloc(1, sizeof *unpackers);

	if (!unpackers)
		return NULL;
	if (make_places(&unpackers->small, places_of(mib, SMALL_BYTES), SMALL_BYTES) &&
	    make_places(&unpackers->large, places_of(mib, LARGE_BYTES), LARGE_BYTES))
		return unpackers;
	unpackers_free(unpackers);
	return NULL;
}

void unpackers_free(struct unpackers *unpackers)
{
	if (!unpackers)
		return;
	free(unpackers->small.place);
	free(unpackers->small.memory);
	free(unpackers->large.place);
	free(unpackers->large.memory);
	free(unpackers);
}

static void unlink_use(struct places *places, const struct place *place)
{
	if (place->older)
		places->place[place->older].newer = place->newer;
	else
		places->oldest = place->newer;
	if (place->newer)
		places->place[place->newer].older = place->older;
	else
		places->newest = place->older;
}

static void append_use(struct places *places, struct place *place)
{
	uint16_t index = (uint16_t)(place - places->place);

	place->older = places->newest;
	place->newer = 0;
	if (places->newest)
		places->place[places->newest].newer = index;
	else
		places->oldest = index;
	places->newest = index;
}

static bool is_large(enum packing packing)
{
	return packing == PACKING_BROTLI || packing == PACKING_ZSTD;
}

static struct places *places_for(struct unpackers *unpackers, uint8_t packing)
{
	return is_large((enum packing)packing) ? &unpackers->large : &unpackers->small;
}

static void give_back(struct unpackers *unpackers, struct place *place)
{
	struct places *places = places_for(unpackers, place->packing);

	unlink_use(places, place);
	place->hold = NULL;
	place->newer = places->free_list;
	places->free_list = (uint16_t)(place - places->place);
	unpackers->stats.in_use--;
}

static struct place *held(struct unpackers *unpackers, const unpackers_hold *hold)
{
	if (*hold == 0 || *hold == UNPACKERS_LOST)
		return NULL;
	return *hold & LARGE_HOLD ? &unpackers->large.place[*hold & ~LARGE_HOLD]
				  : &unpackers->small.place[*hold];
}

void unpackers_end(struct unpackers *unpackers, unpackers_hold *hold)
{
	struct place *place = held(unpackers, hold);

	if (place)
		give_back(unpackers, place);
	*hold = 0;
}

void unpackers_take_away(struct unpackers *unpackers, unpackers_hold *hold)
{
	unpackers_end(unpackers, hold);
	*hold = UNPACKERS_LOST;
	unpackers->stats.starved++;
}

static struct place *take_place(struct unpackers *unpackers, unpackers_hold *hold,
				enum packing packing)
{
	struct places *places = places_for(unpackers, (uint8_t)packing);
	struct place *place;

	if (!places->free_list) {
		unpackers_hold *loser = places->place[places->oldest].hold;

		give_back(unpackers, &places->place[places->oldest]);
		*loser = UNPACKERS_LOST;
		unpackers->stats.evicted++;
	}
	place = &places->place[places->free_list];
	places->free_list = place->newer;
	*place = (struct place){.hold = hold, .packing = (uint8_t)packing, .arena = place->arena};
	*hold = (uint16_t)(place - places->place);
	if (is_large(packing))
		*hold |= LARGE_HOLD;
	append_use(places, place);
	unpackers->stats.in_use++;
	unpackers->stats.streams++;
	return place;
}

/* RFC 1950, 2.2: the method, a window that exists, and a check over both bytes. */
static bool is_zlib(const uint8_t *peek)
{
	return (peek[0] & 0x0f) == 8 && peek[0] >> 4 <= 7 && (peek[0] << 8 | peek[1]) % 31 == 0;
}

static bool is_gzip(const uint8_t *peek)
{
	return peek[0] == 0x1f && peek[1] == 0x8b;
}

/* The libraries' own state, in the place's memory. */
static enum unpacked begin_stream(struct place *place)
{
	bool zlib = place->packing == PACKING_DEFLATE && is_zlib(place->peek);
	bool begun = false;

	arena_begin(&place->arena);
	place->stage = STAGE_ON;
	place->repeated = 0;
	switch ((enum packing)place->packing) {
	case PACKING_STREAM:
		place->zlib = unpack_zlib_begin(&place->arena, UNPACK_ZLIB_RAW);
		begun = place->zlib != NULL;
		break;
	case PACKING_GZIP:
		place->zlib = unpack_zlib_begin(&place->arena, UNPACK_ZLIB_GZIP);
		begun = place->zlib != NULL;
		break;
	case PACKING_DEFLATE:
		place->zlib =
			unpack_zlib_begin(&place->arena, zlib ? UNPACK_ZLIB_ZLIB : UNPACK_ZLIB_RAW);
		begun = place->zlib != NULL;
		break;
	case PACKING_BROTLI:
		place->brotli = unpack_brotli_begin(&place->arena);
		begun = place->brotli != NULL;
		break;
	case PACKING_ZSTD:
		place->zstd = unpack_zstd_begin(&place->arena);
		begun = place->zstd != NULL;
		break;
	case PACKING_LZ4:
	case PACKING_SNAPPY:
		place->lz = unpack_lz_begin(&place->arena, place->packing == PACKING_LZ4
								   ? UNPACK_LZ_LZ4
								   : UNPACK_LZ_SNAPPY);
		begun = place->lz != NULL;
		break;
	case PACKING_NONE:
	case PACKING_UNKNOWN:
		break;
	}
	return begun ? UNPACKED_ON : UNPACKED_REFUSED;
}

static enum unpack_result step_stream(struct place *place, struct unpack_buffers *buffers)
{
	switch ((enum packing)place->packing) {
	case PACKING_GZIP:
	case PACKING_DEFLATE:
	case PACKING_STREAM:
		return unpack_zlib_step(place->zlib, buffers);
	case PACKING_BROTLI:
		return unpack_brotli_step(place->brotli, buffers);
	case PACKING_ZSTD:
		return unpack_zstd_step(place->zstd, buffers);
	case PACKING_LZ4:
	case PACKING_SNAPPY:
		return unpack_lz_step(place->lz, buffers);
	case PACKING_NONE:
	case PACKING_UNKNOWN:
		break;
	}
	return UNPACK_WRONG;
}

/* How many of the first bytes are looked at before anything is unpacked. */
static uint8_t peeks(uint8_t packing)
{
	if (packing == PACKING_GZIP || packing == PACKING_DEFLATE)
		return 2;
	return packing == PACKING_ZSTD ? 4 : 0;
}

/* The first bytes are there. */
static enum unpacked begin(struct unpackers *unpackers, struct place *place)
{
	bool again = place->stage == STAGE_AGAIN;

	if ((place->packing == PACKING_GZIP && !is_gzip(place->peek)) ||
	    (place->packing == PACKING_ZSTD && !unpack_zstd_begins(place->peek))) {
		if (again)
			return UNPACKED_ENDED; /* clients do not mind what is behind the last */
		place->stage = STAGE_PLAIN;
		unpackers->stats.plain++;
		return UNPACKED_ON;
	}
	return begin_stream(place);
}

static enum unpacked peek(struct unpackers *unpackers, struct place *place, struct bytes *in)
{
	while (place->peeked < peeks(place->packing)) {
		if (in->left == 0)
			return UNPACKED_MORE;
		place->peek[place->peeked++] = bytes_u8(in);
		place->taken++;
	}
	return begin(unpackers, place);
}

/* What is not compressed: first the bytes that were looked at, then all others where they are. */
static enum unpacked hand_on(struct place *place, struct bytes *in, struct bytes *out)
{
	size_t room = UNPACKER_MOST - place->made;

	if (place->repeated < place->peeked) {
		*out = bytes_from(place->peek, place->peeked);
		place->repeated = place->peeked;
	} else {
		*out = bytes_sub(in, in->left < room ? in->left : room);
		place->taken += (uint32_t)out->left;
	}
	place->made += (uint32_t)out->left;
	if (place->made == UNPACKER_MOST)
		return UNPACKED_FULL;
	return in->left == 0 ? UNPACKED_MORE : UNPACKED_ON;
}

static enum unpacked after_step(struct unpackers *unpackers, struct place *place,
				enum unpack_result result, bool more)
{
	switch (result) {
	case UNPACK_MORE:
		if (place->made == UNPACKER_MOST)
			return UNPACKED_FULL;
		if (place->taken >= TAKES_MOST)
			break;
		return more ? UNPACKED_ON : UNPACKED_MORE;
	case UNPACK_ENDED:
		place->peeked = 0;
		place->stage = STAGE_AGAIN;
		return place->packing == PACKING_GZIP ? UNPACKED_ON : UNPACKED_ENDED;
	case UNPACK_WRONG:
	case UNPACK_ROOM:
		break;
	}
	unpackers->stats.wrong++;
	return UNPACKED_WRONG;
}

static void charge(struct unpackers *unpackers, struct place *place, size_t taken, size_t made)
{
	uint32_t barren = place->taken > place->made ? place->taken - place->made : 0;

	unpackers->work += taken * WORK_IN + made * WORK_OUT;
	if (barren > place->charged) {
		unpackers->work += (uint64_t)(barren - place->charged) * WORK_TABLE;
		place->charged = barren;
	}
}

static enum unpacked step(struct unpackers *unpackers, struct place *place, struct bytes *in,
			  struct bytes *out)
{
	size_t room = UNPACKER_MOST - place->made, most = TAKES_MOST - place->taken;
	bool repeats = place->repeated < place->peeked;
	struct unpack_buffers buffers = {
		.in = repeats ? place->peek + place->repeated : in->at,
		.in_length = repeats ? (size_t)(place->peeked - place->repeated) : in->left,
		.out = unpackers->out,
		.out_length = room < PIECE ? room : PIECE,
	};
	size_t before, after = buffers.out_length;
	enum unpack_result result;

	if (!repeats && buffers.in_length > most)
		buffers.in_length = most;
	before = buffers.in_length;
	result = step_stream(place, &buffers);
	before -= buffers.in_length;
	after -= buffers.out_length;
	if (repeats)
		place->repeated = (uint8_t)(place->repeated + before);
	else
		bytes_skip(in, before);
	place->taken += repeats ? 0 : (uint32_t)before;
	place->made += (uint32_t)after;
	charge(unpackers, place, before, after);
	if (place->packing == PACKING_STREAM)
		place->taken = place->made = place->charged = 0; /* it has no end */
	*out = bytes_from(unpackers->out, after);
	return after_step(unpackers, place, result,
			  in->left != 0 || place->repeated < place->peeked ||
				  buffers.out_length == 0);
}

static enum unpacked next(struct unpackers *unpackers, struct place *place, struct bytes *in,
			  struct bytes *out)
{
	switch ((enum stage)place->stage) {
	case STAGE_PEEK:
	case STAGE_AGAIN:
		return peek(unpackers, place, in);
	case STAGE_PLAIN:
		return hand_on(place, in, out);
	case STAGE_ON:
		break;
	}
	return step(unpackers, place, in, out);
}

static bool is_read(enum packing packing)
{
	return packing != PACKING_NONE && packing != PACKING_UNKNOWN;
}

static struct place *place_of(struct unpackers *unpackers, unpackers_hold *hold,
			      enum packing packing)
{
	struct places *places = places_for(unpackers, (uint8_t)packing);
	struct place *place = held(unpackers, hold);

	if (place && place->packing != packing) {
		give_back(unpackers, place);
		place = NULL;
	}
	if (!place)
		return take_place(unpackers, hold, packing);
	if (place != &places->place[places->newest]) {
		unlink_use(places, place);
		append_use(places, place);
	}
	return place;
}

enum unpacked unpackers_next(struct unpackers *unpackers, unpackers_hold *hold,
			     enum packing packing, struct bytes *in, struct bytes *out)
{
	enum unpacked result;

	*out = bytes_from(NULL, 0);
	if (*hold == UNPACKERS_LOST || !is_read(packing)) {
		unpackers->stats.unread += *hold != UNPACKERS_LOST;
		*hold = 0;
		return UNPACKED_REFUSED;
	}
	result = next(unpackers, place_of(unpackers, hold, packing), in, out);
	if (result > UNPACKED_MORE)
		unpackers_end(unpackers, hold);
	return result;
}

uint64_t unpackers_work(const struct unpackers *unpackers)
{
	return unpackers->work;
}

void unpackers_stats(const struct unpackers *unpackers, struct unpackers_stats *stats)
{
	*stats = unpackers->stats;
}
