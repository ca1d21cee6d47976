/* SPDX-License-Identifier: ISC */
/* One step of decompression, as each of the libraries' wrappers takes it. */
#ifndef SENSOR_UNPACK_STEP_H
#define SENSOR_UNPACK_STEP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct unpack_buffers {
	const uint8_t *in;
	size_t in_length;
	uint8_t *out;
	size_t out_length;
	bool last; /* nothing follows `in` */
};

enum unpack_result {
	UNPACK_MORE,  /* goes on, when there is something to read and room to write */
	UNPACK_ENDED, /* at the end of a stream */
	UNPACK_WRONG, /* what comes is not what it was said to be */
	UNPACK_ROOM,  /* it wants more memory than it has */
};

static inline void unpack_move_on(struct unpack_buffers *buffers, size_t taken, size_t made)
{
	buffers->in += taken;
	buffers->in_length -= taken;
	buffers->out += made;
	buffers->out_length -= made;
}

#endif
