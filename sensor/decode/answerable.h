/* SPDX-License-Identifier: ISC */
/*
 * Would a host that listens answer this packet? What it drops without a word (a checksum that is
 * wrong, flags that contradict each other, IP options, a source that cannot be) proves nothing by
 * staying without an answer, neither that a port is closed nor that a filter stands before it.
 *
 * Only what any host answers is without a flaw; where hosts differ, it is one. Pure: no state.
 */
#ifndef SENSOR_ANSWERABLE_H
#define SENSOR_ANSWERABLE_H

#include <stdint.h>

#include "sensor/decode/decode.h"

enum {
	FLAW_FORM = 1 << 0,	     /* flags, options, lengths, fragments, data, addresses */
	FLAW_IP_CHECKSUM = 1 << 1,   /* IPv4's header */
	FLAW_DATA_CHECKSUM = 1 << 2, /* the transport's, or less was sent than the header claims */
	FLAW_TTL = 1 << 3,	     /* it may have ended behind the mirror: below ANSWERABLE_TTL */
	FLAW_DISOWNED = 1 << 4,	     /* its sender went on as if it had been answered */
};

/* A TTL (hop limit) of so much passes whatever routers there are behind a mirror. */
#define ANSWERABLE_TTL 16

/* Bits of the enum, FLAW_DISOWNED not among them. Of what has a handshake: as its first packet. */
uint8_t answerable_flaws(const struct packet *packet);
uint8_t answerable_ttl(const struct packet *packet);

#endif
