/* SPDX-License-Identifier: ISC */
/* The packet path with tunnels that are believed, and with those that are not. */
#include "tests/unit/traffic.h"
#include "tests/unit/tunnels.h"

#define FORGER "198.51.100.66"

static int begin(void **state)
{
	struct worker_options options = traffic_options();

	*state = traffic_new(&options);
	return 0;
}

static int end(void **state)
{
	traffic_free(*state);
	return 0;
}

/* `spec` as it comes in that tunnel between these ends. */
static void send_in(struct traffic *traffic, const struct tunnel_case *tunnel,
		    const struct packet_spec *spec, const char *from, const char *to)
{
	static uint8_t content[FRAME_MAX];
	struct packet_spec outer = {
		.source = from,
		.destination = to,
		.source_port = 50505,
		.destination_port = tunnel->where,
		.transport = tunnel->transport,
		.payload = content,
		.payload_length = tunnel_content(content, tunnel, spec),
	};

	traffic->now_ns += MILLISECOND;
	traffic_send(traffic, &outer);
}

static struct packet_spec synack(const struct tunnel_case *tunnel)
{
	return (struct packet_spec){
		.source = tunnel->only_ipv6 ? "fd00:20::5" : SERVER,
		.destination = tunnel->only_ipv6 ? "2001:db8::7" : CLIENT,
		.source_port = 6379,
		.destination_port = 40000,
		.flags = TCP_SYN | TCP_ACK,
		.sequence = 5000,
		.acknowledgement = 6000,
	};
}

static void only_between_inside_addresses(void **state)
{
	struct traffic *traffic = *state;

	for (size_t i = 0; i < TUNNEL_CASES; i++) {
		const struct tunnel_case *tunnel = &tunnel_cases[i];
		struct packet_spec spec = synack(tunnel);
		const struct observation *told;

		if (tunnel_by_option(tunnel))
			continue;
		if (tunnel->transport == 0) {
			tunnel_build(&traffic->frame, tunnel, &spec, false);
			traffic_send_frame(traffic);
		} else {
			send_in(traffic, tunnel, &spec, INSIDER, "10.1.2.4");
		}
		told = traffic_newest(traffic, OBSERVATION_FLOW);
		assert_int_equal(told->server.realm, 0);
		worker_finish(traffic->worker);
		if (tunnel->transport == 0)
			continue;
		send_in(traffic, tunnel, &spec, FORGER, INSIDER);
		told = traffic_newest(traffic, OBSERVATION_FLOW);
		assert_int_equal(told->server.realm, REALM_CLAIMED);
		assert_non_null(tunnel_path_claimed(&told->flow.tunnels));
		worker_finish(traffic->worker);
	}
}

/* Where a tunnel that is not believed is in one that is, all that it holds is a claim. */
static void a_doubtful_one_in_a_good_one(void **state)
{
	struct traffic *traffic = *state;
	const struct tunnel_case *gre = NULL, *vxlan = &tunnel_cases[0];
	static uint8_t content[FRAME_MAX];
	struct packet_spec spec, middle;

	for (size_t i = 0; i < TUNNEL_CASES; i++) {
		if (strcmp(tunnel_cases[i].name, "GRE, IPv4") == 0)
			gre = &tunnel_cases[i];
	}
	assert_non_null(gre);
	spec = synack(gre);
	middle = (struct packet_spec){
		.source = FORGER,
		.destination = INSIDER,
		.transport = gre->transport,
		.payload = content,
		.payload_length = tunnel_content(content, gre, &spec),
	};
	send_in(traffic, vxlan, &middle, INSIDER, "10.1.2.4");
	assert_int_equal(traffic_newest(traffic, OBSERVATION_FLOW)->server.realm, REALM_CLAIMED);
}

static void udp(struct traffic *traffic, bool by_client, uint16_t port, uint16_t client_port,
		const void *bytes, size_t length)
{
	struct packet_spec spec = {
		.source = by_client ? CLIENT : SERVER,
		.destination = by_client ? SERVER : CLIENT,
		.source_port = by_client ? client_port : port,
		.destination_port = by_client ? port : client_port,
		.transport = IP_UDP,
		.payload = bytes,
		.payload_length = length,
	};

	traffic->now_ns += MILLISECOND;
	traffic_send(traffic, &spec);
}

/*
 * The client has a tunnel's port, and the server's answer looks like that tunnel, inside and all.
 */
static void an_answer_is_no_tunnel(void **state)
{
	struct traffic *traffic = *state;
	static uint8_t content[FRAME_MAX];

	for (size_t i = 0; i < TUNNEL_CASES; i++) {
		const struct tunnel_case *tunnel = &tunnel_cases[i];
		struct packet_spec inner = synack(tunnel);
		const struct observation *told;
		size_t length, before;

		if (tunnel->transport != IP_UDP || tunnel_by_option(tunnel))
			continue;
		length = tunnel_content(content, tunnel, &inner);
		before = traffic->count;
		udp(traffic, true, 9999, tunnel->where, "question", 8);
		udp(traffic, false, 9999, tunnel->where, content, length);
		assert_true(traffic->count > before);
		told = &traffic->observed[traffic->count - 1];
		assert_int_equal(told->kind, OBSERVATION_FLOW);
		assert_int_equal(told->server.port, 9999);
		assert_int_equal(told->server.realm, 0);
		worker_finish(traffic->worker);
	}
}

/* A claimed question of ours makes nobody a server of ours, and a claimed SYN is no probe. */
static void claims_touch_no_table(void **state)
{
	struct traffic *traffic = *state;
	const struct tunnel_case *vxlan = &tunnel_cases[0];
	struct packet_spec question = {
		.source = SERVER,
		.destination = CLIENT,
		.source_port = 11211,
		.destination_port = 53,
		.transport = IP_UDP,
		.payload = "xx",
	};

	send_in(traffic, vxlan, &question, FORGER, INSIDER);
	udp(traffic, true, 11211, 53, "\0\1\0\0\0\1\0\0stats\r\n", 15);
	udp(traffic, false, 11211, 53, "\0\1\0\0\0\1\0\0STAT pid 1\r\nEND\r\n", 25);
	assert_int_equal(traffic_newest(traffic, OBSERVATION_FLOW)->server.port, 11211);
	assert_int_equal(traffic_newest(traffic, OBSERVATION_FLOW)->server.realm, 0);
	for (uint16_t i = 0; i < 100; i++) {
		struct packet_spec syn = {
			.source = CLIENT,
			.destination = SERVER,
			.source_port = (uint16_t)(2000 + i),
			.destination_port = 6379,
			.flags = TCP_SYN,
		};

		send_in(traffic, vxlan, &syn, FORGER, INSIDER);
	}
	traffic_pass(traffic, 10 * SECOND);
	for (size_t i = 0; i < traffic->count; i++) {
		const struct observation *o = &traffic->observed[i];

		/* The datagrams themselves are questions, and were not answered. */
		if (o->kind == OBSERVATION_WALL && o->server.realm == 0)
			assert_int_equal(o->server.port, 4789);
	}
	assert_true(traffic_stats(traffic).tunnels_claimed > 100);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(only_between_inside_addresses),
		TEST(a_doubtful_one_in_a_good_one),
		TEST(an_answer_is_no_tunnel),
		TEST(claims_touch_no_table),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
