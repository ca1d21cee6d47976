/* SPDX-License-Identifier: ISC */
/*
 * Zstandard, block by block, so that of a file that is cut off every whole block comes out: the
 * library's streams end in an error otherwise, which takes what came before with it. Frames are
 * handed on without the length of their content and its checksum, which such a file does not fit; a
 * cut one is ended by an empty block.
 * Source: RFC 8878, 3.1.1.
 */
#ifndef SENSOR_ZSTD_FRAMES_H
#define SENSOR_ZSTD_FRAMES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define ZSTD_FRAMES_BLOCK (3 + 128 * 1024) /* with its header: the largest there is */

/* Reads exactly `size` bytes, or as many as there still are; -1: an error. */
typedef ssize_t zstd_frames_read(void *context, uint8_t *to, size_t size);

struct zstd_frames {
	zstd_frames_read *read;
	void *context;
	bool within;	   /* a frame */
	bool has_checksum; /* behind its last block */
	bool cut, wrong;
	uint8_t piece[ZSTD_FRAMES_BLOCK];
};

/* The next piece of the frames, in `piece`. Returns its length; 0: the end. */
size_t zstd_frames_next(struct zstd_frames *frames);

#endif
