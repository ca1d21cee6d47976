/* SPDX-License-Identifier: ISC */
/*
 * Ethernet II, IPv4 (RFC 791) or IPv6 (RFC 8200), TCP (RFC 9293) or UDP (RFC 768). A SYN carries
 * MSS, SACK-permitted and a window scale; other segments carry no options. MAC addresses are
 * made from the IP addresses.
 */
#include "tools/generate/frame.h"

#include <string.h>

#define ETHERNET_LENGTH 14U
#define IPV4_LENGTH	20U
#define IPV6_LENGTH	40U
#define TCP_LENGTH	20U
#define UDP_LENGTH	8U
#define SYN_OPTIONS	12U
#define ETHERNET_LEAST	60U /* bytes, without the frame check sequence */
#define HOPS		60

static void put16(uint8_t *to, uint32_t value)
{
	to[0] = (uint8_t)(value >> 8);
	to[1] = (uint8_t)value;
}

static void put32(uint8_t *to, uint32_t value)
{
	put16(to, value >> 16);
	put16(to + 2, value);
}

/* Sum of 16-bit words in host order (RFC 1071: the order may be put right at the end). */
static uint64_t sum(const uint8_t *bytes, uint32_t length, uint64_t total)
{
	uint32_t word;
	uint16_t half;

	for (; length >= 4; bytes += 4, length -= 4) {
		memcpy(&word, bytes, 4);
		total += word;
	}
	if (length >= 2) {
		memcpy(&half, bytes, 2);
		total += half;
		bytes += 2;
		length -= 2;
	}
	if (length) {
		const uint8_t last[2] = {*bytes, 0};

		memcpy(&half, last, 2);
		total += half;
	}
	return total;
}

static void put_checksum(uint8_t *to, uint64_t total)
{
	uint16_t folded;

	while (total >> 16)
		total = (total & 0xffff) + (total >> 16);
	folded = (uint16_t)~total;
	memcpy(to, &folded, 2);
}

static uint32_t network_length(bool ipv6)
{
	return ipv6 ? IPV6_LENGTH : IPV4_LENGTH;
}

static uint32_t transport_length(uint8_t transport, uint8_t flags)
{
	if (transport == TRANSPORT_UDP)
		return UDP_LENGTH;
	return TCP_LENGTH + (flags & TCP_SYN ? SYN_OPTIONS : 0);
}

uint32_t frame_payload_offset(bool ipv6, uint8_t transport, uint8_t flags)
{
	return ETHERNET_LENGTH + network_length(ipv6) + transport_length(transport, flags);
}

static void build_ethernet(const struct frame *frame, uint8_t *at)
{
	const uint32_t tail = frame->ipv6 ? 12 : 0;

	at[0] = at[6] = 2; /* locally administered */
	at[1] = at[7] = 0;
	memcpy(at + 2, frame->to->bytes + tail, 4);
	memcpy(at + 8, frame->from->bytes + tail, 4);
	put16(at + 12, frame->ipv6 ? 0x86dd : 0x0800);
}

/* Returns the sum of the pseudo header's addresses. */
static uint64_t build_network(const struct frame *frame, uint8_t *at, uint32_t length)
{
	if (frame->ipv6) {
		put32(at, 0x60000000);
		put16(at + 4, length);
		at[6] = frame->transport;
		at[7] = HOPS;
		memcpy(at + 8, frame->from->bytes, 16);
		memcpy(at + 24, frame->to->bytes, 16);
		return sum(at + 8, 32, 0);
	}
	put16(at, 0x4500);
	put16(at + 2, IPV4_LENGTH + length);
	put16(at + 4, frame->ip_id);
	put16(at + 6, 0x4000); /* do not fragment */
	at[8] = HOPS;
	at[9] = frame->transport;
	put16(at + 10, 0);
	memcpy(at + 12, frame->from->bytes, 4);
	memcpy(at + 16, frame->to->bytes, 4);
	put_checksum(at + 10, sum(at, IPV4_LENGTH, 0));
	return sum(at + 12, 8, 0);
}

static void build_tcp(const struct frame *frame, uint8_t *at, uint32_t header_length)
{
	static const uint8_t options[SYN_OPTIONS] = {2, 4, 0x05, 0xb4, 1, 3, 3, 7, 1, 1, 4, 2};

	put32(at + 4, frame->seq);
	put32(at + 8, frame->flags & TCP_ACK ? frame->ack : 0);
	at[12] = (uint8_t)(header_length / 4 << 4);
	at[13] = frame->flags;
	put16(at + 14, frame->window);
	put16(at + 16, 0);
	put16(at + 18, 0);
	if (frame->flags & TCP_SYN)
		memcpy(at + TCP_LENGTH, options, SYN_OPTIONS);
}

uint32_t frame_build(const struct frame *frame, uint8_t *start)
{
	const uint32_t header = transport_length(frame->transport, frame->flags);
	const uint32_t length = header + frame->length;
	uint8_t *network = start + ETHERNET_LENGTH;
	uint8_t *transport = network + network_length(frame->ipv6);
	uint8_t *checksum = transport + (frame->transport == TRANSPORT_TCP ? 16 : 6);
	uint32_t total = ETHERNET_LENGTH + network_length(frame->ipv6) + length;
	uint8_t pseudo[4] = {0, frame->transport};
	uint64_t addresses;

	build_ethernet(frame, start);
	addresses = build_network(frame, network, length);
	put16(transport, frame->from_port);
	put16(transport + 2, frame->to_port);
	if (frame->transport == TRANSPORT_TCP) {
		build_tcp(frame, transport, header);
	} else {
		put16(transport + 4, length);
		put16(transport + 6, 0);
	}
	put16(pseudo + 2, length);
	put_checksum(checksum, sum(transport, length, sum(pseudo, 4, addresses)));
	if (frame->transport == TRANSPORT_UDP && checksum[0] == 0 && checksum[1] == 0)
		checksum[0] = checksum[1] = 0xff; /* the same number; 0 would mean "none" */
	if (total < ETHERNET_LEAST) {
		memset(start + total, 0, ETHERNET_LEAST - total);
		total = ETHERNET_LEAST;
	}
	return total;
}
