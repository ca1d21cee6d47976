/* SPDX-License-Identifier: ISC */
/*
 * Decisions as a table: one policy, one row for each question, and what must be said. Then the
 * questions around it: who is whose, translations, proxies, views, thresholds.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/policy_vocabulary.h"

#define TCP    6
#define UDP    17
#define NO     POLICY_NO_SERVICE
#define BEFORE UINT64_C(1798761599999999999) /* the last nanosecond of 2026, UTC */
#define AFTER  UINT64_C(1798761600000000000)

static const char policy_text[] =
	"version: 1\n"
	"site: test\n"
	"position: inside\n"
	"thresholds: { data-out: 2 MiB, incident-window: 90s }\n"
	"zones:\n"
	"  partners: [198.51.100.0/24, 10.200.0.0/16]\n"
	"  inside: [10.0.0.0/8, fd00::/8]\n"
	"  lab: [198.51.100.128/25]\n"
	"proxies: [10.0.1.10, 10.0.2.0/24]\n"
	"translations:\n"
	"  - { public: 203.0.113.11, private: 10.20.0.6 }\n"
	"  - { public: 203.0.113.10, private: 10.60.0.1 }\n"
	"groups:\n"
	"  logging: { hosts: [10.20.0.0/24, fd00:20::/64], owner: platform, security-group: sg-1 "
	"}\n"
	"  mail: { hosts: [10.21.0.0/24, 192.0.2.25, fd00:21::/64], ports: [143, 6000-6010, "
	"514/udp] }\n"
	"  all: { hosts: [10.20.0.0/16, fd00:20::/32] }\n"
	"  visitors: { hosts: [10.200.1.0/24, fd00:200::/32], ports: [8080] }\n"
	"rules:\n"
	"  - { name: all-low, groups: [all, visitors], internal-only: true, allow: [lab], "
	"severity: low }\n"
	"  - { name: logging, groups: [logging], internal-only: true, severity: critical }\n"
	"  - { name: logging-again, groups: [logging, all], internal-only: true, severity: "
	"critical }\n"
	"  - { name: mail, groups: [mail], internal-only: true, both-directions: true, severity: "
	"medium, data-out: 64 KiB "
	"}\n"
	"  - name: databases\n"
	"    services: [database]\n"
	"    internal-only: true\n"
	"    allow: [partners]\n"
	"    severity: high\n"
	"  - { name: web-8080, services: [http], ports: [8080/tcp], internal-only: true, severity: "
	"low }\n"
	"exceptions:\n"
	"  - { rule: databases, server: 10.30.0.0/24, client: 203.0.113.0/24, reason: a, owner: "
	"o,\n"
	"      port: 6379, until: 2026-12-31 }\n"
	"  - { rule: databases, server: 10.30.0.0/16, client: 203.0.113.7, reason: b, owner: o,\n"
	"      ticket: T-1, until: 2026-06-30T00:00:00Z }\n"
	"  - { rule: logging, server: 10.20.0.9, client: 203.0.113.0/24, reason: c, owner: o,\n"
	"      until: 2026-12-31 }\n"
	"  - { rule: mail, server: 10.21.0.0/24, client: \"2001:db8::/32\", reason: d, owner: o,\n"
	"      until: 2026-12-31 }\n"
	"  - { rule: databases, server: 10.60.0.1, client: 203.0.113.200, reason: e, owner: o,\n"
	"      until: 2026-12-31 }\n"
	"  - { rule: mail, server: 10.21.0.7, client: 203.0.113.9, port: 25, reason: f, owner: o,\n"
	"      until: 2026-12-31 }\n";

enum {
	ZONE_INTERNET,
	ZONE_INSIDE,
	ZONE_PARTNERS,
	ZONE_LAB,
};
enum {
	GROUP_LOGGING,
	GROUP_MAIL,
	GROUP_ALL,
	GROUP_VISITORS,
};
enum {
	RULE_ALL_LOW,
	RULE_LOGGING,
	RULE_LOGGING_AGAIN,
	RULE_MAIL,
	RULE_DATABASES,
	RULE_WEB_8080,
};

#define NONE	  POLICY_NONE
#define ALLOWED	  POLICY_ALLOWED
#define EXCEPTED  POLICY_EXCEPTED
#define FORBIDDEN POLICY_FORBIDDEN
#define UNLISTED  POLICY_UNLISTED

struct row {
	const char *client, *server;
	uint64_t ts_ns;
	uint16_t port, transport, service;
	uint16_t verdict; /* enum policy_verdict */
	uint16_t rule, group, exception;
};

/* clang-format off */
static const struct row rows[] = {
	/* Nobody's business: not ours, or the client is inside, or in the very same group. */
	{"192.0.2.1", "203.0.113.99", BEFORE, 6379, TCP, SERVICE_REDIS, ALLOWED, NONE, NONE, NONE},
	{"10.1.1.1", "10.30.0.9", BEFORE, 6379, TCP, SERVICE_REDIS, ALLOWED, NONE, NONE, NONE},
	{"fd00::1", "fd00:20::1", BEFORE, 514, TCP, SERVICE_SYSLOG, ALLOWED, NONE, GROUP_LOGGING, NONE},
	{"192.0.2.25", "10.21.0.1", BEFORE, 143, TCP, SERVICE_IMAP, ALLOWED, NONE, GROUP_MAIL, NONE},
	/* ... but the group is about its ports only. */
	{"192.0.2.25", "10.21.0.1", BEFORE, 22, TCP, NO, UNLISTED, NONE, NONE, NONE},
	{"192.0.2.25", "10.21.0.1", BEFORE, 6379, TCP, SERVICE_REDIS, FORBIDDEN, RULE_DATABASES, NONE, NONE},
	/* By group: the severest, the first of equals; the group is one of that rule. */
	{"192.0.2.1", "10.20.0.5", BEFORE, 9200, TCP, NO, FORBIDDEN, RULE_LOGGING, GROUP_LOGGING, NONE},
	{"192.0.2.1", "10.20.0.5", BEFORE, 9200, UDP, SERVICE_SYSLOG, FORBIDDEN, RULE_LOGGING, GROUP_LOGGING, NONE},
	{"192.0.2.1", "10.20.1.5", BEFORE, 9200, TCP, NO, FORBIDDEN, RULE_LOGGING_AGAIN, GROUP_ALL, NONE},
	{"2001:db8::1", "fd00:20::5", BEFORE, 9200, TCP, NO, FORBIDDEN, RULE_LOGGING, GROUP_LOGGING, NONE},
	/* allow: the rule that allows the zone is silent, the others are not. */
	{"198.51.100.200", "10.20.1.5", BEFORE, 80, TCP, NO, FORBIDDEN, RULE_LOGGING_AGAIN, GROUP_ALL, NONE},
	{"198.51.100.7", "10.30.0.9", BEFORE, 6379, TCP, SERVICE_REDIS, ALLOWED, NONE, NONE, NONE},
	{"10.200.9.9", "10.30.0.9", BEFORE, 6379, TCP, SERVICE_REDIS, ALLOWED, NONE, NONE, NONE},
	/* A nested zone is another zone: the lab within the partners' prefix is not allowed. */
	{"198.51.100.200", "10.30.0.9", BEFORE, 6379, TCP, SERVICE_REDIS, FORBIDDEN, RULE_DATABASES, NONE, NONE},
	/* By service: any of our servers, any port, only once it is known. */
	{"192.0.2.1", "10.30.0.9", BEFORE, 6380, TCP, NO, UNLISTED, NONE, NONE, NONE},
	{"192.0.2.1", "10.30.0.9", BEFORE, 6380, TCP, SERVICE_REDIS, FORBIDDEN, RULE_DATABASES, NONE, NONE},
	{"192.0.2.1", "10.30.0.9", BEFORE, 9200, TCP, SERVICE_ELASTICSEARCH, FORBIDDEN, RULE_DATABASES, NONE, NONE},
	{"192.0.2.1", "10.30.0.9", BEFORE, 143, TCP, SERVICE_IMAP, UNLISTED, NONE, NONE, NONE},
	{"192.0.2.1", "10.30.0.9", BEFORE, 8080, TCP, SERVICE_HTTP, FORBIDDEN, RULE_WEB_8080, NONE, NONE},
	{"192.0.2.1", "10.30.0.9", BEFORE, 8081, TCP, SERVICE_HTTP, UNLISTED, NONE, NONE, NONE},
	{"192.0.2.1", "10.30.0.9", BEFORE, 8080, UDP, SERVICE_HTTP, UNLISTED, NONE, NONE, NONE},
	/* A by-service rule that wins keeps the group of the policy. */
	{"192.0.2.1", "10.21.0.1", BEFORE, 143, TCP, SERVICE_REDIS, FORBIDDEN, RULE_DATABASES, GROUP_MAIL, NONE},
	/* A group's ports, by protocol; a group with a public address. */
	{"192.0.2.1", "10.21.0.1", BEFORE, 143, TCP, NO, FORBIDDEN, RULE_MAIL, GROUP_MAIL, NONE},
	{"192.0.2.1", "10.21.0.1", BEFORE, 6000, TCP, NO, FORBIDDEN, RULE_MAIL, GROUP_MAIL, NONE},
	{"192.0.2.1", "10.21.0.1", BEFORE, 6010, UDP, NO, FORBIDDEN, RULE_MAIL, GROUP_MAIL, NONE},
	{"192.0.2.1", "10.21.0.1", BEFORE, 6011, TCP, NO, UNLISTED, NONE, NONE, NONE},
	{"192.0.2.1", "10.21.0.1", BEFORE, 514, UDP, NO, FORBIDDEN, RULE_MAIL, GROUP_MAIL, NONE},
	{"192.0.2.1", "10.21.0.1", BEFORE, 514, TCP, NO, UNLISTED, NONE, NONE, NONE},
	{"198.51.100.7", "192.0.2.25", BEFORE, 143, TCP, NO, FORBIDDEN, RULE_MAIL, GROUP_MAIL, NONE},
	{"198.51.100.7", "192.0.2.25", BEFORE, 25, TCP, NO, UNLISTED, NONE, NONE, NONE},
	/* Ours by its group though its zone is the partners'. */
	{"192.0.2.1", "10.200.1.1", BEFORE, 8080, TCP, NO, FORBIDDEN, RULE_ALL_LOW, GROUP_VISITORS, NONE},
	{"198.51.100.200", "10.200.1.1", BEFORE, 8080, TCP, NO, ALLOWED, NONE, GROUP_VISITORS, NONE},
	{"192.0.2.1", "10.200.1.1", BEFORE, 8081, TCP, NO, UNLISTED, NONE, NONE, NONE},
	{"192.0.2.1", "10.200.2.1", BEFORE, 8080, TCP, NO, ALLOWED, NONE, NONE, NONE},
	/* Exceptions: rule, server, port, client and time must all fit. */
	{"203.0.113.5", "10.30.0.9", BEFORE, 6379, TCP, SERVICE_REDIS, EXCEPTED, RULE_DATABASES, NONE, 0},
	{"203.0.113.5", "10.30.0.9", AFTER, 6379, TCP, SERVICE_REDIS, FORBIDDEN, RULE_DATABASES, NONE, NONE},
	{"203.0.113.5", "10.30.0.9", BEFORE, 6380, TCP, SERVICE_REDIS, FORBIDDEN, RULE_DATABASES, NONE, NONE},
	{"203.0.114.5", "10.30.0.9", BEFORE, 6379, TCP, SERVICE_REDIS, FORBIDDEN, RULE_DATABASES, NONE, NONE},
	{"203.0.113.5", "10.30.1.9", BEFORE, 6379, TCP, SERVICE_REDIS, FORBIDDEN, RULE_DATABASES, NONE, NONE},
	{"203.0.113.7", "10.30.1.9", UINT64_C(1782777599999999999), 3306, TCP, SERVICE_MYSQL, EXCEPTED, RULE_DATABASES, NONE, 1},
	{"203.0.113.7", "10.30.1.9", UINT64_C(1782777600000000000), 3306, TCP, SERVICE_MYSQL, FORBIDDEN, RULE_DATABASES, NONE, NONE},
	/* Exactly its own rule: another that forbids it still does. */
	{"203.0.113.5", "10.20.0.9", BEFORE, 9200, TCP, NO, FORBIDDEN, RULE_LOGGING_AGAIN, GROUP_LOGGING, NONE},
	{"2001:db8::5", "10.21.0.9", BEFORE, 143, TCP, NO, EXCEPTED, RULE_MAIL, GROUP_MAIL, 3},
	{"2001:db8::5", "10.21.0.9", BEFORE, 143, TCP, SERVICE_REDIS, FORBIDDEN, RULE_DATABASES, GROUP_MAIL, NONE},
	/* A public address is its private host: its groups, its exceptions. */
	{"192.0.2.1", "203.0.113.11", BEFORE, 9200, TCP, NO, FORBIDDEN, RULE_LOGGING, GROUP_LOGGING, NONE},
	{"192.0.2.1", "203.0.113.10", BEFORE, 22, TCP, NO, UNLISTED, NONE, NONE, NONE},
	{"203.0.113.200", "203.0.113.10", BEFORE, 6379, TCP, SERVICE_REDIS, EXCEPTED, RULE_DATABASES, NONE, 4},
	{"203.0.113.201", "203.0.113.10", BEFORE, 6379, TCP, SERVICE_REDIS, FORBIDDEN, RULE_DATABASES, NONE, NONE},
};
/* clang-format on */

static struct address address_of(const char *text)
{
	struct address address = {{0}};

	assert_true(address_parse(text, &address));
	return address;
}

static struct policy_place place_of(const struct policy *policy, const char *text)
{
	struct address address = address_of(text);

	return policy_place(policy, &address);
}

static int load(void **state)
{
	struct policy_messages messages;

	*state = policy_parse(policy_text, sizeof policy_text - 1, &test_vocabulary, &messages);
	for (size_t i = 0; i < messages.count; i++)
		print_error("%u:%u: %s\n", messages.list[i].line, messages.list[i].column,
			    messages.list[i].text);
	policy_messages_free(&messages);
	return *state == NULL;
}

static int unload(void **state)
{
	policy_free(*state);
	return 0;
}

static void check_row(const struct policy *policy, const struct row *row)
{
	struct policy_question question = {
		.server = address_of(row->server),
		.client = address_of(row->client),
		.port = row->port,
		.transport = (uint8_t)row->transport,
		.service = row->service,
		.ts_ns = row->ts_ns,
	};
	struct policy_decision decision;
	bool concerns = policy_concerns(policy_place(policy, &question.client),
					policy_place(policy, &question.server));

	policy_decide(policy, &question, &decision);
	if (decision.verdict != row->verdict || decision.rule != row->rule ||
	    decision.group != row->group || decision.exception != row->exception)
		print_error("row %zu: %s -> %s:%u\n", (size_t)(row - rows), row->client,
			    row->server, row->port);
	assert_int_equal(decision.verdict, row->verdict);
	assert_int_equal(decision.rule, row->rule);
	assert_int_equal(decision.group, row->group);
	assert_int_equal(decision.exception, row->exception);
	assert_true(concerns || row->verdict == ALLOWED);
	assert_int_equal(decision.severity, row->rule == NONE
						    ? SEVERITY_INFO
						    : policy_rule(policy, row->rule).severity);
	assert_int_equal(decision.data_out_bytes, row->rule == RULE_MAIL ? 64 << 10 : 2 << 20);
	assert_int_equal(decision.client_zone, place_of(policy, row->client).zone);
	assert_int_equal(decision.server_zone, place_of(policy, row->server).zone);
}

/* Connections that hosts of ours begin: only rules that say so, on any port. */
static void test_outbound(void **state)
{
	static const struct {
		const char *host, *remote;
		uint16_t port, verdict, rule;
	} outbound[] = {
		{"10.21.0.5", "192.0.2.1", 22, FORBIDDEN, RULE_MAIL},
		{"fd00:21::5", "2001:db9::1", 443, FORBIDDEN, RULE_MAIL},
		{"10.21.0.7", "203.0.113.9", 25, EXCEPTED, RULE_MAIL},
		{"10.21.0.7", "203.0.113.9", 26, FORBIDDEN, RULE_MAIL},
		{"192.0.2.25", "192.0.2.1", 25, FORBIDDEN, RULE_MAIL}, /* not inside, but ours */
		{"10.21.0.5", "10.1.1.1", 22, ALLOWED, NONE},	       /* inside */
		{"10.21.0.5", "192.0.2.25", 6379, ALLOWED, NONE},      /* the same group */
		{"10.20.0.5", "192.0.2.1", 22, ALLOWED, NONE},	 /* a rule for one direction */
		{"10.30.0.9", "192.0.2.1", 6379, ALLOWED, NONE}, /* never unlisted */
	};

	for (size_t i = 0; i < sizeof outbound / sizeof *outbound; i++) {
		struct policy_question question = {
			.server = address_of(outbound[i].host),
			.client = address_of(outbound[i].remote),
			.outbound = true,
			.port = outbound[i].port,
			.transport = TCP,
			.service = SERVICE_REDIS,
			.ts_ns = BEFORE,
		};
		bool concerns = policy_concerns_outbound(policy_place(*state, &question.server),
							 policy_place(*state, &question.client));
		struct policy_decision decision;

		policy_decide(*state, &question, &decision);
		if (decision.verdict != outbound[i].verdict)
			print_error("row %zu\n", i);
		assert_int_equal(decision.verdict, outbound[i].verdict);
		assert_int_equal(decision.rule, outbound[i].rule);
		assert_true(concerns || outbound[i].verdict == ALLOWED);
	}
}

static void test_decisions(void **state)
{
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		check_row(*state, &rows[i]);
}

static void test_places(void **state)
{
	assert_int_equal(place_of(*state, "10.1.2.3").zone, ZONE_INSIDE);
	assert_int_equal(place_of(*state, "198.51.100.127").zone, ZONE_PARTNERS);
	assert_int_equal(place_of(*state, "198.51.100.128").zone, ZONE_LAB);
	assert_int_equal(place_of(*state, "192.0.2.25").zone, ZONE_INTERNET);
	assert_true(place_of(*state, "192.0.2.25").ours);
	assert_false(place_of(*state, "192.0.2.26").ours);
	assert_true(place_of(*state, "203.0.113.10").ours);
	assert_false(place_of(*state, "203.0.113.12").ours);
	assert_false(place_of(*state, "10.200.2.1").ours);
	assert_int_equal(place_of(*state, "203.0.113.11").groups,
			 place_of(*state, "10.20.0.6").groups);
	assert_int_equal(place_of(*state, "203.0.113.10").groups, 0);
}

static void check_translated(const struct policy *policy, const char *from, const char *to)
{
	struct address address = address_of(from), wanted = address_of(to);
	struct address found = policy_translate(policy, &address);

	assert_true(address_equal(&found, &wanted));
}

static void test_translations_and_proxies(void **state)
{
	struct address proxy = address_of("10.0.1.10"), subnet = address_of("10.0.2.255"),
		       other = address_of("10.0.1.11");

	check_translated(*state, "203.0.113.10", "10.60.0.1");
	check_translated(*state, "203.0.113.11", "10.20.0.6");
	check_translated(*state, "203.0.113.12", "203.0.113.12");
	check_translated(*state, "::", "::");
	assert_true(policy_place(*state, &proxy).proxy);
	assert_true(policy_place(*state, &subnet).proxy);
	assert_false(policy_place(*state, &other).proxy);
}

static void test_listed_ports(void **state)
{
	struct address mail = address_of("10.21.0.1"), logging = address_of("10.20.0.5"),
		       foreign = address_of("192.0.2.1");

	assert_true(policy_lists_port(*state, &mail, TCP, 143));
	assert_true(policy_lists_port(*state, &mail, UDP, 514));
	assert_false(policy_lists_port(*state, &mail, TCP, 514));
	assert_false(policy_lists_port(*state, &mail, TCP, 22));
	assert_false(policy_lists_port(*state, &logging, TCP, 9200));
	assert_true(policy_lists_port(*state, &logging, TCP, 8080));
	assert_false(policy_lists_port(*state, &foreign, TCP, 8080));
}

static void test_views(void **state)
{
	const struct policy *policy = *state;

	assert_int_equal(policy_zone_count(policy), 4);
	assert_string_equal(policy_zone(policy, ZONE_INTERNET).name, "internet");
	assert_string_equal(policy_zone(policy, ZONE_INSIDE).name, "inside");
	assert_string_equal(policy_zone(policy, ZONE_PARTNERS).name, "partners");
	assert_int_equal(policy_group_count(policy), 4);
	assert_string_equal(policy_group(policy, GROUP_LOGGING).name, "logging");
	assert_string_equal(policy_group(policy, GROUP_LOGGING).security_group, "sg-1");
	assert_string_equal(policy_group(policy, GROUP_MAIL).owner, "");
	assert_int_equal(policy_group(policy, GROUP_MAIL).line, 15);
	assert_false(policy_group(policy, GROUP_MAIL).ipv4_only);
	assert_int_equal(policy_rule_count(policy), 6);
	assert_string_equal(policy_rule(policy, RULE_DATABASES).name, "databases");
	assert_true(policy_rule(policy, RULE_DATABASES).by_service);
	assert_false(policy_rule(policy, RULE_MAIL).by_service);
	assert_int_equal(policy_rule(policy, RULE_DATABASES).line, 23);
	assert_int_equal(policy_exception_count(policy), 6);
	assert_string_equal(policy_exception(policy, 1).ticket, "T-1");
	assert_string_equal(policy_exception(policy, 0).ticket, "");
	assert_string_equal(policy_exception(policy, 2).rule, "logging");
	assert_int_equal(policy_exception(policy, 0).until_ns, AFTER);
	assert_string_equal(policy_site(policy), "test");
	assert_int_equal(policy_position(policy), POSITION_INSIDE);
	assert_string_equal(policy_severity_name(SEVERITY_CRITICAL), "critical");
}

static void test_thresholds(void **state)
{
	const struct policy_thresholds *thresholds = policy_thresholds(*state);

	assert_int_equal(thresholds->data_out_bytes, 2 << 20);
	assert_int_equal(thresholds->incident_window_ns, UINT64_C(90000000000));
	assert_int_equal(thresholds->close_probes, 3);
	assert_int_equal(thresholds->close_spread_ns, UINT64_C(3000000000));
	assert_int_equal(thresholds->collapse_ports, 64);
	assert_int_equal(thresholds->collapse_endpoints, 64);
	assert_int_equal(thresholds->collapse_client, 256);
	assert_int_equal(thresholds->announcements_per_second, 1000);
	assert_int_equal(thresholds->summary_every_ns, UINT64_C(3600000000000));
	assert_int_equal(thresholds->unconfirmed_after_ns, UINT64_C(86400000000000));
	assert_int_equal(thresholds->exception_warning_ns, UINT64_C(604800000000000));
}

static void test_digest(void **unused)
{
	static const char one[] = "version: 1\nzones: { inside: [10.0.0.0/8] }\n";
	static const char two[] = "version: 1\nzones: { inside: [10.0.0.0/9] }\n";
	struct policy_messages messages;
	struct policy *a = policy_parse(one, sizeof one - 1, &test_vocabulary, &messages);
	struct policy *b = policy_parse(one, sizeof one - 1, &test_vocabulary, &messages);
	struct policy *c = policy_parse(two, sizeof two - 1, &test_vocabulary, &messages);

	(void)unused;
	assert_int_equal(strlen(policy_digest(a)), 32);
	assert_string_equal(policy_digest(a), policy_digest(b));
	assert_string_not_equal(policy_digest(a), policy_digest(c));
	assert_string_equal(policy_site(a), "default");
	assert_int_equal(policy_position(a), POSITION_AUTO);
	assert_int_equal(policy_thresholds(a)->data_out_bytes, 1 << 20);
	policy_free(a);
	policy_free(b);
	policy_free(c);
	policy_free(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_decisions),
		cmocka_unit_test(test_outbound),
		cmocka_unit_test(test_places),
		cmocka_unit_test(test_translations_and_proxies),
		cmocka_unit_test(test_listed_ports),
		cmocka_unit_test(test_views),
		cmocka_unit_test(test_thresholds),
		cmocka_unit_test(test_digest),
	};

	return cmocka_run_group_tests(tests, load, unload);
}
