/* SPDX-License-Identifier: ISC */
/*
 * upsd of Network UPS Tools (RFC 9271): lines. It answers everybody; who wants to switch the power
 * off must log in.
 *
 *	VER		Network UPS Tools upsd 2.8.0 - http://www.networkupstools.org/
 *	LIST UPS	BEGIN LIST UPS ... END LIST UPS
 *	USERNAME x	OK | ERR ACCESS-DENIED
 */
#include "dissectors/dissector.h"
#include "dissectors/read/answers.h"
#include "dissectors/read/command_words.h"
#include "dissectors/read/lines.h"

#define GREETING "Network UPS Tools upsd "

enum { PLAIN, PASSWORD, LOGIN };

#define TOLD 0x80 /* with a kind: the whole line is reported, not only its word */

static const uint16_t ports[] = {3493, 0};

static const struct service services[] = {
	{
		.name = "nut",
		.family = FAMILY_ADMIN,
		.met = true,
		.about = "Network UPS Tools (power supplies)",
		.ports = ports,
	},
};

struct nut {
	struct line line[2];
	struct answers pending;
	bool password, in_list;
};

_Static_assert(sizeof(struct nut) <= DISSECTOR_STATE_MAX, "state of nut");

/* Words of the server's that no other protocol has. */
static enum recognised recognise(const struct opening *opening)
{
	static const char *const words[] = {
		GREETING,
		"BEGIN LIST UPS\n",
		"BEGIN LIST VAR ",
		"ERR UNKNOWN-UPS\n",
		"ERR ACCESS-DENIED\n",
		"ERR UNKNOWN-COMMAND\n",
		"ERR VAR-NOT-SUPPORTED\n",
		"ERR FEATURE-NOT-CONFIGURED\n",
	};
	struct bytes server = opening->side[SIDE_SERVER];
	enum recognised result = RECOGNISED_NO;

	for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
		if (bytes_start_with(&server, words[i]))
			return RECOGNISED_YES;
		if (bytes_agree_with(&server, words[i]))
			result = RECOGNISED_MORE;
	}
	return result;
}

static void begin(void *state, struct facts *facts)
{
	(void)state;
	facts_begin(facts, &services[0]);
	FACTS_WORD(facts, product, "Network UPS Tools");
}

static const struct command_word commands[] = {
	{"PASSWORD", PASSWORD, 0},
	{"LIST", PLAIN | TOLD, COMMAND_LISTING},
	{"VER", PLAIN | TOLD, 0},
	{"FSD", LOGIN | TOLD, 0}, /* only now the password is looked at */
	{"INSTCMD", LOGIN | TOLD, 0},
	{"SET", LOGIN | TOLD, 0},
	{"LOGIN", LOGIN, 0},
};

static void on_client(struct nut *nut, struct facts *facts, struct bytes line)
{
	struct bytes rest = line, word = lines_word(&rest);
	const struct command_word *row = COMMAND_WORDS_FIND(commands, &word);
	uint8_t kind = row ? row->kind : (uint8_t)PLAIN;
	int handle = -1;

	if (lines_equal(&word, "USERNAME"))
		FACTS_TEXT(facts, user, rest.at, rest.left);
	if (row && (kind & TOLD))
		handle = facts_command(facts, line.at, line.left, row->flags);
	answers_add(&nut->pending, handle, kind & (TOLD - 1));
	nut->password |= kind == PASSWORD;
}

static void on_answer(struct nut *nut, struct facts *facts, struct bytes line)
{
	struct answers_row *row = answers_first(&nut->pending);
	bool error = lines_start_with(&line, "ERR ");

	if (row == NULL) {
		answers_drop(&nut->pending);
		return;
	}
	facts_command_result(facts, row->handle, !error);
	if (row->kind == LOGIN && nut->password &&
	    (!error || bytes_start_with(&line, "ERR ACCESS-DENIED")))
		facts_login(facts, !error);
	else if (row->kind == LOGIN && bytes_start_with(&line, "ERR USERNAME-REQUIRED"))
		facts_set_auth(facts, AUTH_REQUIRED);
	else if (bytes_start_with(&line, "BEGIN LIST") || bytes_start_with(&line, "VAR ") ||
		 bytes_start_with(&line, GREETING))
		facts_set_auth(facts, facts->auth == AUTH_SUCCEEDED ? AUTH_SUCCEEDED : AUTH_NONE);
	if (bytes_start_with(&line, "BEGIN LIST") || bytes_start_with(&line, "VAR "))
		facts_set_data_read(facts, ANSWER_YES);
	answers_drop(&nut->pending);
}

static void on_server(struct nut *nut, struct facts *facts, struct bytes line)
{
	struct bytes version = line;

	if (bytes_start_with(&line, GREETING)) {
		bytes_skip(&version, sizeof GREETING - 1);
		version = lines_word(&version);
		FACTS_TEXT(facts, version, version.at, version.left);
	}
	if (bytes_start_with(&line, "END LIST"))
		nut->in_list = false;
	else if (!nut->in_list)
		on_answer(nut, facts, line);
	nut->in_list |= bytes_start_with(&line, "BEGIN LIST");
}

static void feed(void *state, struct facts *facts, struct feed *fed)
{
	enum side from = fed->from;
	struct nut *nut = state;
	struct line *line = &nut->line[from];
	struct bytes input = fed->bytes;

	while (lines_next_command(line, &input)) {
		struct bytes text = bytes_from(line->text, line->length);

		if (from == SIDE_CLIENT)
			on_client(nut, facts, text);
		else
			on_server(nut, facts, text);
	}
}

/* Which answer belongs to which command is not known any more. */
static void gap(void *state, struct facts *facts, enum side from, uint64_t missing)
{
	struct nut *nut = state;

	(void)facts;
	(void)missing;
	answers_clear(&nut->pending);
	nut->pending.unlisted = UINT32_MAX;
	lines_reset(&nut->line[from]);
}

const struct dissector nut_dissector = {
	.name = "nut",
	.transports = OVER_TCP,
	.state_size = sizeof(struct nut),
	.service_count = sizeof services / sizeof *services,
	.services = services,
	.recognised = "a command of the UPS daemon, and the answer that begins with its words",
	.crowded = CROWDED_LINES,
	.answers_at = offsetof(struct nut, pending),
	.reads = READS_PRODUCT | READS_VERSION | READS_AUTH | READS_USER | READS_COMMANDS |
		 READS_LISTINGS | READS_DATA | READS_ENCRYPTION,
	.recognise = recognise,
	.begin = begin,
	.feed = feed,
	.gap = gap,
};
