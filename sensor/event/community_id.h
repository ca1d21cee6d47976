/* SPDX-License-Identifier: ISC */
/*
 * Community ID, version 1: the flow identifier that Zeek, Suricata and Elastic compute too, so that
 * an event can be joined with their logs. "1:" + base64(SHA-1(seed, addresses, protocol, ports)),
 * the smaller endpoint first. Reference: github.com/corelight/community-id-spec.
 */
#ifndef SENSOR_COMMUNITY_ID_H
#define SENSOR_COMMUNITY_ID_H

#include <stddef.h>
#include <stdint.h>

#include "policy/address.h"

#define COMMUNITY_ID_TEXT 31 /* "1:", 28 characters of base64, and a NUL */
#define SHA1_BYTES	  20

/* TCP, UDP and SCTP only; ports in host order. Mixed families are told as IPv6. Returns `text`. */
const char *community_id(const struct address *a, uint16_t a_port, const struct address *b,
			 uint16_t b_port, uint8_t protocol, uint16_t seed,
			 char text[COMMUNITY_ID_TEXT]);

/* At most 119 bytes: two blocks are all that this program needs. Exported for its test. */
void community_id_sha1(const uint8_t *bytes, size_t length, uint8_t digest[SHA1_BYTES]);

#endif
