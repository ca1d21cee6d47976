/* SPDX-License-Identifier: ISC */
/*
 * Writes blocks of the pcapng format, little-endian (draft-ietf-opsawg-pcapng; the numbers of link
 * types are those of tcpdump.org's LINKTYPE_ list). Each call appends one whole block to `out`, or
 * nothing and sets `full`.
 */
#ifndef SENSOR_PCAPNG_H
#define SENSOR_PCAPNG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sensor/decode/decode.h"
#include "sensor/tables/recent.h"

#define PCAPNG_OVERHEAD 36 /* of a packet's block, with the padding */

struct pcapng_out {
	uint8_t *bytes;
	size_t size, length;
	bool full;
};

/* Begins a section: the interfaces of an earlier one are forgotten. */
void pcapng_section(struct pcapng_out *out, const char *comment, const char *program);
/* Interfaces are numbered from 0 in each section. Times of its packets are nanoseconds. */
void pcapng_interface(struct pcapng_out *out, enum link_type link, const char *name);
void pcapng_packet(struct pcapng_out *out, uint32_t interface, const struct frame_view *frame);

#endif
