/* SPDX-License-Identifier: ISC */
/*
 * The clients of listed balancers, from frames to observations: one for each connection, or another
 * with each request; who is believed, who is not, and what each client is told to have got.
 */
#include <stdio.h>

#include "policy/grammar.h"
#include "tests/unit/traffic.h"

#define BALANCER	"10.1.2.3" /* listed, as the next; inside */
#define SECOND_BALANCER "10.1.2.4"
#define STRANGER	"203.0.113.9"
#define OTHER		"203.0.113.10"
#define HEADER		"PROXY TCP4 " STRANGER " 10.1.2.3 56324 6379\r\n"
#define PING		"*1\r\n$4\r\nPING\r\n"
#define PONG		"+PONG\r\n"
#define OK		"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
#define DENIED                                                                                     \
	"HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Basic\r\n"                                 \
	"Content-Length: 0\r\n\r\n"
#define GET(path, more) "GET " path " HTTP/1.1\r\nHost: a\r\n" more "\r\n"
#define FROM(list)	"X-Forwarded-For: " list "\r\n"
#define PORT		41000
#define NOBODY		"::" /* a client that nobody names */
#define TEN                                                                                        \
	"10.9.9.1,10.9.9.2,10.9.9.3,10.9.9.4,10.9.9.5,"                                            \
	"10.9.9.6,10.9.9.7,10.9.9.8,10.9.9.9"
#define NAMES_REAL_IP "10.1.2.5" /* whose header the policy names */
#define NAMES_LIST    "10.1.2.6"
#define NAMES_HEADER  "10.1.2.7"

static const char policy[] =
	TRAFFIC_POLICY "proxies:\n"
		       "  - " BALANCER "\n  - " SECOND_BALANCER "\n  - 198.51.100.77\n"
		       "  - { address: " NAMES_REAL_IP ", header: x-real-ip }\n"
		       "  - { address: " NAMES_LIST ", headers: [x-forwarded-for, forwarded] }\n"
		       "  - { address: " NAMES_HEADER ", header: proxy-protocol }\n";

static int begin(void **state)
{
	struct worker_options options = traffic_options();
	struct traffic *traffic = traffic_new(&options);
	struct policy_vocabulary vocabulary = services_vocabulary(traffic->services);
	struct policy_messages messages;

	policy_free(traffic->policy);
	traffic->policy = policy_parse(policy, sizeof policy - 1, &vocabulary, &messages);
	policy_messages_free(&messages);
	assert_non_null(traffic->policy);
	worker_set_policy(traffic->worker, traffic->policy);
	*state = traffic;
	return 0;
}

static int end(void **state)
{
	struct traffic *traffic = *state;

	worker_finish(traffic->worker);
	assert_int_equal(traffic_stats(traffic).flows, 0);
	assert_int_equal(traffic_stats(traffic).sessions.in_use, 0);
	traffic_free(traffic);
	return 0;
}

static struct talk connect_from(struct traffic *traffic, const char *client)
{
	struct talk talk = talk_new(traffic, PORT, 8080);

	talk.client = client;
	talk_open(&talk);
	return talk;
}

/* Everything that was told of one client. */
struct account {
	unsigned firsts, lasts, reports;
	uint64_t c2s, s2c;
	struct flow_report newest;
};

static struct account account_of(const struct traffic *traffic, const char *client)
{
	struct address address = address_of(client);
	struct account account = {.firsts = 0};

	for (size_t i = 0; i < traffic->count; i++) {
		const struct flow_report *flow = &traffic->observed[i].flow;

		if (traffic->observed[i].kind != OBSERVATION_FLOW ||
		    !address_equal(&flow->client, &address))
			continue;
		account.reports++;
		account.firsts += flow->first;
		account.lasts += flow->last;
		account.c2s += flow->new_bytes_c2s;
		account.s2c += flow->new_bytes_s2c;
		account.newest = *flow;
	}
	return account;
}

static void finish(struct traffic *traffic)
{
	worker_finish(traffic->worker);
	assert_int_equal(account_of(traffic, BALANCER).reports, 0);
}

static void assert_carried(const struct flow_report *flow, enum forwarded_by by)
{
	struct address balancer = address_of(BALANCER);

	assert_true(address_equal(&flow->carrier.address, &balancer));
	assert_int_equal(flow->carrier.port, PORT);
	assert_int_equal(flow->carrier.by, by);
}

static void a_proxy_header_split_at_every_byte(void **state)
{
	static const char all[] = HEADER PING;
	struct account account;

	for (size_t split = 0; split <= sizeof all - 1; split++) {
		struct traffic *traffic;
		struct talk talk;

		if (split != 0)
			begin(state);
		traffic = *state;
		talk = connect_from(traffic, BALANCER);
		if (split != 0)
			talk_bytes(&talk, SIDE_CLIENT, all, split);
		if (split != sizeof all - 1)
			talk_bytes(&talk, SIDE_CLIENT, all + split, sizeof all - 1 - split);
		talk_say(&talk, SIDE_SERVER, PONG);
		talk_end(&talk);
		finish(traffic);
		account = account_of(traffic, STRANGER);
		assert_int_equal(account.firsts, 1);
		assert_int_equal(account.lasts, 1);
		assert_int_equal(account.c2s, sizeof all - 1);
		assert_int_equal(account.s2c, strlen(PONG));
		assert_int_equal(account.newest.client_port, 56324);
		assert_int_equal(account.newest.outcome, OUTCOME_ESTABLISHED);
		assert_int_equal(account.newest.facts.auth, AUTH_NONE);
		assert_string_equal(account.newest.facts.service->name, "redis");
		assert_carried(&account.newest, FORWARDED_PROXY_V1);
		if (split != sizeof all - 1)
			end(state);
	}
}

static void a_header_and_nothing_else(void **state)
{
	struct traffic *traffic = *state;
	struct talk talk = connect_from(traffic, BALANCER);

	talk_say(&talk, SIDE_CLIENT, HEADER);
	assert_int_equal(account_of(traffic, STRANGER).firsts, 1);
	assert_false(traffic_flow(traffic)->server_payload);
	talk_end(&talk);
	finish(traffic);
	assert_int_equal(account_of(traffic, STRANGER).lasts, 1);
}

/* A server that was not made for it: its refusal answers none of the client's commands. */
static void a_header_that_is_refused(void **state)
{
	struct traffic *traffic = *state;
	struct talk talk = connect_from(traffic, BALANCER);
	struct account account;

	talk_say(&talk, SIDE_CLIENT, HEADER "*1\r\n$8\r\nFLUSHALL\r\n");
	talk_say(&talk, SIDE_SERVER, "-ERR unknown command 'PROXY'\r\n+OK\r\n");
	finish(traffic);
	account = account_of(traffic, STRANGER);
	assert_int_equal(account.newest.facts.command_count, 1);
	assert_int_equal(account.newest.facts.commands[0].accepted, ANSWER_YES);
}

static void health_checks_are_the_balancers_own(void **state)
{
	struct traffic *traffic = *state;
	struct talk talk = connect_from(traffic, BALANCER);

	talk_say(&talk, SIDE_CLIENT, "PROXY UNKNOWN\r\n" PING);
	talk_say(&talk, SIDE_SERVER, PONG);
	talk_end(&talk);
	talk = connect_from(traffic, BALANCER);
	talk_bytes(&talk, SIDE_CLIENT, "\r\n\r\n\0\r\nQUIT\n\x20\0\0\0" PING, 16 + strlen(PING));
	talk_say(&talk, SIDE_SERVER, PONG);
	finish(traffic);
	assert_int_equal(traffic->count, 0);
	assert_int_equal(traffic_stats(traffic).carried, 0);
	assert_int_equal(traffic_stats(traffic).carried_nobody, 2);
}

/* Closed ports of a backend are no news of a wall, nor is what is said over UDP. */
static void a_balancer_is_no_probe(void **state)
{
	struct traffic *traffic = *state;
	struct talk talk = talk_new(traffic, PORT, 8080);

	talk.client = BALANCER;
	talk_flags(&talk, SIDE_CLIENT, TCP_SYN);
	talk.server_at = 0;
	talk_flags(&talk, SIDE_SERVER, TCP_RST | TCP_ACK);
	traffic_udp(traffic, BALANCER, PORT, SERVER, 53, "?");
	traffic_udp(traffic, SERVER, 53, BALANCER, PORT, "!");
	traffic_pass(traffic, 10 * SECOND);
	finish(traffic);
	assert_int_equal(traffic->count, 0);
	assert_int_equal(traffic_stats(traffic).probes, 0);
	assert_int_equal(traffic_stats(traffic).flows_created, 1);
}

static void whoever_is_not_listed_is_not_believed(void **state)
{
	struct traffic *traffic = *state;
	struct address claimed = address_of("10.9.9.9");
	struct talk talk = connect_from(traffic, CLIENT);
	struct account account;

	talk_say(&talk, SIDE_CLIENT, "PROXY TCP4 10.9.9.9 10.1.2.3 1 2\r\n" PING);
	talk_say(&talk, SIDE_SERVER, PONG);
	talk_end(&talk);
	account = account_of(traffic, CLIENT);
	assert_int_equal(account.newest.carrier.by, FORWARDED_NOT);
	assert_int_equal(account.newest.facts.claims, 1);
	assert_int_equal(account.newest.facts.claimed_by, FORWARDED_PROXY_V1);
	assert_memory_equal(account.newest.facts.claimed, claimed.bytes, 16);
	assert_string_equal(account.newest.facts.service->name, "redis");
	talk.client_port++;
	talk_open(&talk);
	talk_say(&talk, SIDE_CLIENT, GET("/", FROM("10.9.9.9")) GET("/", FROM("10.9.9.9")));
	talk_say(&talk, SIDE_SERVER, OK OK);
	finish(traffic);
	account = account_of(traffic, CLIENT);
	assert_int_equal(account.newest.facts.claims, 2);
	assert_int_equal(account.newest.facts.claimed_by, FORWARDED_X_FORWARDED_FOR);
	assert_int_equal(traffic_stats(traffic).sessions.claims, 3);
	assert_int_equal(traffic_stats(traffic).carried, 0);
	/* From inside it is nobody's business at all. */
	traffic->count = 0;
	talk = connect_from(traffic, "10.1.2.9");
	talk_say(&talk, SIDE_CLIENT, GET("/", FROM(STRANGER)));
	talk_say(&talk, SIDE_SERVER, OK);
	finish(traffic);
	assert_int_equal(traffic->count, 0);
}

struct naming_case {
	const char *request, *client; /* NULL: one who may */
};

static void assert_named(void **state, const char *from, const struct naming_case *c)
{
	struct traffic *traffic = *state;
	struct talk talk = connect_from(traffic, from);
	struct account account;

	talk_say(&talk, SIDE_CLIENT, c->request);
	talk_say(&talk, SIDE_SERVER, OK);
	finish(traffic);
	if (!c->client) {
		assert_int_equal(traffic->count, 0);
		return;
	}
	account = account_of(traffic, c->client);
	assert_int_equal(account.reports, traffic->count);
	assert_int_equal(account.firsts, 1);
	assert_int_equal(account.newest.facts.auth, AUTH_NONE);
}

static void assert_all_named(void **state, const char *from, const struct naming_case *cases,
			     size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (i != 0)
			begin(state);
		assert_named(state, from, &cases[i]);
		if (i + 1 < count)
			end(state);
	}
}

#define ALL_OF(cases) (cases), sizeof(cases) / sizeof *(cases)

static void the_strictest_reading_of_a_list_wins(void **state)
{
	static const struct naming_case cases[] = {
		{GET("/", FROM("10.9.9.9, " STRANGER)), STRANGER},
		{GET("/", FROM("10.9.9.9")), NULL},
		{GET("/", FROM("10.9.9.9, 10.9.9.8")), NULL},
		{GET("/", FROM(STRANGER ", 10.9.9.9")), STRANGER},
		{GET("/", FROM(OTHER ", " STRANGER ", " SECOND_BALANCER ", " BALANCER)), STRANGER},
		{GET("/", FROM("10.9.9.9") FROM(STRANGER)), STRANGER},
		{GET("/", FROM(STRANGER) FROM("10.9.9.9")), STRANGER},
		{GET("/", FROM("unknown")), NOBODY},
		{GET("/", FROM("")), NOBODY},
		{GET("/", FROM(" , ")), NOBODY},
		{GET("/", FROM(BALANCER)), NOBODY},
		{GET("/", FROM(SECOND_BALANCER)), NOBODY},
		{GET("/", FROM("10.20.0.5")), NOBODY}, /* the server */
		{GET("/", FROM("127.0.0.1")), NOBODY},
		{GET("/", FROM("::1")), NOBODY},
		{GET("/", FROM("0.0.0.0")), NOBODY},
		{GET("/", FROM("10.9.9.9, unknown")), NOBODY},
		{GET("/", FROM(STRANGER ", unknown")), STRANGER},
		{GET("/", FROM(STRANGER ", unknown, 198.51.100.77")), STRANGER},
		{GET("/", FROM("\t" STRANGER ":80 ")), STRANGER},
		{GET("/", FROM("[2001:db8::9]:4711")), "2001:db8::9"},
		{GET("/", FROM("::ffff:" STRANGER)), STRANGER},
		{GET("/", "x-FORWARDED-foR:" STRANGER "\r\n"), STRANGER},
		{GET("/", ""), NULL},
	};

	assert_all_named(state, BALANCER, ALL_OF(cases));
}

static void the_strictest_of_all_headers_wins(void **state)
{
	static const struct naming_case cases[] = {
		{GET("/", "Forwarded: for=\"[2001:db8::9]:4711\";proto=http\r\n"), "2001:db8::9"},
		{GET("/", "Forwarded: for=_hidden\r\n"), NOBODY},
		{GET("/", "Forwarded: for=unknown\r\n"), NOBODY},
		{GET("/", "Forwarded: proto=http\r\n"), NOBODY},
		{GET("/", "x-real-ip: " STRANGER "\r\n"), STRANGER},
		{GET("/", "X-Real-IP: " OTHER "\r\n" FROM(STRANGER)), STRANGER},
		{GET("/", FROM("10.9.9.9") "X-Real-IP: " STRANGER "\r\n"), STRANGER},
		{GET("/", FROM("unknown") "X-Real-IP: " STRANGER "\r\n"), STRANGER},
		{GET("/", FROM("unknown") "X-Real-IP: 10.9.9.9\r\n"), NOBODY},
		{GET("/", FROM("10.9.9.9") "Forwarded: for=_hidden\r\n"), NOBODY},
		{GET("/", FROM("") "X-Real-IP: 10.9.9.9\r\n"), NULL},
		{GET("/", FROM(BALANCER) "X-Real-IP: 10.9.9.9\r\n"), NULL},
		{GET("/", FROM("10.9.9.9") "Forwarded: proto=https\r\n"), NULL},
		{GET("/", FROM("") "Forwarded: for=" STRANGER "\r\n"), STRANGER},
		{GET("/", FROM(BALANCER) "CF-Connecting-IP: " STRANGER "\r\n"), STRANGER},
		{GET("/", FROM("10.9.9.9") "True-Client-IP: " STRANGER "\r\n"), STRANGER},
		{GET("/", "X-Client-IP: " STRANGER "\r\n" FROM("10.9.9.9")), STRANGER},
		{GET("/", "X-Envoy-External-Address: " STRANGER "\r\n"), STRANGER},
		{GET("/", "X-Azure-ClientIP: " STRANGER "\r\n"), STRANGER},
		{GET("/", "X-Cluster-Client-Ip: " STRANGER "\r\n"), STRANGER},
		{GET("/", "X-Real-IP: " STRANGER "\r\nX-Real-IP: 10.9.9.9\r\n"), STRANGER},
		/* However much the client writes. */
		{GET("/", "X-Real-IP: " STRANGER "\r\n" FROM(TEN) FROM(TEN) FROM(TEN)), STRANGER},
		{GET("/", FROM(TEN) FROM(TEN)), NOBODY},
		/* Who came by PROXY header and is no proxy cannot clear itself. */
		{HEADER GET("/", FROM(OTHER)), STRANGER},
		{HEADER GET("/", FROM("10.9.9.9")), STRANGER},
		{HEADER GET("/", FROM("unknown")), STRANGER},
		{"PROXY TCP4 10.9.9.9 10.1.2.3 1 2\r\n" GET("/", FROM("unknown")), NULL},
		{"PROXY TCP4 10.9.9.9 10.1.2.3 1 2\r\n" GET("/", FROM(OTHER)), OTHER},
		{"PROXY TCP4 " SECOND_BALANCER " 10.1.2.3 1 2\r\n" GET("/", FROM(OTHER)), OTHER},
		{"PROXY TCP4 " SECOND_BALANCER " 10.1.2.3 1 2\r\n" GET("/", ""), NULL},
	};

	assert_all_named(state, BALANCER, ALL_OF(cases));
}

/* The policy says which header these set. */
static void only_the_named_header_is_believed(void **state)
{
	static const struct naming_case real_ip[] = {
		{GET("/", "X-Real-IP: " STRANGER "\r\n"), STRANGER},
		{GET("/", "X-Real-IP: " STRANGER "\r\n" FROM("10.9.9.9")), STRANGER},
		{GET("/", "X-Real-IP: 10.9.9.9\r\n" FROM(STRANGER)), NULL},
		{GET("/", FROM("10.9.9.9")), NOBODY},
		{GET("/", FROM(STRANGER)), NOBODY},
		{GET("/", ""), NULL},
		/* The outer one sets X-Forwarded-For. */
		{GET("/", "X-Real-IP: " NAMES_LIST "\r\n" FROM(STRANGER)), STRANGER},
		{GET("/", "X-Real-IP: " NAMES_LIST "\r\n" FROM("10.9.9.9")), NULL},
		{GET("/", "X-Real-IP: " NAMES_LIST "\r\nX-Client-IP: 10.9.9.9\r\n"), NOBODY},
		{"PROXY TCP4 10.9.9.9 10.1.2.3 1 2\r\n" GET("/", "X-Real-IP: " STRANGER "\r\n"),
		 STRANGER},
	};
	static const struct naming_case list[] = {
		{GET("/", FROM("10.9.9.9")), NULL},
		{GET("/", FROM(STRANGER ", 10.9.9.9")), NULL},
		{GET("/", FROM("10.9.9.9, " STRANGER)), STRANGER},
		{GET("/", FROM("10.9.9.9, unknown")), NOBODY},
		{GET("/", FROM("10.9.9.9, " NAMES_LIST)), NULL},
		{GET("/", FROM("10.9.9.9") "Forwarded: for=" STRANGER "\r\n"), STRANGER},
		{GET("/", FROM("10.9.9.9") "X-Real-IP: " STRANGER "\r\n"), NULL},
	};
	static const struct naming_case header[] = {
		{HEADER GET("/", FROM("10.9.9.9")), STRANGER},
		{"PROXY TCP4 10.9.9.9 10.1.2.3 1 2\r\n" GET("/", FROM(STRANGER)), NULL},
		{GET("/", FROM("10.9.9.9")), NOBODY},
	};

	assert_all_named(state, NAMES_REAL_IP, ALL_OF(real_ip));
	end(state);
	begin(state);
	assert_all_named(state, NAMES_LIST, ALL_OF(list));
	end(state);
	begin(state);
	assert_all_named(state, NAMES_HEADER, ALL_OF(header));
}

/* A contradiction is told; agreement, and what names nobody, is none. */
static void what_is_not_believed_is_a_claim(void **state)
{
	struct traffic *traffic = *state;
	struct address claimed = address_of("10.9.9.9");
	struct talk talk = connect_from(traffic, BALANCER);
	struct facts facts;

	talk_say(&talk, SIDE_CLIENT, GET("/", FROM("10.9.9.9") "X-Real-IP: " STRANGER "\r\n"));
	talk_say(&talk, SIDE_SERVER, OK);
	talk_say(&talk, SIDE_CLIENT,
		 GET("/", FROM(OTHER) "X-Real-IP: " OTHER "\r\nForwarded: for=unknown\r\n"));
	talk_say(&talk, SIDE_SERVER, OK);
	finish(traffic);
	facts = account_of(traffic, STRANGER).newest.facts;
	assert_int_equal(facts.claims, 1);
	assert_int_equal(facts.claimed_by, FORWARDED_X_FORWARDED_FOR);
	assert_memory_equal(facts.claimed, claimed.bytes, sizeof facts.claimed);
	assert_int_equal(account_of(traffic, OTHER).newest.facts.claims, 0);
}

/* One number for one header, in the policy and in what is read. */
static void headers_have_the_names_of_the_policy(void **state)
{
	(void)state;
	for (unsigned by = 1; by < FORWARDED_PROXY_V1; by++)
		assert_string_equal(grammar_proxy_headers[by - 1],
				    forwarded_by_name((enum forwarded_by)by));
	assert_string_equal(grammar_proxy_headers[FORWARDED_PROXY_V1 - 1], "proxy-protocol");
	assert_null(grammar_proxy_headers[FORWARDED_PROXY_V1]);
}

/* Each gets what is its own, wherever the segments end. */
static void two_clients_in_one_segment(void **state)
{
	static const char requests[] = GET("/a", FROM(STRANGER)) GET("/b", FROM("10.9.9.9"))
		GET("/c", FROM(OTHER) "Authorization: Basic YWxpY2U6eA==\r\n")
			GET("/d", FROM(STRANGER));
	static const char responses[] = OK OK DENIED OK;
	struct account account;

	for (size_t split = 1; split < sizeof requests - 1; split++) {
		struct traffic *traffic;
		struct talk talk;
		size_t cut = split % (sizeof responses - 2) + 1;

		if (split != 1)
			begin(state);
		traffic = *state;
		talk = connect_from(traffic, BALANCER);
		talk_bytes(&talk, SIDE_CLIENT, requests, split);
		talk_bytes(&talk, SIDE_CLIENT, requests + split, sizeof requests - 1 - split);
		talk_bytes(&talk, SIDE_SERVER, responses, cut);
		talk_bytes(&talk, SIDE_SERVER, responses + cut, sizeof responses - 1 - cut);
		talk_end(&talk);
		finish(traffic);
		account = account_of(traffic, STRANGER);
		assert_int_equal(account.firsts, 1);
		assert_int_equal(account.lasts, 1);
		assert_int_equal(account.newest.facts.auth, AUTH_NONE);
		assert_int_equal(account.newest.facts.command_count, 2);
		assert_string_equal(account.newest.facts.commands[1].text, "GET /d");
		assert_int_equal(account.newest.facts.commands[1].accepted, ANSWER_YES);
		assert_string_equal(account.newest.facts.path, "/a");
		assert_string_equal(account.newest.facts.user, "");
		assert_carried(&account.newest, FORWARDED_X_FORWARDED_FOR);
		assert_int_equal(account.c2s,
				 strlen(GET("/a", FROM(STRANGER)) GET("/d", FROM(STRANGER))));
		assert_int_equal(account.s2c, 2 * strlen(OK));
		account = account_of(traffic, OTHER);
		assert_int_equal(account.firsts, 1);
		assert_int_equal(account.s2c, strlen(DENIED));
		assert_int_equal(account.newest.facts.auth, AUTH_FAILED);
		assert_int_equal(account.newest.facts.logins_failed, 1);
		assert_string_equal(account.newest.facts.user, "alice");
		assert_int_equal(account.newest.facts.data_read, ANSWER_NO);
		assert_int_equal(account.newest.facts.commands[0].accepted, ANSWER_NO);
		assert_int_equal(account_of(traffic, "10.9.9.9").reports, 0);
		if (split + 1 < sizeof requests - 1)
			end(state);
	}
}

/* One after the other, as balancers do it: bytes are exact, and nobody is forgotten. */
static void a_thousand_clients_on_one_connection(void **state)
{
	struct traffic *traffic = *state;
	struct talk talk = connect_from(traffic, BALANCER);
	char text[64], request[256];

	for (int i = 0; i < 1000; i++) {
		snprintf(text, sizeof text, "203.0.%d.%d", i / 250, 1 + i % 250);
		snprintf(request, sizeof request,
			 "GET /%d HTTP/1.1\r\nHost: a\r\nX-Forwarded-For: %s\r\n\r\n", i, text);
		talk_say(&talk, SIDE_CLIENT, request);
		talk_say(&talk, SIDE_SERVER, i % 2 ? OK : DENIED);
	}
	talk_end(&talk);
	finish(traffic);
	assert_int_equal(traffic_stats(traffic).carried, 1000);
	assert_int_equal(traffic_stats(traffic).carried_evicted, 1000 - 16);
	for (int i = 0; i < 1000; i++) {
		struct account account;

		snprintf(text, sizeof text, "203.0.%d.%d", i / 250, 1 + i % 250);
		snprintf(request, sizeof request,
			 "GET /%d HTTP/1.1\r\nHost: a\r\nX-Forwarded-For: %s\r\n\r\n", i, text);
		account = account_of(traffic, text);
		assert_int_equal(account.firsts, 1);
		assert_int_equal(account.lasts, 1);
		assert_int_equal(account.c2s, strlen(request));
		assert_int_equal(account.s2c, strlen(i % 2 ? OK : DENIED));
		assert_int_equal(account.newest.facts.auth, i % 2 ? AUTH_NONE : AUTH_REQUIRED);
		assert_int_equal(account.newest.facts.command_count, 1);
	}
}

/* Taking turns makes no conversations, and little news. */
static void two_clients_taking_turns(void **state)
{
	struct traffic *traffic = *state;
	struct talk talk = connect_from(traffic, BALANCER);
	struct account account;

	for (int i = 0; i < 500; i++) {
		talk_say(&talk, SIDE_CLIENT,
			 i % 2 ? GET("/", FROM(STRANGER)) : GET("/", FROM(OTHER)));
		talk_say(&talk, SIDE_SERVER, OK);
	}
	finish(traffic);
	account = account_of(traffic, STRANGER);
	assert_int_equal(account.firsts, 1);
	assert_int_equal(account.lasts, 1);
	assert_int_equal(account.s2c, 250 * strlen(OK));
	assert_int_equal(account_of(traffic, OTHER).s2c, 250 * strlen(OK));
	assert_true(traffic->count < 16);
	assert_int_equal(traffic_stats(traffic).carried, 2);
	assert_int_equal(traffic_stats(traffic).carried_evicted, 0);
}

/* More connections than sessions: nobody is told of twice at the same time, and nothing is lost. */
static void more_connections_than_sessions(void **state)
{
	struct traffic *traffic = *state;

	for (uint16_t i = 0; i < 50; i++) {
		struct talk talk = talk_new(traffic, (uint16_t)(PORT + i), 8080);

		talk.client = BALANCER;
		talk_open(&talk);
		for (int n = 0; n < 40; n++) {
			talk_say(&talk, SIDE_CLIENT,
				 n % 2 ? GET("/", FROM(STRANGER)) : GET("/", FROM(OTHER)));
			talk_say(&talk, SIDE_SERVER, OK);
		}
	}
	finish(traffic);
	assert_int_equal(account_of(traffic, STRANGER).firsts, 50);
	assert_int_equal(account_of(traffic, STRANGER).lasts, 50);
	assert_int_equal(account_of(traffic, STRANGER).s2c, 50 * 20 * strlen(OK));
	assert_int_equal(traffic_stats(traffic).sessions.evicted, 18);
}

static void gaps_between_clients(void **state)
{
	struct traffic *traffic = *state;
	struct talk talk = connect_from(traffic, BALANCER);

	talk_say(&talk, SIDE_CLIENT, GET("/", FROM(STRANGER)));
	talk_say(&talk, SIDE_SERVER, "HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\nbeginning");
	talk_say(&talk, SIDE_CLIENT, GET("/", FROM(OTHER)));
	talk.server_at += 20000; /* never seen */
	talk_say(&talk, SIDE_SERVER, "more of something");
	talk_say(&talk, SIDE_CLIENT, GET("/", FROM(OTHER)));
	talk_end(&talk);
	finish(traffic);
	assert_int_equal(account_of(traffic, OTHER).newest.facts.auth, AUTH_UNKNOWN);
	assert_int_equal(account_of(traffic, OTHER).newest.facts.data_read, ANSWER_UNKNOWN);
}

static void mail_proxies(void **state)
{
	struct traffic *traffic = *state;
	struct talk talk = connect_from(traffic, BALANCER);
	struct account account;

	talk_say(&talk, SIDE_SERVER, "220 mail.example ESMTP Postfix\r\n");
	talk_say(&talk, SIDE_CLIENT, "EHLO proxy\r\n");
	talk_say(&talk, SIDE_SERVER, "250-mail.example\r\n250 XCLIENT NAME ADDR LOGIN\r\n");
	talk_say(&talk, SIDE_CLIENT,
		 "XCLIENT ADDR=" STRANGER " LOGIN=alice NAME=[UNAVAILABLE]\r\n");
	talk_say(&talk, SIDE_SERVER, "220 mail.example ESMTP Postfix\r\n");
	talk_say(&talk, SIDE_CLIENT, "EHLO a\r\nMAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\n");
	talk_say(&talk, SIDE_SERVER, "250 mail.example\r\n250 ok\r\n250 ok\r\n");
	talk_end(&talk);
	account = account_of(traffic, STRANGER);
	assert_int_equal(account.newest.facts.auth, AUTH_NONE);
	assert_string_equal(account.newest.facts.product, "Postfix");
	assert_string_equal(account.newest.facts.service->name, "smtp");
	assert_carried(&account.newest, FORWARDED_XCLIENT);

	talk = connect_from(traffic, BALANCER);
	talk_say(&talk, SIDE_SERVER, "* OK Dovecot ready.\r\n");
	talk_say(&talk, SIDE_CLIENT,
		 "I ID (\"x-session-id\" \"x\" \"x-originating-ip\" \"" OTHER
		 "\" \"x-originating-port\" \"4711\")\r\nC LOGIN bob x\r\n");
	talk_say(&talk, SIDE_SERVER, "* ID NIL\r\nI OK done\r\nC NO no\r\n");
	talk_end(&talk);
	account = account_of(traffic, OTHER);
	assert_int_equal(account.newest.facts.auth, AUTH_FAILED);
	assert_string_equal(account.newest.facts.user, "bob");
	assert_int_equal(account.newest.client_port, 4711);
	assert_carried(&account.newest, FORWARDED_ID);

	talk = connect_from(traffic, BALANCER);
	talk_say(&talk, SIDE_SERVER, "+OK Dovecot ready.\r\n");
	talk_say(&talk, SIDE_CLIENT, "XCLIENT ADDR=2001:db8::5 PORT=4712\r\n");
	talk_say(&talk, SIDE_SERVER, "+OK Updated\r\n");
	talk_say(&talk, SIDE_CLIENT, "USER eve\r\n");
	talk_say(&talk, SIDE_SERVER, "+OK\r\n");
	talk_say(&talk, SIDE_CLIENT, "PASS x\r\n");
	talk_say(&talk, SIDE_SERVER, "+OK in\r\n");
	talk_end(&talk);
	finish(traffic);
	account = account_of(traffic, "2001:db8::5");
	assert_int_equal(account.newest.facts.auth, AUTH_SUCCEEDED);
	assert_string_equal(account.newest.facts.user, "eve");
	assert_carried(&account.newest, FORWARDED_XCLIENT);
}

/* Only what the client sends is mirrored. */
static void one_direction(void **state)
{
	struct traffic *traffic = *state;
	struct talk talk = talk_new(traffic, PORT, 8080);

	talk.client = BALANCER;
	talk.mirrored = SIGHT_CLIENT;
	talk_open(&talk);
	talk_say(&talk, SIDE_CLIENT, GET("/", FROM(STRANGER)));
	talk_end(&talk);
	talk_say(&talk, SIDE_CLIENT, GET("/", FROM(STRANGER)));
	finish(traffic);
	assert_int_equal(account_of(traffic, STRANGER).newest.sight, SIGHT_CLIENT);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		CASE(a_proxy_header_split_at_every_byte),
		CASE(a_header_and_nothing_else),
		CASE(a_header_that_is_refused),
		CASE(health_checks_are_the_balancers_own),
		CASE(a_balancer_is_no_probe),
		CASE(whoever_is_not_listed_is_not_believed),
		CASE(the_strictest_reading_of_a_list_wins),
		CASE(the_strictest_of_all_headers_wins),
		CASE(only_the_named_header_is_believed),
		CASE(what_is_not_believed_is_a_claim),
		CASE(headers_have_the_names_of_the_policy),
		CASE(two_clients_in_one_segment),
		CASE(a_thousand_clients_on_one_connection),
		CASE(two_clients_taking_turns),
		CASE(more_connections_than_sessions),
		CASE(gaps_between_clients),
		CASE(mail_proxies),
		CASE(one_direction),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
