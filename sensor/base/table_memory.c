/* SPDX-License-Identifier: ISC */
/*
 * See table_memory.h. Of malloc(), so that its own figures know of it; where its block begins is
 * written before what is handed out.
 */
#include "sensor/base/table_memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define CACHE_LINE 64u
#define SETTING	   "/sys/kernel/mm/transparent_hugepage/enabled"
#define LARGE_PAGE (2u << 20)
#define PAGE	   4096u

uint64_t table_memory_bytes(uint64_t count, size_t size)
{
	return count * size + CACHE_LINE;
}

/* What is too small for a large page is not worth asking. Advice: whether it is taken or not. */
static void ask_for_large_pages(uintptr_t start, uint64_t bytes)
{
	uintptr_t first = (start + PAGE - 1) / PAGE * PAGE;

	if (bytes >= LARGE_PAGE)
		madvise((void *)first, (start + bytes - first) / PAGE * PAGE, MADV_HUGEPAGE);
}

void *table_memory_new(uint64_t count, size_t size)
{
	uint64_t bytes;
	uintptr_t start;
	void *block;

	if (__builtin_mul_overflow(count, size, &bytes) || bytes > SIZE_MAX - CACHE_LINE)
		return NULL;
	block = calloc(1, (size_t)bytes + CACHE_LINE);
	if (!block)
		return NULL;
	start = (uintptr_t)block / CACHE_LINE * CACHE_LINE + CACHE_LINE; /* 16 bytes on at least */
	ask_for_large_pages(start, bytes);
	memcpy((void *)(start - sizeof block), &block, sizeof block);
	return (void *)start;
}

void table_memory_free(void *memory)
{
	void *block;

	if (!memory)
		return;
	memcpy(&block, (const uint8_t *)memory - sizeof block, sizeof block);
	free(block);
}

bool table_memory_large(void)
{
	FILE *file = fopen(SETTING, "re");
	char line[64];

	if (!file) /* the kernel was built without them */
		return false;
	if (!fgets(line, sizeof line, file))
		line[0] = '\0';
	fclose(file);
	return strstr(line, "[madvise]") || strstr(line, "[always]");
}
