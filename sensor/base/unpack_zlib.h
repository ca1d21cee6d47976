/* SPDX-License-Identifier: ISC */
/*
 * zlib's decompression, in memory that is given to it: one stream of gzip (RFC 1952), zlib
 * (RFC 1950) or deflate alone (RFC 1951). And, for our own files, whole pieces both ways.
 */
#ifndef SENSOR_UNPACK_ZLIB_H
#define SENSOR_UNPACK_ZLIB_H

#include <stdbool.h>
#include <stddef.h>

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

/* What pieces have in common; each is packed against it. Empty: nothing. */
struct zlib_dictionary {
	const void *bytes;
	size_t length;
};

/* One piece as a stream of zlib, which ends in a checksum. 0: `room` is too small: have
 * zlib_pack_most(), or there is no memory. */
size_t zlib_pack_most(size_t length);
size_t zlib_pack(const void *bytes, size_t length, const struct zlib_dictionary *dictionary,
		 void *to, size_t room);
/* False: damaged, not exactly `length` bytes, or packed against something else. */
bool zlib_unpack(const void *packed, size_t packed_length, const struct zlib_dictionary *dictionary,
		 void *to, size_t length);

#endif
