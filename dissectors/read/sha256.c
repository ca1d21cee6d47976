/* SPDX-License-Identifier: ISC */
/* See sha256.h; the names of the functions are those of FIPS 180-4, section 4.1.2. */
#include "dissectors/read/sha256.h"

#include <string.h>

#define BLOCK	    64 /* bytes */
#define LENGTH_SIZE 8

static const uint32_t constants[64] = {
	0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4,
	0xab1c5ed5, 0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe,
	0x9bdc06a7, 0xc19bf174, 0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f,
	0x4a7484aa, 0x5cb0a9dc, 0x76f988da, 0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7,
	0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967, 0x27b70a85, 0x2e1b2138, 0x4d2c6dfc,
	0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85, 0xa2bfe8a1, 0xa81a664b,
	0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070, 0x19a4c116,
	0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
	0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7,
	0xc67178f2};

static uint32_t rotate(uint32_t x, unsigned n)
{
	return x >> n | x << (32 - n);
}

static void schedule(uint32_t words[64], const uint8_t *block)
{
	for (size_t i = 0; i < 16; i++)
		words[i] = (uint32_t)block[4 * i] << 24 | (uint32_t)block[4 * i + 1] << 16 |
			   (uint32_t)block[4 * i + 2] << 8 | block[4 * i + 3];
	for (size_t i = 16; i < 64; i++) {
		uint32_t a = words[i - 15], b = words[i - 2];

		words[i] = (rotate(b, 17) ^ rotate(b, 19) ^ b >> 10) + words[i - 7] +
			   (rotate(a, 7) ^ rotate(a, 18) ^ a >> 3) + words[i - 16];
	}
}

static void take_block(struct sha256 *sha, const uint8_t *block)
{
	uint32_t words[64], v[8];

	schedule(words, block);
	memcpy(v, sha->state, sizeof v);
	for (size_t i = 0; i < 64; i++) {
		uint32_t sum1 = rotate(v[4], 6) ^ rotate(v[4], 11) ^ rotate(v[4], 25);
		uint32_t choice = (v[4] & v[5]) ^ (~v[4] & v[6]);
		uint32_t t1 = v[7] + sum1 + choice + constants[i] + words[i];
		uint32_t sum0 = rotate(v[0], 2) ^ rotate(v[0], 13) ^ rotate(v[0], 22);
		uint32_t majority = (v[0] & v[1]) ^ (v[0] & v[2]) ^ (v[1] & v[2]);

		memmove(v + 1, v, 7 * sizeof *v);
		v[4] += t1;
		v[0] = t1 + sum0 + majority;
	}
	for (size_t i = 0; i < 8; i++)
		sha->state[i] += v[i];
}

void sha256_begin(struct sha256 *sha)
{
	*sha = (struct sha256){
		.state = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c,
			  0x1f83d9ab, 0x5be0cd19},
	};
}

void sha256_add(struct sha256 *sha, const void *bytes, size_t length)
{
	const uint8_t *at = bytes;

	while (length != 0) {
		size_t have = sha->length % BLOCK;
		size_t n = BLOCK - have < length ? BLOCK - have : length;

		memcpy(sha->block + have, at, n);
		sha->length += n;
		at += n;
		length -= n;
		if (have + n == BLOCK)
			take_block(sha, sha->block);
	}
}

void sha256_end(struct sha256 *sha, uint8_t hash[SHA256_SIZE])
{
	uint64_t bits = sha->length * 8;
	uint8_t length[LENGTH_SIZE];

	sha256_add(sha, "\x80", 1);
	while (sha->length % BLOCK != BLOCK - LENGTH_SIZE)
		sha256_add(sha, "", 1);
	for (size_t i = 0; i < LENGTH_SIZE; i++)
		length[i] = (uint8_t)(bits >> (56 - 8 * i));
	sha256_add(sha, length, sizeof length);
	for (size_t i = 0; i < SHA256_SIZE; i++)
		hash[i] = (uint8_t)(sha->state[i / 4] >> (24 - 8 * (i % 4)));
}

void sha256_text(const uint8_t hash[SHA256_SIZE], char *text, size_t digits)
{
	size_t n = digits < 2 * SHA256_SIZE ? digits : 2 * SHA256_SIZE;

	for (size_t i = 0; i < n; i++)
		text[i] = "0123456789abcdef"[hash[i / 2] >> (i % 2 ? 0 : 4) & 15];
	text[n] = '\0';
}
