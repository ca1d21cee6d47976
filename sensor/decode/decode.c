/* SPDX-License-Identifier: ISC */
/*
 * The packet decoder from IP on. One function per layer, each consuming its header from a cursor
 * that was made once, from the captured length. Lengths in headers only ever shorten the cursor.
 * Links are in decode_link.c, tunnels in decode_tunnel.c and decode_udp_tunnel.c.
 *
 * References: RFC 791 (IPv4), RFC 8200 (IPv6), RFC 9293 (TCP), RFC 768 (UDP).
 */
#include "sensor/base/endpoint.h"
#include "sensor/decode/decode_walk.h"
#include "sensor/decode/encapsulation.h"

#define TCP_FIXED	14 /* bytes from the ports to the flags */
#define PROTOCOL_ICMP	1
#define PROTOCOL_AUTH	51
#define PROTOCOL_ICMPV6 58

/*
 * The datagram was longer than what came in its frame: a mirror or a tunnel has cut it off. The IP
 * header is believed; who lies there is dropped by the next router.
 */
static void expect_length(struct walk *walk, uint64_t length)
{
	if (length > walk->rest.left + walk->beyond) {
		walk->beyond = length - walk->rest.left;
		walk->packet->cut = true;
	} else {
		walk_limit(walk, length);
	}
}

/* The rest of the IP packet is one piece of a datagram. */
static enum decode_result found_fragment(struct walk *walk, uint32_t version, uint32_t id,
					 uint32_t offset, bool more)
{
	struct packet *packet = walk->packet;

	if (walk->quote)
		return offset == 0 ? DECODE_OK : DECODE_FRAGMENT;
	packet->fragment = (struct fragment){
		.key = {.source = packet->source,
			.destination = packet->destination,
			.realm = packet->realm,
			.id = id,
			.protocol = version == 4 ? walk->protocol : 0,
			.version = version},
		.bytes = walk->rest.at,
		.offset = offset,
		.captured = (uint32_t)walk->rest.left,
		.length = (uint32_t)(walk->rest.left + walk->beyond),
		.protocol = walk->protocol,
		.more = more,
	};
	return DECODE_FRAGMENT;
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
	walk->packet->ip_id = bytes_be16(&header);
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
		expect_length(walk, total);
	walk->packet->ip_length = (uint32_t)walk->rest.left;
	if (!bytes_skip(&walk->rest, header_length))
		return DECODE_TRUNCATED;
	if (fragment & 0x3fff)
		return found_fragment(walk, 4, walk->packet->ip_id, (fragment & 0x1fffu) * 8u,
				      (fragment & 0x2000) != 0);
	return DECODE_OK;
}

/* True for a header that is only a link in the chain, with the common length field. */
static bool is_ipv6_option(uint8_t protocol)
{
	return protocol == 0 || protocol == 43 || protocol == 60 || protocol == 135 ||
	       protocol == 139 || protocol == 140;
}

/* Of a fragment that is not the first, what follows is not a header (RFC 8200 section 4.5). */
static enum decode_result skip_ipv6_fragment(struct walk *walk)
{
	uint16_t offset;
	uint32_t id;

	walk->protocol = bytes_u8(&walk->rest);
	bytes_skip(&walk->rest, 1);
	offset = bytes_be16(&walk->rest);
	id = bytes_be32(&walk->rest);
	if (walk->rest.failed)
		return DECODE_TRUNCATED;
	if (offset & 0xfff9)
		return found_fragment(walk, 6, id, offset & 0xfff8u, (offset & 1) != 0);
	return DECODE_OK; /* all of it after all: RFC 6946 */
}

/* Authentication (RFC 4302): the length is in units of 4, less 2. */
static void skip_authentication(struct walk *walk)
{
	walk->protocol = bytes_u8(&walk->rest);
	bytes_skip(&walk->rest, (bytes_u8(&walk->rest) + 2u) * 4 - 2);
}

/*
 * Walks the chain of extension headers (RFC 8200 section 4), however long it is, because a host
 * does so too: each takes 8 bytes at least of what was captured.
 */
static enum decode_result skip_ipv6_extensions(struct walk *walk)
{
	for (;;) {
		uint8_t protocol = walk->protocol;

		if (protocol == 44) {
			enum decode_result result = skip_ipv6_fragment(walk);

			if (result != DECODE_OK)
				return result;
		} else if (protocol == PROTOCOL_AUTH) {
			skip_authentication(walk);
		} else if (is_ipv6_option(protocol)) {
			walk->protocol = bytes_u8(&walk->rest);
			bytes_skip(&walk->rest, (bytes_u8(&walk->rest) + 1u) * 8 - 2);
		} else {
			return DECODE_OK;
		}
		if (walk->rest.failed)
			return DECODE_TRUNCATED;
	}
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
		expect_length(walk, length);
	walk->packet->ip_id = 0;
	walk->packet->ip_length = (uint32_t)walk->rest.left + 40;
	return skip_ipv6_extensions(walk);
}

enum decode_result decode_ip(struct walk *walk)
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

	packet->segment_at = (uint32_t)(header.at - packet->ip);
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

		if (missing > walk->beyond && !packet->incomplete)
			return DECODE_MALFORMED;
		walk->rest = (struct bytes){.at = NULL};
		walk->beyond = walk->beyond > missing ? walk->beyond - missing : 0;
	}
	packet->kind = PACKET_TCP;
	set_payload(walk);
	return DECODE_OK;
}

/* A datagram to a tunnel's port that holds no tunnel is one like any other. */
static bool holds_tunnel(struct walk *walk, enum decode_result *result)
{
	struct bytes payload = walk->rest;

	if (walk->packet->tunnel_count >= walk->layers)
		return false;
	walk->in_udp = true;
	if (decode_udp_tunnel(walk, result) && !walk->off)
		return true;
	walk->in_udp = walk->loose = false;
	walk->rest = payload;
	return false;
}

/* Not on a port where it would have been looked into, and not where that is switched off. */
static bool is_unlisted_vxlan(const struct walk *walk)
{
	const struct decode_options *options = &walk->decoder->options;

	for (int i = 0; i < options->vxlan_port_count; i++) {
		if (options->vxlan_ports[i] == walk->packet->destination_port)
			return false;
	}
	return !(options->tunnels_off >> TUNNEL_VXLAN & 1) && decode_looks_like_vxlan(walk);
}

static enum decode_result decode_udp(struct walk *walk)
{
	struct packet *packet = walk->packet;
	enum decode_result result;
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
		walk_limit(walk, length - 8u);
	if ((walk->decoder->udp_ports >> (packet->destination_port & 63) & 1 ||
	     packet->source_port == PORT_CAPWAP) &&
	    holds_tunnel(walk, &result))
		return result;
	if (walk->rest.left != 0 && walk->rest.at[0] == 0x08 && is_unlisted_vxlan(walk))
		packet->unread = unread_of(BY_SHAPE, packet->destination_port);
	packet->kind = PACKET_UDP;
	set_payload(walk);
	return DECODE_OK;
}

/* UDP with another meaning of its length: how much the checksum covers (RFC 3828). */
static enum decode_result decode_udplite(struct walk *walk)
{
	walk->packet->source_port = bytes_be16(&walk->rest);
	walk->packet->destination_port = bytes_be16(&walk->rest);
	bytes_skip(&walk->rest, 4);
	if (walk->rest.failed)
		return DECODE_TRUNCATED;
	walk->packet->kind = PACKET_UDP;
	set_payload(walk);
	return DECODE_OK;
}

/* Routers' and hosts' own protocols carry none; one that nobody knows may. */
static enum decode_result decode_no_service(struct walk *walk)
{
	const struct encapsulation *known = encapsulation_find(BY_PROTOCOL, walk->protocol);

	if (walk->quote || (known && known->fate == FATE_CONTROL))
		return DECODE_NOT_OURS;
	return decode_unread(walk, BY_PROTOCOL, walk->protocol);
}

enum decode_result decode_transport(struct walk *walk)
{
	enum decode_result result;

	switch (walk->protocol) {
	case TRANSPORT_TCP:
		return decode_tcp(walk);
	case TRANSPORT_UDP:
		return decode_udp(walk);
	case TRANSPORT_UDPLITE:
		return decode_udplite(walk);
	case TRANSPORT_SCTP:
		return decode_sctp(walk);
	case TRANSPORT_DCCP:
		return decode_dccp(walk);
	case PROTOCOL_ICMP:
		return decode_icmp(walk, false);
	case PROTOCOL_ICMPV6:
		return decode_icmp(walk, true);
	default:
		return decode_ip_tunnel(walk, &result) ? result : decode_no_service(walk);
	}
}

enum decode_result decode_network(struct walk *walk)
{
	enum decode_result result = decode_ip(walk);

	if (result != DECODE_OK)
		return result;
	while (walk->protocol == PROTOCOL_AUTH && !walk->rest.failed)
		skip_authentication(walk);
	walk->packet->transport = walk->protocol;
	if (walk->decoder->options.checksums && !decode_checksum_good(walk, &walk->rest))
		return DECODE_CHECKSUM;
	return decode_transport(walk);
}

enum decode_result decode_packet_to(const struct decoder *decoder, enum link_type link,
				    const struct decode_frame *frame, uint8_t layers,
				    struct packet *packet)
{
	struct walk walk = {
		.rest = bytes_from(frame->bytes, frame->captured),
		.beyond = frame->wire > frame->captured ? frame->wire - frame->captured : 0,
		.packet = packet,
		.decoder = decoder,
		.layers = layers,
	};

	memset(packet, 0, offsetof(struct packet, tunnels));
	packet->ts_ns = frame->ts_ns;
	return decode_link(link, &walk);
}

enum decode_result decode_packet(const struct decoder *decoder, enum link_type link,
				 const uint8_t *frame, uint32_t captured, uint32_t wire,
				 uint64_t ts_ns, struct packet *packet)
{
	const struct decode_frame whole = {ts_ns, frame, captured, wire};

	return decode_packet_to(decoder, link, &whole, DECODE_LAYERS, packet);
}

static uint8_t count_over_ip(const struct packet *packet)
{
	uint8_t count = 0;

	for (int i = 0; i < packet->tunnel_count; i++)
		count = (uint8_t)(count + packet->tunnels[i].over_ip);
	return count;
}

enum decode_result decode_datagram_to(const struct decoder *decoder, const uint8_t *ip,
				      uint32_t captured, uint32_t wire, uint8_t layers,
				      struct packet *packet)
{
	struct walk walk = {
		.rest = bytes_from(ip, captured),
		.beyond = wire > captured ? wire - captured : 0,
		.packet = packet,
		.decoder = decoder,
		.over_ip = count_over_ip(packet),
		.layers = layers,
	};

	packet->pieces = true;
	return decode_network(&walk);
}

enum decode_result decode_datagram(const struct decoder *decoder, const uint8_t *ip,
				   uint32_t captured, uint32_t wire, struct packet *packet)
{
	return decode_datagram_to(decoder, ip, captured, wire, DECODE_LAYERS, packet);
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
		[DECODE_TUNNEL] = "unknown-tunnel",
		[DECODE_TOO_DEEP] = "nested-too-deep",
		[DECODE_CHECKSUM] = "bad-checksum",
		[DECODE_UNSUPPORTED_LINK] = "unsupported-link",
		[DECODE_UNREAD] = "unread",
	};

	return names[result];
}
