/* SPDX-License-Identifier: ISC */
/*
 * See session_slot.h. Who reads this conversation? Its opening is shown to the recognisers, and to
 * nDPI when they do not know, until somebody knows or nobody can.
 */
#include <string.h>

#include "sensor/base/clock.h"
#include "sensor/session/session_slot.h"

/*
 * Each second, and at once after a pause: half a core's, or an eighth where nothing has answered.
 */
#define WORK_ANSWERED	2000000000ull
#define WORK_UNANSWERED 500000000ull
#define EARLY_MAX	2 /* times that an opening is shown though it has hardly grown */
#define ENDS_MAX	2 /* and times more because a side has ended */

static struct budget *budget_of(struct sessions *sessions, const struct slot *slot)
{
	bool answered = (slot->flow->sight & SIGHT_SERVER) != 0;
	uint64_t most = answered ? WORK_ANSWERED : WORK_UNANSWERED;
	struct budget *budget = &sessions->budget[answered];
	uint64_t since = sessions->now_ns - budget->filled_ns;

	/* A clock that was set back is a long pause, too. */
	if (since >= NS_PER_S || budget->filled_ns == 0) {
		budget->left = most;
		budget->filled_ns = sessions->now_ns;
	} else if (since >= NS_PER_S / 1024) {
		budget->left += since / 1000 * (most / (NS_PER_S / 1000));
		budget->left = budget->left > most ? most : budget->left;
		budget->filled_ns = sessions->now_ns;
	}
	return budget;
}

/* False: this conversation is not looked at now; its next bytes may try again. */
static bool may_work(struct sessions *sessions, struct slot *slot)
{
	if (!sessions->limited || budget_of(sessions, slot)->left != 0)
		return true;
	sessions->starved += !slot->asked.starved;
	slot->asked.starved = true;
	return false;
}

static void pay(struct sessions *sessions, const struct slot *slot, uint64_t work)
{
	struct budget *budget = budget_of(sessions, slot);

	budget->left -= work < budget->left ? work : budget->left;
}

/* The opening the other way round, against what was refused of that. */
static const struct dissector *recognise_swapped(struct sessions *sessions, struct slot *slot,
						 const struct opening *opening)
{
	struct identity other = slot->identity;
	const struct dissector *swapped;

	memcpy(other.refused, slot->asked.refused, sizeof other.refused);
	identify_rule_out(sessions->identify, opening, (enum side) !slot->opening.turns[0].side,
			  other.refused);
	swapped = identify_own(&other, opening);
	memcpy(slot->asked.refused, other.refused, sizeof other.refused);
	slot->identity.work = other.work;
	return swapped;
}

static void note_asked(struct slot *slot)
{
	for (int side = 0; side < 2; side++)
		slot->asked.length[side] = slot->opening.length[side];
	slot->asked.turns = slot->opening.turn_count;
}

static bool is_one_sided(const struct slot *slot)
{
	return slot->opening.length[SIDE_CLIENT] == 0 || slot->opening.length[SIDE_SERVER] == 0;
}

/* Shows the opening to the recognisers, both ways round if the roles are only a guess. */
static const struct dissector *recognise_ways(struct sessions *sessions, struct slot *slot,
					      uint8_t transport, bool final)
{
	struct session *session = &slot->session;
	bool guessed = slot->flow->direction == DIRECTION_GUESS;
	struct opening opening =
		opening_view(&slot->opening, transport, slot->flow->midstream, false);
	bool one_sided = final && is_one_sided(slot);
	const struct dissector *own, *swapped = NULL;

	opening.one_sided = one_sided;
	identify_rule_out(sessions->identify, &opening, (enum side)slot->opening.turns[0].side,
			  slot->identity.refused);
	own = identify_own(&slot->identity, &opening);
	if (!guessed)
		return own;
	opening = opening_view(&slot->opening, transport, slot->flow->midstream, true);
	opening.one_sided = one_sided;
	swapped = recognise_swapped(sessions, slot, &opening);
	if (own && !swapped)
		session->proven = true;
	/* Only against a clear no: more bytes may yet show that the guess was right. */
	if (own || !swapped || !identify_own_refused(&slot->identity, swapped))
		return own;
	session->swapped = session->proven = true;
	opening_swap(&slot->opening);
	return swapped;
}

static const struct dissector *recognise(struct sessions *sessions, struct slot *slot,
					 uint8_t transport, bool final)
{
	uint64_t before = slot->identity.work;
	const struct dissector *dissector;

	if (!may_work(sessions, slot))
		return NULL;
	dissector = recognise_ways(sessions, slot, transport, final);
	note_asked(slot);
	pay(sessions, slot, slot->identity.work - before);
	return dissector;
}

static bool is_unasked(const struct slot *slot)
{
	return slot->asked.length[SIDE_CLIENT] != slot->opening.length[SIDE_CLIENT] ||
	       slot->asked.length[SIDE_SERVER] != slot->opening.length[SIDE_SERVER];
}

/*
 * Is it worth the while to ask the recognisers again? When the other side begins to speak, or a
 * side's bytes are a third more; whoever sends byte by byte is not looked at with each.
 */
static bool has_grown(struct slot *slot)
{
	const struct opening_record *opening = &slot->opening;
	struct asked *asked = &slot->asked;

	if (opening->full || opening->turn_count != asked->turns)
		return true;
	for (int side = 0; side < 2; side++) {
		if (opening->length[side] != asked->length[side] &&
		    opening->length[side] * 3u >= asked->length[side] * 4u)
			return true;
	}
	if (!is_unasked(slot) || asked->early >= EARLY_MAX)
		return false;
	asked->early++;
	return true;
}

/* Nothing more will be known from our own side: what nDPI says stands. */
static void decide_without(struct sessions *sessions, struct slot *slot)
{
	session_ndpi_last(sessions, slot);
	identity_end(sessions->identify, &slot->identity);
	slot->decided = true;
}

/* Bytes of an undecided conversation. */
static void consider(const struct feeding *feeding, const uint8_t *bytes, size_t length)
{
	struct slot *slot = feeding->slot;
	bool datagram = feeding->transport != OVER_TCP;
	size_t kept = opening_add(&slot->opening, feeding->from, bytes, length, datagram);
	const struct dissector *dissector = NULL;

	if ((kept != 0 || is_unasked(slot)) && has_grown(slot))
		dissector = recognise(feeding->sessions, slot, feeding->transport, false);
	if (!dissector && slot->opening.full) {
		if (is_one_sided(slot))
			dissector = recognise(feeding->sessions, slot, feeding->transport, true);
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

void session_feed_ndpi(struct sessions *sessions, struct slot *slot, const struct packet *packet)
{
	if (slot->decided || slot->asked.starved)
		return;
	if (session_ndpi_packet(sessions, slot, packet) &&
	    identify_own_exhausted(&slot->identity) && slot->flow->direction != DIRECTION_GUESS)
		decide_without(sessions, slot);
}

void session_feed_pause(struct sessions *sessions, struct slot *slot, uint8_t transport)
{
	const struct dissector *dissector;

	if (slot->decided || !is_unasked(slot) || slot->asked.early >= EARLY_MAX + ENDS_MAX)
		return;
	slot->asked.early++;
	dissector = recognise(sessions, slot, transport, false);
	if (dissector)
		session_dissect_begin(sessions, slot, dissector, false);
}

void session_feed_end(struct sessions *sessions, struct slot *slot, uint8_t transport)
{
	const struct dissector *dissector;

	if (slot->decided || slot->opening.turn_count == 0)
		return;
	dissector = recognise(sessions, slot, transport, true);
	if (dissector)
		session_dissect_begin(sessions, slot, dissector, false);
	else
		session_ndpi_last(sessions, slot);
}
