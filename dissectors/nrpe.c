/* SPDX-License-Identifier: ISC */
/*
 * NRPE, versions 2 to 4, in the clear (its common.h): a packet each way.
 *
 *	version:2 type:2 (1 query, 2 response) crc:4 result:2 then
 *	version 2: 1024 bytes of text; 3 and 4: alignment:2 length:4 text
 *
 * What stands behind the first '!' of a query are arguments, which are not kept.
 */
#include "dissectors/read/head.h"

#include "dissectors/dissector.h"

#define HEADER	 10
#define TEXT_MAX 65536

static const uint16_t ports[] = {5666, 0};

static const struct service services[] = {
	{
		.name = "nrpe",
		.family = FAMILY_LOGGING,
		.met = true,
		.about = "NRPE (runs checks on its host)",
		.ports = ports,
	},
};

struct nrpe {
	struct head head[2];
	int handle;
	bool asked, answered;
};

static enum recognised recognise_side(struct bytes b, uint8_t type)
{
	uint16_t version;
	uint32_t length = 1;

	if (b.left < HEADER + 7)
		return b.left == 0 || b.at[0] == 0 ? RECOGNISED_MORE : RECOGNISED_NO;
	version = bytes_be16(&b);
	if (version < 2 || version > 4 || bytes_be16(&b) != type)
		return RECOGNISED_NO;
	bytes_skip(&b, 4);
	if (bytes_be16(&b) > 3)
		return RECOGNISED_NO;
	if (version > 2) {
		if (bytes_be16(&b) != 0)
			return RECOGNISED_NO;
		length = bytes_be32(&b);
	}
	if (length == 0 || length > TEXT_MAX)
		return RECOGNISED_NO;
	return b.at[0] > 0x20 && b.at[0] < 0x7f ? RECOGNISED_YES : RECOGNISED_NO;
}

static enum recognised recognise(const struct opening *opening)
{
	enum recognised client = recognise_side(opening->side[SIDE_CLIENT], 1);
	enum recognised server = recognise_side(opening->side[SIDE_SERVER], 2);

	return dissector_by_client(client, server, opening->one_sided);
}

static void begin(void *state, struct facts *facts)
{
	struct nrpe *nrpe = state;

	nrpe->handle = -1;
	facts_begin(facts, &services[0]);
	FACTS_WORD(facts, product, "NRPE");
}

/* The text up to one of these bytes, or the NUL; false while its end is not there. */
static bool read_text(struct bytes *b, char end)
{
	uint16_t version = bytes_be16(b);
	size_t length = 0;

	bytes_skip(b, HEADER - 2 + (version > 2 ? 6 : 0));
	while (length < b->left && b->at[length] != '\0' && b->at[length] != (uint8_t)end)
		length++;
	if (length == b->left)
		return false;
	b->left = length;
	return true;
}

static void on_answer(struct nrpe *nrpe, struct facts *facts, struct bytes b)
{
	bool refused = bytes_start_with(&b, "NRPE: Command");

	facts_set_auth(facts, AUTH_NONE);
	facts_command_result(facts, nrpe->handle, !refused);
	if (refused)
		return;
	facts_set_data_read(facts, ANSWER_YES);
	if (bytes_start_with(&b, "NRPE v") && bytes_skip(&b, 6))
		FACTS_TEXT(facts, version, b.at, b.left);
}

static void feed(void *state, struct facts *facts, struct feed *fed)
{
	enum side from = fed->from;
	struct nrpe *nrpe = state;
	struct bytes b = head_add(&nrpe->head[from], fed->bytes.at, fed->bytes.left);
	bool *done = from == SIDE_CLIENT ? &nrpe->asked : &nrpe->answered, whole;

	if (*done || nrpe->head[from].closed)
		return;
	whole = read_text(&b, from == SIDE_CLIENT ? '!' : '\n');
	if (!whole && nrpe->head[from].have < HEAD_KEPT)
		return;
	*done = true;
	if (b.failed)
		return;
	if (from == SIDE_SERVER)
		on_answer(nrpe, facts, b);
	else
		nrpe->handle = facts_command(facts, b.at, b.left,
					     whole && b.at[b.left] == '!' ? COMMAND_EXECUTES : 0);
}

static void gap(void *state, struct facts *facts, enum side from, uint64_t missing)
{
	struct nrpe *nrpe = state;

	(void)facts;
	(void)missing;
	nrpe->head[from].closed = true;
}

const struct dissector nrpe_dissector = {
	.name = "nrpe",
	.transports = OVER_TCP,
	.state_size = sizeof(struct nrpe),
	.service_count = sizeof services / sizeof *services,
	.services = services,
	.recognised = "a packet of 1036 bytes or a newer one, whose checksum is right",
	.reads = READS_PRODUCT | READS_VERSION | READS_AUTH | READS_COMMANDS | READS_EXECUTION |
		 READS_DATA | READS_ENCRYPTION,
	.recognise = recognise,
	.begin = begin,
	.feed = feed,
	.gap = gap,
};
