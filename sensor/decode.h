/* SPDX-License-Identifier: ISC */
/*
 * From captured bytes to a struct packet: link layer, VLAN tags, IPv4 and IPv6 with extension
 * headers, TCP, UDP and ICMP errors. Pure: no state, no allocation. Every read is checked against
 * what was captured, never against what a header claims.
 */
#ifndef SENSOR_DECODE_H
#define SENSOR_DECODE_H

#include <stdbool.h>
#include <stdint.h>

#include "policy/address.h"

enum link_type {
	LINK_ETHERNET,
	LINK_SLL,  /* Linux cooked, version 1 */
	LINK_SLL2, /* Linux cooked, version 2 */
	LINK_RAW,  /* starts with an IPv4 or IPv6 header */
	LINK_NULL, /* BSD loopback: address family in the byte order of the capturing host */
	LINK_UNSUPPORTED,
};

enum {
	TCP_FIN = 0x01,
	TCP_SYN = 0x02,
	TCP_RST = 0x04,
	TCP_PSH = 0x08,
	TCP_ACK = 0x10,
};

enum packet_kind {
	PACKET_TCP,
	PACKET_UDP,
	PACKET_ICMP_ERROR, /* `quoted` tells which packet caused it */
};

/* Why an ICMP error was sent, as far as it matters here. */
enum icmp_reason {
	ICMP_PORT_CLOSED, /* port or protocol unreachable: said by the host itself */
	ICMP_PROHIBITED,  /* administratively prohibited, rejected by a filter */
	ICMP_OTHER,	  /* net or host unreachable, time exceeded, … */
};

struct quoted_packet {
	struct address source, destination;
	uint16_t source_port, destination_port;
	uint8_t transport; /* IP protocol number */
	uint8_t reason;	   /* enum icmp_reason */
};

/* Pointers are into the captured frame and valid until the capture callback returns. */
struct packet {
	uint64_t ts_ns;
	struct address source, destination;
	const uint8_t *ip;	 /* the IP header and what was captured behind it */
	const uint8_t *payload;	 /* of the transport; NULL if none */
	uint32_t ip_length;	 /* captured, without link-layer padding */
	uint32_t payload_length; /* captured */
	uint32_t payload_wire;	 /* as sent: more than captured if the frame was cut off */
	uint32_t sequence, acknowledgement;
	uint32_t realm; /* tunnel the packet came in by; 0 = none */
	uint16_t source_port, destination_port;
	uint16_t vlan;	   /* outer tag's id, 0 = none */
	uint8_t kind;	   /* enum packet_kind */
	uint8_t transport; /* IP protocol number */
	uint8_t tcp_flags;
	bool fragment;		     /* the first fragment of a datagram: payload is incomplete */
	struct quoted_packet quoted; /* with PACKET_ICMP_ERROR */
};

enum decode_result {
	DECODE_OK,
	DECODE_NOT_IP,	  /* ARP, spanning tree, … */
	DECODE_NOT_OURS,  /* an IP protocol that carries no service: OSPF, plain ICMP, … */
	DECODE_FRAGMENT,  /* a fragment other than the first */
	DECODE_TRUNCATED, /* the capture ended inside a header */
	DECODE_MALFORMED, /* a header contradicts itself */
	DECODE_UNSUPPORTED_LINK,
	DECODE_RESULT_COUNT
};

/*
 * `captured` bytes at `frame` are readable; the frame had `wire` bytes. Fills `packet` only with
 * DECODE_OK.
 */
enum decode_result decode_packet(enum link_type link, const uint8_t *frame, uint32_t captured,
				 uint32_t wire, uint64_t ts_ns, struct packet *packet);

const char *decode_result_name(enum decode_result result);

#endif
