/* SPDX-License-Identifier: ISC */
/*
 * See pairs.h. For each side the highest sequence number is kept, and how many bytes below it were
 * skipped (`hole`). Bytes that come late fill the hole; what is left of it when the other side has
 * acknowledged beyond it has been sent and not seen. Times may go back: another capture.
 */
#include "sensor/tables/pairs.h"

#include <stdlib.h>
#include <string.h>

#include "sensor/base/clock.h"

#define SLOTS	 2048u
#define TURNS	 16u /* calls of pairs_tick() for the whole table */
#define WATCH_NS (2 * NS_PER_S)
#define ADVANCES 3	    /* of one side: an exchange, not an attempt */
#define THINNEST 63u	    /* one conversation of 64 */
#define JUMP_MAX (1u << 22) /* farther than this is not a loss */

struct direction_seen {
	uint32_t base,
		next; /* sequence numbers: first seen, behind the newest seen or acknowledged */
	uint32_t hole, hole_end;
	uint32_t acked; /* by the other side */
	bool seen, acked_known;
	uint8_t advances; /* segments that carried new bytes or acknowledged new ones */
};

struct slot {
	uint64_t tuple;	   /* 0: free */
	uint64_t start_ns; /* of the watch */
	struct direction_seen side[2];
};

struct pairs {
	uint64_t key;
	struct pairs_stats stats;
	uint32_t turn;
	uint32_t used; /* slots, as far as this sweep has come */
	uint64_t thin; /* bits that must be 0 in the tuple: on a busy interface a part is enough */
	struct slot slots[SLOTS];
};

struct pairs *pairs_new(uint64_t hash_key)
{
	struct pairs *pairs = calloc(1, sizeof *pairs);

	if (pairs)
		pairs->key = hash_key | 1;
	return pairs;
}

uint64_t pairs_bytes(void)
{
	return sizeof(struct pairs);
}

void pairs_free(struct pairs *pairs)
{
	free(pairs);
}

static uint64_t mix(uint64_t value)
{
	value ^= value >> 32;
	value *= 0xd6e8feb86659fd93ull;
	value ^= value >> 32;
	return value;
}

/*
 * The same for both directions, and cheap, because it is done for every packet: who takes pains to
 * meet another conversation's place only spoils a sample.
 */
uint64_t pairs_tuple(const struct pairs *pairs, const struct packet *packet)
{
	uint64_t source[2], destination[2], ports = packet->source_port;

	memcpy(source, packet->source.bytes, sizeof source);
	memcpy(destination, packet->destination.bytes, sizeof destination);
	ports += packet->destination_port;
	return mix((source[1] ^ destination[1]) + (source[0] ^ destination[0]) * 3 + (ports << 44) +
		   packet->realm + pairs->key) |
	       1;
}

static unsigned side_of(const struct packet *packet)
{
	int order = memcmp(packet->source.bytes, packet->destination.bytes,
			   sizeof packet->source.bytes);

	if (order == 0)
		return packet->source_port > packet->destination_port;
	return order > 0;
}

static bool is_one_way(const struct slot *slot, unsigned side)
{
	return !slot->side[!side].seen && slot->side[side].advances >= ADVANCES;
}

static void judge_bytes(struct pairs *pairs, const struct direction_seen *seen)
{
	bool acked = seen->acked_known && (int32_t)(seen->acked - seen->hole_end) >= 0;

	pairs->stats.bytes += seen->next - seen->base;
	if (seen->hole != 0 && acked)
		pairs->stats.unseen_bytes += seen->hole;
}

static void judge(struct pairs *pairs, struct slot *slot)
{
	const struct direction_seen *side = slot->side;

	if (side[0].seen && side[1].seen) {
		if (side[0].advances + side[1].advances >= ADVANCES)
			pairs->stats.both++;
		judge_bytes(pairs, &side[0]);
		judge_bytes(pairs, &side[1]);
	} else if (is_one_way(slot, 0) || is_one_way(slot, 1)) {
		pairs->stats.one_way++;
	}
	slot->tuple = 0;
}

static bool is_over(const struct slot *slot, uint64_t now_ns)
{
	uint64_t start_ns = slot->start_ns;

	/* A little out of order is nothing; far back is another capture. */
	return now_ns < start_ns ? start_ns - now_ns >= WATCH_NS : now_ns - start_ns >= WATCH_NS;
}

static void advance(struct direction_seen *seen)
{
	if (seen->advances < UINT8_MAX)
		seen->advances++;
}

/* `from` behind `next`: what is between was not seen, or not yet. */
static void skip(struct direction_seen *seen, uint32_t from)
{
	seen->hole += from - seen->next;
	seen->hole_end = from;
	seen->next = from;
}

static void take_bytes(struct direction_seen *seen, const struct packet *packet)
{
	uint32_t first = packet->sequence, length = packet->payload_wire, end;

	length += (packet->tcp_flags & TCP_SYN) != 0;
	length += (packet->tcp_flags & TCP_FIN) != 0;
	end = first + length;
	if (!seen->seen) {
		seen->seen = true;
		seen->base = first;
		seen->next = end;
		seen->hole = 0;
		return;
	}
	if ((int32_t)(end - seen->next) <= 0) { /* late, or again */
		seen->hole -= length < seen->hole ? length : seen->hole;
		return;
	}
	if (end - seen->next > JUMP_MAX)
		return;
	if ((int32_t)(first - seen->next) > 0)
		skip(seen, first);
	seen->next = end;
	advance(seen);
}

/* What the sender of `packet` says about the bytes of the other side. */
static void take_acknowledgement(struct slot *slot, unsigned side, uint32_t acknowledged)
{
	struct direction_seen *other = &slot->side[!side];
	bool newer = !other->acked_known || (int32_t)(acknowledged - other->acked) > 0;

	if (!newer)
		return;
	if (other->acked_known)
		advance(&slot->side[side]);
	other->acked = acknowledged;
	other->acked_known = true;
	if (other->seen && (int32_t)(acknowledged - other->next) > 0 &&
	    acknowledged - other->next <= JUMP_MAX)
		skip(other, acknowledged);
}

static bool is_thinned(const struct pairs *pairs, uint64_t tuple)
{
	return (tuple >> 32 & pairs->thin) != 0;
}

void pairs_prefetch(const struct pairs *pairs, uint64_t tuple)
{
	if (!is_thinned(pairs, tuple))
		__builtin_prefetch(&pairs->slots[(tuple >> 1) % SLOTS], 1);
}

void pairs_packet(struct pairs *pairs, uint64_t tuple, const struct packet *packet)
{
	struct slot *slot = &pairs->slots[(tuple >> 1) % SLOTS];
	unsigned side;

	if (is_thinned(pairs, tuple))
		return;
	if (packet->incomplete || (packet->tcp_flags & TCP_RST))
		return;
	if (slot->tuple != 0 && is_over(slot, packet->ts_ns))
		judge(pairs, slot);
	if (slot->tuple == 0)
		*slot = (struct slot){.tuple = tuple, .start_ns = packet->ts_ns};
	if (slot->tuple != tuple)
		return;
	side = side_of(packet);
	take_bytes(&slot->side[side], packet);
	if (packet->tcp_flags & TCP_ACK)
		take_acknowledgement(slot, side, packet->acknowledgement);
}

/* The end of a sweep: a quarter of the table is sample enough, and a cheap one. */
static void adapt(struct pairs *pairs)
{
	if (pairs->used > SLOTS / 4 && pairs->thin < THINNEST)
		pairs->thin = pairs->thin << 1 | 1;
	else if (pairs->used < SLOTS / 32)
		pairs->thin >>= 1;
	pairs->used = 0;
}

void pairs_tick(struct pairs *pairs, uint64_t now_ns)
{
	uint32_t first = pairs->turn++ % TURNS * (SLOTS / TURNS);

	if (first == 0)
		adapt(pairs);
	for (uint32_t i = first; i < first + SLOTS / TURNS; i++) {
		pairs->used += pairs->slots[i].tuple != 0;
		if (pairs->slots[i].tuple != 0 && is_over(&pairs->slots[i], now_ns))
			judge(pairs, &pairs->slots[i]);
	}
}

void pairs_finish(struct pairs *pairs)
{
	for (uint32_t i = 0; i < SLOTS; i++) {
		if (pairs->slots[i].tuple != 0)
			judge(pairs, &pairs->slots[i]);
	}
}

void pairs_stats(const struct pairs *pairs, struct pairs_stats *stats)
{
	*stats = pairs->stats;
}
