/* SPDX-License-Identifier: ISC */
/* Connections that hosts of ours begin and must not: rules in both directions. */
#include "tests/unit/traffic.h"

/* A conversation from the host to somebody outside. */
static struct talk out_of(struct traffic *traffic, const char *host)
{
	struct talk talk = talk_new(traffic, 40000, 22);

	talk.client = host;
	talk.server = CLIENT;
	return talk;
}

static void the_answer_to_its_syn_is_the_finding(void **state)
{
	struct worker_options options = traffic_options();
	struct traffic *traffic = traffic_new(&options);
	struct talk talk = out_of(traffic, VAULT);
	const struct observation *o;
	uint64_t c2s, s2c;

	(void)state;
	talk_flags(&talk, SIDE_CLIENT, TCP_SYN);
	assert_int_equal(traffic->count, 0);
	talk_flags(&talk, SIDE_SERVER, TCP_SYN | TCP_ACK);
	assert_int_equal(traffic_flows(traffic), 1);
	talk_flags(&talk, SIDE_CLIENT, TCP_ACK);
	talk_say(&talk, SIDE_SERVER, "SSH-2.0-OpenSSH_9.2\r\n");
	talk_say(&talk, SIDE_CLIENT, "SSH-2.0-OpenSSH_9.2p1 x\r\n");
	talk_end(&talk);
	traffic_pass(traffic, 60 * SECOND);
	o = traffic_newest(traffic, OBSERVATION_FLOW);
	assert_int_equal(o->server.outgoing, 1);
	assert_int_equal(o->server.port, 22);
	assert_int_equal(o->server.address.bytes[13], 40);
	assert_int_equal(o->flow.client.bytes[12], 203);
	assert_int_equal(o->flow.client_port, 40000);
	assert_int_equal(o->flow.sight, SIGHT_BOTH);
	assert_string_equal(o->flow.facts.service->name, "ssh");
	traffic_bytes(traffic, &c2s, &s2c);
	assert_int_equal(s2c, 25); /* what the host sent is what went out */
	assert_int_equal(c2s, 21);
	traffic_free(traffic);
}

static void others_may(void **state)
{
	struct worker_options options = traffic_options();
	struct traffic *traffic = traffic_new(&options);
	struct talk talk = out_of(traffic, SERVER);

	(void)state;
	talk_open(&talk);
	talk_say(&talk, SIDE_SERVER, "SSH-2.0-OpenSSH_9.2\r\n");
	talk_end(&talk);
	talk = out_of(traffic, VAULT);
	talk.server = INSIDER;
	talk_open(&talk);
	talk_end(&talk);
	traffic_pass(traffic, 60 * SECOND);
	assert_int_equal(traffic->count, 0);
	traffic_free(traffic);
}

static void a_refusal_is_none(void **state)
{
	struct worker_options options = traffic_options();
	struct traffic *traffic = traffic_new(&options);
	struct talk talk = out_of(traffic, VAULT);

	(void)state;
	talk_flags(&talk, SIDE_CLIENT, TCP_SYN);
	talk_flags(&talk, SIDE_SERVER, TCP_RST | TCP_ACK);
	traffic_pass(traffic, 60 * SECOND);
	assert_int_equal(traffic->count, 0);
	traffic_free(traffic);
}

static void only_its_own_packets_are_mirrored(void **state)
{
	struct worker_options options = traffic_options();
	struct traffic *traffic = traffic_new(&options);
	struct talk talk = out_of(traffic, VAULT);

	(void)state;
	talk.mirrored = SIGHT_SERVER;
	talk_open(&talk);
	talk_say(&talk, SIDE_SERVER, "SSH-2.0-OpenSSH_9.2\r\n");
	talk_end(&talk);
	traffic_pass(traffic, 60 * SECOND);
	assert_int_equal(traffic_newest(traffic, OBSERVATION_FLOW)->server.outgoing, 1);
	assert_int_equal(traffic_newest(traffic, OBSERVATION_FLOW)->flow.sight, SIGHT_SERVER);
	traffic_free(traffic);
}

static void datagrams_that_are_answered(void **state)
{
	struct worker_options options = traffic_options();
	struct traffic *traffic = traffic_new(&options);

	(void)state;
	traffic_udp(traffic, VAULT, 40000, CLIENT, 4500, "out");
	assert_int_equal(traffic->count, 0);
	traffic_udp(traffic, CLIENT, 4500, VAULT, 40000, "back");
	assert_int_equal(traffic_flows(traffic), 1);
	assert_int_equal(traffic_newest(traffic, OBSERVATION_FLOW)->server.outgoing, 1);
	assert_int_equal(traffic_newest(traffic, OBSERVATION_FLOW)->server.port, 4500);
	traffic_free(traffic);
}

/* What the host serves is judged as ever. */
static void inbound_stays_inbound(void **state)
{
	struct worker_options options = traffic_options();
	struct traffic *traffic = traffic_new(&options);
	struct talk talk = talk_new(traffic, 40000, 22);

	(void)state;
	talk.server = VAULT;
	talk_open(&talk);
	talk_say(&talk, SIDE_SERVER, "SSH-2.0-OpenSSH_9.2\r\n");
	talk_end(&talk);
	traffic_pass(traffic, 60 * SECOND);
	assert_int_equal(traffic_newest(traffic, OBSERVATION_FLOW)->server.outgoing, 0);
	assert_int_equal(traffic_newest(traffic, OBSERVATION_FLOW)->flow.client.bytes[12], 203);
	traffic_free(traffic);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_answer_to_its_syn_is_the_finding),
		cmocka_unit_test(others_may),
		cmocka_unit_test(a_refusal_is_none),
		cmocka_unit_test(only_its_own_packets_are_mirrored),
		cmocka_unit_test(datagrams_that_are_answered),
		cmocka_unit_test(inbound_stays_inbound),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
