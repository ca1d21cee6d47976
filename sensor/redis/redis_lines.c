/* SPDX-License-Identifier: ISC */
/* See redis_lines.h. Lines come in the same order as long as the policy is the same. */
#include "sensor/redis/redis_lines.h"

#include <stdlib.h>
#include <string.h>

#define FULL_EVERY 30 /* turns: five minutes of heartbeats */

struct pair {
	const char *name, *value;
	size_t length; /* of both, with their NULs */
};

static bool next_pair(const char **at, const char *end, struct pair *pair)
{
	if (*at >= end)
		return false;
	pair->name = *at;
	pair->value = pair->name + strlen(pair->name) + 1;
	if (pair->value >= end)
		return false;
	pair->length = strlen(pair->name) + 1 + strlen(pair->value) + 1;
	*at = pair->name + pair->length;
	return true;
}

/* Gathers what differs. False: the lines are others. */
static bool gather(struct redis_lines *lines, const char *packed, size_t length)
{
	const char *now = packed, *then = lines->told;
	const char *now_end = packed + length, *then_end = then + lines->told_length;
	struct pair one, other;

	lines->changed_length = 0;
	while (next_pair(&now, now_end, &one)) {
		if (!next_pair(&then, then_end, &other) || strcmp(one.name, other.name) != 0)
			return false;
		if (strcmp(one.value, other.value) == 0)
			continue;
		memcpy(lines->changed + lines->changed_length, one.name, one.length);
		lines->changed_length += one.length;
	}
	return then == then_end;
}

bool redis_lines_compare(struct redis_lines *lines, const char *packed, size_t length)
{
	char *room = realloc(lines->changed, length + 1);

	if (room == NULL)
		return false;
	lines->changed = room;
	lines->full = lines->told == NULL || ++lines->turn % FULL_EVERY == 0 ||
		      !gather(lines, packed, length);
	if (lines->full) {
		memcpy(lines->changed, packed, length);
		lines->changed_length = length;
	}
	return lines->changed_length != 0 || lines->full;
}

void redis_lines_told(struct redis_lines *lines, const char *packed, size_t length)
{
	char *room = realloc(lines->told, length + 1);

	if (room == NULL) {
		redis_lines_forget(lines);
		return;
	}
	memcpy(room, packed, length);
	lines->told = room;
	lines->told_length = length;
}

void redis_lines_forget(struct redis_lines *lines)
{
	free(lines->told);
	lines->told = NULL;
	lines->told_length = 0;
}

void redis_lines_free(struct redis_lines *lines)
{
	redis_lines_forget(lines);
	free(lines->changed);
	lines->changed = NULL;
}
