/* SPDX-License-Identifier: ISC */
/* See journal_map.h. There are a few spans: one for each run, and one more for each hole. */
#include "sensor/journal/journal_map.h"

#include <stdlib.h>
#include <string.h>

static bool make_room(struct journal_map *map)
{
	size_t room = map->room != 0 ? 2 * map->room : 16;
	struct journal_span *spans;

	if (map->count < map->room)
		return true;
	spans = realloc(map->spans, room * sizeof *spans);
	if (spans == NULL)
		return false;
	map->spans = spans;
	map->room = room;
	return true;
}

void journal_map_clear(struct journal_map *map)
{
	free(map->spans);
	*map = (struct journal_map){0};
}

bool journal_map_add(struct journal_map *map, uint64_t sequence, uint64_t epoch)
{
	struct journal_span *last = map->count != 0 ? &map->spans[map->count - 1] : NULL;

	if (last != NULL && last->epoch == epoch && last->last + 1 == sequence) {
		last->last = sequence;
		return true;
	}
	if (!make_room(map))
		return false;
	map->spans[map->count++] = (struct journal_span){sequence, sequence, epoch};
	return true;
}

static void close_gap(struct journal_map *map, size_t at)
{
	memmove(map->spans + at, map->spans + at + 1, (map->count - at - 1) * sizeof *map->spans);
	map->count--;
}

static void split(struct journal_map *map, size_t at, uint64_t first, uint64_t last)
{
	struct journal_span *span = &map->spans[at];

	memmove(span + 1, span, (map->count - at) * sizeof *span);
	map->count++;
	span[0].last = first - 1;
	span[1].first = last + 1;
}

bool journal_map_remove(struct journal_map *map, uint64_t first, uint64_t last)
{
	if (!make_room(map))
		return false;
	for (size_t i = 0; i < map->count;) {
		struct journal_span *span = &map->spans[i];

		if (span->last < first || span->first > last) {
			i++;
		} else if (span->first >= first && span->last <= last) {
			close_gap(map, i);
		} else if (span->first < first && span->last > last) {
			split(map, i, first, last);
			return true;
		} else {
			if (span->first < first)
				span->last = first - 1;
			else
				span->first = last + 1;
			i++;
		}
	}
	return true;
}

uint64_t journal_map_count(const struct journal_map *map, uint64_t after, uint64_t up_to)
{
	uint64_t count = 0;

	for (size_t i = map->count; i-- > 0 && map->spans[i].last > after;) {
		uint64_t from = map->spans[i].first > after ? map->spans[i].first : after + 1;
		uint64_t to = map->spans[i].last < up_to ? map->spans[i].last : up_to;

		count += to >= from ? to - from + 1 : 0;
	}
	return count;
}

uint64_t journal_map_next(const struct journal_map *map, uint64_t after)
{
	return journal_map_nth(map, after, 1);
}

uint64_t journal_map_newest(const struct journal_map *map, uint64_t epoch)
{
	for (size_t i = map->count; i-- > 0;) {
		if (map->spans[i].epoch == epoch)
			return map->spans[i].last;
	}
	return 0;
}

bool journal_map_has(const struct journal_map *map, uint64_t sequence, uint64_t epoch)
{
	for (size_t i = 0; i < map->count; i++) {
		const struct journal_span *span = &map->spans[i];

		if (sequence >= span->first && sequence <= span->last)
			return span->epoch == epoch;
	}
	return false;
}

uint64_t journal_map_nth(const struct journal_map *map, uint64_t after, uint64_t n)
{
	uint64_t found = 0;

	for (size_t i = 0; i < map->count && n != 0; i++) {
		const struct journal_span *span = &map->spans[i];
		uint64_t from = span->first > after ? span->first : after + 1, count;

		if (span->last <= after)
			continue;
		count = span->last - from + 1;
		if (count > n)
			count = n;
		found = from + count - 1;
		n -= count;
	}
	return found;
}

uint64_t journal_map_beyond(const struct journal_map *map, uint64_t up_to, uint64_t keep)
{
	for (size_t i = map->count; i-- > 0;) {
		const struct journal_span *span = &map->spans[i];
		uint64_t to = span->last < up_to ? span->last : up_to, count;

		if (span->first > up_to)
			continue;
		count = to - span->first + 1;
		if (count > keep)
			return to - keep;
		keep -= count;
	}
	return 0;
}
