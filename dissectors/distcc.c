/* SPDX-License-Identifier: ISC */
/*
 * distccd (distcc's doc/protocol-1.txt): who is let in by address may run a compiler, or more.
 *
 *	DIST 00000001 ARGC 00000002 ARGV 00000002 cc ...	without the blanks
 *	DONE 00000001 STAT ...
 */
#include "dissectors/read/head.h"

#include "dissectors/dissector.h"

#define START  "DIST0000000"
#define ARGC   "ARGC0"
#define ANSWER "DONE0000000"

static const uint16_t ports[] = {3632, 0};

static const struct service services[] = {
	{
		.name = "distcc",
		.family = FAMILY_ADMIN,
		.met = true,
		.about = "distcc compiler (runs commands)",
		.ports = ports,
	},
};

struct distcc {
	struct head head[2];
	int handle;
	bool asked;
};

static enum recognised recognise_client(struct bytes b)
{
	if (!bytes_agree_with(&b, START))
		return RECOGNISED_NO;
	if (!bytes_skip(&b, sizeof START - 1))
		return RECOGNISED_MORE;
	if (b.left != 0 && (bytes_u8(&b) > '3' || !bytes_agree_with(&b, ARGC)))
		return RECOGNISED_NO;
	return bytes_start_with(&b, ARGC) ? RECOGNISED_YES : RECOGNISED_MORE;
}

static enum recognised recognise(const struct opening *opening)
{
	struct bytes server = opening->side[SIDE_SERVER];
	enum recognised client = recognise_client(opening->side[SIDE_CLIENT]);

	if (client == RECOGNISED_NO || !bytes_agree_with(&server, ANSWER))
		return RECOGNISED_NO;
	if (client == RECOGNISED_YES && (server.left >= sizeof ANSWER - 1 || opening->one_sided))
		return RECOGNISED_YES;
	return RECOGNISED_MORE;
}

static void begin(void *state, struct facts *facts)
{
	struct distcc *distcc = state;

	distcc->handle = -1;
	facts_begin(facts, &services[0]);
	facts_set_auth(facts, AUTH_UNKNOWN);
}

static void feed(void *state, struct facts *facts, struct feed *fed)
{
	enum side from = fed->from;
	struct distcc *distcc = state;
	struct bytes b = head_add(&distcc->head[from], fed->bytes.at, fed->bytes.left);

	if (distcc->head[from].closed)
		return;
	if (from == SIDE_CLIENT && !distcc->asked && bytes_start_with(&b, START)) {
		distcc->asked = true;
		distcc->handle = FACTS_COMMAND(facts, "DIST", COMMAND_EXECUTES);
	}
	if (from == SIDE_SERVER && bytes_start_with(&b, ANSWER)) {
		facts_set_auth(facts, AUTH_NONE);
		facts_set_data_read(facts, ANSWER_YES);
		facts_command_result(facts, distcc->handle, true);
	}
}

static void gap(void *state, struct facts *facts, enum side from, uint64_t missing)
{
	struct distcc *distcc = state;

	(void)facts;
	(void)missing;
	distcc->head[from].closed = true;
}

const struct dissector distcc_dissector = {
	.name = "distcc",
	.transports = OVER_TCP,
	.state_size = sizeof(struct distcc),
	.service_count = sizeof services / sizeof *services,
	.services = services,
	.recognised = "the DIST token with a version and the ARGC that follows",
	.reads = READS_AUTH | READS_COMMANDS | READS_EXECUTION | READS_DATA | READS_ENCRYPTION,
	.recognise = recognise,
	.begin = begin,
	.feed = feed,
	.gap = gap,
};
