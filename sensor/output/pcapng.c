/* SPDX-License-Identifier: ISC */
/*
 * See pcapng.h.
 *
 *   | type (32) | total length (32) | body, padded to 32 bits | total length (32) |
 *
 * Options, behind the body's fixed part: | code (16) | length (16) | value, padded |, code 0 ends.
 */
#include "sensor/output/pcapng.h"

#include <string.h>

#include "sensor/decode/encapsulation.h"

#define SECTION	  0x0a0d0d0au
#define INTERFACE 1u
#define PACKET	  6u
#define MAGIC	  0x1a2b3c4du
#define ANY_SNAP  0u

enum option {
	OPTION_END = 0,
	OPTION_COMMENT = 1,
	OPTION_PROGRAM = 4,    /* in a section */
	OPTION_NAME = 2,       /* in an interface */
	OPTION_RESOLUTION = 9, /* in an interface: a power of ten */
};

static uint8_t *take(struct pcapng_out *out, size_t length)
{
	uint8_t *at = out->bytes + out->length;

	if (out->full || out->size - out->length < length) {
		out->full = true;
		return NULL;
	}
	out->length += length;
	return at;
}

static void put_le(struct pcapng_out *out, uint64_t value, size_t length)
{
	uint8_t *at = take(out, length);

	for (size_t i = 0; at && i < length; i++)
		at[i] = (uint8_t)(value >> 8 * i);
}

static void put_padded(struct pcapng_out *out, const void *bytes, size_t length)
{
	size_t padded = (length + 3) & ~(size_t)3;
	uint8_t *at = take(out, padded);

	if (!at)
		return;
	if (length != 0)
		memcpy(at, bytes, length);
	memset(at + length, 0, padded - length);
}

static void put_option(struct pcapng_out *out, enum option code, const void *value, size_t length)
{
	put_le(out, code, 2);
	put_le(out, length, 2);
	put_padded(out, value, length);
}

static void put_text(struct pcapng_out *out, enum option code, const char *text)
{
	size_t length = strlen(text);

	put_option(out, code, text, length < 1024 ? length : 1024);
}

static size_t begin(struct pcapng_out *out, uint32_t type)
{
	size_t start = out->length;

	put_le(out, type, 4);
	put_le(out, 0, 4); /* length: see end() */
	return start;
}

/* A block that did not fit is taken back as a whole. */
static void end(struct pcapng_out *out, size_t start)
{
	size_t total = out->length - start + 4;

	put_le(out, total, 4);
	if (out->full) {
		out->length = start;
		return;
	}
	for (size_t i = 0; i < 4; i++)
		out->bytes[start + 4 + i] = (uint8_t)(total >> 8 * i);
}

void pcapng_section(struct pcapng_out *out, const char *comment, const char *program)
{
	size_t start = begin(out, SECTION);

	put_le(out, MAGIC, 4);
	put_le(out, 1, 2); /* version 1.0 */
	put_le(out, 0, 2);
	put_le(out, UINT64_MAX, 8); /* length of the section: not known */
	put_text(out, OPTION_COMMENT, comment);
	put_text(out, OPTION_PROGRAM, program);
	put_le(out, OPTION_END, 4);
	end(out, start);
}

void pcapng_interface(struct pcapng_out *out, enum link_type link, const char *name)
{
	size_t start = begin(out, INTERFACE);
	uint8_t nanoseconds = 9;

	put_le(out, encapsulation_link_number(link), 2);
	put_le(out, 0, 2);
	put_le(out, ANY_SNAP, 4);
	put_text(out, OPTION_NAME, name);
	put_option(out, OPTION_RESOLUTION, &nanoseconds, 1);
	put_le(out, OPTION_END, 4);
	end(out, start);
}

void pcapng_packet(struct pcapng_out *out, uint32_t interface, const struct frame_view *frame)
{
	size_t start = begin(out, PACKET);

	put_le(out, interface, 4);
	put_le(out, frame->ts_ns >> 32, 4);
	put_le(out, frame->ts_ns & UINT32_MAX, 4);
	put_le(out, frame->captured, 4);
	put_le(out, frame->wire, 4);
	put_padded(out, frame->bytes, frame->captured);
	end(out, start);
}
