/* SPDX-License-Identifier: ISC */
/*
 * Addresses and prefixes: text to bytes and back, comparison, membership. inet_pton and inet_ntop
 * do the parsing; glibc's inet_ntop writes the form of RFC 5952.
 */
#include <arpa/inet.h>
#include <string.h>

#include "policy/address.h"

#define MAPPED_BITS 96

static const uint8_t mapped_prefix[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

struct address address_from_ipv4(const uint8_t *network_order)
{
	struct address address;

	memcpy(address.bytes, mapped_prefix, sizeof mapped_prefix);
	memcpy(address.bytes + sizeof mapped_prefix, network_order, 4);
	return address;
}

bool address_is_ipv4(const struct address *address)
{
	return memcmp(address->bytes, mapped_prefix, sizeof mapped_prefix) == 0;
}

bool address_equal(const struct address *a, const struct address *b)
{
	return memcmp(a->bytes, b->bytes, sizeof a->bytes) == 0;
}

int address_compare(const struct address *a, const struct address *b)
{
	return memcmp(a->bytes, b->bytes, sizeof a->bytes);
}

bool address_parse(const char *text, struct address *out)
{
	uint8_t ipv4[4], ipv6[16];

	if (inet_pton(AF_INET, text, ipv4) == 1) {
		*out = address_from_ipv4(ipv4);
		return true;
	}
	if (inet_pton(AF_INET6, text, ipv6) == 1) {
		memcpy(out->bytes, ipv6, sizeof ipv6);
		return true;
	}
	return false;
}

const char *address_format(const struct address *address, char text[ADDRESS_TEXT_MAX])
{
	const char *written;

	if (address_is_ipv4(address))
		written = inet_ntop(AF_INET, address->bytes + sizeof mapped_prefix, text,
				    ADDRESS_TEXT_MAX);
	else
		written = inet_ntop(AF_INET6, address->bytes, text, ADDRESS_TEXT_MAX);
	if (written == NULL)
		text[0] = '\0';
	return text;
}

bool prefix_contains(const struct prefix *prefix, const struct address *address)
{
	unsigned whole = prefix->length / 8U, rest = prefix->length % 8U;

	if (prefix->length < MAPPED_BITS && address_is_ipv4(address))
		return false; /* ::/0 means every IPv6 address; IPv4 has its own prefixes */
	if (memcmp(prefix->base.bytes, address->bytes, whole) != 0)
		return false;
	if (rest == 0)
		return true;
	return (uint8_t)(prefix->base.bytes[whole] ^ address->bytes[whole]) >> (8U - rest) == 0;
}
