/* SPDX-License-Identifier: ISC */
/*
 * See savefile.h. One buffer: a block of the file, in front of it what the block before left of a
 * record. Reading blocks costs as little as mapping the file (measured: 0.11 s for 1 GB both ways),
 * and a file that shrinks meanwhile is an error instead of a signal.
 *
 * Where a record would stand, another file may begin. Its first bytes make no record that there is:
 * of a classic header none of whose bytes were captured, of a section more than there can be.
 */
#include "sensor/capture/savefile.h"

#include <stdio.h>
#include <stdlib.h>

#include "sensor/base/clock.h"
#include "sensor/capture/savefile_state.h"

bool savefile_known(const uint8_t *bytes, size_t length)
{
	return savefile_is_classic(bytes, length) || savefile_is_section(bytes, length);
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
	if (savefile)
		free(savefile->interfaces);
	free(savefile);
}

/* Does a file begin at `at`? */
static bool begin(struct savefile *savefile)
{
	if (savefile_begin_classic(savefile))
		return true;
	savefile_fill(savefile, SAVEFILE_SECTION);
	if (!savefile_is_section(savefile->buffer + savefile->at, savefile->have - savefile->at))
		return false;
	savefile->kind = SAVEFILE_BLOCKS;
	return true;
}

int savefile_link(struct savefile *savefile)
{
	if (savefile->kind == SAVEFILE_UNBEGUN && !begin(savefile))
		return -1;
	return savefile->kind == SAVEFILE_CLASSIC ? savefile->link : -1;
}

bool savefile_ready(const struct savefile *savefile)
{
	size_t have = savefile->have - savefile->at;
	uint32_t captured;

	if (savefile->kind == SAVEFILE_BLOCKS)
		return savefile_blocks_ready(savefile);
	if (savefile->kind != SAVEFILE_CLASSIC || have < SAVEFILE_RECORD)
		return false;
	captured = savefile_u32(savefile, savefile->buffer + savefile->at + 8);
	/* What may be another file's header is looked at with nothing before it in hand. */
	return captured - 1 < SAVEFILE_CAPTURE && have - SAVEFILE_RECORD >= captured;
}

static int fail_long(struct savefile *savefile, uint32_t captured)
{
	snprintf(savefile->failure, sizeof savefile->failure,
		 "a packet of %u captured bytes, more than the %d that there can be", captured,
		 SAVEFILE_CAPTURE);
	return -1;
}

/* As savefile_next(), or: another file has begun. */
static int next_classic(struct savefile *savefile, struct savefile_record *record)
{
	const uint8_t *header;
	uint32_t captured;

	if (!savefile_fill(savefile, SAVEFILE_RECORD)) {
		if (savefile->have == savefile->at && !savefile->input_broken)
			return 0;
		return savefile_fail_short(savefile, "record's header", SAVEFILE_RECORD);
	}
	captured = savefile_u32(savefile, savefile->buffer + savefile->at + 8);
	if (captured - 1 >= SAVEFILE_CAPTURE && begin(savefile))
		return SAVEFILE_OTHER;
	if (captured > SAVEFILE_CAPTURE)
		return fail_long(savefile, captured);
	if (!savefile_fill(savefile, SAVEFILE_RECORD + captured))
		return savefile_fail_short(savefile, "packet", SAVEFILE_RECORD + captured);
	header = savefile->buffer + savefile->at;
	record->frame = header + SAVEFILE_RECORD;
	record->captured = captured < savefile->snap_length ? captured : savefile->snap_length;
	record->wire = savefile_u32(savefile, header + 12);
	record->ts_ns = savefile_u32(savefile, header) * NS_PER_S +
			savefile_u32(savefile, header + 4) * (uint64_t)savefile->tick_ns;
	record->link = savefile->link;
	savefile->origin.packet++;
	record->origin = savefile->origin;
	savefile->at += SAVEFILE_RECORD + captured;
	return 1;
}

int savefile_next(struct savefile *savefile, struct savefile_record *record)
{
	int result = SAVEFILE_OTHER;

	if (savefile->kind == SAVEFILE_UNBEGUN && !begin(savefile))
		return savefile_fail_short(savefile, "file header", SAVEFILE_HEADER);
	while (result == SAVEFILE_OTHER)
		result = savefile->kind == SAVEFILE_BLOCKS ? savefile_blocks_next(savefile, record)
							   : next_classic(savefile, record);
	return result;
}

const char *savefile_failure(const struct savefile *savefile)
{
	return savefile->failure;
}

bool savefile_is_cut(const struct savefile *savefile)
{
	return savefile->cut;
}

struct savefile_lost savefile_lost(const struct savefile *savefile)
{
	return savefile->lost;
}
