/* SPDX-License-Identifier: ISC */
/*
 * See unpackers.h. A stream's first bytes tell whether it is what it was said to be, and which of
 * the two that are called "deflate"; what is not, is handed on as it is, for whoever looks at it
 * sees it so, too. Behind the end of a gzip member another may follow.
 */
#include "sensor/session/unpackers.h"

#include <stdlib.h>

#include "sensor/base/unpack_zlib.h"

#define SMALL_BYTES UNPACK_ZLIB_BYTES
#define TAKES_MOST  (96u << 10) /* bytes of a stream: one of UNPACKER_MOST that grew is shorter */
#define PIECE	    4096	/* bytes that come out at a time */
#define PEEK_MAX    4

/* In quarters of a nanosecond: for a byte that goes in, one that comes out, and one too many. */
#define WORK_IN	   8
#define WORK_OUT   16
#define WORK_TABLE 500

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
	struct unpack_zlib *zlib;
	struct arena arena;
};

/* Places of one size, in the order of last use; 0 ends lists. */
struct places {
	struct place *place; /* [1] to [count] */
	uint8_t *memory;
	uint16_t count, free_list, oldest, newest;
};

struct unpackers {
	struct places small;
	uint64_t work;
	struct unpackers_stats stats;
	uint8_t out[PIECE];
};

static uint16_t places_of(uint32_t mib, uint32_t size)
{
	uint64_t count = ((uint64_t)(mib ? mib : 1) << 19) / size;

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
	return sizeof(struct unpackers) + bytes_of(places_of(mib, SMALL_BYTES), SMALL_BYTES);
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
	if (make_places(&unpackers->small, places_of(mib, SMALL_BYTES), SMALL_BYTES))
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

static void give_back(struct unpackers *unpackers, struct place *place)
{
	struct places *places = &unpackers->small;

	unlink_use(places, place);
	place->hold = NULL;
	place->newer = places->free_list;
	places->free_list = (uint16_t)(place - places->place);
	unpackers->stats.in_use--;
}

static struct place *held(struct unpackers *unpackers, const unpackers_hold *hold)
{
	return *hold == 0 || *hold == UNPACKERS_LOST ? NULL : &unpackers->small.place[*hold];
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
	struct places *places = &unpackers->small;
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

static bool begin_zlib(struct place *place, enum unpack_zlib_format format)
{
	arena_begin(&place->arena);
	place->zlib = unpack_zlib_begin(&place->arena, format);
	place->stage = STAGE_ON;
	place->repeated = 0;
	return place->zlib != NULL;
}

/* The first bytes are there. */
static enum unpacked begin(struct unpackers *unpackers, struct place *place)
{
	bool again = place->stage == STAGE_AGAIN;

	if (place->packing == PACKING_DEFLATE)
		return begin_zlib(place, is_zlib(place->peek) ? UNPACK_ZLIB_ZLIB : UNPACK_ZLIB_RAW)
			       ? UNPACKED_ON
			       : UNPACKED_REFUSED;
	if (is_gzip(place->peek))
		return begin_zlib(place, UNPACK_ZLIB_GZIP) ? UNPACKED_ON : UNPACKED_REFUSED;
	if (again)
		return UNPACKED_ENDED; /* clients do not mind what is behind the last member */
	place->stage = STAGE_PLAIN;
	unpackers->stats.plain++;
	return UNPACKED_ON;
}

static enum unpacked peek(struct unpackers *unpackers, struct place *place, struct bytes *in)
{
	while (place->peeked < 2) {
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
	result = unpack_zlib_step(place->zlib, &buffers);
	before -= buffers.in_length;
	after -= buffers.out_length;
	if (repeats)
		place->repeated = (uint8_t)(place->repeated + before);
	else
		bytes_skip(in, before);
	place->taken += repeats ? 0 : (uint32_t)before;
	place->made += (uint32_t)after;
	charge(unpackers, place, before, after);
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
	return packing == PACKING_GZIP || packing == PACKING_DEFLATE;
}

enum unpacked unpackers_next(struct unpackers *unpackers, unpackers_hold *hold,
			     enum packing packing, struct bytes *in, struct bytes *out)
{
	struct place *place = held(unpackers, hold);
	enum unpacked result;

	*out = bytes_from(NULL, 0);
	if (*hold == UNPACKERS_LOST || !is_read(packing)) {
		unpackers->stats.unread += *hold != UNPACKERS_LOST;
		*hold = 0;
		return UNPACKED_REFUSED;
	}
	if (!place) {
		place = take_place(unpackers, hold, packing);
	} else if (place != &unpackers->small.place[unpackers->small.newest]) {
		unlink_use(&unpackers->small, place);
		append_use(&unpackers->small, place);
	}
	result = next(unpackers, place, in, out);
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
