/* SPDX-License-Identifier: ISC */
/*
 * An IP address, as the policy and the sensor both hold it: sixteen bytes in network order, IPv4
 * as an IPv4-mapped IPv6 address (::ffff:a.b.c.d, RFC 4291 section 2.5.5.2), so that one prefix
 * table and one flow key serve both families.
 */
#ifndef POLICY_ADDRESS_H
#define POLICY_ADDRESS_H

#include <stdbool.h>
#include <stdint.h>

#define ADDRESS_TEXT_MAX 46 /* INET6_ADDRSTRLEN */

struct address {
	uint8_t bytes[16];
};

/* A prefix: the first `length` bits of `base` (0 to 128; an IPv4 /n is 96 + n). */
struct prefix {
	struct address base;
	uint8_t length;
};

/* Makes the mapped form of the four bytes at `network_order`, which must be readable. */
struct address address_from_ipv4(const uint8_t *network_order);

/* True for ::ffff:0:0/96. */
bool address_is_ipv4(const struct address *address);

bool address_equal(const struct address *a, const struct address *b);

/* Less than, equal to or greater than 0, in numeric order of the 128 bits. */
int address_compare(const struct address *a, const struct address *b);

/*
 * Parses "10.0.0.1" or "2001:db8::1" (no zone index). False, and nothing written, if it is neither.
 */
bool address_parse(const char *text, struct address *out);

/* Writes the dotted form of a mapped address, RFC 5952 otherwise. Returns `text`. */
const char *address_format(const struct address *address, char text[ADDRESS_TEXT_MAX]);

bool prefix_contains(const struct prefix *prefix, const struct address *address);

#endif
