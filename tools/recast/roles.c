/* SPDX-License-Identifier: ISC */
/* See roles.h. */
#include "tools/recast/roles.h"

#include <err.h>
#include <stdlib.h>
#include <string.h>

#define WELL_KNOWN 1024

static int compare_ends(const struct segment_end *a, const struct segment_end *b)
{
	int order = memcmp(a->address, b->address, sizeof a->address);

	return order ? order : (int)a->port - (int)b->port;
}

static uint32_t hash_end(uint32_t hash, const struct segment_end *end)
{
	for (size_t i = 0; i < sizeof end->address; i++)
		hash = (hash ^ end->address[i]) * 16777619u;
	return (hash ^ end->port ^ (uint32_t)end->transport << 16) * 16777619u;
}

static size_t place_of(const struct roles *roles, const struct segment_end *low,
		       const struct segment_end *high)
{
	size_t at = hash_end(hash_end(2166136261u, low), high) % roles->room;

	while (roles->taken[at] && !(segment_end_equal(&roles->talks[at].low, low) &&
				     segment_end_equal(&roles->talks[at].high, high)))
		at = (at + 1) % roles->room;
	return at;
}

static bool source_is_low(const struct segment_place *place)
{
	return compare_ends(&place->source, &place->destination) <= 0;
}

struct talk *roles_find(const struct roles *roles, const struct segment_place *place)
{
	bool low = source_is_low(place);

	return &roles->talks[place_of(roles, low ? &place->source : &place->destination,
				      low ? &place->destination : &place->source)];
}

/* Without a SYN: is the sender of a conversation's first packet its server? */
static bool looks_like_server(const struct segment_place *place)
{
	uint16_t from = place->source.port, to = place->destination.port;

	if (place->source.transport == SEGMENT_UDP)
		return from < WELL_KNOWN && to >= WELL_KNOWN;
	return from < to;
}

static void learn(struct roles *roles, const struct segment_place *place)
{
	struct talk *talk = roles_find(roles, place);
	size_t at = (size_t)(talk - roles->talks);
	bool low = source_is_low(place), by_source;
	bool syn = place->source.transport == SEGMENT_TCP && (place->flags & SEGMENT_SYN);

	if (!roles->taken[at]) {
		roles->taken[at] = true;
		roles->count++;
		*talk = (struct talk){.low = low ? place->source : place->destination,
				      .high = low ? place->destination : place->source};
		talk->server_is_low = looks_like_server(place) == low;
	}
	if (!syn || talk->sure)
		return;
	by_source = (place->flags & SEGMENT_ACK) != 0;
	talk->server_is_low = by_source == low;
	talk->sure = true;
}

struct roles roles_of(const struct recording *recording)
{
	struct roles roles = {.room = 2 * recording->count + 16};
	struct segment_place place;

	roles.talks = calloc(roles.room, sizeof *roles.talks);
	roles.taken = calloc(roles.room, sizeof *roles.taken);
	if (!roles.talks || !roles.taken)
		err(1, "memory");
	for (size_t i = 0; i < recording->count; i++) {
		if (segment_find(recording->link, &recording->frames[i], &place))
			learn(&roles, &place);
	}
	return roles;
}

void roles_free(struct roles *roles)
{
	free(roles->talks);
	free(roles->taken);
}

bool talk_from_server(const struct talk *talk, const struct segment_place *place)
{
	return segment_end_equal(talk_server(talk), &place->source);
}

const struct segment_end *talk_server(const struct talk *talk)
{
	return talk->server_is_low ? &talk->low : &talk->high;
}
