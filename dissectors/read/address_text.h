/* SPDX-License-Identifier: ISC */
/*
 * Addresses as text in what clients and proxies write: dotted IPv4 (RFC 3986 section 3.2.2) and
 * IPv6 (RFC 4291 section 2.2), nothing else, and no zone.
 */
#ifndef DISSECTORS_ADDRESS_TEXT_H
#define DISSECTORS_ADDRESS_TEXT_H

#include "dissectors/read/bytes.h"

/* Network order, IPv4 as ::ffff:a.b.c.d. False, and `out` not to be used, if it is neither. */
bool address_text_read(struct bytes text, uint8_t out[16]);

#endif
