/* SPDX-License-Identifier: ISC */
/* See held_lines.h. */
#include "sensor/output/held_lines.h"

#include <stdlib.h>
#include <string.h>

bool held_lines_add(struct held_lines *lines, uint64_t sequence, const char *text, size_t length)
{
	struct held_line *line = malloc(sizeof *line + length);

	if (line == NULL)
		return false;
	*line = (struct held_line){.sequence = sequence, .length = length};
	memcpy(line->text, text, length);
	if (lines->last != NULL)
		lines->last->next = line;
	else
		lines->first = line;
	lines->last = line;
	lines->bytes += length;
	return true;
}

void held_lines_drop(struct held_lines *lines)
{
	struct held_line *line = lines->first;

	lines->first = line->next;
	if (lines->first == NULL)
		lines->last = NULL;
	lines->bytes -= line->length;
	free(line);
}

void held_lines_clear(struct held_lines *lines)
{
	while (lines->first != NULL)
		held_lines_drop(lines);
}
