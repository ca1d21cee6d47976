/* SPDX-License-Identifier: ISC */
/*
 * Builds frames as they come off the wire, with correct lengths and checksums, from a description.
 * A test then breaks what it wants to see broken: the frame knows where each header begins.
 */
#ifndef TESTS_UNIT_PACKETS_H
#define TESTS_UNIT_PACKETS_H

#include <assert.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "policy/address.h"
#include "sensor/decode/decode.h"

#define FRAME_MAX	  70000
#define IP_TCP		  6
#define IP_UDP		  17
#define IP_ICMP		  1
#define IP_ICMPV6	  58
#define IPV6_FRAGMENT	  44
#define IPV6_AUTH	  51
#define MORE_FRAGMENTS	  0x2000 /* as in IPv4's header */
#define PACKET_TAGS	  9
#define PACKET_EXTENSIONS 32

struct packet_spec {
	enum link_type link;
	uint16_t tags[PACKET_TAGS]; /* ethertypes of VLAN tags, outermost first; 0 ends */
	uint16_t vlan;		    /* id of the first, the others count on */
	const char *source, *destination;
	uint16_t source_port, destination_port;
	uint8_t transport; /* 0 means TCP */
	uint8_t flags;
	uint32_t sequence, acknowledgement;
	uint8_t ip_options, tcp_options; /* bytes, a multiple of 4 */
	uint16_t fragment;		 /* offset in units of 8, and MORE_FRAGMENTS */
	uint8_t extensions[PACKET_EXTENSIONS], extension_count; /* IPv6: header numbers */
	const void *payload;
	size_t payload_length; /* 0 with a payload: it is text */
	uint8_t padding;       /* of the link layer, behind the IP packet */
	uint8_t icmp_type, icmp_code;
};

struct frame {
	uint8_t bytes[FRAME_MAX];
	size_t length;
	size_t ip_at, transport_at, payload_at, payload_length;
	enum link_type link;
};

static inline void frame_put(struct frame *frame, const void *bytes, size_t length)
{
	assert(length <= FRAME_MAX - frame->length);
	if (length)
		memcpy(frame->bytes + frame->length, bytes, length);
	frame->length += length;
}

static inline void frame_put_zeros(struct frame *frame, size_t length)
{
	memset(frame->bytes + frame->length, 0, length);
	frame->length += length;
}

static inline void put_be16(uint8_t *at, size_t value)
{
	at[0] = (uint8_t)(value >> 8);
	at[1] = (uint8_t)value;
}

static inline void put_be32(uint8_t *at, uint32_t value)
{
	put_be16(at, value >> 16);
	put_be16(at + 2, value & 0xffff);
}

static inline void frame_put_be16(struct frame *frame, size_t value)
{
	uint8_t bytes[2];

	put_be16(bytes, value);
	frame_put(frame, bytes, 2);
}

static inline void frame_put_be32(struct frame *frame, uint32_t value)
{
	uint8_t bytes[4];

	put_be32(bytes, value);
	frame_put(frame, bytes, 4);
}

/* RFC 1071. */
static inline uint64_t checksum_add(uint64_t sum, const uint8_t *bytes, size_t length)
{
	for (size_t i = 0; i < length; i++)
		sum += i % 2 ? bytes[i] : (uint64_t)bytes[i] << 8;
	return sum;
}

static inline uint16_t checksum_fold(uint64_t sum)
{
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)~sum;
}

static inline struct address address_of(const char *text)
{
	struct address address = {{0}};
	bool good = address_parse(text, &address);

	assert(good);
	(void)good;
	return address;
}

/* The link layer up to the ethertype of IP. */
static inline void frame_put_link(struct frame *frame, const struct packet_spec *spec, bool v4)
{
	uint16_t ip_type = v4 ? 0x0800 : 0x86dd;
	uint16_t first = spec->tags[0] ? spec->tags[0] : ip_type;

	switch (spec->link) {
	case LINK_ETHERNET:
		frame_put(frame, "\2\0\0\0\0\1\2\0\0\0\0\2", 12);
		frame_put_be16(frame, first);
		break;
	case LINK_SLL:
		frame_put(frame, "\0\0\0\1\0\6\2\0\0\0\0\2\0\0", 14);
		frame_put_be16(frame, first);
		break;
	case LINK_SLL2:
		frame_put_be16(frame, first);
		frame_put(frame, "\0\0\0\0\0\3\0\1\0\6\2\0\0\0\0\2\0\0", 18);
		break;
	case LINK_NULL: /* of a little-endian host */
		frame_put(frame, v4 ? "\2\0\0\0" : "\30\0\0\0", 4);
		return;
	default:
		return;
	}
	for (int i = 0; i < PACKET_TAGS && spec->tags[i]; i++) {
		bool last = i + 1 == PACKET_TAGS || !spec->tags[i + 1];

		frame_put_be16(frame, 0x6000u | (spec->vlan + (unsigned)i));
		frame_put_be16(frame, last ? ip_type : spec->tags[i + 1]);
	}
}

static inline void frame_put_ipv4(struct frame *frame, const struct packet_spec *spec,
				  uint8_t protocol)
{
	struct address source = address_of(spec->source);
	struct address destination = address_of(spec->destination);

	frame_put_be16(frame, 0x4000u | (5u + spec->ip_options / 4) << 8);
	frame_put_zeros(frame, 2); /* total length, later */
	frame_put_be16(frame, 0x1234);
	frame_put_be16(frame, spec->fragment);
	frame_put_be16(frame, 64u << 8 | protocol);
	frame_put_zeros(frame, 2); /* checksum, later */
	frame_put(frame, source.bytes + 12, 4);
	frame_put(frame, destination.bytes + 12, 4);
	for (int i = 0; i < spec->ip_options; i++)
		frame_put(frame, "\1", 1);
}

static inline void frame_put_extension(struct frame *frame, const struct packet_spec *spec,
				       uint8_t type, uint8_t next)
{
	unsigned offset = spec->fragment & 0x1fffu;

	if (type == IPV6_FRAGMENT) {
		frame_put_be16(frame, (unsigned)next << 8);
		frame_put_be16(frame, offset << 3 | (spec->fragment & MORE_FRAGMENTS ? 1 : 0));
		frame_put_be32(frame, 0x12345678);
	} else if (type == IPV6_AUTH) {
		frame_put_be16(frame, (unsigned)next << 8 | 4); /* 24 bytes */
		frame_put_zeros(frame, 22);
	} else {
		frame_put_be16(frame, (unsigned)next << 8 | 1); /* 16 bytes */
		frame_put(frame, "\1\14\0\0\0\0\0\0\0\0\0\0\0\0", 14);
	}
}

static inline void frame_put_ipv6(struct frame *frame, const struct packet_spec *spec,
				  uint8_t protocol)
{
	struct address source = address_of(spec->source);
	struct address destination = address_of(spec->destination);

	frame_put_be32(frame, 0x60000000);
	frame_put_zeros(frame, 2); /* payload length, later */
	frame_put_be16(frame, (unsigned)(spec->extension_count ? spec->extensions[0] : protocol)
					      << 8 |
				      64);
	frame_put(frame, source.bytes, 16);
	frame_put(frame, destination.bytes, 16);
	for (int i = 0; i < spec->extension_count; i++)
		frame_put_extension(frame, spec, spec->extensions[i],
				    i + 1 < spec->extension_count ? spec->extensions[i + 1]
								  : protocol);
}

static inline void frame_put_transport(struct frame *frame, const struct packet_spec *spec,
				       uint8_t protocol)
{
	if (protocol == IP_TCP) {
		frame_put_be16(frame, spec->source_port);
		frame_put_be16(frame, spec->destination_port);
		frame_put_be32(frame, spec->sequence);
		frame_put_be32(frame, spec->acknowledgement);
		frame_put_be16(frame, (5u + spec->tcp_options / 4) << 12 | spec->flags);
		frame_put_be16(frame, 65535);
		frame_put_zeros(frame, 4);
		for (int i = 0; i < spec->tcp_options; i++)
			frame_put(frame, "\1", 1);
	} else if (protocol == IP_UDP) {
		frame_put_be16(frame, spec->source_port);
		frame_put_be16(frame, spec->destination_port);
		frame_put_be16(frame, 8 + frame->payload_length);
		frame_put_zeros(frame, 2);
	} else if (protocol == IP_ICMP || protocol == IP_ICMPV6) {
		frame_put_be16(frame, (unsigned)spec->icmp_type << 8 | spec->icmp_code);
		frame_put_zeros(frame, 6);
	}
}

/* Of the transport, with the pseudo-header of IPv4 or IPv6; also right when it is done again. */
static inline void frame_sum_transport(struct frame *frame, size_t end, bool v4, uint8_t protocol)
{
	uint8_t *ip = frame->bytes + frame->ip_at, *at = frame->bytes + frame->transport_at;
	size_t length = end - frame->transport_at, where;
	uint64_t sum = protocol == IP_ICMP ? 0 : protocol + length;

	if (protocol == IP_TCP)
		where = 16;
	else if (protocol == IP_UDP)
		where = 6;
	else if (protocol == IP_ICMP || protocol == IP_ICMPV6)
		where = 2;
	else
		return;
	put_be16(at + where, 0);
	if (protocol != IP_ICMP)
		sum = checksum_add(sum, v4 ? ip + 12 : ip + 8, v4 ? 8 : 32);
	put_be16(at + where, checksum_fold(checksum_add(sum, at, length)));
}

/* Lengths and checksums of the IP packet that ends where the frame ends now. */
static inline void frame_finish_ip(struct frame *frame, bool v4, uint8_t protocol)
{
	uint8_t *ip = frame->bytes + frame->ip_at;
	size_t length = frame->length - frame->ip_at;

	frame_sum_transport(frame, frame->length, v4, protocol);
	if (v4) {
		put_be16(ip + 2, length);
		put_be16(ip + 10, 0);
		put_be16(ip + 10, checksum_fold(checksum_add(0, ip, (ip[0] & 15u) * 4)));
	} else {
		put_be16(ip + 4, length - 40);
	}
}

static inline void packet_build(struct frame *frame, const struct packet_spec *spec)
{
	struct address source = address_of(spec->source);
	bool v4 = address_is_ipv4(&source);
	uint8_t protocol = spec->transport ? spec->transport : IP_TCP;

	frame->link = spec->link;
	frame->length = 0;
	frame->payload_length = spec->payload && !spec->payload_length ? strlen(spec->payload)
								       : spec->payload_length;
	frame_put_link(frame, spec, v4);
	frame->ip_at = frame->length;
	if (v4)
		frame_put_ipv4(frame, spec, protocol);
	else
		frame_put_ipv6(frame, spec, protocol);
	frame->transport_at = frame->length;
	frame_put_transport(frame, spec, protocol);
	frame->payload_at = frame->length;
	frame_put(frame, spec->payload, frame->payload_length);
	frame_finish_ip(frame, v4, protocol);
	frame_put_zeros(frame, spec->padding);
}

/* An ICMP error of `from` about `cause`, which it quotes as far as the first `quoted` bytes. */
static inline void packet_build_icmp_error(struct frame *frame, const char *from,
					   const struct packet_spec *cause, uint8_t type,
					   uint8_t code, size_t quoted)
{
	static _Thread_local struct frame inner;
	struct packet_spec raw = *cause, outer = {.source = from, .destination = cause->source};
	struct address source = address_of(from);

	raw.link = LINK_RAW;
	packet_build(&inner, &raw);
	outer.transport = address_is_ipv4(&source) ? IP_ICMP : IP_ICMPV6;
	outer.icmp_type = type;
	outer.icmp_code = code;
	outer.payload = inner.bytes;
	outer.payload_length = quoted < inner.length ? quoted : inner.length;
	packet_build(frame, &outer);
}

#endif
