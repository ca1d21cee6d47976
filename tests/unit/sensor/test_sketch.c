/* SPDX-License-Identifier: ISC */
/* Small tables against naive models: distinct counting, remembered walls, chains and lists. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "sensor/base/chains.h"
#include "sensor/base/hash.h"
#include "sensor/base/sketch.h"
#include "sensor/engine/wall.h"

/* Numerical Recipes' LCG, high bits: enough for a test, and the same everywhere. */
static uint32_t next_random(uint64_t *state)
{
	*state = *state * 6364136223846793005U + 1442695040888963407U;
	return (uint32_t)(*state >> 33);
}

static uint64_t hash_number(uint64_t number)
{
	return hash_bytes(&number, sizeof number, 0);
}

static void small_counts_are_exact(void **state)
{
	struct sketch sketch = {.exact = 0};

	(void)state;
	assert_int_equal(sketch_count(&sketch), 0);
	for (uint32_t i = 1; i <= SKETCH_EXACT; i++) {
		for (unsigned again = 0; again < 3; again++)
			sketch_add(&sketch, hash_number(i));
		assert_int_equal(sketch_count(&sketch), i);
	}
	sketch_add(&sketch, hash_number(SKETCH_EXACT + 1));
	assert_true(sketch_count(&sketch) > SKETCH_EXACT);
}

static void large_counts_are_close(void **state)
{
	static const uint32_t counts[] = {50, 200, 640, 1000, 10000, 300000};

	(void)state;
	for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
		struct sketch sketch = {.exact = 0};
		double error;

		for (uint64_t n = 0; n < counts[i]; n++)
			sketch_add(&sketch, hash_number(n));
		error = (double)sketch_count(&sketch) / counts[i] - 1;
		assert_true(error > -0.2 && error < 0.2); /* three standard errors */
	}
}

static void merging_is_the_union(void **state)
{
	static const uint32_t sizes[] = {0, 5, 20, 32, 33, 500};

	(void)state;
	for (size_t i = 0; i < 6; i++) {
		for (size_t j = 0; j < 6; j++) {
			struct sketch a = {.exact = 0}, b = {.exact = 0}, both = {.exact = 0};

			for (uint64_t n = 0; n < sizes[i]; n++) {
				sketch_add(&a, hash_number(n));
				sketch_add(&both, hash_number(n));
			}
			for (uint64_t n = 0; n < sizes[j]; n++) {
				sketch_add(&b, hash_number(n * 2));
				sketch_add(&both, hash_number(n * 2));
			}
			sketch_merge(&a, &b);
			assert_int_equal(sketch_count(&a), sketch_count(&both));
		}
	}
}

static struct endpoint endpoint_of(uint32_t number)
{
	struct endpoint endpoint = {.port = (uint16_t)number, .transport = TRANSPORT_TCP};

	memcpy(&endpoint.address.bytes[12], &number, sizeof number);
	return endpoint;
}

static void walls_keep_the_newest(void **state)
{
	struct wall *wall = wall_new(4, 7);
	struct endpoint a = endpoint_of(1), b = endpoint_of(2);

	(void)state;
	wall_note(wall, &a, (struct wall_seen){.unanswered_ns = 20});
	wall_note(wall, &a, (struct wall_seen){.unanswered_ns = 10, .refused_ns = 5});
	assert_int_equal(wall_get(wall, &a).unanswered_ns, 20);
	assert_int_equal(wall_get(wall, &a).refused_ns, 5);
	assert_int_equal(wall_get(wall, &b).unanswered_ns, 0);
	b = a;
	b.realm = 1; /* another tunnel's address of the same value */
	assert_int_equal(wall_get(wall, &b).unanswered_ns, 0);
	wall_free(wall);
	wall_free(NULL);
}

#define WALLS	  16
#define ENDPOINTS 40

/* A model that remembers everything: what the table still has must be the freshest sixteen. */
static void walls_forget_the_stalest(void **state)
{
	struct wall *wall = wall_new(WALLS, 99);
	uint64_t noted[ENDPOINTS] = {0}, random = 1, known = 0;

	(void)state;
	for (uint64_t now = 1; now <= 20000; now++) {
		uint32_t number = next_random(&random) % ENDPOINTS;
		struct endpoint endpoint = endpoint_of(number);

		wall_note(wall, &endpoint, (struct wall_seen){.unanswered_ns = now});
		noted[number] = now;
	}
	for (uint32_t number = 0; number < ENDPOINTS; number++) {
		struct endpoint endpoint = endpoint_of(number);
		uint64_t seen = wall_get(wall, &endpoint).unanswered_ns;
		unsigned fresher = 0;

		for (uint32_t other = 0; other < ENDPOINTS; other++)
			fresher += noted[other] > noted[number];
		assert_int_equal(seen, fresher < WALLS ? noted[number] : 0);
		known += seen != 0;
	}
	assert_int_equal(known, WALLS);
	assert_true(wall_evicted(wall) > 0);
	wall_free(wall);
}

static void chains_hold_what_was_added(void **state)
{
	enum { SLOTS = 64 };
	struct chains chains;
	bool in[SLOTS] = {false};
	uint64_t random = 5;

	(void)state;
	assert_true(chains_new(&chains, SLOTS));
	for (unsigned turn = 0; turn < 20000; turn++) {
		uint32_t slot = next_random(&random) % SLOTS, at;
		uint64_t hash = slot % 5; /* many in one chain */

		if (in[slot])
			chains_remove(&chains, hash, slot);
		else
			chains_add(&chains, hash, slot);
		in[slot] = !in[slot];
		at = chains_first(&chains, hash);
		while (at != CHAIN_END && at != slot)
			at = chains_next(&chains, at);
		assert_int_equal(at == slot, in[slot]);
	}
	chains_free(&chains);
}

static void lists_keep_their_order(void **state)
{
	struct order list = ORDER_EMPTY;
	struct order_node nodes[3];

	(void)state;
	for (uint32_t i = 0; i < 3; i++)
		order_append(&list, nodes, i);
	order_remove(&list, nodes, 1);
	assert_int_equal(list.first, 0);
	assert_int_equal(nodes[0].next, 2);
	assert_int_equal(nodes[2].previous, 0);
	order_remove(&list, nodes, 0);
	order_append(&list, nodes, 1);
	assert_int_equal(list.first, 2);
	assert_int_equal(list.last, 1);
	order_remove(&list, nodes, 1);
	order_remove(&list, nodes, 2);
	assert_int_equal(list.first, CHAIN_END);
	assert_int_equal(list.last, CHAIN_END);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(small_counts_are_exact),
		cmocka_unit_test(large_counts_are_close),
		cmocka_unit_test(merging_is_the_union),
		cmocka_unit_test(walls_keep_the_newest),
		cmocka_unit_test(walls_forget_the_stalest),
		cmocka_unit_test(chains_hold_what_was_added),
		cmocka_unit_test(lists_keep_their_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
