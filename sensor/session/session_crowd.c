/* SPDX-License-Identifier: ISC */
/*
 * See session_slot.h and crowd.h. The client has put more commands into one piece than are read in
 * full. What is left is looked through once, at a cost for each byte and not for each command: a
 * line with a word that destroys, executes or logs in is read in full, and so is the last one,
 * which may go on in the next piece. The rest is passed over, and both counted and told.
 */
#include "dissectors/read/answers.h"
#include "dissectors/read/crowd.h"
#include "sensor/session/session_slot.h"

#define FIRST	     16 /* commands in any piece, and one more for each so many bytes of it */
#define BYTES_EACH   16
#define LOOKS	     8 /* lines that are read in full though they come later */
#define A_LOOK	     2 /* commands that may begin there */
#define A_LOOK_HEAVY 4 /* likewise, where one is heavy: crowd_begin() */

uint32_t session_crowd_room(const struct slot *slot, enum side from, size_t length)
{
	if (slot->dissector->crowded == CROWDED_NEVER || from != SIDE_CLIENT)
		return 0;
	return FIRST + (uint32_t)(length / BYTES_EACH);
}

/* Commands that will be answered, for a protocol of lines: empty ones are not. */
static uint32_t count_commands(struct bytes passed)
{
	bool arrays = passed.left != 0 && passed.at[0] == '*'; /* of RESP */
	uint32_t count = 0;
	uint8_t before = '\n';

	for (size_t i = 0; i < passed.left; i++) {
		count += before == '\n' && (arrays ? passed.at[i] == '*' : passed.at[i] > ' ');
		before = passed.at[i];
	}
	return count;
}

static void pass_over(struct sessions *sessions, struct slot *slot, struct bytes passed)
{
	const struct dissector *dissector = slot->dissector;
	struct facts *facts = &slot->session.findings->facts;

	if (passed.left == 0)
		return;
	sessions->passed_bytes += passed.left;
	facts_limited(facts);
	if (dissector->crowded == CROWDED_GAP && dissector->gap)
		dissector->gap(slot->state, facts, SIDE_CLIENT, 0);
	else if (dissector->answers_at != 0)
		answers_count((struct answers *)(void *)(slot->state + dissector->answers_at),
			      count_commands(passed));
}

static size_t line_start(struct bytes text, size_t at)
{
	while (at != 0 && text.at[at - 1] != '\n')
		at--;
	return at;
}

/* Where the next bytes are that are read after all. */
static size_t next_look(const struct sessions *sessions, struct bytes rest, int looks)
{
	size_t at = looks < LOOKS ? alarm_words_find(&sessions->alarm_words, rest) : rest.left;

	return line_start(rest, at);
}

void session_crowd_feed(struct sessions *sessions, struct slot *slot, struct feed *fed,
			struct bytes rest)
{
	const struct dissector *dissector = slot->dissector;
	struct crowd *crowd = fed->bytes.crowd;

	sessions->crowded++;
	for (int looks = 0; rest.left != 0 && slot->dissector == dissector; looks++) {
		size_t at = next_look(sessions, rest, looks);

		pass_over(sessions, slot, bytes_from(rest.at, at));
		bytes_skip(&rest, at);
		if (rest.left == 0)
			return;
		*crowd = (struct crowd){.left = dissector->crowded == CROWDED_GAP ? A_LOOK_HEAVY
										  : A_LOOK};
		fed->bytes = rest;
		fed->bytes.crowd = crowd;
		session_dissect_turns(sessions, slot, fed);
		if (!crowd->from || fed->next != FEED_ON)
			return;
		bytes_skip(&rest, (size_t)(crowd->from - rest.at));
	}
}
