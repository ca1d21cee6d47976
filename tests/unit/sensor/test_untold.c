/* SPDX-License-Identifier: ISC */
/*
 * What found the ring full: told as soon as there is room, without another packet, the gravest and
 * the oldest first, each once; what exceeds the bound is counted.
 */
#include "sensor/tables/untold.h"
#include "tests/unit/traffic.h"

#define PLACES	4
#define CLIENTS 40
#define PING	"*1\r\n$4\r\nPING\r\n"
#define PONG	"+PONG\r\n"
#define FLUSH	"*1\r\n$8\r\nFLUSHALL\r\n"
#define OK	"+OK\r\n"

static int begin(void **state)
{
	struct worker_options options = traffic_options();
	struct traffic *traffic = traffic_new(&options);

	traffic->ring_places = PLACES;
	*state = traffic;
	return 0;
}

static int end(void **state)
{
	struct traffic *traffic = *state;

	traffic->ring_places = 0;
	worker_finish(traffic->worker);
	assert_int_equal(traffic_stats(traffic).observations_waiting, 0);
	traffic_free(traffic);
	return 0;
}

/* The main thread has taken all that is in the ring. */
static void take(struct traffic *traffic)
{
	traffic->ring_taken = traffic->count;
	worker_retry(traffic->worker);
	assert_true(traffic->count - traffic->ring_taken <= PLACES);
}

static const struct flow_report *at(const struct traffic *traffic, size_t index)
{
	assert_true(index < traffic->count);
	assert_int_equal(traffic->observed[index].kind, OBSERVATION_FLOW);
	return &traffic->observed[index].flow;
}

static void all_are_told_without_another_packet(void **state)
{
	struct traffic *traffic = *state;
	uint64_t c2s, s2c;

	for (uint16_t i = 0; i < CLIENTS; i++) {
		struct talk talk = talk_new(traffic, (uint16_t)(40000 + i), 6379);

		talk_open(&talk);
		talk_say(&talk, SIDE_CLIENT, PING);
		talk_say(&talk, SIDE_SERVER, PONG);
	}
	assert_int_equal(traffic->count, PLACES);
	/* The four in the ring were told of two conversations, and more of them waits. */
	assert_int_equal(traffic_stats(traffic).observations_waiting, CLIENTS - 2);
	for (int turns = 0; traffic_stats(traffic).observations_waiting != 0; turns++) {
		assert_true(turns < CLIENTS);
		take(traffic);
	}
	assert_int_equal(traffic->count, CLIENTS + 2);
	for (size_t i = PLACES; i < traffic->count; i++) {
		assert_true(at(traffic, i)->first);
		assert_int_equal(at(traffic, i)->client_port, 40000 + i - 2);
	}
	traffic_bytes(traffic, &c2s, &s2c);
	assert_int_equal(c2s, CLIENTS * strlen(PING));
	assert_int_equal(s2c, CLIENTS * strlen(PONG));
	assert_int_equal(traffic_stats(traffic).observations_lost, 0);
	take(traffic);
	assert_int_equal(traffic->count, CLIENTS + 2);
}

static void the_grave_goes_first(void **state)
{
	struct traffic *traffic = *state;
	struct talk talk;
	size_t before;

	for (uint16_t i = 0; i < CLIENTS; i++) {
		talk = talk_new(traffic, (uint16_t)(40000 + i), 6379);
		talk_open(&talk);
	}
	talk_say(&talk, SIDE_CLIENT, FLUSH);
	talk_say(&talk, SIDE_SERVER, OK);
	before = traffic->count;
	take(traffic);
	assert_int_equal(at(traffic, before)->client_port, 40000 + CLIENTS - 1);
	assert_int_equal(at(traffic, before)->facts.command_count, 1);
	assert_int_equal(at(traffic, before + 1)->client_port, 40000 + PLACES);
}

/* The newest comes behind what waits, though there is room for it. */
static void nobody_jumps_the_queue(void **state)
{
	struct traffic *traffic = *state;
	struct talk talk;

	for (uint16_t i = 0; i < PLACES + 2; i++) {
		talk = talk_new(traffic, (uint16_t)(40000 + i), 6379);
		talk_open(&talk);
	}
	traffic->ring_taken = traffic->count;
	talk = talk_new(traffic, 50000, 6379);
	talk_open(&talk);
	take(traffic);
	assert_int_equal(at(traffic, PLACES)->client_port, 40000 + PLACES);
	assert_int_equal(at(traffic, PLACES + 1)->client_port, 40000 + PLACES + 1);
	assert_int_equal(at(traffic, PLACES + 2)->client_port, 50000);
}

/* Who has ended and was forgotten is told as it was; so are walls. */
static void the_last_words_wait(void **state)
{
	struct traffic *traffic = *state;
	struct talk talk;

	for (uint16_t i = 0; i < 2 * PLACES; i++) {
		talk = talk_new(traffic, (uint16_t)(40000 + i), 6379);
		talk_open(&talk);
		talk_say(&talk, SIDE_CLIENT, FLUSH);
		talk_say(&talk, SIDE_SERVER, OK);
		talk_end(&talk);
	}
	talk = talk_new(traffic, 50000, 6380);
	talk_flags(&talk, SIDE_CLIENT, TCP_SYN);
	traffic_pass(traffic, 3600 * SECOND);
	assert_int_equal(traffic_stats(traffic).flows, 0);
	while (traffic_stats(traffic).observations_waiting != 0)
		take(traffic);
	assert_int_equal(traffic_stats(traffic).observations_lost, 0);
	assert_int_equal(traffic_count(traffic, OBSERVATION_WALL), 1);
	assert_true(at(traffic, PLACES)->last);
	assert_int_equal(at(traffic, PLACES)->facts.command_count, 1);
}

/* --- The list itself -------------------------------------------------------------------------- */

static struct observation numbered(uint64_t number)
{
	return (struct observation){.kind = OBSERVATION_WALL, .ts_ns = number};
}

static void expect_flow(struct untold *untold, uint32_t number)
{
	const struct observation *kept;
	uint32_t flow;

	assert_true(untold_first(untold, &flow, &kept));
	assert_int_equal(flow, number);
	assert_null(kept);
	untold_settle(untold, flow);
}

static void expect_kept(struct untold *untold, uint64_t number)
{
	const struct observation *kept;
	uint32_t flow;

	assert_true(untold_first(untold, &flow, &kept));
	assert_int_equal(flow, 0);
	assert_int_equal(kept->ts_ns, number);
	untold_kept_told(untold);
}

static void gravity_then_age(void **state)
{
	struct observation wall = numbered(7);
	struct untold *untold = untold_new(8);

	(void)state;
	assert_non_null(untold);
	assert_true(untold_wait(untold, 1, UNTOLD_NEW));
	assert_true(untold_keep(untold, &wall, 0, UNTOLD_NEW));
	assert_true(untold_wait(untold, 8, UNTOLD_NEW));
	assert_true(untold_wait(untold, 2, UNTOLD_MORE));
	assert_true(untold_wait(untold, 3, UNTOLD_GRAVE));
	assert_true(untold_wait(untold, 4, UNTOLD_SEVERE));
	assert_false(untold_wait(untold, 1, UNTOLD_MORE)); /* it keeps its place */
	assert_false(untold_wait(untold, 2, UNTOLD_GRAVE));
	assert_int_equal(untold_count(untold), 6);
	expect_flow(untold, 3);
	expect_flow(untold, 2);
	expect_flow(untold, 4);
	expect_flow(untold, 1);
	expect_kept(untold, 7);
	untold_settle(untold, 5); /* it does not wait */
	expect_flow(untold, 8);
	assert_int_equal(untold_count(untold), 0);
	untold_free(untold);
}

/* What is known of a conversation is forgotten: the copy has its age. */
static void a_copy_takes_its_place(void **state)
{
	struct untold *untold = untold_new(3);
	struct observation one = numbered(1), two = numbered(2);

	(void)state;
	assert_non_null(untold);
	assert_true(untold_wait(untold, 1, UNTOLD_NEW));
	assert_true(untold_wait(untold, 2, UNTOLD_NEW));
	assert_true(untold_wait(untold, 3, UNTOLD_NEW));
	assert_true(untold_keep(untold, &two, 2, UNTOLD_NEW));
	assert_true(untold_keep(untold, &one, 1, UNTOLD_NEW));
	assert_int_equal(untold_count(untold), 3);
	expect_kept(untold, 1);
	expect_kept(untold, 2);
	expect_flow(untold, 3);
	untold_free(untold);
}

static void the_least_grave_are_lost(void **state)
{
	struct untold *untold = untold_new(1);
	struct observation one;

	(void)state;
	assert_non_null(untold);
	for (uint64_t i = 0; i < UNTOLD_KEPT; i++) {
		one = numbered(i);
		assert_true(untold_keep(untold, &one, 0, i % 2 ? UNTOLD_NEW : UNTOLD_MORE));
	}
	one = numbered(UNTOLD_KEPT);
	assert_false(untold_keep(untold, &one, 0, UNTOLD_MORE));  /* itself */
	assert_false(untold_keep(untold, &one, 0, UNTOLD_GRAVE)); /* the newest of the others */
	assert_int_equal(untold_count(untold), UNTOLD_KEPT);
	expect_kept(untold, UNTOLD_KEPT);
	for (uint64_t i = 1; i < UNTOLD_KEPT; i += 2)
		expect_kept(untold, i);
	for (uint64_t i = 0; i < UNTOLD_KEPT - 2; i += 2)
		expect_kept(untold, i);
	assert_int_equal(untold_count(untold), 0);
	untold_free(untold);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(all_are_told_without_another_packet),
		TEST(the_grave_goes_first),
		TEST(nobody_jumps_the_queue),
		TEST(the_last_words_wait),
		cmocka_unit_test(gravity_then_age),
		cmocka_unit_test(a_copy_takes_its_place),
		cmocka_unit_test(the_least_grave_are_lost),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
