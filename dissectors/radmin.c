/* SPDX-License-Identifier: ISC */
/*
 * Radmin: the client's first message is always the same ten bytes, and the server's begins with
 * this (measured on version 3; what follows is encrypted).
 *
 *	01 00 00 00 01 00 00 00 08 08
 *	01 00 00 00 25 00 00 02 12 08 ...
 */
#include "dissectors/dissector.h"

static const uint8_t hello[] = {1, 0, 0, 0, 1, 0, 0, 0, 8, 8};
static const uint8_t answer[] = {1, 0, 0, 0, 0x25, 0, 0};

static const uint16_t ports[] = {4899, 0};

static const struct service services[] = {
	{
		.name = "radmin",
		.family = FAMILY_ADMIN,
		.about = "Radmin remote control",
		.identifier = "accessible-radmin",
		.ports = ports,
	},
};

struct radmin {
	uint64_t answered; /* bytes */
};

static enum recognised recognise_start(struct bytes b, const uint8_t *start, size_t length)
{
	size_t n = b.left < length ? b.left : length;

	if (n != 0 && memcmp(b.at, start, n) != 0)
		return RECOGNISED_NO;
	return n == length ? RECOGNISED_YES : RECOGNISED_MORE;
}

static enum recognised recognise(const struct opening *opening)
{
	enum recognised client = recognise_start(opening->side[SIDE_CLIENT], hello, sizeof hello);
	enum recognised server = recognise_start(opening->side[SIDE_SERVER], answer, sizeof answer);

	return dissector_by_client(client, server, opening->one_sided);
}

static void begin(void *state, struct facts *facts)
{
	(void)state;
	facts_begin(facts, &services[0]);
	facts_set_auth(facts, AUTH_UNKNOWN);
	facts_set_data_read(facts, ANSWER_UNKNOWN);
	FACTS_WORD(facts, product, "Radmin");
}

static void feed(void *state, struct facts *facts, struct feed *fed)
{
	struct radmin *radmin = state;

	if (fed->from == SIDE_SERVER)
		radmin->answered += fed->bytes.left;
	if (radmin->answered > 1024) /* a screen, not a handshake */
		facts_set_data_read(facts, ANSWER_YES);
}

const struct dissector radmin_dissector = {
	.name = "radmin",
	.transports = OVER_TCP,
	.state_size = sizeof(struct radmin),
	.service_count = sizeof services / sizeof *services,
	.services = services,
	.recognised = "the fixed first bytes of both sides",
	.reads = READS_PRODUCT | READS_DATA | READS_ENCRYPTION,
	.recognise = recognise,
	.begin = begin,
	.feed = feed,
};
