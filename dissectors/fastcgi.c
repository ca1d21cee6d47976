/* SPDX-License-Identifier: ISC */
/*
 * FastCGI (its specification, 1.0): records, the first of which begins a request. Nobody logs in,
 * and the caller says which file is run.
 *
 *	1 type request:2 length:2 padding 0 ...
 *	type	1 begins, 4 parameters, 6 output, 3 ends
 *	begin	0 role(1, 2, 3) flags(0, 1) 0 0 0 0 0
 */
#include "dissectors/read/head.h"

#include "dissectors/dissector.h"

#define HEADER 8
#define BEGIN  16

enum { TYPE_BEGIN = 1, TYPE_END = 3, TYPE_PARAMETERS = 4, TYPE_OUTPUT = 6, TYPE_ERRORS = 7 };

static const uint16_t ports[] = {9000, 9001, 0};

static const struct service services[] = {
	{
		.name = "fastcgi",
		.family = FAMILY_ADMIN,
		.about = "FastCGI application (PHP-FPM: runs any script)",
		.ports = ports,
	},
};

struct fastcgi {
	struct head head[2];
};

static enum recognised recognise_client(struct bytes b)
{
	static const uint8_t begin[] = {1, TYPE_BEGIN};
	static const uint8_t zeros[5];

	if (b.left == 0)
		return RECOGNISED_MORE;
	if (memcmp(b.at, begin, b.left < sizeof begin ? b.left : sizeof begin) != 0)
		return RECOGNISED_NO;
	if (b.left < BEGIN + 2)
		return RECOGNISED_MORE;
	if (b.at[4] != 0 || b.at[5] != 8 || b.at[6] != 0 || b.at[HEADER] != 0 ||
	    b.at[HEADER + 1] < 1 || b.at[HEADER + 1] > 3 || b.at[HEADER + 2] > 1 ||
	    memcmp(b.at + HEADER + 3, zeros, sizeof zeros) != 0)
		return RECOGNISED_NO;
	return b.at[BEGIN] == 1 && b.at[BEGIN + 1] == TYPE_PARAMETERS ? RECOGNISED_YES
								      : RECOGNISED_NO;
}

static enum recognised recognise_server(struct bytes b)
{
	uint8_t type;

	if (b.left < 2)
		return b.left == 0 || b.at[0] == 1 ? RECOGNISED_MORE : RECOGNISED_NO;
	type = b.at[1];
	return b.at[0] == 1 && (type == TYPE_END || type == TYPE_OUTPUT || type == TYPE_ERRORS)
		       ? RECOGNISED_YES
		       : RECOGNISED_NO;
}

static enum recognised recognise(const struct opening *opening)
{
	enum recognised client = recognise_client(opening->side[SIDE_CLIENT]);
	enum recognised server = recognise_server(opening->side[SIDE_SERVER]);

	return dissector_by_client(client, server, opening->one_sided);
}

static void begin(void *state, struct facts *facts)
{
	(void)state;
	facts_begin(facts, &services[0]);
	FACTS_WORD(facts, product, "FastCGI");
}

static void feed(void *state, struct facts *facts, struct feed *fed)
{
	enum side from = fed->from;
	struct fastcgi *fastcgi = state;
	struct bytes b = head_add(&fastcgi->head[from], fed->bytes.at, fed->bytes.left);

	if (from == SIDE_CLIENT || recognise_server(b) != RECOGNISED_YES)
		return;
	facts_set_auth(facts, AUTH_NONE);
	if (b.at[1] == TYPE_OUTPUT && b.left > HEADER)
		facts_set_data_read(facts, ANSWER_YES);
}

static void gap(void *state, struct facts *facts, enum side from, uint64_t missing)
{
	struct fastcgi *fastcgi = state;

	(void)facts;
	(void)missing;
	fastcgi->head[from].closed = true;
}

const struct dissector fastcgi_dissector = {
	.name = "fastcgi",
	.transports = OVER_TCP,
	.state_size = sizeof(struct fastcgi),
	.service_count = sizeof services / sizeof *services,
	.services = services,
	.recognised = "a record header and the BEGIN_REQUEST body, or the end of a request",
	.reads = READS_PRODUCT | READS_AUTH | READS_DATA | READS_ENCRYPTION,
	.recognise = recognise,
	.begin = begin,
	.feed = feed,
	.gap = gap,
};
