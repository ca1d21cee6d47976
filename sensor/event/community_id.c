/* SPDX-License-Identifier: ISC */
/*
 * See community_id.h. SHA-1 (FIPS 180-4, section 6.1) is here because the identifier asks for it,
 * as a name and not for security; a cryptographic library would be a dependency for 40 bytes.
 */
#include "sensor/event/community_id.h"

#include <assert.h>
#include <stdbool.h>
#include <string.h>

#define BLOCK_BYTES 64

static uint32_t rotate(uint32_t value, unsigned bits)
{
	return value << bits | value >> (32 - bits);
}

static uint32_t load32(const uint8_t *bytes)
{
	return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 |
	       bytes[3];
}

static void store32(uint8_t *bytes, uint32_t value)
{
	bytes[0] = (uint8_t)(value >> 24);
	bytes[1] = (uint8_t)(value >> 16);
	bytes[2] = (uint8_t)(value >> 8);
	bytes[3] = (uint8_t)value;
}

/* The round function f(t; b, c, d) with its constant K(t). */
static uint32_t mix(unsigned t, uint32_t b, uint32_t c, uint32_t d)
{
	if (t < 20)
		return ((b & c) | (~b & d)) + 0x5a827999U;
	if (t < 40)
		return (b ^ c ^ d) + 0x6ed9eba1U;
	if (t < 60)
		return ((b & c) | (b & d) | (c & d)) + 0x8f1bbcdcU;
	return (b ^ c ^ d) + 0xca62c1d6U;
}

static void sha1_block(uint32_t hash[5], const uint8_t block[BLOCK_BYTES])
{
	uint32_t w[80];
	uint32_t a = hash[0], b = hash[1], c = hash[2], d = hash[3], e = hash[4];

	for (unsigned t = 0; t < 16; t++)
		w[t] = load32(block + (size_t)t * 4);
	for (unsigned t = 16; t < 80; t++)
		w[t] = rotate(w[t - 3] ^ w[t - 8] ^ w[t - 14] ^ w[t - 16], 1);
	for (unsigned t = 0; t < 80; t++) {
		uint32_t next = rotate(a, 5) + mix(t, b, c, d) + e + w[t];

		e = d;
		d = c;
		c = rotate(b, 30);
		b = a;
		a = next;
	}
	hash[0] += a;
	hash[1] += b;
	hash[2] += c;
	hash[3] += d;
	hash[4] += e;
}

void community_id_sha1(const uint8_t *bytes, size_t length, uint8_t digest[SHA1_BYTES])
{
	uint32_t hash[5] = {0x67452301U, 0xefcdab89U, 0x98badcfeU, 0x10325476U, 0xc3d2e1f0U};
	uint8_t padded[2 * BLOCK_BYTES] = {0};
	size_t blocks = length + 9 > BLOCK_BYTES ? 2 : 1;

	assert(length + 9 <= sizeof padded);
	memcpy(padded, bytes, length);
	padded[length] = 0x80;
	store32(padded + blocks * BLOCK_BYTES - 4, (uint32_t)(length * 8));
	for (size_t i = 0; i < blocks; i++)
		sha1_block(hash, padded + i * BLOCK_BYTES);
	for (size_t i = 0; i < 5; i++)
		store32(digest + i * 4, hash[i]);
}

/* Whole groups of three bytes, and a last group of two: the length is 20. */
static void base64(const uint8_t digest[SHA1_BYTES], char *text)
{
	static const char digits[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

	for (size_t i = 0; i < SHA1_BYTES; i += 3) {
		bool short_group = i + 2 >= SHA1_BYTES;
		uint32_t group = (uint32_t)digest[i] << 16 | (uint32_t)digest[i + 1] << 8 |
				 (short_group ? 0U : digest[i + 2]);

		*text++ = digits[group >> 18 & 63];
		*text++ = digits[group >> 12 & 63];
		*text++ = digits[group >> 6 & 63];
		*text++ = short_group ? '=' : digits[group & 63];
	}
	*text = '\0';
}

static size_t put_address(uint8_t *to, const struct address *address, bool ipv4)
{
	size_t length = ipv4 ? 4 : 16;

	memcpy(to, address->bytes + 16 - length, length);
	return length;
}

const char *community_id(const struct address *a, uint16_t a_port, const struct address *b,
			 uint16_t b_port, uint8_t protocol, uint16_t seed,
			 char text[COMMUNITY_ID_TEXT])
{
	bool ipv4 = address_is_ipv4(a) && address_is_ipv4(b);
	int order = memcmp(a->bytes, b->bytes, sizeof a->bytes);
	bool swap = order > 0 || (order == 0 && a_port > b_port);
	uint16_t low = swap ? b_port : a_port, high = swap ? a_port : b_port;
	uint8_t bytes[2 + 2 * 16 + 2 + 4], digest[SHA1_BYTES];
	size_t length = 0;

	bytes[length++] = (uint8_t)(seed >> 8);
	bytes[length++] = (uint8_t)seed;
	length += put_address(bytes + length, swap ? b : a, ipv4);
	length += put_address(bytes + length, swap ? a : b, ipv4);
	bytes[length++] = protocol;
	bytes[length++] = 0; /* padding */
	bytes[length++] = (uint8_t)(low >> 8);
	bytes[length++] = (uint8_t)low;
	bytes[length++] = (uint8_t)(high >> 8);
	bytes[length++] = (uint8_t)high;
	community_id_sha1(bytes, length, digest);
	text[0] = '1';
	text[1] = ':';
	base64(digest, text + 2);
	return text;
}
