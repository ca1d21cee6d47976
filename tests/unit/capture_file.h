/* SPDX-License-Identifier: ISC */
/*
 * Capture files as bytes, for the tests of reading them: pcap in either byte order and precision.
 */
#ifndef TESTS_UNIT_CAPTURE_FILE_H
#define TESTS_UNIT_CAPTURE_FILE_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/unit/packets.h"

struct capture_bytes {
	uint8_t bytes[8192];
	size_t length;
	bool big; /* endian */
};

static inline void capture_put32(struct capture_bytes *file, uint32_t value)
{
	for (int i = 0; i < 4; i++)
		file->bytes[file->length++] = (uint8_t)(value >> (file->big ? 24 - 8 * i : 8 * i));
}

/* The header; `magic` tells micro- or nanoseconds. */
static inline void capture_begin(struct capture_bytes *file, uint32_t magic, bool big,
				 uint32_t link)
{
	file->length = 0;
	file->big = big;
	capture_put32(file, magic);
	capture_put32(file, big ? 0x00020004 : 0x00040002); /* version 2.4, two 16-bit fields */
	capture_put32(file, 0);
	capture_put32(file, 0);
	capture_put32(file, 65535);
	capture_put32(file, link);
}

static inline void capture_put(struct capture_bytes *file, uint32_t seconds, uint32_t fraction,
			       const struct frame *frame, uint32_t captured)
{
	capture_put32(file, seconds);
	capture_put32(file, fraction);
	capture_put32(file, captured);
	capture_put32(file, (uint32_t)frame->length);
	memcpy(file->bytes + file->length, frame->bytes, captured);
	file->length += captured;
}

/* Writes a new file; `path` is filled in. */
static inline void capture_save(char path[64], const uint8_t *bytes, size_t length)
{
	int fd;

	strcpy(path, "/tmp/spanwatch-test-XXXXXX");
	fd = mkstemp(path);
	if (fd < 0 || write(fd, bytes, length) != (ssize_t)length || close(fd) != 0)
		abort();
}

#endif
