/* SPDX-License-Identifier: ISC */
/*
 * Informix SQLI. The client begins with text, then binary:
 *
 *	"sq" length in letters, version in letters, "sqlexec " user " -p" version of the client
 *	" " serial number " -d" database " -f" form of numbers, environment
 *
 * The server answers with length:2 and bytes, in which its name stands, and often its version in
 * words. What follows are messages that begin with kind:2; 1 and 2 carry a statement behind two
 * numbers, 13 is an error. This is written from published captures and nmap's probes only.
 */
#include "dissectors/dissector.h"
#include "dissectors/read/exchange.h"
#include "dissectors/read/head.h"
#include "dissectors/read/lines.h"
#include "dissectors/read/sql.h"

#define WORD_WITHIN 24 /* bytes before which "sqlexec" stands */
#define ANSWER_MAX  8192

enum { COMMAND = 1, PREPARE = 2, ERROR = 13 };

static const uint16_t ports[] = {9088, 0};

static const struct service services[] = {
	{
		.name = "informix",
		.family = FAMILY_DATABASE,
		.about = "Informix database",
		.ports = ports,
	},
};

struct informix {
	struct exchange exchange; /* its frames are not used: what has a length is not known */
	struct head head[2];	  /* of each side's turn */
	bool met[2];		  /* a whole turn of that side has passed */
	bool said[2];		  /* the turn at hand has told its command, or its answer */
};

_Static_assert(sizeof(struct informix) <= DISSECTOR_STATE_MAX, "state of informix");

static void begin(void *state, struct facts *facts)
{
	(void)state;
	facts_begin(facts, &services[0]);
	FACTS_WORD(facts, product, "Informix");
}

/* Behind this word; empty if it is not there. */
static struct bytes behind(struct bytes b, const char *word)
{
	while (b.left != 0 && !bytes_start_with(&b, word))
		bytes_skip(&b, 1);
	return bytes_skip(&b, strlen(word)) ? b : bytes_from(NULL, 0);
}

static void on_opening(struct facts *facts, struct bytes b)
{
	struct bytes text = behind(b, "sqlexec "), user = lines_word(&text);

	if (text.left != 0 && user.left != 0 && user.at[0] != '-')
		FACTS_TEXT(facts, user, user.at, user.left);
}

/* "IBM Informix Dynamic Server Version 12.10.FC8" */
static void on_opening_answer(struct facts *facts, struct bytes b)
{
	struct bytes text = behind(b, "Dynamic Server Version ");
	size_t length = 0;

	while (length < text.left && text.at[length] > ' ' && text.at[length] <= '~')
		length++;
	if (length != 0 && length < text.left)
		FACTS_TEXT(facts, version, text.at, length);
}

/* A number, a length of 2 or 4 bytes, a statement. */
static void on_statement(struct informix *ifx, struct facts *facts, struct bytes b)
{
	struct sql_statement statement;
	uint32_t length;
	uint16_t kind = 0;
	struct bytes text;
	int handle = -1;
	struct sql sql;

	bytes_skip(&b, 4);
	text = b;
	length = bytes_be16(&text);
	if (length == 0) {
		text = b;
		length = bytes_be32(&text);
	}
	if (text.failed)
		return;
	ifx->said[SIDE_CLIENT] = text.left >= length || ifx->head[SIDE_CLIENT].have == HEAD_KEPT;
	if (!ifx->said[SIDE_CLIENT])
		return;
	text.left = length < text.left ? length : text.left;
	sql_begin(&sql, SQL_POSTGRESQL);
	if (sql_next(&sql, &text, &statement) || sql_end(&sql, &statement)) {
		kind = statement.flags & COMMAND_LISTING ? EXCHANGE_READS : 0;
		handle = facts_command(facts, statement.name, strlen(statement.name),
				       statement.flags);
	}
	answers_put(&ifx->exchange.pending, exchange_next_asked(&ifx->exchange), handle, kind);
}

static void on_client(struct informix *ifx, struct facts *facts, struct bytes b)
{
	struct bytes start = b;
	uint16_t kind = bytes_be16(&b);

	if (!ifx->met[SIDE_CLIENT])
		on_opening(facts, start);
	else if (!ifx->said[SIDE_CLIENT] && (kind == COMMAND || kind == PREPARE))
		on_statement(ifx, facts, start);
}

static void on_server(struct informix *ifx, struct facts *facts, struct bytes b)
{
	struct bytes start = b;
	uint16_t kind = bytes_be16(&b);

	if (!ifx->met[SIDE_SERVER]) {
		on_opening_answer(facts, start);
		return;
	}
	if (b.failed || ifx->said[SIDE_SERVER])
		return;
	ifx->said[SIDE_SERVER] = true;
	if (!ifx->exchange.logged_in && !ifx->exchange.late)
		exchange_login(&ifx->exchange, facts, true); /* it is talked with */
	exchange_answer(&ifx->exchange, facts, exchange_next_answered(&ifx->exchange),
			kind != ERROR);
}

static void feed(void *state, struct facts *facts, struct feed *fed)
{
	enum side from = fed->from, other = from == SIDE_CLIENT ? SIDE_SERVER : SIDE_CLIENT;
	struct informix *ifx = state;
	struct bytes kept;

	if (!turns_is_last(&ifx->exchange.turns, from) && turns_begun(&ifx->exchange.turns)) {
		ifx->met[other] = true;
		ifx->said[from] = false;
		memset(&ifx->head[from], 0, sizeof ifx->head[from]);
	}
	exchange_begin(&ifx->exchange, from);
	kept = head_add(&ifx->head[from], fed->bytes.at, fed->bytes.left);
	if (from == SIDE_CLIENT)
		on_client(ifx, facts, kept);
	else
		on_server(ifx, facts, kept);
}

static void gap(void *state, struct facts *facts, enum side from, uint64_t missing)
{
	struct informix *ifx = state;

	(void)facts;
	exchange_gap(&ifx->exchange, from, missing);
	ifx->met[from] = true;
	ifx->head[from].closed = true;
	ifx->said[from] = true;
}

static enum recognised recognise_client(struct bytes b)
{
	static const char word[] = "sqlexec";
	struct bytes start = b;

	if (!bytes_agree_with(&b, "sq"))
		return RECOGNISED_NO;
	bytes_skip(&b, 2);
	for (size_t i = 2; i < WORD_WITHIN && b.left != 0; i++) {
		if (bytes_start_with(&b, word))
			return RECOGNISED_YES;
		if (b.at[0] <= ' ' || b.at[0] > '~')
			return RECOGNISED_NO;
		bytes_skip(&b, 1);
	}
	return start.left < WORD_WITHIN + sizeof word ? RECOGNISED_MORE : RECOGNISED_NO;
}

static enum recognised recognise_server(struct bytes b)
{
	uint16_t length = bytes_be16(&b);

	if (b.failed)
		return RECOGNISED_MORE;
	return length >= 4 && length <= ANSWER_MAX ? RECOGNISED_YES : RECOGNISED_NO;
}

static enum recognised recognise(const struct opening *opening)
{
	return dissector_by_client(recognise_client(opening->side[SIDE_CLIENT]),
				   recognise_server(opening->side[SIDE_SERVER]),
				   opening->one_sided);
}

const struct dissector informix_dissector = {
	.name = "informix",
	.transports = OVER_TCP,
	.state_size = sizeof(struct informix),
	.service_count = sizeof services / sizeof *services,
	.services = services,
	.recognised = "sq and, among letters, sqlexec with which a client begins",
	.reads = READS_PRODUCT | READS_VERSION | READS_AUTH | READS_USER | READS_COMMANDS |
		 READS_LISTINGS | READS_DESTRUCTION | READS_DATA | READS_ENCRYPTION,
	.recognise = recognise,
	.begin = begin,
	.feed = feed,
	.gap = gap,
};
