/* SPDX-License-Identifier: ISC */
/* See datagram_header.h: RFC 791, RFC 1071 and RFC 8200. */
#include "sensor/decode/datagram_header.h"

#include <string.h>

static uint16_t sum_header(const uint8_t *ip)
{
	uint32_t sum = 0;

	for (int i = 0; i < 20; i += 2)
		sum += (uint32_t)ip[i] << 8 | ip[i + 1];
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)~sum;
}

static void put16(uint8_t *at, uint32_t value)
{
	at[0] = (uint8_t)(value >> 8);
	at[1] = (uint8_t)value;
}

uint32_t datagram_header(uint8_t *ip, const struct fragment_key *key, uint8_t protocol,
			 uint32_t length)
{
	uint32_t total = length + 20;

	memset(ip, 0, DATAGRAM_HEADER);
	if (key->version == 6) {
		ip[0] = 0x60;
		put16(ip + 4, length);
		ip[6] = protocol;
		ip[7] = 64;
		memcpy(ip + 8, key->source.bytes, 16);
		memcpy(ip + 24, key->destination.bytes, 16);
		return 40;
	}
	ip[0] = 0x45;
	put16(ip + 2, total > 65535 ? 0 : total);
	put16(ip + 4, key->id);
	ip[8] = 64;
	ip[9] = protocol;
	memcpy(ip + 12, key->source.bytes + 12, 4);
	memcpy(ip + 16, key->destination.bytes + 12, 4);
	put16(ip + 10, sum_header(ip));
	return 20;
}
