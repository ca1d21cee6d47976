/* SPDX-License-Identifier: ISC */
/* The IP header of a datagram that was put together from fragments. */
#ifndef SENSOR_DATAGRAM_HEADER_H
#define SENSOR_DATAGRAM_HEADER_H

#include "sensor/decode/decode.h"

#define DATAGRAM_HEADER 40 /* bytes, at most */

/*
 * Writes a header as if the datagram, with `length` bytes of payload, had never been taken apart;
 * options and extension headers are left out. Returns its length.
 */
uint32_t datagram_header(uint8_t *ip, const struct fragment_key *key, uint8_t protocol,
			 uint32_t length);

#endif
