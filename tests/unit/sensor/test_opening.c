/* SPDX-License-Identifier: ISC */
/* The first bytes of both sides: order kept, bounds kept, sides exchanged. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "sensor/session/opening.h"
#include "tests/unit/random.h"

static size_t add(struct opening_record *record, enum side from, const char *text, bool datagram)
{
	return opening_add(record, from, (const uint8_t *)text, strlen(text), datagram);
}

static void expect_side(const struct bytes *bytes, const char *text)
{
	assert_int_equal(bytes->left, strlen(text));
	assert_memory_equal(bytes->at, text, strlen(text));
}

static void turns_in_the_order_in_which_they_were_said(void **state)
{
	struct opening_record record = {.turn_count = 0};
	struct opening view;

	(void)state;
	assert_int_equal(add(&record, SIDE_CLIENT, "", false), 0);
	assert_int_equal(add(&record, SIDE_SERVER, "220 hi", false), 6);
	assert_int_equal(add(&record, SIDE_CLIENT, "HE", false), 2);
	assert_int_equal(add(&record, SIDE_CLIENT, "LO", false), 2);
	assert_int_equal(add(&record, SIDE_SERVER, "250", false), 3);
	assert_int_equal(record.turn_count, 3);
	assert_int_equal(record.turns[1].side, SIDE_CLIENT);
	assert_int_equal(record.turns[1].length, 4);
	view = opening_view(&record, OVER_TCP, true, false);
	expect_side(&view.side[SIDE_CLIENT], "HELO");
	expect_side(&view.side[SIDE_SERVER], "220 hi250");
	assert_true(view.midstream);
	assert_int_equal(view.transport, OVER_TCP);
	view = opening_view(&record, OVER_TCP, false, true);
	expect_side(&view.side[SIDE_SERVER], "HELO");
	opening_swap(&record);
	view = opening_view(&record, OVER_TCP, false, false);
	expect_side(&view.side[SIDE_SERVER], "HELO");
	expect_side(&view.side[SIDE_CLIENT], "220 hi250");
	assert_int_equal(record.turns[0].side, SIDE_CLIENT);
	assert_int_equal(record.turns[0].length, 6);
}

static void a_datagram_once_a_side(void **state)
{
	struct opening_record record = {.turn_count = 0};
	struct opening view;
	uint8_t large[3 * OPENING_MAX] = {7};

	(void)state;
	assert_int_equal(add(&record, SIDE_CLIENT, "one", true), 3);
	assert_int_equal(add(&record, SIDE_CLIENT, "two", true), 0);
	assert_int_equal(opening_add(&record, SIDE_SERVER, large, sizeof large, true), OPENING_MAX);
	assert_false(record.full);
	view = opening_view(&record, OVER_UDP, false, false);
	expect_side(&view.side[SIDE_CLIENT], "one");
	assert_int_equal(view.side[SIDE_SERVER].left, OPENING_MAX);
	assert_int_equal(record.turn_count, 2);
}

/* Whatever is added: turns add up to the sides, and what was kept is a prefix of what was said. */
static void a_prefix_of_what_was_said(void **state)
{
	struct random random = {.state = 8};
	struct opening_record *record = malloc(sizeof *record);

	(void)state;
	for (int round = 0; round < 2000; round++) {
		uint8_t said[2][8192];
		size_t length[2] = {0, 0}, turns[2] = {0, 0};
		bool complete = true;

		memset(record, 0, sizeof *record);
		for (int i = 0; i < 40; i++) {
			enum side from = (enum side)random_below(&random, 2);
			size_t n = random_below(&random, round % 2 ? 12 : 150), kept;
			uint8_t *at = said[from] + length[from];

			for (size_t j = 0; j < n; j++)
				at[j] = (uint8_t)random_next(&random);
			kept = opening_add(record, from, at, n, false);
			assert_true(kept <= n);
			if (!complete)
				assert_int_equal(kept, 0);
			complete = complete && kept == n;
			length[from] += n;
			assert_true(complete || record->full);
			assert_true(record->length[from] <= OPENING_MAX);
			assert_memory_equal(record->bytes[from], said[from], record->length[from]);
		}
		for (int i = 0; i < record->turn_count; i++) {
			turns[record->turns[i].side] += record->turns[i].length;
			assert_int_not_equal(record->turns[i].length, 0);
		}
		assert_int_equal(turns[0], record->length[0]);
		assert_int_equal(turns[1], record->length[1]);
	}
	free(record);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(turns_in_the_order_in_which_they_were_said),
		cmocka_unit_test(a_datagram_once_a_side),
		cmocka_unit_test(a_prefix_of_what_was_said),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
