/* SPDX-License-Identifier: ISC */
/*
 * The flow table against a naive list: the same random create, find, touch, remove and expire on
 * both; after each step both hold the same flows, and what went was retired exactly once, in the
 * order that flow.h promises.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "sensor/tables/flow.h"
#include "tests/unit/random.h"

#define SECOND	 1000000000ull
#define MAX	 24
#define LASTING	 (3600 * SECOND)
#define KEYS	 200
#define RETIRED	 64
#define NO_MODEL SIZE_MAX

static const uint64_t limits[FLOW_IDLE_COUNT] = {30 * SECOND, 120 * SECOND, LASTING};

/* What the naive list knows of a flow; the list is in the order of last use. */
struct model_flow {
	uint32_t number; /* of its key */
	uint64_t last_ns;
	enum flow_idle idle;
};

struct model {
	struct model_flow list[MAX];
	size_t count;
};

struct fixture {
	struct flow_table *table;
	struct model model;
	uint32_t retired[RETIRED];
	size_t retired_count;
};

static struct flow_key key_of(uint32_t number)
{
	struct flow_key key = {
		.low = {.bytes = {10, (uint8_t)number}},
		.high = {.bytes = {20, (uint8_t)(number >> 8)}},
		.realm = number % 3,
		.low_port = (uint16_t)(number * 7),
		.high_port = 443,
		.transport = 6,
	};

	return key;
}

static void on_retire(void *context, struct flow *flow)
{
	struct fixture *fixture = context;

	assert_true(fixture->retired_count < RETIRED);
	fixture->retired[fixture->retired_count++] = flow->session;
}

static struct flow *find(struct fixture *fixture, uint32_t number)
{
	struct flow_key key = key_of(number);

	return flow_find(fixture->table, &key, flow_hash(fixture->table, &key));
}

static size_t model_find(const struct model *model, uint32_t number)
{
	for (size_t i = 0; i < model->count; i++) {
		if (model->list[i].number == number)
			return i;
	}
	return NO_MODEL;
}

static struct model_flow model_take(struct model *model, size_t at)
{
	struct model_flow taken = model->list[at];

	model->count--;
	memmove(&model->list[at], &model->list[at + 1], (model->count - at) * sizeof *model->list);
	return taken;
}

/* The longest idle flow of the briefest class. */
static size_t model_victim(const struct model *model)
{
	for (int idle = 0; idle < FLOW_IDLE_COUNT; idle++) {
		for (size_t i = 0; i < model->count; i++) {
			if (model->list[i].idle == (enum flow_idle)idle)
				return i;
		}
	}
	return NO_MODEL;
}

static void expect_retired(struct fixture *fixture, const uint32_t *numbers, size_t count)
{
	assert_int_equal(fixture->retired_count, count);
	for (size_t i = 0; i < count; i++)
		assert_int_equal(fixture->retired[i], numbers[i]);
	fixture->retired_count = 0;
}

static void step_create(struct fixture *fixture, uint32_t number, uint64_t now_ns,
			enum flow_idle idle)
{
	struct model *model = &fixture->model;
	struct flow_key key = key_of(number);
	uint64_t evictions = flow_evictions(fixture->table);
	struct flow *flow;

	if (model->count == MAX) {
		struct model_flow victim = model_take(model, model_victim(model));

		flow = flow_create(fixture->table, &key, flow_hash(fixture->table, &key), now_ns,
				   idle);
		expect_retired(fixture, &victim.number, 1);
		assert_int_equal(flow_evictions(fixture->table), evictions + 1);
	} else {
		flow = flow_create(fixture->table, &key, flow_hash(fixture->table, &key), now_ns,
				   idle);
		assert_int_equal(flow_evictions(fixture->table), evictions);
	}
	assert_int_equal(flow->session, FLOW_NO_SESSION);
	assert_int_equal(flow->own.start_ns, now_ns);
	flow->session = number; /* what retire() tells it by */
	model->list[model->count++] = (struct model_flow){number, now_ns, idle};
}

static void step_touch(struct fixture *fixture, size_t at, uint64_t now_ns, enum flow_idle idle)
{
	struct model_flow flow = model_take(&fixture->model, at);

	flow_touch(fixture->table, find(fixture, flow.number), now_ns, idle);
	flow.last_ns = now_ns;
	flow.idle = idle;
	fixture->model.list[fixture->model.count++] = flow;
}

static void step_expire(struct fixture *fixture, uint64_t now_ns)
{
	struct model *model = &fixture->model;
	uint32_t numbers[MAX];
	size_t count = 0;

	for (int idle = 0; idle < FLOW_IDLE_COUNT; idle++) {
		for (size_t i = 0; i < model->count;) {
			const struct model_flow *flow = &model->list[i];

			if (flow->idle == (enum flow_idle)idle &&
			    now_ns - flow->last_ns >= limits[idle])
				numbers[count++] = model_take(model, i).number;
			else
				i++;
		}
	}
	flow_expire(fixture->table, now_ns);
	expect_retired(fixture, numbers, count);
}

static void step(struct fixture *fixture, struct random *random, uint64_t now_ns)
{
	uint32_t number = random_below(random, KEYS);
	enum flow_idle idle = (enum flow_idle)random_below(random, FLOW_IDLE_COUNT);
	size_t at = model_find(&fixture->model, number);

	switch (random_below(random, 8)) {
	case 0:
		step_expire(fixture, now_ns);
		break;
	case 1:
		if (at == NO_MODEL)
			break;
		model_take(&fixture->model, at);
		flow_remove(fixture->table, find(fixture, number));
		expect_retired(fixture, &number, 1);
		break;
	default:
		if (at == NO_MODEL)
			step_create(fixture, number, now_ns, idle);
		else
			step_touch(fixture, at, now_ns, idle);
	}
}

static void check_same(struct fixture *fixture)
{
	assert_int_equal(flow_count(fixture->table), fixture->model.count);
	for (uint32_t number = 0; number < KEYS; number++) {
		size_t at = model_find(&fixture->model, number);
		const struct flow *flow = find(fixture, number);

		assert_true((flow != NULL) == (at != NO_MODEL));
		if (!flow)
			continue;
		assert_int_equal(flow->session, number);
		assert_int_equal(flow->last_ns, fixture->model.list[at].last_ns);
		assert_int_equal(flow->idle, fixture->model.list[at].idle);
	}
}

static void equals_a_naive_list(void **state)
{
	struct fixture fixture = {.retired_count = 0};
	struct random random = {.state = 5};
	uint64_t now_ns = 1000 * SECOND;

	(void)state;
	fixture.table = flow_table_new(MAX, 99, LASTING, on_retire, &fixture);
	for (int i = 0; i < 30000; i++) {
		now_ns += random_below(&random, 100) == 0 ? 600 * SECOND
							  : random_below(&random, 5) * SECOND;
		step(&fixture, &random, now_ns);
		if (i % 16 == 0)
			check_same(&fixture);
	}
	assert_true(flow_evictions(fixture.table) > 100);
	check_same(&fixture);
	flow_retire_all(fixture.table);
	assert_int_equal(flow_count(fixture.table), 0);
	assert_int_equal(fixture.retired_count, fixture.model.count);
	flow_table_free(fixture.table);
}

static void evicts_the_briefest_first_and_of_these_the_oldest(void **state)
{
	static const uint32_t order[] = {2, 4, 0, 5, 1, 3};
	static const enum flow_idle idle[] = {FLOW_DATAGRAM, FLOW_LASTING, FLOW_BRIEF,
					      FLOW_LASTING,  FLOW_BRIEF,   FLOW_DATAGRAM};
	struct fixture fixture = {.retired_count = 0};

	(void)state;
	fixture.table = flow_table_new(6, 0, LASTING, on_retire, &fixture);
	for (uint32_t i = 0; i < 6; i++) {
		struct flow_key key = key_of(i);

		flow_create(fixture.table, &key, flow_hash(fixture.table, &key), i, idle[i])
			->session = i;
	}
	for (uint32_t i = 0; i < 6; i++) {
		struct flow_key key = key_of(100 + i);

		flow_create(fixture.table, &key, flow_hash(fixture.table, &key), 100, FLOW_LASTING)
			->session = 100 + i;
		expect_retired(&fixture, &order[i], 1);
	}
	assert_int_equal(flow_evictions(fixture.table), 6);
	flow_table_free(fixture.table);
}

/*
 * A clock that was set back, or a capture of another time: what lies in the future is old as well.
 */
static void a_clock_set_back_blocks_nothing(void **state)
{
	static const uint32_t gone[] = {0, 1};
	struct fixture fixture = {.retired_count = 0};

	(void)state;
	fixture.table = flow_table_new(6, 0, LASTING, on_retire, &fixture);
	for (uint32_t i = 0; i < 3; i++) {
		struct flow_key key = key_of(i);
		uint64_t then_ns =
			i == 0 ? 900000 * SECOND : (i == 1 ? 100 * SECOND : 150 * SECOND);

		flow_create(fixture.table, &key, flow_hash(fixture.table, &key), then_ns,
			    FLOW_BRIEF)
			->session = i;
	}
	flow_expire(fixture.table, 151 * SECOND);
	expect_retired(&fixture, gone, 2);
	assert_non_null(find(&fixture, 2));
	flow_table_free(fixture.table);
}

static void both_directions_have_one_key(void **state)
{
	struct packet there = {
		.source = {.bytes = {1}},
		.destination = {.bytes = {2}},
		.source_port = 40000,
		.destination_port = 80,
		.transport = 6,
		.realm = 7,
	};
	struct packet back = there, same = there;
	struct flow_key one, other;

	(void)state;
	back.source = there.destination;
	back.destination = there.source;
	back.source_port = 80;
	back.destination_port = 40000;
	assert_true(flow_key_of(&there, &one));
	assert_false(flow_key_of(&back, &other));
	assert_memory_equal(&one, &other, sizeof one);
	there.quoted = (struct quoted_packet){
		.source = back.source,
		.destination = back.destination,
		.source_port = 80,
		.destination_port = 40000,
		.transport = 6,
	};
	assert_false(flow_key_of_quoted(&there, &other));
	assert_memory_equal(&one, &other, sizeof one);
	back.realm = 8;
	flow_key_of(&back, &other);
	assert_memory_not_equal(&one, &other, sizeof one);
	/* One host with itself: the ports tell. */
	same.destination = same.source;
	assert_false(flow_key_of(&same, &one));
	same.source_port = 80;
	same.destination_port = 40000;
	assert_true(flow_key_of(&same, &other));
	assert_memory_equal(&one, &other, sizeof one);
}

static void the_hash_depends_on_its_key_and_on_every_byte(void **state)
{
	struct flow_table *one = flow_table_new(8, 1, LASTING, on_retire, NULL);
	struct flow_table *other = flow_table_new(8, 2, LASTING, on_retire, NULL);
	struct flow_key key = key_of(3);

	(void)state;
	assert_int_not_equal(flow_hash(one, &key), flow_hash(other, &key));
	for (size_t i = 0; i < sizeof key; i++) {
		struct flow_key changed = key;

		((uint8_t *)&changed)[i] ^= 1;
		assert_int_not_equal(flow_hash(one, &key), flow_hash(one, &changed));
	}
	flow_table_free(one);
	flow_table_free(other);
}

static void roles_by_ends(void **state)
{
	struct flow flow = {.key = key_of(5), .client_is_low = true};
	struct endpoint server = flow_server(&flow);

	(void)state;
	assert_memory_equal(&server.address, &flow.key.high, sizeof server.address);
	assert_int_equal(server.port, 443);
	assert_int_equal(server.realm, flow.key.realm);
	assert_int_equal(server.outgoing, 0);
	assert_int_equal(flow_client_port(&flow), 35);
	flow.client_is_low = false;
	server = flow_server(&flow);
	assert_memory_equal(&server.address, &flow.key.low, sizeof server.address);
	assert_int_equal(server.port, 35);
	assert_memory_equal(flow_client(&flow), &flow.key.high, sizeof server.address);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(equals_a_naive_list),
		cmocka_unit_test(evicts_the_briefest_first_and_of_these_the_oldest),
		cmocka_unit_test(a_clock_set_back_blocks_nothing),
		cmocka_unit_test(both_directions_have_one_key),
		cmocka_unit_test(the_hash_depends_on_its_key_and_on_every_byte),
		cmocka_unit_test(roles_by_ends),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
