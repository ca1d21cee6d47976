/* SPDX-License-Identifier: ISC */
/*
 * Dovecot's own protocols, which belong inside of a mail system: lines of tab-separated words.
 *
 * doveadm, which does anything to anybody's mail:
 *	C VERSION doveadm-server 1 2	S VERSION doveadm-client 1 2
 *					S - (log in first) or + (come in)
 *	C PLAIN base64			S + or -
 *	C flags user command arguments	S output, then + or -...
 *
 * The authentication server, which judges anybody's password:
 *	S VERSION 1 2 / MECH PLAIN plaintext / SPID ... / DONE	C VERSION 1 2 / CPID ...
 *	C AUTH id mechanism service=... resp=base64	S OK id user=... | FAIL id user=... | CONT
 *	C USER id name, PASS id name, LIST id		S USER id name ..., NOTFOUND id, DONE id
 *
 * doc.dovecot.org: Authentication Protocol; doveadm's client in Dovecot's source.
 */
#include "dissectors/dissector.h"
#include "dissectors/read/answers.h"
#include "dissectors/read/command_words.h"
#include "dissectors/read/lines.h"
#include "dissectors/read/sasl.h"

static const uint16_t doveadm_ports[] = {24245, 0};
static const uint16_t auth_ports[] = {12345, 0};

enum {
	DOVEADM,
	AUTH,
};

static const struct service services[] = {
	[DOVEADM] =
		{
			.name = "doveadm",
			.family = FAMILY_MAIL,
			.about = "Dovecot's administration, over all mailboxes",
			.ports = doveadm_ports,
		},
	[AUTH] =
		{
			.name = "dovecot-auth",
			.family = FAMILY_MAIL,
			.about = "Dovecot's authentication server",
			.ports = auth_ports,
		},
};

struct dovecot {
	struct line line[2]; /* by enum side */
	struct sasl sasl;
	struct answers pending;
	bool auth, greeted, logging_in, logged_in, spoken, lost;
};

_Static_assert(sizeof(struct dovecot) <= DISSECTOR_STATE_MAX, "state of dovecot");

static const struct command_word commands[] = {
	{"expunge", 0, COMMAND_DESTRUCTIVE},
	{"mailbox delete", 0, COMMAND_DESTRUCTIVE},
	{"mailbox list", 0, COMMAND_LISTING},
	{"mailbox status", 0, COMMAND_LISTING},
	{"fetch", 0, COMMAND_LISTING},
	{"search", 0, COMMAND_LISTING},
	{"dsync-server", 0, COMMAND_LISTING},
	{"backup", 0, COMMAND_LISTING},
	{"sync", 0, COMMAND_LISTING},
	{"dump", 0, COMMAND_LISTING},
	{"user", 0, COMMAND_LISTING},
	{"who", 0, COMMAND_LISTING},
	{"import", 0, 0},
	{"copy", 0, 0},
	{"move", 0, 0},
	{"purge", 0, 0},
	{"kick", 0, 0},
	{"save", 0, 0},
	{"quota get", 0, 0},
};

static bool starts(struct bytes b, const char *text)
{
	return bytes_start_with(&b, text);
}

/* Over the first line, when it can still be one of `texts`. */
static enum recognised recognise_texts(struct bytes b, const char *const *texts, size_t count)
{
	bool possible = b.left == 0;

	for (size_t i = 0; i < count; i++) {
		if (starts(b, texts[i]))
			return RECOGNISED_YES;
		possible |= bytes_agree_with(&b, texts[i]);
	}
	return possible ? RECOGNISED_MORE : RECOGNISED_NO;
}

/* "VERSION 1 2", and what only an authentication server goes on with */
static enum recognised recognise_auth(struct bytes b, bool server)
{
	static const char *const server_texts[] = {"MECH\t", "SPID\t"};
	static const char *const client_texts[] = {"CPID\t"};
	const uint8_t *end;

	if (!bytes_agree_with(&b, "VERSION\t1\t"))
		return RECOGNISED_NO;
	end = b.left != 0 ? memchr(b.at, '\n', b.left) : NULL;
	if (end == NULL)
		return b.left < 16 ? RECOGNISED_MORE : RECOGNISED_NO;
	bytes_skip(&b, (size_t)(end - b.at) + 1);
	return server ? recognise_texts(b, server_texts, 2) : recognise_texts(b, client_texts, 1);
}

static enum recognised recognise_side(struct bytes b, bool server)
{
	static const char *const texts[] = {"VERSION\tdoveadm-server\t",
					    "VERSION\tdoveadm-client\t"};
	enum recognised result = recognise_texts(b, &texts[server], 1),
			auth = recognise_auth(b, server);

	return result == RECOGNISED_YES || auth == RECOGNISED_NO ? result : auth;
}

static enum recognised recognise(const struct opening *opening)
{
	struct bytes client = opening->side[SIDE_CLIENT], server = opening->side[SIDE_SERVER];
	enum recognised of_client = recognise_side(client, false);

	if (of_client == RECOGNISED_NO)
		return RECOGNISED_NO;
	if (server.left != 0)
		return recognise_side(server, true);
	return opening->one_sided ? of_client : RECOGNISED_MORE;
}

static void begin(void *state, struct facts *facts)
{
	(void)state;
	facts_begin(facts, &services[DOVEADM]);
	FACTS_WORD(facts, product, "Dovecot");
}

/* The next word up to a tab. */
static struct bytes take_word(struct bytes *text)
{
	const uint8_t *end = text->left != 0 ? memchr(text->at, '\t', text->left) : NULL;
	struct bytes word = bytes_sub(text, end ? (size_t)(end - text->at) : text->left);

	bytes_skip(text, end ? 1 : 0);
	return word;
}

static int note(struct facts *facts, const char *name, uint8_t flags)
{
	return facts_command(facts, name, strlen(name), flags);
}

static void on_doveadm_command(struct dovecot *dovecot, struct facts *facts, struct bytes text)
{
	const struct command_word *row;
	struct bytes name;

	take_word(&text); /* flags */
	take_word(&text); /* whose mail */
	name = take_word(&text);
	row = COMMAND_WORDS_FIND(commands, &name);
	if (row)
		answers_add(&dovecot->pending, command_words_note(row, facts), row->flags);
	else
		answers_add(&dovecot->pending, -1, 0);
}

static void on_doveadm_client(struct dovecot *dovecot, struct facts *facts, struct bytes text)
{
	struct bytes rest = text, word = take_word(&rest);

	if (lines_equal(&word, "VERSION"))
		return;
	if (lines_equal(&word, "PLAIN") && !dovecot->logged_in) {
		dovecot->logging_in = true;
		sasl_begin(&dovecot->sasl, facts, word, rest);
	} else if (rest.left != 0) {
		on_doveadm_command(dovecot, facts, text);
	}
}

/* A line of its own that begins with + or -, after the output. */
static void on_doveadm_result(struct dovecot *dovecot, struct facts *facts, bool ok)
{
	struct answers_row *row = answers_first(&dovecot->pending);

	if (!dovecot->greeted) {
		dovecot->greeted = true;
		facts_set_auth(facts, ok ? AUTH_NONE : AUTH_REQUIRED);
		dovecot->logged_in = ok;
	} else if (dovecot->logging_in) {
		dovecot->logging_in = false;
		dovecot->logged_in |= ok;
		sasl_end(&dovecot->sasl, facts, ok);
	} else if (row && dovecot->logged_in) {
		facts_command_result(facts, row->handle, ok);
		if (ok && (row->kind & COMMAND_LISTING))
			facts_set_data_read(facts, ANSWER_YES);
		answers_drop(&dovecot->pending);
	}
}

static void on_doveadm_server(struct dovecot *dovecot, struct facts *facts, struct bytes text)
{
	if (text.left == 1 && text.at[0] == '+')
		on_doveadm_result(dovecot, facts, true);
	else if (text.left != 0 && text.at[0] == '-' && (text.left == 1 || text.at[1] != '-'))
		on_doveadm_result(dovecot, facts, false);
}

static void set_auth_service(struct dovecot *dovecot, struct facts *facts)
{
	dovecot->auth = true;
	facts_set_service(facts, &services[AUTH]);
}

/* service=imap, ..., resp=base64 is the last one */
static void on_auth_request(struct dovecot *dovecot, struct facts *facts, struct bytes text)
{
	struct bytes mechanism, word, response = {.left = 0};

	take_word(&text); /* its number */
	mechanism = take_word(&text);
	while (text.left != 0) {
		word = take_word(&text);
		if (starts(word, "resp=")) {
			bytes_skip(&word, 5);
			response = word;
		}
	}
	note(facts, "AUTH", 0);
	sasl_begin(&dovecot->sasl, facts, mechanism, response);
}

static void on_auth_client(struct dovecot *dovecot, struct facts *facts, struct bytes text)
{
	static const char *const lookups[] = {"USER", "PASS", "LIST"};
	struct bytes word = take_word(&text);

	if (lines_equal(&word, "AUTH"))
		on_auth_request(dovecot, facts, text);
	for (size_t i = 0; i < sizeof lookups / sizeof *lookups; i++) {
		if (lines_equal(&word, lookups[i]))
			answers_add(&dovecot->pending, note(facts, lookups[i], COMMAND_LISTING), 0);
	}
}

static void on_auth_server(struct dovecot *dovecot, struct facts *facts, struct bytes text)
{
	struct bytes word = take_word(&text);
	struct answers_row *row = answers_first(&dovecot->pending);
	bool found = lines_equal(&word, "USER") || lines_equal(&word, "PASS") ||
		     lines_equal(&word, "LIST");
	bool accepted = lines_equal(&word, "OK");

	if (accepted || lines_equal(&word, "FAIL")) {
		sasl_end(&dovecot->sasl, facts, accepted);
	} else if (row && (found || lines_equal(&word, "NOTFOUND"))) {
		facts_command_result(facts, row->handle, found);
		answers_drop(&dovecot->pending);
		if (found) {
			facts_set_auth(facts, AUTH_NONE);
			facts_set_data_read(facts, ANSWER_YES);
		}
	}
}

static void on_line(struct dovecot *dovecot, struct facts *facts, enum side from)
{
	struct bytes text = bytes_from(dovecot->line[from].text, dovecot->line[from].length);

	if (starts(text, "VERSION\t1\t"))
		set_auth_service(dovecot, facts);
	else if (dovecot->auth && from == SIDE_CLIENT)
		on_auth_client(dovecot, facts, text);
	else if (dovecot->auth)
		on_auth_server(dovecot, facts, text);
	else if (from == SIDE_CLIENT)
		on_doveadm_client(dovecot, facts, text);
	else
		on_doveadm_server(dovecot, facts, text);
}

static void feed(void *state, struct facts *facts, struct feed *fed)
{
	enum side from = fed->from;
	struct dovecot *dovecot = state;
	struct bytes input = fed->bytes;

	dovecot->spoken = true;
	while (!dovecot->lost && lines_next(&dovecot->line[from], &input))
		on_line(dovecot, facts, from);
}

static void gap(void *state, struct facts *facts, enum side from, uint64_t missing)
{
	struct dovecot *dovecot = state;

	(void)facts;
	(void)from;
	(void)missing;
	dovecot->lost |= dovecot->spoken; /* which result is whose is not known any more */
}

const struct dissector dovecot_dissector = {
	.name = "dovecot",
	.transports = OVER_TCP,
	.state_size = sizeof(struct dovecot),
	.service_count = sizeof services / sizeof *services,
	.services = services,
	.recognised = "the VERSION line of an internal service with its name and numbers",
	.reads = READS_PRODUCT | READS_AUTH | READS_USER | READS_MECHANISM | READS_COMMANDS |
		 READS_LISTINGS | READS_DESTRUCTION | READS_DATA | READS_ENCRYPTION,
	.recognise = recognise,
	.begin = begin,
	.feed = feed,
	.gap = gap,
};
