/* SPDX-License-Identifier: ISC */
/*
 * Remembers that a conversation was begun by one of ours towards somewhere else, so that the
 * answers never look inbound, also when only one direction is mirrored. A compact set of 64-bit
 * fingerprints in two generations: adding to a full generation drops the older one; a hit in the
 * older generation moves to the newer. Forgetting costs a guess by port numbers, nothing more.
 */
#ifndef SENSOR_OUTBOUND_H
#define SENSOR_OUTBOUND_H

#include <stdbool.h>
#include <stdint.h>

struct outbound;

/* `entries` per generation, 8 bytes each. NULL: out of memory. */
struct outbound *outbound_new(uint32_t entries);
void outbound_free(struct outbound *outbound);
void outbound_forget(struct outbound *outbound); /* everything: another input follows */
uint64_t outbound_bytes(uint32_t entries);	 /* what outbound_new() takes */

/* `hash` is flow_hash() of the conversation. It will be asked for soon. */
void outbound_prefetch(const struct outbound *outbound, uint64_t hash);
void outbound_add(struct outbound *outbound, uint64_t hash);
bool outbound_has(struct outbound *outbound, uint64_t hash);
/* It was begun from outside after all. */
void outbound_remove(struct outbound *outbound, uint64_t hash);
/* How many were pushed out by others. */
uint64_t outbound_forgotten(const struct outbound *outbound);

#endif
