/* SPDX-License-Identifier: ISC */
/* The pages that fragments.c keeps payloads in: a pool of fixed size, each given back whole. */
#ifndef SENSOR_FRAGMENT_PAGES_H
#define SENSOR_FRAGMENT_PAGES_H

#include <stdbool.h>
#include <stdint.h>

#include "sensor/base/chains.h"

#define PAGE_BYTES 2048
#define UNIT	   8 /* bytes: what fragments are counted in */
#define PAGE_UNITS (PAGE_BYTES / UNIT)

struct page {
	uint8_t bytes[PAGE_BYTES];
	uint64_t have[PAGE_UNITS / 64]; /* a bit for each unit that is there */
	uint32_t next_free;
};

struct pages {
	struct page *pool;
	uint32_t free_list, fresh, count; /* fresh: the first page never used yet */
};

bool pages_new(struct pages *pages, uint32_t count); /* false: out of memory */
uint64_t pages_bytes(uint32_t count);		     /* what pages_new() takes */
void pages_free(struct pages *pages);
/* The index of a page with nothing in it; CHAIN_END: there is none left. */
uint32_t pages_take(struct pages *pages);
void pages_give(struct pages *pages, uint32_t index);

#endif
