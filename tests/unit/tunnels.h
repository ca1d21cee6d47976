/* SPDX-License-Identifier: ISC */
/*
 * Every encapsulation that the decoder knows, as the bytes that stand before the inner packet, each
 * written down from its specification; and a frame made of one of them.
 */
#ifndef TESTS_UNIT_TUNNELS_H
#define TESTS_UNIT_TUNNELS_H

#include "tests/unit/packets.h"

#define TUNNEL_HEADER_MAX  48
#define OUTER_SOURCE	   "10.9.0.1"
#define OUTER_DESTINATION  "10.9.0.2"
#define OUTER_SOURCE6	   "fd00:9::1"
#define OUTER_DESTINATION6 "fd00:9::2"

struct tunnel_case {
	const char *name;
	uint8_t transport;  /* IP protocol that carries it; 0: an ethertype does */
	uint16_t where;	    /* UDP port or ethertype */
	const char *header; /* `length` bytes before the inner packet */
	uint8_t length;
	enum link_type inner; /* what the inner packet begins with */
	enum tunnel_kind kind;
	bool has_id;
	uint32_t id;
	uint16_t vlan;		   /* that the header tells */
	bool only_ipv4, only_ipv6; /* inner */
};

/* clang-format off */
static const struct tunnel_case tunnel_cases[] = {
	{"VXLAN", 17, 4789, "\x08\0\0\0\0\x10\x92\0", 8, LINK_ETHERNET, TUNNEL_VXLAN, true, 4242, 0, 0, 0},
	{"VXLAN, group policy", 17, 4789, "\x88\x48\2\3\0\x10\x92\0", 8, LINK_ETHERNET, TUNNEL_VXLAN, true, 4242, 0, 0, 0},
	{"VXLAN on a listed port", 17, 8472, "\x08\0\0\0\xff\xff\xff\0", 8, LINK_ETHERNET, TUNNEL_VXLAN, true, 0xffffff, 0, 0, 0},
	{"GENEVE, Ethernet", 17, 6081, "\0\0\x65\x58\0\x10\x92\0", 8, LINK_ETHERNET, TUNNEL_GENEVE, true, 4242, 0, 0, 0},
	{"GENEVE, options", 17, 6081, "\3\x40\x65\x58\0\0\7\0" "\1\2\3\2\1\2\3\4\5\6\7\x8", 20, LINK_ETHERNET, TUNNEL_GENEVE, true, 7, 0, 0, 0},
	{"GENEVE, IPv4", 17, 6081, "\0\0\x08\0\0\0\7\0", 8, LINK_RAW, TUNNEL_GENEVE, true, 7, 0, true, 0},
	{"GENEVE, IPv6", 17, 6081, "\0\0\x86\xdd\0\0\7\0", 8, LINK_RAW, TUNNEL_GENEVE, true, 7, 0, 0, true},
	{"TZSP, no tags", 17, 37008, "\1\0\0\1\1", 5, LINK_ETHERNET, TUNNEL_TZSP, false, 0, 0, 0, 0},
	{"TZSP, tags and padding", 17, 37008, "\1\1\0\1\0\0\x0a\1\x55\x28\0\1", 12, LINK_ETHERNET, TUNNEL_TZSP, false, 0, 0, 0, 0},
	{"GTP-U", 17, 2152, "\x30\xff\0\x2d\0\0\1\1", 8, LINK_RAW, TUNNEL_GTP, true, 257, 0, 0, 0},
	{"GTP-U, extension header", 17, 2152, "\x34\xff\0\x2d\0\0\1\1\0\0\0\x85\1\0\0\0", 16, LINK_RAW, TUNNEL_GTP, true, 257, 0, 0, 0},
	{"VXLAN-GPE, Ethernet", 17, 4790, "\x0c\0\0\3\0\0\x2a\0", 8, LINK_ETHERNET, TUNNEL_VXLAN_GPE, true, 42, 0, 0, 0},
	{"VXLAN-GPE, IPv4", 17, 4790, "\x0c\0\0\1\0\0\x2a\0", 8, LINK_RAW, TUNNEL_VXLAN_GPE, true, 42, 0, true, 0},
	{"VXLAN-GPE, NSH", 17, 4790, "\x0c\0\0\4\0\0\x2a\0" "\x0f\xc2\2\3\0\0\1\xff", 16, LINK_ETHERNET, TUNNEL_VXLAN_GPE, true, 42, 0, 0, 0},
	{"LISP", 17, 4341, "\x88\1\2\3\0\0\7\0", 8, LINK_RAW, TUNNEL_LISP, true, 7, 0, 0, 0},
	{"L2TPv2", 17, 1701, "\0\2\0\1\0\2\xff\3", 8, LINK_PPP, TUNNEL_L2TP2, true, 0x10002, 0, 0, 0},
	{"L2TPv3 in UDP", 17, 1701, "\0\3\0\0\0\0\1\1", 8, LINK_ETHERNET, TUNNEL_L2TP3, true, 257, 0, 0, 0},
	{"CAPWAP", 17, 5247, "\0\x10\2\0\0\0\0\0", 8, LINK_ETHERNET, TUNNEL_CAPWAP, false, 0, 0, 0, 0},
	{"Juniper mirror", 17, 30030, "\0\0\0\1\0\0\0\2", 8, LINK_RAW, TUNNEL_JMIRROR, true, 2, 0, 0, 0},
	{"MPLS in UDP", 17, 6635, "\0\1\1\x40", 4, LINK_RAW, TUNNEL_MPLS, true, 16, 0, 0, 0},
	{"GUE, IPv4", 17, 6080, "\0\4\0\0", 4, LINK_RAW, TUNNEL_GUE, false, 0, 0, true, 0},
	{"GUE, version 1", 17, 6080, "", 0, LINK_RAW, TUNNEL_GUE, false, 0, 0, 0, 0},
	{"FOU", 17, 5555, "", 0, LINK_RAW, TUNNEL_FOU, false, 0, 0, 0, 0},
	{"FOU on a listed port", 17, 7777, "", 0, LINK_RAW, TUNNEL_FOU, false, 0, 0, 0, 0},
	{"WCCP", 47, 0, "\0\0\x88\x3e\0\1\2\3", 8, LINK_RAW, TUNNEL_GRE, false, 0, 0, 0, 0},
	{"Aruba", 47, 0, "\0\0\x90\x10", 4, LINK_ETHERNET, TUNNEL_GRE, false, 0, 0, 0, 0},
	{"GRE in UDP", 17, 4754, "\0\0\x65\x58", 4, LINK_ETHERNET, TUNNEL_GRETAP, false, 0, 0, 0, 0},
	{"GRE, IPv4", 47, 0, "\0\0\x08\0", 4, LINK_RAW, TUNNEL_GRE, false, 0, 0, true, 0},
	{"GRE, IPv6", 47, 0, "\0\0\x86\xdd", 4, LINK_RAW, TUNNEL_GRE, false, 0, 0, 0, true},
	{"GRE, checksum, key, sequence", 47, 0, "\xb0\0\x08\0\1\2\0\0\0\0\0\x63\0\0\0\1", 16, LINK_RAW, TUNNEL_GRE, true, 99, 0, true, 0},
	{"GRE, PPP", 47, 0, "\0\0\x88\x0b\xff\3", 6, LINK_PPP, TUNNEL_GRE, false, 0, 0, 0, 0},
	{"GRE of PPTP", 47, 0, "\x30\x81\x88\x0b\0\x40\0\x63\0\0\0\1\0\0\0\2", 16, LINK_PPP, TUNNEL_GRE, true, 99, 0, 0, 0},
	{"GRE, MPLS", 47, 0, "\0\0\x88\x47\0\1\1\x40", 8, LINK_RAW, TUNNEL_GRE, false, 0, 0, 0, 0},
	{"gretap", 47, 0, "\0\0\x65\x58", 4, LINK_ETHERNET, TUNNEL_GRETAP, false, 0, 0, 0, 0},
	{"gretap, small key", 47, 0, "\x20\0\x65\x58\0\0\0\5", 8, LINK_ETHERNET, TUNNEL_GRETAP, true, 5, 0, 0, 0},
	{"NVGRE", 47, 0, "\x20\0\x65\x58\0\x10\x92\x33", 8, LINK_ETHERNET, TUNNEL_NVGRE, true, 4242, 0, 0, 0},
	{"ERSPAN I", 47, 0, "\0\0\x88\xbe", 4, LINK_ETHERNET, TUNNEL_ERSPAN1, false, 0, 0, 0, 0},
	{"ERSPAN II", 47, 0, "\x10\0\x88\xbe\0\0\0\1" "\x10\x64\0\x2a\0\0\0\0", 16, LINK_ETHERNET, TUNNEL_ERSPAN2, true, 42, 100, 0, 0},
	{"ERSPAN III", 47, 0, "\x10\0\x22\xeb\0\0\0\1" "\x20\x64\0\x2a\0\0\0\0\0\0\0\0", 20, LINK_ETHERNET, TUNNEL_ERSPAN3, true, 42, 100, 0, 0},
	{"ERSPAN III, subheader", 47, 0, "\x10\0\x22\xeb\0\0\0\1" "\x20\0\3\xff\0\0\0\0\0\0\0\1" "\0\0\0\0\0\0\0\0", 28, LINK_ETHERNET, TUNNEL_ERSPAN3, true, 1023, 0, 0, 0},
	{"ERSPAN III, IP frame", 47, 0, "\x10\0\x22\xeb\0\0\0\1" "\x20\0\0\1\0\0\0\0\0\0\x08\0", 20, LINK_RAW, TUNNEL_ERSPAN3, true, 1, 0, 0, 0},
	{"IPv4 in IP", 4, 0, "", 0, LINK_RAW, TUNNEL_IPIP, false, 0, 0, true, 0},
	{"IPv6 in IP", 41, 0, "", 0, LINK_RAW, TUNNEL_6IN4, false, 0, 0, 0, true},
	{"EtherIP", 97, 0, "\x30\0", 2, LINK_ETHERNET, TUNNEL_ETHERIP, false, 0, 0, 0, 0},
	{"L2TPv3", 115, 0, "\0\0\1\1", 4, LINK_ETHERNET, TUNNEL_L2TP3, true, 257, 0, 0, 0},
	{"L2TPv3, cookie of 4", 115, 0, "\0\0\1\1\1\2\3\4", 8, LINK_ETHERNET, TUNNEL_L2TP3, true, 257, 0, 0, 0},
	{"L2TPv3, cookie of 8, sublayer", 115, 0, "\0\0\1\1\1\2\3\4\5\6\7\x8\x40\0\0\1", 16, LINK_ETHERNET, TUNNEL_L2TP3, true, 257, 0, 0, 0},
	{"MPLS in IP", 137, 0, "\0\1\1\x40", 4, LINK_RAW, TUNNEL_MPLS, true, 16, 0, 0, 0},
	{"MPLS", 0, 0x8847, "\0\1\1\x40", 4, LINK_RAW, TUNNEL_MPLS, true, 16, 0, 0, 0},
	{"MPLS, three labels", 0, 0x8847, "\0\1\0\x40\0\2\0\x40\0\3\1\x40", 12, LINK_RAW, TUNNEL_MPLS, true, 48, 0, 0, 0},
	{"MPLS, multicast", 0, 0x8848, "\0\1\1\x40", 4, LINK_RAW, TUNNEL_MPLS, true, 16, 0, 0, 0},
	{"MPLS, pseudo-wire with control word", 0, 0x8847, "\0\1\1\x40\0\0\0\1", 8, LINK_ETHERNET, TUNNEL_MPLS, true, 16, 0, 0, 0},
	{"MPLS, pseudo-wire without", 0, 0x8847, "\0\1\1\x40", 4, LINK_ETHERNET, TUNNEL_MPLS, true, 16, 0, 0, 0},
	{"PPPoE", 0, 0x8864, "\x11\0\0\x63\0\0", 6, LINK_PPP, TUNNEL_PPPOE, true, 99, 0, 0, 0},
};
/* clang-format on */

#define TUNNEL_CASES (sizeof tunnel_cases / sizeof *tunnel_cases)

/* Ports that no decoder looks into by itself. */
static inline bool tunnel_by_option(const struct tunnel_case *tunnel)
{
	return tunnel->where == 8472 || tunnel->where == 7777;
}

/* The inner packet as it stands in this tunnel, with its header before it. */
static inline size_t tunnel_content(uint8_t *content, const struct tunnel_case *tunnel,
				    const struct packet_spec *inner)
{
	static _Thread_local struct frame frame;
	struct packet_spec spec = *inner;
	struct address source = address_of(spec.source);
	size_t length = tunnel->length;

	spec.link = tunnel->inner == LINK_PPP ? LINK_RAW : tunnel->inner;
	packet_build(&frame, &spec);
	memcpy(content, tunnel->header, length);
	if (tunnel->inner == LINK_PPP) {
		content[length++] = 0;
		content[length++] = address_is_ipv4(&source) ? 0x21 : 0x57;
	}
	memcpy(content + length, frame.bytes, frame.length);
	length += frame.length;
	if (tunnel->kind == TUNNEL_PPPOE)
		put_be16(content + 4, length - 6);
	if (tunnel->kind == TUNNEL_GTP)
		put_be16(content + 2, length - 8);
	return length;
}

/* Wraps `inner`, whose payload is at the end of the frame then. */
static inline void tunnel_build(struct frame *frame, const struct tunnel_case *tunnel,
				const struct packet_spec *inner, bool outer_is_ipv6)
{
	static _Thread_local uint8_t content[FRAME_MAX];
	struct packet_spec outer = {
		.source = outer_is_ipv6 ? OUTER_SOURCE6 : OUTER_SOURCE,
		.destination = outer_is_ipv6 ? OUTER_DESTINATION6 : OUTER_DESTINATION,
		.source_port = 50505,
		.destination_port = tunnel->where,
		.transport = tunnel->transport,
		.payload = content,
		.payload_length = tunnel_content(content, tunnel, inner),
	};

	if (tunnel->transport != 0) {
		packet_build(frame, &outer);
		return;
	}
	frame->link = LINK_ETHERNET;
	frame->length = 0;
	frame_put(frame, "\2\0\0\0\0\1\2\0\0\0\0\2", 12);
	frame_put_be16(frame, tunnel->where);
	frame_put(frame, content, outer.payload_length);
}

#endif
