/* SPDX-License-Identifier: ISC */
/*
 * Where is an address? The prefixes of all zones, groups and translations, flattened once into
 * sorted ranges that cover the whole space without gaps or overlaps, so that a look-up is one
 * binary search without any walk back. IPv4 has a table of its own: a quarter of the memory, and
 * no IPv6 prefix (not even ::/0) reaches into it.
 *
 * Between zones the longest prefix wins. Groups do not compete: a place carries the set of all
 * groups that hold the address, as an index; set 0 is empty.
 */
#ifndef POLICY_ZONES_H
#define POLICY_ZONES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "policy/address.h"
#include "policy/policy.h"

__extension__ typedef unsigned __int128 zones_key;

enum zones_kind {
	ZONES_ZONE,
	ZONES_GROUP,
	ZONES_OURS, /* ours, but in no zone or group because of it */
	ZONES_PROXY,
};

struct zones_input {
	struct prefix prefix;
	uint16_t index; /* of the zone or group; of a proxy: its set of headers */
	enum zones_kind kind;
};

#define ZONES_V4_BLOCKS 256 /* 0.0.0.0/8, 1.0.0.0/8, … */

/*
 * Starts of ranges, ascending; the first is the least address. A range ends where the next begins.
 */
struct zones {
	uint32_t *v4_starts;
	struct policy_place *v4_places;
	zones_key *v6_starts;
	struct policy_place *v6_places;
	uint32_t v4_count, v6_count; /* never 0 once built */
	/* The range that holds n.0.0.0: most of the space is ruled by few ranges, and then nothing
	 * is left to search. The last is the last range. */
	uint32_t v4_first[ZONES_V4_BLOCKS + 1];
	uint16_t *members;  /* of all sets of groups; ascending within a set */
	uint32_t *set_ends; /* set n is members[set_ends[n - 1]] up to set_ends[n] */
	uint32_t set_count;
};

enum zones_result {
	ZONES_BUILT,
	ZONES_TOO_MANY_GROUPS, /* more than LIMIT_HOST_GROUPS hold the address `*where` */
	ZONES_TOO_MANY_SETS,   /* more than LIMIT_GROUP_SETS */
};

/* Sorts `inputs` in place. `zones` must be zeroed; on failure it needs zones_free() as well. */
enum zones_result zones_build(struct zones *zones, struct zones_input *inputs, size_t count,
			      struct address *where);
void zones_free(struct zones *zones);

/* Is there an address in the prefix whose place passes the test? */
bool zones_any(const struct zones *zones, const struct prefix *prefix,
	       bool (*test)(struct policy_place place, const void *context), const void *context);

struct zones_set {
	const uint16_t *list;
	uint32_t count;
};

static inline struct zones_set zones_set(const struct zones *zones, uint16_t set)
{
	uint32_t start = set == 0 ? 0 : zones->set_ends[set - 1];

	return (struct zones_set){.list = zones->members + start,
				  .count = zones->set_ends[set] - start};
}

static inline zones_key zones_key_of(const struct address *address)
{
	uint64_t high, low;

	memcpy(&high, address->bytes, 8);
	memcpy(&low, address->bytes + 8, 8);
	return (zones_key)__builtin_bswap64(high) << 64 | __builtin_bswap64(low);
}

/*
 * The last of `count` ascending starts that is not above `key`. The branch cannot be predicted;
 * told so, gcc makes a conditional move of it, which halves the time.
 */
static inline uint32_t zones_search_v4(const uint32_t *starts, uint32_t count, uint32_t key)
{
	uint32_t base = 0;

	while (count > 1) {
		uint32_t half = count / 2;

		if (__builtin_expect_with_probability(starts[base + half] <= key, 1, 0.5))
			base += half;
		count -= half;
	}
	return base;
}

/* The range that holds an IPv4 address. */
static inline uint32_t zones_index_v4(const struct zones *zones, uint32_t key)
{
	uint32_t first = zones->v4_first[key >> 24];
	uint32_t count = zones->v4_first[(key >> 24) + 1] - first + 1;

	return first + zones_search_v4(zones->v4_starts + first, count, key);
}

static inline uint32_t zones_search_v6(const zones_key *starts, uint32_t count, zones_key key)
{
	uint32_t base = 0;

	while (count > 1) {
		uint32_t half = count / 2;

		if (__builtin_expect_with_probability(starts[base + half] <= key, 1, 0.5))
			base += half;
		count -= half;
	}
	return base;
}

static inline struct policy_place zones_find(const struct zones *zones,
					     const struct address *address)
{
	zones_key key = zones_key_of(address);

	if (key >> 32 == 0xffff)
		return zones->v4_places[zones_index_v4(zones, (uint32_t)key)];
	return zones->v6_places[zones_search_v6(zones->v6_starts, zones->v6_count, key)];
}

#endif
