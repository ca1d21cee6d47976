/* SPDX-License-Identifier: ISC */
/*
 * Decompression that gives every byte there is of a file that is cut off or still being written:
 * gzip (RFC 1952), bzip2 and xz, several streams one behind the other included.
 */
#ifndef SENSOR_UNPACK_H
#define SENSOR_UNPACK_H

#include "sensor/base/unpack_step.h"

#define UNPACK_MEMORY (256u << 20) /* of xz's dictionary, which the file chooses */

enum unpack_kind {
	UNPACK_NONE,
	UNPACK_GZIP,
	UNPACK_BZIP2,
	UNPACK_XZ,
	UNPACK_ZSTD, /* these two are libarchive's: input.c */
	UNPACK_LZ4,
};

/* By the first bytes. */
enum unpack_kind unpack_kind(const uint8_t *bytes, size_t length);
const char *unpack_name(enum unpack_kind kind);

struct unpack;

/* NULL: out of memory. */
struct unpack *unpack_new(enum unpack_kind kind);
void unpack_free(struct unpack *unpack); /* NULL is allowed */

/* One step; moves the buffers on. UNPACK_ENDED: and nothing follows. */
enum unpack_result unpack_step(struct unpack *unpack, struct unpack_buffers *buffers);

#endif
