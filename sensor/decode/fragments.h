/* SPDX-License-Identifier: ISC */
/*
 * Puts IP datagrams together from their fragments, IPv4 and IPv6, within bounds that are taken at
 * start: a pool of pages of 2 KiB, each a part of one datagram's payload. Fragments may come in any
 * order and as small as they like. What is defined:
 *
 *  overlaps     the first copy of a byte stays, as in TCP streams. Hosts differ in this (RFC 5722
 *               drops the datagram); whether one took the datagram is told by its answer.
 *               Counted, and by themselves those whose bytes differ: somebody tries something.
 *  liars        a piece behind the end, a second end, an end that is before what is there, a piece
 *               whose length is no multiple of 8: not taken, counted.
 *  never whole  given up FRAGMENTS_WAIT_NS after the first piece came, however many follow. What
 *               is there from the beginning on is still looked at (the mirror may have lost more).
 *  no room      the datagram that has waited longest is given up, counted.
 *  copies       the same fragment again changes nothing; neither does it just after the datagram
 *               was whole (a mirror that sees everything twice).
 */
#ifndef SENSOR_FRAGMENTS_H
#define SENSOR_FRAGMENTS_H

#include "sensor/base/clock.h"
#include "sensor/base/counter_rows.h"
#include "sensor/decode/decode.h"

#define FRAGMENTS_WAIT_NS (30 * NS_PER_S)

struct fragments;

/* An IP packet: a new header of 20 or 40 bytes, and the payload. Valid until the next call. */
struct datagram {
	const uint8_t *ip;
	uint32_t captured, wire;
};

struct fragments_stats {
	COUNTERS_FRAGMENTS(COUNTER_MEMBER, )
};

/* NULL: out of memory. */
struct fragments *fragments_new(uint32_t pages, uint64_t hash_key);
void fragments_free(struct fragments *fragments); /* NULL is allowed */
/* What waits, and what was whole lately: another input follows. */
void fragments_forget(struct fragments *f);
uint64_t fragments_bytes(uint32_t pages); /* what fragments_new() takes */

/* A packet that was DECODE_FRAGMENT. True: its datagram is whole now. */
bool fragments_add(struct fragments *fragments, const struct packet *packet,
		   struct datagram *datagram);
/*
 * True: a datagram has waited too long, and its beginning is handed over, with the packet that its
 * first piece came in. Call it again until it is false. Cheap when nothing is due.
 */
bool fragments_expire(struct fragments *fragments, uint64_t now_ns, struct packet *packet,
		      struct datagram *datagram);
void fragments_stats(const struct fragments *fragments, struct fragments_stats *stats);

#endif
