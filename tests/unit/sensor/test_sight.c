/* SPDX-License-Identifier: ISC */
/*
 * Mirrors that are not clean, at a worker in virtual time: one direction only, while other servers
 * are seen; a late start; everything twice; in tunnels; in fragments.
 */
#include "tests/unit/traffic.h"
#include "tests/unit/tunnels.h"

#define PING  "*1\r\n$4\r\nPING\r\n"
#define INFO  "*1\r\n$4\r\nINFO\r\n"
#define OTHER "10.20.0.9"

static int begin(void **state)
{
	struct worker_options options = traffic_options();

	options.duplicate_ns = 100 * MILLISECOND;
	options.fragment_pages = 64;
	*state = traffic_new(&options);
	return 0;
}

static int end(void **state)
{
	struct traffic *traffic = *state;

	worker_finish(traffic->worker); /* gives back what nDPI holds of flows */
	traffic_free(traffic);
	return 0;
}

/* Another server of ours answers: packets of ours are mirrored, as far as anybody can tell. */
static void show_another_server(struct traffic *traffic)
{
	struct talk talk = talk_new(traffic, 33333, 5555);

	talk.server = OTHER;
	talk.client = "203.0.113.99";
	talk_open(&talk);
	talk_say(&talk, SIDE_SERVER, "welcome\r\n");
	talk_end(&talk);
	traffic->count = 0;
}

static void a_server_that_is_not_mirrored_among_others_that_are(void **state)
{
	struct traffic *traffic = *state;
	struct talk talk = talk_new(traffic, 40000, 6379);

	show_another_server(traffic);
	talk.mirrored = SIGHT_CLIENT;
	talk_open(&talk);
	talk_say(&talk, SIDE_CLIENT, PING);
	assert_int_equal(traffic_flows(traffic), 0); /* sent blindly? */
	talk_say(&talk, SIDE_SERVER, "+PONG\r\n");
	talk_flags(&talk, SIDE_CLIENT, TCP_ACK);
	assert_int_equal(traffic_flows(traffic), 1);
	assert_int_equal(traffic_flow(traffic)->outcome, OUTCOME_CLIENT_ONLY);
	assert_int_equal(traffic_flow(traffic)->sight, SIGHT_CLIENT);
	assert_int_equal(traffic_flow(traffic)->direction, DIRECTION_SYN);
	assert_true(traffic_flow(traffic)->acknowledged);
}

static void blind_data_proves_nothing(void **state)
{
	struct traffic *traffic = *state;
	struct talk talk = talk_new(traffic, 40000, 6379);

	show_another_server(traffic);
	talk.mirrored = SIGHT_CLIENT;
	talk_open(&talk);
	for (int i = 0; i < 20; i++) { /* the server says nothing that could be acknowledged */
		talk_say(&talk, SIDE_CLIENT, PING);
		talk_flags(&talk, SIDE_CLIENT, TCP_ACK);
	}
	talk.server_at += 0x40000000; /* nor is this an acknowledgement of anything */
	talk_flags(&talk, SIDE_CLIENT, TCP_ACK);
	talk.server_at -= 0x40000000;
	talk_flags(&talk, SIDE_CLIENT, TCP_ACK);
	assert_int_equal(traffic_flows(traffic), 0);
}

static void a_late_start_where_only_clients_are_seen(void **state)
{
	struct traffic *traffic = *state;
	struct talk talk = talk_new(traffic, 40000, 6379);

	talk.mirrored = SIGHT_CLIENT;
	for (int i = 0; i < 3; i++) {
		talk_say(&talk, SIDE_CLIENT, INFO);
		talk_say(&talk, SIDE_SERVER, "$5\r\nhello\r\n");
		talk_flags(&talk, SIDE_CLIENT, TCP_ACK);
	}
	assert_true(traffic_flows(traffic) >= 1);
	assert_int_equal(traffic->observed[0].server.port, 6379);
	assert_int_equal(traffic_flow(traffic)->sight, SIGHT_CLIENT);
	assert_true(traffic_flow(traffic)->direction < DIRECTION_SYN);
}

/* Ours fetch something; only what comes back is mirrored, from the beginning or late. */
static void answers_to_ours_in_a_one_way_mirror(void **state)
{
	static const uint16_t ports[] = {443, 80, 25, 8443, 6379, 50000};
	struct traffic *traffic = *state;

	for (size_t i = 0; i < sizeof ports / sizeof *ports; i++) {
		for (int late = 0; late < 2; late++) {
			struct talk talk = talk_new(traffic, (uint16_t)(50001 + i), ports[i]);

			talk.client = SERVER;
			talk.server = CLIENT;
			talk.mirrored = SIGHT_SERVER;
			talk.client_port = (uint16_t)(talk.client_port + 100 * late);
			if (!late)
				talk_open(&talk);
			for (int n = 0; n < 10; n++) {
				talk_say(&talk, SIDE_CLIENT, "some question\r\n");
				talk_say(&talk, SIDE_SERVER, "data that nobody knows\r\n");
			}
			talk_end(&talk);
		}
	}
	traffic_pass(traffic, 60 * SECOND);
	assert_int_equal(traffic_flows(traffic), 0);
}

/* ---- copies ---- */

static void expect_same_counts(const struct traffic *once, const struct traffic *twice)
{
	struct worker_stats a = traffic_stats(once), b = traffic_stats(twice);
	uint64_t in[2], out[2];

	assert_int_equal(once->count, twice->count);
	assert_int_equal(a.probes, b.probes);
	assert_int_equal(a.flows_created, b.flows_created);
	traffic_bytes(once, &in[0], &out[0]);
	traffic_bytes(twice, &in[1], &out[1]);
	assert_int_equal(in[0], in[1]);
	assert_int_equal(out[0], out[1]);
	for (size_t i = 0; i < once->count; i++) {
		const struct observation *x = &once->observed[i], *y = &twice->observed[i];

		assert_int_equal(x->kind, y->kind);
		if (x->kind != OBSERVATION_WALL)
			continue;
		assert_int_equal(x->wall.new_refused, y->wall.new_refused);
		assert_int_equal(x->wall.new_unanswered, y->wall.new_unanswered);
		assert_int_equal(x->wall.new_unjudged, y->wall.new_unjudged);
	}
}

static void send_copies(struct traffic *traffic, const struct packet_spec *spec, int copies)
{
	struct packet_spec copy = *spec;

	traffic_send(traffic, spec);
	for (int i = 0; i < copies; i++) {
		copy.tags[0] = 0x8100;
		copy.vlan = (uint16_t)(10 + i);
		traffic->now_ns += MILLISECOND / 10;
		packet_build(&traffic->frame, &copy);
		if (i == 1)
			tunnel_build(&traffic->frame, &tunnel_cases[0], spec, false);
		traffic_send_frame(traffic);
	}
	traffic->now_ns += MILLISECOND - (unsigned)copies * (MILLISECOND / 10);
}

/* Probes of many, refusals, errors of ICMP, and datagrams, each packet with so many copies. */
static void send_scan(struct traffic *traffic, int copies)
{
	for (uint16_t i = 0; i < 40; i++) {
		struct packet_spec probe = {
			.source = CLIENT,
			.destination = SERVER,
			.source_port = (uint16_t)(40000 + i),
			.destination_port = (uint16_t)(7000 + i % 3),
			.flags = TCP_SYN,
			.sequence = 1000u + i,
		};
		struct packet_spec refusal = {
			.source = SERVER,
			.destination = CLIENT,
			.source_port = probe.destination_port,
			.destination_port = probe.source_port,
			.flags = TCP_RST | TCP_ACK,
			.acknowledgement = 1001u + i,
		};

		send_copies(traffic, &probe, copies);
		if (i % 3 == 1)
			send_copies(traffic, &refusal, copies);
		probe.transport = IP_UDP;
		probe.payload = "who is there?";
		send_copies(traffic, &probe, copies);
	}
	traffic_pass(traffic, 10 * SECOND);
}

static void probes_do_not_count_twice(void **state)
{
	struct traffic *once = *state, *twice;
	void *other;

	begin(&other);
	twice = other;
	send_scan(once, 0);
	send_scan(twice, 2);
	assert_true(once->count > 3);
	expect_same_counts(once, twice);
	assert_int_equal(traffic_stats(twice).duplicates, 2 * (traffic_stats(twice).packets / 3));
	end(&other);
}

static void a_datagram_to_a_collector_counts_once(void **state)
{
	struct traffic *traffic = *state;
	struct packet_spec spec = {
		.source = CLIENT,
		.destination = SERVER,
		.source_port = 40000,
		.destination_port = 514,
		.transport = IP_UDP,
		.payload = "<13>Nov 21 10:00:00 host app: message",
	};
	uint64_t in, out;

	send_copies(traffic, &spec, 2);
	traffic_pass(traffic, 300 * SECOND);
	traffic_bytes(traffic, &in, &out);
	assert_int_equal(in, strlen(spec.payload));
}

/* A retransmission is TCP's own business: its bytes count once, and a lost one is filled in. */
static void a_retransmission_is_no_copy(void **state)
{
	struct traffic *traffic = *state;
	struct talk talk = talk_new(traffic, 40000, 6379);

	talk_open(&talk);
	packet_build(&traffic->frame, &(struct packet_spec){.source = CLIENT,
							    .destination = SERVER,
							    .source_port = 40000,
							    .destination_port = 6379,
							    .flags = TCP_ACK | TCP_PSH,
							    .sequence = talk.client_at,
							    .acknowledgement = talk.server_at,
							    .payload = PING});
	traffic_send_frame(traffic);
	traffic->frame.bytes[traffic->frame.ip_at + 5] ^= 1;
	frame_finish_ip(&traffic->frame, true, IP_TCP);
	traffic_send_frame(traffic);
	assert_int_equal(traffic_stats(traffic).duplicates, 0);
}

/* ---- tunnels and fragments ---- */

static void the_tunnel_is_told(void **state)
{
	struct traffic *traffic = *state;
	struct packet_spec spec = {
		.source = SERVER,
		.destination = CLIENT,
		.source_port = 6379,
		.destination_port = 40000,
		.flags = TCP_SYN | TCP_ACK,
	};
	const struct flow_report *told;

	tunnel_build(&traffic->frame, &tunnel_cases[0], &spec, false);
	traffic_send_frame(traffic);
	assert_int_equal(traffic_flows(traffic), 1);
	told = traffic_flow(traffic);
	assert_int_equal(told->tunnels.count, 1);
	assert_int_equal(told->tunnels.layers[0].kind, TUNNEL_VXLAN);
	assert_int_equal(told->tunnels.layers[0].id, 4242);
	assert_int_equal(traffic_stats(traffic).tunnelled, 1);
}

/* The frame at hand in pieces of `size` bytes, without those before and behind. */
static void send_pieces(struct traffic *traffic, size_t size, size_t from, size_t to)
{
	static struct frame whole;
	uint8_t *ip;

	whole = traffic->frame;
	for (size_t at = 0; at < whole.length - whole.transport_at; at += size) {
		size_t left = whole.length - whole.transport_at - at;
		size_t length = left < size ? left : size;

		if (at / size < from || at / size >= to)
			continue;
		traffic->frame.length = whole.transport_at + length;
		memcpy(traffic->frame.bytes + whole.transport_at,
		       whole.bytes + whole.transport_at + at, length);
		ip = traffic->frame.bytes + whole.ip_at;
		put_be16(ip + 2, 20 + length);
		put_be16(ip + 6, at / 8 | (left > size ? MORE_FRAGMENTS : 0));
		traffic_send_frame(traffic);
	}
	traffic->frame = whole;
}

static void a_handshake_in_fragments(void **state)
{
	struct traffic *traffic = *state;
	struct packet_spec spec = {
		.source = SERVER,
		.destination = CLIENT,
		.source_port = 6379,
		.destination_port = 40000,
		.flags = TCP_SYN | TCP_ACK,
		.tcp_options = 20,
	};

	packet_build(&traffic->frame, &spec);
	send_pieces(traffic, 8, 0, SIZE_MAX);
	assert_int_equal(traffic_flows(traffic), 1);
	assert_int_equal(traffic_flow(traffic)->outcome, OUTCOME_SYNACK_ONLY);
	assert_int_equal(traffic_stats(traffic).fragments.whole, 1);
}

/* The mirror lost the end of it: what is there is looked at, half a minute later. */
static void a_handshake_whose_end_was_lost(void **state)
{
	struct traffic *traffic = *state;
	struct packet_spec spec = {
		.source = SERVER,
		.destination = CLIENT,
		.source_port = 6379,
		.destination_port = 40000,
		.flags = TCP_SYN | TCP_ACK,
		.tcp_options = 20,
	};

	packet_build(&traffic->frame, &spec);
	send_pieces(traffic, 24, 0, 1);
	assert_int_equal(traffic_flows(traffic), 0);
	traffic_pass(traffic, 40 * SECOND);
	assert_true(traffic_flows(traffic) >= 1);
	assert_int_equal(traffic->observed[0].flow.outcome, OUTCOME_SYNACK_ONLY);
	assert_int_equal(traffic_stats(traffic).fragments.given_up, 1);
	/* And at the end of the input, however soon that comes. */
	packet_build(&traffic->frame, &spec);
	traffic->frame.bytes[traffic->frame.ip_at + 5]++;
	send_pieces(traffic, 24, 0, 1);
	worker_finish(traffic->worker);
	assert_int_equal(traffic_stats(traffic).fragments.given_up, 2);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_server_that_is_not_mirrored_among_others_that_are),
		TEST(blind_data_proves_nothing),
		TEST(a_late_start_where_only_clients_are_seen),
		TEST(answers_to_ours_in_a_one_way_mirror),
		TEST(probes_do_not_count_twice),
		TEST(a_datagram_to_a_collector_counts_once),
		TEST(a_retransmission_is_no_copy),
		TEST(the_tunnel_is_told),
		TEST(a_handshake_in_fragments),
		TEST(a_handshake_whose_end_was_lost),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
