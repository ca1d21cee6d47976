/* SPDX-License-Identifier: ISC */
#include "tools/lib/memory.h"

#include <err.h>
#include <stdlib.h>
#include <string.h>

#include "sensor/base/printable.h"
#include "tools/lib/status.h"

static void *have(void *memory)
{
	if (memory == NULL)
		errx(TOOL_INPUT, "out of memory");
	return memory;
}

void *memory_grow(void *list, size_t count, size_t *room, size_t size)
{
	if (count < *room)
		return list;
	*room = *room == 0 ? 64 : *room * 2;
	return have(reallocarray(list, *room, size));
}

char *memory_text(const char *text)
{
	size_t size = strlen(text) + 1;
	char *made = have(malloc(size));

	printable_copy(made, size, text);
	return made;
}

void *memory_array(size_t count, size_t size)
{
	return have(calloc(count == 0 ? 1 : count, size));
}
