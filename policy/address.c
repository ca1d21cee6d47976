/* SPDX-License-Identifier: ISC */
/*
 * Addresses and prefixes: text to bytes and back, comparison, membership. inet_pton does
 * the parsing. What is written is the form of RFC 5952, by hand: an event has a dozen addresses.
 */
#include <arpa/inet.h>
#include <string.h>

#include "policy/address.h"

#define MAPPED_BITS 96
#define IPV6_WORDS  8

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

/* 0 to 255, without zeros in front. */
static char *put_octet(char *to, uint8_t octet)
{
	if (octet >= 100)
		*to++ = (char)('0' + octet / 100);
	if (octet >= 10)
		*to++ = (char)('0' + octet / 10 % 10);
	*to++ = (char)('0' + octet % 10);
	return to;
}

static char *put_ipv4(char *to, const uint8_t octets[4])
{
	for (unsigned i = 0; i < 4; i++) {
		if (i != 0)
			*to++ = '.';
		to = put_octet(to, octets[i]);
	}
	return to;
}

static char *put_word(char *to, unsigned word)
{
	static const char digits[] = "0123456789abcdef";
	bool begun = false;

	for (unsigned shift = 16; shift != 0;) {
		shift -= 4;
		begun = begun || word >> shift != 0 || shift == 0;
		if (begun)
			*to++ = digits[word >> shift & 0xf];
	}
	return to;
}

/* The longest run of zero words, the first of equals; one alone is none. */
static unsigned longest_zeros(const unsigned words[IPV6_WORDS], unsigned *at)
{
	unsigned longest = 1, run = 0;

	*at = IPV6_WORDS;
	for (unsigned i = 0; i < IPV6_WORDS; i++) {
		run = words[i] == 0 ? run + 1 : 0;
		if (run > longest) {
			longest = run;
			*at = i + 1 - run;
		}
	}
	return longest;
}

/* RFC 5952, section 4; and section 5 for ::/96, whose last four bytes are an IPv4 address. */
static char *put_ipv6(char *to, const struct address *address)
{
	unsigned words[IPV6_WORDS], zeros_at, zeros;

	for (unsigned i = 0; i < IPV6_WORDS; i++)
		words[i] = (unsigned)address->bytes[2 * i] << 8 | address->bytes[2 * i + 1];
	zeros = longest_zeros(words, &zeros_at);
	for (unsigned i = 0; i < IPV6_WORDS; i++) {
		if (i == zeros_at) {
			*to++ = ':';
			i += zeros - 1;
			if (i + 1 == IPV6_WORDS)
				*to++ = ':';
			continue;
		}
		if (i != 0)
			*to++ = ':';
		if (i == 6 && zeros_at == 0 && zeros == 6)
			return put_ipv4(to, address->bytes + 12);
		to = put_word(to, words[i]);
	}
	return to;
}

const char *address_format(const struct address *address, char text[ADDRESS_TEXT_MAX])
{
	char *end;

	if (address_is_ipv4(address))
		end = put_ipv4(text, address->bytes + sizeof mapped_prefix);
	else
		end = put_ipv6(text, address);
	*end = '\0';
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
