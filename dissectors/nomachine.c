/* SPDX-License-Identifier: ISC */
/*
 * NoMachine's remote desktops (NX). Over TCP both name themselves in a line, then TLS begins:
 *
 *	C NXSH-8.10.1
 *	S NXD-8.10.1
 *
 * Over UDP, the multimedia channel is set up by pairs of ten bytes, little-endian: type (1 or 3
 * from the client, 2 from the server), 1, their length, a counter, 0.
 */
#include "dissectors/dissector.h"
#include "dissectors/read/lines.h"

static const uint16_t ports[] = {4000, 0};

static const struct service services[] = {
	{
		.name = "nomachine",
		.family = FAMILY_ADMIN,
		.about = "NoMachine remote desktop",
		.ports = ports,
	},
};

#define CLIENT "NXSH-"
#define SERVER "NXD-"

struct nomachine {
	struct line line[2]; /* by enum side */
	bool named[2];
};

/* "NXD-8.10.1" */
static enum recognised recognise_line(struct bytes b, const char *start)
{
	size_t length = strlen(start);
	bool digits = false;

	if (!bytes_agree_with(&b, start))
		return RECOGNISED_NO;
	if (!bytes_skip(&b, length))
		return RECOGNISED_MORE;
	while (b.left != 0) {
		uint8_t c = bytes_u8(&b);

		if (c == '\n' || c == '\r')
			return digits ? RECOGNISED_YES : RECOGNISED_NO;
		if ((c < '0' || c > '9') && c != '.')
			return RECOGNISED_NO;
		digits = true;
	}
	return RECOGNISED_MORE;
}

static enum recognised recognise(const struct opening *opening)
{
	struct bytes client = opening->side[SIDE_CLIENT], server = opening->side[SIDE_SERVER];
	enum recognised of_client = recognise_line(client, CLIENT);

	if (of_client == RECOGNISED_NO)
		return RECOGNISED_NO;
	if (server.left != 0)
		return recognise_line(server, SERVER);
	return opening->one_sided ? of_client : RECOGNISED_MORE;
}

static bool is_datagram(struct bytes b, enum side side)
{
	uint16_t type = bytes_le16(&b), one = bytes_le16(&b), length = bytes_le16(&b);

	bytes_skip(&b, 2);
	return bytes_le16(&b) == 0 && !b.failed && b.left == 0 && one == 1 && length == 10 &&
	       (side == SIDE_SERVER ? type == 2 : type == 1 || type == 3);
}

static enum recognised recognise_udp(const struct opening *opening)
{
	for (int side = 0; side < 2; side++) {
		if (opening->side[side].left != 0 &&
		    !is_datagram(opening->side[side], (enum side)side))
			return RECOGNISED_NO;
	}
	return opening->side[0].left != 0 && opening->side[1].left != 0 ? RECOGNISED_YES
									: RECOGNISED_MORE;
}

static void begin(void *state, struct facts *facts)
{
	(void)state;
	facts_set_service(facts, &services[0]);
	FACTS_WORD(facts, product, "NoMachine");
}

static void feed(void *state, struct facts *facts, struct feed *fed)
{
	enum side from = fed->from;
	struct nomachine *nomachine = state;
	struct line *line = &nomachine->line[from];
	struct bytes input = fed->bytes, text;

	if (nomachine->named[from] || !lines_next(line, &input))
		return;
	nomachine->named[from] = true;
	text = bytes_from(line->text, line->length);
	if (from == SIDE_SERVER && bytes_start_with(&text, SERVER))
		FACTS_TEXT(facts, version, text.at + 4, text.left - 4);
	if (!nomachine->named[SIDE_CLIENT] || !nomachine->named[SIDE_SERVER])
		return;
	facts_agree_tls(facts, fed);
}

const struct dissector nomachine_dissector = {
	.name = "nomachine",
	.transports = OVER_TCP,
	.state_size = sizeof(struct nomachine),
	.service_count = sizeof services / sizeof *services,
	.services = services,
	.recognised = "the version line of a side, NXD or NXSH",
	.reads = READS_PRODUCT | READS_VERSION | READS_ENCRYPTION | READS_STARTTLS,
	.recognise = recognise,
	.begin = begin,
	.feed = feed,
};

const struct dissector nomachine_udp_dissector = {
	.name = "nomachine-udp",
	.transports = OVER_UDP,
	.service_count = sizeof services / sizeof *services,
	.services = services,
	.recognised = "the pair of ten bytes that sets its channel up",
	.reads = READS_PRODUCT,
	.recognise = recognise_udp,
	.begin = begin,
	.feed = dissector_feed_nothing,
};
