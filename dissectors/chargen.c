/* SPDX-License-Identifier: ISC */
/*
 * The character generator (RFC 864), an amplifier for whoever forges his address: on UDP an answer
 * to anything, on TCP a stream without end. Known by the usual pattern: lines of 72 of the 95
 * printable characters in their order, each line beginning one further than the one before.
 */
#include "dissectors/dissector.h"

#define LINE	   72 /* characters, without CR LF */
#define RING	   95
#define RING_FIRST 0x20
#define ENOUGH	   (LINE + 2 + 6) /* bytes: a line, and the beginning of the next */

static const uint16_t ports[] = {19, 0};

static const struct service services[] = {
	{
		.name = "chargen",
		.family = FAMILY_OTHER,
		.about = "a generator of characters without end, abused to amplify attacks",
		.identifier = "open-chargen",
		.ports = ports,
	},
};

static bool is_pattern(const struct bytes *b)
{
	unsigned first = b->left != 0 ? (unsigned)b->at[0] - RING_FIRST : RING;

	if (first >= RING)
		return false;
	for (size_t i = 0; i < b->left; i++) {
		size_t line = i / (LINE + 2), column = i % (LINE + 2);
		uint8_t due = (uint8_t)(RING_FIRST + (first + line + column) % RING);

		if (column >= LINE)
			due = column == LINE ? '\r' : '\n';
		if (b->at[i] != due)
			return false;
	}
	return true;
}

static enum recognised recognise(const struct opening *opening)
{
	struct bytes server = opening->side[SIDE_SERVER];

	if (server.left == 0)
		return RECOGNISED_MORE;
	if (opening->midstream || !is_pattern(&server))
		return RECOGNISED_NO;
	return server.left >= ENOUGH ? RECOGNISED_YES : RECOGNISED_MORE;
}

static void begin(void *state, struct facts *facts)
{
	(void)state;
	facts_set_service(facts, &services[0]);
	facts_set_auth(facts, AUTH_NONE);
	facts_set_encryption(facts, ENCRYPTION_CLEARTEXT);
	facts_set_data_read(facts, ANSWER_NO);
}

const struct dissector chargen_dissector = {
	.name = "chargen",
	.transports = OVER_TCP | OVER_UDP,
	.service_count = sizeof services / sizeof *services,
	.services = services,
	.recognised =
		"a line of 72 characters in their order, and a next one that begins one further",
	.reads = READS_AUTH | READS_ENCRYPTION,
	.recognise = recognise,
	.begin = begin,
	.feed = dissector_feed_nothing,
};
