/* SPDX-License-Identifier: ISC */
/* See segment.h. Checksums: RFC 1071; adjusting one: RFC 1624. */
#include "tools/recast/segment.h"

#include <err.h>
#include <stdlib.h>
#include <string.h>

#define TAGS_MAX	    4
#define EXTENSIONS_MAX	    8
#define IPV4_HEADER	    20u
#define IPV6_HEADER	    40u
#define TCP_HEADER	    20u
#define UDP_HEADER	    8u
#define DATA_LINK_ETHERNET  1
#define DATA_LINK_LINUX	    113
#define DATA_LINK_LINUX_TWO 276
#define DATA_LINK_NULL	    0
#define DATA_LINK_LOOP	    108
#define DATA_LINK_RAW	    101
#define DATA_LINK_RAW_BSD   12
#define DATA_LINK_RAW_OTHER 14
#define DATA_LINK_IPV4	    228
#define DATA_LINK_IPV6	    229

static uint16_t be16(const uint8_t *at)
{
	return (uint16_t)(at[0] << 8 | at[1]);
}

static uint32_t be32(const uint8_t *at)
{
	return (uint32_t)be16(at) << 16 | be16(at + 2);
}

static void put16(uint8_t *at, uint32_t value)
{
	at[0] = (uint8_t)(value >> 8);
	at[1] = (uint8_t)value;
}

static uint32_t past_ethernet(const uint8_t *bytes, uint32_t length)
{
	uint32_t at = 12;

	for (int i = 0; i <= TAGS_MAX && at + 2 <= length; i++) {
		uint16_t type = be16(bytes + at);

		if (type == 0x0800 || type == 0x86dd)
			return at + 2;
		if (type != 0x8100 && type != 0x88a8 && type != 0x9100)
			return 0;
		at += 4;
	}
	return 0;
}

/* Where the IP header begins; UINT32_MAX if there is none. */
static uint32_t past_link(int link, const uint8_t *bytes, uint32_t length)
{
	uint32_t at = 0;

	switch (link) {
	case DATA_LINK_ETHERNET:
		at = past_ethernet(bytes, length);
		return at ? at : UINT32_MAX;
	case DATA_LINK_LINUX:
		return 16;
	case DATA_LINK_LINUX_TWO:
		return 20;
	case DATA_LINK_NULL:
	case DATA_LINK_LOOP:
		return 4;
	case DATA_LINK_RAW:
	case DATA_LINK_RAW_BSD:
	case DATA_LINK_RAW_OTHER:
	case DATA_LINK_IPV4:
	case DATA_LINK_IPV6:
		return 0;
	default:
		return UINT32_MAX;
	}
}

/* What follows an IP header: where it begins and ends in the frame, and which protocol it is. */
struct body {
	uint32_t at, end;
	uint8_t protocol;
	bool whole;
};

static bool read_ipv4(const uint8_t *bytes, uint32_t length, struct segment_place *place,
		      struct body *body)
{
	const uint8_t *ip = bytes + place->ip_at;
	uint32_t header = (ip[0] & 15u) * 4, total = be16(ip + 2);

	if (header < IPV4_HEADER || (be16(ip + 6) & 0x1fff) != 0)
		return false;
	if (total == 0) /* written before segmentation offload */
		total = length - place->ip_at;
	body->at = place->ip_at + header;
	body->end = place->ip_at + total;
	body->protocol = ip[9];
	body->whole = !(be16(ip + 6) & 0x2000);
	memcpy(place->source.address, ip + 12, 4);
	memcpy(place->destination.address, ip + 16, 4);
	return true;
}

static bool read_ipv6(const uint8_t *bytes, uint32_t length, struct segment_place *place,
		      struct body *body)
{
	const uint8_t *ip = bytes + place->ip_at;

	if (length < place->ip_at + IPV6_HEADER)
		return false;
	body->at = place->ip_at + IPV6_HEADER;
	body->end = body->at + be16(ip + 4);
	body->protocol = ip[6];
	body->whole = true;
	memcpy(place->source.address, ip + 8, 16);
	memcpy(place->destination.address, ip + 24, 16);
	for (int i = 0; i < EXTENSIONS_MAX; i++) {
		uint8_t next = body->protocol;

		if (next != 0 && next != 43 && next != 60)
			return true;
		if (body->at + 8 > length)
			return false;
		body->protocol = bytes[body->at];
		body->at += 8 + 8u * bytes[body->at + 1];
	}
	return false;
}

/* The header of the transport; the rest is payload. */
static bool read_transport(const uint8_t *bytes, uint32_t length, const struct body *body,
			   struct segment_place *place)
{
	const uint8_t *header = bytes + body->at;
	bool tcp = body->protocol == SEGMENT_TCP;
	uint32_t size = UDP_HEADER, end = body->end;

	if ((!tcp && body->protocol != SEGMENT_UDP) ||
	    length < body->at + (tcp ? TCP_HEADER : UDP_HEADER))
		return false;
	place->source.port = be16(header);
	place->destination.port = be16(header + 2);
	place->source.transport = place->destination.transport = body->protocol;
	if (tcp) {
		place->sequence = be32(header + 4);
		place->flags = header[13];
		size = (header[12] >> 4) * 4u;
	}
	place->transport_at = body->at;
	place->payload_at = body->at + size;
	place->whole = body->whole && end <= length;
	if (end > length)
		end = length;
	if (size < (tcp ? TCP_HEADER : UDP_HEADER) || place->payload_at > end)
		return false;
	place->payload_length = end - place->payload_at;
	return true;
}

bool segment_find(int link, const struct frame_record *frame, struct segment_place *place)
{
	const uint8_t *bytes = frame->bytes;
	uint32_t length = frame->captured;
	struct body body = {0};
	uint8_t version;

	*place = (struct segment_place){.ip_at = past_link(link, bytes, length)};
	if (place->ip_at == UINT32_MAX || length < place->ip_at + IPV4_HEADER)
		return false;
	version = bytes[place->ip_at] >> 4;
	place->source.version = place->destination.version = version;
	if (version == 4 ? !read_ipv4(bytes, length, place, &body)
			 : version != 6 || !read_ipv6(bytes, length, place, &body))
		return false;
	return read_transport(bytes, length, &body, place);
}

static uint32_t sum(uint32_t total, const uint8_t *bytes, uint32_t length)
{
	for (uint32_t i = 0; i + 1 < length; i += 2)
		total += be16(bytes + i);
	if (length % 2)
		total += (uint32_t)bytes[length - 1] << 8;
	return total;
}

static uint16_t fold(uint32_t total)
{
	while (total >> 16)
		total = (total & 0xffff) + (total >> 16);
	return (uint16_t)~total;
}

void segment_set_ports(uint8_t *frame, const struct segment_place *place, uint16_t source,
		       uint16_t destination)
{
	uint8_t *header = frame + place->transport_at;
	bool tcp = place->source.transport == SEGMENT_TCP;
	uint8_t *checksum = header + (tcp ? 16 : 6);
	uint32_t adjusted = (uint16_t)~be16(checksum);

	adjusted += (uint16_t)~be16(header) + (uint32_t)source;
	adjusted += (uint16_t)~be16(header + 2) + (uint32_t)destination;
	put16(header, source);
	put16(header + 2, destination);
	if (tcp || be16(checksum) != 0)
		put16(checksum, fold(adjusted));
}

/* Lengths and checksums of a frame that ends with its TCP payload. */
static void finish(uint8_t *frame, const struct segment_place *place, uint32_t length)
{
	uint8_t *ip = frame + place->ip_at, *tcp = frame + place->transport_at;
	uint32_t size = length - place->transport_at, total = SEGMENT_TCP + size;

	if (place->source.version == 4) {
		put16(ip + 2, length - place->ip_at);
		put16(ip + 10, 0);
		put16(ip + 10, fold(sum(0, ip, place->transport_at - place->ip_at)));
		total = sum(total, ip + 12, 8);
	} else {
		put16(ip + 4, length - place->ip_at - IPV6_HEADER);
		total = sum(total, ip + 8, 32);
	}
	put16(tcp + 16, 0);
	put16(tcp + 16, fold(sum(total, tcp, size)));
}

void segment_write(struct recording *to, const struct frame_record *frame,
		   const struct segment_place *place, uint32_t sequence, uint8_t flags,
		   const uint8_t *payload, uint32_t length)
{
	uint32_t size = place->payload_at + length;
	uint8_t *bytes = malloc(size), *header;

	if (!bytes)
		err(1, "memory");
	memcpy(bytes, frame->bytes, place->payload_at);
	if (length)
		memcpy(bytes + place->payload_at, payload, length);
	header = bytes + place->transport_at;
	put16(header + 4, sequence >> 16);
	put16(header + 6, sequence & 0xffff);
	header[13] = flags;
	finish(bytes, place, size);
	recording_add(to, frame->ts_ns, bytes, size, size);
	free(bytes);
}

bool segment_end_equal(const struct segment_end *a, const struct segment_end *b)
{
	return a->port == b->port && a->transport == b->transport && a->version == b->version &&
	       memcmp(a->address, b->address, sizeof a->address) == 0;
}
