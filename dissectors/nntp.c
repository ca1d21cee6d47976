/* SPDX-License-Identifier: ISC */
/*
 * NNTP (RFC 3977, 4642, 4643, 4644): a line for each command, three digits in answer, in order.
 * Behind some answers come lines up to a lone dot, and articles are sent the same way: after 340
 * to POST, after 335 to IHAVE, and at once behind TAKETHIS. Passwords are in AUTHINFO; of it only
 * the user's name is taken.
 *
 * GROUP tells how many articles there are: whoever gets an answer is served, but has read none.
 */
#include "dissectors/read/banner.h"
#include "dissectors/read/dialogue.h"
#include "dissectors/read/numeric_recognise.h"
#include "dissectors/read/sasl.h"

static const uint16_t ports[] = {119, 563, 433, 0};

static const struct service services[] = {
	{
		.name = "nntp",
		.family = FAMILY_MAIL,
		.about = "news: reading, posting and feeding articles",
		.ports = ports,
	},
};

enum kind {
	ANY,	/* answered before a log-in as well */
	SERVED, /* an answer means that the client is let in */
	READ,	/* SERVED, and its answer is stored data */
	POST,	/* an article follows if the server wants it */
	POSTED, /* the article is over */
	USER,
	PASS,
	LOG_IN,
	CAPABILITIES,
	START_TLS,
	COMPRESS,
};

struct nntp {
	struct dialogue dialogue;
	struct sasl sasl;
	int article_handle; /* of the command that sends the article */
	bool in_article;    /* of the client, up to a lone dot */
	bool article_due;   /* POST or the like was not refused, as far as is known */
	bool in_lines;	    /* of an answer, up to a lone dot */
	bool of_data;	    /* and they are stored data */
	bool capabilities;  /* or say who serves */
	bool opaque;	    /* compressed from here on */
};

_Static_assert(sizeof(struct nntp) <= DISSECTOR_STATE_MAX, "state of nntp");

/* The first row that fits counts: those with a second word come first. */
static const struct command_row {
	const char *name, *second; /* second word; NULL: whatever follows */
	uint8_t kind;
	uint8_t flags;
} commands[] = {
	{"AUTHINFO", "USER", USER, 0},
	{"AUTHINFO", "PASS", PASS, 0},
	{"AUTHINFO", "SASL", LOG_IN, 0},
	{"LIST", "EXTENSIONS", ANY, 0},
	{"LIST", "OVERVIEW.FMT", ANY, 0},
	{"LIST", "HEADERS", ANY, 0},
	{"LIST", NULL, READ, COMMAND_LISTING},
	{"LISTGROUP", NULL, READ, COMMAND_LISTING},
	{"ARTICLE", NULL, READ, COMMAND_LISTING},
	{"BODY", NULL, READ, COMMAND_LISTING},
	{"HEAD", NULL, READ, COMMAND_LISTING},
	{"OVER", NULL, READ, COMMAND_LISTING},
	{"XOVER", NULL, READ, COMMAND_LISTING},
	{"XZVER", NULL, READ, COMMAND_LISTING},
	{"HDR", NULL, READ, COMMAND_LISTING},
	{"XHDR", NULL, READ, COMMAND_LISTING},
	{"XPAT", NULL, READ, COMMAND_LISTING},
	{"NEWNEWS", NULL, READ, COMMAND_LISTING},
	{"NEWGROUPS", NULL, READ, COMMAND_LISTING},
	{"GROUP", NULL, SERVED, 0},
	{"STAT", NULL, SERVED, 0},
	{"NEXT", NULL, SERVED, 0},
	{"LAST", NULL, SERVED, 0},
	{"CHECK", NULL, SERVED, 0},
	{"POST", NULL, POST, 0},
	{"IHAVE", NULL, POST, 0},
	{"TAKETHIS", NULL, POSTED, 0},
	{"CAPABILITIES", NULL, CAPABILITIES, 0},
	{"MODE", NULL, ANY, 0},
	{"DATE", NULL, ANY, 0},
	{"HELP", NULL, ANY, 0},
	{"QUIT", NULL, ANY, 0},
	{"STARTTLS", NULL, START_TLS, 0},
	{"COMPRESS", NULL, COMPRESS, 0},
};

static const struct banner_product products[] = {
	{"server INN", "INN"},
	{"InterNetNews", "INN"},
	{"INN", "INN"},
	{"Leafnode NNTP daemon", "Leafnode"},
	{"leafnode", "Leafnode"},
	{"Cyrus NNTP", "Cyrus"},
	{"NNTP Service", "Microsoft NNTP Service"},
	{"Diablo", "Diablo"},
	{"Typhoon", "Typhoon"},
	{"DNEWS", "DNews"},
};

static enum recognised recognise(const struct opening *opening)
{
	return numeric_result(numeric_recognise(opening), NUMERIC_NNTP);
}

static void begin(void *state, struct facts *facts)
{
	(void)state;
	facts_set_service(facts, &services[0]);
	facts_set_encryption(facts, ENCRYPTION_CLEARTEXT);
	facts_set_data_read(facts, ANSWER_NO);
}

static const struct command_row *row_of(const struct bytes *word, struct bytes rest)
{
	struct bytes second = lines_word(&rest);

	if (word->left == 0)
		return NULL;
	for (size_t i = 0; i < sizeof commands / sizeof *commands; i++) {
		if (lines_equal(word, commands[i].name) &&
		    (!commands[i].second || lines_equal(&second, commands[i].second)))
			return &commands[i];
	}
	return NULL;
}

static void note_login(struct nntp *nntp, struct facts *facts, uint16_t kind, struct bytes text)
{
	struct bytes word;

	lines_word(&text); /* USER, PASS, SASL */
	word = lines_word(&text);
	if (kind == LOG_IN) {
		sasl_begin(&nntp->sasl, facts, word, text);
	} else if (kind == USER) {
		FACTS_WORD(facts, mechanism, "USER");
		FACTS_TEXT(facts, user, word.at, word.left);
		if (facts->auth == AUTH_NA || facts->auth == AUTH_REQUIRED)
			facts_set_auth(facts, AUTH_UNKNOWN);
	}
}

static void on_command(struct nntp *nntp, struct facts *facts, struct bytes text)
{
	struct bytes word = lines_word(&text);
	const struct command_row *row = row_of(&word, text);
	int handle;

	if (!row) { /* it is answered as well */
		answers_add(&nntp->dialogue.pending, -1, ANY);
		return;
	}
	handle = facts_command(facts, row->name, strlen(row->name), row->flags);
	if (row->kind == POSTED) {
		nntp->in_article = true;
		nntp->article_handle = handle;
		return;
	}
	answers_add(&nntp->dialogue.pending, handle, row->kind);
	nntp->article_due |= row->kind == POST;
	note_login(nntp, facts, row->kind, text);
}

static void on_client_line(struct nntp *nntp, struct facts *facts, struct bytes text)
{
	if (nntp->in_article) {
		if (text.left != 1 || text.at[0] != '.')
			return;
		nntp->in_article = false;
		answers_add(&nntp->dialogue.pending, nntp->article_handle, POSTED);
	} else if (sasl_takes_line(&nntp->sasl)) {
		sasl_line(&nntp->sasl, facts, text);
	} else {
		on_command(nntp, facts, text);
	}
}

/* Answers behind which lines always come, but for 211: LISTGROUP has some, GROUP has none. */
static bool has_lines(unsigned code, uint16_t kind)
{
	return code == 100 || code == 101 || code == 202 || code == 215 ||
	       (code >= 220 && code <= 222) || code == 224 || code == 225 || code == 230 ||
	       code == 231 || (code == 211 && kind == READ);
}

/* 482 and 502 to a password are how older servers turn it down. */
static void on_login(struct nntp *nntp, struct facts *facts, uint16_t kind, unsigned code)
{
	bool accepted = code == 281 || code == 283;
	bool refused = code == 481 || (kind == PASS && (code == 482 || code == 502));

	if (code == 381)
		return;
	nntp->dialogue.logged_in |= accepted;
	if (!accepted && !refused)
		nntp->sasl.active = false; /* not understood: the credentials were not judged */
	else if (kind == LOG_IN)
		sasl_end(&nntp->sasl, facts, accepted);
	else
		facts_login(facts, accepted);
}

/* The client gets something, or would have got it after a log-in. */
static void judge_access(struct nntp *nntp, struct facts *facts, unsigned code)
{
	if (nntp->dialogue.logged_in || nntp->dialogue.midstream)
		return;
	if (code < 400 || code == 411 || code == 430) /* no such group, no such article */
		facts_set_auth(facts, AUTH_NONE);
}

static void on_judged(struct nntp *nntp, struct facts *facts, struct feed *fed,
		      const struct answers_row *row, unsigned code)
{
	switch ((enum kind)row->kind) {
	case USER:
	case PASS:
	case LOG_IN:
		on_login(nntp, facts, row->kind, code);
		break;
	case READ:
	case SERVED:
	case POSTED:
		judge_access(nntp, facts, code);
		break;
	case POST:
		nntp->in_article = code < 400;
		nntp->article_due = false;
		nntp->article_handle = row->handle;
		break;
	case START_TLS:
		if (code == 382)
			facts_start_tls(facts, fed);
		break;
	case COMPRESS:
		nntp->opaque |= code == 206;
		break;
	case CAPABILITIES:
	case ANY:
		break;
	}
}

static void on_answer(struct nntp *nntp, struct facts *facts, struct feed *fed, unsigned code)
{
	struct answers_row *first = answers_first(&nntp->dialogue.pending);
	struct answers_row row = {.handle = -1, .kind = ANY};

	if (first && !nntp->dialogue.unsure)
		row = *first;
	answers_drop(&nntp->dialogue.pending);
	nntp->article_due |= code == 335 || code == 340;
	nntp->in_lines = has_lines(code, row.kind);
	nntp->of_data = nntp->in_lines && row.kind == READ;
	nntp->capabilities = nntp->in_lines && row.kind == CAPABILITIES;
	if ((row.kind != POST && code != 381) || code >= 400) /* else there is more to come */
		facts_command_result(facts, row.handle, code < 400);
	if (code == 480 && !nntp->dialogue.logged_in)
		facts_set_auth(facts, AUTH_REQUIRED);
	on_judged(nntp, facts, fed, &row, code);
}

/* A line of an answer that has several. */
static void on_data_line(struct nntp *nntp, struct facts *facts, struct bytes text)
{
	if (text.left == 1 && text.at[0] == '.') {
		nntp->in_lines = nntp->of_data = nntp->capabilities = false;
		return;
	}
	if (nntp->of_data)
		facts_set_data_read(facts, ANSWER_YES);
	if (nntp->capabilities && lines_start_with(&text, "IMPLEMENTATION "))
		banner_product(text, products, sizeof products / sizeof *products, facts);
}

static void on_server_line(struct nntp *nntp, struct facts *facts, struct feed *fed,
			   struct bytes line)
{
	struct bytes text;
	bool last = false;
	unsigned code;

	if (nntp->in_lines) {
		on_data_line(nntp, facts, line);
		return;
	}
	code = banner_reply(line, &last, &text);
	if (code == 0)
		return;
	if (!nntp->dialogue.greeted) {
		nntp->dialogue.greeted = true;
		if (code < 400)
			facts_set_auth(facts, AUTH_NA);
		banner_product(text, products, sizeof products / sizeof *products, facts);
	} else if (code == 383) {
		sasl_challenge(&nntp->sasl);
	} else {
		on_answer(nntp, facts, fed, code);
	}
}

/* After a loss: but this may be the article that POST has announced. */
static void resume(struct nntp *nntp)
{
	nntp->dialogue.unsure = nntp->dialogue.client_lost = nntp->article_due;
	nntp->in_lines = nntp->in_article = nntp->article_due = false;
}

static void feed(void *state, struct facts *facts, struct feed *fed)
{
	enum side from = fed->from;
	struct nntp *nntp = state;
	struct bytes input = fed->bytes, line;

	if (nntp->opaque)
		return;
	if (dialogue_resumes(&nntp->dialogue, from))
		resume(nntp);
	nntp->dialogue.text = nntp->in_article;
	while (!nntp->opaque && dialogue_line(&nntp->dialogue, fed, &input, &line)) {
		if (from == SIDE_CLIENT)
			on_client_line(nntp, facts, line);
		else
			on_server_line(nntp, facts, fed, line);
		nntp->dialogue.text = nntp->in_article;
	}
}

static void gap(void *state, struct facts *facts, enum side from, uint64_t missing)
{
	struct nntp *nntp = state;

	(void)facts;
	(void)missing;
	dialogue_gap(&nntp->dialogue, from);
}

const struct dissector nntp_dissector = {
	.name = "nntp",
	.transports = OVER_TCP,
	.upgrades = true,
	.state_size = sizeof(struct nntp),
	.service_count = sizeof services / sizeof *services,
	.services = services,
	.recognised =
		"the words of a greeting with 200 or 201, or its own commands and their answers",
	.crowded = CROWDED_LINES,
	.answers_at = offsetof(struct nntp, dialogue.pending),
	.reads = READS_PRODUCT | READS_VERSION | READS_AUTH | READS_USER | READS_MECHANISM |
		 READS_COMMANDS | READS_LISTINGS | READS_DATA | READS_ENCRYPTION | READS_STARTTLS,
	.recognise = recognise,
	.begin = begin,
	.feed = feed,
	.gap = gap,
};
