/* SPDX-License-Identifier: ISC */
/*
 * Which events the journal's file has: their numbers and runs, as spans. The main thread asks this
 * instead of the file, which may be busy for long. Numbers only ever grow, over all runs. One
 * thread.
 */
#ifndef SENSOR_JOURNAL_MAP_H
#define SENSOR_JOURNAL_MAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct journal_span {
	uint64_t first, last, epoch;
};

struct journal_map {
	struct journal_span *spans; /* ascending, apart */
	size_t count, room;
};

void journal_map_clear(struct journal_map *map); /* gives its memory back */
/* A number above all others. False: out of memory. */
bool journal_map_add(struct journal_map *map, uint64_t sequence, uint64_t epoch);
/* All from `first` to `last`. False: out of memory; then nothing has changed. */
bool journal_map_remove(struct journal_map *map, uint64_t first, uint64_t last);

uint64_t journal_map_count(const struct journal_map *map, uint64_t after, uint64_t up_to);
uint64_t journal_map_next(const struct journal_map *map, uint64_t after);   /* 0: there is none */
uint64_t journal_map_newest(const struct journal_map *map, uint64_t epoch); /* 0: none of it */
bool journal_map_has(const struct journal_map *map, uint64_t sequence, uint64_t epoch);
/* The number of the `n`th behind `after`, or of the last one; 0: there is none. */
uint64_t journal_map_nth(const struct journal_map *map, uint64_t after, uint64_t n);
/* The highest number that may go, so that the last `keep` up to `up_to` stay; 0: none may. */
uint64_t journal_map_beyond(const struct journal_map *map, uint64_t up_to, uint64_t keep);

#endif
