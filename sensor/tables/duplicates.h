/* SPDX-License-Identifier: ISC */
/*
 * The same packet seen twice: by two mirror sources, before and after a router (TTL less by one,
 * other MAC addresses, another VLAN tag), plain and inside a tunnel. A bounded memory of the
 * fingerprints of the packets that matter, in packet time.
 *
 * A fingerprint is of what no hop changes: addresses, ports, IPv4's identification, sequence
 * numbers and flags, lengths, and the bytes of a datagram. A real retransmission by TCP over IPv4
 * has another identification; over IPv6 it is taken for a copy if it follows so soon, which changes
 * nothing: its bytes count once in any case. The same datagram sent again without an identification
 * within the window counts as one.
 *
 * Addresses that no rule cares for are not looked up: their copies would change no counter but that
 * of packets.
 */
#ifndef SENSOR_DUPLICATES_H
#define SENSOR_DUPLICATES_H

#include "sensor/decode/decode.h"

struct duplicates;

/* `window_ns` 0: nothing is ever a duplicate. NULL: out of memory. */
struct duplicates *duplicates_new(uint64_t window_ns, uint64_t hash_key);
void duplicates_free(struct duplicates *duplicates);   /* NULL is allowed */
uint64_t duplicates_bytes(void);		       /* what duplicates_new() takes */
void duplicates_forget(struct duplicates *duplicates); /* what comes next is another wire */

/*
 * What tells the packet from others. `conversation` is flow_hash() of it, with an ICMP error that
 * of what it quotes.
 */
uint64_t duplicates_fingerprint(const struct duplicates *duplicates, const struct packet *packet,
				uint64_t conversation);
/* duplicates_seen() will be asked soon. */
void duplicates_prefetch(const struct duplicates *duplicates, uint64_t fingerprint);
/*
 * Has this packet come within the window before? If not it is remembered from now on; a copy does
 * not make the window longer.
 */
bool duplicates_seen(struct duplicates *duplicates, uint64_t ts_ns, uint64_t fingerprint);

#endif
