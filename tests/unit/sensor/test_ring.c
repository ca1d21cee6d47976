/* SPDX-License-Identifier: ISC */
/*
 * The ring between two threads: every message once, whole, in order; a full ring refuses; and the
 * consumer that sleeps when it saw nothing is never left asleep beside a message. ThreadSanitizer
 * looks on in one of the builds.
 */
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "sensor/base/nudge.h"
#include "sensor/base/ring.h"
#include "tests/unit/random.h"

#define MESSAGES 2000000u

struct message {
	uint64_t number, words[3];
	uint8_t odd[5]; /* a size that is no multiple of the alignment */
};

static struct message message_of(uint64_t number)
{
	struct message message = {.number = number};

	for (int i = 0; i < 3; i++)
		message.words[i] = number * 0x9e3779b97f4a7c15u + (unsigned)i;
	for (int i = 0; i < 5; i++)
		message.odd[i] = (uint8_t)(number + (unsigned)i);
	return message;
}

static void expect_message(const struct message *message, uint64_t number)
{
	struct message expected = message_of(number);

	assert_int_equal(message->number, number);
	for (int i = 0; i < 3; i++)
		assert_true(message->words[i] == expected.words[i]);
	assert_memory_equal(message->odd, expected.odd, sizeof expected.odd);
}

static void push(struct ring *ring, uint64_t number, bool good)
{
	struct message message = message_of(number);

	assert_int_equal(ring_push(ring, &message), good);
	assert_true(ring_waits(ring));
}

static void bounds_and_order(void **state)
{
	static const uint32_t capacities[] = {1, 2, 3, 4, 5, 64};

	(void)state;
	for (size_t i = 0; i < sizeof capacities / sizeof *capacities; i++) {
		struct ring *ring = ring_new(capacities[i], sizeof(struct message));
		uint64_t pushed = 0, popped = 0, room = 2;

		while (room < capacities[i])
			room *= 2;
		assert_null(ring_peek(ring));
		for (int round = 0; round < 10; round++) {
			while (pushed - popped < room) {
				push(ring, pushed, true);
				pushed++;
			}
			push(ring, 999, false);
			for (uint64_t n = 1 + (uint64_t)round % room; n > 0; n--) {
				const struct message *message = ring_peek(ring);

				assert_int_equal((uintptr_t)message % _Alignof(max_align_t), 0);
				expect_message(message, popped);
				assert_ptr_equal(ring_peek(ring), message);
				ring_pop(ring);
				popped++;
			}
		}
		while (popped < pushed) {
			expect_message(ring_peek(ring), popped++);
			ring_pop(ring);
		}
		assert_null(ring_peek(ring));
		assert_false(ring_waits(ring));
		ring_free(ring);
	}
	ring_free(NULL);
}

struct pair {
	struct ring *ring;
	_Atomic uint64_t nudges; /* of the producer: the consumer is woken */
	uint64_t refused;
};

static void *produce(void *context)
{
	struct pair *pair = context;
	struct random random = {.state = 3};
	struct nudge nudge = {.number = 0};
	uint64_t time_ns = 0;

	for (uint64_t i = 0; i < MESSAGES;) {
		struct message message = message_of(i);
		bool put = ring_push(pair->ring, &message), wake;
		uint32_t chance = random_below(&random, 1000);

		time_ns += chance * NS_PER_US;
		wake = put ? nudge_put(&nudge, time_ns) : nudge_rest(&nudge);
		wake = wake || nudge_due(&nudge, time_ns);
		wake = wake || (chance == 0 && nudge_rest(&nudge));
		if (wake)
			atomic_fetch_add(&pair->nudges, 1);
		if (!put || chance == 0)
			sched_yield();
		pair->refused += !put;
		i += put;
	}
	if (nudge_rest(&nudge))
		atomic_fetch_add(&pair->nudges, 1);
	return NULL;
}

/* Goes to sleep when it sees nothing, as an event loop does, and wakes up by nudges alone. */
static void two_threads(void **state)
{
	struct pair pair = {.ring = ring_new(256, sizeof(struct message))};
	uint64_t received = 0, seen_nudges = 0;
	pthread_t producer;

	(void)state;
	assert_int_equal(pthread_create(&producer, NULL, produce, &pair), 0);
	while (received < MESSAGES) {
		const struct message *message = ring_peek(pair.ring);

		if (message) {
			expect_message(message, received++);
			ring_pop(pair.ring);
			continue;
		}
		for (unsigned long spins = 0; atomic_load(&pair.nudges) == seen_nudges; spins++) {
			if (spins > 200000000ul)
				fail_msg("asleep beside message %llu",
					 (unsigned long long)received);
			sched_yield();
		}
		seen_nudges = atomic_load(&pair.nudges);
	}
	pthread_join(producer, NULL);
	assert_null(ring_peek(pair.ring));
	ring_free(pair.ring);
}

/* By number, by time, and before the producer rests; never for nothing. */
static void wakes_when_it_is_due(void **state)
{
	struct nudge nudge = {.number = 0};

	(void)state;
	assert_false(nudge_due(&nudge, NS_PER_S));
	assert_false(nudge_rest(&nudge));
	for (unsigned i = 1; i < NUDGE_NUMBER; i++)
		assert_false(nudge_put(&nudge, 0));
	assert_true(nudge_put(&nudge, 0));
	assert_false(nudge_waits(&nudge));
	/* The first one's time counts, not the newest one's. */
	assert_false(nudge_put(&nudge, NS_PER_S));
	assert_false(nudge_put(&nudge, NS_PER_S + NUDGE_NS - 1));
	assert_false(nudge_due(&nudge, NS_PER_S + NUDGE_NS - 1));
	assert_true(nudge_due(&nudge, NS_PER_S + NUDGE_NS));
	assert_false(nudge_due(&nudge, 2 * NS_PER_S));
	assert_false(nudge_put(&nudge, 3 * NS_PER_S));
	assert_true(nudge_rest(&nudge));
	assert_false(nudge_rest(&nudge));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bounds_and_order),
		cmocka_unit_test(two_threads),
		cmocka_unit_test(wakes_when_it_is_due),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
