/* SPDX-License-Identifier: ISC */
/*
 * See fragments.h: the table of datagrams that are waited for, and who makes room for whom. What is
 * there of one is in fragment_set.c. Sets that are whole stay for a moment without pages, to
 * recognise copies.
 */
#include "sensor/decode/fragments.h"

#include <stdlib.h>
#include <string.h>

#include "sensor/base/chains.h"
#include "sensor/base/clock.h"
#include "sensor/base/hash.h"
#include "sensor/decode/fragment_set.h"

#define COPY_NS (NS_PER_S / 10) /* a fragment so soon after the whole is a copy */
#define TINY	20		/* less than TCP's fixed header */

struct fragments {
	struct fragment_set *sets;
	struct order_node *nodes;
	struct pages pages;
	struct chains chains;
	struct order waiting, whole, unused; /* each slot below `used` is in one of them */
	uint32_t set_count, used;
	uint64_t hash_key;
	struct fragments_stats stats;
	uint8_t built[FRAGMENT_DATAGRAM_MAX];
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
	f->waiting = f->whole = f->unused = (struct order)ORDER_EMPTY;
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

/* Out of the list that it is in. */
static void unlist(struct fragments *f, uint32_t slot)
{
	bool waits = f->sets[slot].whole_ns == 0;

	order_remove(waits ? &f->waiting : &f->whole, f->nodes, slot);
	f->stats.waiting -= waits;
}

static void remove_set(struct fragments *f, uint32_t slot)
{
	chains_remove(&f->chains, f->sets[slot].hash, slot);
	fragment_set_empty(&f->sets[slot], &f->pages);
	unlist(f, slot);
	order_append(&f->unused, f->nodes, slot);
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
	order_remove(&f->unused, f->nodes, slot);
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
	fragment_set_begin(&f->sets[slot], packet, hash);
	order_append(&f->waiting, f->nodes, slot);
	f->stats.waiting++;
}

/* A page for this part; others give theirs up if they must, but not `keep`. NULL: there is none. */
static struct page *take_page(struct fragments *f, uint32_t keep, uint32_t number)
{
	struct fragment_set *set = &f->sets[keep];
	struct page *page = fragment_set_page(set, &f->pages, number);
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

/* False: no room. */
static bool store(struct fragments *f, uint32_t slot, const struct fragment *piece,
		  struct fragment_overlap *overlap)
{
	struct fragment_set *set = &f->sets[slot];

	for (uint32_t at = 0; at < piece->length; at += UNIT) {
		uint32_t unit = (piece->offset + at) / UNIT;
		struct page *page = take_page(f, slot, unit / PAGE_UNITS);

		if (!page)
			return false;
		fragment_set_store(set, page, unit % PAGE_UNITS, piece, at, overlap);
	}
	return true;
}

static void count(struct fragments *f, const struct fragment_overlap *overlap)
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
	struct fragment_set *set = &f->sets[slot];

	fragment_set_empty(set, &f->pages);
	unlist(f, slot);
	order_append(&f->whole, f->nodes, slot);
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
	struct fragment_overlap overlap = {.old = 0};
	uint32_t slot = set_of(f, packet);
	struct fragment_set *set;

	if (slot == CHAIN_END)
		return false;
	set = &f->sets[slot];
	if (fragment_set_contradicts(set, &packet->fragment)) {
		f->stats.liars++;
		return false;
	}
	if (!store(f, slot, &packet->fragment, &overlap)) {
		f->stats.no_room++;
		return false;
	}
	if (fragment_set_note(set, packet))
		f->stats.tiny += packet->fragment.length < TINY;
	count(f, &overlap);
	if (!fragment_set_is_whole(set))
		return false;
	fragment_set_build(set, &f->pages, set->total, f->built, datagram);
	end_set(f, slot, packet->ts_ns);
	f->stats.whole++;
	return true;
}

bool fragments_expire(struct fragments *f, uint64_t now_ns, struct packet *packet,
		      struct datagram *datagram)
{
	while (f->waiting.first != CHAIN_END) {
		uint32_t slot = f->waiting.first;
		struct fragment_set *set = &f->sets[slot];
		bool begun;

		/* So old, or of a time that the clock was set back from. */
		if (apart(now_ns, set->since_ns) < FRAGMENTS_WAIT_NS)
			return false;
		f->stats.given_up++;
		begun = set->has_first && set->units != 0;
		if (begun) {
			*packet = set->packet;
			fragment_set_build(set, &f->pages, fragment_set_contiguous(set, &f->pages),
					   f->built, datagram);
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
