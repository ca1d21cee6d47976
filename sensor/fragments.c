/* SPDX-License-Identifier: ISC */
/*
 * See fragments.h. A datagram's payload lies in pages by its offset, each with a bit for every 8
 * bytes, so that tiny fragments cost no more memory than large ones. Sets that are whole stay for
 * a moment without pages, to recognise copies.
 */
#include "sensor/fragments.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "sensor/chains.h"
#include "sensor/datagram_header.h"
#include "sensor/fragment_pages.h"
#include "sensor/hash.h"

#define PAYLOAD_MAX	65535
#define PAGES_MAX	32 /* of one datagram: 64 KiB */
#define DATAGRAM_HEADER 40
#define COPY_NS		100000000ull /* a fragment so soon after the whole is a copy */
#define TINY		20	     /* less than TCP's fixed header */

struct set {
	uint64_t since_ns, whole_ns; /* whole_ns: 0 while it waits */
	uint64_t hash;
	struct packet packet; /* of the first piece if that has come, else of any */
	uint32_t pages[PAGES_MAX];
	uint32_t units;	     /* that are there */
	uint32_t end, total; /* highest byte seen; of all, 0 while unknown */
	uint32_t cut;	     /* bytes from here on were not captured */
	uint8_t protocol;
	bool has_first;
};

struct fragments {
	struct set *sets;
	struct list_node *nodes;
	struct pages pages;
	struct chains chains;
	struct list waiting, whole, unused; /* each slot below `used` is in one of them */
	uint32_t set_count, used;
	uint64_t hash_key;
	struct fragments_stats stats;
	uint8_t built[DATAGRAM_HEADER + PAGES_MAX * PAGE_BYTES];
};

static uint32_t sets_for(uint32_t pages)
{
	return pages * 2;
}

uint64_t fragments_bytes(uint32_t pages)
{
	const struct fragments *f = NULL;
	uint32_t sets = sets_for(pages);

	return sizeof *f + sets * (uint64_t)(sizeof *f->sets + sizeof *f->nodes) +
	       pages_bytes(pages) + chains_bytes(sets);
}

struct fragments *fragments_new(uint32_t pages, uint64_t hash_key)
{
	struct fragments *f = calloc(1, sizeof *f);

	if (!f)
		return NULL;
	f->set_count = sets_for(pages);
	f->hash_key = hash_key;
	f->waiting = f->whole = f->unused = (struct list)LIST_EMPTY;
	f->sets = calloc(f->set_count, sizeof *f->sets);
	f->nodes = calloc(f->set_count, sizeof *f->nodes);
	if (!pages_new(&f->pages, pages) || !f->sets || !f->nodes ||
	    !chains_new(&f->chains, f->set_count)) {
		fragments_free(f);
		return NULL;
	}
	return f;
}

void fragments_free(struct fragments *f)
{
	if (!f)
		return;
	pages_free(&f->pages);
	free(f->sets);
	free(f->nodes);
	chains_free(&f->chains);
	free(f);
}

static struct page *page_at(struct fragments *f, struct set *set, uint32_t number)
{
	return set->pages[number] == CHAIN_END ? NULL : &f->pages.pool[set->pages[number]];
}

static void free_pages(struct fragments *f, struct set *set)
{
	for (int i = 0; i < PAGES_MAX; i++) {
		if (set->pages[i] == CHAIN_END)
			continue;
		pages_give(&f->pages, set->pages[i]);
		set->pages[i] = CHAIN_END;
	}
}

/* Out of the list that it is in. */
static void unlist(struct fragments *f, uint32_t slot)
{
	bool waits = f->sets[slot].whole_ns == 0;

	list_remove(waits ? &f->waiting : &f->whole, f->nodes, slot);
	f->stats.waiting -= waits;
}

static void remove_set(struct fragments *f, uint32_t slot)
{
	chains_remove(&f->chains, f->sets[slot].hash, slot);
	free_pages(f, &f->sets[slot]);
	unlist(f, slot);
	list_append(&f->unused, f->nodes, slot);
}

/* A slot nobody needs: a new one, one whose datagram was whole, or the one that waits longest. */
static uint32_t take_slot(struct fragments *f)
{
	uint32_t slot;

	if (f->unused.first == CHAIN_END && f->used < f->set_count)
		return f->used++;
	if (f->unused.first == CHAIN_END && f->whole.first != CHAIN_END) {
		remove_set(f, f->whole.first);
	} else if (f->unused.first == CHAIN_END) {
		remove_set(f, f->waiting.first);
		f->stats.no_room++;
	}
	slot = f->unused.first;
	list_remove(&f->unused, f->nodes, slot);
	return slot;
}

static uint32_t find(const struct fragments *f, const struct fragment_key *key, uint64_t hash)
{
	uint32_t slot = chains_first(&f->chains, hash);

	while (slot != CHAIN_END &&
	       memcmp(&f->sets[slot].packet.fragment.key, key, sizeof *key) != 0)
		slot = chains_next(&f->chains, slot);
	return slot;
}

/* The slot is in no list. */
static void begin(struct fragments *f, uint32_t slot, const struct packet *packet, uint64_t hash)
{
	struct set *set = &f->sets[slot];

	*set = (struct set){
		.since_ns = packet->ts_ns,
		.hash = hash,
		.packet = *packet,
		.cut = UINT32_MAX,
	};
	for (int i = 0; i < PAGES_MAX; i++)
		set->pages[i] = CHAIN_END;
	list_append(&f->waiting, f->nodes, slot);
	f->stats.waiting++;
}

/* A page for this part; others give theirs up if they must, but not `keep`. NULL: there is none. */
static struct page *take_page(struct fragments *f, uint32_t keep, uint32_t number)
{
	struct set *set = &f->sets[keep];
	struct page *page = page_at(f, set, number);
	uint32_t index;

	if (page)
		return page;
	while ((index = pages_take(&f->pages)) == CHAIN_END) {
		uint32_t victim = f->waiting.first;

		if (victim == keep)
			victim = f->nodes[victim].next;
		if (victim == CHAIN_END)
			return NULL;
		f->stats.no_room++;
		remove_set(f, victim);
	}
	set->pages[number] = index;
	return &f->pages.pool[index];
}

/* What one fragment had that was there before. */
struct overlap {
	uint32_t old, fresh; /* units */
	bool differs;
};

/* Up to 8 bytes of the fragment, of which the last may be missing. */
static void store_unit(struct set *set, struct page *page, uint32_t unit,
		       const struct fragment *piece, uint32_t at, struct overlap *overlap)
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

/* False: no room. */
static bool store(struct fragments *f, uint32_t slot, const struct fragment *piece,
		  struct overlap *overlap)
{
	struct set *set = &f->sets[slot];

	for (uint32_t at = 0; at < piece->length; at += UNIT) {
		uint32_t unit = (piece->offset + at) / UNIT;
		struct page *page = take_page(f, slot, unit / PAGE_UNITS);

		if (!page)
			return false;
		store_unit(set, page, unit % PAGE_UNITS, piece, at, overlap);
	}
	return true;
}

/* Does it agree with what is known of the datagram's length? */
static bool is_lying(const struct set *set, const struct fragment *piece)
{
	uint32_t end = piece->offset + piece->length;

	if (piece->length == 0 || end > PAYLOAD_MAX || (piece->more && piece->length % UNIT != 0))
		return true;
	if (!piece->more)
		return set->end > end || (set->total != 0 && set->total != end);
	return set->total != 0 && end > set->total;
}

/* Bytes from the beginning on without a hole. */
static uint32_t contiguous(struct fragments *f, struct set *set)
{
	uint32_t unit = 0;

	for (; unit * UNIT < set->end; unit++) {
		const struct page *page = page_at(f, set, unit / PAGE_UNITS);
		uint32_t bit = unit % PAGE_UNITS;

		if (!page || !(page->have[bit / 64] >> (bit % 64) & 1))
			return unit * UNIT;
	}
	return set->end;
}

static void build(struct fragments *f, struct set *set, uint32_t captured, uint32_t length,
		  struct datagram *datagram)
{
	uint32_t header =
		datagram_header(f->built, &set->packet.fragment.key, set->protocol, length);

	if (captured > set->cut)
		captured = set->cut;
	for (uint32_t at = 0; at < captured; at += PAGE_BYTES) {
		uint32_t part = captured - at < PAGE_BYTES ? captured - at : PAGE_BYTES;
		const struct page *page = page_at(f, set, at / PAGE_BYTES);

		assert(page); /* there is no hole before `captured` */
		memcpy(f->built + header + at, page->bytes, part);
	}
	*datagram = (struct datagram){
		.ip = f->built,
		.captured = header + captured,
		.wire = header + length,
	};
}

/* The first piece tells what is in it, and where it came from. */
static void note_piece(struct fragments *f, struct set *set, const struct packet *packet)
{
	const struct fragment *piece = &packet->fragment;
	uint32_t end = piece->offset + piece->length;

	if (piece->offset == 0 && !set->has_first) {
		set->has_first = true;
		set->packet = *packet;
		f->stats.tiny += piece->length < TINY;
	}
	if (piece->offset == 0 || !set->has_first)
		set->protocol = piece->protocol;
	if (end > set->end)
		set->end = end;
	if (!piece->more)
		set->total = end;
	if (piece->captured < piece->length && piece->offset + piece->captured < set->cut)
		set->cut = piece->offset + piece->captured;
}

static void count(struct fragments *f, const struct overlap *overlap)
{
	if (overlap->old == 0) {
		f->stats.taken++;
	} else if (overlap->fresh == 0 && !overlap->differs) {
		f->stats.copies++;
	} else {
		f->stats.overlaps++;
		f->stats.conflicts += overlap->differs;
	}
}

/* Nothing more is expected of it; it stays for a moment, for copies. */
static void end_set(struct fragments *f, uint32_t slot, uint64_t now_ns)
{
	struct set *set = &f->sets[slot];

	free_pages(f, set);
	unlist(f, slot);
	list_append(&f->whole, f->nodes, slot);
	set->whole_ns = now_ns | 1;
}

static uint64_t apart(uint64_t a, uint64_t b)
{
	return a > b ? a - b : b - a;
}

/* The set of this fragment; CHAIN_END: it is a copy of what has been whole just now. */
static uint32_t set_of(struct fragments *f, const struct packet *packet)
{
	const struct fragment_key *key = &packet->fragment.key;
	uint64_t hash = hash_bytes(key, sizeof *key, f->hash_key);
	uint32_t slot = find(f, key, hash);

	if (slot == CHAIN_END) {
		slot = take_slot(f);
		begin(f, slot, packet, hash);
		chains_add(&f->chains, hash, slot);
	} else if (f->sets[slot].whole_ns != 0) {
		if (apart(packet->ts_ns, f->sets[slot].whole_ns) <= COPY_NS) {
			f->stats.copies++;
			return CHAIN_END;
		}
		unlist(f, slot);
		begin(f, slot, packet, hash);
	}
	return slot;
}

void fragments_forget(struct fragments *f)
{
	while (f->waiting.first != CHAIN_END)
		remove_set(f, f->waiting.first);
	while (f->whole.first != CHAIN_END)
		remove_set(f, f->whole.first);
}

bool fragments_add(struct fragments *f, const struct packet *packet, struct datagram *datagram)
{
	struct overlap overlap = {.old = 0};
	uint32_t slot = set_of(f, packet);
	struct set *set;

	if (slot == CHAIN_END)
		return false;
	set = &f->sets[slot];
	if (is_lying(set, &packet->fragment)) {
		f->stats.liars++;
		return false;
	}
	if (!store(f, slot, &packet->fragment, &overlap)) {
		f->stats.no_room++;
		return false;
	}
	note_piece(f, set, packet);
	count(f, &overlap);
	if (set->total == 0 || set->units != (set->total + UNIT - 1) / UNIT)
		return false;
	build(f, set, set->total, set->total, datagram);
	end_set(f, slot, packet->ts_ns);
	f->stats.whole++;
	return true;
}

bool fragments_expire(struct fragments *f, uint64_t now_ns, struct packet *packet,
		      struct datagram *datagram)
{
	while (f->waiting.first != CHAIN_END) {
		uint32_t slot = f->waiting.first;
		struct set *set = &f->sets[slot];
		bool begun;

		/* So old, or of a time that the clock was set back from. */
		if (apart(now_ns, set->since_ns) < FRAGMENTS_WAIT_NS)
			return false;
		f->stats.given_up++;
		begun = set->has_first && set->units != 0;
		if (begun) {
			*packet = set->packet;
			build(f, set, contiguous(f, set), set->total ? set->total : set->end,
			      datagram);
			packet->incomplete = true;
		}
		end_set(f, slot, now_ns);
		if (begun)
			return true;
	}
	return false;
}

void fragments_stats(const struct fragments *f, struct fragments_stats *stats)
{
	*stats = f->stats;
}
