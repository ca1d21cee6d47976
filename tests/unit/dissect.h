/* SPDX-License-Identifier: ISC */
/*
 * Plays a scripted conversation to one dissector as the sensor would: the recogniser is asked with
 * an opening that grows piece by piece, one last time with nothing more to come, and after YES the
 * session gets the whole conversation from its first byte.
 *
 * Every piece, every opening and the state sit in heap blocks of their exact size, so that the
 * address sanitizer sees one byte too many. The header is for tests only; nothing in it is shared
 * between two conversations.
 *
 *	static const struct turn turns[] = {
 *		TURN_CLIENT("PING\r\n"),
 *		TURN_SERVER("+PONG\r\n"),
 *	};
 *	struct facts facts;
 *	assert_true(dissect(&redis_dissector, turns, 2, 1, &facts));
 */
#ifndef TESTS_UNIT_DISSECT_H
#define TESTS_UNIT_DISSECT_H

#include <stdlib.h>
#include <string.h>

#include "dissectors/dissector.h"
#include "tests/unit/reads.h"
#include "tests/unit/unpacking.h"

struct turn {
	enum side from;
	const void *bytes; /* NULL: a gap of `length` bytes */
	size_t length;
};

/* From string literals; the NUL at the end is not sent. */
#define TURN_CLIENT(text)                                                                          \
	{                                                                                          \
		SIDE_CLIENT, (text), sizeof(text) - 1                                              \
	}
#define TURN_SERVER(text)                                                                          \
	{                                                                                          \
		SIDE_SERVER, (text), sizeof(text) - 1                                              \
	}
#define TURN_GAP(side, missing)                                                                    \
	{                                                                                          \
		(side), NULL, (missing)                                                            \
	}

/* Never NULL; the caller frees it. */
static inline uint8_t *dissect_copy(const void *bytes, size_t length)
{
	uint8_t *copy = malloc(length != 0 ? length : 1);

	if (copy == NULL)
		abort();
	if (length != 0)
		memcpy(copy, bytes, length);
	return copy;
}

/* Asks the recogniser about these two openings, each from an exact block. */
static inline enum recognised dissect_recognise(const struct dissector *d, uint8_t transport,
						const void *client, size_t client_length,
						const void *server, size_t server_length,
						bool one_sided)
{
	uint8_t *side[2] = {dissect_copy(client, client_length),
			    dissect_copy(server, server_length)};
	struct opening opening = {.transport = transport, .one_sided = one_sided};
	enum recognised result;

	opening.side[SIDE_CLIENT] = bytes_from(side[0], client_length);
	opening.side[SIDE_SERVER] = bytes_from(side[1], server_length);
	result = d->recognise(&opening);
	free(side[0]);
	free(side[1]);
	return result;
}

/* The same over TCP, of NAME_dissector and text. */
#define RECOGNISE_TCP(name, client, server, one_sided)                                             \
	dissect_recognise(&name##_dissector, OVER_TCP, (client), sizeof(client) - 1, (server),     \
			  sizeof(server) - 1, (one_sided))

struct dissect_opening {
	uint8_t bytes[2][OPENING_MAX];
	size_t length[2];
	bool closed[2]; /* full, or a gap came: nothing may follow */
};

static inline void dissect_append(struct dissect_opening *o, uint8_t transport, enum side from,
				  const void *bytes, size_t length)
{
	size_t room = OPENING_MAX - o->length[from];

	if (o->closed[from])
		return;
	if (bytes == NULL) {
		o->closed[from] = true;
		return;
	}
	if (length > room)
		length = room;
	memcpy(o->bytes[from] + o->length[from], bytes, length);
	o->length[from] += length;
	o->closed[from] = transport != OVER_TCP || o->length[from] == OPENING_MAX;
}

/*
 * The verdict on the growing opening, in pieces of `chunk` bytes (0: whole turns). Stops at NO or
 * YES; ends with a last call that says one_sided if a side never spoke.
 */
static inline enum recognised dissect_verdict(const struct dissector *d, uint8_t transport,
					      const struct turn *turns, size_t count, size_t chunk)
{
	struct dissect_opening o = {.length = {0, 0}};
	enum recognised result = RECOGNISED_MORE;

	for (size_t i = 0; i < count && result == RECOGNISED_MORE; i++) {
		size_t step = chunk == 0 || turns[i].bytes == NULL ? turns[i].length : chunk;

		for (size_t at = 0; at < turns[i].length && result == RECOGNISED_MORE; at += step) {
			const uint8_t *bytes = turns[i].bytes;
			size_t left = turns[i].length - at;

			dissect_append(&o, transport, turns[i].from, bytes ? bytes + at : NULL,
				       left < step ? left : step);
			result = dissect_recognise(d, transport, o.bytes[0], o.length[0],
						   o.bytes[1], o.length[1], false);
		}
	}
	if (result == RECOGNISED_MORE)
		result = dissect_recognise(d, transport, o.bytes[0], o.length[0], o.bytes[1],
					   o.length[1], o.length[0] == 0 || o.length[1] == 0);
	return result;
}

/*
 * Feeds the session alone, in pieces of `chunk` bytes (0: whole turns), on top of what `facts`
 * says already. Nothing more is fed once it says that TLS follows: then it returns true.
 */
static inline bool dissect_session(const struct dissector *d, const struct turn *turns,
				   size_t count, size_t chunk, struct facts *facts)
{
	void *state = calloc(1, d->state_size != 0 ? d->state_size : 1);
	struct unpacking unpacking;
	struct unpacker unpacker = unpacking_begin(&unpacking);
	uint32_t shown = 0, told = 0;
	bool tls = false;

	if (state == NULL || d->state_size > DISSECTOR_STATE_MAX)
		abort();
	if (d->begin != NULL)
		d->begin(state, facts);
	for (size_t i = 0; i < count && !tls; i++) {
		const uint8_t *bytes = turns[i].bytes;
		size_t step = chunk == 0 ? turns[i].length : chunk;

		if (bytes == NULL) {
			unpacking_end(&unpacking, turns[i].from);
			if (d->gap != NULL)
				d->gap(state, facts, turns[i].from, turns[i].length);
			continue;
		}
		for (size_t at = 0; at < turns[i].length && !tls; at += step) {
			size_t left = turns[i].length - at;
			size_t length = left < step ? left : step;
			uint8_t *piece = dissect_copy(bytes + at, length);
			struct feed fed = {.from = turns[i].from,
					   .bytes = bytes_from(piece, length),
					   .unpacker = &unpacker};

			d->feed(state, facts, &fed);
			tls = fed.next == FEED_TLS;
			if (fed.next != FEED_ON && fed.rest > length)
				abort();
			free(piece);
			shown |= reads_shown(facts);
			told |= reads_told(facts);
		}
	}
	if (d->end != NULL)
		d->end(state, facts);
	shown |= reads_shown(facts) | (tls ? READS_STARTTLS : 0);
	reads_log(d, shown, told | shown | reads_told(facts));
	free(state);
	unpacking_free(&unpacking);
	return tls;
}

/* Do both sides agree, with the last of these turns, that TLS follows? */
static inline bool dissect_starts_tls(const struct dissector *d, const struct turn *turns,
				      size_t count)
{
	struct facts facts = {.service = NULL};

	return dissect_session(d, turns, count, 0, &facts);
}

static inline bool dissect_over(const struct dissector *d, uint8_t transport,
				const struct turn *turns, size_t count, size_t chunk,
				struct facts *facts)
{
	memset(facts, 0, sizeof *facts);
	if (transport != OVER_TCP)
		chunk = 0;
	if (dissect_verdict(d, transport, turns, count, chunk) != RECOGNISED_YES)
		return false;
	dissect_session(d, turns, count, chunk, facts);
	return true;
}

/* The same facts, whatever number of steps led to them? Both must come from dissect(). */
static inline bool dissect_same(const struct facts *a, const struct facts *b)
{
	struct facts left, right;

	memcpy(&left, a, sizeof left);
	memcpy(&right, b, sizeof right);
	left.revision = right.revision = 0;
	return memcmp(&left, &right, sizeof left) == 0;
}

/*
 * Over TCP, in pieces of `chunk` bytes (0: each turn whole). False if the recogniser never said
 * YES.
 */
static inline bool dissect(const struct dissector *d, const struct turn *turns, size_t count,
			   size_t chunk, struct facts *facts)
{
	return dissect_over(d, OVER_TCP, turns, count, chunk, facts);
}

#endif
