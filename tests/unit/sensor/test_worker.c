/* SPDX-License-Identifier: ISC */
/*
 * The packet path from frames to observations: what is told, when, and of whom. What must not be
 * told counts as much: our own connections outwards, scans that meet nobody.
 */
#include "tests/unit/traffic.h"

#define PING "*1\r\n$4\r\nPING\r\n"
#define PONG "+PONG\r\n"

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

static void a_syn_makes_no_state(void **state)
{
	struct traffic *traffic = *state;

	for (int i = 0; i < 10000; i++) {
		struct talk talk = talk_new(traffic, (uint16_t)(1024 + i), (uint16_t)(i % 40));

		talk_flags(&talk, SIDE_CLIENT, TCP_SYN);
		assert_int_equal(traffic_stats(traffic).flows, 0);
	}
	assert_int_equal(traffic_stats(traffic).probes, 10000);
	assert_int_equal(traffic_flows(traffic), 0);
	traffic_pass(traffic, 5 * SECOND);
	assert_true(traffic_count(traffic, OBSERVATION_WALL) >= 40);
	assert_true(traffic_count(traffic, OBSERVATION_WALL) <=
		    40 * 20); /* once a second at most */
}

static void a_synack_is_told_at_once_with_the_walls_time(void **state)
{
	struct traffic *traffic = *state;
	struct talk before = talk_new(traffic, 40000, 6379), talk = talk_new(traffic, 40001, 6379);
	const struct observation *told;
	uint64_t blocked_ns;

	talk_flags(&before, SIDE_CLIENT, TCP_SYN);
	blocked_ns = traffic->now_ns;
	traffic_pass(traffic, 60 * SECOND);
	talk_flags(&talk, SIDE_CLIENT, TCP_SYN);
	assert_int_equal(traffic_flows(traffic), 0);
	talk_flags(&talk, SIDE_SERVER, TCP_SYN | TCP_ACK);
	assert_int_equal(traffic_flows(traffic), 1);
	told = traffic_newest(traffic, OBSERVATION_FLOW);
	assert_true(told->ts_ns == traffic->now_ns);
	assert_int_equal(told->worker, 3);
	assert_int_equal(told->server.port, 6379);
	assert_int_equal(told->flow.client_port, 40001);
	assert_true(told->flow.first && !told->flow.last && !told->flow.server_payload);
	assert_int_equal(told->flow.direction, DIRECTION_SYNACK);
	assert_int_equal(told->flow.sight, SIGHT_BOTH);
	assert_int_equal(told->flow.outcome, OUTCOME_SYNACK_ONLY);
	assert_true(told->flow.wall_unanswered_ns == blocked_ns);
	assert_true(told->flow.wall_refused_ns == 0);
}

static void a_conversation_from_beginning_to_end(void **state)
{
	struct traffic *traffic = *state;
	struct talk talk = talk_new(traffic, 40000, 7777); /* a port that says nothing */
	const struct flow_report *told;
	uint64_t c2s, s2c;

	talk_open(&talk);
	talk_say(&talk, SIDE_CLIENT, PING);
	talk_say(&talk, SIDE_SERVER, PONG);
	told = traffic_flow(traffic);
	assert_true(told->server_payload);
	assert_string_equal(told->facts.service->name, "redis");
	assert_int_equal(told->identified_by, IDENTIFIED_PAYLOAD);
	assert_int_equal(told->outcome, OUTCOME_ESTABLISHED);
	talk_end(&talk);
	traffic_pass(traffic, 40 * SECOND);
	assert_true(traffic_flow(traffic)->last);
	assert_int_equal(traffic_stats(traffic).flows, 0);
	traffic_bytes(traffic, &c2s, &s2c);
	assert_int_equal(c2s, strlen(PING));
	assert_int_equal(s2c, strlen(PONG));
}

static void a_conversation_over_ipv6(void **state)
{
	struct traffic *traffic = *state;
	struct talk talk = talk_new(traffic, 40000, 7777);

	talk.client = "2001:db8::7";
	talk.server = "fd00:20::5";
	talk_open(&talk);
	talk_say(&talk, SIDE_CLIENT, PING);
	talk_say(&talk, SIDE_SERVER, PONG);
	assert_string_equal(traffic_flow(traffic)->facts.service->name, "redis");
	assert_int_equal(traffic_flow(traffic)->outcome, OUTCOME_ESTABLISHED);
	talk.server = "fd00:21::5"; /* inside, in no group: no rule, but worth a note */
	talk_open(&talk);
	assert_int_equal(traffic_newest(traffic, OBSERVATION_FLOW)->flow.outcome,
			 OUTCOME_SYNACK_ONLY);
}

static void bytes_sent_again_count_once(void **state)
{
	struct traffic *traffic = *state;
	struct talk talk = talk_new(traffic, 40000, 6379);
	uint64_t c2s, s2c;

	talk_open(&talk);
	talk.server_at--;
	talk_flags(&talk, SIDE_SERVER, TCP_SYN | TCP_ACK); /* sent again */
	for (int i = 0; i < 3; i++)
		talk_put(&talk, SIDE_CLIENT, TCP_PSH | TCP_ACK, PING, strlen(PING));
	talk.client_at += (uint32_t)strlen(PING);
	talk_put(&talk, SIDE_SERVER, TCP_ACK, PONG, 3);
	talk_put(&talk, SIDE_SERVER, TCP_PSH | TCP_ACK, PONG, strlen(PONG));
	talk.server_at += (uint32_t)strlen(PONG) + 100; /* 100 bytes are not captured */
	talk_say(&talk, SIDE_SERVER, "x");
	talk_end(&talk);
	traffic_pass(traffic, 40 * SECOND);
	traffic_bytes(traffic, &c2s, &s2c);
	assert_int_equal(c2s, strlen(PING));
	assert_int_equal(s2c, strlen(PONG) + 100 + 1);
}

/* An acknowledgement with a number far ahead must not hide the bytes that follow. */
static void a_forged_acknowledgement_hides_no_bytes(void **state)
{
	struct traffic *traffic = *state;
	struct talk talk = talk_new(traffic, 40000, 6379), forged;
	uint64_t c2s, s2c;

	talk_open(&talk);
	forged = talk;
	forged.client_at += 1u << 30;
	talk_flags(&forged, SIDE_CLIENT, TCP_ACK);
	talk_say(&talk, SIDE_CLIENT, PING);
	talk_end(&talk);
	traffic_pass(traffic, 40 * SECOND);
	traffic_bytes(traffic, &c2s, &s2c);
	assert_int_equal(c2s, strlen(PING));
}

static void reports_are_coalesced(void **state)
{
	struct traffic *traffic = *state;
	struct talk talk = talk_new(traffic, 40000, 6379);
	char block[1400];
	uint64_t c2s, s2c;

	memset(block, 'x', sizeof block);
	talk_open(&talk);
	for (int i = 0; i < 20000; i++)
		talk_bytes(&talk, SIDE_SERVER, block, sizeof block);
	/* 28 MB in 20 s: reachable, first answer, then whenever it has doubled. */
	assert_in_range(traffic_flows(traffic), 3, 40);
	talk_end(&talk);
	traffic_pass(traffic, 40 * SECOND);
	traffic_bytes(traffic, &c2s, &s2c);
	assert_int_equal(s2c, 20000u * sizeof block);
}

/* What only the client sends for hours is told as well: the exposure is still in use. */
static void uploads_are_told_every_minute(void **state)
{
	struct traffic *traffic = *state;
	struct talk talk = talk_new(traffic, 40000, 5555);
	uint64_t c2s, s2c;
	size_t before;

	talk_open(&talk);
	talk_say(&talk, SIDE_CLIENT, "something\n");
	before = traffic_flows(traffic);
	for (int i = 0; i < 600; i++) {
		traffic_pass(traffic, SECOND);
		talk_say(&talk, SIDE_CLIENT, "something\n");
	}
	assert_in_range(traffic_flows(traffic) - before, 8, 12);
	traffic_bytes(traffic, &c2s, &s2c);
	assert_in_range(c2s, 5400, 6010);
}

static void own_connections_raise_nothing(void **state)
{
	static const uint8_t mirrors[] = {SIGHT_BOTH, SIGHT_CLIENT, SIGHT_SERVER};
	struct traffic *traffic = *state;

	for (size_t i = 0; i < sizeof mirrors; i++) {
		struct talk talk = talk_new(traffic, (uint16_t)(40000 + i), 443);

		talk.client = SERVER;
		talk.server = CLIENT;
		talk.mirrored = mirrors[i];
		talk_open(&talk);
		talk_say(&talk, SIDE_CLIENT, "GET / HTTP/1.1\r\nHost: a\r\n\r\n");
		talk_say(&talk, SIDE_SERVER, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
		talk_end(&talk);
	}
	traffic_pass(traffic, 60 * SECOND);
	assert_int_equal(traffic->count, 0);
	assert_int_equal(traffic_stats(traffic).flows_created, 0);
	assert_true(traffic_stats(traffic).outbound > 0);
}

/* Captures that begin late: a download from a port that is not known, to an ephemeral port. */
static void downloads_in_the_middle_raise_nothing(void **state)
{
	static const uint16_t ports[] = {443, 8443, 22, 33000, 50001};
	static const uint8_t mirrors[] = {SIGHT_BOTH, SIGHT_SERVER};
	struct traffic *traffic = *state;

	for (size_t i = 0; i < sizeof ports / sizeof *ports; i++) {
		for (size_t j = 0; j < sizeof mirrors; j++) {
			struct talk talk = talk_new(traffic, (uint16_t)(40000 + j), ports[i]);

			talk.client = SERVER;
			talk.server = CLIENT;
			talk.mirrored = mirrors[j];
			for (int k = 0; k < 20; k++) {
				talk_say(&talk, SIDE_SERVER, "data that nobody knows\r\n");
				talk_flags(&talk, SIDE_CLIENT, TCP_ACK);
			}
			talk_end(&talk);
		}
	}
	traffic_pass(traffic, 60 * SECOND);
	assert_int_equal(traffic_flows(traffic), 0);
}

static void an_attacker_cannot_make_his_connection_look_like_ours(void **state)
{
	struct traffic *traffic = *state;
	struct talk talk = talk_new(traffic, 40000, 6379);

	talk_flags(&talk, SIDE_CLIENT, TCP_SYN | TCP_ACK); /* as if he answered us */
	talk.mirrored = SIGHT_CLIENT;
	talk_flags(&talk, SIDE_CLIENT, TCP_SYN);
	talk.server_at++;
	talk_say(&talk, SIDE_CLIENT, PING); /* with the handshake's last step */
	assert_int_equal(traffic_flows(traffic), 1);
	assert_int_equal(traffic_flow(traffic)->outcome, OUTCOME_CLIENT_ONLY);
}

static void refusals_are_news_of_the_wall(void **state)
{
	struct traffic *traffic = *state;
	struct talk talk = talk_new(traffic, 40000, 6379);
	const struct observation *told;

	talk_flags(&talk, SIDE_CLIENT, TCP_SYN);
	talk.server_at = 0;
	talk_flags(&talk, SIDE_SERVER, TCP_RST | TCP_ACK);
	traffic_pass(traffic, 10 * SECOND);
	assert_int_equal(traffic->count, 1);
	told = traffic_newest(traffic, OBSERVATION_WALL);
	assert_int_equal(told->server.port, 6379);
	assert_int_equal(told->wall.new_refused, 1);
	assert_int_equal(told->wall.new_unanswered, 0);
	assert_int_equal(traffic_stats(traffic).flows_created, 0);
}

static void send_icmp_error(struct traffic *traffic, const char *from, uint8_t transport,
			    uint8_t type, uint8_t code)
{
	struct packet_spec cause = {
		.source = CLIENT,
		.destination = SERVER,
		.source_port = 40000,
		.destination_port = 161,
		.transport = transport,
		.flags = TCP_SYN,
	};

	traffic_send(traffic, &cause);
	traffic->now_ns += MILLISECOND;
	packet_build_icmp_error(&traffic->frame, from, &cause, type, code, 28);
	traffic_send_frame(traffic);
	traffic_pass(traffic, 10 * SECOND);
}

static void errors_of_icmp_by_the_host_and_by_a_filter(void **state)
{
	struct traffic *traffic = *state;

	send_icmp_error(traffic, SERVER, IP_UDP, 3, 3);
	assert_int_equal(traffic_newest(traffic, OBSERVATION_WALL)->wall.new_refused, 1);
	send_icmp_error(traffic, SERVER, IP_TCP, 3, 13);
	assert_int_equal(traffic_newest(traffic, OBSERVATION_WALL)->wall.new_refused, 0);
	assert_int_equal(traffic_newest(traffic, OBSERVATION_WALL)->wall.new_unanswered, 1);
	send_icmp_error(traffic, "10.0.0.1", IP_UDP, 3, 3);
	assert_int_equal(traffic_newest(traffic, OBSERVATION_WALL)->wall.new_refused, 0);
	assert_int_equal(traffic->count, 3);
	assert_int_equal(traffic_stats(traffic).flows_created, 0);
}

static void udp_by_request_and_reply(void **state)
{
	struct traffic *traffic = *state;
	const struct observation *told;
	size_t told_before;

	/* At first the conversation may have been running before: who began it is a guess. */
	traffic_udp(traffic, CLIENT, 40001, SERVER, 9999, "hello");
	traffic_udp(traffic, SERVER, 9999, CLIENT, 40001, "hello to you");
	assert_int_equal(traffic_newest(traffic, OBSERVATION_FLOW)->flow.direction,
			 DIRECTION_GUESS);
	traffic_pass(traffic, 400 * SECOND);
	told_before = traffic_flows(traffic);
	traffic_udp(traffic, CLIENT, 40000, SERVER, 9999, "hello");
	assert_int_equal(traffic_flows(traffic), told_before);
	traffic->now_ns += MILLISECOND;
	traffic_udp(traffic, SERVER, 9999, CLIENT, 40000, "hello to you");
	assert_int_equal(traffic_flows(traffic), told_before + 1);
	told = traffic_newest(traffic, OBSERVATION_FLOW);
	assert_int_equal(told->server.port, 9999);
	assert_int_equal(told->server.transport, TRANSPORT_UDP);
	assert_int_equal(told->flow.direction, DIRECTION_SYNACK);
	assert_int_equal(told->flow.outcome, OUTCOME_UDP_ANSWERED);
	traffic_pass(traffic, 200 * SECOND);
	assert_true(traffic_flow(traffic)->last);
	assert_int_equal(traffic_count(traffic, OBSERVATION_WALL), 0);
}

static void a_udp_reply_alone(void **state)
{
	struct traffic *traffic = *state;

	traffic_udp(traffic, SERVER, 161, CLIENT, 40000, "public");
	assert_int_equal(traffic_flows(traffic), 1);
	assert_int_equal(traffic_flow(traffic)->outcome, OUTCOME_UDP_RESPONSE_ONLY);
	assert_int_equal(traffic_flow(traffic)->direction, DIRECTION_GUESS);
	traffic_udp(traffic, "10.30.0.1", 45001, CLIENT, 40001,
		    "odd"); /* the policy knows better */
	assert_int_equal(traffic_flows(traffic), 2);
	assert_int_equal(traffic_flow(traffic)->direction, DIRECTION_POLICY_PORT);
}

static void own_datagrams_raise_nothing(void **state)
{
	struct traffic *traffic = *state;

	for (uint16_t i = 0; i < 20; i++) {
		traffic_udp(traffic, SERVER, (uint16_t)(40000 + i), CLIENT, 53, "who is?");
		traffic_udp(traffic, CLIENT, 53, SERVER, (uint16_t)(40000 + i), "it is");
		traffic_udp(traffic, SERVER, 123, CLIENT, 123, "time?");
		traffic_udp(traffic, CLIENT, 123, SERVER, 123, "now");
		/* Only the answers are mirrored. */
		traffic_udp(traffic, CLIENT, 53, INSIDER, (uint16_t)(40000 + i), "it is");
	}
	traffic_pass(traffic, 200 * SECOND);
	assert_int_equal(traffic_flows(traffic), 0);
}

static void a_datagram_to_a_service_that_never_answers(void **state)
{
	struct traffic *traffic = *state;
	const struct flow_report *told;

	traffic_udp(traffic, CLIENT, 40000, SERVER, 514, "<13>Oct 11 22:14:15 host app: text");
	assert_int_equal(traffic_flows(traffic), 1);
	told = traffic_flow(traffic);
	assert_true(told->one_way_service);
	assert_int_equal(told->outcome, OUTCOME_UDP_REQUEST_ONLY);
	assert_string_equal(told->facts.service->name, "syslog");
	for (int i = 0; i < 300; i++) {
		traffic_pass(traffic, SECOND);
		traffic_udp(traffic, CLIENT, 40000, SERVER, 514, "<13>Oct 11 22:14:16 host app: x");
	}
	assert_in_range(traffic_flows(traffic), 4, 8);
}

static void both_ends_ours_but_not_inside(void **state)
{
	struct traffic *traffic = *state;
	struct talk talk = talk_new(traffic, 40000, 6379);

	traffic_udp(traffic, ABROAD, 40000, ABROAD2, 9999, "hello");
	traffic->now_ns += MILLISECOND;
	traffic_udp(traffic, ABROAD2, 9999, ABROAD, 40000, "hello to you");
	assert_int_equal(traffic_flows(traffic), 1);
	assert_int_equal(traffic_newest(traffic, OBSERVATION_FLOW)->server.port, 9999);
	talk.client = ABROAD;
	talk.server = ABROAD2;
	talk_open(&talk);
	assert_int_equal(traffic_flows(traffic), 2);
	assert_int_equal(traffic_newest(traffic, OBSERVATION_FLOW)->server.port, 6379);
}

static void nobodys_business(void **state)
{
	struct traffic *traffic = *state;
	struct talk talk = talk_new(traffic, 40000, 6379);

	talk.client = INSIDER;
	talk_open(&talk);
	talk.client = "192.0.2.1";
	talk.server = "192.0.2.2";
	talk_open(&talk);
	traffic_udp(traffic, INSIDER, 40000, SERVER, 514, "<13>Oct 11 22:14:15 host app: text");
	traffic_pass(traffic, 10 * SECOND);
	assert_int_equal(traffic->count, 0);
	assert_int_equal(traffic_stats(traffic).elsewhere, 7);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_syn_makes_no_state),
		TEST(a_synack_is_told_at_once_with_the_walls_time),
		TEST(a_conversation_from_beginning_to_end),
		TEST(a_conversation_over_ipv6),
		TEST(bytes_sent_again_count_once),
		TEST(a_forged_acknowledgement_hides_no_bytes),
		TEST(reports_are_coalesced),
		TEST(uploads_are_told_every_minute),
		TEST(own_connections_raise_nothing),
		TEST(downloads_in_the_middle_raise_nothing),
		TEST(an_attacker_cannot_make_his_connection_look_like_ours),
		TEST(refusals_are_news_of_the_wall),
		TEST(errors_of_icmp_by_the_host_and_by_a_filter),
		TEST(udp_by_request_and_reply),
		TEST(a_udp_reply_alone),
		TEST(own_datagrams_raise_nothing),
		TEST(a_datagram_to_a_service_that_never_answers),
		TEST(both_ends_ours_but_not_inside),
		TEST(nobodys_business),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
