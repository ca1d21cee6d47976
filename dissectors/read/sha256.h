/* SPDX-License-Identifier: ISC */
/*
 * SHA-256 (FIPS 180-4), for bytes that come in pieces: the names by which certificates and kinds of
 * clients are known elsewhere. Not for secrets: its time depends on nothing but the length, but
 * nothing is wiped.
 */
#ifndef DISSECTORS_SHA256_H
#define DISSECTORS_SHA256_H

#include <stddef.h>
#include <stdint.h>

#define SHA256_SIZE 32 /* bytes */

struct sha256 {
	uint32_t state[8];
	uint64_t length; /* bytes so far */
	uint8_t block[64];
};

void sha256_begin(struct sha256 *sha);
void sha256_add(struct sha256 *sha, const void *bytes, size_t length);
/* `sha` must be begun anew afterwards. */
void sha256_end(struct sha256 *sha, uint8_t hash[SHA256_SIZE]);
/* The first `digits` hexadecimal digits, in lower case, at most all 64, and a NUL. */
void sha256_text(const uint8_t hash[SHA256_SIZE], char *text, size_t digits);

#endif
