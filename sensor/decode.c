/* SPDX-License-Identifier: ISC */
/*
 * The packet decoder. One function per layer, each consuming its header from a cursor that was
 * made once, from the captured length. Lengths in headers only ever shorten the cursor.
 *
 * References: IEEE 802.1Q, RFC 791 (IPv4), RFC 8200 (IPv6), RFC 9293 (TCP), RFC 768 (UDP),
 * RFC 792 and RFC 4443 (ICMP errors), the LINKTYPE_ list of tcpdump.org for the rest.
 */
#include "sensor/decode.h"

#include <sys/socket.h>

#include "dissectors/bytes.h"
#include "sensor/endpoint.h"

#define VLAN_TAGS_MAX	    2
#define IPV6_EXTENSIONS_MAX 8
#define TCP_FIXED	    14 /* bytes from the ports to the flags */
#define PROTOCOL_ICMP	    1
#define PROTOCOL_ICMPV6	    58
#define ETHERTYPE_IPV4	    0x0800
#define ETHERTYPE_IPV6	    0x86dd

/* What is known while the layers are walked. */
struct walk {
	struct bytes rest; /* captured bytes not yet taken */
	uint64_t beyond;   /* bytes of the frame behind `rest` that were not captured */
	struct packet *packet;
	uint8_t protocol; /* of what `rest` starts with, once the IP layer is done */
};

/* Cuts `rest` to the `length` bytes that a header says are left; more than there are is fine. */
static void limit(struct walk *walk, uint64_t length)
{
	if (length <= walk->rest.left) {
		walk->rest.left = length;
		walk->beyond = 0;
	} else if (length - walk->rest.left < walk->beyond) {
		walk->beyond = length - walk->rest.left;
	}
}

static bool is_vlan_tag(uint16_t ethertype)
{
	static const uint16_t tags[] = {0x8100, 0x88a8, 0x9100, 0x9200, 0x9300};

	for (size_t i = 0; i < sizeof tags / sizeof *tags; i++) {
		if (tags[i] == ethertype)
			return true;
	}
	return false;
}

/* Takes the tags; returns the ethertype behind them. */
static uint16_t skip_vlan_tags(struct walk *walk, uint16_t ethertype)
{
	for (int i = 0; i < VLAN_TAGS_MAX && is_vlan_tag(ethertype); i++) {
		uint16_t id = bytes_be16(&walk->rest) & 0x0fff;

		if (i == 0)
			walk->packet->vlan = id;
		ethertype = bytes_be16(&walk->rest);
	}
	return ethertype;
}

/*  0                   1                   2                   3
 * |Version|  IHL  |Type of service|          Total length         |
 * |         Identification        |Flags|     Fragment offset     |
 * |  Time to live |   Protocol    |        Header checksum        |
 * |       Source address          |       Destination address     |  (RFC 791) */
static enum decode_result decode_ipv4(struct walk *walk)
{
	struct bytes header = walk->rest;
	unsigned header_length;
	uint16_t total, fragment;
	const uint8_t *addresses;

	header_length = (bytes_u8(&header) & 0x0fu) * 4;
	bytes_skip(&header, 1);
	total = bytes_be16(&header);
	bytes_skip(&header, 2);
	fragment = bytes_be16(&header);
	bytes_skip(&header, 1);
	walk->protocol = bytes_u8(&header);
	bytes_skip(&header, 2);
	addresses = bytes_take(&header, 8);
	if (!addresses)
		return DECODE_TRUNCATED;
	/* A total length of 0 is segmentation offload's: the frame tells the length then. */
	if (header_length < 20 || (total != 0 && total < header_length))
		return DECODE_MALFORMED;
	walk->packet->source = address_from_ipv4(addresses);
	walk->packet->destination = address_from_ipv4(addresses + 4);
	if (total != 0)
		limit(walk, total);
	walk->packet->ip_length = (uint32_t)walk->rest.left;
	if (!bytes_skip(&walk->rest, header_length))
		return DECODE_TRUNCATED;
	if (fragment & 0x1fff)
		return DECODE_FRAGMENT;
	walk->packet->fragment = (fragment & 0x2000) != 0;
	return DECODE_OK;
}

/* True for a header that is only a link in the chain, with the common length field. */
static bool is_ipv6_option(uint8_t protocol)
{
	return protocol == 0 || protocol == 43 || protocol == 60 || protocol == 135 ||
	       protocol == 139 || protocol == 140;
}

/* Walks the chain of extension headers (RFC 8200 section 4). */
static enum decode_result skip_ipv6_extensions(struct walk *walk)
{
	for (int i = 0; i <= IPV6_EXTENSIONS_MAX; i++) {
		uint8_t protocol = walk->protocol;

		if (protocol == 44) { /* fragment */
			uint16_t offset;

			walk->protocol = bytes_u8(&walk->rest);
			bytes_skip(&walk->rest, 1);
			offset = bytes_be16(&walk->rest);
			bytes_skip(&walk->rest, 4);
			if (walk->rest.failed)
				return DECODE_TRUNCATED;
			if (offset & 0xfff8)
				return DECODE_FRAGMENT;
			walk->packet->fragment = (offset & 1) != 0;
		} else if (protocol == 51) { /* authentication: length in units of 4, less 2 */
			walk->protocol = bytes_u8(&walk->rest);
			bytes_skip(&walk->rest, (bytes_u8(&walk->rest) + 2u) * 4 - 2);
		} else if (is_ipv6_option(protocol)) {
			walk->protocol = bytes_u8(&walk->rest);
			bytes_skip(&walk->rest, (bytes_u8(&walk->rest) + 1u) * 8 - 2);
		} else {
			return DECODE_OK;
		}
		if (walk->rest.failed)
			return DECODE_TRUNCATED;
	}
	return DECODE_MALFORMED;
}

/* |Version| Traffic class |           Flow label                  |
 * |         Payload length        |  Next header  |   Hop limit   |
 * |  Source address (128)  |  Destination address (128)  |  (RFC 8200 section 3) */
static enum decode_result decode_ipv6(struct walk *walk)
{
	const uint8_t *source, *destination;
	uint16_t length;

	bytes_skip(&walk->rest, 4);
	length = bytes_be16(&walk->rest);
	walk->protocol = bytes_u8(&walk->rest);
	bytes_skip(&walk->rest, 1);
	source = bytes_take(&walk->rest, 16);
	destination = bytes_take(&walk->rest, 16);
	if (!destination)
		return DECODE_TRUNCATED;
	memcpy(walk->packet->source.bytes, source, 16);
	memcpy(walk->packet->destination.bytes, destination, 16);
	if (length != 0) /* 0: jumbogram, or segmentation offload */
		limit(walk, length);
	walk->packet->ip_length = (uint32_t)walk->rest.left + 40;
	return skip_ipv6_extensions(walk);
}

static enum decode_result decode_ip(struct walk *walk)
{
	if (walk->rest.left == 0)
		return DECODE_TRUNCATED;
	walk->packet->ip = walk->rest.at;
	switch (walk->rest.at[0] >> 4) {
	case 4:
		return decode_ipv4(walk);
	case 6:
		return decode_ipv6(walk);
	default:
		return DECODE_MALFORMED;
	}
}

static void set_payload(struct walk *walk)
{
	walk->packet->payload = walk->rest.left ? walk->rest.at : NULL;
	walk->packet->payload_length = (uint32_t)walk->rest.left;
	walk->packet->payload_wire = (uint32_t)(walk->rest.left + walk->beyond);
}

static enum decode_result decode_tcp(struct walk *walk)
{
	struct packet *packet = walk->packet;
	struct bytes header = walk->rest;
	unsigned header_length;

	packet->source_port = bytes_be16(&header);
	packet->destination_port = bytes_be16(&header);
	packet->sequence = bytes_be32(&header);
	packet->acknowledgement = bytes_be32(&header);
	header_length = (bytes_u8(&header) >> 4) * 4u;
	packet->tcp_flags = bytes_u8(&header);
	if (header.failed)
		return DECODE_TRUNCATED;
	if (header_length < 20)
		return DECODE_MALFORMED;
	if (!bytes_skip(&walk->rest, header_length)) {
		/* Options cut off by the snap length, or in the next fragment: flags and numbers
		 * still count. */
		size_t missing = header_length - (header.left + TCP_FIXED);

		if (missing > walk->beyond && !packet->fragment)
			return DECODE_MALFORMED;
		walk->rest = (struct bytes){.at = NULL};
		walk->beyond = walk->beyond > missing ? walk->beyond - missing : 0;
	}
	packet->kind = PACKET_TCP;
	set_payload(walk);
	return DECODE_OK;
}

static enum decode_result decode_udp(struct walk *walk)
{
	struct packet *packet = walk->packet;
	uint16_t length;

	packet->source_port = bytes_be16(&walk->rest);
	packet->destination_port = bytes_be16(&walk->rest);
	length = bytes_be16(&walk->rest);
	bytes_skip(&walk->rest, 2);
	if (walk->rest.failed)
		return DECODE_TRUNCATED;
	if (length != 0 && length < 8)
		return DECODE_MALFORMED;
	if (length != 0) /* 0: longer than 16 bits tell (RFC 2675), or offload */
		limit(walk, length - 8u);
	packet->kind = PACKET_UDP;
	set_payload(walk);
	return DECODE_OK;
}

static enum icmp_reason icmp_reason(bool v6, uint8_t type, uint8_t code)
{
	if (v6 && type == 1)
		return code == 4 ? ICMP_PORT_CLOSED
				 : (code == 1 || code >= 5 ? ICMP_PROHIBITED : ICMP_OTHER);
	if (!v6 && type == 3) {
		if (code == 2 || code == 3)
			return ICMP_PORT_CLOSED;
		if (code == 9 || code == 10 || code == 13)
			return ICMP_PROHIBITED;
	}
	return ICMP_OTHER;
}

/* That a packet is too big for its path says nothing about what it asked for. */
static bool is_icmp_error(bool v6, uint8_t type, uint8_t code)
{
	if (v6)
		return type == 1 || type == 3 || type == 4;
	return (type == 3 && code != 4) || type == 11 || type == 12;
}

/* ICMP errors quote the packet that caused them: its IP header and at least 8 bytes more. */
static enum decode_result decode_icmp(struct walk *walk, bool v6)
{
	struct packet inner = {0}, *packet = walk->packet;
	struct walk quote = {.packet = &inner};
	uint8_t type = bytes_u8(&walk->rest), code = bytes_u8(&walk->rest);
	enum decode_result result;

	bytes_skip(&walk->rest, 6);
	if (walk->rest.failed)
		return DECODE_TRUNCATED;
	if (!is_icmp_error(v6, type, code))
		return DECODE_NOT_OURS;
	quote.rest = walk->rest;
	result = decode_ip(&quote);
	if (result == DECODE_FRAGMENT)
		return DECODE_NOT_OURS; /* without ports */
	if (result != DECODE_OK)
		return result;
	if (quote.protocol != TRANSPORT_TCP && quote.protocol != TRANSPORT_UDP)
		return DECODE_NOT_OURS;
	packet->quoted.source_port = bytes_be16(&quote.rest);
	packet->quoted.destination_port = bytes_be16(&quote.rest);
	if (quote.rest.failed)
		return DECODE_TRUNCATED;
	packet->quoted.source = inner.source;
	packet->quoted.destination = inner.destination;
	packet->quoted.transport = quote.protocol;
	packet->quoted.reason = (uint8_t)icmp_reason(v6, type, code);
	packet->kind = PACKET_ICMP_ERROR;
	return DECODE_OK;
}

/* Network layer and above. Tunnels will re-enter here with what is inside. */
static enum decode_result decode_network(struct walk *walk)
{
	enum decode_result result = decode_ip(walk);

	if (result != DECODE_OK)
		return result;
	walk->packet->transport = walk->protocol;
	switch (walk->protocol) {
	case TRANSPORT_TCP:
		return decode_tcp(walk);
	case TRANSPORT_UDP:
		return decode_udp(walk);
	case PROTOCOL_ICMP:
		return decode_icmp(walk, false);
	case PROTOCOL_ICMPV6:
		return decode_icmp(walk, true);
	default:
		return DECODE_NOT_OURS;
	}
}

/* By ethertype, after whatever link-layer header came before it. */
static enum decode_result decode_ethertype(struct walk *walk, uint16_t ethertype)
{
	ethertype = skip_vlan_tags(walk, ethertype);
	if (walk->rest.failed)
		return DECODE_TRUNCATED;
	if (ethertype != ETHERTYPE_IPV4 && ethertype != ETHERTYPE_IPV6)
		return DECODE_NOT_IP;
	return decode_network(walk);
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

static enum decode_result decode_link(enum link_type link, struct walk *walk)
{
	uint16_t ethertype;

	switch (link) {
	case LINK_ETHERNET:
		bytes_skip(&walk->rest, 12);
		return decode_ethertype(walk, bytes_be16(&walk->rest));
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
	case LINK_UNSUPPORTED:
		break;
	}
	return DECODE_UNSUPPORTED_LINK;
}

enum decode_result decode_packet(enum link_type link, const uint8_t *frame, uint32_t captured,
				 uint32_t wire, uint64_t ts_ns, struct packet *packet)
{
	struct walk walk = {
		.rest = bytes_from(frame, captured),
		.beyond = wire > captured ? wire - captured : 0,
		.packet = packet,
	};

	*packet = (struct packet){.ts_ns = ts_ns};
	return decode_link(link, &walk);
}

const char *decode_result_name(enum decode_result result)
{
	static const char *const names[] = {
		[DECODE_OK] = "decoded",
		[DECODE_NOT_IP] = "not-ip",
		[DECODE_NOT_OURS] = "other-protocol",
		[DECODE_FRAGMENT] = "fragment",
		[DECODE_TRUNCATED] = "truncated",
		[DECODE_MALFORMED] = "malformed",
		[DECODE_UNSUPPORTED_LINK] = "unsupported-link",
	};

	return names[result];
}
