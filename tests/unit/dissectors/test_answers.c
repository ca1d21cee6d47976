/* SPDX-License-Identifier: ISC */
/*
 * Commands that wait for their answers: in order, by number, and what happens when there is no
 * room.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "dissectors/read/answers.h"
#include "tests/unit/random.h"

static void an_empty_queue_has_nothing(void **state)
{
	struct answers answers = {.count = 0};
	struct answers_row row = {.handle = 7};

	(void)state;
	assert_null(answers_first(&answers));
	assert_null(answers_last(&answers));
	assert_false(answers_next(&answers, &row));
	assert_int_equal(row.handle, 7);
	answers_drop(&answers);
	assert_int_equal(answers.unlisted, 0);
}

static void answers_come_in_order(void **state)
{
	struct answers answers = {.count = 0};
	struct answers_row row;

	(void)state;
	for (int round = 0; round < 5; round++) {
		for (int i = 0; i < ANSWERS_ROWS - 1; i++)
			assert_non_null(answers_add(&answers, i, (uint16_t)(i + 300)));
		assert_int_equal(answers_last(&answers)->handle, ANSWERS_ROWS - 2);
		for (int i = 0; i < ANSWERS_ROWS - 1; i++) {
			assert_int_equal(answers_first(&answers)->handle, i);
			assert_true(answers_next(&answers, &row));
			assert_int_equal(row.handle, i);
			assert_int_equal(row.kind, i + 300);
		}
	}
}

/* Whatever comes and goes: an answer gets its own command or none. */
static void an_answer_never_gets_the_command_of_another(void **state)
{
	struct answers answers = {.count = 0};
	struct answers_row row;
	struct random random = {.state = 1};
	int asked = 0, answered = 0, matched = 0;

	(void)state;
	for (int i = 0; i < 100000; i++) {
		bool busy = (i / 1000) % 2 == 0;

		if (random_below(&random, 10) < (busy ? 6u : 3u)) {
			answers_add(&answers, asked++, 0);
		} else if (answered < asked) {
			if (answers_next(&answers, &row)) {
				assert_int_equal(row.handle, answered);
				matched++;
			}
			answered++;
		}
	}
	assert_true(matched > 10000);
	assert_true(matched < answered); /* it did overflow */
	answers_clear(&answers);
	assert_null(answers_first(&answers));
	assert_non_null(answers_add(&answers, 1, 0));
}

static void a_number_finds_its_command(void **state)
{
	struct answers_table table = {.next = 0};
	struct answers_numbered row = {.handle = -1};

	(void)state;
	assert_null(answers_find(&table, 0)); /* an empty row is no command number 0 */
	answers_put(&table, 0, 10, 1);
	answers_put(&table, UINT64_C(1) << 40, 11, 2);
	assert_false(answers_take(&table, 1, &row));
	assert_int_equal(row.handle, -1);
	assert_true(answers_take(&table, UINT64_C(1) << 40, &row));
	assert_int_equal(row.handle, 11);
	assert_int_equal(row.kind, 2);
	assert_false(answers_take(&table, UINT64_C(1) << 40, &row));
	assert_true(answers_take(&table, 0, &row));
	assert_int_equal(row.handle, 10);
}

static void of_the_same_number_the_newest_is_first(void **state)
{
	struct answers_table table = {.next = ANSWERS_ROWS - 1};
	struct answers_numbered row;

	(void)state;
	for (int i = 0; i < 3; i++)
		answers_put(&table, 5, i, 0);
	for (int i = 2; i >= 0; i--) {
		assert_true(answers_take(&table, 5, &row));
		assert_int_equal(row.handle, i);
	}
	assert_false(answers_take(&table, 5, &row));
}

static void the_oldest_makes_room(void **state)
{
	struct answers_table table = {.next = 0};
	struct answers_numbered row;
	bool seen[ANSWERS_ROWS] = {false};

	(void)state;
	for (int i = 0; i < ANSWERS_ROWS + 1; i++) {
		size_t index = answers_index(&table, answers_put(&table, (uint64_t)i, i, 0));

		assert_true(index < ANSWERS_ROWS);
		seen[index] = true;
	}
	for (int i = 0; i < ANSWERS_ROWS; i++)
		assert_true(seen[i]);
	assert_false(answers_take(&table, 0, &row));
	for (int i = 1; i < ANSWERS_ROWS + 1; i++) {
		assert_true(answers_take(&table, (uint64_t)i, &row));
		assert_int_equal(row.handle, i);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_empty_queue_has_nothing),
		cmocka_unit_test(answers_come_in_order),
		cmocka_unit_test(an_answer_never_gets_the_command_of_another),
		cmocka_unit_test(a_number_finds_its_command),
		cmocka_unit_test(of_the_same_number_the_newest_is_first),
		cmocka_unit_test(the_oldest_makes_room),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
