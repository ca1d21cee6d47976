/* SPDX-License-Identifier: ISC */
/*
 * A hash index over the slots of a fixed array, like chains.h, for tables that are larger than a
 * cache: a look-up asks for one line of memory, and goes to the slot itself only where 32 bits of
 * its hash fit. A line that is full goes on in the next one; what is removed is made up for at
 * once, so that a look-up may end at the first line that is not full.
 */
#ifndef SENSOR_TAGGED_H
#define SENSOR_TAGGED_H

#include <stdbool.h>
#include <stdint.h>

#define TAGGED_NONE UINT32_MAX
#define TAGGED_LINE 8 /* entries */

struct tagged_line {
	uint32_t tags[TAGGED_LINE];
	uint32_t slots[TAGGED_LINE]; /* from the front; TAGGED_NONE: no more */
};

struct tagged {
	struct tagged_line *lines;
	uint32_t mask;
};

bool tagged_new(struct tagged *tagged, uint32_t slots); /* false: out of memory */
uint64_t tagged_bytes(uint32_t slots);			/* what tagged_new() takes */
void tagged_free(struct tagged *tagged);
void tagged_add(struct tagged *tagged, uint64_t hash, uint32_t slot); /* at most `slots` */
/* Nothing happens if it is not there. */
void tagged_remove(struct tagged *tagged, uint64_t hash, uint32_t slot);

struct tagged_look {
	uint32_t line, tag;
	unsigned at;
};

/* The slots whose tag is that of the hash, TAGGED_NONE behind the last: compare the keys. */
static inline uint32_t tagged_next(const struct tagged *tagged, struct tagged_look *look)
{
	for (;;) {
		const struct tagged_line *line = &tagged->lines[look->line];

		while (look->at < TAGGED_LINE) {
			unsigned at = look->at++;

			if (line->slots[at] == TAGGED_NONE)
				return TAGGED_NONE;
			if (line->tags[at] == look->tag)
				return line->slots[at];
		}
		look->line = (look->line + 1) & tagged->mask;
		look->at = 0;
	}
}

static inline uint32_t tagged_first(const struct tagged *tagged, uint64_t hash,
				    struct tagged_look *look)
{
	uint32_t tag = (uint32_t)(hash >> 32);

	*look = (struct tagged_look){.line = tag & tagged->mask, .tag = tag};
	return tagged_next(tagged, look);
}

#endif
