/* SPDX-License-Identifier: ISC */
/*
 * See duplicates.h. A table of lines of eight 64-bit entries, one cache line each: 44 bits of the
 * fingerprint and 20 bits of the time in milliseconds. A new fingerprint comes first in its
 * line, and the last one goes. 512 KiB: 65,536 packets, which is the window of 100 ms at 650,000
 * packets a second that matter; beyond that, some copies are not recognised.
 */
#include "sensor/tables/duplicates.h"

#include <stdlib.h>
#include <string.h>

#include "sensor/base/clock.h"
#include "sensor/base/hash.h"

#define LINES	  8192
#define ENTRIES	  8
#define TIME_BITS 20
#define TIME_MASK ((1u << TIME_BITS) - 1)

struct line {
	_Alignas(64) uint64_t entries[ENTRIES];
};

struct duplicates {
	struct line *lines;
	uint64_t hash_key;
	uint32_t window_ms;
};

struct duplicates *duplicates_new(uint64_t window_ns, uint64_t hash_key)
{
	struct duplicates *duplicates = calloc(1, sizeof *duplicates);

	if (!duplicates)
		return NULL;
	duplicates->hash_key = hash_key;
	duplicates->window_ms = (uint32_t)(window_ns / NS_PER_MS);
	duplicates->lines = aligned_alloc(64, LINES * sizeof *duplicates->lines);
	if (!duplicates->lines) {
		free(duplicates);
		return NULL;
	}
	duplicates_forget(duplicates);
	return duplicates;
}

uint64_t duplicates_bytes(void)
{
	return sizeof(struct duplicates) + LINES * sizeof(struct line);
}

void duplicates_forget(struct duplicates *duplicates)
{
	for (int i = 0; i < LINES; i++)
		duplicates->lines[i] = (struct line){.entries = {0}};
}

void duplicates_free(struct duplicates *duplicates)
{
	if (!duplicates)
		return;
	free(duplicates->lines);
	free(duplicates);
}

static uint64_t mix(uint64_t hash, uint64_t value)
{
	hash = (hash ^ value) * 0x9e3779b97f4a7c15u;
	hash = (hash ^ hash >> 32) * 0xd6e8feb86659fd93u;
	return hash ^ hash >> 32;
}

/* The conversation's hash holds the addresses, without their order: that is in the ports. */
uint64_t duplicates_fingerprint(const struct duplicates *duplicates, const struct packet *packet,
				uint64_t conversation)
{
	uint64_t hash;

	if (duplicates->window_ms == 0)
		return 0;
	if (packet->kind == PACKET_ICMP_ERROR)
		return mix(conversation, hash_bytes(&packet->source, sizeof packet->source,
						    packet->quoted.reason + 1u));
	hash = mix(conversation, (uint64_t)packet->sequence << 32 | packet->acknowledgement);

	hash = mix(hash, (uint64_t)packet->source_port << 48 |
				 (uint64_t)packet->destination_port << 32 | packet->payload_wire);
	hash = mix(hash,
		   (uint64_t)packet->ip_id << 16 | (uint64_t)packet->tcp_flags << 8 | packet->kind);
	/* Nothing else tells a datagram from the next: lines of a log begin alike. */
	if (packet->kind == PACKET_UDP && packet->payload_length != 0)
		return mix(hash, hash_bytes(packet->payload, packet->payload_length,
					    duplicates->hash_key));
	return hash;
}

/* The copy may also have been captured before the original. */
static bool is_near(const struct duplicates *duplicates, uint32_t now_ms, uint32_t then_ms)
{
	uint32_t apart_ms = (now_ms - then_ms) & TIME_MASK;

	return apart_ms <= duplicates->window_ms ||
	       apart_ms >= TIME_MASK + 1 - duplicates->window_ms;
}

void duplicates_prefetch(const struct duplicates *duplicates, uint64_t fingerprint)
{
	__builtin_prefetch(&duplicates->lines[fingerprint & (LINES - 1)], 1);
}

bool duplicates_seen(struct duplicates *duplicates, uint64_t ts_ns, uint64_t fingerprint)
{
	uint32_t now_ms = (uint32_t)(ts_ns / NS_PER_MS) & TIME_MASK;
	uint64_t hash = fingerprint, *entries = duplicates->lines[hash & (LINES - 1)].entries;

	if (duplicates->window_ms == 0)
		return false;
	for (int i = 0; i < ENTRIES; i++) {
		if (((entries[i] ^ hash) & ~(uint64_t)TIME_MASK) == 0 &&
		    is_near(duplicates, now_ms, (uint32_t)entries[i]))
			return true;
	}
	memmove(entries + 1, entries, (ENTRIES - 1) * sizeof *entries);
	entries[0] = (hash & ~(uint64_t)TIME_MASK) | now_ms;
	return false;
}
