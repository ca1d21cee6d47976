/* SPDX-License-Identifier: ISC */
/*
 * Keyed hashing (xxHash's XXH3). The key comes from the kernel in live mode, and is fixed in
 * replay.
 */
#ifndef SENSOR_HASH_H
#define SENSOR_HASH_H

#include <stddef.h>
#include <stdint.h>

uint64_t hash_bytes(const void *bytes, size_t length, uint64_t key);

/* Writes 32 hex digits and a NUL: an identifier, the same on every machine. */
void hash_identifier(const void *bytes, size_t length, char text[33]);

#endif
