/* SPDX-License-Identifier: ISC */
/*
 * zlib's decompression, in memory that is given to it: one stream of gzip (RFC 1952), zlib
 * (RFC 1950) or deflate alone (RFC 1951).
 */
#ifndef SENSOR_UNPACK_ZLIB_H
#define SENSOR_UNPACK_ZLIB_H

#include "sensor/base/arena.h"
#include "sensor/base/unpack_step.h"

/* Of an arena: the window of 32 KiB, about 7 KiB of state, and some to spare. */
#define UNPACK_ZLIB_BYTES (48u << 10)

enum unpack_zlib_format { UNPACK_ZLIB_GZIP, UNPACK_ZLIB_ZLIB, UNPACK_ZLIB_RAW };

struct unpack_zlib; /* lives in the arena, which may be begun again at any time */

/* NULL: the arena has no room. */
struct unpack_zlib *unpack_zlib_begin(struct arena *arena, enum unpack_zlib_format format);
/* Moves the buffers on. */
enum unpack_result unpack_zlib_step(struct unpack_zlib *zlib, struct unpack_buffers *buffers);

#endif
