/* SPDX-License-Identifier: ISC */
/*
 * Decompression that gives every byte there is of a file that is cut off or still being written:
 * gzip (RFC 1952), bzip2 and xz, several streams one behind the other included.
 */
#ifndef SENSOR_UNPACK_H
#define SENSOR_UNPACK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

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

struct unpack_buffers {
	const uint8_t *in;
	size_t in_length;
	uint8_t *out;
	size_t out_length;
	bool last; /* nothing follows `in` */
};

enum unpack_result {
	UNPACK_MORE,  /* goes on, when there is something to read and room to write */
	UNPACK_ENDED, /* at the end of a stream, and nothing follows */
	UNPACK_WRONG, /* what comes is not what it was said to be */
};

/* One step; moves the buffers on. */
enum unpack_result unpack_step(struct unpack *unpack, struct unpack_buffers *buffers);

#endif
