/* SPDX-License-Identifier: ISC */
/*
 * The decoder's tunnels over IP: IP in IP, the GRE family, L2TPv3, EtherIP, MPLS in IP.
 *
 * References: RFC 2003 (IP in IP), RFC 4213 (6in4), RFC 2784 and 2890 (GRE), RFC 7637 (NVGRE),
 * RFC 2637 (GRE of PPTP), draft-foschiano-erspan (ERSPAN II and III; type I is bare), RFC 3931 and
 * 4719 (L2TPv3, Ethernet in it), RFC 3378 (EtherIP), RFC 4023 (MPLS in IP).
 */
#include "sensor/base/endpoint.h"
#include "sensor/decode/decode_walk.h"
#include "sensor/decode/encapsulation.h"

#define PROTOCOL_IPIP	 4
#define PROTOCOL_IPV6	 41
#define PROTOCOL_GRE	 47
#define PROTOCOL_ESP	 50
#define PROTOCOL_ETHERIP 97
#define PROTOCOL_L2TP	 115
#define PROTOCOL_MPLS	 137

#define GRE_CHECKSUM 0x8000
#define GRE_ROUTING  0x4000
#define GRE_KEY	     0x2000
#define GRE_SEQUENCE 0x1000
#define GRE_ACK	     0x0080 /* PPTP's */
#define GRE_VERSION  0x0007

#define GRE_ERSPAN2 0x88be /* and type I, which has no sequence numbers */
#define GRE_ERSPAN3 0x22eb
#define GRE_PPP	    0x880b
#define GRE_WCCP    0x883e

#define ESP_BEHIND 64 /* bytes at most behind the packet, but for long padding */

#define VSID_LOWEST 0x1000 /* RFC 7637: those below are reserved */

bool decode_enter(struct walk *walk, enum tunnel_kind kind, bool has_id, uint32_t id, bool over_ip)
{
	struct packet *packet = walk->packet;
	struct tunnel *tunnel = &packet->tunnels[packet->tunnel_count];

	walk->off = over_ip && (walk->decoder->options.tunnels_off >> kind & 1);
	if (walk->off || packet->tunnel_count == TUNNELS_MAX ||
	    (over_ip && walk->over_ip == TUNNELS_IP))
		return false;
	*tunnel = (struct tunnel){
		.kind = (uint8_t)kind,
		.has_id = has_id,
		.over_ip = over_ip,
		.marks = (uint8_t)((walk->in_udp ? TUNNEL_OVER_UDP : 0) |
				   (walk->loose ? TUNNEL_LOOSE : 0)),
		.id = id,
	};
	walk->in_udp = walk->loose = false;
	walk->tags = 0;
	if (over_ip) {
		tunnel->source = packet->source;
		tunnel->destination = packet->destination;
		walk->over_ip++;
	}
	packet->tunnel_count++;
	if (has_id && over_ip && walk->decoder->options.separate_vni)
		packet->realm = id == REALM_CLAIMED ? id - 1 : id;
	return true;
}

/* |Ver|   VLAN   | COS |En|T|  Session (10)  | Reserved | Index |  (type II, 8 bytes)
 * |Ver|   VLAN   | COS |BSO|T| Session (10)  |     Timestamp     |
 * | SGT |P| FT (5) | Hw (6) |D|Gra|O|  (type III, 12 bytes, and 8 more with O) */
static enum decode_result decode_erspan(struct walk *walk, enum tunnel_kind kind)
{
	uint32_t first = bytes_be32(&walk->rest), last;
	unsigned version = first >> 28, type = 0;

	if (kind == TUNNEL_ERSPAN2) {
		bytes_skip(&walk->rest, 4);
	} else {
		bytes_skip(&walk->rest, 4);
		last = bytes_be32(&walk->rest);
		type = last >> 10 & 0x1f;
		if (last & 1)
			bytes_skip(&walk->rest, 8);
	}
	if (walk->rest.failed)
		return DECODE_TRUNCATED;
	if (version != (kind == TUNNEL_ERSPAN2 ? 1u : 2u) || (type != 0 && type != 2))
		return DECODE_TUNNEL;
	if (!decode_enter(walk, kind, true, first & 0x3ff, true))
		return DECODE_TOO_DEEP;
	decode_note_vlan(walk->packet, first >> 16 & 0x0fff);
	return type == 2 ? decode_network(walk) : decode_ethernet(walk);
}

/* Ethernet in GRE: with a key whose upper 24 bits may be a VSID it is NVGRE's, else gretap's. */
static enum decode_result decode_gretap(struct walk *walk, uint16_t flags, uint32_t key)
{
	bool nvgre = (flags & (GRE_KEY | GRE_SEQUENCE | GRE_CHECKSUM)) == GRE_KEY &&
		     key >> 8 >= VSID_LOWEST;

	if (!decode_enter(walk, nvgre ? TUNNEL_NVGRE : TUNNEL_GRETAP, (flags & GRE_KEY) != 0,
			  nvgre ? key >> 8 : key, true))
		return DECODE_TOO_DEEP;
	return decode_ethernet(walk);
}

/* Version 2 has a header of 4 bytes, which says by which service a packet was redirected. */
static enum decode_result decode_wccp(struct walk *walk)
{
	if (!decode_looks_like_ip(walk))
		bytes_skip(&walk->rest, 4);
	return walk->rest.failed ? DECODE_TRUNCATED : decode_network(walk);
}

/* The types are by the virtual access point: what is in it shows by itself. */
static bool is_aruba(uint16_t type)
{
	return (type >= 0x8200 && type <= 0x83ff) || (type >= 0x9010 && type <= 0x90ff) ||
	       type == 0x9000;
}

static enum decode_result decode_aruba(struct walk *walk, uint16_t type)
{
	if (decode_looks_like_ethernet(walk->rest))
		return decode_ethernet(walk);
	if (walk->rest.left != 0 && (walk->rest.at[0] & 0x0f) == 0x08)
		return decode_wlan(walk);
	return decode_unread(walk, BY_ETHERTYPE, type);
}

static enum decode_result decode_gre_payload(struct walk *walk, uint16_t flags, uint16_t type,
					     uint32_t key)
{
	switch (type) {
	case GRE_ERSPAN2:
		if (flags & GRE_SEQUENCE)
			return decode_erspan(walk, TUNNEL_ERSPAN2);
		if (!decode_enter(walk, TUNNEL_ERSPAN1, false, 0, true))
			return DECODE_TOO_DEEP;
		return decode_ethernet(walk);
	case GRE_ERSPAN3:
		return decode_erspan(walk, TUNNEL_ERSPAN3);
	case ETHERTYPE_BRIDGE:
		return decode_gretap(walk, flags, key);
	default:
		break;
	}
	if (!decode_enter(walk, TUNNEL_GRE, (flags & GRE_KEY) != 0, key, true))
		return DECODE_TOO_DEEP;
	if (type == GRE_PPP)
		return decode_ppp(walk);
	if (type == GRE_WCCP)
		return decode_wccp(walk);
	return is_aruba(type) ? decode_aruba(walk, type) : decode_ethertype(walk, type);
}

/* |C|R|K|S|...|Ver|   Type   | checksum, offset if C or R | key if K | sequence if S | */
enum decode_result decode_gre(struct walk *walk)
{
	uint16_t flags = bytes_be16(&walk->rest), type = bytes_be16(&walk->rest);
	unsigned version = flags & GRE_VERSION;
	uint32_t key = 0;

	if (walk->rest.failed)
		return DECODE_TRUNCATED;
	if (version > 1 || (flags & GRE_ROUTING) || (version == 1 && type != GRE_PPP))
		return DECODE_TUNNEL;
	if (flags & GRE_CHECKSUM)
		bytes_skip(&walk->rest, 4);
	if (flags & GRE_KEY)
		key = bytes_be32(&walk->rest);
	if (flags & GRE_SEQUENCE)
		bytes_skip(&walk->rest, 4);
	if (version == 1) {
		key &= 0xffff; /* the upper half is the payload's length */
		if (flags & GRE_ACK)
			bytes_skip(&walk->rest, 4);
	}
	if (walk->rest.failed)
		return DECODE_TRUNCATED;
	if (version == 1 && walk->rest.left == 0 && walk->beyond == 0)
		return DECODE_NOT_IP; /* only an acknowledgement */
	return decode_gre_payload(walk, flags, type, key);
}

static enum decode_result decode_ip_in_ip(struct walk *walk, enum tunnel_kind kind)
{
	if (!decode_enter(walk, kind, false, 0, true))
		return DECODE_TOO_DEEP;
	return decode_network(walk);
}

/* The cookie (0, 4 or 8 bytes) and the sublayer (0 or 4) are agreed on by signalling that was not
 * seen: the ethertype shows which it is. */
enum decode_result decode_l2tp3_payload(struct walk *walk, uint32_t session)
{
	struct bytes rest = walk->rest;

	if (!decode_enter(walk, TUNNEL_L2TP3, true, session, true))
		return DECODE_TOO_DEEP;
	for (int words = 0; words < 4; words++) {
		if (decode_looks_like_ethernet(rest)) {
			walk->rest = rest;
			return decode_ethernet(walk);
		}
		bytes_skip(&rest, 4);
	}
	return walk->beyond != 0 || walk->rest.left < 28 ? DECODE_TRUNCATED : DECODE_TUNNEL;
}

static enum decode_result decode_l2tp3(struct walk *walk)
{
	uint32_t session = bytes_be32(&walk->rest);

	if (walk->rest.failed)
		return DECODE_TRUNCATED;
	if (session == 0)
		return DECODE_NOT_OURS; /* its control channel */
	return decode_l2tp3_payload(walk, session);
}

static enum decode_result decode_etherip(struct walk *walk)
{
	uint16_t version = bytes_be16(&walk->rest);

	if (walk->rest.failed)
		return DECODE_TRUNCATED;
	if (version != 0x3000)
		return DECODE_TUNNEL;
	if (!decode_enter(walk, TUNNEL_ETHERIP, false, 0, true))
		return DECODE_TOO_DEEP;
	return decode_ethernet(walk);
}

/* An IP packet in ESP's tunnel mode; behind it stand padding and the proof of who sent it. */
static bool is_plain_ip(struct bytes at)
{
	size_t told, header = at.left != 0 ? (at.at[0] & 0x0fu) * 4 : 0;
	uint8_t version = at.left != 0 ? at.at[0] >> 4 : 0;
	struct bytes length = at;

	if (version == 4) {
		bytes_skip(&length, 2);
		told = bytes_be16(&length);
		return header >= 20 && header <= at.left && decode_ip_sum_good(at.at) &&
		       told >= header && told < at.left && at.left - told <= ESP_BEHIND;
	}
	bytes_skip(&length, 4);
	told = bytes_be16(&length) + 40u;
	return version == 6 && !length.failed && told < at.left && at.left - told <= ESP_BEHIND &&
	       (at.at[6] == TRANSPORT_TCP || at.at[6] == TRANSPORT_UDP);
}

/* Transport mode: |…|Padding 1, 2, 3 …|Pad length|Next header|  Proof  |. The checksum decides. */
static bool is_plain_transport(const struct walk *walk, struct bytes *at, size_t proof,
			       uint8_t *protocol)
{
	size_t left = at->left, padding;

	if (left < proof + 2 + 8)
		return false;
	left -= proof + 2;
	*protocol = at->at[left + 1];
	padding = at->at[left];
	if ((*protocol != TRANSPORT_TCP && *protocol != TRANSPORT_UDP) || padding + 8 > left)
		return false;
	for (size_t i = 1; i <= padding; i++) {
		if (at->at[left - padding + i - 1] != i)
			return false;
	}
	at->left = left - padding;
	return (*protocol == TRANSPORT_UDP || at->left >= 20) &&
	       decode_transport_sum_good(walk->packet->ip, *protocol, at->at, at->left);
}

/* |  Security parameters (32)  |  Sequence (32)  |. NULL encryption (RFC 2410) shows by itself. */
static enum decode_result decode_esp(struct walk *walk)
{
	static const uint8_t proofs[] = {12, 16, 24, 32};
	uint32_t id = bytes_be32(&walk->rest);
	struct bytes at;

	bytes_skip(&walk->rest, 4);
	if (is_plain_ip(walk->rest)) {
		if (!decode_enter(walk, TUNNEL_ESP, true, id, true))
			return DECODE_TOO_DEEP;
		return decode_network(walk);
	}
	for (size_t i = 0; i < sizeof proofs && walk->beyond == 0; i++) {
		at = walk->rest;
		if (!is_plain_transport(walk, &at, proofs[i], &walk->protocol))
			continue;
		walk->rest = at;
		walk->packet->transport = walk->protocol;
		walk->packet->ip_length = (uint32_t)(at.at + at.left - walk->packet->ip);
		return decode_transport(walk);
	}
	return decode_unread(walk, BY_PROTOCOL, PROTOCOL_ESP);
}

static bool decode_known(struct walk *walk, enum decode_result *result)
{
	bool outer_is_ipv4 = address_is_ipv4(&walk->packet->source);

	switch (walk->protocol) {
	case PROTOCOL_IPIP:
		*result = decode_ip_in_ip(walk, TUNNEL_IPIP);
		return true;
	case PROTOCOL_IPV6:
		*result = decode_ip_in_ip(walk, outer_is_ipv4 ? TUNNEL_6IN4 : TUNNEL_IPIP);
		return true;
	case PROTOCOL_GRE:
		*result = decode_gre(walk);
		return true;
	case PROTOCOL_ESP:
		*result = decode_esp(walk);
		return true;
	case PROTOCOL_ETHERIP:
		*result = decode_etherip(walk);
		return true;
	case PROTOCOL_L2TP:
		*result = decode_l2tp3(walk);
		return true;
	case PROTOCOL_MPLS:
		*result = decode_mpls(walk, true);
		return true;
	default:
		return false;
	}
}

bool decode_ip_tunnel(struct walk *walk, enum decode_result *result)
{
	if (!decode_known(walk, result))
		return false;
	if (walk->off)
		*result = DECODE_NOT_OURS;
	return true;
}
