/* SPDX-License-Identifier: ISC */
/* Builds one Ethernet frame with correct lengths and checksums around a payload in place. */
#ifndef GENERATE_FRAME_H
#define GENERATE_FRAME_H

#include <stdbool.h>
#include <stdint.h>

enum {
	TCP_FIN = 1,
	TCP_SYN = 2,
	TCP_RST = 4,
	TCP_PSH = 8,
	TCP_ACK = 16,
};

#define TRANSPORT_TCP 6
#define TRANSPORT_UDP 17

/* IPv4 addresses are the first 4 bytes. */
struct host {
	uint8_t bytes[16];
};

struct frame {
	bool ipv6;
	uint8_t transport; /* TRANSPORT_TCP or TRANSPORT_UDP */
	uint8_t flags;	   /* TCP only, as the four below */
	uint16_t window;
	uint32_t seq, ack;
	const struct host *from, *to;
	uint16_t from_port, to_port;
	uint16_t ip_id;
	uint32_t length; /* bytes of payload */
};

/* Offset of the payload in a frame of this kind: the caller writes it there before the build. */
uint32_t frame_payload_offset(bool ipv6, uint8_t transport, uint8_t flags);
/* Writes the headers at `start` and returns the length of the whole frame. */
uint32_t frame_build(const struct frame *frame, uint8_t *start);

#endif
