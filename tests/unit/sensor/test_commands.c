/* SPDX-License-Identifier: ISC */
/* Many commands in one packet: not all are read in full, but the bad one behind them is found. */
#include "tests/unit/traffic.h"

#define PACKET 1400

struct crowd_case {
	uint16_t port;
	const char *first, *answer; /* what makes the service known */
	const char *many, *bad;
	const char *noted; /* how the facts name it */
};

static const struct crowd_case cases[] = {
	{6379, "PING\r\n", "+PONG\r\n", "PING\r\n", "FLUSHALL\r\n", "FLUSHALL"},
	{6379, "PING\r\n", "+PONG\r\n", "a\n", "flushdb\n", "FLUSHDB"},
	{6379, "PING\r\n", "+PONG\r\n", "*1\r\n$1\r\na\r\n", "*1\r\n$8\r\nFLUSHALL\r\n",
	 "FLUSHALL"},
	{6379, "PING\r\n", "+PONG\r\n", "\n", "EVAL 1 0\n", "EVAL"},
	{11211, "version\r\n", "VERSION 1.6.9\r\n", "mn\r\n", "flush_all\r\n", "flush_all"},
	{80, "GET / HTTP/1.1\r\nHost: a\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
	 "GET / HTTP/1.1\r\n\r\n", "DELETE /customers HTTP/1.1\r\nHost: a\r\n\r\n",
	 "DELETE /customers"},
};

/* As many as there is room for, and the bad one at the end, which may go on in the next packet. */
static size_t fill(char *to, size_t before, const struct crowd_case *c)
{
	size_t length = 0, many = strlen(c->many), bad = strlen(c->bad);

	while (length + many <= before) {
		memcpy(to + length, c->many, many);
		length += many;
	}
	memcpy(to + length, c->bad, bad);
	return length + bad;
}

static const struct facts *facts_after(struct traffic *traffic)
{
	traffic_pass(traffic, 10 * SECOND);
	return &traffic_newest(traffic, OBSERVATION_FLOW)->flow.facts;
}

static bool is_noted(const struct facts *facts, const char *text)
{
	for (int i = 0; i < facts->command_count; i++) {
		if (strcmp(facts->commands[i].text, text) == 0)
			return true;
	}
	return false;
}

static struct talk begin(struct traffic *traffic, const struct crowd_case *c, uint16_t port)
{
	struct talk talk = talk_new(traffic, port, c->port);

	talk_open(&talk);
	talk_say(&talk, SIDE_CLIENT, c->first);
	talk_say(&talk, SIDE_SERVER, c->answer);
	return talk;
}

static void the_last_of_many_is_found(void **state)
{
	struct traffic *traffic = *state;
	char bytes[2 * PACKET];

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct talk talk = begin(traffic, &cases[i], (uint16_t)(41000 + i));
		size_t length = fill(bytes, PACKET - strlen(cases[i].bad), &cases[i]);
		const struct facts *facts;

		talk_bytes(&talk, SIDE_CLIENT, bytes, length);
		talk_bytes(&talk, SIDE_CLIENT, cases[i].many, strlen(cases[i].many));
		facts = facts_after(traffic);
		if (!is_noted(facts, cases[i].noted))
			fail_msg("%s: %s is not among %u", facts->service->name, cases[i].noted,
				 facts->command_count);
		if (!facts->limited)
			fail_msg("%s, %s: not limited", facts->service->name, cases[i].many);
	}
	assert_int_equal(traffic_stats(traffic).sessions.crowded, 6);
	assert_true(traffic_stats(traffic).sessions.passed_bytes > 4 * PACKET / 2);
}

/* Wherever the packet ends. */
static void it_may_go_on_in_the_next_packet(void **state)
{
	struct traffic *traffic = *state;
	char bytes[2 * PACKET];

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		size_t bad = strlen(cases[i].bad);

		if (cases[i].bad[0] == '*') /* an array's beginning is not read as a command */
			continue;
		for (size_t part = 1; part < bad; part += 3) {
			struct talk talk =
				begin(traffic, &cases[i], (uint16_t)(42000 + i * 100 + part));
			size_t length = fill(bytes, PACKET - part, &cases[i]);

			talk_bytes(&talk, SIDE_CLIENT, bytes, length - bad + part);
			talk_bytes(&talk, SIDE_CLIENT, cases[i].bad + part, bad - part);
			if (!is_noted(facts_after(traffic), cases[i].noted))
				fail_msg("%s cut behind %zu", cases[i].noted, part);
			traffic->count = 0;
		}
	}
}

static void what_honest_clients_send_is_read(void **state)
{
	static const char set[] = "*3\r\n$3\r\nSET\r\n$5\r\nkey:1\r\n$1\r\n1\r\n";
	struct traffic *traffic = *state;
	struct talk talk = begin(traffic, &cases[0], 43000);
	char bytes[2 * PACKET];
	struct crowd_case many = {.many = set, .bad = set};
	size_t length = fill(bytes, PACKET, &many);

	talk_bytes(&talk, SIDE_CLIENT, bytes, length);
	assert_false(facts_after(traffic)->limited);
	assert_int_equal(traffic_stats(traffic).sessions.crowded, 0);
}

/* An answer is never given to another's command, whatever was passed over. */
static void answers_stay_with_their_commands(void **state)
{
	struct traffic *traffic = *state;
	struct talk talk = begin(traffic, &cases[0], 44000);
	char bytes[2 * PACKET];
	size_t length = fill(bytes, PACKET - 20, &cases[0]);
	const struct facts *facts;

	talk_bytes(&talk, SIDE_CLIENT, bytes, length);
	for (size_t at = 0; at + strlen("FLUSHALL\r\n") < length; at += strlen("PING\r\n"))
		talk_say(&talk, SIDE_SERVER, "+PONG\r\n");
	talk_say(&talk, SIDE_SERVER, "-NOPERM no permissions\r\n");
	talk_say(&talk, SIDE_CLIENT, "FLUSHDB\r\n");
	talk_say(&talk, SIDE_SERVER, "+OK\r\n");
	facts = facts_after(traffic);
	for (int i = 0; i < facts->command_count; i++) {
		if (strcmp(facts->commands[i].text, "FLUSHALL") == 0)
			assert_int_not_equal(facts->commands[i].accepted, ANSWER_YES);
		if (strcmp(facts->commands[i].text, "FLUSHDB") == 0)
			assert_int_equal(facts->commands[i].accepted, ANSWER_YES);
	}
	assert_true(is_noted(facts, "FLUSHDB"));
}

static int setup(void **state)
{
	struct worker_options options = traffic_options();

	*state = traffic_new(&options);
	return 0;
}

static int teardown(void **state)
{
	traffic_free(*state);
	return 0;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_last_of_many_is_found),
		TEST(it_may_go_on_in_the_next_packet),
		TEST(what_honest_clients_send_is_read),
		TEST(answers_stay_with_their_commands),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
