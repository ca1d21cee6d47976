/* SPDX-License-Identifier: ISC */
/*
 * The table of probed endpoints against a plain list, with hashes that all but fill a few buckets:
 * what was put there is found until the hand takes its place, whether it stands in its bucket or in
 * the chain behind.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "sensor/base/table_memory.h"
#include "sensor/tables/probe_table.h"
#include "tests/unit/random.h"

#define ENDPOINTS 400
#define PLACES	  150

static struct endpoint endpoint(uint32_t number)
{
	return (struct endpoint){.port = (uint16_t)number, .transport = 6};
}

/* `spread` buckets and two tags for all of them. */
static uint32_t hash_of(uint32_t number, uint32_t spread)
{
	return number % spread | (number % 2) << 16;
}

/* Whom the hand gives up next: the first from it on that was not asked for. */
static uint32_t next_victim(const struct probe_table *table)
{
	uint32_t index = table->hand;

	if (table->used < table->max)
		return 0;
	while (table->slab[index].recent)
		index = index % table->max + 1;
	return index;
}

static void agrees_with_a_list(struct random *random, uint32_t spread)
{
	uint32_t places[ENDPOINTS] = {0}; /* index in the slab; 0: not there */
	struct probe_table table;

	assert_true(probe_table_new(&table, PLACES, 1));
	for (int step = 0; step < 20000; step++) {
		uint32_t number = random_below(random, ENDPOINTS), victim;
		struct endpoint server = endpoint(number);
		uint32_t hash = hash_of(number, spread);
		uint32_t index = probe_table_find(&table, &server, hash);

		assert_int_equal(index, places[number]);
		probe_table_prefetch(&table, hash);
		if (index != 0) {
			/* One at least is given up, or the hand would go round. */
			table.slab[index].recent = random_below(random, 2);
			continue;
		}
		victim = next_victim(&table);
		places[number] = probe_table_add(&table, &server, hash);
		assert_true(table.slab[places[number]].fresh);
		assert_true(victim == 0 || places[number] == victim);
		for (uint32_t i = 0; victim != 0 && i < ENDPOINTS; i++) {
			if (i != number && places[i] == victim)
				places[i] = 0;
		}
	}
	assert_true(table.evictions != 0);
	probe_table_clear(&table);
	for (uint32_t i = 0; i < ENDPOINTS; i++) {
		struct endpoint server = endpoint(i);

		assert_int_equal(probe_table_find(&table, &server, hash_of(i, spread)), 0);
	}
	probe_table_free(&table);
}

static void what_is_there_is_found(void **state)
{
	struct random random = {.state = 21};

	(void)state;
	agrees_with_a_list(&random, 1); /* one bucket, and a chain of all others */
	agrees_with_a_list(&random, 12);
	agrees_with_a_list(&random, 64);
}

/* Of every size: zeroed, from a cache line on. */
static void memory_is_zeroed_and_aligned(void **state)
{
	static const uint64_t sizes[] = {1, 63, 4096, (2u << 20) - 1, 5u << 20};

	(void)state;
	for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
		uint8_t *memory = table_memory_new(sizes[i], 1);

		assert_non_null(memory);
		assert_int_equal((uintptr_t)memory % 64, 0);
		for (uint64_t at = 0; at < sizes[i]; at++)
			assert_true(memory[at] == 0);
		memset(memory, 0xff, sizes[i]);
		table_memory_free(memory);
	}
	table_memory_free(NULL);
	assert_null(table_memory_new(UINT64_MAX / 2, 16));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_there_is_found),
		cmocka_unit_test(memory_is_zeroed_and_aligned),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
