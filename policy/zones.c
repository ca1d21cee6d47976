/* SPDX-License-Identifier: ISC */
/*
 * Flattening prefixes into ranges. Two prefixes either nest or are disjoint, so one pass over them
 * in order of (first address, length) with a stack of the open ones sees every boundary. The
 * groups that hold the current address are a stack as well: each open prefix remembers how many
 * there were when it was opened.
 *
 * Sets of groups are interned: the same set has the same index, however it came together.
 */
#include <stdlib.h>

#include "policy/arena.h"
#include "policy/limits.h"
#include "policy/zones.h"

#define LEVELS	    130 /* prefix lengths 0 to 128, and the whole space */
#define V4_FIRST    ((zones_key)0xffff << 32)
#define V4_LAST	    (V4_FIRST | 0xffffffff)
#define V6_LAST	    (~(zones_key)0)
#define SET_UNKNOWN UINT32_MAX
#define FNV_BASIS   2166136261U
#define FNV_PRIME   16777619U

struct level {
	zones_key first, last;
	uint32_t set; /* SET_UNKNOWN until the first use */
	uint16_t group_count;
	uint8_t zone, headers;
	bool ours, proxy;
};

struct sweep {
	struct zones *zones;
	enum zones_result result;
	zones_key cursor; /* everything below is in the output */
	bool finished;	  /* the cursor is beyond the space */
	unsigned depth;
	struct level levels[LEVELS];
	uint16_t groups[LIMIT_HOST_GROUPS];
	uint32_t *slots; /* hash of sets: index + 1, 0 = free */
	uint32_t slot_mask;
	zones_key *starts; /* output */
	struct policy_place *places;
	uint32_t count;
};

static zones_key last_of(const struct prefix *prefix)
{
	zones_key first = zones_key_of(&prefix->base);

	return prefix->length >= 128 ? first : first | V6_LAST >> prefix->length;
}

static int compare_inputs(const void *left, const void *right)
{
	const struct zones_input *a = left, *b = right;
	int order = address_compare(&a->prefix.base, &b->prefix.base);

	if (order != 0)
		return order;
	return (int)a->prefix.length - (int)b->prefix.length;
}

static int compare_groups(const void *left, const void *right)
{
	const uint16_t *a = left, *b = right;

	return (int)*a - (int)*b;
}

static bool same_set(const struct zones *zones, uint32_t set, const uint16_t *groups,
		     uint32_t count)
{
	struct zones_set known = zones_set(zones, (uint16_t)set);

	return known.count == count && memcmp(known.list, groups, count * sizeof *groups) == 0;
}

static void append_set(struct zones *zones, const uint16_t *groups, uint32_t count)
{
	uint32_t start = zones->set_count == 0 ? 0 : zones->set_ends[zones->set_count - 1];
	uint32_t room = zones->set_count;

	if ((room & (room - 1)) == 0) {
		room = room == 0 ? 1 : room * 2;
		zones->set_ends = arena_regrow(zones->set_ends, room, sizeof *zones->set_ends);
		zones->members = arena_regrow(zones->members, (size_t)room * LIMIT_HOST_GROUPS,
					      sizeof *zones->members);
	}
	if (count != 0)
		memcpy(zones->members + start, groups, count * sizeof *groups);
	zones->set_ends[zones->set_count++] = start + count;
}

/* The index of the set of the first `count` open groups. */
static uint32_t intern(struct sweep *sweep, uint32_t count)
{
	uint16_t sorted[LIMIT_HOST_GROUPS];
	uint32_t hash = FNV_BASIS, slot;

	if (count == 0)
		return 0;
	memcpy(sorted, sweep->groups, count * sizeof *sorted);
	qsort(sorted, count, sizeof *sorted, compare_groups);
	for (uint32_t i = 0; i < count; i++)
		hash = (hash ^ sorted[i]) * FNV_PRIME;
	for (slot = hash & sweep->slot_mask; sweep->slots[slot] != 0;
	     slot = (slot + 1) & sweep->slot_mask)
		if (same_set(sweep->zones, sweep->slots[slot] - 1, sorted, count))
			return sweep->slots[slot] - 1;
	if (sweep->zones->set_count > LIMIT_GROUP_SETS) {
		sweep->result = ZONES_TOO_MANY_SETS;
		return 0;
	}
	append_set(sweep->zones, sorted, count);
	sweep->slots[slot] = sweep->zones->set_count;
	return sweep->zones->set_count - 1;
}

static bool same_place(const struct policy_place *a, const struct policy_place *b)
{
	return a->zone == b->zone && a->ours == b->ours && a->proxy == b->proxy &&
	       a->headers == b->headers && a->groups == b->groups;
}

/* What the innermost open prefix says holds from the cursor up to `last`. */
static void emit(struct sweep *sweep, zones_key last)
{
	struct level *level = &sweep->levels[sweep->depth - 1];
	struct policy_place place;

	if (sweep->finished || sweep->cursor > last)
		return;
	if (level->set == SET_UNKNOWN)
		level->set = intern(sweep, level->group_count);
	place = (struct policy_place){.zone = level->zone,
				      .ours = level->ours || level->group_count != 0 ||
					      level->zone == POLICY_ZONE_INSIDE,
				      .proxy = level->proxy,
				      .headers = level->headers & (LIMIT_HEADER_SETS - 1),
				      .groups = (uint16_t)level->set};
	if (sweep->count == 0 || !same_place(&sweep->places[sweep->count - 1], &place)) {
		sweep->starts[sweep->count] = sweep->cursor;
		sweep->places[sweep->count++] = place;
	}
	sweep->finished = last == V6_LAST;
	sweep->cursor = last + 1;
}

static void close_level(struct sweep *sweep)
{
	emit(sweep, sweep->levels[sweep->depth - 1].last);
	sweep->depth--;
}

static bool holds_group(const struct sweep *sweep, uint16_t count, uint16_t group)
{
	for (uint16_t i = 0; i < count; i++)
		if (sweep->groups[i] == group)
			return true;
	return false;
}

static void open_input(struct sweep *sweep, const struct zones_input *input)
{
	zones_key first = zones_key_of(&input->prefix.base), last = last_of(&input->prefix);
	struct level *level;

	while (sweep->levels[sweep->depth - 1].last < first)
		close_level(sweep);
	level = &sweep->levels[sweep->depth - 1];
	if (first != level->first || last != level->last) {
		if (first != 0)
			emit(sweep, first - 1);
		sweep->levels[sweep->depth] = *level;
		level = &sweep->levels[sweep->depth++];
		level->first = first;
		level->last = last;
	}
	if (input->kind == ZONES_ZONE) {
		level->zone = (uint8_t)input->index;
	} else if (input->kind == ZONES_OURS) {
		level->ours = true;
	} else if (input->kind == ZONES_PROXY) {
		level->proxy = true;
		level->headers = (uint8_t)input->index;
	} else if (!holds_group(sweep, level->group_count, input->index)) {
		if (level->group_count == LIMIT_HOST_GROUPS) {
			sweep->result = ZONES_TOO_MANY_GROUPS;
			return;
		}
		sweep->groups[level->group_count++] = input->index;
		level->set = SET_UNKNOWN;
	}
}

/* All of `inputs` must lie within first to last. */
static void run(struct sweep *sweep, const struct zones_input *inputs, size_t count,
		zones_key first, zones_key last, struct address *where)
{
	sweep->starts = arena_regrow(NULL, 2 * count + 1, sizeof *sweep->starts);
	sweep->places = arena_regrow(NULL, 2 * count + 1, sizeof *sweep->places);
	sweep->count = 0;
	sweep->cursor = first;
	sweep->finished = false;
	sweep->depth = 1;
	sweep->levels[0] = (struct level){.first = first, .last = last};
	for (size_t i = 0; i < count && sweep->result == ZONES_BUILT; i++) {
		open_input(sweep, &inputs[i]);
		*where = inputs[i].prefix.base;
	}
	while (sweep->depth > 0)
		close_level(sweep);
}

/* Moves the inputs of IPv4 to the front and says how many there are. */
static size_t split(struct zones_input *inputs, size_t count)
{
	size_t v4 = 0;

	for (size_t i = 0; i < count; i++) {
		struct zones_input moved = inputs[i];

		if (moved.prefix.length < 96 || !address_is_ipv4(&moved.prefix.base))
			continue;
		inputs[i] = inputs[v4];
		inputs[v4++] = moved;
	}
	return v4;
}

static void keep_v4(struct zones *zones, struct sweep *sweep)
{
	zones->v4_starts = arena_regrow(NULL, sweep->count, sizeof *zones->v4_starts);
	for (uint32_t i = 0; i < sweep->count; i++)
		zones->v4_starts[i] = (uint32_t)sweep->starts[i];
	free(sweep->starts);
	zones->v4_places = arena_regrow(sweep->places, sweep->count, sizeof *sweep->places);
	zones->v4_count = sweep->count;
	for (uint32_t i = 0; i < ZONES_V4_BLOCKS; i++)
		zones->v4_first[i] = zones_search_v4(zones->v4_starts, zones->v4_count, i << 24);
	zones->v4_first[ZONES_V4_BLOCKS] = zones->v4_count - 1;
}

static void keep_v6(struct zones *zones, struct sweep *sweep)
{
	zones->v6_starts = arena_regrow(sweep->starts, sweep->count, sizeof *sweep->starts);
	zones->v6_places = arena_regrow(sweep->places, sweep->count, sizeof *sweep->places);
	zones->v6_count = sweep->count;
}

enum zones_result zones_build(struct zones *zones, struct zones_input *inputs, size_t count,
			      struct address *where)
{
	struct sweep sweep = {.zones = zones, .result = ZONES_BUILT};
	size_t v4 = split(inputs, count), slots = 64;
	struct zones_input *v6 = v4 == 0 ? inputs : inputs + v4; /* `inputs` may be NULL */

	while (slots < 4 * count && slots < 4 * (size_t)LIMIT_GROUP_SETS)
		slots *= 2;
	sweep.slots = arena_regrow(NULL, slots, sizeof *sweep.slots);
	memset(sweep.slots, 0, slots * sizeof *sweep.slots);
	sweep.slot_mask = (uint32_t)slots - 1;
	append_set(zones, NULL, 0);

	if (v4 > 1)
		qsort(inputs, v4, sizeof *inputs, compare_inputs);
	if (count - v4 > 1)
		qsort(v6, count - v4, sizeof *inputs, compare_inputs);
	run(&sweep, inputs, v4, V4_FIRST, V4_LAST, where);
	keep_v4(zones, &sweep);
	if (sweep.result == ZONES_BUILT) {
		run(&sweep, v6, count - v4, 0, V6_LAST, where);
		keep_v6(zones, &sweep);
	}
	free(sweep.slots);
	return sweep.result;
}

bool zones_any(const struct zones *zones, const struct prefix *prefix,
	       bool (*test)(struct policy_place place, const void *context), const void *context)
{
	zones_key first = zones_key_of(&prefix->base), last = last_of(prefix);
	uint32_t i;

	if (prefix->length >= 96 && address_is_ipv4(&prefix->base)) {
		i = zones_index_v4(zones, (uint32_t)first);
		for (; i < zones->v4_count && zones->v4_starts[i] <= (uint32_t)last; i++)
			if (test(zones->v4_places[i], context))
				return true;
		return false;
	}
	i = zones_search_v6(zones->v6_starts, zones->v6_count, first);
	for (; i < zones->v6_count && zones->v6_starts[i] <= last; i++)
		if (test(zones->v6_places[i], context))
			return true;
	return false;
}

void zones_free(struct zones *zones)
{
	free(zones->v4_starts);
	free(zones->v4_places);
	free(zones->v6_starts);
	free(zones->v6_places);
	free(zones->members);
	free(zones->set_ends);
	*zones = (struct zones){0};
}
