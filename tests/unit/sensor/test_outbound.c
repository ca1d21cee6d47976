/* SPDX-License-Identifier: ISC */
/* The set of conversations begun by ours: what it must remember, and when it may forget. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "sensor/tables/outbound.h"
#include "tests/unit/random.h"

static void remembers_what_was_added_and_nothing_else(void **state)
{
	struct outbound *outbound = outbound_new(1 << 16);
	struct random random = {.state = 1};
	unsigned kept = 0;

	(void)state;
	for (int i = 0; i < 10000; i++)
		outbound_add(outbound, random_next(&random));
	random.state = 1;
	for (int i = 0; i < 10000; i++)
		kept += outbound_has(outbound, random_next(&random));
	assert_int_equal(kept, 10000);
	for (int i = 0; i < 10000; i++)
		assert_false(outbound_has(outbound, random_next(&random)));
	outbound_free(outbound);
}

/* The hash 0 is a hash like any other, though 0 marks a free slot. */
static void zero_is_a_hash(void **state)
{
	struct outbound *outbound = outbound_new(64);

	(void)state;
	assert_false(outbound_has(outbound, 0));
	outbound_add(outbound, 0);
	assert_true(outbound_has(outbound, 0));
	outbound_remove(outbound, 0);
	assert_false(outbound_has(outbound, 0));
	outbound_free(outbound);
}

/* Adding a generation's worth drops the one before, but not what was asked for meanwhile. */
static void what_is_used_outlives_generations(void **state)
{
	struct outbound *outbound = outbound_new(1024);
	struct random random = {.state = 9};
	uint64_t used = random_next(&random), unused = random_next(&random);

	(void)state;
	outbound_add(outbound, used);
	outbound_add(outbound, unused);
	for (int i = 0; i < 100000; i++) {
		outbound_add(outbound, random_next(&random));
		if (i % 50 == 0)
			assert_true(outbound_has(outbound, used));
	}
	assert_false(outbound_has(outbound, unused));
	/* All but the two generations that are there, some of which may be overwritten. */
	assert_true(outbound_forgotten(outbound) >= 100000 - 4 * 1024);
	assert_true(outbound_forgotten(outbound) <= 100000 + 2);
	outbound_free(outbound);
}

static void at_least_one_generation_is_remembered(void **state)
{
	struct outbound *outbound = outbound_new(1024);
	unsigned lost = 0;

	(void)state;
	for (int round = 0; round < 20; round++) {
		struct random random = {.state = 1000u + (unsigned)round}, again = random;

		for (int i = 0; i < 700; i++)
			outbound_add(outbound, random_next(&random));
		for (int i = 0; i < 700; i++)
			lost += !outbound_has(outbound, random_next(&again));
	}
	/* Some neighbourhoods are full before the generation is. */
	assert_in_range(lost, 0, 20 * 700 / 10);
	outbound_free(outbound);
}

static void removed_from_both_generations(void **state)
{
	struct outbound *outbound = outbound_new(64);
	struct random random = {.state = 4};
	uint64_t hash = random_next(&random);

	(void)state;
	outbound_add(outbound, hash);
	for (int i = 0; i < 60; i++)
		outbound_add(outbound, random_next(&random));
	if (outbound_has(outbound, hash))
		outbound_add(outbound, hash);
	outbound_remove(outbound, hash);
	assert_false(outbound_has(outbound, hash));
	outbound_remove(outbound, hash);
	/* Removing must not make the generation believe that it is fuller or emptier than it is. */
	for (int i = 0; i < 100000; i++) {
		uint64_t next = random_next(&random);

		outbound_add(outbound, next);
		assert_true(outbound_has(outbound, next));
		outbound_remove(outbound, next);
		assert_false(outbound_has(outbound, next));
	}
	outbound_free(outbound);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(remembers_what_was_added_and_nothing_else),
		cmocka_unit_test(zero_is_a_hash),
		cmocka_unit_test(what_is_used_outlives_generations),
		cmocka_unit_test(at_least_one_generation_is_remembered),
		cmocka_unit_test(removed_from_both_generations),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
