/* SPDX-License-Identifier: ISC */
/*
 * Where in a frame its IP header, its TCP or UDP header and its payload are; and writing a frame
 * anew with another payload, sequence number or port, so that lengths and checksums fit.
 * Ethernet with VLAN tags, Linux cooked, loopback and raw IP; nothing within a tunnel.
 */
#ifndef TOOLS_RECAST_SEGMENT_H
#define TOOLS_RECAST_SEGMENT_H

#include "tools/recast/recording.h"

enum {
	SEGMENT_TCP = 6,
	SEGMENT_UDP = 17,
	SEGMENT_FIN = 0x01,
	SEGMENT_SYN = 0x02,
	SEGMENT_RST = 0x04,
	SEGMENT_PSH = 0x08,
	SEGMENT_ACK = 0x10,
};

struct segment_end {
	uint8_t address[16]; /* IPv4 in the first four bytes, the others 0 */
	uint16_t port;
	uint8_t transport; /* SEGMENT_TCP or SEGMENT_UDP */
	uint8_t version;   /* of IP */
};

struct segment_place {
	uint32_t ip_at, transport_at, payload_at, payload_length; /* in the frame */
	struct segment_end source, destination;
	uint32_t sequence;
	uint8_t flags; /* of TCP */
	bool whole;    /* nothing was cut off, and it is no fragment */
};

/* False: not TCP or UDP, a later fragment, or cut off before its payload. */
bool segment_find(int link, const struct frame_record *frame, struct segment_place *place);

/* Other ports in place; checksums are adjusted, so that a wrong one stays wrong. */
void segment_set_ports(uint8_t *frame, const struct segment_place *place, uint16_t source,
		       uint16_t destination);

/*
 * Adds to `to` a TCP segment with the headers of `frame` but this sequence number, these flags and
 * this payload.
 */
void segment_write(struct recording *to, const struct frame_record *frame,
		   const struct segment_place *place, uint32_t sequence, uint8_t flags,
		   const uint8_t *payload, uint32_t length);

bool segment_end_equal(const struct segment_end *a, const struct segment_end *b);

#endif
