/* SPDX-License-Identifier: ISC */
/*
 * See session.h. A session is undecided first: bytes go into its opening, and every piece is shown
 * to the recognisers and to nDPI. When a dissector says YES, its state takes the opening's place
 * and the opening is played to it. When nobody does, the session stays without a dissector and only
 * keeps what nDPI said.
 */
#include "sensor/session/session.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "sensor/base/clock.h"
#include "sensor/base/table_memory.h"
#include "sensor/decode/segment.h"
#include "sensor/session/session_slot.h"

#define CACHE_LINE 64
#define PLACE_NS   NS_PER_S /* the order of last use is kept to a second, not to a packet */

struct sessions *sessions_new(uint32_t max_sessions, uint32_t reassembly_blocks,
			      uint32_t ndpi_flows, bool ndpi_late, uint32_t unpack_mib,
			      const struct services *services)
{
	struct sessions *sessions = calloc(1, sizeof *sessions);

	if (!sessions)
		return NULL;
	sessions->slots = table_memory_new(max_sessions + 1ull, sizeof *sessions->slots);
	sessions->pool = stream_pool_new(reassembly_blocks);
	sessions->identify = identify_new(services, ndpi_flows, ndpi_late);
	sessions->unpackers = unpackers_new(unpack_mib);
	sessions->services = services;
	if (!sessions->slots || !sessions->pool || !sessions->identify || !sessions->unpackers) {
		sessions_free(sessions);
		return NULL;
	}
	sessions->fresh = 1;
	sessions->max = max_sessions;
	sessions->limited = true;
	alarm_words_make(&sessions->alarm_words);
	return sessions;
}

uint64_t sessions_bytes(uint32_t max_sessions)
{
	const struct sessions *sessions = NULL;

	return sizeof *sessions + table_memory_bytes(max_sessions + 1ull, sizeof *sessions->slots);
}

void sessions_free(struct sessions *sessions)
{
	if (!sessions)
		return;
	unpackers_free(sessions->unpackers);
	identify_free(sessions->identify);
	stream_pool_free(sessions->pool);
	table_memory_free(sessions->slots);
	free(sessions);
}

void sessions_limit(struct sessions *sessions, bool limited)
{
	sessions->limited = limited;
}

void sessions_on_turn(struct sessions *sessions, sessions_turn *turn, void *context)
{
	sessions->turn = turn;
	sessions->turn_context = context;
}

static void unlink_use(struct sessions *sessions, struct slot *slot)
{
	if (slot->older)
		sessions->slots[slot->older].newer = slot->newer;
	else
		sessions->oldest = slot->newer;
	if (slot->newer)
		sessions->slots[slot->newer].older = slot->older;
	else
		sessions->newest = slot->older;
}

static void append_use(struct sessions *sessions, struct slot *slot)
{
	uint32_t index = (uint32_t)(slot - sessions->slots);

	slot->older = sessions->newest;
	slot->newer = 0;
	if (sessions->newest)
		sessions->slots[sessions->newest].newer = index;
	else
		sessions->oldest = index;
	sessions->newest = index;
}

static struct slot *slot_of(struct sessions *sessions, const struct flow *flow)
{
	return flow->session == FLOW_NO_SESSION ? NULL : &sessions->slots[flow->session];
}

struct session *sessions_get(struct sessions *sessions, const struct flow *flow)
{
	struct slot *slot = slot_of(sessions, flow);

	return slot ? &slot->session : NULL;
}

void sessions_prefetch(const struct sessions *sessions, uint32_t session)
{
	const uint8_t *slot = (const uint8_t *)&sessions->slots[session];

	for (size_t at = 0; at <= offsetof(struct slot, session.own.facts); at += CACHE_LINE)
		__builtin_prefetch(slot + at, 1);
}

uint32_t session_slot_take(struct sessions *sessions)
{
	uint32_t index = sessions->free_list;

	if (index)
		sessions->free_list = sessions->slots[index].newer;
	else if (sessions->fresh <= sessions->max)
		index = sessions->fresh++;
	return index;
}

void session_slot_give(struct sessions *sessions, uint32_t index)
{
	sessions->slots[index].newer = sessions->free_list;
	sessions->free_list = index;
}

void session_slot_clear(struct slot *slot)
{
	memset(slot, 0, offsetof(struct slot, tail));
	slot->tail.begin = slot->tail.end = 0;
	opening_clear(&slot->opening);
}

struct flow *sessions_victim(const struct sessions *sessions)
{
	return sessions->free_list || sessions->fresh <= sessions->max
		       ? NULL
		       : sessions->slots[sessions->oldest].flow;
}

struct session *sessions_open(struct sessions *sessions, struct flow *flow)
{
	struct flow *victim = sessions_victim(sessions);
	struct slot *slot;
	uint32_t index;

	if (flow->session != FLOW_NO_SESSION)
		return &sessions->slots[flow->session].session;
	if (victim) {
		sessions->evicted++;
		sessions_close(sessions, victim);
		victim->midstream = true; /* if it speaks again, it is read from there */
	}
	index = session_slot_take(sessions);
	slot = &sessions->slots[index];
	session_slot_clear(slot);
	slot->session.ndpi_service = POLICY_NO_SERVICE;
	slot->session.findings = &slot->session.own;
	slot->session.carries = flow->carrier;
	slot->flow = flow;
	flow->session = index;
	identity_begin(&slot->identity);
	append_use(sessions, slot);
	sessions->in_use++;
	return &slot->session;
}

void sessions_close(struct sessions *sessions, struct flow *flow)
{
	struct slot *slot = slot_of(sessions, flow);

	if (!slot)
		return;
	session_versions_close(sessions, slot);
	identity_end(sessions->identify, &slot->identity);
	session_unpack_end(sessions, slot);
	for (int side = 0; side < 2; side++)
		stream_finish(sessions->pool, &slot->stream[side], NULL);
	unlink_use(sessions, slot);
	session_slot_give(sessions, flow->session);
	flow->session = FLOW_NO_SESSION;
	sessions->in_use--;
	sessions->names_lost += slot->names_lost;
}

static void on_bytes(void *context, const uint8_t *bytes, size_t length)
{
	const struct feeding *feeding = context;
	const struct slot *slot = feeding->slot;
	size_t stripped = slot->begun && !slot->may_be_refused
				  ? 0
				  : session_header_strip(feeding, bytes, length);

	session_feed(feeding, bytes + stripped, length - stripped);
}

/* What may be contradicted later, and where the client's turn began. */
static void remember(struct slot *slot, enum side from, const uint8_t *bytes, size_t length)
{
	uint32_t end = slot->stream[from].next;

	if (from == SIDE_SERVER) {
		slot->server_spoke = true;
		slot->client_turn = false;
		return;
	}
	if (!slot->has_origin)
		slot->origin = end - (uint32_t)length;
	slot->has_origin = true;
	if (!slot->client_turn)
		slot->turn_start = end - (uint32_t)length;
	slot->client_turn = true;
	stream_tail_add(&slot->tail, end, bytes, length);
}

static void on_stream_bytes(void *context, const uint8_t *bytes, size_t length)
{
	const struct feeding *feeding = context;

	remember(feeding->slot, feeding->from, bytes, length);
	on_bytes(context, bytes, length);
}

static void on_gap(void *context, uint64_t missing)
{
	const struct feeding *feeding = context;
	struct slot *slot = feeding->slot;

	feeding->sessions->gaps++;
	feeding->sessions->gap_bytes += missing;
	slot->session.findings->read[feeding_side(feeding)] += missing;
	if (feeding->from == SIDE_CLIENT) {
		slot->tail.begin = slot->tail.end = slot->stream[SIDE_CLIENT].next;
		slot->client_turn = false;
		slot->has_origin = true; /* what came first was not seen */
	}
	if (!slot->begun && feeding_side(feeding) == SIDE_CLIENT)
		session_header_give_up(feeding);
	if (!slot->decided && slot->opening.turn_count == 0)
		slot->flow->midstream = true; /* its first bytes are not those of the stream */
	else if (!slot->decided)
		slot->opening.full = true;
	else
		session_dissect_gap(feeding->sessions, slot, feeding_side(feeding), missing);
}

void sessions_start(struct sessions *sessions, struct flow *flow, enum side from,
		    uint32_t first_sequence)
{
	struct slot *slot = slot_of(sessions, flow);

	if (slot && !slot->stream[from].started)
		stream_start(&slot->stream[from], first_sequence);
}

struct stream_handler session_handler(struct feeding *feeding)
{
	return (struct stream_handler){.context = feeding, .bytes = on_stream_bytes, .gap = on_gap};
}

static struct segment segment_of(const struct packet *packet)
{
	return (struct segment){
		.sequence = packet->sequence + ((packet->tcp_flags & TCP_SYN) != 0),
		.bytes = packet->payload,
		.captured = packet->payload_length,
		.wire = packet->payload_wire,
	};
}

void session_feed_tcp(struct feeding *feeding, const struct packet *packet)
{
	struct stream_handler handler = session_handler(feeding);
	struct stream_pool *pool = feeding->sessions->pool;
	struct stream *stream = feeding->slot->stream;
	struct segment segment = segment_of(packet);
	enum side from = feeding->from;

	if (packet->tcp_flags & TCP_ACK) {
		/* It may release bytes of the other side, which came before these. */
		feeding->from = !from;
		stream_acked(pool, &stream[!from], packet->acknowledgement, &handler);
		feeding->from = from;
	}
	if (segment.wire != 0)
		stream_feed(pool, &stream[from], &segment, &handler);
}

/* Bytes that were sent before, or wait for others: are they the same? */
static bool contradicts(const struct sessions *sessions, const struct slot *slot, enum side from,
			const struct packet *packet)
{
	const struct stream *stream = &slot->stream[from];
	struct segment segment = segment_of(packet);

	if (from != SIDE_CLIENT || segment.wire == 0 || !stream->started ||
	    ((int32_t)(segment.sequence - stream->next) >= 0 && stream->held == 0))
		return false;
	return stream_contradicts(sessions->pool, stream, &slot->tail, &segment);
}

static void feed_tcp(struct sessions *sessions, struct slot *slot, struct feeding *feeding,
		     const struct packet *packet)
{
	struct segment segment;
	uint32_t urgent;

	if (contradicts(sessions, slot, feeding->from, packet)) {
		/* A copy that was wrong on the wire was no version for anybody. */
		if ((slot->flow->sums_right & 1u << feeding->from) &&
		    segment_sum(packet) == SEGMENT_SUM_WRONG)
			return;
		segment = segment_of(packet);
		session_versions_fork(sessions, slot, feeding, &segment);
	}
	if ((packet->tcp_flags & TCP_URG) && segment_urgent(packet, &urgent))
		session_versions_urgent(sessions, slot, feeding, urgent);
	session_feed_tcp(feeding, packet);
	if (slot->versions)
		session_versions_feed(sessions, slot, feeding, packet);
}

bool sessions_copies(struct sessions *sessions, const struct flow *flow, enum side from,
		     const struct packet *packet)
{
	const struct slot *slot = slot_of(sessions, flow);
	const struct stream *stream;
	struct segment segment = segment_of(packet);

	if (!slot || slot->concluded)
		return true;
	stream = &slot->stream[from];
	if (!stream->started || (int32_t)(segment.sequence + segment.wire - stream->next) > 0)
		return false;
	return !contradicts(sessions, slot, from, packet);
}

static uint8_t over(uint8_t transport)
{
	switch (transport) {
	case TRANSPORT_TCP:
		return OVER_TCP;
	case TRANSPORT_SCTP:
		return OVER_SCTP;
	default:
		return OVER_UDP;
	}
}

void sessions_packet(struct sessions *sessions, struct flow *flow, enum side from,
		     const struct packet *packet)
{
	struct slot *slot = slot_of(sessions, flow);
	struct feeding feeding = {
		.sessions = sessions,
		.slot = slot,
		.from = from,
		.transport = over(packet->transport),
	};

	if (!slot || slot->concluded)
		return;
	sessions->now_ns = packet->ts_ns;
	if (packet->ts_ns - slot->placed_ns >= PLACE_NS) {
		unlink_use(sessions, slot);
		append_use(sessions, slot);
		slot->placed_ns = packet->ts_ns;
	}
	if (packet->kind == PACKET_TCP)
		feed_tcp(sessions, slot, &feeding, packet);
	else if (packet->payload_length != 0)
		on_bytes(&feeding, packet->payload, packet->payload_length);
	if (packet->payload_length != 0)
		session_feed_ndpi(sessions, slot, packet);
	if (packet->kind == PACKET_TCP && (packet->tcp_flags & (TCP_FIN | TCP_RST)))
		session_feed_pause(sessions, slot, OVER_TCP);
}

void sessions_swap(struct sessions *sessions, struct flow *flow)
{
	struct slot *slot = slot_of(sessions, flow);
	struct stream client;

	if (!slot)
		return;
	client = slot->stream[SIDE_CLIENT];
	slot->stream[SIDE_CLIENT] = slot->stream[SIDE_SERVER];
	slot->stream[SIDE_SERVER] = client;
	slot->session.swapped = false;
	session_unpack_end(sessions, slot);
	/* The tail was the other side's. */
	session_versions_close(sessions, slot);
	slot->tail.begin = slot->tail.end = slot->stream[SIDE_CLIENT].next;
	slot->turn_start = slot->tail.end;
	slot->client_turn = false;
	slot->server_spoke = slot->has_origin = true;
	slot->origin = slot->tail.end;
}

void session_conclude_slot(struct sessions *sessions, struct slot *slot, uint8_t transport)
{
	for (int side = 0; side < 2; side++) {
		struct feeding feeding = {
			.sessions = sessions,
			.slot = slot,
			.from = (enum side)side,
			.transport = transport,
		};
		struct stream_handler handler = session_handler(&feeding);

		stream_finish(sessions->pool, &slot->stream[side], &handler);
	}
	if (!slot->begun) {
		struct feeding feeding = {sessions, slot, SIDE_CLIENT, transport};

		session_header_give_up(&feeding);
	}
	session_feed_end(sessions, slot, transport);
	session_dissect_end(slot);
	session_unpack_end(sessions, slot);
	slot->concluded = true;
}

void sessions_conclude(struct sessions *sessions, struct flow *flow)
{
	struct slot *slot = slot_of(sessions, flow);
	uint8_t transport;

	if (!slot || slot->concluded)
		return;
	transport = over((uint8_t)flow->key.transport);
	session_conclude_slot(sessions, slot, transport);
	session_versions_conclude(sessions, slot, transport);
}

void sessions_stats(const struct sessions *sessions, struct sessions_stats *stats)
{
	*stats = (struct sessions_stats){
		.in_use = sessions->in_use,
		.blocks_in_use = stream_pool_in_use(sessions->pool),
		.evicted = sessions->evicted,
		.reassembly_refused = stream_pool_refusals(sessions->pool),
		.gaps = sessions->gaps,
		.gap_bytes = sessions->gap_bytes,
		.names_lost = sessions->names_lost,
		.claims = sessions->claims,
		.crowded = sessions->crowded,
		.passed_bytes = sessions->passed_bytes,
		.versions = sessions->versions_made,
		.versions_refused = sessions->versions_refused,
		.starved = sessions->starved,
	};
	identify_stats(sessions->identify, &stats->identify);
	unpackers_stats(sessions->unpackers, &stats->unpack);
}
