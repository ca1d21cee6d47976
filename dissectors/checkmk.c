/* SPDX-License-Identifier: ISC */
/*
 * The agent of Checkmk: it speaks at once, to everybody, and tells all about its host.
 *
 *	<<<check_mk>>>
 *	Version: 1.4.0p9
 */
#include "dissectors/dissector.h"
#include "dissectors/read/lines.h"

#define GREETING "<<<check_mk>>>"
#define VERSION	 "Version: "

static const uint16_t ports[] = {6556, 0};

static const struct service services[] = {
	{
		.name = "checkmk",
		.family = FAMILY_LOGGING,
		.about = "Checkmk agent (metrics, processes, logs)",
		.ports = ports,
	},
};

struct checkmk {
	struct line line;
	bool in_head;
	bool done;
};

static enum recognised recognise(const struct opening *opening)
{
	struct bytes server = opening->side[SIDE_SERVER];

	if (!bytes_agree_with(&server, GREETING))
		return RECOGNISED_NO;
	return bytes_start_with(&server, GREETING) ? RECOGNISED_YES : RECOGNISED_MORE;
}

static void begin(void *state, struct facts *facts)
{
	(void)state;
	facts_begin(facts, &services[0]);
	FACTS_WORD(facts, product, "Checkmk agent");
}

static void feed(void *state, struct facts *facts, struct feed *fed)
{
	struct checkmk *checkmk = state;
	struct bytes input = fed->bytes;

	if (fed->from == SIDE_CLIENT || checkmk->done)
		return;
	while (!checkmk->done && lines_next(&checkmk->line, &input)) {
		struct bytes line = bytes_from(checkmk->line.text, checkmk->line.length);

		if (!checkmk->in_head) {
			checkmk->in_head = true;
			continue;
		}
		facts_set_auth(facts, AUTH_NONE);
		facts_set_data_read(facts, ANSWER_YES);
		if (lines_start_with(&line, VERSION)) {
			bytes_skip(&line, sizeof VERSION - 1);
			FACTS_TEXT(facts, version, line.at, line.left);
		}
		checkmk->done = facts->version[0] != '\0' || bytes_start_with(&line, "<<<");
	}
}

static void gap(void *state, struct facts *facts, enum side from, uint64_t missing)
{
	struct checkmk *checkmk = state;

	(void)facts;
	(void)missing;
	checkmk->done |= from == SIDE_SERVER;
}

const struct dissector checkmk_dissector = {
	.name = "checkmk",
	.transports = OVER_TCP,
	.state_size = sizeof(struct checkmk),
	.service_count = sizeof services / sizeof *services,
	.services = services,
	.recognised = "the agent's first section, <<<check_mk>>>",
	.reads = READS_PRODUCT | READS_VERSION | READS_AUTH | READS_DATA | READS_ENCRYPTION,
	.recognise = recognise,
	.begin = begin,
	.feed = feed,
	.gap = gap,
};
