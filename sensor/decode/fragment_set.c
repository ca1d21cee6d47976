/* SPDX-License-Identifier: ISC */
/* See fragment_set.h. */
#include "sensor/decode/fragment_set.h"

#include <assert.h>
#include <string.h>

#include "sensor/decode/datagram_header.h"

#define PAYLOAD_MAX 65535

void fragment_set_begin(struct fragment_set *set, const struct packet *packet, uint64_t hash)
{
	*set = (struct fragment_set){
		.since_ns = packet->ts_ns,
		.hash = hash,
		.packet = *packet,
		.cut = UINT32_MAX,
	};
	for (int i = 0; i < FRAGMENT_PAGES; i++)
		set->pages[i] = CHAIN_END;
}

struct page *fragment_set_page(const struct fragment_set *set, const struct pages *pages,
			       uint32_t number)
{
	return set->pages[number] == CHAIN_END ? NULL : &pages->pool[set->pages[number]];
}

void fragment_set_empty(struct fragment_set *set, struct pages *pages)
{
	for (int i = 0; i < FRAGMENT_PAGES; i++) {
		if (set->pages[i] == CHAIN_END)
			continue;
		pages_give(pages, set->pages[i]);
		set->pages[i] = CHAIN_END;
	}
}

bool fragment_set_contradicts(const struct fragment_set *set, const struct fragment *piece)
{
	uint32_t end = piece->offset + piece->length;

	if (piece->length == 0 || end > PAYLOAD_MAX || (piece->more && piece->length % UNIT != 0))
		return true;
	if (!piece->more)
		return set->end > end || (set->total != 0 && set->total != end);
	return set->total != 0 && end > set->total;
}

void fragment_set_store(struct fragment_set *set, struct page *page, uint32_t unit,
			const struct fragment *piece, uint32_t at, struct fragment_overlap *overlap)
{
	uint64_t bit = 1ull << (unit % 64), *have = &page->have[unit / 64];
	uint8_t *to = page->bytes + unit * UNIT;
	uint32_t length = piece->length - at < UNIT ? piece->length - at : UNIT;
	uint32_t captured = piece->captured > at ? piece->captured - at : 0;

	if (captured > length)
		captured = length;
	if (*have & bit) {
		overlap->old++;
		overlap->differs |= captured != 0 && memcmp(to, piece->bytes + at, captured) != 0;
		return;
	}
	*have |= bit;
	overlap->fresh++;
	set->units++;
	memset(to, 0, UNIT);
	if (captured != 0)
		memcpy(to, piece->bytes + at, captured);
}

bool fragment_set_note(struct fragment_set *set, const struct packet *packet)
{
	const struct fragment *piece = &packet->fragment;
	uint32_t end = piece->offset + piece->length;
	bool first = piece->offset == 0 && !set->has_first;

	if (first) {
		set->has_first = true;
		set->packet = *packet;
	}
	if (piece->offset == 0 || !set->has_first)
		set->protocol = piece->protocol;
	if (end > set->end)
		set->end = end;
	if (!piece->more)
		set->total = end;
	if (piece->captured < piece->length && piece->offset + piece->captured < set->cut)
		set->cut = piece->offset + piece->captured;
	return first;
}

bool fragment_set_is_whole(const struct fragment_set *set)
{
	return set->total != 0 && set->units == (set->total + UNIT - 1) / UNIT;
}

uint32_t fragment_set_contiguous(const struct fragment_set *set, const struct pages *pages)
{
	uint32_t unit = 0;

	for (; unit * UNIT < set->end; unit++) {
		const struct page *page = fragment_set_page(set, pages, unit / PAGE_UNITS);
		uint32_t bit = unit % PAGE_UNITS;

		if (!page || !(page->have[bit / 64] >> (bit % 64) & 1))
			return unit * UNIT;
	}
	return set->end;
}

void fragment_set_build(const struct fragment_set *set, const struct pages *pages,
			uint32_t captured, uint8_t *built, struct datagram *datagram)
{
	uint32_t length = set->total ? set->total : set->end;
	uint32_t header = datagram_header(built, &set->packet.fragment.key, set->protocol, length);

	if (captured > set->cut)
		captured = set->cut;
	for (uint32_t at = 0; at < captured; at += PAGE_BYTES) {
		uint32_t part = captured - at < PAGE_BYTES ? captured - at : PAGE_BYTES;
		const struct page *page = fragment_set_page(set, pages, at / PAGE_BYTES);

		assert(page); /* there is no hole before `captured` */
		memcpy(built + header + at, page->bytes, part);
	}
	*datagram = (struct datagram){
		.ip = built,
		.captured = header + captured,
		.wire = header + length,
	};
}
