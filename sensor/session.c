/* SPDX-License-Identifier: ISC */
/*
 * See session.h. A session is undecided first: bytes go into its opening, and every piece is shown
 * to the probes and to nDPI. When a dissector says YES, its state takes the opening's place and
 * the opening is played to it. When nobody does, the session stays without a dissector and only
 * keeps what nDPI said.
 */
#include "sensor/session.h"

#include <stdlib.h>
#include <string.h>

#include "dissectors/proxy_header.h"
#include "dissectors/tls_hello.h"
#include "sensor/opening.h"

#define PLACE_NS 1000000000ull /* the order of last use is kept to a second, not to a packet */

/* What each packet needs comes first, and the facts that it looks at right behind. */
struct slot {
	struct flow *flow;
	uint64_t placed_ns; /* when it got its place in the order of last use */
	const struct dissector *dissector;
	struct stream stream[2];
	uint32_t older, newer;
	bool decided, concluded;
	bool fed[2];			  /* index: enum side; the dissector has had bytes of it */
	bool tls_agreed;		  /* facts.starts_tls, and not a byte of it yet */
	uint8_t auth_before, data_before; /* what the facts said before that agreement */
	uint32_t names_lost;
	bool begun;	     /* there is no PROXY header any more, or none */
	bool may_be_refused; /* the header, by a server that knows nothing of it */
	struct session session;
	struct proxy_header header;
	struct identity identity;
	union {
		struct opening_record opening;			 /* while undecided */
		_Alignas(16) uint8_t state[DISSECTOR_STATE_MAX]; /* afterwards */
	};
};

struct sessions {
	struct slot *slots;
	uint32_t free_list, oldest, newest, in_use; /* index 0 ends lists */
	uint32_t fresh, max;			    /* fresh: the first slot never used yet */
	struct stream_pool *pool;
	struct identify *identify;
	const struct services *services;
	uint64_t evicted, gaps, gap_bytes, names_lost, claims;
	sessions_turn *turn;
	void *turn_context;
};

/* What a stream's handler needs to know. */
struct feeding {
	struct sessions *sessions;
	struct slot *slot;
	enum side from;
	uint8_t transport;
};

struct sessions *sessions_new(uint32_t max_sessions, uint32_t reassembly_blocks,
			      uint32_t ndpi_flows, const struct services *services)
{
	struct sessions *sessions = calloc(1, sizeof *sessions);

	if (!sessions)
		return NULL;
	sessions->slots = calloc((size_t)max_sessions + 1, sizeof *sessions->slots);
	sessions->pool = stream_pool_new(reassembly_blocks);
	sessions->identify = identify_new(services, ndpi_flows);
	sessions->services = services;
	if (!sessions->slots || !sessions->pool || !sessions->identify) {
		sessions_free(sessions);
		return NULL;
	}
	sessions->fresh = 1;
	sessions->max = max_sessions;
	return sessions;
}

void sessions_free(struct sessions *sessions)
{
	if (!sessions)
		return;
	identify_free(sessions->identify);
	stream_pool_free(sessions->pool);
	free(sessions->slots);
	free(sessions);
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
	index = sessions->free_list;
	if (index)
		sessions->free_list = sessions->slots[index].newer;
	else
		index = sessions->fresh++;
	slot = &sessions->slots[index];
	memset(slot, 0, sizeof *slot);
	slot->session.ndpi_service = POLICY_NO_SERVICE;
	slot->session.facts.carried = flow->carrier;
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
	identity_end(sessions->identify, &slot->identity);
	for (int side = 0; side < 2; side++)
		stream_finish(sessions->pool, &slot->stream[side], NULL);
	unlink_use(sessions, slot);
	slot->newer = sessions->free_list;
	sessions->free_list = flow->session;
	flow->session = FLOW_NO_SESSION;
	sessions->in_use--;
	sessions->names_lost += slot->names_lost;
}

/* The stream turns into TLS: another dissector reads on, the facts stay. */
static void hand_over_to_tls(struct slot *slot)
{
	struct facts *facts = &slot->session.facts;

	slot->tls_agreed = facts->starts_tls = false;
	facts->tls_rest = 0;
	memset(slot->state, 0, sizeof slot->state);
	slot->dissector = &tls_dissector;
	if (tls_dissector.begin)
		tls_dissector.begin(slot->state, facts);
}

/* TLS was agreed to, and did not come: plaintext goes on, or the conversation is over. */
static void take_back_tls(struct slot *slot)
{
	struct facts *facts = &slot->session.facts;

	slot->tls_agreed = facts->starts_tls = false;
	facts->tls_rest = 0;
	facts_set_encryption(facts, ENCRYPTION_CLEARTEXT);
	if (facts->auth == AUTH_UNKNOWN)
		facts_set_auth(facts, slot->auth_before);
	if (facts->data_read == ANSWER_UNKNOWN)
		facts_set_data_read(facts, slot->data_before);
}

/* A hello that comes first may have been said to a server that does not understand it. */
static bool upgrades(const struct slot *slot, enum side from, const uint8_t *bytes, size_t length)
{
	return slot->dissector->upgrades && slot->fed[from] && tls_hello_whole(from, bytes, length);
}

static uint32_t take_names(struct sketch *sketch, struct facts_seen *seen)
{
	uint32_t lost = seen->lost;

	for (unsigned i = 0; i < seen->count; i++)
		sketch_add(sketch, seen->hashes[i]);
	seen->count = seen->lost = 0;
	return lost;
}

static void count_names(struct slot *slot)
{
	struct session *session = &slot->session;

	if (session->facts.users_tried.count != 0)
		slot->names_lost += take_names(&session->users_tried, &session->facts.users_tried);
	if (session->facts.objects_read.count != 0)
		slot->names_lost +=
			take_names(&session->objects_read, &session->facts.objects_read);
}

/* Whose facts these are changes. */
static void take_turn(struct sessions *sessions, struct slot *slot)
{
	struct facts *facts = &slot->session.facts;

	sessions->turn(sessions->turn_context, slot->flow, &slot->session);
	facts->turn = TURN_NONE;
	facts->unread = facts->turn_bytes = 0;
}

static void feed_turns(struct sessions *sessions, struct slot *slot, enum side from,
		       const uint8_t *bytes, size_t length)
{
	struct facts *facts = &slot->session.facts;
	uint64_t *read = slot->session.read;
	uint32_t claims = facts->claims;

	slot->dissector->feed(slot->state, facts, from, bytes, length);
	count_names(slot);
	sessions->claims += facts->claims - claims;
	read[from] += length;
	while (facts->turn != TURN_NONE) {
		size_t unread = facts->unread;

		read[from] -= unread;
		take_turn(sessions, slot);
		slot->dissector->feed(slot->state, facts, from, bytes + length - unread, unread);
		count_names(slot);
		read[from] += unread;
	}
}

/* A dissector may tell the service late, even at the end, and take it back. */
static void note_service(struct slot *slot)
{
	slot->session.identified_by =
		slot->session.facts.service ? IDENTIFIED_PAYLOAD : IDENTIFIED_NOT;
}

static void feed_piece(struct sessions *sessions, struct slot *slot, enum side from,
		       const uint8_t *bytes, size_t length)
{
	struct facts *facts = &slot->session.facts;
	uint8_t auth = facts->auth, data_read = facts->data_read;

	if ((slot->tls_agreed && tls_hello_record(bytes, length)) ||
	    upgrades(slot, from, bytes, length))
		hand_over_to_tls(slot);
	else if (slot->tls_agreed)
		take_back_tls(slot);
	feed_turns(sessions, slot, from, bytes, length);
	slot->fed[from] = true;
	note_service(slot);
	if (!facts->starts_tls)
		return;
	slot->tls_agreed = true;
	slot->auth_before = auth;
	slot->data_before = data_read;
}

static void feed_dissector(struct sessions *sessions, struct slot *slot, enum side from,
			   const uint8_t *bytes, size_t length)
{
	const struct facts *facts = &slot->session.facts;

	while (slot->dissector && length != 0) {
		size_t rest;

		feed_piece(sessions, slot, from, bytes, length);
		rest = slot->tls_agreed && facts->tls_rest < length ? facts->tls_rest : 0;
		bytes += length - rest;
		length = rest;
	}
}

/* Pieces of one side have grown together in the opening: a hello may be inside. */
static void feed_opening(struct sessions *sessions, struct slot *slot, enum side from,
			 const uint8_t *bytes, size_t length)
{
	size_t before = 1;

	while (slot->dissector->upgrades && before < length &&
	       !tls_hello_whole(from, bytes + before, length - before))
		before++;
	if (!slot->dissector->upgrades || before > length)
		before = length;
	feed_dissector(sessions, slot, from, bytes, before);
	feed_dissector(sessions, slot, from, bytes + before, length - before);
}

/* The dissector takes over: its state takes the place of the opening, which is played to it. */
static void adopt(struct sessions *sessions, struct slot *slot, const struct dissector *dissector,
		  bool without_last_turn)
{
	struct opening_record opening = slot->opening;
	size_t at[2] = {0, 0};

	identity_end(sessions->identify, &slot->identity);
	slot->decided = true;
	slot->dissector = dissector;
	memset(slot->state, 0, sizeof slot->state);
	facts_set_service(&slot->session.facts, NULL);
	if (dissector->begin)
		dissector->begin(slot->state, &slot->session.facts);
	for (int side = 0; slot->flow->midstream && dissector->gap && side < 2; side++)
		dissector->gap(slot->state, &slot->session.facts, (enum side)side, 0);
	for (int i = 0; i < opening.turn_count - without_last_turn; i++) {
		const struct opening_turn *turn = &opening.turns[i];

		feed_opening(sessions, slot, (enum side)turn->side,
			     opening.bytes[turn->side] + at[turn->side], turn->length);
		at[turn->side] += turn->length;
	}
}

/* Shows the opening to the probes, both ways round if the roles are only a guess. */
static const struct dissector *probe(struct slot *slot, uint8_t transport, bool final)
{
	struct session *session = &slot->session;
	bool guessed = slot->flow->direction == DIRECTION_GUESS;
	struct opening opening =
		opening_view(&slot->opening, transport, slot->flow->midstream, false);
	struct identity other = slot->identity;
	bool one_sided = final && (slot->opening.length[SIDE_CLIENT] == 0 ||
				   slot->opening.length[SIDE_SERVER] == 0);
	const struct dissector *own, *swapped = NULL;

	opening.one_sided = one_sided;
	own = identify_own(&slot->identity, &opening);
	if (!guessed)
		return own;
	memset(other.refused, 0, sizeof other.refused);
	opening = opening_view(&slot->opening, transport, slot->flow->midstream, true);
	opening.one_sided = one_sided;
	swapped = identify_own(&other, &opening);
	if (own && !swapped)
		session->proven = true;
	/* Only against a clear no: more bytes may yet show that the guess was right. */
	if (own || !swapped || !identify_own_refused(&slot->identity, swapped))
		return own;
	session->swapped = session->proven = true;
	opening_swap(&slot->opening);
	return swapped;
}

/* Nothing more will be known from our own side: what nDPI says stands. */
static void decide_without(struct sessions *sessions, struct slot *slot)
{
	identity_end(sessions->identify, &slot->identity);
	slot->decided = true;
}

/* The side that these bytes are from, when the roles were turned round since the packet came. */
static enum side side_of(const struct feeding *feeding)
{
	return feeding->slot->session.swapped ? (enum side) !feeding->from : feeding->from;
}

/* Bytes of an undecided conversation. */
static void consider(const struct feeding *feeding, const uint8_t *bytes, size_t length)
{
	struct slot *slot = feeding->slot;
	bool datagram = feeding->transport == OVER_UDP;
	size_t kept = opening_add(&slot->opening, feeding->from, bytes, length, datagram);
	const struct dissector *dissector = NULL;

	if (kept != 0)
		dissector = probe(slot, feeding->transport, false);
	if (!dissector && slot->opening.full) {
		dissector = probe(slot, feeding->transport, true);
		if (!dissector)
			decide_without(feeding->sessions, slot);
	}
	if (!dissector)
		return;
	if (datagram) { /* whole, where the opening has only its beginning */
		adopt(feeding->sessions, slot, dissector, true);
		feed_dissector(feeding->sessions, slot, side_of(feeding), bytes, length);
	} else {
		adopt(feeding->sessions, slot, dissector, false);
		feed_dissector(feeding->sessions, slot, side_of(feeding), bytes + kept,
			       length - kept);
	}
}

static void pass(const struct feeding *feeding, const uint8_t *bytes, size_t length)
{
	if (feeding->slot->decided)
		feed_dissector(feeding->sessions, feeding->slot, side_of(feeding), bytes, length);
	else if (length != 0)
		consider(feeding, bytes, length);
}

/* A PROXY header is complete, or it has become clear that there is none. */
static void end_header(const struct feeding *feeding)
{
	struct slot *slot = feeding->slot;
	struct facts *facts = &slot->session.facts;
	struct forwarded client = slot->header.client;
	struct feeding client_side = *feeding;

	slot->begun = true;
	if (slot->header.state != PROXY_HEADER_DONE) {
		client_side.from = SIDE_CLIENT;
		pass(&client_side, slot->header.kept, slot->header.length);
		return;
	}
	slot->session.proven = true;
	slot->may_be_refused = !slot->decided && slot->opening.length[SIDE_SERVER] == 0;
	if (slot->header.local)
		client = (struct forwarded){.by = FORWARDED_PROXY_V2};
	if (facts_forwarded(facts, &client, 0))
		take_turn(feeding->sessions, slot);
	else
		feeding->sessions->claims += !slot->header.local;
}

/* The beginning of what the client sends. Returns how many bytes are dealt with. */
static size_t strip_header(const struct feeding *feeding, const uint8_t *bytes, size_t length)
{
	struct proxy_header *header = &feeding->slot->header;
	size_t taken = proxy_header_feed(header, bytes, length);

	if (header->state != PROXY_HEADER_MORE)
		end_header(feeding);
	return taken;
}

/*
 * The first bytes of a server behind a PROXY header that it was not made for: what it says about
 * that line answers none of the client's own. Returns how many bytes are dealt with.
 */
static size_t strip_refusal(struct slot *slot, const uint8_t *bytes, size_t length)
{
	struct bytes line = bytes_from(bytes, length);
	const uint8_t *end = memchr(bytes, '\n', length);

	slot->may_be_refused = false;
	if (!end || !(bytes_start_with(&line, "-ERR ") || bytes_start_with(&line, "ERROR") ||
		      memmem(bytes, (size_t)(end - bytes), "PROXY", 5)))
		return 0;
	return (size_t)(end - bytes) + 1;
}

/* Before it is known what is spoken, for the first bytes of either side. */
static size_t strip(const struct feeding *feeding, const uint8_t *bytes, size_t length)
{
	struct slot *slot = feeding->slot;

	if (slot->begun)
		return side_of(feeding) == SIDE_SERVER ? strip_refusal(slot, bytes, length) : 0;
	if (feeding->transport == OVER_UDP) {
		slot->begun = true;
		return 0;
	}
	if (side_of(feeding) == SIDE_CLIENT)
		return strip_header(feeding, bytes, length);
	/* A server that speaks before the header is complete does not wait for one. */
	if (slot->header.length != 0 && !slot->flow->carrier) {
		proxy_header_give_up(&slot->header);
		end_header(feeding);
	}
	return 0;
}

static void on_bytes(void *context, const uint8_t *bytes, size_t length)
{
	const struct feeding *feeding = context;
	const struct slot *slot = feeding->slot;
	size_t stripped = slot->begun && !slot->may_be_refused ? 0 : strip(feeding, bytes, length);

	pass(feeding, bytes + stripped, length - stripped);
}

static void on_gap(void *context, uint64_t missing)
{
	const struct feeding *feeding = context;
	struct slot *slot = feeding->slot;

	feeding->sessions->gaps++;
	feeding->sessions->gap_bytes += missing;
	slot->session.read[side_of(feeding)] += missing;
	if (!slot->begun && side_of(feeding) == SIDE_CLIENT) {
		proxy_header_give_up(&slot->header);
		end_header(feeding);
	}
	if (!slot->decided && slot->opening.turn_count == 0)
		slot->flow->midstream = true; /* its first bytes are not those of the stream */
	else if (!slot->decided)
		slot->opening.full = true;
	else if (slot->dissector && slot->dissector->gap)
		slot->dissector->gap(slot->state, &slot->session.facts, side_of(feeding), missing);
}

static void take_ndpis_word(struct session *session, const struct service *service)
{
	if (!identify_trusts_ndpi(service))
		return;
	facts_set_service(&session->facts, service);
	session->identified_by = IDENTIFIED_NDPI_DPI;
}

/* nDPI's turn, while our own probes do not know. */
static void ask_ndpi(struct sessions *sessions, struct slot *slot, const struct packet *packet)
{
	struct session *session = &slot->session;

	if (slot->decided)
		return;
	if (slot->identity.packets < UINT8_MAX)
		slot->identity.packets++;
	identify_ndpi(sessions->identify, &slot->identity, packet);
	if (slot->identity.ndpi_service != POLICY_NO_SERVICE &&
	    session->ndpi_service == POLICY_NO_SERVICE) {
		session->ndpi_service = slot->identity.ndpi_service;
		take_ndpis_word(session, services_get(sessions->services, session->ndpi_service));
	}
	if (slot->identity.ndpi_done && identify_own_exhausted(&slot->identity) &&
	    slot->flow->direction != DIRECTION_GUESS)
		decide_without(sessions, slot);
}

void sessions_start(struct sessions *sessions, struct flow *flow, enum side from,
		    uint32_t first_sequence)
{
	struct slot *slot = slot_of(sessions, flow);

	if (slot && !slot->stream[from].started)
		stream_start(&slot->stream[from], first_sequence);
}

static void feed_tcp(struct sessions *sessions, struct slot *slot, struct feeding *feeding,
		     const struct packet *packet)
{
	struct stream_handler handler = {.context = feeding, .bytes = on_bytes, .gap = on_gap};
	enum side from = feeding->from;
	struct segment segment = {
		.sequence = packet->sequence,
		.bytes = packet->payload,
		.captured = packet->payload_length,
		.wire = packet->payload_wire,
	};

	if (packet->tcp_flags & TCP_SYN)
		segment.sequence++;
	if (packet->tcp_flags & TCP_ACK) {
		/* It may release bytes of the other side, which came before these. */
		feeding->from = !from;
		stream_acked(sessions->pool, &slot->stream[!from], packet->acknowledgement,
			     &handler);
		feeding->from = from;
	}
	if (segment.wire != 0)
		stream_feed(sessions->pool, &slot->stream[from], &segment, &handler);
}

void sessions_packet(struct sessions *sessions, struct flow *flow, enum side from,
		     const struct packet *packet)
{
	struct slot *slot = slot_of(sessions, flow);
	struct feeding feeding = {
		.sessions = sessions,
		.slot = slot,
		.from = from,
		.transport = packet->kind == PACKET_UDP ? OVER_UDP : OVER_TCP,
	};

	if (!slot || slot->concluded)
		return;
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
		ask_ndpi(sessions, slot, packet);
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
}

void sessions_conclude(struct sessions *sessions, struct flow *flow)
{
	struct slot *slot = slot_of(sessions, flow);
	const struct dissector *dissector;
	uint8_t transport;

	if (!slot || slot->concluded)
		return;
	transport = flow->key.transport == TRANSPORT_UDP ? OVER_UDP : OVER_TCP;
	for (int side = 0; side < 2; side++) {
		struct feeding feeding = {
			.sessions = sessions,
			.slot = slot,
			.from = (enum side)side,
			.transport = transport,
		};
		struct stream_handler handler = {
			.context = &feeding, .bytes = on_bytes, .gap = on_gap};

		stream_finish(sessions->pool, &slot->stream[side], &handler);
	}
	if (!slot->begun) {
		struct feeding feeding = {sessions, slot, SIDE_CLIENT, transport};

		proxy_header_give_up(&slot->header);
		end_header(&feeding);
	}
	if (!slot->decided && slot->opening.turn_count != 0) {
		dissector = probe(slot, transport, true);
		if (dissector)
			adopt(sessions, slot, dissector, false);
	}
	if (slot->tls_agreed)
		take_back_tls(slot);
	if (slot->dissector && slot->dissector->end) {
		slot->dissector->end(slot->state, &slot->session.facts);
		note_service(slot);
	}
	slot->concluded = true;
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
	};
	identify_stats(sessions->identify, &stats->identify);
}
