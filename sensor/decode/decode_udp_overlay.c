/* SPDX-License-Identifier: ISC */
/*
 * More tunnels over UDP, by the port: VXLAN-GPE, LISP, L2TP, CAPWAP in clear, Juniper's mirror,
 * MPLS, GUE and FOU. Most have few bits that could be wrong, so it counts what stands inside: an IP
 * packet that is as long as the datagram says, or Ethernet. All else is a datagram like any other.
 *
 * References: draft-ietf-nvo3-vxlan-gpe, RFC 9300 (LISP), RFC 2661 (L2TPv2), RFC 3931 (L2TPv3), RFC
 * 5415 (CAPWAP), RFC 7510 (MPLS), draft-ietf-intarea-gue; FOU and Juniper's as Linux and Wireshark
 * have them.
 */
#include "sensor/decode/decode_walk.h"
#include "sensor/decode/encapsulation.h"

#define PORT_L2TP    1701
#define PORT_LISP    4341
#define PORT_GPE     4790
#define PORT_GUE     6080
#define PORT_MPLS    6635
#define PORT_JMIRROR 30030

#define GPE_ID	     0x08
#define GPE_NEXT     0x04
#define LISP_ID	     0x08
#define L2TP_LENGTH  0x4000
#define L2TP_NUMBERS 0x0800
#define L2TP_OFFSET  0x0200
#define L2TP_FIRST   0x0100 /* priority */
#define L2TP_MAY     (L2TP_LENGTH | L2TP_NUMBERS | L2TP_OFFSET | L2TP_FIRST)
#define GUE_CONTROL  0x20
#define LABELS_MAX   8
#define COOKIES	     4
#define VXLAN_BYTES  8

#define CAPWAP_ENCRYPTED 0x01
#define CAPWAP_NATIVE	 0x100 /* 802.11, not Ethernet */
#define CAPWAP_PIECE	 0x080
#define CAPWAP_ALIVE	 0x008

/* An IP packet that takes all the room there is. */
static bool is_whole_ip(const struct walk *walk, struct bytes at)
{
	uint64_t room = at.left + walk->beyond, told;
	uint8_t version = at.left != 0 ? at.at[0] >> 4 : 0;

	if (version != 4 && version != 6)
		return false;
	bytes_skip(&at, version == 4 ? 2 : 4);
	told = bytes_be16(&at) + (version == 4 ? 0u : 40u);
	if (at.failed)
		return false;
	return walk->packet->incomplete ? told >= room : told == room;
}

static bool is_inside(const struct walk *walk, struct bytes at)
{
	return is_whole_ip(walk, at) || decode_looks_like_ethernet(at);
}

/* With an id of 0: there is none. */
static bool enter(struct walk *walk, struct bytes at, enum tunnel_kind kind, uint32_t id)
{
	walk->rest = at;
	return decode_enter(walk, kind, id != 0, id, true);
}

static enum decode_result enter_ip(struct walk *walk, struct bytes at, enum tunnel_kind kind,
				   uint32_t id)
{
	return enter(walk, at, kind, id) ? decode_network(walk) : DECODE_TOO_DEEP;
}

/* |R R|Ver|I|P|B|O|  Reserved (16)  |  Next  |     VNI (24)     |  Reserved  | */
static bool decode_gpe(struct walk *walk, enum decode_result *result)
{
	struct bytes header = walk->rest;
	uint32_t first = bytes_be32(&header), last = bytes_be32(&header);
	uint8_t flags = (uint8_t)(first >> 24), next = (uint8_t)first;

	if (header.failed || (flags & ~GPE_ID) != GPE_NEXT || (first & 0x00ffff00) != 0 ||
	    (last & 0xff) != 0 || next < 1 || next > 5)
		return false;
	*result = enter(walk, header, TUNNEL_VXLAN_GPE, last >> 8)
			  ? decode_next_protocol(walk, next, ETHERTYPE_NSH)
			  : DECODE_TOO_DEEP;
	return true;
}

/* |N|L|E|V|I|R|K K|  Nonce, map version (24)  |
 * |  Instance (24) with I, or status bits  |  Status  | */
static bool decode_lisp(struct walk *walk, enum decode_result *result)
{
	struct bytes header = walk->rest;
	uint8_t flags = bytes_u8(&header);
	uint32_t last;

	bytes_skip(&header, 3);
	last = bytes_be32(&header);
	if (header.failed || !is_whole_ip(walk, header))
		return false;
	*result = enter_ip(walk, header, TUNNEL_LISP, flags & LISP_ID ? last >> 8 : 0);
	return true;
}

static bool looks_like_ppp(struct bytes at)
{
	uint16_t protocol;

	if (bytes_start_with(&at, "\xff\3"))
		bytes_skip(&at, 2);
	protocol = bytes_be16(&at);
	if (protocol >> 8 == 0x21 || protocol >> 8 == 0x57)
		return true; /* shortened */
	return protocol == 0x0021 || protocol == 0x0057 || protocol == 0x0281 ||
	       (protocol & 0xc001) == 0x8001 || (protocol & 0xc001) == 0xc001;
}

/* |T|L|x x|S|x|O|P|x x x x|Ver 2|  Length with L  |  Tunnel  |  Session  |
 * |  Ns, Nr with S  |  Offset with O, and so many bytes  |, then PPP */
static bool decode_l2tp2(struct walk *walk, struct bytes header, uint16_t flags,
			 enum decode_result *result)
{
	uint64_t room = walk->rest.left + walk->beyond;
	uint32_t session;

	if ((flags & L2TP_LENGTH) && bytes_be16(&header) != room)
		return false;
	session = bytes_be32(&header);
	if (flags & L2TP_NUMBERS)
		bytes_skip(&header, 4);
	if (flags & L2TP_OFFSET)
		bytes_skip(&header, bytes_be16(&header));
	if (header.failed || !looks_like_ppp(header))
		return false;
	*result = enter(walk, header, TUNNEL_L2TP2, session) ? decode_ppp(walk) : DECODE_TOO_DEEP;
	return true;
}

static bool has_ethernet_behind_cookie(struct bytes at)
{
	for (int words = 0; words < COOKIES; words++) {
		if (decode_looks_like_ethernet(at))
			return true;
		bytes_skip(&at, 4);
	}
	return false;
}

/* Version 3: |T|x …|Ver 3|  Reserved  |  Session (32)  |, cookie, sublayer */
static bool decode_l2tp(struct walk *walk, enum decode_result *result)
{
	struct bytes header = walk->rest;
	uint16_t flags = bytes_be16(&header);
	uint32_t session;

	if (!header.failed && (flags & ~L2TP_MAY) == 2)
		return decode_l2tp2(walk, header, flags, result);
	if (flags != 3 || bytes_be16(&header) != 0)
		return false;
	session = bytes_be32(&header);
	if (header.failed || session == 0 || !has_ethernet_behind_cookie(header))
		return false;
	walk->rest = header;
	*result = decode_l2tp3_payload(walk, session);
	return true;
}

/* |  Preamble 0  |HLEN (5)|RID (5)|WBID (5)|T|F|L|W|M|K|Flags|  Fragment (32)  |, up to HLEN * 4 */
static bool decode_capwap(struct walk *walk, enum decode_result *result)
{
	struct bytes header = walk->rest;
	uint8_t preamble = bytes_u8(&header);
	uint32_t bits = bytes_be24(&header);
	bool native = (bits & CAPWAP_NATIVE) != 0;

	bytes_skip(&header, (bits >> 19) * 4u - 4);
	if (header.failed || bits >> 19 < 2 || preamble > CAPWAP_ENCRYPTED)
		return false;
	if (preamble == CAPWAP_ENCRYPTED || (bits & CAPWAP_PIECE)) {
		walk->packet->unread = unread_of(BY_PORT, PORT_CAPWAP);
		return false;
	}
	if ((bits & CAPWAP_ALIVE) || header.left == 0 ||
	    !(native ? (header.at[0] & 0x0f) == 0x08 : decode_looks_like_ethernet(header)))
		return false;
	if (!enter(walk, header, TUNNEL_CAPWAP, 0))
		*result = DECODE_TOO_DEEP;
	else
		*result = native ? decode_wlan(walk) : decode_ethernet(walk);
	return true;
}

/* |  Mirror (32)  |  Session (32)  | */
static bool decode_jmirror(struct walk *walk, enum decode_result *result)
{
	struct bytes header = walk->rest;
	uint32_t session;

	bytes_skip(&header, 4);
	session = bytes_be32(&header);
	if (header.failed || !is_inside(walk, header))
		return false;
	if (is_whole_ip(walk, header))
		*result = enter_ip(walk, header, TUNNEL_JMIRROR, session);
	else
		*result = enter(walk, header, TUNNEL_JMIRROR, session) ? decode_ethernet(walk)
								       : DECODE_TOO_DEEP;
	return true;
}

static bool decode_mpls_in_udp(struct walk *walk, enum decode_result *result)
{
	struct bytes at = walk->rest, behind;
	int labels = 0;

	while (labels++ < LABELS_MAX && !(bytes_be32(&at) & 0x100))
		;
	behind = at;
	bytes_skip(&behind, 4);
	if (at.failed || labels > LABELS_MAX ||
	    (!is_inside(walk, at) && !decode_looks_like_ethernet(behind)))
		return false;
	*result = decode_mpls(walk, true);
	return true;
}

bool decode_fou(struct walk *walk, enum tunnel_kind kind, enum decode_result *result)
{
	if (!is_whole_ip(walk, walk->rest))
		return false;
	*result = enter_ip(walk, walk->rest, kind, 0);
	return true;
}

/*
 * |Ver 0|C|Length (5)| Protocol | Flags (16) |, `Length` units of 4; version 1 is an IP packet
 */
static bool decode_gue(struct walk *walk, enum decode_result *result)
{
	struct bytes header = walk->rest;
	uint8_t first = bytes_u8(&header), protocol = bytes_u8(&header);

	if (first >> 6 == 1)
		return decode_fou(walk, TUNNEL_GUE, result);
	bytes_skip(&header, 2 + (first & 0x1fu) * 4);
	if (header.failed || first >> 6 != 0 || (first & GUE_CONTROL))
		return false;
	if (protocol == 4 || protocol == 41) {
		if (!is_whole_ip(walk, header))
			return false;
		*result = enter_ip(walk, header, TUNNEL_GUE, 0);
		return true;
	}
	if (protocol != 47 && protocol != 97 && protocol != 137)
		return false;
	walk->rest = header;
	walk->protocol = protocol;
	return decode_ip_tunnel(walk, result);
}

bool decode_udp_overlay(struct walk *walk, uint16_t port, enum decode_result *result)
{
	switch (port) {
	case PORT_L2TP:
		return decode_l2tp(walk, result);
	case PORT_LISP:
		return decode_lisp(walk, result);
	case PORT_GPE:
		return decode_gpe(walk, result);
	case PORT_CAPWAP:
		return decode_capwap(walk, result);
	case PORT_GUE:
		return decode_gue(walk, result);
	case PORT_MPLS:
		return decode_mpls_in_udp(walk, result);
	case PORT_JMIRROR:
		return decode_jmirror(walk, result);
	default:
		return false;
	}
}

uint64_t decode_overlay_ports(void)
{
	static const uint16_t ports[] = {PORT_L2TP, PORT_LISP, PORT_GPE,    PORT_CAPWAP,
					 PORT_GUE,  PORT_MPLS, PORT_JMIRROR};
	uint64_t bits = 0;

	for (size_t i = 0; i < sizeof ports / sizeof *ports; i++)
		bits |= 1ull << (ports[i] & 63);
	return bits;
}

bool decode_looks_like_vxlan(const struct walk *walk)
{
	static const uint8_t start[] = {0x08, 0, 0, 0};
	struct bytes at = walk->rest;
	uint16_t ethertype;

	if (at.left < VXLAN_BYTES || memcmp(at.at, start, sizeof start) != 0 || at.at[7] != 0)
		return false;
	bytes_skip(&at, VXLAN_BYTES + 12);
	ethertype = bytes_be16(&at);
	return (ethertype == ETHERTYPE_IPV4 || ethertype == ETHERTYPE_IPV6) &&
	       is_whole_ip(walk, at);
}
