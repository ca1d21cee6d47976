/* SPDX-License-Identifier: ISC */
/*
 * The Identification Protocol (RFC 1413): who of the server's users holds a connection?
 *
 *	C 6193, 23
 *	S 6193, 23 : USERID : UNIX : stjohns	or	6193, 23 : ERROR : NO-USER
 */
#include "dissectors/dissector.h"
#include "dissectors/read/lines.h"

static const uint16_t ports[] = {113, 0};

static const struct service services[] = {
	{
		.name = "ident",
		.family = FAMILY_INFRASTRUCTURE,
		.about = "a server that names the user of a connection",
		.ports = ports,
	},
};

struct ident {
	struct line answer;
};

static void skip(struct bytes *b, char from, char to)
{
	while (b->left != 0 && b->at[0] >= from && b->at[0] <= to)
		bytes_skip(b, 1);
}

/* "6193, 23 : " and what follows it, in `b`. */
static enum recognised recognise_answer(struct bytes *b)
{
	static const char separators[] = ",:";

	for (int i = 0; i < 2; i++) {
		const uint8_t *digits = b->at;

		skip(b, '0', '9');
		if (b->left != 0 && (b->at == digits || b->at - digits > 5))
			return RECOGNISED_NO;
		skip(b, ' ', ' ');
		if (b->left == 0)
			return RECOGNISED_MORE;
		if (bytes_u8(b) != (uint8_t)separators[i])
			return RECOGNISED_NO;
		skip(b, ' ', ' ');
	}
	if (bytes_start_with(b, "USERID") || bytes_start_with(b, "ERROR"))
		return RECOGNISED_YES;
	return bytes_agree_with(b, "USERID") || bytes_agree_with(b, "ERROR") ? RECOGNISED_MORE
									     : RECOGNISED_NO;
}

/* The server's words decide: a client's two numbers could be anything. */
static enum recognised recognise(const struct opening *opening)
{
	struct bytes client = opening->side[SIDE_CLIENT], server = opening->side[SIDE_SERVER];

	if (client.left != 0 && (client.at[0] < '0' || client.at[0] > '9'))
		return RECOGNISED_NO;
	return recognise_answer(&server);
}

static void begin(void *state, struct facts *facts)
{
	(void)state;
	facts_begin(facts, &services[0]);
}

static void feed(void *state, struct facts *facts, struct feed *fed)
{
	struct ident *ident = state;
	struct bytes input = fed->bytes;

	while (fed->from == SIDE_SERVER && lines_next(&ident->answer, &input)) {
		struct bytes text = bytes_from(ident->answer.text, ident->answer.length);

		if (recognise_answer(&text) != RECOGNISED_YES || text.at[0] != 'U')
			continue;
		facts_set_data_read(facts, ANSWER_YES);
		for (int colons = 0; colons < 2 && text.left != 0;)
			colons += bytes_u8(&text) == ':';
		skip(&text, ' ', ' ');
		FACTS_TEXT(facts, user, text.at, text.left);
	}
}

const struct dissector ident_dissector = {
	.name = "ident",
	.transports = OVER_TCP,
	.state_size = sizeof(struct ident),
	.service_count = sizeof services / sizeof *services,
	.services = services,
	.recognised = "the answer to two ports: the same, and USERID or ERROR",
	.reads = READS_USER | READS_DATA | READS_ENCRYPTION,
	.recognise = recognise,
	.begin = begin,
	.feed = feed,
};
