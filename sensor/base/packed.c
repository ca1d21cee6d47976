/* SPDX-License-Identifier: ISC */
/*
 * See packed.h. checksum (8) | the rest, in which a zero is followed by how many there are:
 *	tag (2) | size (4) | bytes | tag ...
 */
#include "sensor/base/packed.h"

#include <string.h>

#include "sensor/base/hash.h"

#define HEAD 6

static size_t squeeze(const uint8_t *from, size_t length, uint8_t *to)
{
	size_t used = 0;

	for (size_t i = 0; i < length; i++) {
		uint8_t run = 1;

		to[used++] = from[i];
		if (from[i] != 0)
			continue;
		while (run < UINT8_MAX && i + 1 < length && from[i + 1] == 0) {
			run++;
			i++;
		}
		to[used++] = run;
	}
	return used;
}

/* Returns the length, or SIZE_MAX if it does not fit or ends early. */
static size_t expand(const uint8_t *from, size_t length, uint8_t *to, size_t room)
{
	size_t used = 0;

	for (size_t i = 0; i < length; i++) {
		uint8_t value = from[i];
		size_t run = 1;

		if (value == 0) {
			if (++i == length)
				return SIZE_MAX;
			run = from[i];
		}
		if (run > room - used)
			return SIZE_MAX;
		memset(to + used, value, run);
		used += run;
	}
	return used;
}

size_t packed_write(const struct packed_member *members, size_t count, const void *object,
		    uint8_t *scratch, uint8_t *to)
{
	uint64_t checksum;
	size_t used = 0;

	for (size_t i = 0; i < count; i++) {
		if (members[i].tag == 0)
			continue;
		memcpy(scratch + used, &members[i].tag, 2);
		memcpy(scratch + used + 2, &members[i].size, 4);
		memcpy(scratch + used + HEAD, (const uint8_t *)object + members[i].offset,
		       members[i].size);
		used += HEAD + members[i].size;
	}
	used = squeeze(scratch, used, to + sizeof checksum);
	checksum = hash_bytes(to + sizeof checksum, used, 0);
	memcpy(to, &checksum, sizeof checksum);
	return used + sizeof checksum;
}

static void take(const struct packed_member *members, size_t count, void *object, uint16_t tag,
		 const uint8_t *bytes, uint32_t size)
{
	for (size_t i = 0; i < count; i++) {
		if (members[i].tag == tag && members[i].size == size)
			memcpy((uint8_t *)object + members[i].offset, bytes, size);
	}
}

bool packed_read(const struct packed_member *members, size_t count, void *object,
		 const uint8_t *from, size_t length, uint8_t *scratch, size_t room)
{
	uint64_t checksum;
	size_t left, at = 0;

	if (length < sizeof checksum)
		return false;
	memcpy(&checksum, from, sizeof checksum);
	length -= sizeof checksum;
	from += sizeof checksum;
	if (hash_bytes(from, length, 0) != checksum)
		return false;
	left = expand(from, length, scratch, room);
	if (left == SIZE_MAX)
		return false;
	while (left - at >= HEAD) {
		uint16_t tag;
		uint32_t size;

		memcpy(&tag, scratch + at, 2);
		memcpy(&size, scratch + at + 2, 4);
		at += HEAD;
		if (size > left - at)
			return false;
		take(members, count, object, tag, scratch + at, size);
		at += size;
	}
	return true;
}
