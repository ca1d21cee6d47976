/* SPDX-License-Identifier: ISC */
/* The buffer of a savefile, and where a classic pcap file begins in it. See savefile_state.h. */
#include <stdio.h>

#include "sensor/capture/savefile_state.h"

#define MICROSECONDS 0xa1b2c3d4u
#define NANOSECONDS  0xa1b23c4du

bool savefile_is_classic(const uint8_t *bytes, size_t length)
{
	uint32_t magic;
	uint16_t major, minor;

	if (length < SAVEFILE_HEADER)
		return false;
	memcpy(&magic, bytes, sizeof magic);
	memcpy(&major, bytes + 4, sizeof major);
	memcpy(&minor, bytes + 6, sizeof minor);
	if (magic == bswap_32(MICROSECONDS) || magic == bswap_32(NANOSECONDS))
		return major == bswap_16(2) && minor == bswap_16(4);
	return (magic == MICROSECONDS || magic == NANOSECONDS) && major == 2 && minor == 4;
}

bool savefile_fill(struct savefile *savefile, size_t need)
{
	if (savefile->have - savefile->at >= need)
		return true;
	savefile->have -= savefile->at;
	memmove(savefile->buffer, savefile->buffer + savefile->at, savefile->have);
	savefile->at = 0;
	while (savefile->have < need && !savefile->ended) {
		ssize_t n = input_read(savefile->input, savefile->buffer + savefile->have,
				       SAVEFILE_BLOCK);

		savefile->ended = n <= 0;
		savefile->input_broken |= n < 0;
		if (n > 0)
			savefile->have += (size_t)n;
	}
	return savefile->have >= need;
}

int savefile_fail_short(struct savefile *savefile, const char *what, size_t need)
{
	savefile->cut = !savefile->input_broken;
	if (!savefile->input_broken)
		snprintf(savefile->failure, sizeof savefile->failure,
			 "the file is cut off: %zu of %zu bytes of a %s are there",
			 savefile->have - savefile->at, need, what);
	return -1;
}

static void begin_classic(struct savefile *savefile)
{
	const uint8_t *header = savefile->buffer + savefile->at;
	uint32_t magic;

	memcpy(&magic, header, sizeof magic);
	savefile->kind = SAVEFILE_CLASSIC;
	savefile->swapped = magic != MICROSECONDS && magic != NANOSECONDS;
	savefile->tick_ns = savefile_u32(savefile, header) == NANOSECONDS ? 1 : 1000;
	savefile->snap_length = savefile_snap(savefile_u32(savefile, header + 16));
	/* The upper bits tell of frame check sequences. */
	savefile->link = (uint16_t)savefile_u32(savefile, header + 20);
	savefile->at += SAVEFILE_HEADER;
}

bool savefile_begin_classic(struct savefile *savefile)
{
	uint32_t first;

	if (!savefile_fill(savefile, sizeof first))
		return false;
	memcpy(&first, savefile->buffer + savefile->at, sizeof first);
	if (first != MICROSECONDS && first != NANOSECONDS && first != bswap_32(MICROSECONDS) &&
	    first != bswap_32(NANOSECONDS))
		return false;
	savefile_fill(savefile, SAVEFILE_HEADER);
	if (!savefile_is_classic(savefile->buffer + savefile->at, savefile->have - savefile->at))
		return false;
	begin_classic(savefile);
	return true;
}
