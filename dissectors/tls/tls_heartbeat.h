/* SPDX-License-Identifier: ISC */
/*
 * Heartbeats in clear, before the encryption (RFC 6520):
 *
 *	type:1 (1 asks, 2 answers) payload-length:2 payload, and 16 bytes of padding at least
 *
 * A payload that does not fit its record was answered by OpenSSL of 2012 to 2014 with as much of
 * its memory (CVE-2014-0160); whoever answers it with a larger record does so.
 */
#ifndef DISSECTORS_TLS_HEARTBEAT_H
#define DISSECTORS_TLS_HEARTBEAT_H

#include "dissectors/read/bytes.h"
#include "dissectors/read/facts.h"
#include "dissectors/read/feed.h"

struct tls_heartbeat {
	uint16_t lied;	 /* length of the client's record that lied; 0: none */
	uint8_t have[2]; /* index: enum side; bytes of `head` */
	uint8_t head[2][3];
};

/* The next bytes of a heartbeat's record, of which `left` were still to come before them. */
void tls_heartbeat_feed(struct tls_heartbeat *heartbeat, struct facts *facts, enum side from,
			struct bytes data, uint16_t length, uint16_t left);

#endif
