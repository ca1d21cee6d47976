/* SPDX-License-Identifier: ISC */
/*
 * See session_slot.h. The conversation is recognised: its bytes go to the dissector, whose turns
 * are told one by one, and to TLS's instead from where the stream turns into it.
 */
#include <string.h>

#include "dissectors/read/crowd.h"
#include "dissectors/tls/tls_hello.h"
#include "sensor/session/session_slot.h"

/* The stream turns into TLS: another dissector reads on, the facts stay. */
static void hand_over_to_tls(struct sessions *sessions, struct slot *slot)
{
	struct facts *facts = &slot->session.findings->facts;

	slot->tls_agreed = false;
	session_unpack_end(sessions, slot);
	memset(slot->state, 0, tls_dissector.state_size);
	slot->dissector = &tls_dissector;
	if (tls_dissector.begin)
		tls_dissector.begin(slot->state, facts);
}

/* Both sides go on in another protocol, in the same bytes: the facts stay as well. */
static void hand_over(struct slot *slot, const struct feed *fed)
{
	memset(slot->state, 0, fed->to->state_size);
	slot->dissector = fed->to;
	slot->hint = fed->hint;
	if (fed->to->begin)
		fed->to->begin(slot->state, &slot->session.findings->facts);
}

/* TLS was agreed to, and did not come: plaintext goes on, or the conversation is over. */
static void take_back_tls(struct slot *slot)
{
	struct facts *facts = &slot->session.findings->facts;

	slot->tls_agreed = false;
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
	struct findings *now = slot->session.findings;

	if (now->facts.users_tried.count != 0)
		slot->names_lost += take_names(&now->users_tried, &now->facts.users_tried);
	if (now->facts.objects_read.count != 0)
		slot->names_lost += take_names(&now->objects_read, &now->facts.objects_read);
}

void session_dissect_turn(struct sessions *sessions, struct slot *slot, const struct feed *fed)
{
	sessions->turn(sessions->turn_context, slot->flow, &slot->session, fed);
}

/* Of these bytes, those behind the last command that may be read in full. */
static size_t unread_of(const struct feed *fed)
{
	const struct crowd *crowd = fed->bytes.crowd;

	return crowd && crowd->from ? (size_t)(fed->bytes.at + fed->bytes.left - crowd->from) : 0;
}

static void feed_once(struct sessions *sessions, struct slot *slot, struct feed *fed)
{
	struct findings *now = slot->session.findings;
	uint32_t claims = now->facts.claims;

	fed->client = now->number;
	fed->hint = slot->hint;
	fed->next = FEED_ON;
	fed->rest = fed->theirs = 0;
	slot->dissector->feed(slot->state, &now->facts, fed);
	if (fed->next == FEED_ON)
		fed->rest = 0;
	count_names(slot);
	sessions->claims += now->facts.claims - claims;
	now->read[fed->from] += fed->bytes.left - fed->rest - unread_of(fed);
}

void session_dissect_turns(struct sessions *sessions, struct slot *slot, struct feed *fed)
{
	feed_once(sessions, slot, fed);
	while (fed->next == FEED_FORWARDED || fed->next == FEED_CLIENT) {
		session_dissect_turn(sessions, slot, fed);
		bytes_skip(&fed->bytes, fed->bytes.left - fed->rest);
		feed_once(sessions, slot, fed);
	}
}

/* A dissector may tell the service late, even at the end, and take it back. */
static void note_service(struct slot *slot)
{
	const struct facts *facts = &slot->session.findings->facts;

	slot->session.identified_by = !facts->service  ? IDENTIFIED_NOT
				      : facts->offered ? IDENTIFIED_OFFER
						       : IDENTIFIED_PAYLOAD;
}

/* Returns how many of the last bytes are for whoever reads TLS. */
static size_t feed_piece(struct sessions *sessions, struct slot *slot, enum side from,
			 const uint8_t *bytes, size_t length)
{
	const struct facts *facts = &slot->session.findings->facts;
	uint8_t auth = facts->auth, data_read = facts->data_read;
	struct unpack_context context = {.sessions = sessions, .slot = slot};
	struct unpacker unpacker = session_unpacker(&context);
	struct crowd crowd = {.from = NULL};
	struct forwarded named;
	struct feed fed = {
		.from = from,
		.bytes = bytes_from(bytes, length),
		.unpacker = &unpacker,
		/* cppcheck-suppress uninitvar ; the dissector writes it before anybody reads */
		.forwarded = slot->session.carries ? &named : NULL,
	};

	if ((slot->tls_agreed && tls_hello_record(bytes, length)) ||
	    upgrades(slot, from, bytes, length))
		hand_over_to_tls(sessions, slot);
	else if (slot->tls_agreed)
		take_back_tls(slot);
	session_unpack_earn(slot, length);
	crowd.left = session_crowd_room(slot, from, length);
	fed.bytes.crowd = crowd.left != 0 ? &crowd : NULL;
	session_dissect_turns(sessions, slot, &fed);
	if (crowd.from)
		session_crowd_feed(sessions, slot, &fed,
				   bytes_from(crowd.from, (size_t)(bytes + length - crowd.from)));
	slot->fed[from] = true;
	if (fed.next == FEED_PROTOCOL)
		hand_over(slot, &fed);
	note_service(slot);
	if (fed.next != FEED_TLS && fed.next != FEED_PROTOCOL)
		return 0;
	slot->tls_agreed = fed.next == FEED_TLS;
	slot->auth_before = auth;
	slot->data_before = data_read;
	return fed.rest < length ? fed.rest : 0;
}

void session_dissect(struct sessions *sessions, struct slot *slot, enum side from,
		     const uint8_t *bytes, size_t length)
{
	while (slot->dissector && length != 0) {
		size_t rest = feed_piece(sessions, slot, from, bytes, length);

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
	session_dissect(sessions, slot, from, bytes, before);
	session_dissect(sessions, slot, from, bytes + before, length - before);
}

void session_dissect_begin(struct sessions *sessions, struct slot *slot,
			   const struct dissector *dissector, bool without_last_turn)
{
	struct opening_record opening;
	size_t at[2] = {0, 0};

	opening_copy(&opening, &slot->opening);
	identity_end(sessions->identify, &slot->identity);
	slot->decided = true;
	slot->dissector = dissector;
	memset(slot->state, 0, dissector->state_size);
	facts_set_service(&slot->session.findings->facts, NULL);
	if (dissector->begin)
		dissector->begin(slot->state, &slot->session.findings->facts);
	for (int side = 0; slot->flow->midstream && dissector->gap && side < 2; side++)
		dissector->gap(slot->state, &slot->session.findings->facts, (enum side)side, 0);
	for (int i = 0; i < opening.turn_count - without_last_turn; i++) {
		const struct opening_turn *turn = &opening.turns[i];

		feed_opening(sessions, slot, (enum side)turn->side,
			     opening.bytes[turn->side] + at[turn->side], turn->length);
		at[turn->side] += turn->length;
	}
}

void session_dissect_begin_within(struct sessions *sessions, struct slot *slot,
				  const struct dissector *dissector)
{
	identity_end(sessions->identify, &slot->identity);
	slot->decided = true;
	slot->dissector = dissector;
	memset(slot->state, 0, dissector->state_size);
	if (dissector->begin)
		dissector->begin(slot->state, &slot->session.findings->facts);
	for (int side = 0; dissector->gap && side < 2; side++)
		dissector->gap(slot->state, &slot->session.findings->facts, (enum side)side, 0);
}

void session_dissect_gap(struct sessions *sessions, struct slot *slot, enum side from,
			 uint64_t missing)
{
	unpackers_end(sessions->unpackers, &slot->unpacking[from]);
	if (slot->dissector && slot->dissector->gap)
		slot->dissector->gap(slot->state, &slot->session.findings->facts, from, missing);
}

void session_dissect_end(struct slot *slot)
{
	if (slot->tls_agreed)
		take_back_tls(slot);
	if (slot->dissector && slot->dissector->end) {
		slot->dissector->end(slot->state, &slot->session.findings->facts);
		note_service(slot);
	}
}
