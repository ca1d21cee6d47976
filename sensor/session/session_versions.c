/* SPDX-License-Identifier: ISC */
/*
 * See session_slot.h. Two versions of the same bytes were seen, and only the receiver knows which
 * one it took: a copy may have had too small a TTL, a signature or an old time stamp, and an
 * attacker sends such a copy to hide the other. So both are read. The conversation's own slot reads
 * the copy that Linux would take if it got both; another slot of the pool, a version, reads what
 * came instead, from where the client's turn began, and everything that follows. What it finds is
 * added to the conversation's facts where it is worse.
 *
 * A later contradiction begins a version of the conversation's bytes up to there, and one of the
 * newest version's, in which what came later has won each time. A conversation has at most
 * VERSIONS_EACH of them, the eldest goes; all together VERSIONS_MAX, and
 * only out of slots that nobody else needs. What finds no room is counted.
 */
#include <string.h>

#include "sensor/session/session_slot.h"

#define VERSIONS_MAX  1024
#define VERSIONS_EACH 4

static struct slot *version_at(struct sessions *sessions, uint32_t index)
{
	return index ? &sessions->slots[index] : NULL;
}

static void give_back(struct sessions *sessions, struct slot *slot)
{
	identity_end(sessions->identify, &slot->identity);
	session_unpack_end(sessions, slot);
	for (int side = 0; side < 2; side++)
		stream_finish(sessions->pool, &slot->stream[side], NULL);
	sessions->names_lost += slot->names_lost;
	sessions->versions_in_use--;
	session_slot_give(sessions, (uint32_t)(slot - sessions->slots));
}

void session_versions_close(struct sessions *sessions, struct slot *slot)
{
	uint32_t index = slot->versions;

	slot->versions = 0;
	while (index != 0) {
		struct slot *version = &sessions->slots[index];

		index = version->versions;
		give_back(sessions, version);
	}
}

/* The last of the list, if there are as many as one conversation may have. */
static void drop_eldest(struct sessions *sessions, struct slot *slot)
{
	uint32_t *link = &slot->versions;
	struct slot *version;
	int count = 1;

	if (*link == 0)
		return;
	while ((version = version_at(sessions, sessions->slots[*link].versions))) {
		link = &sessions->slots[*link].versions;
		count++;
	}
	if (count < VERSIONS_EACH)
		return;
	version = &sessions->slots[*link];
	*link = 0;
	give_back(sessions, version);
}

static struct slot *take_version(struct sessions *sessions, struct slot *slot)
{
	struct slot *version;
	uint32_t index;

	drop_eldest(sessions, slot);
	index = sessions->versions_in_use < VERSIONS_MAX ? session_slot_take(sessions) : 0;
	if (index == 0) {
		sessions->versions_refused++;
		return NULL;
	}
	sessions->versions_in_use++;
	sessions->versions_made++;
	version = &sessions->slots[index];
	session_slot_clear(version);
	version->flow = slot->flow;
	version->session.findings = &version->session.own;
	version->session.ndpi_service = POLICY_NO_SERVICE;
	identity_begin(&version->identity);
	version->versions = slot->versions;
	slot->versions = index;
	return version;
}

static void take_worse_commands(struct facts *facts, const struct facts *other)
{
	for (int i = 0; i < other->command_count; i++) {
		const struct command *command = &other->commands[i];
		int handle;

		if (command->flags == 0 && command->accepted != ANSWER_YES)
			continue;
		handle = facts_command(facts, command->text, strlen(command->text), command->flags);
		if (command->accepted != ANSWER_UNKNOWN)
			facts_command_result(facts, handle, command->accepted == ANSWER_YES);
	}
}

static void take_text(struct facts *facts, char *text, size_t size, const char *other)
{
	if (text[0] == '\0' && other[0] != '\0')
		facts_set_text(facts, text, size, other, strlen(other));
}

static void take_worse(struct slot *slot, struct slot *version)
{
	struct facts *facts = &slot->session.findings->facts;
	const struct facts *other = &version->session.findings->facts;

	if (other->revision == version->revision_taken)
		return;
	version->revision_taken = other->revision;
	if (!facts->service && other->service) {
		facts_set_service(facts, other->service);
		facts->offered = other->offered;
		slot->session.identified_by =
			other->offered ? IDENTIFIED_OFFER : IDENTIFIED_PAYLOAD;
	}
	take_worse_commands(facts, other);
	if (other->auth >= AUTH_NONE && facts->auth < AUTH_NONE)
		facts_set_auth(facts, other->auth);
	if (facts->encryption == ENCRYPTION_UNKNOWN)
		facts_set_encryption(facts, other->encryption);
	if (other->data_read == ANSWER_YES)
		facts_set_data_read(facts, ANSWER_YES);
	if (other->logins_succeeded > facts->logins_succeeded)
		facts->logins_succeeded = other->logins_succeeded;
	facts->directory_listing |= other->directory_listing;
	facts->limited |= other->limited;
	facts->lying_length |= other->lying_length;
	take_text(facts, facts->path, sizeof facts->path, other->path);
	take_text(facts, facts->operation, sizeof facts->operation, other->operation);
	take_text(facts, facts->user, sizeof facts->user, other->user);
	facts->revision++;
}

static bool before(uint32_t one, uint32_t other)
{
	return (int32_t)(one - other) < 0;
}

/* The opening as it was before the client's bytes from `start` on. False: that is not known. */
static bool take_opening(struct slot *version, const struct slot *slot, uint32_t start)
{
	const struct opening_record *opening = &slot->opening;
	uint32_t taken = slot->stream[SIDE_CLIENT].next - start;
	struct opening_turn *last;

	if (slot->decided || opening->full)
		return false;
	opening_copy(&version->opening, opening);
	if (taken == 0)
		return true;
	last = opening->turn_count == 0 ? NULL : &version->opening.turns[opening->turn_count - 1];
	if (!last || last->side != SIDE_CLIENT || last->length < taken) {
		opening_clear(&version->opening);
		return false;
	}
	last->length = (uint16_t)(last->length - taken);
	version->opening.turn_count = (uint8_t)(opening->turn_count - (last->length == 0));
	version->opening.length[SIDE_CLIENT] = (uint16_t)(opening->length[SIDE_CLIENT] - taken);
	return true;
}

/* Who reads the version: whoever reads the conversation, unless it begins with the difference. */
static void begin_version(struct sessions *sessions, struct slot *version, const struct slot *slot,
			  uint32_t start)
{
	bool from_first = slot->has_origin && start == slot->origin && !slot->flow->midstream;

	version->has_origin = slot->has_origin;
	version->origin = slot->origin;
	version->begun = !from_first || slot->begun;
	version->stream[SIDE_SERVER] = slot->stream[SIDE_SERVER];
	version->stream[SIDE_SERVER].held = 0;
	version->stream[SIDE_SERVER].held_count = 0;
	stream_start(&version->stream[SIDE_CLIENT], start);
	if (from_first && !slot->server_spoke)
		version->begun = false;
	else if (!take_opening(version, slot, start) && slot->dissector)
		session_dissect_begin_within(sessions, version, slot->dissector);
}

/*
 * From the beginning of the client's turn on, as far back as is known, the bytes that both share.
 */
static void feed_shared(struct sessions *sessions, const struct slot *slot, struct feeding *feeding,
			uint32_t start, uint32_t end)
{
	struct slot *version = feeding->slot;
	struct stream_handler handler = session_handler(feeding);

	while (before(start, end)) {
		struct segment segment = {.sequence = start};

		segment.bytes = stream_tail_at(&slot->tail, start, end, &segment.captured);
		segment.wire = segment.captured;
		if (segment.wire == 0)
			return;
		stream_feed(sessions->pool, &version->stream[SIDE_CLIENT], &segment, &handler);
		start += segment.wire;
	}
}

/* Where the version begins to differ from what was read, or before. */
static uint32_t start_of(const struct slot *slot, const struct segment *segment)
{
	uint32_t next = slot->stream[SIDE_CLIENT].next;
	uint32_t start = slot->tail.end == next ? slot->turn_start : next;

	if (before(segment->sequence, start))
		start = segment->sequence;
	if (slot->tail.end == next && before(start, slot->tail.begin))
		start = slot->tail.begin;
	return start;
}

/* Does somebody read these bytes already, or take them next? */
static bool is_read(struct sessions *sessions, const struct slot *slot,
		    const struct segment *segment)
{
	for (uint32_t i = slot->versions; i != 0; i = sessions->slots[i].versions) {
		const struct slot *version = &sessions->slots[i];
		const struct stream *stream = &version->stream[SIDE_CLIENT];

		if (stream->next - segment->sequence < segment->wire ||
		    !stream_contradicts(sessions->pool, stream, &version->tail, segment))
			return true;
	}
	return false;
}

static void note(bool *fact, struct facts *facts)
{
	facts->revision += !*fact;
	*fact = true;
}

/* Another version of `slot`: as `like` up to the segment, and then the segment. */
static void fork_version(struct sessions *sessions, struct slot *slot, const struct slot *like,
			 const struct feeding *feeding, const struct segment *segment)
{
	struct feeding other = *feeding;
	struct stream_handler handler = session_handler(&other);
	uint32_t start = start_of(like, segment), next = like->stream[SIDE_CLIENT].next;

	other.slot = take_version(sessions, slot);
	if (!other.slot)
		return;
	begin_version(sessions, other.slot, like, start);
	other.slot->turn_start = start;
	feed_shared(sessions, like, &other, start,
		    before(segment->sequence, next) ? segment->sequence : next);
	stream_feed(sessions->pool, &other.slot->stream[SIDE_CLIENT], segment, &handler);
	stream_copy_held(sessions->pool, &like->stream[SIDE_CLIENT],
			 &other.slot->stream[SIDE_CLIENT], &handler);
}

void session_versions_fork(struct sessions *sessions, struct slot *slot,
			   const struct feeding *feeding, const struct segment *segment)
{
	const struct slot *newest = version_at(sessions, slot->versions);

	note(&slot->session.findings->facts.contradicted, &slot->session.findings->facts);
	if (is_read(sessions, slot, segment))
		return;
	fork_version(sessions, slot, slot, feeding, segment);
	/* Whose bytes were contradicted before, each time by what came later. */
	if (newest)
		fork_version(sessions, slot, newest, feeding, segment);
}

void session_versions_urgent(struct sessions *sessions, struct slot *slot,
			     const struct feeding *feeding, uint32_t sequence)
{
	struct feeding other = *feeding;
	uint32_t next = slot->stream[SIDE_CLIENT].next;
	uint32_t start = slot->tail.end == next ? slot->turn_start : next;

	note(&slot->session.findings->facts.urgent, &slot->session.findings->facts);
	if (feeding->from != SIDE_CLIENT || !stream_urgent(&slot->stream[SIDE_CLIENT], sequence))
		return;
	other.slot = slot->versions ? NULL : take_version(sessions, slot);
	if (!other.slot)
		return;
	if (slot->tail.end == next && before(start, slot->tail.begin))
		start = slot->tail.begin;
	begin_version(sessions, other.slot, slot, start);
	other.slot->turn_start = start;
	feed_shared(sessions, slot, &other, start, next);
}

void session_versions_feed(struct sessions *sessions, struct slot *slot,
			   const struct feeding *feeding, const struct packet *packet)
{
	for (uint32_t i = slot->versions; i != 0; i = sessions->slots[i].versions) {
		struct feeding other = *feeding;

		other.slot = &sessions->slots[i];
		session_feed_tcp(&other, packet);
		take_worse(slot, other.slot);
	}
}

void session_versions_conclude(struct sessions *sessions, struct slot *slot, uint8_t transport)
{
	for (uint32_t i = slot->versions; i != 0; i = sessions->slots[i].versions) {
		session_conclude_slot(sessions, &sessions->slots[i], transport);
		take_worse(slot, &sessions->slots[i]);
	}
}
