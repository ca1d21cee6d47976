/* SPDX-License-Identifier: ISC */
/*
 * Splunk to Splunk: what forwarders send to indexers.
 *
 *	"--splunk-cooked-mode-v3--" (128 bytes), server name (256), management port (16), events
 *
 * Without TLS there is nothing to log in to, but for a token in the events, which is not read.
 */
#include "dissectors/dissector.h"

#define MAGIC "--splunk-cooked-mode-v"

static const uint16_t ports[] = {9997, 9998, 0};

static const struct service services[] = {
	{
		.name = "splunk",
		.family = FAMILY_LOGGING,
		.about = "Splunk indexer (forwarders' input)",
		.ports = ports,
	},
};

static enum recognised recognise(const struct opening *opening)
{
	struct bytes client = opening->side[SIDE_CLIENT], server = opening->side[SIDE_SERVER];

	if (!bytes_agree_with(&client, MAGIC))
		return RECOGNISED_NO;
	if (client.left <= sizeof MAGIC)
		return RECOGNISED_MORE;
	if (server.left == 0)
		return opening->one_sided ? RECOGNISED_YES : RECOGNISED_MORE;
	/* The answer is a frame: its length in four bytes */
	return server.at[0] == 0 ? RECOGNISED_YES : RECOGNISED_NO;
}

static void begin(void *state, struct facts *facts)
{
	(void)state;
	facts_begin(facts, &services[0]);
	FACTS_WORD(facts, product, "Splunk");
}

static void feed(void *state, struct facts *facts, struct feed *fed)
{
	bool *midstream = state;

	if (fed->from == SIDE_SERVER && fed->bytes.left != 0 && !*midstream)
		facts_set_auth(facts, AUTH_NONE); /* it takes part without having asked */
}

static void gap(void *state, struct facts *facts, enum side from, uint64_t missing)
{
	bool *midstream = state;

	(void)facts;
	(void)from;
	(void)missing;
	*midstream = true;
}

const struct dissector splunk_dissector = {
	.name = "splunk",
	.transports = OVER_TCP,
	.state_size = sizeof(bool),
	.service_count = sizeof services / sizeof *services,
	.services = services,
	.recognised = "the signature of a forwarder's stream",
	.reads = READS_PRODUCT | READS_AUTH | READS_DATA | READS_ENCRYPTION,
	.recognise = recognise,
	.begin = begin,
	.feed = feed,
	.gap = gap,
};
