/* SPDX-License-Identifier: ISC */
/*
 * See fragment_pages.h. Pages that were never used are taken last: their memory is not there yet.
 */
#include "sensor/decode/fragment_pages.h"

#include <stdlib.h>
#include <string.h>

bool pages_new(struct pages *pages, uint32_t count)
{
	*pages = (struct pages){
		.pool = calloc(count, sizeof *pages->pool),
		.free_list = CHAIN_END,
		.count = count,
	};
	return pages->pool != NULL;
}

uint64_t pages_bytes(uint32_t count)
{
	return (uint64_t)count * sizeof(struct page);
}

void pages_free(struct pages *pages)
{
	free(pages->pool);
}

uint32_t pages_take(struct pages *pages)
{
	uint32_t index = pages->free_list;

	if (index != CHAIN_END)
		pages->free_list = pages->pool[index].next_free;
	else if (pages->fresh < pages->count)
		index = pages->fresh++;
	else
		return CHAIN_END;
	memset(pages->pool[index].have, 0, sizeof pages->pool[index].have);
	return index;
}

void pages_give(struct pages *pages, uint32_t index)
{
	pages->pool[index].next_free = pages->free_list;
	pages->free_list = index;
}
