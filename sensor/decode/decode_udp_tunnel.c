/* SPDX-License-Identifier: ISC */
/*
 * The decoder's tunnels over UDP: VXLAN, GENEVE, TZSP, GTP-U and GRE in UDP, by the port that a
 * datagram is sent to. A port alone proves nothing (a client chooses its own, and what a server
 * answers begins with what the client sent): a datagram whose header is not the tunnel's to the
 * last bit, reserved ones and lengths included, is a datagram like any other. VXLAN's reserved bits
 * are to be ignored by who receives them, and some senders use them: there a mark tells
 * (TUNNEL_LOOSE).
 *
 * References: RFC 7348 (VXLAN), RFC 8926 (GENEVE), TZSP as Wireshark describes it, 3GPP TS 29.281
 * (GTP-U), RFC 8086 (GRE in UDP).
 */
#include "sensor/decode/decode_walk.h"

#define PORT_VXLAN	  4789
#define PORT_GENEVE	  6081
#define PORT_FOU	  5555
#define PORT_GTP	  2152
#define GTP_MESSAGE	  255 /* G-PDU: a user's packet */
#define GTP_EXTENDERS	  8
#define GRE_RESERVED_BITS 0x4fff
#define TZSP_TAGS	  64

static uint64_t port_bit(uint16_t port)
{
	return 1ull << (port & 63);
}

struct decoder decoder_of(const struct decode_options *options)
{
	struct decoder decoder = {.udp_ports = port_bit(DECODE_PORT_TZSP) | port_bit(PORT_GTP) |
					       port_bit(DECODE_PORT_GRE) | decode_overlay_ports()};

	if (options)
		decoder.options = *options;
	if (decoder.options.vxlan_port_count == 0)
		decoder.options.vxlan_ports[decoder.options.vxlan_port_count++] = PORT_VXLAN;
	if (decoder.options.geneve_port_count == 0)
		decoder.options.geneve_ports[decoder.options.geneve_port_count++] = PORT_GENEVE;
	if (decoder.options.fou_port_count == 0)
		decoder.options.fou_ports[decoder.options.fou_port_count++] = PORT_FOU;
	for (int i = 0; i < decoder.options.vxlan_port_count; i++)
		decoder.udp_ports |= port_bit(decoder.options.vxlan_ports[i]);
	for (int i = 0; i < decoder.options.geneve_port_count; i++)
		decoder.udp_ports |= port_bit(decoder.options.geneve_ports[i]);
	for (int i = 0; i < decoder.options.fou_port_count; i++)
		decoder.udp_ports |= port_bit(decoder.options.fou_ports[i]);
	return decoder;
}

static bool is_one_of(const uint16_t *ports, uint8_t count, uint16_t port)
{
	for (int i = 0; i < count; i++) {
		if (ports[i] == port)
			return true;
	}
	return false;
}

#define VXLAN_ID	0x08
#define VXLAN_GROUP	0x80 /* draft-smith-vxlan-group-policy: what was reserved is a group */
#define VXLAN_D_AND_A	0x48 /* its bits in the next byte */
#define GENEVE_CONTROL	0x80 /* for the ends themselves; no packet of others */
#define GENEVE_CRITICAL 0x40

/* |    Flags: I = 0x08    |       Reserved       |
 * |            VNI (24)             |  Reserved  |  */
static bool decode_vxlan(struct walk *walk, enum decode_result *result)
{
	struct bytes header = walk->rest;
	uint8_t flags = bytes_u8(&header), more = bytes_u8(&header);
	uint16_t group = bytes_be16(&header);
	uint32_t last = bytes_be32(&header);
	bool strict = flags == VXLAN_ID
			      ? more == 0 && group == 0
			      : flags == (VXLAN_ID | VXLAN_GROUP) && (more & ~VXLAN_D_AND_A) == 0;

	if (header.failed || !(flags & VXLAN_ID))
		return false;
	walk->rest = header;
	walk->loose = !strict || (last & 0xff) != 0;
	*result = decode_enter(walk, TUNNEL_VXLAN, true, last >> 8, true) ? decode_ethernet(walk)
									  : DECODE_TOO_DEEP;
	return true;
}

/* |     Class     | Type |R R R| Length in units of 4 |: they fill their room to the byte. */
static bool skip_geneve_options(struct bytes *header, uint32_t length)
{
	struct bytes options = bytes_sub(header, length);

	while (options.left != 0) {
		uint8_t units;

		bytes_skip(&options, 3);
		units = bytes_u8(&options);
		if (options.failed || (units & 0xe0) || !bytes_skip(&options, units * 4u))
			return false;
	}
	return !header->failed;
}

/* |Ver| Opt Len |O|C| Reserved |    Protocol    |
 * |            VNI (24)             |  Reserved  |, then options, in units of 4 */
static bool decode_geneve(struct walk *walk, enum decode_result *result)
{
	struct bytes header = walk->rest;
	uint8_t first = bytes_u8(&header), flags = bytes_u8(&header);
	uint16_t type = bytes_be16(&header);
	uint32_t last = bytes_be32(&header);

	if (header.failed || first >> 6 != 0 || (flags & ~GENEVE_CRITICAL) || (last & 0xff) != 0)
		return false;
	if (!skip_geneve_options(&header, (first & 0x3fu) * 4))
		return false;
	walk->rest = header;
	if (!decode_enter(walk, TUNNEL_GENEVE, true, last >> 8, true))
		*result = DECODE_TOO_DEEP;
	else
		*result = type == ETHERTYPE_BRIDGE ? decode_ethernet(walk)
						   : decode_ethertype(walk, type);
	return true;
}

/* |  Version 1  |  Type 0 or 1  |  Protocol 1: Ethernet  |, then tags up to the end tag 1 */
static bool decode_tzsp(struct walk *walk, enum decode_result *result)
{
	struct bytes header = walk->rest;
	uint8_t version = bytes_u8(&header), type = bytes_u8(&header), tag = 0;
	uint16_t protocol = bytes_be16(&header);

	if (header.failed || version != 1 || type > 1)
		return false;
	for (int i = 0; i < TZSP_TAGS && tag != 1; i++) {
		tag = bytes_u8(&header);
		if (tag > 1)
			bytes_skip(&header, bytes_u8(&header));
	}
	if (header.failed || tag != 1)
		return false;
	walk->rest = header;
	if (!decode_enter(walk, TUNNEL_TZSP, false, 0, true))
		*result = DECODE_TOO_DEEP;
	else
		*result = protocol == 1 ? decode_ethernet(walk) : DECODE_TUNNEL;
	return true;
}

/* |Version 1|PT|E|S|PN|  Type  |  Length  |  TEID  |, then 4 bytes with E, S or PN, then, with E,
 * extension headers in units of 4: length, content, type of the next. */
static bool skip_gtp(struct bytes *header, uint64_t beyond, bool incomplete, uint32_t *teid)
{
	uint8_t flags = bytes_u8(header), type = bytes_u8(header), next = 0;
	uint16_t length = bytes_be16(header);
	bool fits;

	*teid = bytes_be32(header);
	fits = incomplete ? length >= header->left : length == header->left + beyond;
	if ((flags & 0xf8) != 0x30 || type != GTP_MESSAGE || !fits)
		return false;
	if (flags & 0x07) {
		bytes_skip(header, 3);
		next = bytes_u8(header);
	}
	for (int i = 0; i < GTP_EXTENDERS && (flags & 0x04) && next != 0; i++) {
		uint8_t units = bytes_u8(header);

		if (units == 0)
			return false;
		bytes_skip(header, units * 4u - 2);
		next = bytes_u8(header);
	}
	return !header->failed && header->left != 0;
}

/* What is no IP packet there is no user's, but somebody else's datagram. */
static bool decode_gtp(struct walk *walk, enum decode_result *result)
{
	struct bytes header = walk->rest;
	uint32_t teid;

	if (!skip_gtp(&header, walk->beyond, walk->packet->incomplete, &teid) ||
	    (header.at[0] >> 4 != 4 && header.at[0] >> 4 != 6))
		return false;
	walk->rest = header;
	*result = decode_enter(walk, TUNNEL_GTP, true, teid, true) ? decode_network(walk)
								   : DECODE_TOO_DEEP;
	return true;
}

/*
 * Without what RFC 2784 reserves, routing, and versions but 0; of the types those that are known.
 */
static bool is_gre_type(uint16_t type)
{
	return type == ETHERTYPE_IPV4 || type == ETHERTYPE_IPV6 || type == ETHERTYPE_BRIDGE ||
	       type == ETHERTYPE_MPLS || type == ETHERTYPE_MPLS_MULTI || type == 0x880b ||
	       type == 0x88be || type == 0x22eb || type == ETHERTYPE_NSH;
}

static bool decode_gre_in_udp(struct walk *walk, enum decode_result *result)
{
	struct bytes header = walk->rest;
	uint16_t flags = bytes_be16(&header), type = bytes_be16(&header);

	if (header.failed || (flags & GRE_RESERVED_BITS) || !is_gre_type(type))
		return false;
	*result = decode_gre(walk);
	return true;
}

bool decode_udp_tunnel(struct walk *walk, enum decode_result *result)
{
	const struct decode_options *options = &walk->decoder->options;
	uint16_t port = walk->packet->destination_port;

	if (is_one_of(options->vxlan_ports, options->vxlan_port_count, port))
		return decode_vxlan(walk, result);
	if (is_one_of(options->geneve_ports, options->geneve_port_count, port))
		return decode_geneve(walk, result);
	if (is_one_of(options->fou_ports, options->fou_port_count, port))
		return decode_fou(walk, TUNNEL_FOU, result);
	switch (port) {
	case DECODE_PORT_TZSP:
		return decode_tzsp(walk, result);
	case PORT_GTP:
		return decode_gtp(walk, result);
	case DECODE_PORT_GRE:
		return !(options->tunnels_off >> DECODE_GRE_IN_UDP & 1) &&
		       decode_gre_in_udp(walk, result);
	default:
		if (walk->packet->source_port == PORT_CAPWAP)
			port = PORT_CAPWAP;
		return decode_udp_overlay(walk, port, result);
	}
}
