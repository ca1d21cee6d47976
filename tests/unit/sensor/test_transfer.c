/* SPDX-License-Identifier: ISC */
/* TFTP: the server answers from another port, and is reported as the one that was asked. */
#include "tests/unit/traffic.h"

#define CLIENT_PORT 40000
#define CHOSEN	    51234

static void datagram(struct traffic *traffic, bool by_client, uint16_t server_port,
		     const char *bytes, size_t length)
{
	struct packet_spec spec = {
		.source = by_client ? CLIENT : SERVER,
		.destination = by_client ? SERVER : CLIENT,
		.source_port = by_client ? CLIENT_PORT : server_port,
		.destination_port = by_client ? server_port : CLIENT_PORT,
		.transport = IP_UDP,
		.payload = bytes,
		.payload_length = length,
	};

	traffic->now_ns += MILLISECOND;
	traffic_send(traffic, &spec);
}
#define ASK(text)	    datagram(traffic, true, 69, text, sizeof(text) - 1)
#define ANSWER(port, text)  datagram(traffic, false, port, text, sizeof(text) - 1)
#define FURTHER(port, text) datagram(traffic, true, port, text, sizeof(text) - 1)

/* Who asks for a file first and then something else from the same port is answered by that. */
static void another_service_beside_it_keeps_its_port(void **state)
{
	struct traffic *traffic = *state;

	ASK("\0\1router.cfg\0octet\0");
	FURTHER(11211, "\0\3\0\0\0\1\0\0stats\r\n");
	ANSWER(11211, "\0\3\0\0\0\1\0\0STAT pid 1\r\nEND\r\n");
	traffic_pass(traffic, 200 * SECOND);
	assert_int_equal(traffic->observed[traffic->count - 1].server.port, 11211);
}

/* Neither is the port that the client itself has asked, whatever it is, one that was chosen. */
static void a_port_that_was_asked_was_not_chosen(void **state)
{
	struct traffic *traffic = *state;

	ASK("\0\1router.cfg\0octet\0");
	for (uint16_t port = 20000; port < 20010; port++)
		FURTHER(port, "\0\3junk");
	for (uint16_t port = 20000; port < 20010; port++)
		ANSWER(port, "\0\3junk");
	traffic_pass(traffic, 200 * SECOND);
	for (size_t i = 0; i < traffic->count; i++) {
		if (traffic->observed[i].kind == OBSERVATION_FLOW &&
		    traffic->observed[i].flow.server_payload)
			assert_in_range(traffic->observed[i].server.port, 20000, 20009);
	}
}

static void an_open_server_is_port_69(void **state)
{
	struct traffic *traffic = *state;
	const struct observation *told;

	ASK("\0\1router.cfg\0octet\0");
	assert_int_equal(traffic_flow(traffic)->sight, SIGHT_CLIENT);
	ANSWER(CHOSEN, "\0\3\0\1password 7 0822455D0A16");
	FURTHER(CHOSEN, "\0\4\0\1");
	ANSWER(CHOSEN, "\0\3\0\2enable");
	traffic_pass(traffic, 200 * SECOND);
	assert_int_equal(traffic_stats(traffic).outbound, 0);
	assert_int_equal(traffic_stats(traffic).flows_created, 1);
	told = traffic_newest(traffic, OBSERVATION_FLOW);
	assert_int_equal(told->server.port, 69);
	assert_int_equal(told->flow.sight, SIGHT_BOTH);
	assert_int_equal(told->flow.outcome, OUTCOME_UDP_ANSWERED);
	assert_int_equal(told->flow.client_port, CLIENT_PORT);
	assert_true(told->flow.server_payload);
	assert_non_null(told->flow.facts.service);
	assert_string_equal(told->flow.facts.service->name, "tftp");
	assert_string_equal(told->flow.facts.path, "router.cfg");
	assert_int_equal(told->flow.facts.data_read, ANSWER_YES);
}

static void another_port_than_the_first_is_another_conversation(void **state)
{
	struct traffic *traffic = *state;

	ASK("\0\1router.cfg\0octet\0");
	ANSWER(CHOSEN, "\0\3\0\1contents");
	assert_int_equal(traffic_stats(traffic).outbound, 0);
	ANSWER(CHOSEN + 1, "\0\3\0\1contents");
	assert_int_equal(traffic_stats(traffic).flows_created, 1);
	assert_int_equal(traffic_stats(traffic).outbound, 1);
}

static void what_is_no_transfer_stays_what_it_was(void **state)
{
	struct traffic *traffic = *state;

	ANSWER(CHOSEN, "\0\3\0\1nobody has asked");
	ASK("\0\1router.cfg\0octet\0");
	ANSWER(CHOSEN, "\x12\x34\1\0\0\1"); /* our own, of something else */
	assert_int_equal(traffic_stats(traffic).outbound, 2);
	traffic->now_ns += 61 * SECOND;
	ANSWER(CHOSEN + 1, "\0\3\0\1too late");
	assert_int_equal(traffic_stats(traffic).outbound, 3);
	assert_int_equal(traffic_flow(traffic)->sight, SIGHT_CLIENT);
}

static void a_flood_of_requests_is_bounded(void **state)
{
	struct traffic *traffic = *state;
	struct packet_spec spec = {
		.source = CLIENT,
		.destination = SERVER,
		.destination_port = 69,
		.transport = IP_UDP,
		.payload = "\0\1x\0octet\0",
		.payload_length = 10,
	};

	ASK("\0\1router.cfg\0octet\0");
	for (uint16_t i = 0; i < 64; i++) {
		spec.source_port = (uint16_t)(CLIENT_PORT + 1 + i);
		traffic_send(traffic, &spec);
	}
	ANSWER(CHOSEN, "\0\3\0\1forgotten");
	assert_int_equal(traffic_stats(traffic).outbound, 1);
}

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

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(an_open_server_is_port_69),
		TEST(another_service_beside_it_keeps_its_port),
		TEST(a_port_that_was_asked_was_not_chosen),
		TEST(another_port_than_the_first_is_another_conversation),
		TEST(what_is_no_transfer_stays_what_it_was),
		TEST(a_flood_of_requests_is_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
