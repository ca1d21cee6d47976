/* SPDX-License-Identifier: ISC */
/*
 * CORBA's General Inter-ORB Protocol (OMG CORBA 3.3, part 2, 9.4): calls of objects.
 *
 *	"GIOP" major minor flags type length:4 ...
 */
#include "dissectors/read/head.h"

#include "dissectors/dissector.h"

#define START  "GIOP"
#define HEADER 12

enum { REQUEST, REPLY, CANCEL, LOCATE, LOCATED, CLOSE, ERROR, FRAGMENT };

static const uint16_t ports[] = {683, 2809, 0};

static const struct service services[] = {
	{
		.name = "giop",
		.family = FAMILY_ADMIN,
		.about = "CORBA object broker (GIOP)",
		.ports = ports,
	},
};

struct giop {
	struct head head[2];
};

static enum recognised recognise_side(struct bytes b, enum side from)
{
	uint8_t type;

	if (!bytes_agree_with(&b, START))
		return RECOGNISED_NO;
	if (b.left < HEADER)
		return RECOGNISED_MORE;
	type = b.at[7];
	if (b.at[4] != 1 || b.at[5] > 3 || b.at[6] > 3 || type > FRAGMENT)
		return RECOGNISED_NO;
	if (from == SIDE_CLIENT)
		return type == REQUEST || type == LOCATE || type == CANCEL ? RECOGNISED_YES
									   : RECOGNISED_NO;
	return type == REPLY || type == LOCATED || type == CLOSE || type == ERROR ? RECOGNISED_YES
										  : RECOGNISED_NO;
}

static enum recognised recognise(const struct opening *opening)
{
	enum recognised client = recognise_side(opening->side[SIDE_CLIENT], SIDE_CLIENT);
	enum recognised server = recognise_side(opening->side[SIDE_SERVER], SIDE_SERVER);

	return dissector_by_server(client, server, opening->one_sided);
}

static void begin(void *state, struct facts *facts)
{
	(void)state;
	facts_begin(facts, &services[0]);
	FACTS_WORD(facts, product, "CORBA/GIOP");
}

static void feed(void *state, struct facts *facts, struct feed *fed)
{
	enum side from = fed->from;
	struct giop *giop = state;
	struct bytes b = head_add(&giop->head[from], fed->bytes.at, fed->bytes.left);

	if (from == SIDE_CLIENT || recognise_side(b, SIDE_SERVER) != RECOGNISED_YES ||
	    b.at[7] != REPLY)
		return;
	facts_set_auth(facts, AUTH_NONE);
	facts_set_data_read(facts, ANSWER_YES);
}

static void gap(void *state, struct facts *facts, enum side from, uint64_t missing)
{
	struct giop *giop = state;

	(void)facts;
	(void)missing;
	giop->head[from].closed = true;
}

const struct dissector giop_dissector = {
	.name = "giop",
	.transports = OVER_TCP,
	.state_size = sizeof(struct giop),
	.service_count = sizeof services / sizeof *services,
	.services = services,
	.recognised = "the word GIOP with a version, a type of that side and a length",
	.reads = READS_PRODUCT | READS_AUTH | READS_DATA | READS_ENCRYPTION,
	.recognise = recognise,
	.begin = begin,
	.feed = feed,
	.gap = gap,
};
