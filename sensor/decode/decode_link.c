/* SPDX-License-Identifier: ISC */
/*
 * The decoder's link layers, and what stands between them and IP: MPLS, PPPoE and PPP. Tags are in
 * decode_tags.c, rarer link types in decode_capture_link.c.
 *
 * References: IEEE 802.1Q, RFC 3032 (MPLS), RFC 4448 and 4385 (Ethernet over MPLS, its control
 * word), RFC 2516 (PPPoE), RFC 1661 (PPP), the LINKTYPE_ list of tcpdump.org for the rest.
 */
#include <sys/socket.h>

#include "sensor/decode/decode_walk.h"

#define MPLS_LABELS_MAX 8
#define PADDING_MAX	64
#define PPP_IPV4	0x0021
#define PPP_IPV6	0x0057
#define PPP_MPLS	0x0281

/* An id of 0 is a tag that only carries a priority. */
void decode_note_vlan(struct packet *packet, uint16_t id)
{
	if (packet->vlan == 0)
		packet->vlan = id;
	else if (id != 0)
		packet->vlan_inner = id;
}

static bool is_ip_of(const struct bytes *rest, uint8_t version)
{
	return rest->left != 0 && rest->at[0] >> 4 == version;
}

bool decode_looks_like_ethernet(struct bytes rest)
{
	uint16_t ethertype;

	bytes_skip(&rest, 12);
	ethertype = bytes_be16(&rest);
	if (rest.failed)
		return false;
	switch (ethertype) {
	case ETHERTYPE_IPV4:
		return is_ip_of(&rest, 4);
	case ETHERTYPE_IPV6:
		return is_ip_of(&rest, 6);
	case ETHERTYPE_MPLS:
	case ETHERTYPE_PPPOE:
	case 0x0806: /* ARP */
	case 0x88cc: /* LLDP */
		return true;
	default:
		return decode_is_tag(ethertype);
	}
}

/* A length where the ethertype would be: spanning tree and the like. */
static bool looks_like_8023(struct bytes rest)
{
	bytes_skip(&rest, 12);
	return bytes_be16(&rest) < 0x0600 && !rest.failed;
}

/* Does a length at this place of an IP header tell how much there is, but for a little padding? */
static bool length_fits(const struct walk *walk, size_t at, size_t more)
{
	struct bytes header = walk->rest;
	uint64_t there = walk->rest.left + walk->beyond, told;

	bytes_skip(&header, at);
	told = bytes_be16(&header) + more;
	return !header.failed && told >= 20 && told <= there && there - told <= PADDING_MAX;
}

/* Is it an IP header, or an Ethernet address that begins like one? */
bool decode_looks_like_ip(const struct walk *walk)
{
	if (is_ip_of(&walk->rest, 4))
		return length_fits(walk, 2, 0) || !decode_looks_like_ethernet(walk->rest);
	if (is_ip_of(&walk->rest, 6))
		return length_fits(walk, 4, 40) || !decode_looks_like_ethernet(walk->rest);
	return false;
}

/*
 * Nothing in a label stack says what is below it. IP tells its version; 0 there is a pseudo-wire's
 * control word, or an Ethernet address; 1 is its control channel.
 */
static enum decode_result decode_mpls_payload(struct walk *walk)
{
	struct bytes behind = walk->rest;

	if (walk->rest.left == 0)
		return DECODE_TRUNCATED;
	if (decode_looks_like_ip(walk))
		return decode_network(walk);
	bytes_skip(&behind, 4);
	if (is_ip_of(&walk->rest, 0) && decode_looks_like_ethernet(behind)) {
		bytes_skip(&walk->rest, 4);
		return decode_ethernet(walk);
	}
	if (decode_looks_like_ethernet(walk->rest))
		return decode_ethernet(walk);
	if (looks_like_8023(behind) || looks_like_8023(walk->rest))
		return DECODE_NOT_IP;
	return walk->beyond != 0 ? DECODE_TRUNCATED : DECODE_TUNNEL;
}

/*
 * |  Label (20)  | TC | bottom | TTL |, until the bottom. The lowest label is kept: the service's.
 */
enum decode_result decode_mpls(struct walk *walk, bool over_ip)
{
	for (int i = 0; i < MPLS_LABELS_MAX; i++) {
		uint32_t entry = bytes_be32(&walk->rest);

		if (walk->rest.failed)
			return DECODE_TRUNCATED;
		if (!(entry & 0x100))
			continue;
		if (!decode_enter(walk, TUNNEL_MPLS, true, entry >> 12, over_ip))
			return DECODE_TOO_DEEP;
		return decode_mpls_payload(walk);
	}
	return DECODE_MALFORMED;
}

/* To one station or to all; on serial lines both protocols are captured as PPP. */
static bool is_cisco_hdlc(const struct bytes *rest)
{
	return rest->left >= 2 && (rest->at[0] == 0x0f || rest->at[0] == 0x8f) && rest->at[1] == 0;
}

/* The protocol may be shortened to one byte, which is odd (RFC 1661 section 2). */
enum decode_result decode_ppp(struct walk *walk)
{
	uint16_t protocol;

	if (walk->rest.left >= 2 && walk->rest.at[0] == 0xff && walk->rest.at[1] == 0x03)
		bytes_skip(&walk->rest, 2);
	else if (is_cisco_hdlc(&walk->rest))
		return decode_chdlc(walk);
	protocol = bytes_u8(&walk->rest);
	if (!(protocol & 1))
		protocol = (uint16_t)(protocol << 8 | bytes_u8(&walk->rest));
	if (walk->rest.failed)
		return DECODE_TRUNCATED;
	switch (protocol) {
	case PPP_IPV4:
	case PPP_IPV6:
		return decode_network(walk);
	case PPP_MPLS:
		return decode_mpls(walk, false);
	case 0x0053: /* encrypted */
	case 0x00fd: /* compressed */
		return DECODE_TUNNEL;
	default:
		return DECODE_NOT_IP; /* its own link control */
	}
}

/* |Version|Type|  Code  |   Session   |   Length   |, then PPP. */
enum decode_result decode_pppoe(struct walk *walk)
{
	uint8_t version = bytes_u8(&walk->rest), code = bytes_u8(&walk->rest);
	uint16_t session = bytes_be16(&walk->rest), length = bytes_be16(&walk->rest);

	if (walk->rest.failed)
		return DECODE_TRUNCATED;
	if (version != 0x11)
		return DECODE_TUNNEL;
	if (code != 0)
		return DECODE_NOT_IP;
	walk_limit(walk, length);
	if (!decode_enter(walk, TUNNEL_PPPOE, true, session, false))
		return DECODE_TOO_DEEP;
	return decode_ppp(walk);
}

enum decode_result decode_ethertype(struct walk *walk, uint16_t ethertype)
{
	enum decode_result result;

	/* Most packets: no tag, nothing else to ask. A failed cursor gives 0. */
	if (ethertype == ETHERTYPE_IPV4)
		return decode_network(walk);
	result = decode_tags(walk, &ethertype);
	if (result != DECODE_OK)
		return result;
	switch (ethertype) {
	case ETHERTYPE_IPV4:
	case ETHERTYPE_IPV6:
		return decode_network(walk);
	case ETHERTYPE_MPLS:
	case ETHERTYPE_MPLS_MULTI:
		return decode_mpls(walk, false);
	case ETHERTYPE_PPPOE:
		return decode_pppoe(walk);
	default:
		return decode_is_shim(ethertype) ? decode_shim(walk, ethertype)
						 : decode_other(walk, ethertype);
	}
}

enum decode_result decode_ethernet(struct walk *walk)
{
	bytes_skip(&walk->rest, 12);
	return decode_ethertype(walk, bytes_be16(&walk->rest));
}

/* The family is in the capturing host's byte order: a small number in one of the two halves. */
static enum decode_result decode_null(struct walk *walk)
{
	const uint8_t *family = bytes_take(&walk->rest, 4);
	uint8_t number;

	if (!family)
		return DECODE_TRUNCATED;
	number = family[0] ? family[0] : family[3];
	/* 2 is IPv4 everywhere; IPv6 is 10, 24, 28 or 30, depending on the system. */
	if (number != AF_INET && number != AF_INET6 && number != 24 && number != 28 && number != 30)
		return DECODE_NOT_IP;
	return decode_network(walk);
}

enum decode_result decode_link(enum link_type link, struct walk *walk)
{
	uint16_t ethertype;

	switch (link) {
	case LINK_ETHERNET:
		return decode_ethernet(walk);
	case LINK_SLL:
		bytes_skip(&walk->rest, 14);
		return decode_ethertype(walk, bytes_be16(&walk->rest));
	case LINK_SLL2:
		ethertype = bytes_be16(&walk->rest);
		bytes_skip(&walk->rest, 18);
		return decode_ethertype(walk, ethertype);
	case LINK_RAW:
		return decode_network(walk);
	case LINK_NULL:
		return decode_null(walk);
	case LINK_PPP:
		return decode_ppp(walk);
	case LINK_PPPOE:
		return decode_pppoe(walk);
	case LINK_MPLS:
		return decode_mpls(walk, false);
	default:
		return decode_capture_link(link, walk);
	}
}
