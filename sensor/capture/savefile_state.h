/* SPDX-License-Identifier: ISC */
/*
 * What the parts of the savefile reader share: savefile_begin.c keeps the buffer and knows how a
 * file begins, savefile_blocks.c reads the blocks of pcapng, savefile_names.c keeps the names of
 * interfaces, savefile.c reads classic records and has all that is public. Nobody else includes it.
 */
#ifndef SENSOR_SAVEFILE_STATE_H
#define SENSOR_SAVEFILE_STATE_H

#include <byteswap.h>
#include <string.h>

#include "sensor/capture/savefile.h"

#define SAVEFILE_BLOCK	(256u * 1024) /* read at a time */
#define SAVEFILE_RECORD 16	      /* bytes of a classic record's header */
/* A whole packet, what stands before it in its block, and the length behind it. */
#define SAVEFILE_AHEAD	(64 + SAVEFILE_CAPTURE)

enum savefile_kind {
	SAVEFILE_UNBEGUN,
	SAVEFILE_CLASSIC,
	SAVEFILE_BLOCKS,
};

/* Units of a clock: so many in a second, and what is added to its seconds. */
struct savefile_interface {
	uint64_t ticks;
	int64_t offset_s;
	uint32_t snap_length, from;
	uint16_t link;
};

struct savefile {
	struct input *input;
	enum savefile_kind kind;
	bool swapped, ended, input_broken, cut, failed;
	uint32_t tick_ns;     /* of the fraction in a classic time stamp */
	uint32_t snap_length; /* more of a packet is passed over */
	uint16_t link;	      /* of all classic records */
	size_t at, have;      /* in buffer: the next record, and all that was read */
	struct savefile_interface *interfaces; /* of this section */
	uint32_t interface_count, interface_room;
	uint32_t length, rest; /* of the block in hand: all, and what is still to be passed over */
	uint64_t last_ns;      /* of the newest packet: simple ones have no time */
	struct savefile_lost lost;
	struct origins *origins;
	struct origin origin; /* of the packet before, without its interface */
	uint32_t named[SAVEFILE_NAMED], named_count;
	char failure[SAVEFILE_ERROR];
	uint8_t buffer[SAVEFILE_AHEAD + SAVEFILE_BLOCK];
};

static inline uint32_t savefile_u32(const struct savefile *savefile, const uint8_t *bytes)
{
	uint32_t value;

	memcpy(&value, bytes, sizeof value);
	return savefile->swapped ? bswap_32(value) : value;
}

static inline uint16_t savefile_u16(const struct savefile *savefile, const uint8_t *bytes)
{
	uint16_t value;

	memcpy(&value, bytes, sizeof value);
	return savefile->swapped ? bswap_16(value) : value;
}

/* As libpcap has it: 0 and numbers past all sense mean no limit. */
static inline uint32_t savefile_snap(uint32_t snap_length)
{
	return snap_length == 0 || snap_length > SAVEFILE_CAPTURE ? SAVEFILE_CAPTURE : snap_length;
}

/* Until `need` bytes (at most SAVEFILE_AHEAD) stand at `at`. False: the input ended or broke. */
bool savefile_fill(struct savefile *savefile, size_t need);
/* -1, with words about a `what` that is not all there. */
int savefile_fail_short(struct savefile *savefile, const char *what, size_t need);
/* Does a classic file begin at `at`? Then its header is taken. */
bool savefile_begin_classic(struct savefile *savefile);
/* Is this the header of a classic file, whole? */
bool savefile_is_classic(const uint8_t *bytes, size_t length);

/* savefile_names.c: what packets of an interface of this name come from. */
uint32_t savefile_from(struct savefile *savefile, const struct origin_names *names);

/* savefile_blocks.c: a section header at `bytes`? */
#define SAVEFILE_SECTION 28 /* bytes of the shortest one */
bool savefile_is_section(const uint8_t *bytes, size_t length);
/* Is the next block here as a whole, and a packet? */
bool savefile_blocks_ready(const struct savefile *savefile);
/* As savefile_next(), or: a classic file has begun. */
#define SAVEFILE_OTHER 2
int savefile_blocks_next(struct savefile *savefile, struct savefile_record *record);

#endif
