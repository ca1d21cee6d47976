/* SPDX-License-Identifier: ISC */
/*
 * A munin node (guide.munin-monitoring.org, "network protocol"): it greets with
 *
 *	# munin node at NAME
 *
 * and answers every line to everybody whose address it likes.
 */
#include "dissectors/dissector.h"
#include "dissectors/read/answers.h"
#include "dissectors/read/command_words.h"
#include "dissectors/read/lines.h"

#define GREETING "# munin node at "
#define VERSION	 "version: "

enum { ONE_LINE, TO_DOT }; /* how an answer ends */

static const uint16_t ports[] = {4949, 0};

static const struct service services[] = {
	{
		.name = "munin",
		.family = FAMILY_LOGGING,
		.met = true,
		.about = "munin node (metrics)",
		.ports = ports,
	},
};

struct munin {
	struct line line[2];
	struct answers pending;
	bool greeted;
};

_Static_assert(sizeof(struct munin) <= DISSECTOR_STATE_MAX, "state of munin");

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
	FACTS_WORD(facts, product, "Munin node");
}

static const struct command_word commands[] = {
	{"fetch", TO_DOT, 0},  {"list", ONE_LINE, COMMAND_LISTING},
	{"nodes", TO_DOT, 0},  {"cap", ONE_LINE, 0},
	{"config", TO_DOT, 0},
};

/* A command, with the plugin's name behind "fetch": whose values were read is of interest. */
static void on_client(struct munin *munin, struct facts *facts, struct bytes line)
{
	struct bytes text = line, word = lines_word(&text);
	const struct command_word *row = COMMAND_WORDS_FIND(commands, &word);
	int handle = -1;

	if (word.left == 0 || lines_equal(&word, "quit"))
		return;
	if (lines_equal(&word, "fetch"))
		handle = facts_command(facts, line.at, line.left, 0);
	else if (row)
		handle = command_words_note(row, facts);
	answers_add(&munin->pending, handle, row ? row->kind : (uint8_t)ONE_LINE);
}

static void note_version(struct facts *facts, struct bytes line)
{
	while (line.left != 0 && !lines_start_with(&line, VERSION))
		bytes_skip(&line, 1);
	if (bytes_skip(&line, sizeof VERSION - 1))
		FACTS_TEXT(facts, version, line.at, line.left);
}

static void on_server(struct munin *munin, struct facts *facts, struct bytes line)
{
	struct answers_row *row = answers_first(&munin->pending);
	bool error = lines_start_with(&line, "# ");

	if (!munin->greeted) {
		munin->greeted = true;
		return;
	}
	if (lines_start_with(&line, "munins node on "))
		note_version(facts, line);
	else if (!error && line.left != 0 && !lines_equal(&line, ".")) {
		facts_set_auth(facts, AUTH_NONE);
		facts_set_data_read(facts, ANSWER_YES);
	}
	if (row != NULL)
		facts_command_result(facts, row->handle, !error);
	if (row == NULL || error || row->kind == ONE_LINE || lines_equal(&line, "."))
		answers_drop(&munin->pending);
}

static void feed(void *state, struct facts *facts, struct feed *fed)
{
	enum side from = fed->from;
	struct munin *munin = state;
	struct line *line = &munin->line[from];
	struct bytes input = fed->bytes;

	while (lines_next_command(line, &input)) {
		struct bytes text = bytes_from(line->text, line->length);

		if (from == SIDE_CLIENT)
			on_client(munin, facts, text);
		else
			on_server(munin, facts, text);
	}
}

static void gap(void *state, struct facts *facts, enum side from, uint64_t missing)
{
	struct munin *munin = state;

	(void)facts;
	(void)missing;
	answers_clear(&munin->pending);
	munin->pending.unlisted = UINT32_MAX; /* answers have lost their commands */
	lines_reset(&munin->line[from]);
}

const struct dissector munin_dissector = {
	.name = "munin",
	.transports = OVER_TCP,
	.state_size = sizeof(struct munin),
	.service_count = sizeof services / sizeof *services,
	.services = services,
	.recognised = "the line that begins \"# munin node at\", or the answers to its commands",
	.crowded = CROWDED_LINES,
	.answers_at = offsetof(struct munin, pending),
	.reads = READS_PRODUCT | READS_VERSION | READS_AUTH | READS_COMMANDS | READS_LISTINGS |
		 READS_DATA | READS_ENCRYPTION,
	.recognise = recognise,
	.begin = begin,
	.feed = feed,
	.gap = gap,
};
