/* SPDX-License-Identifier: ISC */
/*
 * The packet path where something is missing: one direction, the beginning, the order, room in a
 * table, a place in the ring, a clock that runs forward. And where somebody tries to fool it.
 */
#include "tests/unit/traffic.h"

#define PING   "*1\r\n$4\r\nPING\r\n"
#define PONG   "+PONG\r\n"
#define GET    "GET / HTTP/1.1\r\nHost: a\r\n\r\n"
#define OK     "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
#define SYSLOG "<13>Oct 11 22:14:15 host app: text\n"

static int begin(void **state)
{
	struct worker_options options = traffic_options();

	*state = traffic_new(&options);
	return 0;
}

static int end(void **state)
{
	struct traffic *traffic = *state;

	worker_finish(traffic->worker);
	assert_int_equal(traffic_stats(traffic).flows, 0);
	assert_int_equal(traffic_stats(traffic).sessions.in_use, 0);
	assert_int_equal(traffic_stats(traffic).sessions.blocks_in_use, 0);
	traffic_free(traffic);
	return 0;
}

/* --- One direction only ----------------------------------------------------------------------- */

static void only_clients_are_mirrored(void **state)
{
	struct traffic *traffic = *state;
	struct talk talk = talk_new(traffic, 40000, 6379), wrong = talk_new(traffic, 40001, 6379);

	talk.mirrored = wrong.mirrored = SIGHT_CLIENT;
	talk_flags(&wrong, SIDE_CLIENT, TCP_SYN);
	wrong.client_at += 7;
	talk_flags(&wrong, SIDE_CLIENT, TCP_ACK); /* not what a SYN-ACK makes a client send */
	assert_int_equal(traffic_flows(traffic), 0);
	talk_open(&talk);
	assert_int_equal(traffic_flows(traffic), 1);
	assert_int_equal(traffic_flow(traffic)->outcome, OUTCOME_CLIENT_ONLY);
	assert_int_equal(traffic_flow(traffic)->direction, DIRECTION_SYN);
	talk_say(&talk, SIDE_CLIENT, PING);
	talk_say(&talk, SIDE_CLIENT, PING);
	traffic_pass(traffic, 200 * SECOND); /* an open connection may pause */
	assert_int_equal(traffic_stats(traffic).flows, 1);
	talk_end(&talk);
	traffic_pass(traffic, 40 * SECOND); /* the one FIN that can be seen has closed it */
	assert_int_equal(traffic_stats(traffic).flows, 0);
	assert_true(traffic_flow(traffic)->last);
	assert_string_equal(traffic_flow(traffic)->facts.service->name, "redis");
}

static void only_servers_are_mirrored(void **state)
{
	struct traffic *traffic = *state;
	struct talk talk = talk_new(traffic, 40000, 6379);

	talk.mirrored = SIGHT_SERVER;
	talk_open(&talk);
	assert_int_equal(traffic_flow(traffic)->outcome, OUTCOME_SYNACK_ONLY);
	assert_int_equal(traffic_flow(traffic)->sight, SIGHT_SERVER);
	talk_say(&talk, SIDE_CLIENT, PING);
	talk_say(&talk, SIDE_SERVER, PONG);
	assert_int_equal(traffic_flow(traffic)->outcome, OUTCOME_SERVER_ONLY);
	traffic_pass(traffic, 200 * SECOND);
	assert_int_equal(traffic_stats(traffic).flows, 1);
	talk_end(&talk);
	traffic_pass(traffic, 40 * SECOND);
	assert_int_equal(traffic_stats(traffic).flows, 0);
}

/* One packet of ours that leaks into a mirror of clients takes nothing back. */
static void what_was_reachable_stays_reachable(void **state)
{
	struct traffic *traffic = *state;
	struct talk talk = talk_new(traffic, 40000, 5555);

	talk.mirrored = SIGHT_CLIENT;
	talk_open(&talk);
	talk_say(&talk, SIDE_CLIENT, "hello");
	talk.mirrored = SIGHT_BOTH;
	talk_flags(&talk, SIDE_SERVER, TCP_ACK);
	talk_end(&talk);
	traffic_pass(traffic, 40 * SECOND);
	assert_true(traffic_flow(traffic)->last);
}

/* Both directions are mirrored, and the server says nothing: then nobody got through. */
static void scans_that_meet_nobody(void **state)
{
	static const uint8_t scans[] = {
		TCP_ACK,	   TCP_FIN,	      0,
		TCP_FIN | TCP_ACK, TCP_SYN | TCP_ACK, TCP_FIN | TCP_PSH | 0x20,
		TCP_RST,	   TCP_SYN | TCP_FIN, TCP_RST | TCP_ACK,
	};
	struct traffic *traffic = *state;
	struct talk other = talk_new(traffic, 39999, 443), talk;

	other.client = INSIDER;
	other.server = CLIENT;
	talk_open(&other); /* something of ours is seen */
	for (size_t i = 0; i < sizeof scans; i++) {
		for (int syn_first = 0; syn_first < 2; syn_first++) {
			for (int data = 0; data < 3; data++) {
				talk = talk_new(traffic,
						(uint16_t)(40000 + i * 10 + (unsigned)data * 2 +
							   (unsigned)syn_first),
						6379);
				if (syn_first)
					talk_flags(&talk, SIDE_CLIENT, TCP_SYN);
				if (data == 1)
					talk_say(&talk, SIDE_CLIENT, PING);
				talk_flags(&talk, SIDE_CLIENT, scans[i]);
				if (data == 2)
					talk_say(&talk, SIDE_CLIENT, PING);
			}
		}
	}
	traffic_pass(traffic, 8 * 3600 * SECOND);
	assert_int_equal(traffic_flows(traffic), 0);
}

/* One packet of blind data makes no state; more may, but not at the cost of what is real. */
static void blind_data_pushes_nobody_out(void **state)
{
	struct traffic *traffic = *state;
	struct talk real = talk_new(traffic, 40000, 6379);

	talk_open(&real);
	talk_say(&real, SIDE_CLIENT, PING);
	talk_say(&real, SIDE_SERVER, PONG);
	for (uint16_t i = 0; i < 1000; i++) {
		struct talk blind = talk_new(traffic, (uint16_t)(1000 + i), 6379);

		talk_flags(&blind, SIDE_CLIENT, TCP_SYN);
		talk_say(&blind, SIDE_CLIENT, "x");
		assert_true(i >= 500 || traffic_stats(traffic).flows == 1);
		if (i >= 500)
			talk_say(&blind, SIDE_CLIENT, "y");
	}
	assert_int_equal(traffic_stats(traffic).early, 1000);
	assert_int_equal(traffic_stats(traffic).flows, 64);
	traffic->count = 0;
	talk_end(&real);
	traffic_pass(traffic, 40 * SECOND);
	assert_int_equal(traffic_flows(traffic), 2); /* it ends, and is forgotten */
	assert_int_equal(traffic_flow(traffic)->outcome, OUTCOME_ESTABLISHED);
}

/*
 * Two packets each, all in one moment: what they may cost runs out, and what is answered has its
 * own.
 */
static void what_nobody_answers_uses_up_its_share(void **state)
{
	struct traffic *traffic = *state;
	struct talk real = talk_new(traffic, 40000, 6379);
	uint64_t moment_ns = traffic->now_ns;
	char lines[1024];

	memset(lines, '\n', sizeof lines);
	for (uint16_t i = 0; i < 8000; i++) {
		struct talk blind = talk_new(traffic, (uint16_t)(50000 + i), 7777);

		talk_bytes(&blind, SIDE_CLIENT, lines, sizeof lines / 2);
		traffic->now_ns = moment_ns;
		talk_bytes(&blind, SIDE_CLIENT, lines, sizeof lines / 2);
		traffic->now_ns = moment_ns;
	}
	assert_true(traffic_stats(traffic).early > 7900);
	assert_true(traffic_stats(traffic).sessions.starved > 1000);
	assert_true(traffic_stats(traffic).sessions.starved < 7900);
	talk_open(&real);
	talk_say(&real, SIDE_CLIENT, PING);
	talk_say(&real, SIDE_SERVER, PONG);
	assert_string_equal(traffic_flow(traffic)->facts.service->name, "redis");
}

/* Byte by byte: the answer shows the whole question to the probes. */
static void a_drip_is_looked_at_when_it_is_answered(void **state)
{
	static const char question[] = "GET / HTTP/1.1\r\nHost: example\r\nUser-Agent: a\r\n\r\n";
	struct traffic *traffic = *state;
	struct talk talk = talk_new(traffic, 40000, 9999);

	talk_open(&talk);
	for (size_t i = 0; i + 1 < sizeof question; i++)
		talk_bytes(&talk, SIDE_CLIENT, question + i, 1);
	talk_say(&talk, SIDE_SERVER, OK);
	assert_non_null(traffic_flow(traffic)->facts.service);
	assert_string_equal(traffic_flow(traffic)->facts.service->name, "http");
}

/* What waited too long belongs to no conversation of now; what follows it begins one. */
static void data_out_of_nowhere_waits_half_a_minute(void **state)
{
	struct traffic *traffic = *state;
	struct talk old = talk_new(traffic, 40000, 9999), fresh = talk_new(traffic, 40001, 9999);
	uint64_t c2s, s2c;

	talk_say(&old, SIDE_CLIENT, GET);
	assert_int_equal(traffic_stats(traffic).flows, 0);
	traffic_pass(traffic, 31 * SECOND);
	talk_say(&old, SIDE_SERVER, "x");
	assert_int_equal(traffic_stats(traffic).flows, 1);
	traffic_bytes(traffic, &c2s, &s2c);
	assert_int_equal(c2s, 0);
	traffic->count = 0;
	talk_say(&fresh, SIDE_CLIENT, GET);
	traffic_pass(traffic, 20 * SECOND);
	talk_say(&fresh, SIDE_SERVER, OK);
	traffic_bytes(traffic, &c2s, &s2c);
	assert_int_equal(c2s, strlen(GET));
}

/* --- Without the beginning -------------------------------------------------------------------- */

static void a_capture_that_began_late(void **state)
{
	struct traffic *traffic = *state;
	struct talk guessed = talk_new(traffic, 40000, 5555),
		    listed = talk_new(traffic, 40001, 45000);

	talk_say(&guessed, SIDE_CLIENT, GET);
	assert_int_equal(traffic_flows(traffic), 0);
	talk_say(&guessed, SIDE_SERVER, OK);
	assert_int_equal(traffic_flows(traffic), 1);
	assert_int_equal(traffic_flow(traffic)->outcome, OUTCOME_MIDSTREAM);
	assert_int_equal(traffic_flow(traffic)->direction, DIRECTION_PAYLOAD); /* it is HTTP */
	listed.server = "10.30.0.1";
	talk_say(&listed, SIDE_CLIENT, "what is this?");
	talk_say(&listed, SIDE_SERVER, "nobody knows");
	assert_int_equal(traffic_flows(traffic), 2);
	assert_int_equal(traffic_flow(traffic)->direction, DIRECTION_POLICY_PORT);
}

/* The model case, with a capture that began late: a collector never sends a byte. */
static void a_collector_that_only_acknowledges(void **state)
{
	struct traffic *traffic = *state;
	struct talk talk = talk_new(traffic, 40000, 514);

	talk_say(&talk, SIDE_CLIENT, SYSLOG);
	talk_flags(&talk, SIDE_SERVER, TCP_ACK);
	talk_say(&talk, SIDE_CLIENT, SYSLOG);
	talk_flags(&talk, SIDE_SERVER, TCP_ACK);
	assert_int_equal(traffic_flows(traffic), 1);
	assert_string_equal(traffic_flow(traffic)->facts.service->name, "syslog");
	assert_int_equal(traffic_flow(traffic)->direction, DIRECTION_PAYLOAD);
}

/* The port numbers say that the outside asks; the bytes say that it answers. */
static void roles_turned_round_by_the_bytes(void **state)
{
	struct traffic *traffic = *state;
	struct talk talk = talk_new(traffic, 40001, 50001);

	talk.client = SERVER;
	talk.server = CLIENT;
	talk_say(&talk, SIDE_CLIENT, GET);
	for (size_t i = 0; i < traffic->count; i++) /* a guess may be told, as one */
		assert_int_equal(traffic->observed[i].flow.direction, DIRECTION_GUESS);
	traffic->count = 0;
	talk_say(&talk, SIDE_SERVER, OK);
	assert_int_equal(traffic_stats(traffic).flows, 0);
	talk_say(&talk, SIDE_CLIENT, GET);
	talk_say(&talk, SIDE_SERVER, OK);
	talk_end(&talk);
	traffic_pass(traffic, 40 * SECOND);
	assert_int_equal(traffic_flows(traffic), 0);
	assert_int_equal(traffic_stats(traffic).flows_created, 1);
}

/* The same where both ends are ours: what was told of the wrong end is told of the right one. */
static void roles_turned_round_after_a_report(void **state)
{
	struct traffic *traffic = *state;
	struct talk talk = talk_new(traffic, 40001, 50001);
	const struct observation *told;

	talk.client = ABROAD;
	talk.server = ABROAD2;
	talk_put(&talk, SIDE_CLIENT, TCP_PSH | TCP_ACK, GET, 2);
	talk.client_at += 2;
	assert_int_equal(traffic_flows(traffic), 1);
	assert_int_equal(traffic_newest(traffic, OBSERVATION_FLOW)->server.port, 40001);
	talk_say(&talk, SIDE_CLIENT, &GET[2]);
	talk_say(&talk, SIDE_SERVER, OK);
	told = traffic_newest(traffic, OBSERVATION_FLOW);
	assert_int_equal(told->server.port, 50001);
	assert_int_equal(told->flow.direction, DIRECTION_PAYLOAD);
	talk_end(&talk);
	traffic_pass(traffic, 40 * SECOND);
	assert_true(traffic_flow(traffic)->last);
}

static void a_gap_at_the_beginning_is_a_late_beginning(void **state)
{
	struct traffic *traffic = *state;
	struct talk talk = talk_new(traffic, 40000, 6379);

	talk.mirrored = SIGHT_CLIENT;
	talk_open(&talk);
	talk.client_at += 3000;
	talk_say(&talk, SIDE_CLIENT, PING);
	talk_end(&talk);
	traffic_pass(traffic, 40 * SECOND);
	assert_true(traffic_flow(traffic)->last);
	assert_int_equal(traffic_stats(traffic).sessions.gap_bytes, 3000);
}

/* --- The same ports again --------------------------------------------------------------------- */

static void expect_redis_again(struct traffic *traffic, uint32_t server_at)
{
	struct talk talk = talk_new(traffic, 40000, 6379);
	uint64_t c2s, s2c;

	traffic->count = 0;
	talk.client_at = 77;
	talk.server_at = server_at;
	talk_open(&talk);
	talk_say(&talk, SIDE_CLIENT, PING);
	talk_say(&talk, SIDE_SERVER, PONG);
	talk_end(&talk);
	traffic_pass(traffic, 40 * SECOND);
	assert_string_equal(traffic_flow(traffic)->facts.service->name, "redis");
	traffic_bytes(traffic, &c2s, &s2c);
	assert_int_equal(c2s, strlen(PING));
	assert_int_equal(s2c, strlen(PONG));
}

static void the_same_ports_after_an_end(void **state)
{
	struct traffic *traffic = *state;
	struct talk talk = talk_new(traffic, 40000, 6379);

	talk_open(&talk);
	talk_end(&talk);
	expect_redis_again(traffic, 1000);
}

static void the_same_ports_after_an_end_that_was_not_seen(void **state)
{
	struct traffic *traffic = *state;
	struct talk talk = talk_new(traffic, 40000, 6379);

	talk_open(&talk); /* and no byte; the next server's number is lower */
	expect_redis_again(traffic, 1000);
	talk_open(&talk);
	expect_redis_again(traffic, 1u << 30);
}

static void the_same_ports_where_one_side_is_mirrored(void **state)
{
	struct traffic *traffic = *state;
	struct talk talk = talk_new(traffic, 40000, 6379);

	talk.mirrored = SIGHT_CLIENT;
	talk_open(&talk);
	talk_say(&talk, SIDE_CLIENT, "something else\n");
	talk_end(&talk);
	traffic->count = 0;
	talk = talk_new(traffic, 40000, 6379);
	talk.mirrored = SIGHT_CLIENT;
	talk.client_at = 1 << 30;
	talk_open(&talk);
	talk_say(&talk, SIDE_CLIENT, PING);
	assert_true(traffic->observed[0].flow.last);
	assert_false(traffic_flow(traffic)->last);
	worker_finish(traffic->worker);
	assert_string_equal(traffic_flow(traffic)->facts.service->name, "redis");
}

/* --- No room ---------------------------------------------------------------------------------- */

static void the_flow_table_is_full(void **state)
{
	struct traffic *traffic = *state;
	size_t firsts = 0, lasts = 0;

	for (uint16_t i = 0; i < 500; i++) {
		struct talk talk = talk_new(traffic, (uint16_t)(40000 + i), 6379);

		talk_open(&talk);
		assert_true(traffic_stats(traffic).flows <= 64);
	}
	assert_int_equal(traffic_stats(traffic).flows_evicted, 500 - 64);
	for (size_t i = 0; i < traffic->count; i++) {
		firsts += traffic->observed[i].flow.first;
		lasts += traffic->observed[i].flow.last;
	}
	assert_int_equal(firsts, 500);
	assert_int_equal(lasts, 500 - 64);
}

/* All 40 are found to be Redis, though only 32 can be read at a time. */
static void expect_forty_redis(struct traffic *traffic)
{
	size_t known = 0, lasts = 0;

	for (uint16_t port = 40000; port < 40040; port++) {
		bool is_known = false;

		for (size_t i = 0; i < traffic->count; i++) {
			const struct flow_report *flow = &traffic->observed[i].flow;

			if (flow->client_port != port)
				continue;
			is_known |= flow->facts.service &&
				    strcmp(flow->facts.service->name, "redis") == 0;
			lasts += flow->last;
		}
		known += is_known;
	}
	assert_int_equal(known, 40);
	assert_int_equal(lasts, 40);
}

static void the_session_pool_is_full(uint8_t mirrored, struct traffic *traffic)
{
	struct talk talks[40];

	for (uint16_t i = 0; i < 40; i++) {
		talks[i] = talk_new(traffic, (uint16_t)(40000 + i), 6379);
		talks[i].mirrored = mirrored;
		talk_open(&talks[i]);
		talk_say(&talks[i], SIDE_CLIENT, PING);
		talk_say(&talks[i], SIDE_SERVER, PONG);
		assert_true(traffic_stats(traffic).sessions.in_use <= 32);
	}
	assert_int_equal(traffic_stats(traffic).sessions.evicted, 8);
	traffic->count = 0;
	for (int i = 0; i < 40; i++) { /* those that were given up speak again */
		talk_say(&talks[i], SIDE_CLIENT, PING);
		talk_say(&talks[i], SIDE_SERVER, PONG);
		talk_end(&talks[i]);
	}
	traffic_pass(traffic, 40 * SECOND);
	expect_forty_redis(traffic);
}

static void the_session_pool_is_full_both(void **state)
{
	the_session_pool_is_full(SIGHT_BOTH, *state);
}

static void the_session_pool_is_full_clients(void **state)
{
	the_session_pool_is_full(SIGHT_CLIENT, *state);
}

static void the_ring_is_full(void **state)
{
	struct traffic *traffic = *state;
	struct talk talk = talk_new(traffic, 40000, 6379);
	uint64_t c2s, s2c;

	traffic->ring_full = true;
	talk_open(&talk);
	talk_say(&talk, SIDE_CLIENT, PING);
	assert_true(traffic_stats(traffic).observations_refused > 0);
	assert_int_equal(traffic_stats(traffic).observations_lost, 0);
	traffic->ring_full = false;
	talk_say(&talk, SIDE_SERVER, PONG);
	worker_retry(traffic->worker); /* told whole */
	assert_int_equal(traffic_flows(traffic), 1);
	assert_true(traffic_flow(traffic)->first);
	traffic_bytes(traffic, &c2s, &s2c);
	assert_int_equal(c2s, strlen(PING));
	assert_int_equal(s2c, strlen(PONG));
	traffic->ring_full = true;
	traffic_pass(traffic, 5000 * SECOND); /* its last word finds no room */
	assert_int_equal(traffic_stats(traffic).flows, 0);
	assert_int_equal(traffic_stats(traffic).observations_waiting, 1);
	worker_finish(traffic->worker); /* and there is no later */
	assert_int_equal(traffic_stats(traffic).observations_waiting, 0);
	assert_int_equal(traffic_stats(traffic).observations_lost, 1);
	traffic->ring_full = false;
}

/* --- Time ------------------------------------------------------------------------------------- */

static void a_second_input_of_an_earlier_time(void **state)
{
	struct traffic *traffic = *state;
	struct talk talk = talk_new(traffic, 40000, 6379);

	talk_flags(&talk, SIDE_CLIENT, TCP_SYN);
	talk_open(&talk);
	worker_finish(traffic->worker);
	assert_true(traffic_flow(traffic)->last);
	assert_true(traffic_stats(traffic).newest_ns == traffic->now_ns);
	traffic->count = 0;
	traffic->now_ns -= 1000000 * SECOND;
	talk = talk_new(traffic, 40001, 6379);
	talk_flags(&talk, SIDE_CLIENT, TCP_SYN);
	traffic_pass(traffic, 5 * SECOND);
	assert_int_equal(traffic_count(traffic, OBSERVATION_WALL), 1);
	talk = talk_new(traffic, 40002, 6379);
	talk_open(&talk);
	assert_int_equal(traffic_flows(traffic), 1);
	assert_true(traffic_flow(traffic)->wall_unanswered_ns < traffic->now_ns);
	traffic_pass(traffic, 5000 * SECOND);
	assert_int_equal(traffic_stats(traffic).flows, 0);
}

static void a_clock_set_back(void **state)
{
	struct traffic *traffic = *state;
	struct talk talk = talk_new(traffic, 40000, 6379);

	talk_open(&talk);
	traffic->now_ns -= 86400 * SECOND;
	talk = talk_new(traffic, 40001, 6380);
	talk_flags(&talk, SIDE_CLIENT, TCP_SYN);
	talk = talk_new(traffic, 40002, 6379);
	talk_open(&talk);
	talk_end(&talk);
	traffic_pass(traffic, 60 * SECOND);
	assert_int_equal(traffic_count(traffic, OBSERVATION_WALL), 1);
	assert_int_equal(traffic_stats(traffic).flows, 0);
}

static void one_packet_of_a_far_future(void **state)
{
	struct traffic *traffic = *state;
	struct talk talk = talk_new(traffic, 40000, 6379);

	traffic->now_ns = UINT64_MAX - SECOND;
	traffic_udp(traffic, CLIENT, 1, SERVER, 2, "x");
	traffic->now_ns = START;
	talk_flags(&talk, SIDE_CLIENT, TCP_SYN);
	traffic_pass(traffic, 5 * SECOND);
	assert_true(traffic_count(traffic, OBSERVATION_WALL) >= 1);
}

/* --- Everything ------------------------------------------------------------------------------- */

/* An inventory: the last look at the bytes may turn the roles round as well. */
static void an_inventory_tells_every_conversation_once(void **state)
{
	struct worker_options options = traffic_options();
	struct traffic *traffic;
	struct talk talk;

	(void)state;
	options.everything = true;
	traffic = traffic_new(&options);
	talk = talk_new(traffic, 40000, 6379);
	talk_flags(&talk, SIDE_CLIENT, TCP_SYN);
	talk = talk_new(traffic, 40001, 6379);
	talk_open(&talk);
	talk = talk_new(traffic, 40001, 50001); /* roles guessed wrong at first */
	talk.client = INSIDER;
	talk.server = SERVER;
	talk_put(&talk, SIDE_CLIENT, TCP_PSH | TCP_ACK, PING, strlen(PING));
	traffic_udp(traffic, SERVER, 40000, CLIENT, 53, "?");
	talk = talk_new(traffic, 40002, 6379);
	talk_flags(&talk, SIDE_SERVER, TCP_RST); /* and nothing else */
	traffic_pass(traffic, SECOND);
	assert_int_equal(traffic->count, 0);
	worker_finish(traffic->worker);
	assert_int_equal(traffic_flows(traffic), 5);
	for (size_t i = 0; i < 5; i++) {
		if (traffic->observed[i].flow.outcome == OUTCOME_RST_ONLY)
			assert_int_equal(traffic->observed[i].server.port, 6379);
		assert_true(traffic->observed[i].flow.last);
		if (traffic->observed[i].flow.client_port == 40001 &&
		    traffic->observed[i].flow.facts.service)
			assert_int_equal(traffic->observed[i].server.port, 50001);
	}
	traffic_free(traffic);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(only_clients_are_mirrored),
		TEST(only_servers_are_mirrored),
		TEST(what_was_reachable_stays_reachable),
		TEST(scans_that_meet_nobody),
		TEST(blind_data_pushes_nobody_out),
		TEST(what_nobody_answers_uses_up_its_share),
		TEST(a_drip_is_looked_at_when_it_is_answered),
		TEST(data_out_of_nowhere_waits_half_a_minute),
		TEST(a_capture_that_began_late),
		TEST(a_collector_that_only_acknowledges),
		TEST(roles_turned_round_by_the_bytes),
		TEST(roles_turned_round_after_a_report),
		TEST(a_gap_at_the_beginning_is_a_late_beginning),
		TEST(the_same_ports_after_an_end),
		TEST(the_same_ports_after_an_end_that_was_not_seen),
		TEST(the_same_ports_where_one_side_is_mirrored),
		TEST(the_flow_table_is_full),
		TEST(the_session_pool_is_full_both),
		TEST(the_session_pool_is_full_clients),
		TEST(the_ring_is_full),
		TEST(a_second_input_of_an_earlier_time),
		TEST(a_clock_set_back),
		TEST(one_packet_of_a_far_future),
		cmocka_unit_test(an_inventory_tells_every_conversation_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
