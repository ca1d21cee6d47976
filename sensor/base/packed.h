/* SPDX-License-Identifier: ISC */
/*
 * Members of a struct as tagged bytes, for a file that a later version reads: a tag that it does
 * not know, or whose size has changed, is passed over and that member stays as it was. Runs of
 * zeros take two bytes. A checksum tells damage. Byte order is the host's.
 */
#ifndef SENSOR_PACKED_H
#define SENSOR_PACKED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct packed_member {
	uint16_t tag; /* never used again for anything else; 0: a place that stays empty */
	uint32_t offset, size;
};

/* Bytes that packing takes at most, for members of `size` bytes altogether. */
#define PACKED_MAX(size, members) (16 + 2 * ((size) + 8 * (members)))

/* `scratch` and `to` have that many. Returns how many of `to` are used. */
size_t packed_write(const struct packed_member *members, size_t count, const void *object,
		    uint8_t *scratch, uint8_t *to);
/* False: damaged; nothing was written to `object`. `scratch` has `room` bytes. */
bool packed_read(const struct packed_member *members, size_t count, void *object,
		 const uint8_t *from, size_t length, uint8_t *scratch, size_t room);

#endif
