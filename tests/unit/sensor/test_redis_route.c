/* SPDX-License-Identifier: ISC */
/* Which server is next: rounds, sentinels, redirections, and what a cluster says of its nodes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "sensor/redis/redis_greeting.h"

static struct redis_url url;

static struct redis_route route_of(const char *text)
{
	struct redis_route route;
	char error[REDIS_URL_ERROR] = "";

	if (!redis_url_parse(text, &url, error))
		fail_msg("%s", error);
	redis_route_init(&route, &url);
	return route;
}

static void assert_next(struct redis_route *route, const char *expected)
{
	char text[REDIS_NODE_TEXT];

	assert_string_equal(redis_node_format(redis_route_next(route), text), expected);
}

static void pauses_after_each_round(void **state)
{
	struct redis_route route = route_of("redis+cluster://a,b,c");

	(void)state;
	assert_next(&route, "a:6379");
	assert_true(redis_route_another(&route));
	assert_next(&route, "b:6379");
	assert_true(redis_route_another(&route));
	assert_next(&route, "c:6379");
	assert_false(redis_route_another(&route));
	assert_next(&route, "a:6379");
	route = route_of("redis://a");
	assert_next(&route, "a:6379");
	assert_false(redis_route_another(&route));
}

static void asks_sentinels_for_the_master(void **state)
{
	struct redis_route route = route_of("redis+sentinel://s1,s2/m");

	(void)state;
	assert_next(&route, "s1:26379");
	assert_true(route.to_sentinel);
	assert_false(redis_route_master(&route, "", "6379"));
	assert_false(redis_route_master(&route, "10.0.0.1", "0"));
	assert_false(redis_route_master(&route, "10.0.0.1", "65536"));
	assert_true(redis_route_master(&route, "2001:db8::1", "7000"));
	assert_next(&route, "[2001:db8::1]:7000");
	assert_false(route.to_sentinel);
	/* The master is lost: another sentinel is asked. */
	assert_next(&route, "s2:26379");
	assert_true(route.to_sentinel);
}

static void follows_redirections(void **state)
{
	struct redis_route route = route_of("redis://a:7000");

	(void)state;
	assert_next(&route, "a:7000");
	assert_true(redis_route_redirect(&route, "MOVED 3999 10.0.0.2:7001"));
	assert_next(&route, "10.0.0.2:7001");
	assert_false(route.asking);
	assert_true(redis_route_redirect(&route, "ASK 3999 2001:db8::5:7002"));
	assert_next(&route, "[2001:db8::5]:7002");
	assert_true(route.asking);
	/* The same host, another port. */
	assert_true(redis_route_redirect(&route, "MOVED 3999 :7003"));
	assert_next(&route, "[2001:db8::5]:7003");
	assert_false(route.asking);
	assert_true(redis_route_redirect(&route, "MOVED 3999 ?:7004"));
	assert_next(&route, "[2001:db8::5]:7004");
}

static void refuses_what_is_no_redirection(void **state)
{
	static const char *const wrong[] = {
		"",
		"MOVED",
		"MOVED ",
		"MOVED 1",
		"MOVED 1 ",
		"MOVED 1 host",
		"MOVED 1 host:",
		"MOVED 1 h:0",
		"MOVED 1 h:65536",
		"ASK 1",
		"ERR MOVED 1",
		"MOVED 1 h:x",
		"ASKING 1 h:1",
	};

	(void)state;
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
		struct redis_route route = route_of("redis://a");

		redis_route_next(&route);
		if (redis_route_redirect(&route, wrong[i]))
			fail_msg("accepted: %s", wrong[i]);
		assert_false(route.has_target);
	}
}

/* Two nodes that send us to each other for ever. */
static void gives_a_circle_up(void **state)
{
	struct redis_route route = route_of("redis+cluster://a");
	unsigned hops = 0;

	(void)state;
	while (hops < 100 && redis_route_redirect(&route, "MOVED 1 b:1"))
		hops++;
	assert_in_range(hops, 2, 20);
	assert_false(redis_route_another(&route));
	assert_true(redis_route_redirect(&route, "MOVED 1 b:1"));
}

static const char nodes_text[] =
	"07c3 127.0.0.1:30004@31004,host4.example,shard-id=1 slave e7d1 0 1426238317239 4 "
	"connected\n"
	"67ed 127.0.0.1:30002@31002,,tls-port=0 master - 0 1426238316232 2 connected 5461-10922\n"
	"292f 127.0.0.1:30003@31003 master,fail - 0 1426238318243 3 connected 10923-16383\n"
	"6ec2 :0@0 master,noaddr - 0 1426238318243 3 disconnected\n"
	"824f 2001:db8::7:30006@31006 slave 292f 0 1426238317741 6 connected\n"
	"e7d1 127.0.0.1:30001@31001 myself,master - 0 0 1 connected 0-5460\n"
	"rubbish\n\n a\n x y:1 z\n";

static void learns_nodes(void **state)
{
	struct redis_route route = route_of("redis+cluster://seed");

	(void)state;
	redis_route_next(&route);
	for (int i = 0; i < 2; i++) {
		redis_route_learn(&route, nodes_text);
		assert_int_equal(route.count, 5);
	}
	assert_string_equal(route.nodes[0].host, "seed");
	assert_int_equal(route.nodes[1].port, 30004);
	assert_string_equal(route.nodes[1].host, "127.0.0.1");
	assert_string_equal(route.nodes[3].host, "2001:db8::7");
	/* A certificate is for a name. */
	route = route_of("rediss+cluster://seed");
	redis_route_learn(&route, nodes_text);
	assert_string_equal(route.nodes[1].host, "host4.example");
	assert_string_equal(route.nodes[2].host, "127.0.0.1");
	redis_route_learn(&route, "");
	assert_int_equal(route.count, 1);
}

static void keeps_a_bound(void **state)
{
	struct redis_route route = route_of("redis+cluster://seed");
	char text[20000] = "";

	(void)state;
	for (int i = 0; i < 300; i++)
		snprintf(text + strlen(text), sizeof text - strlen(text),
			 "x 10.0.0.1:%d@1 master - 0 0 1 connected\n", i + 1);
	redis_route_learn(&route, text);
	assert_int_equal(route.count, REDIS_NODES_MAX);
}

static enum redis_welcome answer(struct redis_route *route, enum redis_due_kind kind,
				 struct redis_answer said, char reason[REDIS_REASON])
{
	struct redis_due about = {.kind = kind};

	reason[0] = '\0';
	return redis_greeting_answer(route, &about, &said, reason);
}

static void understands_answers(void **state)
{
	struct redis_route route = route_of("redis+sentinel://s1,s2/m");
	const struct redis_answer nothing = {.type = REDIS_NOTHING, .text = ""};
	const struct redis_answer error = {.type = REDIS_ERROR, .text = "NOPERM no"};
	struct redis_answer list = {.type = REDIS_LIST, .text = "", .items = {"slave", "h", "1"}};
	char reason[REDIS_REASON];

	(void)state;
	assert_int_equal(answer(&route, DUE_MASTER, nothing, reason), WELCOME_REFUSED);
	assert_non_null(strstr(reason, "knows no master m"));
	assert_int_equal(answer(&route, DUE_MASTER, error, reason), WELCOME_REFUSED);
	assert_int_equal(answer(&route, DUE_MASTER, list, reason), WELCOME_REFUSED);
	assert_int_equal(answer(&route, DUE_ROLE, list, reason), WELCOME_REFUSED);
	assert_non_null(strstr(reason, "a slave"));
	/* Without the right to ask, the first write will tell. */
	assert_int_equal(answer(&route, DUE_ROLE, error, reason), WELCOME_MORE);
	assert_int_equal(answer(&route, DUE_NODES, error, reason), WELCOME_MORE);
	list.items[0] = "master";
	assert_int_equal(answer(&route, DUE_ROLE, list, reason), WELCOME_MORE);
	list.items[0] = "10.0.0.1";
	list.items[1] = "7000";
	assert_int_equal(answer(&route, DUE_MASTER, list, reason), WELCOME_ELSEWHERE);
	assert_int_equal(answer(&route, DUE_SCRIPT, nothing, reason), WELCOME_REFUSED);
	assert_int_equal(answer(&route, DUE_DATABASE, error, reason), WELCOME_REFUSED);
	assert_int_equal(answer(&route, DUE_LOGIN, error, reason), WELCOME_REFUSED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pauses_after_each_round),
		cmocka_unit_test(asks_sentinels_for_the_master),
		cmocka_unit_test(follows_redirections),
		cmocka_unit_test(refuses_what_is_no_redirection),
		cmocka_unit_test(gives_a_circle_up),
		cmocka_unit_test(learns_nodes),
		cmocka_unit_test(keeps_a_bound),
		cmocka_unit_test(understands_answers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
