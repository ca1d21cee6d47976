/* SPDX-License-Identifier: ISC */
/*
 * Whom a carrier's words name as its client, by the policy (carried.h has the terms).
 *
 * A proxy sets one header and hands on what its client wrote into the others. If the policy says
 * which header it sets, that one is believed: from its right end, past the addresses that are
 * listed proxies themselves, each of whose headers is then believed as well. If the policy does not
 * say, the strictest reading wins: of all addresses in all headers the one for which the policy's
 * answer is worst, of equals the nearest in the header that counts most.
 *
 * "unknown", nothing at all, a listed proxy, the server itself and a loopback address name nobody.
 * Where headers name nobody, the client is not known: its address is ::, which no zone should hold.
 * It is not known either where one header hides it and another names one that may: which of the two
 * the client wrote cannot be seen.
 */
#ifndef SENSOR_NAMED_H
#define SENSOR_NAMED_H

#include "dissectors/read/forwarded.h"
#include "policy/policy.h"

struct facts;

struct named {
	struct address address;
	uint16_t port; /* 0 if not told */
	uint8_t by;    /* enum forwarded_by; FORWARDED_NOT: the own client */
};

/* What has to be known for it. */
struct naming {
	const struct policy *policy;
	struct policy_question question; /* about the server; the client's address is not used */
	struct address carrier;
	struct named by_default; /* whom a PROXY header named, or the own client */
};

/* Is a PROXY header of this carrier believed? */
bool named_by_header(const struct policy *policy, const struct address *carrier);
/* Whose turn it is by what was told in a request, an XCLIENT or an ID. */
struct named named_choose(const struct naming *naming, const struct forwarded *told);
/* Notes as claims whom the headers name beside the one that has the turn. */
void named_claim(const struct naming *naming, const struct forwarded *told,
		 const struct address *chosen, struct facts *facts);

#endif
