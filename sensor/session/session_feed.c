/* SPDX-License-Identifier: ISC */
/*
 * See session_slot.h. Who reads this conversation? Its opening is shown to the probes, and its
 * packets to nDPI, until somebody knows or nobody can.
 */
#include <string.h>

#include "sensor/session/session_slot.h"

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
		session_dissect_begin(feeding->sessions, slot, dissector, true);
		session_dissect(feeding->sessions, slot, feeding_side(feeding), bytes, length);
	} else {
		session_dissect_begin(feeding->sessions, slot, dissector, false);
		session_dissect(feeding->sessions, slot, feeding_side(feeding), bytes + kept,
				length - kept);
	}
}

void session_feed(const struct feeding *feeding, const uint8_t *bytes, size_t length)
{
	if (feeding->slot->decided)
		session_dissect(feeding->sessions, feeding->slot, feeding_side(feeding), bytes,
				length);
	else if (length != 0)
		consider(feeding, bytes, length);
}

static void take_ndpis_word(struct session *session, const struct service *service)
{
	if (!identify_trusts_ndpi(service))
		return;
	facts_set_service(&session->findings->facts, service);
	session->identified_by = IDENTIFIED_NDPI_DPI;
}

void session_feed_ndpi(struct sessions *sessions, struct slot *slot, const struct packet *packet)
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

void session_feed_end(struct sessions *sessions, struct slot *slot, uint8_t transport)
{
	const struct dissector *dissector;

	if (slot->decided || slot->opening.turn_count == 0)
		return;
	dissector = probe(slot, transport, true);
	if (dissector)
		session_dissect_begin(sessions, slot, dissector, false);
}
