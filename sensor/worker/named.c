/* SPDX-License-Identifier: ISC */
/* See named.h. */
#include <string.h>

#include "dissectors/read/facts.h"
#include "sensor/worker/named.h"

#define ALL_HEADERS UINT32_MAX
#define V4_LOOPBACK 127

/* A reading of what was told, by the headers that are believed so far. */
struct reading {
	const struct naming *naming;
	const struct forwarded *told;
	uint32_t believed; /* bits: 1 << number of a header in the policy */
	bool strict;	   /* some proxy on the way does not say which header it sets */
	bool hidden;	   /* a believed header says that the client is not to be known */
	bool found;
	int rank; /* of `best`; RANK_UNKNOWN until it has to be compared */
	struct named best;
};

#define RANK_UNKNOWN (-1)

/* A policy knows the PROXY protocol by one number. */
static uint32_t bit_of(unsigned by)
{
	return UINT32_C(1) << (by > FORWARDED_PROXY_V1 ? FORWARDED_PROXY_V1 : by);
}

static struct address address_of_hop(const struct forwarded_address *hop)
{
	struct address address;

	memcpy(address.bytes, hop->bytes, sizeof address.bytes);
	return address;
}

static bool is_proxy(const struct naming *naming, const struct address *address)
{
	return policy_place(naming->policy, address).proxy;
}

/* 127/8, ::1, and what is no address at all: 0.0.0.0, :: */
static bool is_nowhere(const struct address *address)
{
	static const struct address none = {.bytes = {0}};
	const uint8_t *bytes = address->bytes;

	if (address_is_ipv4(address))
		return bytes[12] == V4_LOOPBACK || memcmp(bytes + 12, none.bytes, 4) == 0;
	return memcmp(bytes, none.bytes, 15) == 0 && bytes[15] <= 1;
}

static bool is_server(const struct naming *naming, const struct address *address)
{
	struct address own = policy_translate(naming->policy, &naming->question.server);
	struct address other = policy_translate(naming->policy, address);

	return address_equal(&own, &other);
}

/* Does it say who the client is? Listed proxies are on the way to it. */
static bool names_somebody(const struct naming *naming, const struct forwarded_address *hop)
{
	struct address address = address_of_hop(hop);

	return hop->known && !is_nowhere(&address) && !is_server(naming, &address) &&
	       !is_proxy(naming, &address);
}

/* How much the policy is against this client; the more the worse. */
static int rank_of(const struct naming *naming, const struct address *client)
{
	struct policy_place server = policy_place(naming->policy, &naming->question.server);
	struct policy_place place = policy_place(naming->policy, client);
	struct policy_question question = naming->question;
	struct policy_decision decision;
	int rank = 0;

	question.client = *client;
	policy_decide(naming->policy, &question, &decision);
	switch (decision.verdict) {
	case POLICY_FORBIDDEN:
		rank = 4 + (int)decision.severity;
		break;
	case POLICY_UNLISTED:
		rank = 3;
		break;
	case POLICY_EXCEPTED:
		rank = 2;
		break;
	case POLICY_ALLOWED:
		rank = policy_concerns(place, server) ? 1 : 0;
		break;
	}
	return 2 * rank + (place.zone == POLICY_ZONE_INTERNET);
}

/* Of equals the one that was weighed first stays. */
static void weigh(struct reading *reading, const struct named *client)
{
	int rank;

	if (!reading->found) {
		reading->found = true;
		reading->best = *client;
		reading->rank = RANK_UNKNOWN;
		return;
	}
	if (address_equal(&reading->best.address, &client->address))
		return;
	if (reading->rank == RANK_UNKNOWN)
		reading->rank = rank_of(reading->naming, &reading->best.address);
	rank = rank_of(reading->naming, &client->address);
	if (rank <= reading->rank)
		return;
	reading->best = *client;
	reading->rank = rank;
}

/* Its headers count from now on. */
static void believe(struct reading *reading, const struct address *proxy)
{
	const struct policy *policy = reading->naming->policy;
	uint32_t headers = policy_proxy_headers(policy, policy_place(policy, proxy));

	reading->strict |= headers == 0;
	reading->believed |= headers == 0 ? ALL_HEADERS : headers;
}

/* `at`: in told->hop[]. */
static void weigh_hop(struct reading *reading, unsigned at)
{
	const struct forwarded_address *hop = &reading->told->hop[at];
	struct named client = {
		.address = address_of_hop(hop),
		.port = at == 0 ? reading->told->port : 0,
		.by = hop->by,
	};

	if (names_somebody(reading->naming, hop))
		weigh(reading, &client);
}

/* One header from its right end to the first address that is no listed proxy's. */
static void walk(struct reading *reading, enum forwarded_by by)
{
	const struct forwarded *told = reading->told;
	unsigned at = forwarded_next(told, by, 0);

	while (at != told->count && told->hop[at].known) {
		struct address address = address_of_hop(&told->hop[at]);

		if (!is_proxy(reading->naming, &address))
			break;
		believe(reading, &address);
		at = forwarded_next(told, by, at + 1);
	}
	if (at == told->count)
		return;
	reading->hidden |= told->hop[at].hides;
	weigh_hop(reading, at);
}

static void walk_all(struct reading *reading)
{
	for (unsigned by = FORWARDED_BY_COUNT - 1; by != FORWARDED_NOT; by--) {
		if (reading->believed & bit_of(by))
			walk(reading, (enum forwarded_by)by);
	}
}

/* What stands deeper in a list was written by a client: it makes nothing better. */
static void weigh_deeper(struct reading *reading)
{
	const struct forwarded *told = reading->told;

	for (unsigned at = 0; at < told->count; at++) {
		struct address address = address_of_hop(&told->hop[at]);

		if (reading->found ||
		    (told->hop[at].known && rank_of(reading->naming, &address) != 0))
			weigh_hop(reading, at);
	}
}

/* Each listed proxy on the way may add headers; there are few. */
static void read_headers(struct reading *reading)
{
	uint32_t before;

	do {
		before = reading->believed;
		walk_all(reading);
	} while (before != reading->believed);
	if (reading->strict)
		weigh_deeper(reading);
}

/* The first believed header that stands there; else any. */
static uint8_t nobody_by(const struct reading *reading)
{
	const struct forwarded *told = reading->told;
	unsigned by = FORWARDED_BY_COUNT - 1;

	while (by != FORWARDED_NOT &&
	       (!(reading->believed & bit_of(by)) ||
		forwarded_next(told, (enum forwarded_by)by, 0) == told->count))
		by--;
	return by != FORWARDED_NOT ? (uint8_t)by : told->by;
}

/* Who is judged if no address is found: an unknown client, where something was said of one. */
static struct named nobody_named(const struct reading *reading)
{
	if (reading->told->count == 0)
		return reading->naming->by_default;
	return (struct named){.by = nobody_by(reading)};
}

/*
 * One who may is named, by a header that the client may have written, while another header hides
 * the client, or there were more addresses than found room.
 */
static bool clears_too_much(const struct reading *reading)
{
	return reading->strict && (reading->hidden || reading->told->more) &&
	       reading->best.by < FORWARDED_PROXY_V1 &&
	       rank_of(reading->naming, &reading->best.address) == 0;
}

bool named_by_header(const struct policy *policy, const struct address *carrier)
{
	uint32_t headers = policy_proxy_headers(policy, policy_place(policy, carrier));

	return headers == 0 || (headers & bit_of(FORWARDED_PROXY_V1)) != 0;
}

struct named named_choose(const struct naming *naming, const struct forwarded *told)
{
	const struct named *first = &naming->by_default;
	struct reading reading = {.naming = naming, .told = told};

	believe(&reading, &naming->carrier);
	if (!is_proxy(naming, &first->address)) {
		/* Who came by a PROXY header and is no proxy cannot speak for others. */
		if (!reading.strict)
			return *first;
		weigh(&reading, first);
	} else if (first->by != FORWARDED_NOT) {
		reading.believed = 0;
		reading.strict = false;
		believe(&reading, &first->address);
	}
	read_headers(&reading);
	if (!reading.found)
		return nobody_named(&reading);
	return clears_too_much(&reading) ? nobody_named(&reading) : reading.best;
}

void named_claim(const struct naming *naming, const struct forwarded *told,
		 const struct address *chosen, struct facts *facts)
{
	for (unsigned by = 1; by < FORWARDED_BY_COUNT; by++) {
		unsigned at = forwarded_next(told, (enum forwarded_by)by, 0);

		if (at != told->count && names_somebody(naming, &told->hop[at]) &&
		    memcmp(told->hop[at].bytes, chosen->bytes, sizeof chosen->bytes) != 0)
			facts_claim(facts, told->hop[at].bytes, (uint8_t)by);
	}
}
