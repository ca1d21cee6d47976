/* SPDX-License-Identifier: ISC */
/*
 * The Internet checksum of IPv4's header, TCP, UDP and ICMPv6 (RFC 1071), for who asks for it.
 * What was cut off, or is left to the adapter (a length of 0), cannot be told.
 */
#include "sensor/base/endpoint.h"
#include "sensor/decode/decode_walk.h"

static uint64_t add(uint64_t sum, const uint8_t *bytes, size_t length)
{
	size_t i = 0;

	for (; i + 1 < length; i += 2)
		sum += (unsigned)bytes[i] << 8 | bytes[i + 1];
	if (i < length)
		sum += (unsigned)bytes[i] << 8;
	return sum;
}

static bool is_right(uint64_t sum)
{
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return sum == 0xffff;
}

bool decode_ip_sum_good(const uint8_t *ip)
{
	return ip[0] >> 4 != 4 || is_right(add(0, ip, (ip[0] & 15u) * 4));
}

bool decode_transport_sum_good(const uint8_t *ip, uint8_t protocol, const uint8_t *transport,
			       size_t length)
{
	bool v4 = ip[0] >> 4 == 4;
	uint64_t sum = protocol + (uint64_t)length;

	/* UDP over IPv4 may do without: then the field is 0. */
	if (protocol == TRANSPORT_UDP && length >= 8 && transport[6] == 0 && transport[7] == 0)
		return true;
	sum = add(sum, v4 ? ip + 12 : ip + 8, v4 ? 8 : 32);
	return is_right(add(sum, transport, length));
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
	if (walk->protocol != TRANSPORT_TCP && walk->protocol != TRANSPORT_UDP)
		return true;
	return decode_transport_sum_good(ip, walk->protocol, transport->at, transport->left);
}
