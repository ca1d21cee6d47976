/* SPDX-License-Identifier: ISC */
/*
 * The Internet checksum of IPv4's header, TCP, UDP and ICMPv6 (RFC 1071), for who asks for it.
 * What was cut off, or is left to the adapter (a length of 0), cannot be told.
 */
#include <endian.h>
#include <string.h>

#include "sensor/base/endpoint.h"
#include "sensor/decode/decode_walk.h"

static uint64_t fold(uint64_t sum)
{
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return sum;
}

/* Four bytes at a time, in this machine's order: RFC 1071 section 2 (B) and (C). */
static uint64_t add(uint64_t sum, const uint8_t *bytes, size_t length)
{
	uint64_t own = 0;
	uint32_t four;
	uint16_t two;
	size_t i = 0;

	for (; i + sizeof four <= length; i += sizeof four) {
		memcpy(&four, bytes + i, sizeof four);
		own += four;
	}
	if (i + sizeof two <= length) {
		memcpy(&two, bytes + i, sizeof two);
		own += two;
		i += sizeof two;
	}
	sum += be16toh((uint16_t)fold(own));
	return i < length ? sum + ((unsigned)bytes[i] << 8) : sum;
}

static bool is_right(uint64_t sum)
{
	return fold(sum) == 0xffff;
}

bool decode_ip_sum_good(const uint8_t *ip)
{
	return ip[0] >> 4 != 4 || is_right(add(0, ip, (ip[0] & 15u) * 4));
}

/* CRC32c, four bits at a time (RFC 9260 appendix A). */
static uint32_t crc32c(uint32_t crc, const uint8_t *bytes, size_t length)
{
	static const uint32_t table[16] = {
		0x00000000, 0x105ec76f, 0x20bd8ede, 0x30e349b1, 0x417b1dbc, 0x5125dad3,
		0x61c69362, 0x7198540d, 0x82f63b78, 0x92a8fc17, 0xa24bb5a6, 0xb21572c9,
		0xc38d26c4, 0xd3d3e1ab, 0xe330a81a, 0xf36e6f75,
	};

	for (size_t i = 0; i < length; i++) {
		crc ^= bytes[i];
		crc = crc >> 4 ^ table[crc & 15];
		crc = crc >> 4 ^ table[crc & 15];
	}
	return crc;
}

/* Of the packet with zeros in the place of its sum; the sum's lowest byte comes first. */
static bool sctp_sum_good(const uint8_t *sctp, size_t length)
{
	static const uint8_t zeros[4] = {0};
	uint32_t crc;

	if (length < 12)
		return false;
	crc = crc32c(UINT32_MAX, sctp, 8);
	crc = crc32c(crc, zeros, sizeof zeros);
	crc = ~crc32c(crc, sctp + 12, length - 12);
	return sctp[8] == (crc & 255) && sctp[9] == (crc >> 8 & 255) &&
	       sctp[10] == (crc >> 16 & 255) && sctp[11] == crc >> 24;
}

/* How many bytes the sum covers: all, unless UDP-Lite (RFC 3828) or DCCP's CsCov say less. */
static size_t covered(uint8_t protocol, const uint8_t *transport, size_t length)
{
	size_t told = length;

	if (protocol == TRANSPORT_UDPLITE && length >= 8)
		told = (size_t)transport[4] << 8 | transport[5];
	else if (protocol == TRANSPORT_DCCP && length >= 12 && (transport[5] & 15) != 0)
		told = transport[4] * 4u + ((transport[5] & 15) - 1u) * 4u;
	return told == 0 || told > length ? length : told;
}

bool decode_transport_sum_good(const uint8_t *ip, uint8_t protocol, const uint8_t *transport,
			       size_t length)
{
	bool v4 = ip[0] >> 4 == 4;
	uint64_t sum = protocol + (uint64_t)length;

	if (protocol == TRANSPORT_SCTP)
		return sctp_sum_good(transport, length);

	/* UDP over IPv4 may do without: then the field is 0. */
	if (protocol == TRANSPORT_UDP && length >= 8 && transport[6] == 0 && transport[7] == 0)
		return true;
	sum = add(sum, v4 ? ip + 12 : ip + 8, v4 ? 8 : 32);
	return is_right(add(sum, transport, covered(protocol, transport, length)));
}

bool decode_checksum_good(const struct walk *walk, const struct bytes *transport)
{
	const uint8_t *ip = walk->packet->ip;
	bool v4 = ip[0] >> 4 == 4;

	if (!decode_ip_sum_good(ip))
		return false;
	if (walk->beyond != 0 || walk->packet->incomplete || (v4 && ip[2] == 0 && ip[3] == 0) ||
	    (!v4 && ip[4] == 0 && ip[5] == 0))
		return true;
	if (!transport_has_ports(walk->protocol))
		return true;
	return decode_transport_sum_good(ip, walk->protocol, transport->at, transport->left);
}
