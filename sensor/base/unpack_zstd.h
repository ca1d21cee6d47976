/* SPDX-License-Identifier: ISC */
/*
 * Zstandard (RFC 8878), frame by frame and block by block, in memory that is given to it. Frames
 * are handed to the library with a window of 128 KiB, whatever they ask for: of what stands behind
 * so many bytes nobody wants anything. A block comes out when it is whole; so the same comes out of
 * a damaged stream, wherever its pieces end.
 */
#ifndef SENSOR_UNPACK_ZSTD_H
#define SENSOR_UNPACK_ZSTD_H

#include "sensor/base/arena.h"
#include "sensor/base/unpack_step.h"

/* Of an arena: what the library says it takes for such a window (576 KiB in 1.5), and ours. */
#define UNPACK_ZSTD_BYTES (640u << 10)

struct unpack_zstd; /* lives in the arena, which may be begun again at any time */

/* Does a frame begin with these four bytes, or one that is to be skipped? */
bool unpack_zstd_begins(const uint8_t *bytes);
/* NULL: the arena has no room. */
struct unpack_zstd *unpack_zstd_begin(struct arena *arena);
/* Moves the buffers on. UNPACK_ENDED: what follows the frames is none. */
enum unpack_result unpack_zstd_step(struct unpack_zstd *zstd, struct unpack_buffers *buffers);

#endif
