/* SPDX-License-Identifier: ISC */
/*
 * The blocks of pcapng. Each says how long it is, twice:
 *
 *    0               4               8                            length-4
 *   +---------------+---------------+------------- ... ----------+---------------+
 *   |     type      |    length     |  body, padded to 32 bits   |    length     |
 *   +---------------+---------------+------------- ... ----------+---------------+
 *
 * What is not a section, an interface or a packet is passed over by its length, which may be more
 * than the buffer holds. `rest` is what is left of the block in hand: it is passed over at the next
 * call, because the packet before it must stay.
 * Source: draft-ietf-opsawg-pcapng, sections 3 and 4.
 */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

#include "sensor/base/clock.h"
#include "sensor/capture/savefile_state.h"

#define SECTION_TYPE 0x0a0d0d0au /* the same in either byte order */
#define ORDER_MAGIC  0x1a2b3c4du

#define HEAD	     8	/* type and length */
#define TAIL	     4	/* the length again */
#define PACKET_HEAD  28 /* what stands before the bytes of a packet */
#define SIMPLE_HEAD  12
#define INTERFACE    16				       /* before its options */
#define LATEST_NS    ((uint64_t)UINT32_MAX * NS_PER_S) /* as far as classic files reach */
#define MOST_DECIMAL 19				       /* digits of a fraction that 64 bits hold */

enum {
	BLOCK_INTERFACE = 1,
	BLOCK_OLD_PACKET = 2,
	BLOCK_SIMPLE = 3,
	BLOCK_PACKET = 6,
};

enum {
	OPTION_END = 0,
	OPTION_NAME = 2,
	OPTION_DESCRIPTION = 3,
	OPTION_RESOLUTION = 9,
	OPTION_OFFSET = 14,
};

struct block {
	uint32_t type, length;
	uint32_t interface, captured, wire, head; /* of a packet */
	uint64_t ticks;
};

bool savefile_is_section(const uint8_t *bytes, size_t length)
{
	uint32_t type, order;

	if (length < HEAD + sizeof order)
		return false;
	memcpy(&type, bytes, sizeof type);
	memcpy(&order, bytes + HEAD, sizeof order);
	return type == SECTION_TYPE && (order == ORDER_MAGIC || order == bswap_32(ORDER_MAGIC));
}

static int fail(struct savefile *savefile, const char *what, uint32_t number)
{
	snprintf(savefile->failure, sizeof savefile->failure, "%s: %u", what, number);
	return -1;
}

static bool is_packet(uint32_t type)
{
	return type == BLOCK_PACKET || type == BLOCK_SIMPLE || type == BLOCK_OLD_PACKET;
}

/* ---- clocks ---- */

static bool set_resolution(struct savefile_interface *interface, uint8_t resolution)
{
	unsigned digits = resolution & 0x7f;

	if (resolution & 0x80) {
		interface->ticks = UINT64_C(1) << (digits & 63);
		return digits < 64;
	}
	if (digits > MOST_DECIMAL)
		return false;
	for (interface->ticks = 1; digits > 0; digits--)
		interface->ticks *= 10;
	return true;
}

static uint64_t nanoseconds(const struct savefile_interface *interface, uint64_t ticks)
{
	__extension__ typedef __int128 wide;
	wide ns = (wide)ticks * (wide)NS_PER_S / (wide)interface->ticks +
		  (wide)interface->offset_s * (wide)NS_PER_S;

	if (ns < 0)
		return 0;
	return ns > (wide)LATEST_NS ? LATEST_NS : (uint64_t)ns;
}

static uint64_t time_of(const struct savefile_interface *interface, uint64_t ticks)
{
	/* The usual clocks, without a wide division. */
	if (interface->offset_s == 0 && interface->ticks == 1000000 && ticks < LATEST_NS / 1000)
		return ticks * 1000;
	if (interface->offset_s == 0 && interface->ticks == NS_PER_S && ticks < LATEST_NS)
		return ticks;
	return nanoseconds(interface, ticks);
}

/* ---- sections and interfaces ---- */

/* What is at `at` is a section's header, of which so much is there. */
static int begin_section(struct savefile *savefile, struct block *block)
{
	const uint8_t *bytes;
	uint32_t order;

	if (!savefile_fill(savefile, SAVEFILE_SECTION))
		return savefile_fail_short(savefile, "section's header", SAVEFILE_SECTION);
	bytes = savefile->buffer + savefile->at;
	memcpy(&order, bytes + HEAD, sizeof order);
	if (!savefile_is_section(bytes, SAVEFILE_SECTION))
		return fail(savefile, "a section in no byte order that there is", order);
	savefile->swapped = order != ORDER_MAGIC;
	if (savefile_u16(savefile, bytes + 12) != 1)
		return fail(savefile, "a section of a version of pcapng that is not read",
			    savefile_u16(savefile, bytes + 12));
	savefile->interface_count = 0;
	block->length = savefile_u32(savefile, bytes + 4);
	return 1;
}

/* Shorter than `room`, and up to the first NUL. */
static void take_text(char *to, size_t room, const uint8_t *bytes, uint16_t length)
{
	size_t size = strnlen((const char *)bytes, length);

	size = size < room ? size : room - 1;
	memcpy(to, bytes, size);
	to[size] = '\0';
}

/* False: an option that cannot be. */
static bool take_option(const struct savefile *savefile, struct savefile_interface *interface,
			struct origin_names *names, const uint8_t *bytes, uint16_t code,
			uint16_t length)
{
	uint32_t high, low;

	if (code == OPTION_NAME)
		take_text(names->interface, sizeof names->interface, bytes, length);
	if (code == OPTION_DESCRIPTION)
		take_text(names->alias, sizeof names->alias, bytes, length);

	if (code == OPTION_RESOLUTION && length >= 1)
		return set_resolution(interface, bytes[0]);
	if (code == OPTION_OFFSET && length >= 8) {
		/* A number of 64 bits in the section's byte order. */
		high = savefile_u32(savefile, bytes + (savefile->swapped ? 0 : 4));
		low = savefile_u32(savefile, bytes + (savefile->swapped ? 4 : 0));
		interface->offset_s = (int64_t)((uint64_t)high << 32 | low);
	}
	return true;
}

static bool take_options(struct savefile *savefile, struct savefile_interface *interface,
			 const uint8_t *bytes, size_t length)
{
	struct origin_names names = {.file = ""};

	while (length >= 4) {
		uint16_t code = savefile_u16(savefile, bytes);
		uint16_t size = savefile_u16(savefile, bytes + 2);
		size_t padded = 4 + ((size_t)size + 3) / 4 * 4;

		if (code == OPTION_END || length - 4 < size)
			break;
		if (!take_option(savefile, interface, &names, bytes + 4, code, size))
			return false;
		if (padded >= length)
			break;
		bytes += padded;
		length -= padded;
	}
	interface->from = savefile_from(savefile, &names);
	return true;
}

static struct savefile_interface *add_interface(struct savefile *savefile)
{
	uint32_t room = savefile->interface_room;
	struct savefile_interface *list = savefile->interfaces;

	if (savefile->interface_count == room) {
		room = room == 0 ? 4 : room * 2;
		list = realloc(list, room * sizeof *list);
		if (!list)
			return NULL;
		savefile->interfaces = list;
		savefile->interface_room = room;
	}
	return &list[savefile->interface_count++];
}

static int begin_interface(struct savefile *savefile, const struct block *block)
{
	size_t length = block->length < SAVEFILE_AHEAD ? block->length : SAVEFILE_AHEAD;
	struct savefile_interface *interface;
	const uint8_t *bytes;

	if (length < INTERFACE + TAIL)
		return fail(savefile, "an interface's block of too few bytes", block->length);
	if (!savefile_fill(savefile, length))
		return savefile_fail_short(savefile, "description of an interface", length);
	if (savefile->interface_count == SAVEFILE_INTERFACES) {
		savefile->lost.interfaces++;
		return 1;
	}
	interface = add_interface(savefile);
	if (!interface)
		return fail(savefile, "out of memory for interfaces", savefile->interface_count);
	bytes = savefile->buffer + savefile->at;
	*interface = (struct savefile_interface){
		.ticks = 1000000,
		.snap_length = savefile_snap(savefile_u32(savefile, bytes + 12)),
		.link = savefile_u16(savefile, bytes + 8),
	};
	if (!take_options(savefile, interface, bytes + INTERFACE, length - INTERFACE - TAIL))
		return fail(savefile, "a clock with a resolution that is not read, of interface",
			    savefile->interface_count - 1);
	return 1;
}

/* ---- packets ---- */

static uint32_t packet_head(uint32_t type)
{
	return type == BLOCK_SIMPLE ? SIMPLE_HEAD : PACKET_HEAD;
}

/* The head stands at `bytes`. False: the lengths cannot be. */
static bool read_packet(const struct savefile *savefile, const uint8_t *bytes, struct block *block)
{
	uint32_t head = packet_head(block->type), most;

	block->head = head;
	if (block->length < head + TAIL)
		return false;
	most = block->length - head - TAIL;
	if (block->type == BLOCK_SIMPLE) {
		uint32_t snap = savefile->interface_count ? savefile->interfaces[0].snap_length
							  : SAVEFILE_CAPTURE;

		block->interface = 0;
		block->wire = savefile_u32(savefile, bytes + 8);
		block->captured = block->wire < snap ? block->wire : snap;
		if (block->captured > most)
			block->captured = most;
		return true;
	}
	block->interface = block->type == BLOCK_PACKET ? savefile_u32(savefile, bytes + 8)
						       : savefile_u16(savefile, bytes + 8);
	block->ticks = (uint64_t)savefile_u32(savefile, bytes + 12) << 32 |
		       savefile_u32(savefile, bytes + 16);
	block->captured = savefile_u32(savefile, bytes + 20);
	block->wire = savefile_u32(savefile, bytes + 24);
	return block->captured <= most && block->captured <= SAVEFILE_CAPTURE;
}

bool savefile_blocks_ready(const struct savefile *savefile)
{
	size_t have = savefile->have - savefile->at;
	const uint8_t *bytes = savefile->buffer + savefile->at;
	struct block block = {.type = 0};

	if (have < savefile->rest || have - savefile->rest < PACKET_HEAD)
		return false;
	bytes += savefile->rest;
	have -= savefile->rest;
	block.type = savefile_u32(savefile, bytes);
	block.length = savefile_u32(savefile, bytes + 4);
	return is_packet(block.type) && block.length <= have &&
	       read_packet(savefile, bytes, &block) && block.interface < savefile->interface_count;
}

/* 1: taken; 0: it is nobody's, and passed over; -1: broken. */
static int take_packet(struct savefile *savefile, struct block *block,
		       struct savefile_record *record)
{
	uint32_t head = packet_head(block->type);
	const struct savefile_interface *interface;

	if (!savefile_fill(savefile, head))
		return savefile_fail_short(savefile, "packet's header", head);
	if (!read_packet(savefile, savefile->buffer + savefile->at, block))
		return fail(savefile, "a packet that does not fit into its block of bytes",
			    block->length);
	savefile->origin.packet++;
	if (block->interface >= savefile->interface_count) {
		savefile->lost.strangers++;
		return 0;
	}
	if (!savefile_fill(savefile, head + block->captured))
		return savefile_fail_short(savefile, "packet", head + block->captured);
	interface = &savefile->interfaces[block->interface];
	if (block->type == BLOCK_SIMPLE)
		savefile->lost.timeless++;
	else
		savefile->last_ns = time_of(interface, block->ticks);
	*record = (struct savefile_record){
		.frame = savefile->buffer + savefile->at + head,
		.captured = block->captured < interface->snap_length ? block->captured
								     : interface->snap_length,
		.wire = block->wire,
		.ts_ns = savefile->last_ns,
		.link = interface->link,
		.origin = {savefile->origin.packet, interface->from},
	};
	savefile->at += head + block->captured;
	savefile->rest = block->length - head - block->captured;
	return 1;
}

/* What is left of the block in hand. 1: it is behind us; else as savefile_next(). */
static int finish_block(struct savefile *savefile)
{
	uint32_t length;

	while (savefile->rest > TAIL) {
		size_t have = savefile->have - savefile->at;
		size_t step = savefile->rest - TAIL;

		if (have == 0 && !savefile_fill(savefile, 1))
			return savefile_fail_short(savefile, "block", savefile->rest);
		have = savefile->have - savefile->at;
		step = step < have ? step : have;
		savefile->at += step;
		savefile->rest -= (uint32_t)step;
	}
	if (!savefile_fill(savefile, TAIL))
		return savefile_fail_short(savefile, "block's end", TAIL);
	length = savefile_u32(savefile, savefile->buffer + savefile->at);
	savefile->at += TAIL;
	savefile->rest = 0;
	if (length != savefile->length)
		return fail(savefile, "the lengths before and behind a block differ", length);
	return 1;
}

/* The type and the length of the next block, and what there is to do before its body is read. */
static int begin_block(struct savefile *savefile, struct block *block)
{
	int result = 1;

	if (!savefile_fill(savefile, HEAD)) {
		if (savefile->have == savefile->at && !savefile->input_broken)
			return 0;
		return savefile_fail_short(savefile, "block's header", HEAD);
	}
	block->type = savefile_u32(savefile, savefile->buffer + savefile->at);
	block->length = savefile_u32(savefile, savefile->buffer + savefile->at + 4);
	if (block->type == SECTION_TYPE)
		result = begin_section(savefile, block);
	if (result < 0)
		return result;
	if (block->length < HEAD + TAIL || block->length % 4 != 0)
		return fail(savefile, "a block of so many bytes cannot be", block->length);
	if (block->type == BLOCK_INTERFACE)
		result = begin_interface(savefile, block);
	return result;
}

static int next(struct savefile *savefile, struct savefile_record *record)
{
	struct block block = {.type = 0};
	int result = savefile->rest ? finish_block(savefile) : 1;

	while (result > 0 && !savefile_begin_classic(savefile)) {
		result = begin_block(savefile, &block);
		if (result <= 0)
			return result;
		savefile->length = block.length;
		if (is_packet(block.type))
			result = take_packet(savefile, &block, record);
		else
			result = 0;
		if (result != 0)
			return result;
		savefile->rest = block.length;
		result = finish_block(savefile);
	}
	return result > 0 ? SAVEFILE_OTHER : result;
}

int savefile_blocks_next(struct savefile *savefile, struct savefile_record *record)
{
	int result;

	if (savefile->failed)
		return -1;
	result = next(savefile, record);
	savefile->failed = result < 0;
	return result;
}
