/* SPDX-License-Identifier: ISC */
/*
 * The log and metrics sinks: Beats, Fluentd, RELP, GELF, statsd, Graphite, collectd, flow exports.
 */
#include "tests/unit/conversation.h"

extern const struct dissector beats_dissector, fluentd_dissector, relp_dissector, gelf_dissector;
extern const struct dissector statsd_dissector, graphite_dissector, collectd_dissector;
extern const struct dissector netflow_dissector, sflow_dissector;

static struct facts facts_of(const struct dissector *d, const struct turn *turns, size_t count)
{
	return conversation_read(d, turns, count, d->name);
}

#define UDP(d, datagram)                                                                           \
	dissect_recognise(&d##_dissector, OVER_UDP, (datagram), sizeof(datagram) - 1, "", 0, false)

static void beats_are_read(void **state)
{
	static const struct turn turns[] = {
		TURN_CLIENT("2W\0\0\0\1"
			    "2J\0\0\0\1\0\0\0\x10{\"message\":\"hi\"}"),
		TURN_SERVER("2A\0\0\0\1"),
	};
	struct facts facts = facts_of(&beats_dissector, turns, COUNT(turns));

	(void)state;
	assert_int_equal(facts.auth, AUTH_NONE);
	assert_int_equal(facts.data_read, ANSWER_NO);
	assert_int_equal(RECOGNISE_TCP(beats, "2W\0\0\0\1", "", true), RECOGNISED_MORE);
	assert_int_equal(RECOGNISE_TCP(beats,
				       "2W\0\0\0\1"
				       "2C",
				       "", true),
			 RECOGNISED_YES);
	assert_int_equal(RECOGNISE_TCP(beats,
				       "2W\0\0\0\1"
				       "1C",
				       "", true),
			 RECOGNISED_NO);
	assert_int_equal(RECOGNISE_TCP(beats,
				       "2W\0\0\0\1"
				       "2C",
				       "HTTP/1.1 400", false),
			 RECOGNISED_NO);
	assert_int_equal(RECOGNISE_TCP(beats, "", "2A\0\0\0\5", true), RECOGNISED_YES);
	assert_int_equal(RECOGNISE_TCP(beats, "2A\0\0\0\5", "", true), RECOGNISED_NO);
}

static void fluentd_is_read(void **state)
{
	static const struct turn open[] = {
		TURN_CLIENT("\x93\xa7"
			    "app.log\xce\x65\0\0\0\x82\xa3msg\xa2hi\xa1n\1"
			    "\x93\xd9\x03"
			    "app\xc4\x02zz\x81\xa5"
			    "chunk\xa2id"),
		TURN_SERVER("\x81\xa3"
			    "ack\xa2id"),
	};
	static const struct turn locked[] = {
		TURN_SERVER("\x92\xa4HELO\x83\xa5nonce\xc4\x04"
			    "abcd\xa4"
			    "auth\xc4\x04"
			    "salt\xa9keepalive\xc3"),
		TURN_CLIENT("\x96\xa4PING\xa4host\xa4salt\xd9\x08"
			    "digested\xa5"
			    "alice\xa6hashed"),
		TURN_SERVER("\x95\xa4PONG\xc3\xa0\xa6server\xa3xyz"),
	};
	static const struct turn refused[] = {
		TURN_SERVER("\x92\xa4HELO\x81\xa5nonce\xa4"
			    "abcd"),
		TURN_CLIENT("\x96\xa4PING\xa4host\xa4salt\xa6"
			    "digest\xa0\xa0"),
		TURN_SERVER("\x95\xa4PONG\xc2\xb3shared_key mismatch\xa0\xa0"),
	};
	struct facts facts = facts_of(&fluentd_dissector, open, COUNT(open));

	(void)state;
	assert_int_equal(facts.auth, AUTH_NONE);
	facts = facts_of(&fluentd_dissector, locked, COUNT(locked));
	assert_int_equal(facts.auth, AUTH_SUCCEEDED);
	assert_string_equal(facts.user, "alice");
	conversation_lacks(&facts, "digested");
	facts = facts_of(&fluentd_dissector, locked, 1);
	assert_int_equal(facts.auth, AUTH_REQUIRED);
	facts = facts_of(&fluentd_dissector, refused, COUNT(refused));
	assert_int_equal(facts.auth, AUTH_FAILED);
	assert_string_equal(facts.user, "");
	assert_int_equal(RECOGNISE_TCP(fluentd,
				       "\x93\xa3"
				       "tag\xce",
				       "", false),
			 RECOGNISED_MORE);
	assert_int_equal(RECOGNISE_TCP(fluentd,
				       "\x93\xa3"
				       "tag\xce",
				       "", true),
			 RECOGNISED_YES);
	assert_int_equal(RECOGNISE_TCP(fluentd,
				       "\x93\xa3"
				       "tag\xce",
				       "HTTP", false),
			 RECOGNISED_NO);
	assert_int_equal(RECOGNISE_TCP(fluentd, "\x94\0\1\xcf\0", "", true),
			 RECOGNISED_NO); /* other msgpack */
}

static void relp_is_read(void **state)
{
	static const struct turn turns[] = {
		TURN_CLIENT("1 open 85 relp_version=0\nrelp_software=librelp,1.2.7,http://"
			    "librelp.adiscon.com\ncommands=syslog\n"),
		TURN_SERVER("1 rsp 93 200 OK\nrelp_version=0\nrelp_software=librelp,1.11.0,http://"
			    "librelp.adiscon.com\ncommands=syslog\n"),
		TURN_CLIENT("2 syslog 12 <34>1 - hi !\n3 close 0\n"),
		TURN_SERVER("2 rsp 6 200 OK\n3 rsp 0\n0 serverclose 0\n"),
	};
	struct facts facts = facts_of(&relp_dissector, turns, COUNT(turns));

	(void)state;
	assert_int_equal(facts.auth, AUTH_NONE);
	assert_string_equal(facts.product, "librelp");
	assert_string_equal(facts.version, "1.11.0");
	conversation_has(&facts, "open", ANSWER_YES, 0);
	assert_int_equal(RECOGNISE_TCP(relp, "1 open 5", "", true), RECOGNISED_MORE);
	assert_int_equal(RECOGNISE_TCP(relp, "1 open 50 relp", "", false), RECOGNISED_MORE);
	assert_int_equal(RECOGNISE_TCP(relp, "1 open 50 relp", "", true), RECOGNISED_YES);
	assert_int_equal(RECOGNISE_TCP(relp, "", "1 rsp 50 500 no", false), RECOGNISED_YES);
	assert_int_equal(RECOGNISE_TCP(relp, "1 LOGIN a b\r\n", "", true), RECOGNISED_NO);
	assert_int_equal(RECOGNISE_TCP(relp, "1 open 50 relp", "1 OK\r\n", true), RECOGNISED_NO);
}

/* zlib and gzip made these; nothing here decompresses them. */
static void gelf_is_read(void **state)
{
	static const struct turn turns[] = {
		TURN_CLIENT("{\"version\":\"1.1\",\"host\":\"a\",\"short_message\":\"x\"}\0"),
	};
	struct facts facts = facts_of(&gelf_dissector, turns, COUNT(turns));

	(void)state;
	assert_int_equal(facts.auth, AUTH_NA);
	assert_int_equal(UDP(gelf, "{\"host\":\"a\", \"short_message\": \"x\"}"), RECOGNISED_YES);
	assert_int_equal(UDP(gelf, "{\"host\":\"a\", \"message\": \"x\"}"), RECOGNISED_NO);
	assert_int_equal(UDP(gelf, "\x1e\x0f\1\2\3\4\5\6\7\x08\0\2data"), RECOGNISED_YES);
	assert_int_equal(UDP(gelf, "\x1e\x0f\1\2\3\4\5\6\7\x08\2\2data"), RECOGNISED_NO);
	assert_int_equal(UDP(gelf, "\x1e\x0f\1\2\3\4\5\6\7\x08\0\2"), RECOGNISED_NO);
	assert_int_equal(UDP(gelf, "\x78\x9c\xab\x56\x2a\x4b\x2d\x2a\xce\xcc"), RECOGNISED_YES);
	assert_int_equal(UDP(gelf, "\x78\x9c\x01\x56\x2a\x4b\x2d\x2a\xce\xcc"), RECOGNISED_NO);
	assert_int_equal(UDP(gelf, "\x1f\x8b\x08\0\x49\x09\x02\x6b\x04\xff\xab\x56\x2a\x4b\x2d\x2a"
				   "\x4b\x2d\x2a\x4b"),
			 RECOGNISED_YES);
	assert_int_equal(RECOGNISE_TCP(gelf, "{\"a\":1}\0{\"short_message\":", "", false),
			 RECOGNISED_NO);
	assert_int_equal(RECOGNISE_TCP(gelf, "{\"version\":\"1.1\"", "", false), RECOGNISED_MORE);
	assert_int_equal(RECOGNISE_TCP(gelf, "{\"host\":\"\",\"short_message\":\"\"}", "{", false),
			 RECOGNISED_NO);
}

static void statsd_is_read(void **state)
{
	static const struct turn management[] = {
		TURN_CLIENT("health\nstats\ncounters\ndelcounters web.*\nquit\n"),
		TURN_SERVER("ERROR\n"),
	};
	struct facts facts = facts_of(&statsd_dissector, management, COUNT(management));

	(void)state;
	assert_int_equal(facts.auth, AUTH_NA);
	conversation_has(&facts, "delcounters", ANSWER_UNKNOWN, 0);
	assert_int_equal(RECOGNISE_TCP(statsd, "stats\n", "STAT pid 1\r\n", false), RECOGNISED_NO);
	assert_int_equal(RECOGNISE_TCP(statsd, "stats\n", "ERROR\n", false), RECOGNISED_MORE);
	assert_int_equal(UDP(statsd, "web.hits:1|c"), RECOGNISED_YES);
	assert_int_equal(UDP(statsd, "web.time:320|ms|@0.1\nweb.hits:1|c"), RECOGNISED_YES);
	assert_int_equal(UDP(statsd, "page.views:1|c|#env:prod"), RECOGNISED_YES);
	assert_int_equal(UDP(statsd, "_e{5,4}:title|text"), RECOGNISED_YES);
	assert_int_equal(UDP(statsd, "web.hits:1|x"), RECOGNISED_NO);
	assert_int_equal(UDP(statsd, "web.hits:1|cc"), RECOGNISED_NO);
	assert_int_equal(UDP(statsd, "web.hits:|c"), RECOGNISED_NO);
	assert_int_equal(UDP(statsd, "web.hits"), RECOGNISED_NO);
	assert_int_equal(RECOGNISE_TCP(statsd, "web.hits:1|c", "", false), RECOGNISED_MORE);
	assert_int_equal(RECOGNISE_TCP(statsd, "web.hits:1|c\n", "", false), RECOGNISED_YES);
	assert_int_equal(RECOGNISE_TCP(statsd, "web.hits:1|c\n", "x", false), RECOGNISED_NO);
}

static void graphite_is_read(void **state)
{
	static const struct turn turns[] = {
		TURN_CLIENT("a.b.c 1 1700000000\na.b.d;host=x 0.25 1700000000.5\n"),
	};
	struct facts facts = facts_of(&graphite_dissector, turns, COUNT(turns));

	(void)state;
	assert_int_equal(facts.auth, AUTH_NA);
	assert_int_equal(UDP(graphite, "a.b.c 1 1700000000\n"), RECOGNISED_YES);
	assert_int_equal(UDP(graphite, "a.b.c 1e3 1700000000"), RECOGNISED_YES);
	assert_int_equal(UDP(graphite, "abc 1 1700000000\n"), RECOGNISED_NO);
	assert_int_equal(UDP(graphite, "a.b 1 17\n"), RECOGNISED_NO);
	assert_int_equal(UDP(graphite, "a.b x 1700000000\n"), RECOGNISED_NO);
	assert_int_equal(RECOGNISE_TCP(graphite, "a.b 1 17000000", "", false), RECOGNISED_MORE);
	assert_int_equal(RECOGNISE_TCP(graphite, "\0\0\1\0\x80\2]q", "", false), RECOGNISED_YES);
	assert_int_equal(RECOGNISE_TCP(graphite, "\0\0\1\0\x80\1]q", "", false), RECOGNISED_NO);
}

#define COLLECTD                                                                                   \
	"\0\0\0\x0dlocalhos\0\0\1\0\x0c\0\0\0\0\x65\0\0\0\0\2\0\x08"                               \
	"cpu\0"

static void collectd_is_read(void **state)
{
	static const struct turn signed_part[] = {
		TURN_CLIENT("\2\0\0\x29"
			    "0123456789abcdef0123456789abcdef"
			    "alice" COLLECTD),
	};
	struct facts facts;

	(void)state;
	assert_int_equal(UDP(collectd, COLLECTD), RECOGNISED_YES);
	assert_int_equal(UDP(collectd, COLLECTD "\0\6\0\x10"), RECOGNISED_NO);
	assert_int_equal(UDP(collectd, "\0\0\0\x08"
				       "abcd"),
			 RECOGNISED_NO);
	assert_true(dissect_over(&collectd_dissector, OVER_UDP, signed_part, 1, 0, &facts));
	assert_string_equal(facts.user, "alice");
	assert_string_equal(facts.product, "collectd");
}

#define NETFLOW_5 "\0\5\0\1\0\0\1\0\x65\0\0\0\0\0\0\1\0\0\0\0\0\0\0\0"
#define ZEROS_48                                                                                   \
	"\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"                         \
	"\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"

static void exports_of_flows_are_read(void **state)
{
	static const struct turn ipfix[] = {
		TURN_CLIENT("\0\x0a\0\x18\x65\0\0\0\0\0\0\1\0\0\0\1\1\0\0\x08"
			    "abcd"),
	};
	struct facts facts = {.service = NULL};

	(void)state;
	assert_int_equal(UDP(netflow, NETFLOW_5 ZEROS_48), RECOGNISED_YES);
	assert_int_equal(UDP(netflow, NETFLOW_5 ZEROS_48 "\0"), RECOGNISED_NO);
	assert_int_equal(UDP(netflow, "\0\x09\0\1\0\0\1\0\x65\0\0\0\0\0\0\1\0\0\0\0\0\0\0\x08"
				      "abcd"),
			 RECOGNISED_YES);
	assert_int_equal(UDP(netflow, "\0\x09\0\1\0\0\1\0\5\0\0\0\0\0\0\1\0\0\0\0\0\0\0\x08"
				      "abcd"),
			 RECOGNISED_NO);
	assert_true(dissect_over(&netflow_dissector, OVER_UDP, ipfix, 1, 0, &facts));
	assert_string_equal(facts.service->name, "ipfix");
	assert_true(dissect_over(&netflow_dissector, OVER_TCP, ipfix, 1, 1, &facts));
	conversation_damage(&netflow_dissector, ipfix, 1);
	assert_int_equal(UDP(sflow, "\0\0\0\5\0\0\0\1\x0a\0\0\1\0\0\0\0\0\0\0\1\0\0\0\1\0\0\0\1"
				    "\0\0\0\2\0\0\0\x08"
				    "abcdefgh"),
			 RECOGNISED_YES);
	assert_int_equal(UDP(sflow, "\0\0\0\5\0\0\0\3\x0a\0\0\1\0\0\0\0\0\0\0\1\0\0\0\1\0\0\0\1"
				    "\0\0\0\2\0\0\0\x08"
				    "abcdefgh"),
			 RECOGNISED_NO);
}

/* Each datagram, cut anywhere and with any byte changed: only the sanitizer looks. */
static void damaged_datagrams_are_survived(void **state)
{
	static const char datagram[] = NETFLOW_5 ZEROS_48;
	static const char *const others[] = {"{\"host\":\"a\", \"short_message\": \"x\"}",
					     "web.hits:1|c|@0.1", "_e{5,4}:title|t",
					     "a.b.c 1 1700000000\n"};
	static const struct dissector *const all[] = {&gelf_dissector,	   &statsd_dissector,
						      &graphite_dissector, &collectd_dissector,
						      &netflow_dissector,  &sflow_dissector};

	(void)state;
	for (size_t d = 0; d < COUNT(all); d++) {
		for (size_t i = 0; i <= COUNT(others); i++) {
			struct turn turn = TURN_CLIENT(datagram);

			if (i < COUNT(others))
				turn = (struct turn){SIDE_CLIENT, others[i], strlen(others[i])};
			for (size_t n = 0; n <= turn.length; n++)
				dissect_recognise(all[d], OVER_UDP, turn.bytes, n, "", 0, true);
			conversation_damage(all[d], &turn, 1);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(beats_are_read),
		cmocka_unit_test(fluentd_is_read),
		cmocka_unit_test(relp_is_read),
		cmocka_unit_test(gelf_is_read),
		cmocka_unit_test(statsd_is_read),
		cmocka_unit_test(graphite_is_read),
		cmocka_unit_test(collectd_is_read),
		cmocka_unit_test(exports_of_flows_are_read),
		cmocka_unit_test(damaged_datagrams_are_survived),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
