/* SPDX-License-Identifier: ISC */
/*
 * The remote shell and its sister rexec (4.3BSD, rshd(8), rexecd(8)): texts that end with a NUL.
 *
 *	port of the error stream, user there (rexec: user), user here (rexec: password), command
 *	0, then what the command prints | 1, then why not
 *
 * The third text may be a password, so it is never kept.
 */
#include "dissectors/read/head.h"

#include "dissectors/dissector.h"
#include "dissectors/read/lines.h"

#define TEXTS	  4
#define NAME_MAX_ 32
#define PREFIX	  "EXEC "

static const uint16_t ports[] = {514, 512, 0};

static const struct service services[] = {
	{
		.name = "rsh",
		.family = FAMILY_ADMIN,
		.about = "remote shell (rsh, rexec)",
		.ports = ports,
	},
};

struct rsh {
	struct head head[2];
	int handle;
	bool asked, told;
};

/* The next text; fails if its NUL is not there. */
static struct bytes take_text(struct bytes *b)
{
	size_t length = b->left != 0 ? strnlen((const char *)b->at, b->left) : 0;
	struct bytes text = bytes_sub(b, length);

	bytes_skip(b, 1);
	return text;
}

static bool is_text(struct bytes text, uint8_t from, uint8_t to, size_t most)
{
	if (text.left == 0 || text.left > most)
		return false;
	for (size_t i = 0; i < text.left; i++) {
		if (text.at[i] < from || text.at[i] > to)
			return false;
	}
	return true;
}

static enum recognised recognise_client(struct bytes b)
{
	for (int i = 0; i < TEXTS; i++) {
		struct bytes text = take_text(&b);
		bool good = i == 0   ? is_text(text, '0', '9', 5)
			    : i == 1 ? is_text(text, '!', '~', NAME_MAX_)
				     : is_text(text, ' ', '~', OPENING_MAX);

		if (!good)
			return text.left == 0 && b.failed ? RECOGNISED_MORE : RECOGNISED_NO;
		if (b.failed)
			return RECOGNISED_MORE;
	}
	return b.left == 0 ? RECOGNISED_YES : RECOGNISED_NO;
}

static enum recognised recognise(const struct opening *opening)
{
	enum recognised client = recognise_client(opening->side[SIDE_CLIENT]);
	struct bytes server = opening->side[SIDE_SERVER];

	if (client == RECOGNISED_NO || (server.left != 0 && server.at[0] > 1))
		return RECOGNISED_NO;
	if (client == RECOGNISED_YES && (server.left != 0 || opening->one_sided))
		return RECOGNISED_YES;
	return RECOGNISED_MORE;
}

static void begin(void *state, struct facts *facts)
{
	struct rsh *rsh = state;

	rsh->handle = -1;
	facts_begin(facts, &services[0]);
}

static void on_client(struct rsh *rsh, struct facts *facts, struct bytes b)
{
	char command[FACTS_COMMAND_TEXT] = PREFIX;
	struct bytes user, text;
	size_t length;

	take_text(&b);
	user = take_text(&b);
	take_text(&b);
	text = take_text(&b);
	if (b.failed)
		return;
	rsh->asked = true;
	FACTS_TEXT(facts, user, user.at, user.left);
	text = lines_word(&text); /* what follows may hold a secret */
	length = text.left < sizeof command - sizeof PREFIX ? text.left
							    : sizeof command - sizeof PREFIX;
	memcpy(command + sizeof PREFIX - 1, text.at, length);
	rsh->handle = facts_command(facts, command, sizeof PREFIX - 1 + length, COMMAND_EXECUTES);
}

static void feed(void *state, struct facts *facts, struct feed *fed)
{
	enum side from = fed->from;
	struct rsh *rsh = state;
	struct bytes b = head_add(&rsh->head[from], fed->bytes.at, fed->bytes.left);

	if (rsh->head[from].closed)
		return;
	if (from == SIDE_CLIENT) {
		if (!rsh->asked)
			on_client(rsh, facts, b);
		return;
	}
	if (b.left != 0 && !rsh->told) {
		rsh->told = true;
		facts_login(facts, b.at[0] == 0);
		facts_command_result(facts, rsh->handle, b.at[0] == 0);
	}
	if (b.left > 1 && b.at[0] == 0)
		facts_set_data_read(facts, ANSWER_YES);
}

static void gap(void *state, struct facts *facts, enum side from, uint64_t missing)
{
	struct rsh *rsh = state;

	(void)facts;
	(void)missing;
	rsh->head[from].closed = true;
}

const struct dissector rsh_dissector = {
	.name = "rsh",
	.transports = OVER_TCP,
	.state_size = sizeof(struct rsh),
	.service_count = sizeof services / sizeof *services,
	.services = services,
	.recognised = "the port in digits, names and a command, each ended by NUL; what the daemon "
		      "answers",
	.reads = READS_AUTH | READS_USER | READS_COMMANDS | READS_EXECUTION | READS_DATA |
		 READS_ENCRYPTION,
	.recognise = recognise,
	.begin = begin,
	.feed = feed,
	.gap = gap,
};
