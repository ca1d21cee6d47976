/* SPDX-License-Identifier: ISC */
/*
 * SMTP and LMTP (RFC 5321, 2033): a line for each command, three digits in answer, in order even
 * when commands are sent ahead (RFC 2920). Behind DATA come lines up to a lone dot, behind BDAT n
 * as many bytes (RFC 3030); neither is looked at. LMTP answers the dot once per recipient.
 *
 * Who delivers without a log-in is served without one: RCPT accepted means auth none, whether the
 * recipient is the server's own or, as with an open relay, anybody's; and so it is when the sender
 * was accepted and an address is then found not to exist.
 */
#include "dissectors/read/banner.h"
#include "dissectors/read/dialogue.h"
#include "dissectors/read/numeric_recognise.h"
#include "dissectors/read/sasl.h"
#include "dissectors/read/xclient.h"
#include "dissectors/smtp/smtp_words.h"

#define CHUNK_MAX (UINT64_C(1) << 40) /* bytes; more than that is no length */

static const uint16_t smtp_ports[] = {25, 465, 587, 2525, 0};
static const uint16_t lmtp_ports[] = {24, 0};

enum {
	SMTP,
	LMTP,
};

static const struct service services[] = {
	[SMTP] =
		{
			.name = "smtp",
			.family = FAMILY_MAIL,
			.met = true,
			.about = "mail transfer and submission",
			.identifier = "open-smtp",
			.ports = smtp_ports,
		},
	[LMTP] =
		{
			.name = "lmtp",
			.family = FAMILY_MAIL,
			.about = "local mail delivery",
			.ports = lmtp_ports,
		},
};

struct smtp {
	struct dialogue dialogue;
	struct sasl sasl;
	uint64_t chunk_left;
	int data_handle;
	uint16_t reply;	      /* code of the answer whose lines are coming */
	uint8_t recipients;   /* accepted for this mail */
	uint8_t replies_left; /* of LMTP for the mail that is over */
	bool lmtp;
	bool sender_taken; /* MAIL FROM was accepted */
	bool in_data;
};

_Static_assert(sizeof(struct smtp) <= DISSECTOR_STATE_MAX, "state of smtp");

static enum recognised recognise(const struct opening *opening)
{
	enum numeric is = numeric_recognise(opening);

	return numeric_result(is == NUMERIC_LMTP ? NUMERIC_SMTP : is, NUMERIC_SMTP);
}

static void begin(void *state, struct facts *facts)
{
	(void)state;
	facts_set_service(facts, &services[SMTP]);
	facts_set_encryption(facts, ENCRYPTION_CLEARTEXT);
	facts_set_data_read(facts, ANSWER_NO);
}

static void set_lmtp(struct smtp *smtp, struct facts *facts)
{
	smtp->lmtp = true;
	facts_set_service(facts, &services[LMTP]);
}

/* "BDAT 86 LAST" */
static uint64_t chunk_length(struct bytes arguments)
{
	struct bytes word = lines_word(&arguments);
	uint64_t length = 0;

	while (word.left != 0 && length < CHUNK_MAX) {
		uint8_t c = bytes_u8(&word);

		if (c < '0' || c > '9')
			return 0;
		length = length * 10 + (uint64_t)(c - '0');
	}
	return length;
}

static void on_command(struct smtp *smtp, struct facts *facts, struct feed *fed, struct bytes text)
{
	struct bytes word = lines_word(&text), name;
	const struct command_word *row = smtp_words_command(&word);
	struct forwarded told;
	int handle;

	if (!row) { /* it is answered as well */
		answers_add(&smtp->dialogue.pending, -1, SMTP_ANY);
		return;
	}
	if (lines_equal(&word, "XCLIENT") && xclient_read(text, &told) &&
	    forwarded_tell(&told, fed, facts)) {
		smtp->dialogue.logged_in = false;
		answers_add(&smtp->dialogue.pending, -1, SMTP_ANY);
		return;
	}
	handle = smtp_words_note(row, facts);
	answers_add(&smtp->dialogue.pending, handle, row->kind);
	if (lines_equal(&word, "LHLO"))
		set_lmtp(smtp, facts);
	if (row->kind == SMTP_LOG_IN) {
		name = lines_word(&text);
		sasl_begin(&smtp->sasl, facts, name, text);
	} else if (row->kind == SMTP_DATA) {
		smtp->in_data = true;
		smtp->data_handle = handle;
	} else if (row->kind == SMTP_CHUNK) {
		smtp->chunk_left = chunk_length(text);
	}
}

static void on_client_line(struct smtp *smtp, struct facts *facts, struct feed *fed,
			   struct bytes text)
{
	if (smtp->in_data) {
		if (text.left != 1 || text.at[0] != '.')
			return;
		smtp->in_data = false;
		answers_add(&smtp->dialogue.pending, smtp->data_handle, SMTP_DATA_END);
	} else if (sasl_takes_line(&smtp->sasl)) {
		sasl_line(&smtp->sasl, facts, text);
	} else {
		on_command(smtp, facts, fed, text);
	}
}

/* The first line of the greeting that names a product does. */
static void on_greeting(struct smtp *smtp, struct facts *facts, struct bytes text)
{
	if (numeric_greeting(text) == NUMERIC_LMTP)
		set_lmtp(smtp, facts);
	if (!facts->product[0])
		smtp_words_product(text, facts);
}

static void deliver_without_login(struct smtp *smtp, struct facts *facts)
{
	if (!smtp->dialogue.logged_in && !smtp->dialogue.midstream)
		facts_set_auth(facts, AUTH_NONE);
}

/* The address itself was refused, of recipient or sender; no log-in was asked for. */
static bool is_about_address(unsigned code, const struct bytes *text)
{
	return code != 421 && code != 503 && code != 530 && !lines_contain(text, "relay") &&
	       !lines_contain(text, "auth") && !lines_contain(text, "log in") &&
	       !lines_contain(text, "login") && !lines_contain(text, "denied");
}

/* "530 5.7.0 Authentication required", "554 Relaying denied. Proper authentication required." */
static bool asks_for_login(unsigned code, const struct bytes *text)
{
	return code == 530 ||
	       (code >= 500 &&
		(lines_contain(text, "authentication required") ||
		 lines_contain(text, "not authenticated") || lines_contain(text, "must auth") ||
		 lines_contain(text, "log in first") || lines_contain(text, "login first")));
}

static void on_login_answer(struct smtp *smtp, struct facts *facts, unsigned code)
{
	smtp->dialogue.logged_in |= code == 235;
	/* Not understood, or not now: the credentials were not judged. */
	if (code == 421 || (code >= 500 && code <= 504)) {
		smtp->sasl.active = false;
		if (facts->auth == AUTH_UNKNOWN && facts->logins_failed == 0 &&
		    !smtp->dialogue.midstream)
			facts_set_auth(facts, AUTH_NA);
		return;
	}
	if (code == 235 || code >= 400)
		sasl_end(&smtp->sasl, facts, code == 235);
}

/* DATA was refused: the dot that was sent ahead is not answered as one. */
static void refuse_data(struct smtp *smtp)
{
	struct answers_row *next = answers_first(&smtp->dialogue.pending);

	smtp->in_data = false;
	if (next && next->kind == SMTP_DATA_END)
		answers_drop(&smtp->dialogue.pending);
}

/* False if more answers to the same command follow. */
static bool on_mail_answer(struct smtp *smtp, struct facts *facts, uint16_t kind, bool ok)
{
	switch ((enum smtp_kind)kind) {
	case SMTP_SENDER:
		smtp->sender_taken = ok;
		break;
	case SMTP_RECIPIENT:
		if (ok && smtp->recipients != UINT8_MAX)
			smtp->recipients++;
		if (ok)
			deliver_without_login(smtp, facts);
		break;
	case SMTP_DATA:
		if (ok)
			deliver_without_login(smtp, facts);
		break;
	case SMTP_DATA_END:
		if (smtp->lmtp && smtp->replies_left == 0)
			smtp->replies_left = smtp->recipients;
		if (smtp->replies_left > 1) {
			smtp->replies_left--;
			return false;
		}
		smtp->replies_left = 0;
		smtp->recipients = 0;
		if (ok)
			facts_message(facts);
		break;
	case SMTP_RESET:
	case SMTP_HELLO:
		smtp->recipients = 0;
		smtp->sender_taken = false;
		break;
	default:
		break;
	}
	return true;
}

static void on_answer(struct smtp *smtp, struct facts *facts, struct feed *fed, unsigned code,
		      struct bytes text)
{
	struct answers_row *first = answers_first(&smtp->dialogue.pending);
	struct answers_row row;
	bool ok = code < 400;

	if (code == 334) {
		sasl_challenge(&smtp->sasl);
		return;
	}
	/* Only a log-in is answered so: what was asked before will not be answered any more. */
	while (code == 235 && smtp->sasl.active && first && first->kind != SMTP_LOG_IN) {
		answers_drop(&smtp->dialogue.pending);
		first = answers_first(&smtp->dialogue.pending);
	}
	if (!first || smtp->dialogue.unsure) {
		answers_drop(&smtp->dialogue.pending);
		return;
	}
	row = *first;
	if (!ok && !smtp->dialogue.logged_in && asks_for_login(code, &text))
		facts_set_auth(facts, AUTH_REQUIRED);
	if (!ok && row.kind == SMTP_RECIPIENT && smtp->sender_taken &&
	    is_about_address(code, &text))
		deliver_without_login(smtp, facts);
	if (row.kind != SMTP_DATA || !ok)
		facts_command_result(facts, row.handle, ok);
	if (!on_mail_answer(smtp, facts, row.kind, ok))
		return;
	answers_drop(&smtp->dialogue.pending);
	if (row.kind == SMTP_LOG_IN)
		on_login_answer(smtp, facts, code);
	else if (row.kind == SMTP_START_TLS && code == 220)
		facts_start_tls(facts, fed);
	else if (row.kind == SMTP_DATA && !ok)
		refuse_data(smtp);
	else if (row.kind == SMTP_LOOK_UP && ok)
		facts_set_data_read(facts, ANSWER_YES);
}

static void on_server_line(struct smtp *smtp, struct facts *facts, struct feed *fed,
			   struct bytes line)
{
	struct bytes text;
	bool last = false;
	unsigned code = banner_reply(line, &last, &text);

	if (code == 0)
		return;
	/* Every line carries the code: another one means that the last line never came. */
	if (smtp->reply != 0 && code != smtp->reply && smtp->dialogue.greeted)
		on_answer(smtp, facts, fed, smtp->reply, bytes_from(NULL, 0));
	smtp->reply = last ? 0 : (uint16_t)code;
	if (!smtp->dialogue.greeted) {
		on_greeting(smtp, facts, text);
		if (last && !smtp->dialogue.midstream && facts->auth == AUTH_UNKNOWN)
			facts_set_auth(facts, AUTH_NA);
		smtp->dialogue.greeted = last;
	} else if (last) {
		on_answer(smtp, facts, fed, code, text);
	}
}

/* The client speaks after the server: after a gap, both are at the start of a line again. */
static void next_turn(struct smtp *smtp)
{
	struct dialogue *dialogue = &smtp->dialogue;

	if (dialogue->unsure)
		answers_clear(&dialogue->pending);
	dialogue->unsure = false;
	if (!dialogue->client_lost)
		return;
	dialogue->client_lost = smtp->in_data = false;
	smtp->chunk_left = 0;
	lines_reset(&dialogue->client);
}

static void skip_chunk(struct smtp *smtp, struct bytes *input)
{
	size_t n = smtp->chunk_left < input->left ? (size_t)smtp->chunk_left : input->left;

	bytes_skip(input, n);
	smtp->chunk_left -= n;
}

static void feed(void *state, struct facts *facts, struct feed *fed)
{
	enum side from = fed->from;
	struct smtp *smtp = state;
	struct bytes input = fed->bytes, line;

	if (turns_begin_round(&smtp->dialogue.turns, from))
		next_turn(smtp);
	if (from == SIDE_CLIENT)
		skip_chunk(smtp, &input);
	smtp->dialogue.text = smtp->in_data;
	while (dialogue_line(&smtp->dialogue, fed, &input, &line)) {
		if (from == SIDE_SERVER) {
			on_server_line(smtp, facts, fed, line);
			continue;
		}
		on_client_line(smtp, facts, fed, line);
		smtp->dialogue.text = smtp->in_data;
		skip_chunk(smtp, &input);
	}
}

static void gap(void *state, struct facts *facts, enum side from, uint64_t missing)
{
	struct smtp *smtp = state;

	(void)facts;
	if (from == SIDE_CLIENT && missing != 0 && missing <= smtp->chunk_left) {
		smtp->chunk_left -= missing;
		return;
	}
	dialogue_gap(&smtp->dialogue, from);
	if (from == SIDE_SERVER)
		smtp->reply = 0;
}

const struct dissector smtp_dissector = {
	.name = "smtp",
	.transports = OVER_TCP,
	.upgrades = true,
	.state_size = sizeof(struct smtp),
	.service_count = sizeof services / sizeof *services,
	.services = services,
	.recognised = "a 220 greeting with what follows, or commands and their codes",
	.crowded = CROWDED_LINES,
	.answers_at = offsetof(struct smtp, dialogue.pending),
	.reads = READS_PRODUCT | READS_VERSION | READS_AUTH | READS_USER | READS_MECHANISM |
		 READS_COMMANDS | READS_LISTINGS | READS_DATA | READS_ENCRYPTION | READS_STARTTLS,
	.recognise = recognise,
	.begin = begin,
	.feed = feed,
	.gap = gap,
};
