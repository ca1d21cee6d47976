/* SPDX-License-Identifier: ISC */
/*
 * Inputs that somebody chose because they meet in one hash chain. XXH3 is no cryptographic hash:
 * who knows the key can make as many full collisions as he likes, because eight bytes that equal
 * key and secret make a product 0 whatever its other factor is. So it is shown that
 *  - such inputs do meet under the key that they were made for, in all 64 bits;
 *  - under any other key their chains are as short as chance makes them;
 *  - the flow table, whose key a replay does not hide, gives up the eldest of a chain instead of
 *    walking it, and nothing else.
 * What is counted are steps along chains, not seconds.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "sensor/tables/flow.c" /* its chains are nobody else's business */
#include "sensor/tables/probes.h"
#include "tests/unit/random.h"

#define FLOWS	8192
#define ATTACK	5000
#define NORMAL	3000
#define TRIES	20
#define BY_LUCK 12 /* of thousands of keys in as many buckets: longer has a chance below 1e-6 */

/* XXH3_kSecret[0..7] and [16..23], as numbers. */
#define SECRET_0  0xbe4ba423396cfeb8ull
#define SECRET_16 0xdb979083e96dd4deull

static uint32_t retired;

static void count_retired(void *context, struct flow *flow)
{
	(void)context;
	(void)flow;
	retired++;
}

static struct flow_table *new_table(uint64_t key)
{
	struct flow_table *table = flow_table_new(FLOWS, key, NS_PER_HOUR, count_retired, NULL);

	assert_non_null(table);
	retired = 0;
	return table;
}

/* Conversations of many clients, made for this key: all that differs is multiplied by 0. */
static struct flow_key attack(uint64_t key, uint32_t number)
{
	struct flow_key made = {
		.high = {.bytes = {0xfd, 0, 0x20, 1, [15] = 9}},
		.low_port = 40000,
		.high_port = 6379,
		.transport = 6,
	};
	uint64_t first = SECRET_0 + key;

	memcpy(made.low.bytes, &first, sizeof first);
	memcpy(made.low.bytes + 8, &number, sizeof number);
	return made;
}

static struct flow_key normal(uint32_t number)
{
	return (struct flow_key){
		.low = {.bytes = {10, 20, (uint8_t)(number >> 8), (uint8_t)number}},
		.high = {.bytes = {203, 0, 113, 7}},
		.low_port = 443,
		.high_port = (uint16_t)(number * 7 + 1024),
		.transport = 6,
	};
}

static void put(struct flow_table *table, const struct flow_key *key, uint64_t now_ns)
{
	uint64_t hash = flow_hash(table, key);

	if (!flow_find(table, key, hash))
		flow_create(table, key, hash, now_ns, FLOW_LASTING);
}

static bool has(struct flow_table *table, const struct flow_key *key)
{
	return flow_find(table, key, flow_hash(table, key)) != NULL;
}

static uint32_t longest_chain(const struct flow_table *table)
{
	uint32_t longest = 0;

	for (uint32_t bucket = 0; bucket <= table->mask; bucket++) {
		uint32_t length = 0;

		for (uint32_t i = table->buckets[bucket]; i != 0; i = table->slab[i].chain)
			length++;
		if (length > longest)
			longest = length;
	}
	return longest;
}

/* That looking all of them up takes. */
static uint64_t steps(const struct flow_table *table)
{
	uint64_t sum = 0;

	for (uint32_t bucket = 0; bucket <= table->mask; bucket++) {
		uint64_t length = 0;

		for (uint32_t i = table->buckets[bucket]; i != 0; i = table->slab[i].chain)
			sum += ++length;
	}
	return sum;
}

static void who_knows_the_key_makes_flows_collide(void **state)
{
	struct random random = {.state = 11};

	(void)state;
	for (int try = 0; try < TRIES; try++) {
		uint64_t key = try == 0 ? 0 : random_next(&random);
		struct flow_table *table = new_table(key);
		struct flow_key first = attack(key, 0);

		for (uint32_t i = 1; i < ATTACK; i++) {
			struct flow_key other = attack(key, i);

			assert_true(flow_hash(table, &first) == flow_hash(table, &other));
		}
		flow_table_free(table);
	}
}

static void a_known_key_costs_one_chain_and_no_more(void **state)
{
	struct flow_table *table = new_table(0);

	(void)state;
	for (uint32_t i = 0; i < NORMAL; i++) {
		struct flow_key key = normal(i);

		put(table, &key, i);
	}
	assert_int_equal(flow_evictions(table), 0);
	for (uint32_t i = 0; i < ATTACK; i++) {
		struct flow_key key = attack(0, i);

		put(table, &key, NORMAL + i);
		assert_true(has(table, &key));
	}
	assert_int_equal(longest_chain(table), CHAIN_MOST);
	/* What went was counted, told of, and of that chain: few others can have been in it. */
	assert_int_equal(flow_evictions(table), retired);
	assert_int_equal(flow_count(table), NORMAL + ATTACK - retired);
	assert_in_range(retired, ATTACK - CHAIN_MOST, ATTACK - CHAIN_MOST + BY_LUCK);
	for (uint32_t i = ATTACK - CHAIN_MOST; i < ATTACK; i++) {
		struct flow_key key = attack(0, i);

		assert_true(has(table, &key));
	}
	flow_retire_all(table);
	assert_int_equal(flow_count(table), 0);
	flow_table_free(table);
}

static void an_unknown_key_spreads_them(void **state)
{
	struct random random = {.state = 12};

	(void)state;
	for (int try = 0; try < TRIES; try++) {
		struct flow_table *attacked = new_table(random_next(&random));
		struct flow_table *usual = new_table(random_next(&random));

		for (uint32_t i = 0; i < ATTACK; i++) {
			struct flow_key key = attack(0, i), other = normal(i);

			put(attacked, &key, i);
			put(usual, &other, i);
		}
		assert_int_equal(flow_evictions(attacked), 0);
		assert_int_equal(flow_count(attacked), ATTACK);
		assert_in_range(longest_chain(attacked), 1, BY_LUCK);
		/* Attacked or not: the same work, within a tenth. */
		assert_in_range(steps(attacked) * 10, steps(usual) * 9, steps(usual) * 11);
		flow_table_free(attacked);
		flow_table_free(usual);
	}
}

/* --- The table of probes: one host, all of whose ports meet under the key they were made for -- */

static struct endpoint attacked_port(uint64_t key, uint16_t port)
{
	struct endpoint server = {
		.address = {.bytes = {0xfd, 0, 0x20, 1}},
		.port = port,
		.transport = 6,
	};
	uint64_t last = SECRET_16 + key;

	memcpy(server.address.bytes + 8, &last, sizeof last);
	return server;
}

static void no_report(void *context, const struct endpoint *server,
		      const struct wall_report *report, uint64_t ts_ns)
{
	(void)context;
	(void)server;
	(void)report;
	(void)ts_ns;
}

/* How many of the ports made for key 0 have the most common bucket. */
static uint32_t crowd(uint64_t key)
{
	uint16_t count[FLOWS];
	struct probes *probes = probes_new(FLOWS, key, no_report, NULL);
	uint32_t most = 0;

	assert_non_null(probes);
	memset(count, 0, sizeof count);
	for (uint16_t port = 1; port <= ATTACK; port++) {
		struct endpoint server = attacked_port(0, port);
		uint32_t bucket = probes_hash(probes, &server) % FLOWS;

		if (++count[bucket] > most)
			most = count[bucket];
	}
	probes_free(probes);
	return most;
}

static void ports_meet_only_under_a_known_key(void **state)
{
	struct random random = {.state = 13};

	(void)state;
	assert_int_equal(crowd(0), ATTACK);
	for (int try = 0; try < TRIES; try++)
		assert_in_range(crowd(random_next(&random)), 1, BY_LUCK);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(who_knows_the_key_makes_flows_collide),
		cmocka_unit_test(a_known_key_costs_one_chain_and_no_more),
		cmocka_unit_test(an_unknown_key_spreads_them),
		cmocka_unit_test(ports_meet_only_under_a_known_key),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
