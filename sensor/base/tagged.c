/* SPDX-License-Identifier: ISC */
/*
 * See tagged.h. The line of an entry follows from its tag, so that entries can be moved without
 * their keys. There are a third more places than slots at least: some line is never full.
 */
#include "sensor/base/tagged.h"

#include <stdlib.h>
#include <string.h>

#define LINE_BYTES 64

_Static_assert(sizeof(struct tagged_line) == LINE_BYTES, "one line");

static uint64_t lines_for(uint32_t slots)
{
	uint64_t lines = 2;

	while (lines * TAGGED_LINE * 3 < (uint64_t)slots * 4)
		lines *= 2;
	return lines;
}

uint64_t tagged_bytes(uint32_t slots)
{
	return lines_for(slots) * LINE_BYTES;
}

bool tagged_new(struct tagged *tagged, uint32_t slots)
{
	uint64_t lines = lines_for(slots);

	*tagged = (struct tagged){
		.lines = aligned_alloc(LINE_BYTES, lines * LINE_BYTES),
		.mask = (uint32_t)(lines - 1),
	};
	if (tagged->lines == NULL)
		return false;
	memset(tagged->lines, 0xff, lines * LINE_BYTES); /* TAGGED_NONE */
	return true;
}

void tagged_free(struct tagged *tagged)
{
	free(tagged->lines);
	tagged->lines = NULL;
}

static bool is_full(const struct tagged_line *line)
{
	return line->slots[TAGGED_LINE - 1] != TAGGED_NONE;
}

static unsigned used(const struct tagged_line *line)
{
	unsigned count = 0;

	while (count < TAGGED_LINE && line->slots[count] != TAGGED_NONE)
		count++;
	return count;
}

void tagged_add(struct tagged *tagged, uint64_t hash, uint32_t slot)
{
	uint32_t tag = (uint32_t)(hash >> 32), at = tag & tagged->mask;
	struct tagged_line *line;
	unsigned count;

	while (is_full(&tagged->lines[at]))
		at = (at + 1) & tagged->mask;
	line = &tagged->lines[at];
	count = used(line);
	line->tags[count] = tag;
	line->slots[count] = slot;
}

/* The last one takes its place. */
static void take_out(struct tagged_line *line, unsigned at)
{
	unsigned last = used(line) - 1;

	line->tags[at] = line->tags[last];
	line->slots[at] = line->slots[last];
	line->slots[last] = TAGGED_NONE;
}

/* One of `line` that belongs to line `hole` or before it, TAGGED_LINE: there is none. */
static unsigned find_late(const struct tagged *tagged, uint32_t line, uint32_t hole)
{
	const struct tagged_line *from = &tagged->lines[line];
	const uint32_t away = (line - hole) & tagged->mask;

	for (unsigned i = 0; i < TAGGED_LINE && from->slots[i] != TAGGED_NONE; i++) {
		if (((line - from->tags[i]) & tagged->mask) >= away)
			return i;
	}
	return TAGGED_LINE;
}

/* A line that was full is not any more: one of those behind it, if any had to go on, comes back. */
static void make_up(struct tagged *tagged, uint32_t hole)
{
	uint32_t at = hole;
	bool was_full = true;

	while (was_full) {
		struct tagged_line *line;
		unsigned late;

		at = (at + 1) & tagged->mask;
		line = &tagged->lines[at];
		was_full = is_full(line);
		late = find_late(tagged, at, hole);
		if (late == TAGGED_LINE)
			continue;
		tagged->lines[hole].tags[TAGGED_LINE - 1] = line->tags[late];
		tagged->lines[hole].slots[TAGGED_LINE - 1] = line->slots[late];
		take_out(line, late);
		hole = at;
	}
}

void tagged_remove(struct tagged *tagged, uint64_t hash, uint32_t slot)
{
	struct tagged_look look;
	uint32_t found = tagged_first(tagged, hash, &look);
	struct tagged_line *line;
	bool was_full;

	while (found != slot && found != TAGGED_NONE)
		found = tagged_next(tagged, &look);
	if (found == TAGGED_NONE)
		return;
	line = &tagged->lines[look.line];
	was_full = is_full(line);
	take_out(line, look.at - 1);
	if (was_full)
		make_up(tagged, look.line);
}
