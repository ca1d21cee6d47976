/* SPDX-License-Identifier: ISC */
/*
 * The decoder's rarer link types: serial lines, firewalls' and filters' own captures, and those that
 * wrap another. Reference: the LINKTYPE_ list of tcpdump.org; RFC 2427 and ITU-T Q.922 (Frame Relay),
 * RFC 4391 (IP over InfiniBand).
 */
#include "sensor/decode/decode_walk.h"
#include "sensor/decode/encapsulation.h"

#define NFLOG_PAYLOAD	 9
#define NLPID_IPV4	 0xcc
#define NLPID_IPV6	 0x8e
#define NLPID_SNAP	 0x80
#define Q922_BYTES	 4
#define INFINIBAND_ROUTE 40 /* bytes before the ethertype */
#define JUNIPER_MAGIC	 0x4d4743u
#define JUNIPER_MORE	 0x80

/* |Address|Control|  Ethertype  | */
enum decode_result decode_chdlc(struct walk *walk)
{
	bytes_skip(&walk->rest, 2);
	return decode_ethertype(walk, bytes_be16(&walk->rest));
}

/* Q.922's address ends with an odd byte; then Cisco's ethertype, or |Control 03|Pad 00|NLPID|. */
static enum decode_result decode_frame_relay(struct walk *walk)
{
	int i = 0;

	while (i++ < Q922_BYTES && !(bytes_u8(&walk->rest) & 1) && !walk->rest.failed)
		;
	if (walk->rest.left == 0)
		return DECODE_TRUNCATED;
	if (walk->rest.at[0] != 3)
		return decode_ethertype(walk, bytes_be16(&walk->rest));
	bytes_skip(&walk->rest, 1);
	if (walk->rest.left != 0 && walk->rest.at[0] == 0)
		bytes_skip(&walk->rest, 1);
	switch (bytes_u8(&walk->rest)) {
	case NLPID_IPV4:
	case NLPID_IPV6:
		return decode_network(walk);
	case NLPID_SNAP:
		return decode_snap(walk);
	default:
		return walk->rest.failed ? DECODE_TRUNCATED : DECODE_NOT_IP;
	}
}

/* |Length|Family|…, filled up to a multiple of 4 */
static enum decode_result decode_pflog(struct walk *walk)
{
	uint32_t length = walk->rest.left != 0 ? walk->rest.at[0] : 0;

	if (!bytes_skip(&walk->rest, (length + 3u) & ~3u) || length == 0)
		return DECODE_TRUNCATED;
	return decode_network(walk);
}

/* |Family|Version|Id|, then |Length|Type|, both little-endian, and a value filled up to 4 bytes */
static enum decode_result decode_nflog(struct walk *walk)
{
	bytes_skip(&walk->rest, 4);
	while (walk->rest.left != 0) {
		uint32_t length = bytes_le16(&walk->rest), type = bytes_le16(&walk->rest);

		if (walk->rest.failed)
			break;
		if (length < 4)
			return DECODE_MALFORMED;
		if ((type & 0x7fff) == NFLOG_PAYLOAD) {
			walk_limit(walk, length - 4);
			return decode_network(walk);
		}
		bytes_skip(&walk->rest, ((length + 3) & ~3u) - 4);
	}
	return walk->rest.failed ? DECODE_TRUNCATED : DECODE_NOT_IP;
}

/* |  "MGC" (24)  |Flags|, with the flag for it the length of more, and that */
static enum decode_result decode_juniper(struct walk *walk)
{
	uint32_t magic = bytes_be24(&walk->rest);
	uint8_t flags = bytes_u8(&walk->rest);

	if (flags & JUNIPER_MORE)
		bytes_skip(&walk->rest, bytes_be16(&walk->rest));
	if (walk->rest.failed)
		return DECODE_TRUNCATED;
	return magic == JUNIPER_MAGIC ? decode_ethernet(walk) : DECODE_MALFORMED;
}

/* |  Length (32)  |  Record (32)  |  Link type (32)  |…, little-endian */
static enum decode_result decode_pktap(struct walk *walk)
{
	struct bytes header = walk->rest;
	uint32_t length = bytes_le32(&header), number;
	enum link_type link;

	bytes_skip(&header, 4);
	number = bytes_le32(&header);
	if (header.failed || !bytes_skip(&walk->rest, length))
		return DECODE_TRUNCATED;
	link = number <= UINT16_MAX ? encapsulation_link((int)number) : LINK_UNSUPPORTED;
	if (length < 12 || link == LINK_PKTAP)
		return DECODE_MALFORMED;
	if (link == LINK_UNSUPPORTED)
		return decode_unread(walk, BY_LINK, (uint16_t)number);
	return decode_link(link, walk);
}

/* The way across the fabric, then |  Ethertype  |  Reserved  | */
static enum decode_result decode_infiniband(struct walk *walk)
{
	uint16_t ethertype;

	bytes_skip(&walk->rest, INFINIBAND_ROUTE);
	ethertype = bytes_be16(&walk->rest);
	bytes_skip(&walk->rest, 2);
	return decode_ethertype(walk, ethertype);
}

static enum decode_result decode_family(struct walk *walk, size_t header)
{
	return bytes_skip(&walk->rest, header) ? decode_network(walk) : DECODE_TRUNCATED;
}

enum decode_result decode_capture_link(enum link_type link, struct walk *walk)
{
	switch (link) {
	case LINK_PPP_SIDES:
		bytes_skip(&walk->rest, 1);
		return decode_ppp(walk);
	case LINK_CHDLC:
		return decode_chdlc(walk);
	case LINK_FRELAY:
		return decode_frame_relay(walk);
	case LINK_WLAN:
		return decode_wlan(walk);
	case LINK_RADIOTAP:
		return decode_radiotap(walk);
	case LINK_PPI:
		return decode_ppi(walk);
	case LINK_PRISM:
		return decode_prism(walk);
	case LINK_ENC: /* family, SPI, flags */
		return decode_family(walk, 12);
	case LINK_PFLOG:
		return decode_pflog(walk);
	case LINK_NFLOG:
		return decode_nflog(walk);
	case LINK_INFINIBAND:
		return decode_infiniband(walk);
	case LINK_JUNIPER:
		return decode_juniper(walk);
	case LINK_PKTAP:
		return decode_pktap(walk);
	default:
		return DECODE_UNSUPPORTED_LINK;
	}
}
