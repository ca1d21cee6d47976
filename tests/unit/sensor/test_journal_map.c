/* SPDX-License-Identifier: ISC */
/* The map of the journal's file against a plain list of numbers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "sensor/journal/journal_map.h"
#include "tests/unit/random.h"

#define MOST 300

struct plain {
	uint64_t epochs[MOST]; /* by number; 0: it is not there */
};

static uint64_t plain_count(const struct plain *plain, uint64_t after, uint64_t up_to)
{
	uint64_t count = 0;

	for (uint64_t i = after + 1; i < MOST && i <= up_to; i++)
		count += plain->epochs[i] != 0;
	return count;
}

static uint64_t plain_nth(const struct plain *plain, uint64_t after, uint64_t n)
{
	uint64_t found = 0;

	for (uint64_t i = after + 1; i < MOST && n != 0; i++) {
		if (plain->epochs[i] != 0) {
			found = i;
			n--;
		}
	}
	return found;
}

static uint64_t plain_beyond(const struct plain *plain, uint64_t up_to, uint64_t keep)
{
	for (uint64_t i = up_to < MOST - 1 ? up_to : MOST - 1; i > 0; i--) {
		if (plain->epochs[i] != 0 && keep-- == 0)
			return i;
	}
	return 0;
}

static uint64_t plain_newest(const struct plain *plain, uint64_t epoch)
{
	uint64_t newest = 0;

	for (uint64_t i = 1; i < MOST; i++)
		newest = plain->epochs[i] == epoch ? i : newest;
	return newest;
}

static void compare(const struct journal_map *map, const struct plain *plain, struct random *random)
{
	uint64_t a = random_below(random, MOST), b = random_below(random, MOST);
	uint64_t n = random_below(random, 40), epoch = 1 + random_below(random, 4);

	assert_int_equal(journal_map_count(map, a, b), plain_count(plain, a, b));
	assert_int_equal(journal_map_nth(map, a, n), plain_nth(plain, a, n));
	assert_int_equal(journal_map_next(map, a), plain_nth(plain, a, 1));
	assert_int_equal(journal_map_newest(map, epoch), plain_newest(plain, epoch));
	assert_int_equal(journal_map_beyond(map, b, n), plain_beyond(plain, b, n));
	assert_int_equal(journal_map_has(map, a, epoch), plain->epochs[a] == epoch);
}

static void is_what_a_list_is(void **state)
{
	(void)state;
	for (uint32_t round = 0; round < 60; round++) {
		struct random random = {round + 1};
		struct journal_map map = {0};
		struct plain plain = {{0}};
		uint64_t next = 1, epoch = 1;

		for (int step = 0; step < 200; step++) {
			uint64_t first = random_below(&random, MOST);
			uint64_t last = first + random_below(&random, 20);

			if (next < MOST && random_below(&random, 4) != 0) {
				epoch += random_below(&random, 40) == 0;
				next += random_below(&random, 20) == 0 ? 5 : 0;
				assert_true(journal_map_add(&map, next, epoch));
				if (next < MOST)
					plain.epochs[next] = epoch;
				next++;
			} else {
				assert_true(journal_map_remove(&map, first, last));
				for (uint64_t i = first; i <= last && i < MOST; i++)
					plain.epochs[i] = 0;
			}
			if (next < MOST)
				compare(&map, &plain, &random);
		}
		journal_map_clear(&map);
		assert_int_equal(journal_map_next(&map, 0), 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(is_what_a_list_is)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
