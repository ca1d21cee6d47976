/* SPDX-License-Identifier: ISC */
/*
 * See savefile.h. One buffer: a block of the file, in front of it what the block before left of a
 * record. Reading blocks costs as little as mapping the file (measured: 0.11 s for 1 GB both ways),
 * and a file that shrinks meanwhile is an error instead of a signal.
 */
#include "sensor/capture/savefile.h"

#include <byteswap.h>
#include <stdlib.h>
#include <string.h>

#include "sensor/base/clock.h"

#define MICROSECONDS 0xa1b2c3d4u
#define NANOSECONDS  0xa1b23c4du

#define BLOCK  (256u * 1024)
#define RECORD 16 /* bytes of a record's header */

struct savefile {
	struct input *input;
	bool begun, swapped, ended, input_broken;
	uint32_t tick_ns;     /* of the fraction in a time stamp */
	uint32_t snap_length; /* more of a packet is passed over */
	size_t at, have;      /* in buffer: the next record, and all that was read */
	char failure[SAVEFILE_ERROR];
	uint8_t buffer[RECORD + SAVEFILE_CAPTURE + BLOCK];
};

static uint32_t u32(const struct savefile *savefile, const uint8_t *bytes)
{
	uint32_t value;

	memcpy(&value, bytes, sizeof value);
	return savefile->swapped ? bswap_32(value) : value;
}

bool savefile_known(const uint8_t *bytes, size_t length)
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

struct savefile *savefile_new(struct input *input)
{
	struct savefile *savefile = malloc(sizeof *savefile);

	if (!savefile)
		return NULL;
	/* The buffer is left untouched: small files touch little of it. */
	memset(savefile, 0, offsetof(struct savefile, buffer));
	savefile->input = input;
	return savefile;
}

uint64_t savefile_bytes(void)
{
	return sizeof(struct savefile);
}

void savefile_free(struct savefile *savefile)
{
	free(savefile);
}

/* Until `need` bytes stand at `at`. False: the input ended or broke before. */
static bool fill(struct savefile *savefile, size_t need)
{
	if (savefile->have - savefile->at >= need)
		return true;
	memmove(savefile->buffer, savefile->buffer + savefile->at, savefile->have - savefile->at);
	savefile->have -= savefile->at;
	savefile->at = 0;
	while (savefile->have < need && !savefile->ended) {
		ssize_t n = input_read(savefile->input, savefile->buffer + savefile->have, BLOCK);

		savefile->ended = n <= 0;
		savefile->input_broken |= n < 0;
		if (n > 0)
			savefile->have += (size_t)n;
	}
	return savefile->have >= need;
}

static int fail_short(struct savefile *savefile, const char *what, size_t need)
{
	if (!savefile->input_broken)
		snprintf(savefile->failure, sizeof savefile->failure,
			 "the file is cut off: %zu of %zu bytes of a %s are there",
			 savefile->have - savefile->at, need, what);
	return -1;
}

static bool begin(struct savefile *savefile)
{
	const uint8_t *header = savefile->buffer;
	uint32_t magic;

	savefile->begun = true;
	if (!fill(savefile, SAVEFILE_HEADER))
		return false;
	memcpy(&magic, header, sizeof magic);
	savefile->swapped = magic != MICROSECONDS && magic != NANOSECONDS;
	savefile->tick_ns = u32(savefile, header) == NANOSECONDS ? 1 : 1000;
	savefile->snap_length = u32(savefile, header + 16);
	/* As libpcap has it: 0 and numbers past all sense mean no limit. */
	if (savefile->snap_length == 0 || savefile->snap_length > SAVEFILE_CAPTURE)
		savefile->snap_length = SAVEFILE_CAPTURE;
	savefile->at = SAVEFILE_HEADER;
	return true;
}

bool savefile_ready(const struct savefile *savefile)
{
	size_t have = savefile->have - savefile->at;
	uint32_t captured;

	if (!savefile->begun || have < RECORD)
		return false;
	captured = u32(savefile, savefile->buffer + savefile->at + 8);
	return captured <= SAVEFILE_CAPTURE && have - RECORD >= captured;
}

int savefile_next(struct savefile *savefile, struct savefile_record *record)
{
	const uint8_t *header;
	uint32_t captured;

	if (!savefile->begun && !begin(savefile))
		return fail_short(savefile, "file header", SAVEFILE_HEADER);
	if (!fill(savefile, RECORD)) {
		if (savefile->have == savefile->at && !savefile->input_broken)
			return 0;
		return fail_short(savefile, "record's header", RECORD);
	}
	header = savefile->buffer + savefile->at;
	captured = u32(savefile, header + 8);
	if (captured > SAVEFILE_CAPTURE) {
		snprintf(savefile->failure, sizeof savefile->failure,
			 "a packet of %u captured bytes, more than the %d that there can be",
			 captured, SAVEFILE_CAPTURE);
		return -1;
	}
	if (!fill(savefile, RECORD + captured))
		return fail_short(savefile, "packet", RECORD + captured);
	header = savefile->buffer + savefile->at;
	record->frame = header + RECORD;
	record->captured = captured < savefile->snap_length ? captured : savefile->snap_length;
	record->wire = u32(savefile, header + 12);
	record->ts_ns = u32(savefile, header) * NS_PER_S +
			u32(savefile, header + 4) * (uint64_t)savefile->tick_ns;
	savefile->at += RECORD + captured;
	return 1;
}

const char *savefile_failure(const struct savefile *savefile)
{
	return savefile->failure;
}
