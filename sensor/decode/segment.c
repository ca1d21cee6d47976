/* SPDX-License-Identifier: ISC */
/*
 * See segment.h. |..16..| checksum | urgent pointer | options |  (RFC 9293 section 3.1)
 * Linux: tcp_v4_rcv(), tcp_check_urg() with its default tcp_stdurg = 0.
 */
#include "sensor/decode/segment.h"

#include "sensor/base/endpoint.h"
#include "sensor/decode/decode_walk.h"

#define IPV6_FIXED   40u
#define TCP_FIXED    20u
#define SUM_AT	     16u
#define URGENT_AT    18u
#define OPTION_END   0
#define OPTION_NOP   1
#define OPTION_MD5   19
#define OPTION_AO    29
#define OPTION_FIXED 2u

static bool is_v4(const struct packet *packet)
{
	return packet->ip[0] >> 4 == 4;
}

uint8_t segment_ttl(const struct packet *packet)
{
	return packet->ip[is_v4(packet) ? 8 : 7];
}

static const uint8_t *segment_of(const struct packet *packet)
{
	return packet->ip + packet->segment_at;
}

static uint16_t be16(const uint8_t *at)
{
	return (uint16_t)(at[0] << 8 | at[1]);
}

/* How many bytes of TCP were captured, all that were sent; 0: some are missing. */
static size_t whole_length(const struct packet *packet)
{
	size_t length = packet->ip_length - packet->segment_at;
	uint32_t told = be16(packet->ip + (is_v4(packet) ? 2 : 4));

	if (packet->cut || packet->incomplete || packet->payload_length != packet->payload_wire)
		return 0;
	if (told + (is_v4(packet) ? 0 : IPV6_FIXED) != packet->ip_length || length < TCP_FIXED)
		return 0;
	return length;
}

/* What an adapter is given to go on from: the sum of addresses, protocol, and length or none. */
static bool is_left_to_adapter(const struct packet *packet, size_t length)
{
	bool v4 = is_v4(packet);
	const uint8_t *at = packet->ip + (v4 ? 12 : 8);
	uint16_t field = be16(segment_of(packet) + SUM_AT);
	uint32_t sum = TRANSPORT_TCP;

	for (size_t i = 0; i < (v4 ? 8u : 32u); i += 2)
		sum += be16(at + i);
	for (int with_length = 0; with_length < 2; with_length++) {
		uint32_t folded = sum + (with_length ? (uint32_t)length : 0);

		folded = (folded & 0xffff) + (folded >> 16);
		folded = (folded & 0xffff) + (folded >> 16);
		if (field == folded)
			return true;
	}
	return field == 0;
}

enum segment_sum segment_sum(const struct packet *packet)
{
	size_t length = whole_length(packet);

	if (length == 0)
		return SEGMENT_SUM_UNKNOWN;
	if (!decode_ip_sum_good(packet->ip)) /* 0: left to the adapter as well */
		return be16(packet->ip + 10) == 0 ? SEGMENT_SUM_UNKNOWN : SEGMENT_SUM_WRONG;
	if (decode_transport_sum_good(packet->ip, TRANSPORT_TCP, segment_of(packet), length))
		return SEGMENT_SUM_RIGHT;
	return is_left_to_adapter(packet, length) ? SEGMENT_SUM_UNKNOWN : SEGMENT_SUM_WRONG;
}

/* The header with its options, or nothing where it was not captured whole. */
static struct bytes header_of(const struct packet *packet)
{
	size_t captured = packet->ip_length - packet->segment_at;
	size_t length;

	if (captured < TCP_FIXED)
		return bytes_from(segment_of(packet), 0);
	length = (segment_of(packet)[12] >> 4) * 4u;
	return bytes_from(segment_of(packet), length <= captured ? length : 0);
}

bool segment_urgent(const struct packet *packet, uint32_t *sequence)
{
	struct bytes header = header_of(packet);
	uint16_t pointer;

	if (!(packet->tcp_flags & TCP_URG) || header.left == 0)
		return false;
	pointer = be16(header.at + URGENT_AT);
	*sequence = packet->sequence + pointer - (pointer != 0);
	return true;
}

bool segment_is_signed(const struct packet *packet)
{
	struct bytes options = header_of(packet);

	if (options.left == TCP_FIXED || !bytes_skip(&options, TCP_FIXED))
		return false;
	while (options.left != 0) {
		uint8_t kind = bytes_u8(&options), length;

		if (kind == OPTION_END)
			return false;
		if (kind == OPTION_NOP)
			continue;
		length = bytes_u8(&options);
		if (kind == OPTION_MD5 || kind == OPTION_AO)
			return true;
		if (length < OPTION_FIXED || !bytes_skip(&options, length - OPTION_FIXED))
			return false;
	}
	return false;
}
