/* SPDX-License-Identifier: ISC */
/*
 * Blocks of LZ4 and of Snappy, as databases put them into their frames: literals, and copies of
 * what came before. Both formats are small, and their libraries want a block as a whole; this takes
 * it in pieces, and keeps no more than is looked at. Sources: lz4_Block_format.md of LZ4,
 * format_description.txt of Snappy.
 */
#ifndef SENSOR_UNPACK_LZ_H
#define SENSOR_UNPACK_LZ_H

#include "sensor/base/arena.h"
#include "sensor/base/unpack_step.h"

#define UNPACK_LZ_MOST	(64u << 10) /* bytes that come out: no copy reaches further back */
#define UNPACK_LZ_BYTES (UNPACK_LZ_MOST + (4u << 10)) /* of an arena */

enum unpack_lz_format { UNPACK_LZ_LZ4, UNPACK_LZ_SNAPPY };

struct unpack_lz; /* lives in the arena, which may be begun again at any time */

/* NULL: the arena has no room. */
struct unpack_lz *unpack_lz_begin(struct arena *arena, enum unpack_lz_format format);
/*
 * Moves the buffers on. A block of LZ4 does not say where it ends. UNPACK_MORE with UNPACK_LZ_MOST
 * bytes made: that is all.
 */
enum unpack_result unpack_lz_step(struct unpack_lz *lz, struct unpack_buffers *buffers);

#endif
