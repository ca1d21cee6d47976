/* SPDX-License-Identifier: ISC */
/*
 * Which headers the listed proxies set. Most proxies of a policy set the same: what they set is a
 * small number of sets, and the place of an address has the index of one (policy/zones.h).
 */
#include "policy/grammar.h"
#include "policy/load.h"
#include "policy/values.h"

static uint32_t bit_of(uint32_t choice)
{
	return UINT32_C(2) << choice; /* numbers begin with 1 */
}

static uint32_t headers_of(const struct proxy *proxy)
{
	uint32_t headers = proxy->header == MODEL_NO_HEADER ? 0 : bit_of(proxy->header);

	for (uint32_t i = 0; i < proxy->headers.count; i++)
		headers |= bit_of(proxy->headers.list[i]);
	return headers;
}

/* LIMIT_HEADER_SETS: there is no room for one more. */
static uint32_t set_of(struct policy *policy, uint32_t headers)
{
	uint32_t set = 0;

	while (set < policy->header_set_count && policy->header_sets[set] != headers)
		set++;
	if (set == policy->header_set_count && set < LIMIT_HEADER_SETS)
		policy->header_sets[policy->header_set_count++] = headers;
	return set;
}

/* The same prefix once more must not say something else. */
static void check_same(struct load *load, const struct proxy *proxy)
{
	const struct proxy *earlier = load->policy->proxies;
	const struct prefix *prefix = &proxy->address.prefix;
	char text[VALUES_PREFIX_TEXT];

	while (earlier != proxy && (earlier->address.prefix.length != prefix->length ||
				    !address_equal(&earlier->address.prefix.base, &prefix->base)))
		earlier++;
	if (earlier->set != proxy->set)
		report_error(load->context.report, proxy->address.at,
			     "%s is already listed with other headers (line %u)",
			     values_prefix_text(prefix, text), earlier->address.at.line);
}

void proxies_resolve(struct load *load)
{
	struct policy *policy = load->policy;

	for (uint32_t i = 0; i < policy->proxy_count; i++) {
		struct proxy *proxy = &policy->proxies[i];
		uint32_t set = set_of(policy, headers_of(proxy));

		if (set == LIMIT_HEADER_SETS) {
			report_error(load->context.report, proxy->at,
				     "the proxies set more than %u different lists of headers",
				     LIMIT_HEADER_SETS - 1);
			return;
		}
		proxy->set = (uint8_t)set;
		check_same(load, proxy);
	}
}

uint32_t policy_proxy_headers(const struct policy *policy, struct policy_place proxy)
{
	return policy->header_sets[proxy.headers];
}
