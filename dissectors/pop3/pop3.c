/* SPDX-License-Identifier: ISC */
/*
 * POP3 (RFC 1939, 2449, 5034): a line for each command, "+OK" or "-ERR" in answer, in order.
 * Behind some answers come lines up to a lone dot. Passwords are in PASS, in APOP's digest and in
 * the lines that follow AUTH; of all of them only the user's name is taken.
 */
#include "dissectors/pop3/pop3_recognise.h"
#include "dissectors/read/banner.h"
#include "dissectors/read/command_words.h"
#include "dissectors/read/dialogue.h"
#include "dissectors/read/sasl.h"
#include "dissectors/read/xclient.h"

#define BULK_DELETE 2 /* messages deleted in one session that make it bulk */

static const uint16_t ports[] = {110, 995, 0};

static const struct service services[] = {
	{
		.name = "pop3",
		.family = FAMILY_MAIL,
		.also = (const char *const[]){"pop3s", NULL},
		.met = true,
		.about = "POP3 mailbox access",
		.identifier = "accessible-pop3",
		.ports = ports,
	},
};

enum kind {
	ANY,	/* answered before a log-in as well */
	SECURE, /* only answered after a log-in */
	READ,	/* SECURE, and its answer is stored data */
	USER,
	PASS, /* or APOP: this answer is the log-in's */
	LOG_IN,
	MECHANISMS, /* AUTH alone lists them */
	CAPABILITIES,
	START_TLS,
};

/* With a kind: the answer has several lines; only if the command has no argument. */
#define LINES_FOLLOW	   0x80
#define LINES_FOLLOW_ALONE 0x40

struct pop3 {
	struct dialogue dialogue;
	struct sasl sasl;
	uint8_t deleted;
	bool in_lines;	   /* of an answer, up to a lone dot */
	bool of_data;	   /* and they are stored data */
	bool capabilities; /* or say who serves */
};

_Static_assert(sizeof(struct pop3) <= DISSECTOR_STATE_MAX, "state of pop3");

static const struct command_word commands[] = {
	{"USER", USER, 0},
	{"PASS", PASS, 0},
	{"APOP", PASS, 0},
	{"AUTH", LOG_IN, 0},
	{"CAPA", CAPABILITIES | LINES_FOLLOW, 0},
	{"STLS", START_TLS, 0},
	{"STAT", SECURE, 0},
	{"LIST", READ | LINES_FOLLOW_ALONE, COMMAND_LISTING},
	{"UIDL", READ | LINES_FOLLOW_ALONE, COMMAND_LISTING},
	{"RETR", READ | LINES_FOLLOW, COMMAND_LISTING},
	{"TOP", READ | LINES_FOLLOW, COMMAND_LISTING},
	{"DELE", SECURE, 0},
	{"RSET", SECURE, 0},
	{"LAST", SECURE, 0},
	{"NOOP", SECURE, 0},
	{"QUIT", ANY, 0},
};

static const struct banner_product products[] = {
	{"Dovecot", "Dovecot"},
	{"Cyrus POP3", "Cyrus IMAP"},
	{"Courier", "Courier"},
	{"Microsoft Exchange", "Microsoft Exchange"},
	{"MDaemon", "MDaemon"},
	{"Kerio Connect", "Kerio Connect"},
	{"Zimbra", "Zimbra"},
	{"hMailServer", "hMailServer"},
	{"MailEnable", "MailEnable"},
	{"Gpop", "Gmail"},
	{"IceWarp", "IceWarp"},
	{"Axigen", "Axigen"},
	{"CommuniGate Pro", "CommuniGate Pro"},
	{"Domino", "IBM Domino"},
	{"SmarterMail", "SmarterMail"},
	{"Qpopper", "Qpopper"},
	{"QPOP", "Qpopper"},
	{"teapop", "teapop"},
	{"popa3d", "popa3d"},
	{"Perdition", "Perdition"},
	{"JAMES", "Apache James"},
	{"Stalwart", "Stalwart"},
	{"ArGoSoft", "ArGoSoft Mail Server"},
	{"GroupWise", "GroupWise"},
};

static void begin(void *state, struct facts *facts)
{
	(void)state;
	facts_set_service(facts, &services[0]);
	facts_set_encryption(facts, ENCRYPTION_CLEARTEXT);
	facts_set_data_read(facts, ANSWER_NO);
}

static void note_user(struct facts *facts, struct bytes arguments)
{
	struct bytes user = lines_word(&arguments);

	FACTS_TEXT(facts, user, user.at, user.left);
	if (facts->auth == AUTH_NA || facts->auth == AUTH_REQUIRED)
		facts_set_auth(facts, AUTH_UNKNOWN);
}

static void on_command(struct pop3 *pop, struct facts *facts, struct feed *fed, struct bytes text)
{
	struct bytes word = lines_word(&text);
	const struct command_word *row = COMMAND_WORDS_FIND(commands, &word);
	struct forwarded told;
	uint8_t kind;

	if (!row) {
		answers_add(&pop->dialogue.pending, -1, ANY);
		if (lines_equal(&word, "XCLIENT") && xclient_read(text, &told))
			forwarded_tell(&told, fed, facts);
		return;
	}
	kind = row->kind;
	if (kind == LOG_IN && text.left == 0)
		kind = MECHANISMS | LINES_FOLLOW;
	if (kind & LINES_FOLLOW_ALONE)
		kind = (uint8_t)((kind & ~LINES_FOLLOW_ALONE) |
				 (text.left == 0 ? LINES_FOLLOW : 0));
	answers_add(&pop->dialogue.pending, command_words_note(row, facts), kind);
	if (kind == LOG_IN) {
		word = lines_word(&text);
		sasl_begin(&pop->sasl, facts, word, text);
	} else if (kind == USER || lines_equal(&word, "APOP")) {
		FACTS_TEXT(facts, mechanism, row->name, strlen(row->name));
		note_user(facts, text);
	}
}

static void on_client_line(struct pop3 *pop, struct facts *facts, struct feed *fed,
			   struct bytes text)
{
	if (sasl_takes_line(&pop->sasl))
		sasl_line(&pop->sasl, facts, text);
	else
		on_command(pop, facts, fed, text);
}

static void on_login(struct pop3 *pop, struct facts *facts, bool ok, bool by_sasl)
{
	pop->dialogue.logged_in |= ok;
	if (by_sasl)
		sasl_end(&pop->sasl, facts, ok);
	else
		facts_login(facts, ok);
}

/* Mail is read, or would have been if there had been a log-in. */
static void on_secure(struct pop3 *pop, struct facts *facts, bool ok)
{
	if (pop->dialogue.logged_in || pop->dialogue.midstream)
		return;
	if (ok)
		facts_set_auth(facts, AUTH_NONE);
	else if (facts->auth == AUTH_NA || facts->auth == AUTH_UNKNOWN)
		facts_set_auth(facts, AUTH_REQUIRED);
}

/* One message is housekeeping, several are bulk; the flag joins the row that is there. */
static void count_deleted(struct pop3 *pop, struct facts *facts, const struct answers_row *row)
{
	static const char name[] = "DELE";
	int index = facts_command_index(facts, row->handle);

	if (index < 0 || strcmp(facts->commands[index].text, name) != 0)
		return;
	if (pop->deleted < BULK_DELETE && ++pop->deleted == BULK_DELETE)
		facts_command(facts, name, sizeof name - 1, COMMAND_DESTRUCTIVE);
}

static void on_answer(struct pop3 *pop, struct facts *facts, struct feed *fed, bool ok)
{
	struct answers_row *first = answers_first(&pop->dialogue.pending);
	struct answers_row row;
	uint8_t kind;

	if (!first || pop->dialogue.unsure) {
		answers_drop(&pop->dialogue.pending);
		return;
	}
	row = *first;
	answers_drop(&pop->dialogue.pending);
	kind = row.kind & (LINES_FOLLOW - 1);
	facts_command_result(facts, row.handle, ok);
	pop->in_lines = ok && (row.kind & LINES_FOLLOW);
	pop->of_data = pop->in_lines && kind == READ;
	pop->capabilities = pop->in_lines && kind == CAPABILITIES;
	switch ((enum kind)kind) {
	case USER:
		if (!ok)
			on_login(pop, facts, false, false);
		break;
	case PASS:
	case LOG_IN:
		on_login(pop, facts, ok, kind == LOG_IN);
		break;
	case READ:
	case SECURE:
		on_secure(pop, facts, ok);
		if (ok && kind == READ && !pop->in_lines)
			facts_set_data_read(facts, ANSWER_YES);
		if (ok && kind == SECURE)
			count_deleted(pop, facts, &row);
		break;
	case START_TLS:
		if (ok)
			facts_start_tls(facts, fed);
		break;
	case MECHANISMS:
	case CAPABILITIES:
	case ANY:
		break;
	}
}

static void on_greeting(struct pop3 *pop, struct facts *facts, struct bytes text)
{
	pop->dialogue.greeted = true;
	facts_set_auth(facts, AUTH_NA);
	banner_product(text, products, sizeof products / sizeof *products, facts);
}

/* A line of an answer that has several. */
static void on_data_line(struct pop3 *pop, struct facts *facts, struct bytes text)
{
	if (text.left == 1 && text.at[0] == '.') {
		pop->in_lines = pop->of_data = pop->capabilities = false;
		return;
	}
	if (pop->of_data)
		facts_set_data_read(facts, ANSWER_YES);
	if (pop->capabilities && lines_start_with(&text, "IMPLEMENTATION "))
		banner_product(text, products, sizeof products / sizeof *products, facts);
}

static void on_server_line(struct pop3 *pop, struct facts *facts, struct feed *fed,
			   struct bytes text)
{
	bool ok = lines_start_with(&text, "+OK");

	if (pop->in_lines)
		on_data_line(pop, facts, text);
	else if (!ok && !lines_start_with(&text, "-ERR") && text.left != 0 && text.at[0] == '+')
		sasl_challenge(&pop->sasl);
	else if (!ok && !lines_start_with(&text, "-ERR"))
		return;
	else if (!pop->dialogue.greeted)
		on_greeting(pop, facts, text);
	else
		on_answer(pop, facts, fed, ok);
}

static void feed(void *state, struct facts *facts, struct feed *fed)
{
	enum side from = fed->from;
	struct pop3 *pop = state;
	struct bytes input = fed->bytes, line;

	if (dialogue_resumes(&pop->dialogue, from))
		pop->in_lines = false;
	while (dialogue_line(&pop->dialogue, fed, &input, &line)) {
		if (from == SIDE_CLIENT)
			on_client_line(pop, facts, fed, line);
		else
			on_server_line(pop, facts, fed, line);
	}
}

static void gap(void *state, struct facts *facts, enum side from, uint64_t missing)
{
	struct pop3 *pop = state;

	(void)facts;
	(void)missing;
	dialogue_gap(&pop->dialogue, from);
}

const struct dissector pop3_dissector = {
	.name = "pop3",
	.transports = OVER_TCP,
	.upgrades = true,
	.state_size = sizeof(struct pop3),
	.service_count = sizeof services / sizeof *services,
	.services = services,
	.recognised = "a +OK greeting, or commands and their answers",
	.crowded = CROWDED_LINES,
	.answers_at = offsetof(struct pop3, dialogue.pending),
	.reads = READS_PRODUCT | READS_VERSION | READS_AUTH | READS_USER | READS_MECHANISM |
		 READS_COMMANDS | READS_LISTINGS | READS_DESTRUCTION | READS_DATA |
		 READS_ENCRYPTION | READS_STARTTLS,
	.recognise = pop3_recognise,
	.begin = begin,
	.feed = feed,
	.gap = gap,
};
