/* SPDX-License-Identifier: ISC */
/*
 * ManageSieve (RFC 5804): the server greets with its capabilities, each a line of quoted strings,
 * and OK. A line for each command, answered in order by OK, NO or BYE, with other lines before it.
 * Strings are quoted, or {123} or {123+} at the end of a line and as many bytes behind it, after
 * which the line goes on; they are counted and skipped.
 */
#include "dissectors/dissector.h"
#include "dissectors/read/answers.h"
#include "dissectors/read/banner.h"
#include "dissectors/read/command_words.h"
#include "dissectors/read/literals.h"
#include "dissectors/read/sasl.h"
#include "dissectors/read/turns.h"

static const uint16_t ports[] = {4190, 2000, 0};

static const struct service services[] = {
	{
		.name = "managesieve",
		.family = FAMILY_MAIL,
		.also = (const char *const[]){"sieve", NULL},
		.met = true,
		.about = "remote management of mail filters",
		.ports = ports,
	},
};

enum kind {
	ANY,
	SECURE, /* only answered after a log-in */
	READ,	/* SECURE, and what comes before its answer is stored data */
	LOG_IN,
	START_TLS,
};

struct managesieve {
	struct literals client, server;
	struct answers pending;
	struct sasl sasl;
	struct turns turns;
	bool midstream, greeted, logged_in;
	bool unsure; /* which answer is to which command, until the client's next turn */
};

_Static_assert(sizeof(struct managesieve) <= DISSECTOR_STATE_MAX, "state of managesieve");

static const struct command_word commands[] = {
	{"AUTHENTICATE", LOG_IN, 0},
	{"STARTTLS", START_TLS, 0},
	{"CAPABILITY", ANY, 0},
	{"LOGOUT", ANY, 0},
	{"NOOP", ANY, 0},
	{"HAVESPACE", SECURE, 0},
	{"PUTSCRIPT", SECURE, 0},
	{"CHECKSCRIPT", SECURE, 0},
	{"SETACTIVE", SECURE, 0},
	{"RENAMESCRIPT", SECURE, 0},
	{"DELETESCRIPT", SECURE, 0},
	{"LISTSCRIPTS", READ, COMMAND_LISTING},
	{"GETSCRIPT", READ, COMMAND_LISTING},
	{"UNAUTHENTICATE", SECURE, 0},
};

static const struct banner_product products[] = {
	{"Dovecot", "Dovecot"},	    {"Cyrus timsieved", "Cyrus timsieved"},
	{"Stalwart", "Stalwart"},   {"Apache", "Apache James"},
	{"Kerio", "Kerio Connect"},
};

/* "IMPLEMENTATION" "Dovecot Pigeonhole", "SIEVE" "fileinto ..." in whichever order */
static enum recognised recognise_server(struct bytes b)
{
	static const char *const first[] = {"\"IMPLEMENTATION\" ", "\"SIEVE\" "};
	static const char *const other[] = {"\"SASL\" ", "\"NOTIFY\" ", "\"VERSION\" ",
					    "\"STARTTLS\"", "\"LANGUAGE\" "};
	struct line line = {.length = 0};
	bool known = true;

	if (b.left != 0 && b.at[0] != '"')
		return RECOGNISED_NO;
	while (known && lines_next(&line, &b)) {
		struct bytes text = bytes_from(line.text, line.length);

		known = false;
		for (size_t i = 0; i < sizeof first / sizeof *first; i++) {
			if (lines_start_with(&text, first[i]))
				return RECOGNISED_YES;
		}
		for (size_t i = 0; i < sizeof other / sizeof *other; i++)
			known |= lines_start_with(&text, other[i]);
	}
	return known ? RECOGNISED_MORE : RECOGNISED_NO;
}

/* The client alone: its commands are its own, but for LOGOUT and the like. */
static enum recognised recognise_client(struct bytes b)
{
	struct line line = {.length = 0};
	struct bytes text, word;

	if (!lines_next(&line, &b))
		return RECOGNISED_MORE;
	text = bytes_from(line.text, line.length);
	word = lines_word(&text);
	if (lines_equal(&word, "AUTHENTICATE") && text.left != 0 && text.at[0] == '"')
		return RECOGNISED_YES;
	return lines_equal(&word, "LISTSCRIPTS") || lines_equal(&word, "PUTSCRIPT") ? RECOGNISED_YES
										    : RECOGNISED_NO;
}

static enum recognised recognise(const struct opening *opening)
{
	struct bytes client = opening->side[SIDE_CLIENT], server = opening->side[SIDE_SERVER];

	if (server.left != 0)
		return recognise_server(server);
	if (!opening->one_sided || client.left == 0)
		return RECOGNISED_MORE;
	return recognise_client(client);
}

static void begin(void *state, struct facts *facts)
{
	(void)state;
	facts_set_service(facts, &services[0]);
	facts_set_encryption(facts, ENCRYPTION_CLEARTEXT);
	facts_set_data_read(facts, ANSWER_NO);
}

/* A quoted string without its quotes, or a word. */
static struct bytes take_string(struct bytes *text)
{
	const uint8_t *end;
	struct bytes string;

	if (text->left == 0 || text->at[0] != '"')
		return lines_word(text);
	bytes_skip(text, 1);
	end = text->left != 0 ? memchr(text->at, '"', text->left) : NULL;
	string = bytes_sub(text, end ? (size_t)(end - text->at) : text->left);
	bytes_skip(text, end ? 1 : 0);
	while (text->left != 0 && text->at[0] == ' ')
		bytes_skip(text, 1);
	return string;
}

static void on_command(struct managesieve *sieve, struct facts *facts, struct bytes text)
{
	struct bytes word = lines_word(&text), mechanism;
	const struct command_word *row = COMMAND_WORDS_FIND(commands, &word);

	if (!row) {
		answers_add(&sieve->pending, -1, ANY);
		return;
	}
	answers_add(&sieve->pending, command_words_note(row, facts), row->kind);
	if (row->kind != LOG_IN)
		return;
	mechanism = take_string(&text);
	if (text.left != 0 && text.at[0] == '{') /* the initial response is a literal */
		text.left = 0;
	sasl_begin(&sieve->sasl, facts, mechanism, take_string(&text));
}

static void on_client_line(struct managesieve *sieve, struct facts *facts)
{
	struct bytes text = bytes_from(sieve->client.line.text, sieve->client.line.length);

	if (sasl_takes_line(&sieve->sasl))
		sasl_line(&sieve->sasl, facts, take_string(&text));
	else
		on_command(sieve, facts, text);
}

static void on_answer(struct managesieve *sieve, struct facts *facts, struct feed *fed, bool ok)
{
	struct answers_row *first = answers_first(&sieve->pending);
	struct answers_row row;

	if (!first || sieve->unsure) {
		answers_drop(&sieve->pending);
		return;
	}
	row = *first;
	answers_drop(&sieve->pending);
	facts_command_result(facts, row.handle, ok);
	switch ((enum kind)row.kind) {
	case LOG_IN:
		sieve->logged_in |= ok;
		sasl_end(&sieve->sasl, facts, ok);
		break;
	case START_TLS:
		if (ok)
			facts_start_tls(facts, fed);
		break;
	case SECURE:
	case READ:
		if (!sieve->logged_in && !sieve->midstream)
			facts_set_auth(facts, ok ? AUTH_NONE : AUTH_REQUIRED);
		break;
	case ANY:
		break;
	}
}

/* A capability, a challenge, or a script's name or text. */
static void on_data(struct managesieve *sieve, struct facts *facts, struct bytes text)
{
	const struct answers_row *first = answers_first(&sieve->pending);

	if (lines_start_with(&text, "\"IMPLEMENTATION\" "))
		banner_product(text, products, sizeof products / sizeof *products, facts);
	else if (first && first->kind == LOG_IN)
		sasl_challenge(&sieve->sasl);
	else if (first && first->kind == READ && !sieve->unsure)
		facts_set_data_read(facts, ANSWER_YES);
}

static void on_server_line(struct managesieve *sieve, struct facts *facts, struct feed *fed)
{
	struct bytes text = bytes_from(sieve->server.line.text, sieve->server.line.length);
	struct bytes whole = text, word = lines_word(&text);
	bool ok = lines_equal(&word, "OK");

	if (!ok && !lines_equal(&word, "NO") && !lines_equal(&word, "BYE")) {
		on_data(sieve, facts, whole);
	} else if (!sieve->greeted) {
		sieve->greeted = true;
		if (facts->auth == AUTH_UNKNOWN)
			facts_set_auth(facts, AUTH_NA);
	} else {
		on_answer(sieve, facts, fed, ok);
	}
}

/* After a gap: when the client speaks after the server, both are at the start of a line again. */
static void next_turn(struct managesieve *sieve)
{
	if (!sieve->unsure)
		return;
	sieve->unsure = false;
	sieve->client = (struct literals){.left = 0};
	answers_clear(&sieve->pending);
}

static void on_line(struct managesieve *sieve, struct facts *facts, struct feed *fed)
{
	enum side from = fed->from;
	struct literals *side = from == SIDE_CLIENT ? &sieve->client : &sieve->server;

	if (side->lost) { /* up to the client's next turn, as far as it is the client's */
		if (from == SIDE_SERVER) {
			side->lost = false;
			sieve->unsure = true; /* it may have been an answer */
		}
	} else if (side->goes_on) {
		return;
	} else if (from == SIDE_CLIENT) {
		on_client_line(sieve, facts);
	} else {
		on_server_line(sieve, facts, fed);
	}
}

static void feed(void *state, struct facts *facts, struct feed *fed)
{
	enum side from = fed->from;
	struct managesieve *sieve = state;
	struct literals *side = from == SIDE_CLIENT ? &sieve->client : &sieve->server;
	struct bytes input = fed->bytes, piece;

	if (fed->bytes.left == 0)
		return;
	if (turns_begin_round(&sieve->turns, from))
		next_turn(sieve);
	while (input.left != 0 && fed->next == FEED_ON) {
		if (literals_next(side, &input, &piece) == LITERALS_LINE)
			on_line(sieve, facts, fed);
	}
	fed->rest = input.left;
}

static void gap(void *state, struct facts *facts, enum side from, uint64_t missing)
{
	struct managesieve *sieve = state;

	(void)facts;
	if (!turns_begun(&sieve->turns)) {
		sieve->midstream = sieve->greeted = true;
		return;
	}
	if (literals_gap(from == SIDE_CLIENT ? &sieve->client : &sieve->server, missing))
		return;
	sieve->unsure = sieve->greeted = true;
	sieve->midstream |= !sieve->logged_in; /* a log-in may have gone unseen */
}

const struct dissector managesieve_dissector = {
	.name = "managesieve",
	.transports = OVER_TCP,
	.upgrades = true,
	.state_size = sizeof(struct managesieve),
	.service_count = sizeof services / sizeof *services,
	.services = services,
	.recognised = "the list of capabilities with IMPLEMENTATION, or a command and its answer",
	.crowded = CROWDED_LINES,
	.answers_at = offsetof(struct managesieve, pending),
	.reads = READS_PRODUCT | READS_VERSION | READS_AUTH | READS_USER | READS_MECHANISM |
		 READS_COMMANDS | READS_LISTINGS | READS_DATA | READS_ENCRYPTION | READS_STARTTLS,
	.recognise = recognise,
	.begin = begin,
	.feed = feed,
	.gap = gap,
};
