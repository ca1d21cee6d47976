/* SPDX-License-Identifier: ISC */
/* See hosts.h. */
#include "tools/generate/hosts.h"

#define OUTSIDE_SERVERS 4096U
#define INSIDE_CLIENTS	20000U

static void put_tail(struct host *host, bool ipv6, uint32_t value, uint32_t bytes)
{
	const uint32_t last = ipv6 ? 15 : 3;

	for (uint32_t i = 0; i < bytes; i++)
		host->bytes[last - i] = (uint8_t)(value >> (8 * i));
}

struct host hosts_server(bool ipv6, uint32_t index)
{
	struct host host = {{10, 20, 0, 0}};

	if (ipv6)
		host = (struct host){{0xfd, 0, 0x20}};
	put_tail(&host, ipv6, index + 10, 2);
	return host;
}

struct host hosts_client(struct chance *chance, bool ipv6)
{
	struct host host = {{10, 64, 0, 0}};

	if (ipv6)
		host = (struct host){{0xfd, 0, 0x64}};
	put_tail(&host, ipv6, chance_below(chance, INSIDE_CLIENTS) + 2, 2);
	return host;
}

/* A public address: none of the private, shared, loopback, link-local or multicast ones. */
static uint32_t public_ipv4(struct chance *chance)
{
	for (;;) {
		const uint32_t address = (uint32_t)chance_next(chance);
		const uint32_t first = address >> 24, second = address >> 16 & 255;

		if (first == 0 || first == 10 || first == 127 || first >= 224)
			continue;
		if ((first == 100 && second >= 64 && second < 128) ||
		    (first == 169 && second == 254) ||
		    (first == 172 && second >= 16 && second < 32) ||
		    (first == 192 && second == 168))
			continue;
		return address;
	}
}

struct host hosts_outside(struct chance *chance, bool ipv6)
{
	struct host host = {{0x20, 0x01, 0x0d, 0xb8, 0, 0x0f}};
	const uint32_t value = (uint32_t)chance_next(chance);

	if (ipv6) {
		put_tail(&host, true, value, 4);
		return host;
	}
	switch (value % 6) {
	case 0: /* 198.51.100.0/24 */
		put_tail(&host, false, 0xc6336400 | value >> 24, 4);
		break;
	case 1: /* 203.0.113.0/24 */
		put_tail(&host, false, 0xcb007100 | value >> 24, 4);
		break;
	default:
		put_tail(&host, false, public_ipv4(chance), 4);
	}
	return host;
}

/* Servers outside are few and known: the first of their addresses decide the rest. */
struct host hosts_outside_server(struct chance *chance, bool ipv6)
{
	struct chance fixed = {chance_below(chance, OUTSIDE_SERVERS) * 7919U};

	return hosts_outside(&fixed, ipv6);
}
