/* SPDX-License-Identifier: ISC */
/* The ring of bytes: what goes in comes out, in order, whole, from one thread to another. */
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "sensor/base/byte_ring.h"
#include "tests/unit/random.h"

#define SIZE	4096u
#define RECORDS 200000u

static void fill(uint8_t *bytes, uint32_t length, uint32_t seed)
{
	for (uint32_t i = 0; i < length; i++)
		bytes[i] = (uint8_t)(seed * 31u + i);
}

static void refuses_what_does_not_fit(void **state)
{
	struct byte_ring *ring = byte_ring_new(SIZE);
	uint8_t bytes[SIZE], out[SIZE];
	bool filling;

	(void)state;
	assert_non_null(ring);
	memset(bytes, 1, sizeof bytes);
	assert_int_equal(byte_ring_pop(ring, out, sizeof out), 0);
	assert_false(byte_ring_push(ring, "ab", 2, bytes, SIZE - 5, &filling));
	assert_true(byte_ring_push(ring, "ab", 2, bytes, SIZE - 6, &filling));
	assert_true(filling);
	assert_false(byte_ring_push(ring, "", 0, "", 0, &filling));
	assert_int_equal(byte_ring_pop(ring, out, 3), 3); /* the rest is left out */
	assert_memory_equal(out, "ab\1", 3);
	assert_int_equal(byte_ring_pop(ring, out, sizeof out), 0);
	assert_true(byte_ring_push(ring, "x", 1, NULL, 0, &filling));
	assert_false(filling);
	assert_int_equal(byte_ring_pop(ring, out, sizeof out), 1);
	byte_ring_free(ring);
}

static void *produce(void *context)
{
	struct byte_ring *ring = context;
	struct random random = {.state = 11};
	uint8_t bytes[512];
	bool filling;

	for (uint32_t i = 0; i < RECORDS;) {
		uint32_t length = random_below(&random, sizeof bytes);

		fill(bytes, length, i);
		while (!byte_ring_push(ring, &i, sizeof i, bytes, length, &filling))
			sched_yield();
		i++;
	}
	return NULL;
}

static void carries_everything_in_order(void **state)
{
	struct byte_ring *ring = byte_ring_new(SIZE);
	struct random random = {.state = 11};
	uint8_t out[1024], wanted[512];
	pthread_t thread;

	(void)state;
	assert_non_null(ring);
	assert_int_equal(pthread_create(&thread, NULL, produce, ring), 0);
	for (uint32_t i = 0; i < RECORDS; i++) {
		uint32_t length = random_below(&random, sizeof wanted), size, number;

		while ((size = byte_ring_pop(ring, out, sizeof out)) == 0)
			sched_yield();
		memcpy(&number, out, sizeof number);
		assert_int_equal(number, i);
		assert_int_equal(size, length + sizeof number);
		fill(wanted, length, i);
		assert_memory_equal(out + sizeof number, wanted, length);
	}
	pthread_join(thread, NULL);
	assert_int_equal(byte_ring_pop(ring, out, sizeof out), 0);
	byte_ring_free(ring);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(refuses_what_does_not_fit),
		cmocka_unit_test(carries_everything_in_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
