/* SPDX-License-Identifier: ISC */
/*
 * What the first byte of a conversation excludes, ruled_out.h: whoever it excludes must refuse what
 * begins with it, however far it has come, before the other side speaks; from there on a refusal
 * stands. Asked about are the conversations of the shipped captures, as they came and with other
 * first bytes; and that the table is worth having.
 */
#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "sensor/session/opening.h"
#include "sensor/session/ruled_out.h"
#include "tests/unit/random.h"
#include "tools/recast/file.c"
#include "tools/recast/recording.c"
#include "tools/recast/segment.c"

#define CONVERSATIONS 256 /* of one capture */
#define OTHERS	      6	  /* first bytes in the place of its own */

struct conversation {
	struct segment_end client, server;
	uint32_t next[2]; /* sequence numbers; index: enum side */
	bool started[2];
	struct opening_record opening;
};

struct lab {
	struct ruled_out table;
	struct conversation list[CONVERSATIONS];
	size_t count;
	struct random random;
	uint64_t excluded, asked, openings;
	char path[512];
};

static int set_up(void **state)
{
	struct lab *lab = calloc(1, sizeof *lab);

	lab->random.state = 7;
	*state = lab;
	return 0;
}

static int tear_down(void **state)
{
	free(*state);
	return 0;
}

static void check(struct lab *lab, const struct opening *opening, enum side first)
{
	uint64_t refused[RULED_OUT_WORDS] = {0};

	ruled_out(&lab->table, opening, first, refused);
	lab->openings++;
	for (size_t i = 0; i < dissector_count; i++) {
		if (!(dissectors[i]->transports & OVER_TCP))
			continue;
		lab->asked++;
		if (!(refused[i / 64] >> (i % 64) & 1))
			continue;
		lab->excluded++;
		if (dissectors[i]->recognise(opening) != RECOGNISED_NO)
			fail_msg("%s: %s is excluded by 0x%02x of side %d, and does not refuse; "
				 "midstream %d one-sided %d",
				 lab->path, dissectors[i]->name, *opening->side[first].at, first,
				 opening->midstream, opening->one_sided);
	}
}

static void check_record(struct lab *lab, const struct opening_record *record)
{
	for (int way = 0; way < 8; way++) {
		bool swapped = (way & 4) != 0;
		enum side first = (enum side)(record->turns[0].side ^ swapped);
		struct opening opening = opening_view(record, OVER_TCP, way & 1, swapped);

		opening.one_sided = (way & 2) != 0;
		check(lab, &opening, first);
	}
}

/* As it is, and beginning with other bytes. */
static void check_opening(struct lab *lab, struct opening_record *record)
{
	uint8_t *first = &record->bytes[record->turns[0].side][0], own = *first;

	check_record(lab, record);
	for (int i = 0; i < OTHERS; i++) {
		*first = (uint8_t)random_below(&lab->random, 256);
		check_record(lab, record);
	}
	*first = own;
}

static struct conversation *conversation_of(struct lab *lab, const struct segment_place *place,
					    enum side *from)
{
	struct conversation *conversation = lab->list;

	for (; conversation < lab->list + lab->count; conversation++) {
		*from = segment_end_equal(&conversation->client, &place->source) ? SIDE_CLIENT
										 : SIDE_SERVER;
		if (segment_end_equal(*from == SIDE_CLIENT ? &conversation->server
							   : &conversation->client,
				      &place->destination) &&
		    (*from == SIDE_CLIENT ||
		     segment_end_equal(&conversation->server, &place->source)))
			return conversation;
	}
	if (lab->count == CONVERSATIONS)
		return NULL;
	*from = SIDE_CLIENT;
	*conversation =
		(struct conversation){.client = place->source, .server = place->destination};
	lab->count++;
	return conversation;
}

static void take(struct lab *lab, const struct frame_record *frame,
		 const struct segment_place *place)
{
	enum side from;
	struct conversation *conversation = conversation_of(lab, place, &from);
	uint32_t end = place->sequence + place->payload_length;

	if (!conversation || place->payload_length == 0 ||
	    (conversation->started[from] && place->sequence != conversation->next[from]))
		return;
	conversation->started[from] = true;
	conversation->next[from] = end;
	/* Once the other side speaks, all have been asked. */
	if (opening_add(&conversation->opening, from, frame->bytes + place->payload_at,
			place->payload_length, false) != 0 &&
	    conversation->opening.turn_count == 1)
		check_opening(lab, &conversation->opening);
}

static void take_capture(struct lab *lab)
{
	struct recording recording = recording_load(lab->path);
	struct segment_place place;

	lab->count = 0;
	for (size_t i = 0; i < recording.count; i++) {
		if (segment_find(recording.link, &recording.frames[i], &place) &&
		    place.source.transport == SEGMENT_TCP && place.whole)
			take(lab, &recording.frames[i], &place);
	}
	recording_free(&recording);
}

static void take_captures(struct lab *lab, const char *path)
{
	DIR *directory = opendir(path);
	const struct dirent *entry;

	assert_non_null(directory);
	while ((entry = readdir(directory))) {
		size_t length = strlen(entry->d_name);

		if (length < 5 || strcmp(entry->d_name + length - 5, ".pcap") != 0)
			continue;
		snprintf(lab->path, sizeof lab->path, "%s/%s", path, entry->d_name);
		take_capture(lab);
	}
	closedir(directory);
}

static void who_is_excluded_refuses(void **state)
{
	struct lab *lab = *state;
	const char *other = getenv("SPANWATCH_WIRE_CAPTURES");

	if (other) {
		take_captures(lab, other);
	} else {
		take_captures(lab, "tests/golden/captures");
		take_captures(lab, "tests/golden/captures/played");
	}
	print_message("%llu openings; %llu of %llu questions are saved\n",
		      (unsigned long long)lab->openings, (unsigned long long)lab->excluded,
		      (unsigned long long)lab->asked);
	assert_true(lab->openings > 5000);
	assert_true(lab->excluded > lab->asked / 2);
}

/* A datagram of one byte is no beginning of a longer one. */
static void nothing_is_excluded_of_a_datagram(void **state)
{
	struct lab *lab = *state;
	uint64_t refused[RULED_OUT_WORDS] = {0};
	struct opening opening = {.side = {bytes_from("x", 1)}, .transport = OVER_UDP};

	ruled_out(&lab->table, &opening, SIDE_CLIENT, refused);
	for (int i = 0; i < RULED_OUT_WORDS; i++)
		assert_true(refused[i] == 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(who_is_excluded_refuses, set_up, tear_down),
		cmocka_unit_test_setup_teardown(nothing_is_excluded_of_a_datagram, set_up,
						tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
