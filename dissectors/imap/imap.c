/* SPDX-License-Identifier: ISC */
/*
 * IMAP (RFC 3501, RFC 9051): tagged commands, responses that carry the tag back when a command is
 * over, untagged data in between. A line may end with {123}: so many bytes follow that belong to
 * it, then the line goes on; they are counted and skipped. Passwords are in LOGIN's second
 * argument and in the lines that follow IMAP_AUTHENTICATE: of both only the user's name is taken.
 */
#include "dissectors/imap/imap_login.h"
#include "dissectors/imap/imap_recognise.h"
#include "dissectors/imap/imap_words.h"
#include "dissectors/read/answers.h"
#include "dissectors/read/literals.h"
#include "dissectors/read/sasl.h"
#include "dissectors/read/xclient.h"

#define TAG_MAX 15 /* bytes: longer tags are compared by their beginning */

static const uint16_t ports[] = {143, 993, 0};

static const struct service services[] = {
	{
		.name = "imap",
		.family = FAMILY_MAIL,
		.also = (const char *const[]){"imaps", NULL},
		.met = true,
		.about = "IMAP mailbox access",
		.identifier = "accessible-imap",
		.ports = ports,
	},
};

struct imap {
	struct literals client, server;
	struct answers_table pending; /* kind: enum imap_kind */
	struct sasl sasl;
	struct imap_tail tail;
	bool greeted, in;
	bool holed;	      /* a log-in may have gone unseen */
	bool user_in_literal; /* LOGIN {5}: the literal is the user's name */
};

_Static_assert(sizeof(struct imap) <= DISSECTOR_STATE_MAX, "state of imap");

static void begin(void *state, struct facts *facts)
{
	(void)state;
	facts_set_service(facts, &services[0]);
	facts_set_encryption(facts, ENCRYPTION_CLEARTEXT);
}

/* A tag as the number of a command. */
static uint64_t number_of(const struct bytes *tag)
{
	return facts_hash(tag->at, tag->left < TAG_MAX ? tag->left : TAG_MAX);
}

static void on_authenticate(struct imap *imap, struct facts *facts, struct bytes arguments)
{
	struct bytes mechanism = lines_word(&arguments);
	bool named = lines_equal(&mechanism, "PLAIN") || lines_equal(&mechanism, "LOGIN");

	sasl_begin(&imap->sasl, facts, mechanism,
		   named ? lines_word(&arguments) : bytes_from(NULL, 0));
	imap->sasl.user_known |= !named; /* of others it is not told yet */
}

static void on_login(struct imap *imap, struct facts *facts, struct bytes arguments)
{
	FACTS_WORD(facts, mechanism, "LOGIN");
	imap->user_in_literal = arguments.left != 0 && arguments.at[0] == '{';
	if (!imap->user_in_literal)
		imap_login_user(arguments, facts);
}

static void on_command(struct imap *imap, struct facts *facts, struct feed *fed, struct bytes text)
{
	struct bytes tag = lines_word(&text), word = lines_word(&text);
	bool uid = lines_equal(&word, "UID");
	const struct command_word *row;
	struct answers_numbered *pending;
	struct forwarded told;

	if (uid)
		word = lines_word(&text);
	row = imap_words_command(&word);
	if (!row || tag.left == 0)
		return;
	pending = answers_put(&imap->pending, number_of(&tag), -1, row->kind);
	if (lines_equal(&word, "ID") && xclient_read_id(text, &told) &&
	    forwarded_tell(&told, fed, facts))
		return; /* the proxy's own, and no command of its client */
	pending->handle = imap_words_note(facts, row, uid, text);
	if ((row->kind == IMAP_LOG_IN || row->kind == IMAP_AUTHENTICATE) && facts->auth == AUTH_NA)
		facts_set_auth(facts, AUTH_UNKNOWN);
	if (row->kind == IMAP_LOG_IN)
		on_login(imap, facts, text);
	else if (row->kind == IMAP_AUTHENTICATE)
		on_authenticate(imap, facts, text);
}

static void on_client_line(struct imap *imap, struct facts *facts, struct feed *fed, bool continued)
{
	struct bytes text = bytes_from(imap->client.line.text, imap->client.line.length);

	if (imap->sasl.active) /* up to the answer, which has the command's tag */
		sasl_line(&imap->sasl, facts, text);
	else if (!continued)
		on_command(imap, facts, fed, text);
}

static void on_login_result(struct imap *imap, struct facts *facts, uint16_t kind, bool accepted)
{
	if (kind == IMAP_AUTHENTICATE)
		sasl_end(&imap->sasl, facts, accepted);
	else
		facts_login(facts, accepted);
	imap->sasl.active = false;
	imap->user_in_literal = false;
	imap->in |= accepted;
}

static void on_tagged(struct imap *imap, struct facts *facts, struct feed *fed,
		      struct answers_numbered *pending, bool ok)
{
	facts_command_result(facts, pending->handle, ok);
	pending->waits = false;
	switch ((enum imap_kind)pending->kind) {
	case IMAP_LOG_IN:
	case IMAP_AUTHENTICATE:
		on_login_result(imap, facts, pending->kind, ok);
		break;
	case IMAP_START_TLS:
		if (!ok)
			break;
		facts_set_auth(facts, AUTH_UNKNOWN);
		facts_agree_tls(facts, fed);
		break;
	case IMAP_SECURE:
		if (!ok && !imap->in && imap->greeted && !imap->holed)
			facts_set_auth(facts, AUTH_REQUIRED);
		break;
	case IMAP_ANY:
		break;
	}
}

static void on_greeting(struct imap *imap, struct facts *facts, struct bytes text)
{
	struct bytes state = lines_word(&text);

	imap->greeted = true;
	facts_set_auth(facts, AUTH_NA);
	if (lines_equal(&state, "PREAUTH")) {
		imap->in = true;
		facts_set_auth(facts, AUTH_NONE);
	}
	imap_login_product(text, facts);
	if (imap->server.line.cut && !facts->product[0])
		imap_login_product(bytes_from(imap->tail.text, imap->tail.kept), facts);
}

/* Some servers tell a failed log-in without its tag. */
static void refuse_login(struct imap *imap, struct facts *facts, struct feed *fed)
{
	for (size_t i = 0; i < ANSWERS_ROWS; i++) {
		struct answers_numbered *pending = &imap->pending.rows[i];

		if (pending->waits &&
		    (pending->kind == IMAP_LOG_IN || pending->kind == IMAP_AUTHENTICATE))
			on_tagged(imap, facts, fed, pending, false);
	}
}

/* "23 FETCH (...", "LIST (...", "SEARCH 2 3" */
static void on_untagged(struct imap *imap, struct facts *facts, struct feed *fed, struct bytes text)
{
	struct bytes all = text, word = lines_word(&text), second = lines_word(&text);

	if (!imap->greeted && (lines_equal(&word, "OK") || lines_equal(&word, "PREAUTH") ||
			       lines_equal(&word, "BYE")))
		on_greeting(imap, facts, all);
	else if (lines_equal(&second, "FETCH") || lines_equal(&word, "LIST") ||
		 lines_equal(&word, "LSUB") || lines_equal(&word, "XLIST") ||
		 (lines_equal(&word, "SEARCH") && second.left != 0))
		facts_set_data_read(facts, ANSWER_YES);
	else if (lines_equal(&word, "ID"))
		imap_login_id(all, facts);
	else if (lines_equal(&word, "BAD") || lines_equal(&word, "BYE"))
		refuse_login(imap, facts, fed);
	imap->greeted = true;
}

static void on_server_line(struct imap *imap, struct facts *facts, struct feed *fed)
{
	struct bytes text = bytes_from(imap->server.line.text, imap->server.line.length);
	struct bytes tag = lines_word(&text), state;
	struct answers_numbered *pending;

	facts_set_data_read(facts, ANSWER_NO);
	if (lines_equal(&tag, "*")) {
		on_untagged(imap, facts, fed, text);
		return;
	}
	state = lines_word(&text);
	if (!lines_equal(&state, "OK") && !lines_equal(&state, "NO") && !lines_equal(&state, "BAD"))
		return;
	pending = answers_find(&imap->pending, number_of(&tag));
	if (pending != NULL)
		on_tagged(imap, facts, fed, pending, lines_equal(&state, "OK"));
}

/* LOGIN {5}: what is in the literal is the user's name. */
static void on_user(struct imap *imap, struct facts *facts, struct bytes piece)
{
	struct literals *client = &imap->client;

	lines_next(&client->line, &piece);
	if (client->left != 0)
		return;
	FACTS_TEXT(facts, user, client->line.text, client->line.length);
	lines_reset(&client->line);
	imap->user_in_literal = false;
}

static void on_line(struct imap *imap, struct facts *facts, struct feed *fed)
{
	enum side from = fed->from;
	struct literals *side = from == SIDE_CLIENT ? &imap->client : &imap->server;

	if (side->lost)
		side->lost = false;
	else if (from == SIDE_CLIENT)
		on_client_line(imap, facts, fed, side->goes_on);
	else if (!side->goes_on)
		on_server_line(imap, facts, fed);
}

static void feed(void *state, struct facts *facts, struct feed *fed)
{
	enum side from = fed->from;
	struct imap *imap = state;
	struct literals *side = from == SIDE_CLIENT ? &imap->client : &imap->server;
	struct bytes input = fed->bytes, piece;

	while (input.left != 0 && fed->next == FEED_ON) {
		enum literals_event event = literals_next(side, &input, &piece);

		if (event == LITERALS_BYTES) {
			if (from == SIDE_CLIENT && imap->user_in_literal)
				on_user(imap, facts, piece);
			continue;
		}
		if (from == SIDE_SERVER && !imap->greeted)
			imap_login_tail(&imap->tail, piece);
		if (event == LITERALS_LINE)
			on_line(imap, facts, fed);
	}
	fed->rest = input.left;
}

static void gap(void *state, struct facts *facts, enum side from, uint64_t missing)
{
	struct imap *imap = state;

	if (literals_gap(from == SIDE_CLIENT ? &imap->client : &imap->server, missing))
		return;
	imap->greeted = imap->holed = true; /* what comes first now is no greeting */
	if (facts->auth == AUTH_REQUIRED || facts->auth == AUTH_NA)
		facts_set_auth(facts, AUTH_UNKNOWN);
}

const struct dissector imap_dissector = {
	.name = "imap",
	.transports = OVER_TCP,
	.upgrades = true,
	.state_size = sizeof(struct imap),
	.service_count = sizeof services / sizeof *services,
	.services = services,
	.recognised = "the server's greeting, or a tagged command and the answer with its tag",
	.crowded = CROWDED_LINES,
	.reads = READS_PRODUCT | READS_VERSION | READS_AUTH | READS_USER | READS_MECHANISM |
		 READS_COMMANDS | READS_LISTINGS | READS_DESTRUCTION | READS_DATA |
		 READS_ENCRYPTION | READS_STARTTLS,
	.recognise = imap_recognise,
	.begin = begin,
	.feed = feed,
	.gap = gap,
};
