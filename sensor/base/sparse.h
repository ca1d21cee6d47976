/* SPDX-License-Identifier: ISC */
/*
 * An object that is mostly zeros, without them: for a ring, where each byte is carried from one
 * core to another. Between threads of one program only: no byte order, no versions, no checksum.
 *
 *   one bit for each PIECE bytes of the object: is it written? ┃ those pieces, in order
 */
#ifndef SENSOR_SPARSE_H
#define SENSOR_SPARSE_H

#include <stddef.h>
#include <stdint.h>

#define SPARSE_PIECE 8
/* Bits are kept for runs of 64 pieces. */
#define SPARSE_RUN   (64 * SPARSE_PIECE)

/* Bytes that an object of `size` takes at most. */
#define SPARSE_MOST(size)                                                                          \
	(((size) + SPARSE_RUN - 1) / SPARSE_RUN * sizeof(uint64_t) + (size) + SPARSE_PIECE)

/* `to` has room for SPARSE_MOST(size). Returns how many bytes were written. */
size_t sparse_write(uint8_t *to, const void *object, size_t size);
/* The way back, of bytes that the above wrote for an object of the same size. */
void sparse_read(void *object, size_t size, const uint8_t *from);

#endif
