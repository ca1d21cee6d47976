/* SPDX-License-Identifier: ISC */
/*
 * What only some TCP segments are asked for, because it costs a walk over their bytes or is rarely
 * there: whether the checksum holds, where the urgent byte is, how far the packet may go. Pure.
 */
#ifndef SENSOR_SEGMENT_H
#define SENSOR_SEGMENT_H

#include "sensor/decode/decode.h"

enum segment_sum {
	SEGMENT_SUM_UNKNOWN, /* not all of it is here, or its sum is left to the adapter */
	SEGMENT_SUM_RIGHT,
	SEGMENT_SUM_WRONG, /* IPv4's header counts as well */
};

/*
 * A packet captured on the host that sends it has no checksum yet: the field holds 0, or the sum of
 * the pseudo header, which the adapter goes on from. The same is found in what a host has put
 * together from several segments it received. Neither tells anything.
 */
enum segment_sum segment_sum(const struct packet *packet);

/* IPv4's TTL, IPv6's hop limit. */
uint8_t segment_ttl(const struct packet *packet);

/*
 * With TCP_URG: true and the sequence number of the byte that is out of band, as Linux counts it.
 */
bool segment_urgent(const struct packet *packet, uint32_t *sequence);

/* Carries a signature (RFC 2385): dropped by a host that was not told to expect one. */
bool segment_is_signed(const struct packet *packet);

#endif
