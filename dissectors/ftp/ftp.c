/* SPDX-License-Identifier: ISC */
/*
 * FTP's control connection (RFC 959, RFC 4217 for TLS): a line for each command, three digits in
 * answer, in order; answers of 1xx say that another will follow. Files and listings go over other
 * connections: that the server says it sends one is what there is to know of them here.
 */
#include <stdio.h>

#include "dissectors/ftp/ftp_words.h"
#include "dissectors/read/banner.h"
#include "dissectors/read/dialogue.h"
#include "dissectors/read/numeric_recognise.h"

#define IAC 0xff /* of Telnet: comes before ABOR */

static const uint16_t ports[] = {21, 990, 2121, 0};

static const struct service services[] = {
	{
		.name = "ftp",
		.family = FAMILY_STORAGE,
		.met = true,
		.about = "FTP file transfer",
		.identifier = "accessible-ftp",
		.ports = ports,
	},
};

struct ftp {
	struct dialogue dialogue;
	uint16_t reply; /* code of the answer whose lines are coming */
	bool user_known, anonymous;
};

_Static_assert(sizeof(struct ftp) <= DISSECTOR_STATE_MAX, "state of ftp");

static enum recognised recognise(const struct opening *opening)
{
	return numeric_result(numeric_recognise(opening), NUMERIC_FTP);
}

static void begin(void *state, struct facts *facts)
{
	(void)state;
	facts_set_service(facts, &services[0]);
	facts_set_encryption(facts, ENCRYPTION_CLEARTEXT);
	facts_set_data_read(facts, ANSWER_NO);
}

/* AUTH is named together with what it asks for: "AUTH TLS". */
static int note_command(struct facts *facts, const struct command_word *row, struct bytes arguments)
{
	struct bytes word = lines_word(&arguments);
	char text[16], upper[8];

	if (strcmp(row->name, "SITE") == 0 && lines_equal(&word, "EXEC"))
		return FACTS_COMMAND(facts, "SITE EXEC", COMMAND_EXECUTES);
	if (row->kind != FTP_AUTH || word.left == 0)
		return command_words_note(row, facts);
	lines_upper(upper, sizeof upper, &word);
	snprintf(text, sizeof text, "AUTH %s", upper);
	return facts_command(facts, text, strlen(text), row->flags);
}

static void on_user(struct ftp *ftp, struct facts *facts, struct bytes user)
{
	ftp->user_known = true;
	ftp->anonymous = ftp_words_is_anonymous(&user);
	FACTS_TEXT(facts, user, user.at, user.left);
	if (facts->auth == AUTH_NA || facts->auth == AUTH_REQUIRED)
		facts_set_auth(facts, AUTH_UNKNOWN);
}

static void on_client_line(struct ftp *ftp, struct facts *facts, struct bytes text)
{
	struct bytes word;
	const struct command_word *row;

	while (text.left >= 2 && text.at[0] == IAC)
		bytes_skip(&text, 2);
	word = lines_word(&text);
	row = ftp_words_command(&word);
	if (!row) {
		answers_add(&ftp->dialogue.pending, -1, FTP_ANY);
		return;
	}
	answers_add(&ftp->dialogue.pending, note_command(facts, row, text), row->kind);
	if (row->kind == FTP_USER)
		on_user(ftp, facts, text);
	else if ((row->kind == FTP_TRANSFER || (row->flags & COMMAND_DESTRUCTIVE)) &&
		 text.left != 0 && text.at[0] != '-' && !facts->path[0])
		FACTS_TEXT(facts, path, text.at, text.left);
}

static void let_in(struct ftp *ftp, struct facts *facts)
{
	ftp->dialogue.logged_in = true;
	if (ftp->user_known && ftp->anonymous)
		facts_set_auth(facts, AUTH_ANONYMOUS);
	else if (ftp->user_known) /* if not, it may have been anonymous */
		facts_login(facts, true);
}

/* "530 Sorry, only 3 connections per host!" judges no credentials */
static bool is_about_limits(unsigned code, const struct bytes *text)
{
	return code == 421 || lines_contain(text, "connections") || lines_contain(text, "too many");
}

static void on_login(struct ftp *ftp, struct facts *facts, uint16_t kind, unsigned code,
		     const struct bytes *text)
{
	if (code == 230 || code == 232) {
		let_in(ftp, facts);
	} else if (code >= 400 && !is_about_limits(code, text)) {
		/* 503: already in, or no USER came first */
		if (code != 503 && (kind == FTP_PASS || code == 530))
			facts_login(facts, false);
	}
}

/* The server does what was asked: without a log-in, if there was none. */
static void on_file(struct ftp *ftp, struct facts *facts, uint16_t kind, unsigned code)
{
	if (code == 530 || code >= 400) {
		if (code == 530 && !ftp->dialogue.logged_in)
			facts_set_auth(facts, AUTH_REQUIRED);
		return;
	}
	if (kind == FTP_TRANSFER && code != 225)
		facts_set_data_read(facts, ANSWER_YES);
	if (kind == FTP_LOOK && (code == 212 || code == 213 || code == 250))
		facts_set_data_read(facts, ANSWER_YES);
	if (kind == FTP_TRANSFER && !ftp->dialogue.logged_in && !ftp->dialogue.midstream)
		facts_set_auth(facts, AUTH_NONE);
}

static void on_answer(struct ftp *ftp, struct facts *facts, struct feed *fed, unsigned code,
		      struct bytes text)
{
	struct answers_row *first = answers_first(&ftp->dialogue.pending);
	struct answers_row row;

	if (!first || ftp->dialogue.unsure) {
		if (code >= 200)
			answers_drop(&ftp->dialogue.pending);
		return;
	}
	row = *first;
	switch ((enum ftp_kind)row.kind) {
	case FTP_USER:
	case FTP_PASS:
		on_login(ftp, facts, row.kind, code, &text);
		break;
	case FTP_AUTH:
		if (code == 234 || code == 334)
			facts_start_tls(facts, fed);
		else
			on_file(ftp, facts, row.kind, code);
		break;
	case FTP_TRANSFER:
	case FTP_LOOK:
	case FTP_FILE:
	case FTP_ANY:
		on_file(ftp, facts, row.kind, code);
		break;
	}
	if (code < 200)
		return;
	facts_command_result(facts, row.handle, code < 400);
	answers_drop(&ftp->dialogue.pending);
}

static void on_server_line(struct ftp *ftp, struct facts *facts, struct feed *fed,
			   struct bytes line)
{
	struct bytes text = line;
	bool last = false;
	unsigned code = banner_reply(line, &last, &text);

	if (ftp->reply != 0 && code != ftp->reply) { /* a line inside of an answer: any text */
		if (!ftp->dialogue.greeted && !facts->product[0])
			ftp_words_product(line, facts);
		return;
	}
	if (code == 0)
		return;
	ftp->reply = last ? 0 : (uint16_t)code;
	if (ftp->dialogue.greeted) {
		if (last)
			on_answer(ftp, facts, fed, code, text);
		return;
	}
	if (!facts->product[0])
		ftp_words_product(text, facts);
	if (last && code >= 200) {
		ftp->dialogue.greeted = true;
		if (facts->auth == AUTH_UNKNOWN && !ftp->dialogue.midstream && !facts->user[0])
			facts_set_auth(facts, AUTH_NA);
	}
}

static void feed(void *state, struct facts *facts, struct feed *fed)
{
	enum side from = fed->from;
	struct ftp *ftp = state;
	struct bytes input = fed->bytes, line;

	dialogue_resumes(&ftp->dialogue, from);
	while (dialogue_line(&ftp->dialogue, fed, &input, &line)) {
		if (from == SIDE_CLIENT)
			on_client_line(ftp, facts, line);
		else
			on_server_line(ftp, facts, fed, line);
	}
}

static void gap(void *state, struct facts *facts, enum side from, uint64_t missing)
{
	struct ftp *ftp = state;

	(void)facts;
	(void)missing;
	dialogue_gap(&ftp->dialogue, from);
	if (from == SIDE_CLIENT)
		ftp->user_known = false;
	else
		ftp->reply = 0;
}

const struct dissector ftp_dissector = {
	.name = "ftp",
	.transports = OVER_TCP,
	.upgrades = true,
	.state_size = sizeof(struct ftp),
	.service_count = sizeof services / sizeof *services,
	.services = services,
	.recognised = "a 220 greeting with FTP commands or codes that SMTP does not have",
	.crowded = CROWDED_LINES,
	.answers_at = offsetof(struct ftp, dialogue.pending),
	.reads = READS_PRODUCT | READS_VERSION | READS_AUTH | READS_USER | READS_COMMANDS |
		 READS_LISTINGS | READS_DESTRUCTION | READS_EXECUTION | READS_DATA |
		 READS_ENCRYPTION | READS_STARTTLS | READS_PATH,
	.recognise = recognise,
	.begin = begin,
	.feed = feed,
	.gap = gap,
};
