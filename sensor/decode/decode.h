/* SPDX-License-Identifier: ISC */
/*
 * The room decode/: one captured frame in, one struct packet (or a reason why not) out.
 *
 *   frame ─▶ decode_link ─▶ VLAN, MPLS, PPPoE … ─▶ IPv4, IPv6 ─▶ TCP, UDP, ICMP error ─▶ packet
 *                 ▲               │                    │  │
 *                 └── tunnel, bounded (tunnel.h) ◀───────┘  └─▶ DECODE_FRAGMENT ─▶ fragments
 *                                                                                │ datagram
 *                                              decode_datagram() goes on ◀───────┘
 *
 * Only fragments.c keeps anything: pages of a pool of --fragments-mib, for a few seconds of packet
 * time. Everything else is a function of the bytes. What bounds it: constants for tags and tunnels,
 * the number of bytes captured. What is not understood has a verdict of its own (enum
 * decode_result), and the worker counts each of them. A table of
 * all kinds is encapsulation.c; tunnels are read in decode_tunnel.c (over IP: GRE and its kin),
 * decode_udp_tunnel.c (VXLAN, GENEVE, TZSP, GTP-U) and decode_udp_overlay.c, tags in decode_tags.c.
 *
 * From captured bytes to a struct packet: link layer, VLAN tags, tunnels, IPv4 and IPv6 with
 * extension headers, TCP, UDP and ICMP errors. Pure: no state, no allocation. Every read is checked
 * against what was captured, never against what a header claims.
 *
 * A packet in a tunnel becomes what is inside, and keeps the path of tunnels that it came by. A
 * fragment is handed back (DECODE_FRAGMENT) with all that fragments.h needs to put it together;
 * decode_datagram() goes on with the whole.
 */
#ifndef SENSOR_DECODE_H
#define SENSOR_DECODE_H

#include <stdbool.h>
#include <stdint.h>

#include "policy/address.h"
#include "sensor/decode/tunnel.h"

#define DECODE_PORTS	  8
#define DECODE_PORT_GRE	  4754 /* in UDP: RFC 8086 */
#define DECODE_PORT_TZSP  37008
#define DECODE_GRE_IN_UDP TUNNEL_NONE /* its bit in tunnels_off */
#define DECODE_LAYERS	  UINT8_MAX   /* as many as there are */

enum link_type {
	LINK_ETHERNET,
	LINK_SLL,	/* Linux cooked, version 1 */
	LINK_SLL2,	/* Linux cooked, version 2 */
	LINK_RAW,	/* starts with an IPv4 or IPv6 header */
	LINK_NULL,	/* BSD loopback: address family in the byte order of the capturing host */
	LINK_PPP,	/* with or without HDLC's address and control bytes; Cisco's HDLC as well */
	LINK_PPP_SIDES, /* PPP, with the direction before it */
	LINK_PPPOE,	/* PPPoE without Ethernet before it */
	LINK_CHDLC,	/* Cisco's HDLC */
	LINK_FRELAY,
	LINK_WLAN,     /* IEEE 802.11 */
	LINK_RADIOTAP, /* 802.11, with radiotap before it */
	LINK_PPI,      /* 802.11 or Ethernet, with PPI before it */
	LINK_PRISM,    /* 802.11, with the header of Prism or AVS before it */
	LINK_ENC,      /* OpenBSD's IPsec */
	LINK_PFLOG,    /* OpenBSD's and others' packet filter */
	LINK_NFLOG,    /* Linux' netfilter */
	LINK_MPLS,
	LINK_INFINIBAND, /* IP over InfiniBand */
	LINK_JUNIPER,	 /* Ethernet, with Juniper's header before it */
	LINK_PKTAP,	 /* macOS: wraps another link type */
	LINK_UNSUPPORTED,
};

enum {
	TCP_FIN = 0x01,
	TCP_SYN = 0x02,
	TCP_RST = 0x04,
	TCP_PSH = 0x08,
	TCP_ACK = 0x10,
	TCP_URG = 0x20,
	TCP_ECE = 0x40,
	TCP_CWR = 0x80,
};

enum packet_kind {
	PACKET_TCP,
	PACKET_UDP,	    /* or UDP-Lite */
	PACKET_ASSOCIATION, /* SCTP, DCCP: a handshake, then messages */
	PACKET_ICMP_ERROR,  /* `quoted` tells which packet caused it */
};

/*
 * Of an association `tcp_flags` are those of TCP that mean the same: SYN of INIT (Request), SYN and
 * ACK of its answer, RST of ABORT (Reset), FIN of the rest of an end. Of SCTP `acknowledgement` is
 * the verification tag, `sequence` the initiate tag or that of the data; the payload is the first
 * message, with its payload protocol identifier before it. DCCP's payload is not told.
 */
#define ASSOCIATION_PPID      4	      /* bytes */
#define ASSOCIATION_REFLECTED TCP_PSH /* the tag is that of the receiver: it knows no other */

/* Why an ICMP error was sent, as far as it matters here. */
enum icmp_reason {
	ICMP_PORT_CLOSED, /* port or protocol unreachable: said by the host itself */
	ICMP_PROHIBITED,  /* administratively prohibited, rejected by a filter */
	ICMP_OTHER,	  /* net or host unreachable */
	ICMP_LOST,	  /* time exceeded, a header that is wrong: the packet's own fault */
};

struct quoted_packet {
	struct address source, destination;
	uint16_t source_port, destination_port;
	uint8_t transport; /* IP protocol number */
	uint8_t reason;	   /* enum icmp_reason */
};

/* Where a fragment belongs. Hashed and compared as bytes: no holes. */
struct fragment_key {
	struct address source, destination;
	uint32_t realm;
	uint32_t id;
	uint32_t protocol; /* of the datagram; 0 for IPv6, where the first fragment tells it */
	uint32_t version;  /* 4 or 6 */
};

/* With DECODE_FRAGMENT: one piece of a datagram. */
struct fragment {
	struct fragment_key key;
	const uint8_t *bytes;
	uint32_t offset;	   /* of the piece in the datagram's payload */
	uint32_t captured, length; /* as captured, as sent */
	uint8_t protocol;
	bool more; /* others follow */
};

/*
 * Pointers are into the captured frame and valid until the capture callback returns. Members from
 * `tunnels` on are set only where the comment says so.
 */
struct packet {
	uint64_t ts_ns;
	struct address source, destination;
	const uint8_t *ip;	 /* the IP header and what was captured behind it */
	const uint8_t *payload;	 /* of the transport; NULL if none */
	uint32_t ip_length;	 /* captured, without link-layer padding */
	uint32_t payload_length; /* captured */
	uint32_t payload_wire;	 /* as sent: more than captured if the frame was cut off */
	uint32_t sequence, acknowledgement;
	uint32_t data_wire;  /* of an association: bytes of all messages in the packet, as sent */
	uint32_t segment_at; /* where TCP's header begins, from `ip` on */
	uint32_t realm;	     /* keeps equal addresses of different VNIs apart; 0 = none */
	uint32_t unread; /* what of it was not read: unread_of() in encapsulation.h; 0: nothing */
	uint16_t source_port, destination_port;
	uint16_t vlan;	     /* outermost tag's id, 0 = none */
	uint16_t vlan_inner; /* innermost tag's id if there are several, 0 = none */
	uint16_t ip_id;	     /* IPv4's identification; 0 with IPv6 */
	uint8_t kind;	     /* enum packet_kind */
	uint8_t transport;   /* IP protocol number */
	uint8_t tcp_flags;
	uint8_t tunnel_count;
	bool incomplete;		    /* a datagram of which only the first fragments came */
	bool cut;			    /* its end was cut off before it came here */
	bool pieces;			    /* put together from fragments */
	struct tunnel tunnels[TUNNELS_MAX]; /* `tunnel_count` of them, outermost first */
	union {
		struct quoted_packet quoted; /* with PACKET_ICMP_ERROR */
		struct fragment fragment;    /* with DECODE_FRAGMENT */
	};
};

enum decode_result {
	DECODE_OK,
	DECODE_NOT_IP,	  /* ARP, spanning tree, … */
	DECODE_NOT_OURS,  /* an IP protocol that carries no service: OSPF, plain ICMP, … */
	DECODE_FRAGMENT,  /* a piece of a datagram: packet->fragment */
	DECODE_TRUNCATED, /* the capture ended inside a header */
	DECODE_MALFORMED, /* a header contradicts itself */
	DECODE_TUNNEL,	  /* a tunnel of a kind or version that is not understood, or encrypted */
	DECODE_TOO_DEEP,  /* more tunnels in each other than are looked into */
	DECODE_CHECKSUM,  /* a checksum is wrong, and those are asked for */
	DECODE_UNSUPPORTED_LINK,
	DECODE_UNREAD, /* of an unknown kind, or with content that is not read: packet->unread */
	DECODE_RESULT_COUNT
};

struct decode_options {
	uint16_t vxlan_ports[DECODE_PORTS], geneve_ports[DECODE_PORTS], fou_ports[DECODE_PORTS];
	uint8_t vxlan_port_count, geneve_port_count, fou_port_count; /* 0: the usual one */
	uint32_t tunnels_off; /* bit n: tunnels of kind n are not looked into; DECODE_GRE_IN_UDP */
	bool separate_vni;    /* equal inner addresses of different VNIs are different hosts */
	bool checksums;	      /* packets with a wrong checksum are not looked at */
};

/* The options, made ready for the packet path. */
struct decoder {
	struct decode_options options;
	uint64_t udp_ports; /* bit n: a tunnel's port p has p % 64 == n */
};

/* A frame as it was captured: `captured` bytes of `wire`. */
struct decode_frame {
	uint64_t ts_ns;
	const uint8_t *bytes;
	uint32_t captured, wire;
};

/* NULL: as the standards say. */
struct decoder decoder_of(const struct decode_options *options);

/*
 * `captured` bytes at `frame` are readable; the frame had `wire` bytes. `packet` is complete only
 * with DECODE_OK; with DECODE_FRAGMENT its `fragment` is.
 */
enum decode_result decode_packet(const struct decoder *decoder, enum link_type link,
				 const uint8_t *frame, uint32_t captured, uint32_t wire,
				 uint64_t ts_ns, struct packet *packet);

/*
 * The same, but the datagram that would be the tunnel behind `layers` others stays the datagram
 * that it is: for the other view of a packet, where its tunnel is none, or not believed.
 */
enum decode_result decode_packet_to(const struct decoder *decoder, enum link_type link,
				    const struct decode_frame *frame, uint8_t layers,
				    struct packet *packet);

/*
 * An IP packet that was put together from fragments. `packet` is that of the last fragment: it
 * keeps where it came from (time, tags, tunnels). `layers` as above.
 */
enum decode_result decode_datagram(const struct decoder *decoder, const uint8_t *ip,
				   uint32_t captured, uint32_t wire, struct packet *packet);
enum decode_result decode_datagram_to(const struct decoder *decoder, const uint8_t *ip,
				      uint32_t captured, uint32_t wire, uint8_t layers,
				      struct packet *packet);

const char *decode_result_name(enum decode_result result);

#endif
