/* SPDX-License-Identifier: ISC */
/*
 * Who unpacks for the dissectors (dissectors/read/unpacker.h): a pool of places of fixed size, one
 * for each stream that is being read. A place is held from the stream's first byte until it has
 * ended, until UNPACKER_MOST bytes have come out of it, or until nobody wants more of it: seldom
 * longer than a few packets. When all are held, the one that was used longest ago is taken away;
 * its stream is not read any further: counted.
 *
 * There are small places, for what needs a window of 32 KiB, and large ones, for Brotli and
 * Zstandard. A library allocates out of its place and nowhere else; what wants more than that, as a
 * stream can that was made to be expensive, is not read: counted.
 */
#ifndef SENSOR_UNPACKERS_H
#define SENSOR_UNPACKERS_H

#include "dissectors/read/unpacker.h"
#include "sensor/base/counter_rows.h"

#define UNPACKERS_LOST UINT16_MAX

struct unpackers;

/* Who holds a place: 0 to begin with, then its number, or UNPACKERS_LOST if it was taken away. */
typedef uint16_t unpackers_hold;

/* `mib` of memory, half of it for each kind of place; 0: one. NULL: out of memory. */
struct unpackers *unpackers_new(uint32_t mib);
void unpackers_free(struct unpackers *unpackers); /* NULL is allowed */
uint64_t unpackers_bytes(uint32_t mib);		  /* what unpackers_new() takes */

/* As struct unpacker's; *hold stays where it is for as long as it is not 0. */
enum unpacked unpackers_next(struct unpackers *unpackers, unpackers_hold *hold,
			     enum packing packing, struct bytes *in, struct bytes *out);
void unpackers_end(struct unpackers *unpackers, unpackers_hold *hold);
/* It is not to be read any further: the next unpackers_next() says UNPACKED_REFUSED. */
void unpackers_take_away(struct unpackers *unpackers, unpackers_hold *hold);

/* What has been done so far, in quarters of a nanosecond of an ordinary core, about. */
uint64_t unpackers_work(const struct unpackers *unpackers);

struct unpackers_stats {
	COUNTERS_UNPACK(COUNTER_MEMBER, )
};
void unpackers_stats(const struct unpackers *unpackers, struct unpackers_stats *stats);

#endif
