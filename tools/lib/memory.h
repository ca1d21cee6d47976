/* SPDX-License-Identifier: ISC */
/* Memory of tools that run once: whoever has none left says so and ends. */
#ifndef TOOLS_LIB_MEMORY_H
#define TOOLS_LIB_MEMORY_H

#include <stddef.h>

/* The list, with room for one more than `count`; `room` is what it has. The caller frees. */
void *memory_grow(void *list, size_t count, size_t *room, size_t size);
/* A copy of other people's text: one line of it, as terminals and files like it (printable.h). */
char *memory_text(const char *text);
/* Zeroed, for at least one. */
void *memory_array(size_t count, size_t size);

#endif
