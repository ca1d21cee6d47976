/* SPDX-License-Identifier: ISC */
/*
 * The rsync daemon (rsync's clientserver.c, authenticate.c): lines first,
 *
 *	both	@RSYNCD: 31.0 md5 md4
 *	client	a module's name, or nothing or "#list" for the list of modules
 *	server	@RSYNCD: AUTHREQD challenge	client	user and digest
 *	server	@RSYNCD: OK, or @ERROR: text; or the list, and then @RSYNCD: EXIT
 *
 * then the client's arguments, each ended by NUL (by LF before protocol 30), the last one empty.
 * "--sender" among them makes the server send; "--delete..." has it delete what the client lacks.
 * What follows is binary, and is only counted.
 */
#include <stdio.h>

#include "dissectors/dissector.h"

#include "dissectors/read/lines.h"

#define MAGIC	      "@RSYNCD: "
#define MODULE_SIZE   32
#define SENT_ENOUGH   100 /* bytes of the server that are more than settings: files are named */
#define TAKEN_ENOUGH  60  /* and more than settings and a refusal: the server went to work */
#define ARGUMENTS_MAX 512
#define REFUSALS      2

static const uint16_t ports[] = {873, 0};

static const struct service services[] = {
	{
		.name = "rsync",
		.family = FAMILY_BACKUP,
		.met = true,
		.about = "rsync daemon",
		.identifier = "accessible-rsync",
		.ports = ports,
	},
};

enum phase {
	GREETING,
	MODULE, /* the client's turn to name one */
	ANSWER, /* the server's: in, not in, prove it */
	PROOF,
	ARGUMENTS,
	TRANSFER,
	OVER, /* or lost */
};

struct rsync {
	struct line client, server;
	char module[MODULE_SIZE]; /* ends with a NUL */
	int module_handle, transfer_handle;
	uint8_t sent; /* bytes of the server behind its OK, up to SENT_ENOUGH */
	uint16_t arguments;
	uint8_t phase;		   /* of the server: what its next line answers */
	uint8_t reading;	   /* phase of what the client says */
	uint8_t matched[REFUSALS]; /* letters of the words that refusals begin with */
	bool listing, proved, midstream, refused;
	bool sender, deletes;
};

_Static_assert(sizeof(struct rsync) <= DISSECTOR_STATE_MAX, "state of rsync");

static enum recognised recognise_greeting(struct bytes b)
{
	if (!bytes_agree_with(&b, MAGIC))
		return RECOGNISED_NO;
	if (!bytes_skip(&b, sizeof MAGIC - 1) || b.left == 0)
		return RECOGNISED_MORE;
	return b.at[0] >= '0' && b.at[0] <= '9' ? RECOGNISED_YES : RECOGNISED_NO;
}

static enum recognised recognise(const struct opening *opening)
{
	struct bytes client = opening->side[SIDE_CLIENT], server = opening->side[SIDE_SERVER];

	if (server.left != 0)
		return recognise_greeting(server);
	if (!opening->one_sided || client.left == 0)
		return RECOGNISED_MORE;
	return recognise_greeting(client);
}

static void begin(void *state, struct facts *facts)
{
	struct rsync *rsync = state;

	rsync->module_handle = rsync->transfer_handle = -1;
	facts_set_service(facts, &services[0]);
	facts_set_encryption(facts, ENCRYPTION_CLEARTEXT);
	facts_set_data_read(facts, ANSWER_NO);
}

static void on_module(struct rsync *rsync, struct facts *facts, struct bytes name)
{
	char text[MODULE_SIZE + 8] = "MODULE ";
	size_t length = name.left < MODULE_SIZE - 1 ? name.left : MODULE_SIZE - 1;

	rsync->reading = ANSWER;
	if (rsync->phase < ANSWER)
		rsync->phase = ANSWER;
	if (name.left == 0 || lines_equal(&name, "#list")) {
		rsync->listing = true;
		rsync->module_handle = FACTS_COMMAND(facts, "list", COMMAND_LISTING);
		return;
	}
	memcpy(rsync->module, name.at, length);
	memcpy(text + strlen(text), rsync->module, length + 1);
	FACTS_TEXT(facts, path, rsync->module, length);
	rsync->module_handle = facts_command(facts, text, strlen(text), 0);
}

/* "user digest" */
static void on_proof(struct rsync *rsync, struct facts *facts, struct bytes text)
{
	struct bytes user = lines_word(&text);

	rsync->reading = ARGUMENTS;
	rsync->proved = true;
	FACTS_TEXT(facts, user, user.at, user.left);
	if (facts->auth == AUTH_REQUIRED)
		facts_set_auth(facts, AUTH_UNKNOWN);
}

/* All arguments are there: "pull backup", "push --delete backup". */
static void on_transfer(struct rsync *rsync, struct facts *facts)
{
	char text[MODULE_SIZE + 16];
	unsigned flags = 0;

	snprintf(text, sizeof text, "%s %s",
		 rsync->sender	  ? "pull"
		 : rsync->deletes ? "push --delete"
				  : "push",
		 rsync->module);
	if (rsync->sender)
		flags = COMMAND_LISTING;
	else if (rsync->deletes)
		flags = COMMAND_DESTRUCTIVE;
	rsync->transfer_handle = facts_command(facts, text, strlen(text), flags);
	rsync->reading = TRANSFER;
}

static void on_argument(struct rsync *rsync, struct facts *facts, struct bytes text)
{
	if (text.left == 0 && rsync->arguments != 0) {
		on_transfer(rsync, facts);
		return;
	}
	if (++rsync->arguments == ARGUMENTS_MAX)
		rsync->reading = OVER;
	rsync->sender |= lines_equal(&text, "--sender");
	rsync->deletes |= lines_start_with(&text, "--delete") || lines_equal(&text, "--del");
}

/* One argument, ended by a NUL or a line feed. */
static void feed_argument(struct rsync *rsync, struct facts *facts, struct bytes *input)
{
	struct line *line = &rsync->client;

	if (line->complete)
		lines_reset(line);
	while (input->left != 0) {
		uint8_t c = bytes_u8(input);

		if (c == 0 || c == '\n') {
			line->complete = true;
			on_argument(rsync, facts, bytes_from(line->text, line->length));
			return;
		}
		if (line->length < LINE_KEPT)
			line->text[line->length++] = (char)c;
	}
}

static void feed_client(struct rsync *rsync, struct facts *facts, struct bytes input)
{
	while (input.left != 0 && rsync->reading < TRANSFER) {
		struct bytes text;

		/* A client that knows the answer does not wait for it: the server's is not
		 * asked. */
		if (rsync->reading == ANSWER)
			rsync->reading = rsync->phase == PROOF ? PROOF : ARGUMENTS;
		if (rsync->reading == ARGUMENTS) {
			feed_argument(rsync, facts, &input);
			continue;
		}
		if (!lines_next(&rsync->client, &input))
			return;
		text = bytes_from(rsync->client.text, rsync->client.length);
		if (rsync->reading == GREETING)
			rsync->reading = bytes_start_with(&text, MAGIC) ? MODULE : OVER;
		else if (rsync->reading == MODULE)
			on_module(rsync, facts, text);
		else
			on_proof(rsync, facts, text);
	}
}

static void let_in(struct rsync *rsync, struct facts *facts)
{
	facts_command_result(facts, rsync->module_handle, true);
	if (rsync->proved || facts->auth == AUTH_REQUIRED)
		facts_login(facts, true);
	else if (!rsync->midstream)
		facts_set_auth(facts, AUTH_NONE);
}

static void on_refusal(struct rsync *rsync, struct facts *facts, const struct bytes *text)
{
	/* The client is seen, and went away without an answer to the challenge. */
	bool untried = facts->auth == AUTH_REQUIRED && !rsync->proved && rsync->module[0];

	facts_command_result(facts, rsync->module_handle, false);
	if (lines_contain(text, "auth failed") && !untried)
		facts_login(facts, false);
	rsync->phase = OVER;
}

static void on_server_line(struct rsync *rsync, struct facts *facts)
{
	struct bytes text = bytes_from(rsync->server.text, rsync->server.length);
	bool ours = bytes_start_with(&text, MAGIC);

	if (bytes_start_with(&text, "@ERROR")) {
		on_refusal(rsync, facts, &text);
		return;
	}
	if (!ours) { /* the day's message, or a module: its name, a tab, a comment */
		if (rsync->listing && text.left != 0 && memchr(text.at, '\t', text.left))
			facts_set_data_read(facts, ANSWER_YES);
		return;
	}
	bytes_skip(&text, sizeof MAGIC - 1);
	if (rsync->phase == GREETING) {
		rsync->phase = MODULE;
		FACTS_WORD(facts, product, "rsync");
		facts_set_auth(facts, AUTH_NA);
	} else if (lines_start_with(&text, "AUTHREQD")) {
		rsync->phase = PROOF;
		facts_set_auth(facts, AUTH_REQUIRED);
	} else if (lines_equal(&text, "OK")) {
		rsync->phase = TRANSFER;
		let_in(rsync, facts);
	} else if (lines_equal(&text, "EXIT")) {
		rsync->phase = OVER;
		if (rsync->listing)
			let_in(rsync, facts);
	}
}

/* "ERROR: module is read only", "rsync: link_stat ... failed": how rsync's errors begin. */
static void look_for_refusal(struct rsync *rsync, uint8_t c)
{
	static const char *const marks[REFUSALS] = {"ERROR", "rsync: "};

	for (size_t i = 0; i < REFUSALS; i++) {
		const char *mark = marks[i];
		uint8_t *matched = &rsync->matched[i];

		if (c == (uint8_t)mark[*matched])
			++*matched;
		else
			*matched = c == (uint8_t)mark[0];
		if (mark[*matched] != '\0')
			continue;
		*matched = 0;
		rsync->refused = true;
	}
}

/* What the server says after it has let the client in, up to where that tells something. */
static void feed_transfer(struct rsync *rsync, struct facts *facts, struct bytes input)
{
	while (input.left != 0 && !rsync->refused && rsync->sent < SENT_ENOUGH) {
		look_for_refusal(rsync, bytes_u8(&input));
		rsync->sent++;
		if (rsync->refused || rsync->sent == TAKEN_ENOUGH)
			facts_command_result(facts, rsync->transfer_handle, !rsync->refused);
		if (rsync->sender && !rsync->refused && rsync->sent == SENT_ENOUGH)
			facts_set_data_read(facts, ANSWER_YES);
	}
}

static void feed(void *state, struct facts *facts, struct feed *fed)
{
	struct rsync *rsync = state;
	struct bytes input = fed->bytes;

	if (fed->from == SIDE_CLIENT) {
		feed_client(rsync, facts, input);
		return;
	}
	while (input.left != 0 && rsync->phase < ARGUMENTS) {
		if (!lines_next(&rsync->server, &input))
			return;
		on_server_line(rsync, facts);
	}
	if (rsync->phase == TRANSFER)
		feed_transfer(rsync, facts, input);
}

static void gap(void *state, struct facts *facts, enum side from, uint64_t missing)
{
	struct rsync *rsync = state;

	(void)facts;
	(void)missing;
	rsync->midstream = true;
	if (from == SIDE_CLIENT && rsync->reading < TRANSFER)
		rsync->reading = OVER;
	if (from == SIDE_SERVER)
		rsync->phase = OVER;
}

const struct dissector rsync_dissector = {
	.name = "rsync",
	.transports = OVER_TCP,
	.state_size = sizeof(struct rsync),
	.service_count = sizeof services / sizeof *services,
	.services = services,
	.recognised = "the greeting @RSYNCD: with a version",
	.reads = READS_PRODUCT | READS_AUTH | READS_USER | READS_COMMANDS | READS_LISTINGS |
		 READS_DESTRUCTION | READS_DATA | READS_ENCRYPTION | READS_PATH,
	.recognise = recognise,
	.begin = begin,
	.feed = feed,
	.gap = gap,
};
