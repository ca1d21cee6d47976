/* SPDX-License-Identifier: ISC */
/*
 * What is there of one datagram: its payload in pages by their offset, each with a bit for every 8
 * bytes, so that tiny fragments cost no more memory than large ones.
 */
#ifndef SENSOR_FRAGMENT_SET_H
#define SENSOR_FRAGMENT_SET_H

#include "sensor/decode/fragment_pages.h"
#include "sensor/decode/fragments.h"

#define FRAGMENT_PAGES	      32				 /* of one datagram: 64 KiB */
#define FRAGMENT_DATAGRAM_MAX (40 + FRAGMENT_PAGES * PAGE_BYTES) /* bytes, with an IP header */

struct fragment_set {
	uint64_t since_ns, whole_ns; /* whole_ns: 0 while it waits */
	uint64_t hash;
	struct packet packet; /* of the first piece if that has come, else of any */
	uint32_t pages[FRAGMENT_PAGES];
	uint32_t units;	     /* that are there */
	uint32_t end, total; /* highest byte seen; of all, 0 while unknown */
	uint32_t cut;	     /* bytes from here on were not captured */
	uint8_t protocol;
	bool has_first;
};

/* What one fragment had that was there before. */
struct fragment_overlap {
	uint32_t old, fresh; /* units */
	bool differs;
};

/* Nothing is there yet; `packet` is the fragment that came first. */
void fragment_set_begin(struct fragment_set *set, const struct packet *packet, uint64_t hash);
/* The page of that number; NULL: nothing is there of its bytes. */
struct page *fragment_set_page(const struct fragment_set *set, const struct pages *pages,
			       uint32_t number);
/* Gives all pages back. */
void fragment_set_empty(struct fragment_set *set, struct pages *pages);

/* Does it not agree with what is known of the datagram's length? */
bool fragment_set_contradicts(const struct fragment_set *set, const struct fragment *piece);
/*
 * The bytes of `piece` from `at` on, up to 8 of which the last may be missing, as the page's unit
 * of that number. What is there already stays.
 */
void fragment_set_store(struct fragment_set *set, struct page *page, uint32_t unit,
			const struct fragment *piece, uint32_t at,
			struct fragment_overlap *overlap);
/* What a stored piece tells of the whole. True: it is the beginning, for the first time. */
bool fragment_set_note(struct fragment_set *set, const struct packet *packet);

bool fragment_set_is_whole(const struct fragment_set *set);
/* Bytes from the beginning on without a hole. */
uint32_t fragment_set_contiguous(const struct fragment_set *set, const struct pages *pages);
/* Its first `captured` bytes, without a hole, as a datagram in `built` (FRAGMENT_DATAGRAM_MAX). */
void fragment_set_build(const struct fragment_set *set, const struct pages *pages,
			uint32_t captured, uint8_t *built, struct datagram *datagram);

#endif
