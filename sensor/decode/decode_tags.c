/* SPDX-License-Identifier: ISC */
/*
 * What switches put between Ethernet and IP: tags, and headers with another Ethernet frame behind
 * them. All of it is the link's, so it is believed and is no tunnel in events; walk->tags bounds it.
 *
 * References: IEEE 802.1Q, 802.1BR (E-Tag), 802.1ah (PBB), 802.1AE (MACsec), IEC 62439-3 (HSR), RFC
 * 6325 (TRILL), RFC 8300 (NSH), RFC 1042 (SNAP); Cisco's VN-Tag, CMD, TTag and FabricPath and Arista's time stamps
 * as Wireshark describes them.
 */
#include "sensor/decode/decode_walk.h"
#include "sensor/decode/encapsulation.h"

#define VNTAG	0x8926
#define ETAG	0x893f
#define CMD	0x8909
#define TTAG	0x8988
#define ARISTA	0xd28b
#define HSR	0x892f
#define MACSEC	0x88e5
#define PBB	0x88e7
#define TRILL	0x22f3
#define FABRIC	0x8903
#define CONTROL 0x0600 /* below: a length, IEEE 802.3 */

#define MACSEC_SCI     0x20
#define MACSEC_SECRET  0x08
#define MACSEC_CHANGED 0x04

bool decode_is_vlan_tag(uint16_t ethertype)
{
	switch (ethertype) {
	case 0x8100:
	case 0x88a8:
	case 0x9100:
	case 0x9200:
	case 0x9300:
		return true;
	default:
		return false;
	}
}

bool decode_is_tag(uint16_t ethertype)
{
	switch (ethertype) {
	case VNTAG:
	case ETAG:
	case CMD:
	case TTAG:
	case ARISTA:
	case HSR:
	case MACSEC:
		return true;
	default:
		return decode_is_vlan_tag(ethertype);
	}
}

/* |Version 1|  Length  |, and as many options of 4 bytes: their kind, and what it tells. */
static bool skip_cmd(struct bytes *rest)
{
	uint8_t version = bytes_u8(rest), length = bytes_u8(rest);

	bytes_skip(rest, length * 4u);
	return version == 1;
}

/* |  Subtype 1  |  Version: UTC 01.., 64 bits ..10, 48 bits ..20  |  Time  | */
static bool skip_arista(struct bytes *rest)
{
	uint16_t subtype = bytes_be16(rest), version = bytes_be16(rest) & 0xff;

	bytes_skip(rest, version == 0x20 ? 6 : 8);
	return subtype == 1 && (version == 0x10 || version == 0x20);
}

/* |V|ES|SC|SCB|E|C|AN|  Short length  |  Packet number (32)  |, SCI (64) with SC */
static bool skip_macsec(struct bytes *rest)
{
	uint8_t flags = bytes_u8(rest);

	bytes_skip(rest, 5);
	if (flags & MACSEC_SCI)
		bytes_skip(rest, 8);
	return !(flags & (MACSEC_SECRET | MACSEC_CHANGED | 0x80));
}

/* False: it is none that is understood. */
static bool skip_tag(struct walk *walk, uint16_t ethertype)
{
	switch (ethertype) {
	case VNTAG:
	case HSR:
		bytes_skip(&walk->rest, 4);
		return true;
	case ETAG:
	case TTAG:
		bytes_skip(&walk->rest, 6);
		return true;
	case CMD:
		return skip_cmd(&walk->rest);
	case ARISTA:
		return skip_arista(&walk->rest);
	case MACSEC:
		return skip_macsec(&walk->rest);
	default:
		decode_note_vlan(walk->packet, bytes_be16(&walk->rest) & 0x0fff);
		return true;
	}
}

enum decode_result decode_tags(struct walk *walk, uint16_t *ethertype)
{
	while (decode_is_tag(*ethertype)) {
		if (++walk->tags > LINK_TAGS_MAX)
			return DECODE_TOO_DEEP;
		if (!skip_tag(walk, *ethertype))
			return decode_unread(walk, BY_ETHERTYPE, *ethertype);
		*ethertype = bytes_be16(&walk->rest);
	}
	return walk->rest.failed ? DECODE_TRUNCATED : DECODE_OK;
}

/* |DSAP aa|SSAP aa|Control 03|  OUI 0 (24)  |  Ethertype  |; what is no SNAP is switches' own. */
enum decode_result decode_llc(struct walk *walk)
{
	uint8_t dsap = bytes_u8(&walk->rest), ssap = bytes_u8(&walk->rest);
	uint8_t control = bytes_u8(&walk->rest);

	if (walk->rest.failed)
		return DECODE_TRUNCATED;
	if (dsap == 0x06 && ssap == 0x06 && control == 3)
		return decode_network(walk);
	if (dsap != 0xaa || ssap != 0xaa || control != 3)
		return DECODE_NOT_IP;
	return decode_snap(walk);
}

enum decode_result decode_snap(struct walk *walk)
{
	uint32_t owner = bytes_be24(&walk->rest);
	uint16_t type = bytes_be16(&walk->rest);

	if (walk->rest.failed)
		return DECODE_TRUNCATED;
	/* 0000f8: ethertypes across a bridge (802.1H). Those of vendors are switches' own. */
	if ((owner != 0 && owner != 0x0000f8) || type < CONTROL)
		return DECODE_NOT_IP;
	if (++walk->tags > LINK_TAGS_MAX)
		return DECODE_TOO_DEEP;
	return decode_ethertype(walk, type);
}

/* |Ver|R|M|Options|Hops|  Egress  |  Ingress  |, options in units of 4, then Ethernet */
static enum decode_result decode_trill(struct walk *walk)
{
	uint16_t first = bytes_be16(&walk->rest);

	bytes_skip(&walk->rest, 4 + (first >> 6 & 0x1fu) * 4);
	if (first >> 14 != 0 && !walk->rest.failed)
		return decode_unread(walk, BY_ETHERTYPE, TRILL);
	return decode_ethernet(walk);
}

/* |Ver|O|U|TTL|Length|U U U U|Type|  Next  |, the path, and metadata: `Length` units of 4 in all */
static enum decode_result decode_nsh(struct walk *walk)
{
	uint16_t first = bytes_be16(&walk->rest);
	uint8_t next;

	bytes_skip(&walk->rest, 1);
	next = bytes_u8(&walk->rest);
	if (walk->rest.failed)
		return DECODE_TRUNCATED;
	if (first >> 14 != 0 || (first & 0x3f) < 2)
		return decode_unread(walk, BY_ETHERTYPE, ETHERTYPE_NSH);
	bytes_skip(&walk->rest, (first & 0x3fu) * 4 - 4);
	return decode_next_protocol(walk, next, ETHERTYPE_NSH);
}

enum decode_result decode_next_protocol(struct walk *walk, uint8_t next, uint16_t ethertype)
{
	switch (next) {
	case 1:
	case 2:
		return decode_network(walk);
	case 3:
		return decode_ethernet(walk);
	case 4:
		return decode_ethertype(walk, ETHERTYPE_NSH);
	case 5:
		return decode_mpls(walk, false);
	default:
		return decode_unread(walk, BY_ETHERTYPE, ethertype);
	}
}

bool decode_is_shim(uint16_t ethertype)
{
	return ethertype == PBB || ethertype == TRILL || ethertype == FABRIC ||
	       ethertype == ETHERTYPE_NSH;
}

enum decode_result decode_shim(struct walk *walk, uint16_t ethertype)
{
	if (++walk->tags > LINK_TAGS_MAX)
		return DECODE_TOO_DEEP;
	switch (ethertype) {
	case PBB: /* | Flags | Service (24) |, then Ethernet */
		bytes_skip(&walk->rest, 4);
		return decode_ethernet(walk);
	case TRILL:
		return decode_trill(walk);
	case FABRIC: /* | Tree (10) | Hops (6) |, then Ethernet */
		bytes_skip(&walk->rest, 2);
		return decode_ethernet(walk);
	default:
		return decode_nsh(walk);
	}
}

enum decode_result decode_other(struct walk *walk, uint16_t ethertype)
{
	const struct encapsulation *known;

	if (ethertype < CONTROL)
		return decode_llc(walk);
	known = encapsulation_find(BY_ETHERTYPE, ethertype);
	if (known && known->fate == FATE_CONTROL)
		return DECODE_NOT_IP;
	return decode_unread(walk, BY_ETHERTYPE, ethertype);
}

enum decode_result decode_unread(struct walk *walk, unsigned by, uint16_t number)
{
	walk->packet->unread = unread_of((enum encapsulation_by)by, number);
	return DECODE_UNREAD;
}
