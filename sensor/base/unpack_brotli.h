/* SPDX-License-Identifier: ISC */
/*
 * Brotli (RFC 7932), in memory that is given to it. A stream says how large a window it wants; it
 * gets 256 KiB at most, which changes nothing for its first 256 KiB. One with very many codes may
 * find no room. What stands shortly before damage may be lost with it.
 */
#ifndef SENSOR_UNPACK_BROTLI_H
#define SENSOR_UNPACK_BROTLI_H

#include "sensor/base/arena.h"
#include "sensor/base/unpack_step.h"

#define UNPACK_BROTLI_BYTES (640u << 10) /* of an arena */

struct unpack_brotli; /* lives in the arena, which may be begun again at any time */

/* NULL: the arena has no room. */
struct unpack_brotli *unpack_brotli_begin(struct arena *arena);
/* Moves the buffers on. */
enum unpack_result unpack_brotli_step(struct unpack_brotli *brotli, struct unpack_buffers *buffers);

#endif
