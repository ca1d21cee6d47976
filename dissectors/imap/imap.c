/* SPDX-License-Identifier: ISC */
/*
 * IMAP (RFC 3501, RFC 9051): tagged commands, responses that carry the tag back when a command is
 * over, untagged data in between. A line may end with {123}: so many bytes follow that belong to
 * it, then the line goes on; they are counted and skipped. Passwords are in LOGIN's second
 * argument and in the lines that follow IMAP_AUTHENTICATE: of both only the user's name is taken.
 */
#include "dissectors/imap/imap_login.h"
#include "dissectors/imap/imap_probe.h"
#include "dissectors/imap/imap_words.h"
#include "dissectors/read/lines.h"
#include "dissectors/read/xclient.h"

#define OUTSTANDING 8
#define TAG_SIZE    16 /* longer tags are compared by their beginning */

static const uint16_t ports[] = {143, 993, 0};

static const struct service services[] = {
	{
		.name = "imap",
		.family = FAMILY_MAIL,
		.about = "IMAP mailbox access",
		.identifier = "accessible-imap",
		.ports = ports,
	},
};

struct pending {
	char tag[TAG_SIZE];
	int handle; /* of facts_command() */
	uint8_t kind;
	bool used;
};

/* One direction: lines, and the literals that interrupt them. */
struct flow {
	struct line line;
	struct imap_literal literal;
	uint64_t left;	/* bytes of the literal at hand */
	bool continued; /* this line goes on with a command or response that had a literal */
	bool lost;	/* until the next line begins */
};

struct imap {
	struct flow client, server;
	struct pending queue[OUTSTANDING];
	struct imap_tail tail;
	uint8_t next; /* row of queue to use */
	bool greeted, in, anonymous;
	bool holed;		 /* a log-in may have gone unseen */
	bool authenticating;	 /* the client's lines are the mechanism's */
	bool user_is_next;	 /* and the next one is, or holds, the user's name */
	bool user_in_literal;	 /* LOGIN {5}: the literal is the user's name */
	bool mechanism_is_plain; /* the name is one of three fields */
};

_Static_assert(sizeof(struct imap) <= DISSECTOR_STATE_MAX, "state of imap");

static void begin(void *state, struct facts *facts)
{
	(void)state;
	facts_set_service(facts, &services[0]);
	facts_set_encryption(facts, ENCRYPTION_CLEARTEXT);
}

static void set_tag(struct pending *pending, const struct bytes *tag)
{
	size_t length = tag->left < TAG_SIZE - 1 ? tag->left : TAG_SIZE - 1;

	memset(pending->tag, 0, TAG_SIZE);
	memcpy(pending->tag, tag->at, length);
}

static void on_authenticate(struct imap *imap, struct facts *facts, struct bytes arguments)
{
	struct bytes mechanism = lines_word(&arguments);
	struct bytes initial = lines_word(&arguments);
	char name[24];
	size_t length = lines_upper(name, sizeof name, &mechanism);

	FACTS_TEXT(facts, mechanism, name, length);
	imap->mechanism_is_plain = strcmp(name, "PLAIN") == 0;
	imap->anonymous = strcmp(name, "ANONYMOUS") == 0;
	imap->user_is_next = imap->mechanism_is_plain || strcmp(name, "LOGIN") == 0;
	imap->authenticating = true;
	if (initial.left != 0 && imap->user_is_next) {
		imap_login_encoded(initial, imap->mechanism_is_plain, facts);
		imap->user_is_next = false;
	}
}

static void on_login(struct imap *imap, struct facts *facts, struct bytes arguments)
{
	FACTS_TEXT(facts, mechanism, "LOGIN", 5);
	imap->anonymous = false;
	imap->user_in_literal = arguments.left != 0 && arguments.at[0] == '{';
	if (!imap->user_in_literal)
		imap_login_user(arguments, facts);
}

static void on_command(struct imap *imap, struct facts *facts, struct bytes text)
{
	struct bytes tag = lines_word(&text), word = lines_word(&text);
	bool uid = lines_equal(&word, "UID");
	const struct imap_command *row;
	struct pending *pending;
	struct forwarded told;

	if (uid)
		word = lines_word(&text);
	row = imap_words_command(&word);
	if (!row || tag.left == 0)
		return;
	pending = &imap->queue[imap->next++ % OUTSTANDING];
	*pending = (struct pending){.kind = row->kind, .used = true};
	set_tag(pending, &tag);
	if (lines_equal(&word, "ID") && xclient_read_id(text, &told) &&
	    facts_forwarded(facts, &told, 0)) {
		pending->handle = -1; /* the proxy's own, and no command of its client */
		return;
	}
	pending->handle = imap_words_note(facts, row, uid, text);
	if ((row->kind == IMAP_LOG_IN || row->kind == IMAP_AUTHENTICATE) && facts->auth == AUTH_NA)
		facts_set_auth(facts, AUTH_UNKNOWN);
	if (row->kind == IMAP_LOG_IN)
		on_login(imap, facts, text);
	else if (row->kind == IMAP_AUTHENTICATE)
		on_authenticate(imap, facts, text);
}

static void on_client_line(struct imap *imap, struct facts *facts, bool continued)
{
	struct bytes text = bytes_from(imap->client.line.text, imap->client.line.length);

	if (imap->authenticating) {
		if (imap->user_is_next)
			imap_login_encoded(text, imap->mechanism_is_plain, facts);
		imap->user_is_next = false;
	} else if (!continued) {
		on_command(imap, facts, text);
	}
}

/* After a greeting or log-in: nobody asked for credentials, or they were accepted. */
static void on_login_result(struct imap *imap, struct facts *facts, bool accepted)
{
	imap->authenticating = false;
	imap->user_in_literal = false;
	imap->in |= accepted;
	if (accepted && imap->anonymous)
		facts_set_auth(facts, AUTH_ANONYMOUS);
	else
		facts_login(facts, accepted);
}

static void on_tagged(struct imap *imap, struct facts *facts, struct pending *pending, bool ok)
{
	facts_command_result(facts, pending->handle, ok);
	pending->used = false;
	switch ((enum imap_kind)pending->kind) {
	case IMAP_LOG_IN:
	case IMAP_AUTHENTICATE:
		on_login_result(imap, facts, ok);
		break;
	case IMAP_START_TLS:
		if (!ok)
			break;
		facts_set_encryption(facts, ENCRYPTION_STARTTLS);
		facts_set_auth(facts, AUTH_UNKNOWN);
		facts->starts_tls = true;
		facts->revision++;
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
static void refuse_login(struct imap *imap, struct facts *facts)
{
	for (size_t i = 0; i < OUTSTANDING; i++) {
		struct pending *pending = &imap->queue[i];

		if (pending->used &&
		    (pending->kind == IMAP_LOG_IN || pending->kind == IMAP_AUTHENTICATE))
			on_tagged(imap, facts, pending, false);
	}
}

/* "23 FETCH (...", "LIST (...", "SEARCH 2 3" */
static void on_untagged(struct imap *imap, struct facts *facts, struct bytes text)
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
		refuse_login(imap, facts);
	imap->greeted = true;
}

static void on_server_line(struct imap *imap, struct facts *facts)
{
	struct bytes text = bytes_from(imap->server.line.text, imap->server.line.length);
	struct bytes tag = lines_word(&text), state;
	struct pending compared = {.used = true};

	facts_set_data_read(facts, ANSWER_NO);
	if (lines_equal(&tag, "*")) {
		on_untagged(imap, facts, text);
		return;
	}
	state = lines_word(&text);
	if (!lines_equal(&state, "OK") && !lines_equal(&state, "NO") && !lines_equal(&state, "BAD"))
		return;
	set_tag(&compared, &tag);
	for (size_t i = 0; i < OUTSTANDING; i++) {
		struct pending *pending = &imap->queue[i];

		if (pending->used && strcmp(pending->tag, compared.tag) == 0) {
			on_tagged(imap, facts, pending, lines_equal(&state, "OK"));
			return;
		}
	}
}

static void skip_literal(struct imap *imap, struct facts *facts, struct flow *flow,
			 struct bytes *input)
{
	size_t length = flow->left < input->left ? (size_t)flow->left : input->left;
	struct bytes piece = bytes_sub(input, length);
	bool is_user = flow == &imap->client && imap->user_in_literal;

	if (is_user)
		lines_next(&flow->line, &piece);
	flow->left -= length;
	if (flow->left != 0 || !is_user)
		return;
	FACTS_TEXT(facts, user, flow->line.text, flow->line.length);
	lines_reset(&flow->line);
	imap->user_in_literal = false;
}

static void feed(void *state, struct facts *facts, struct feed *fed)
{
	enum side from = fed->from;
	struct imap *imap = state;
	struct flow *flow = from == SIDE_CLIENT ? &imap->client : &imap->server;
	struct bytes input = fed->bytes;

	while (input.left != 0 && !facts->starts_tls) {
		struct bytes before = input;
		bool continued = flow->continued, whole;

		if (flow->left != 0) {
			skip_literal(imap, facts, flow, &input);
			continue;
		}
		whole = lines_next(&flow->line, &input);
		before.left -= input.left;
		imap_login_literal(&flow->literal, before);
		if (from == SIDE_SERVER && !imap->greeted)
			imap_login_tail(&imap->tail, before);
		if (!whole)
			continue;
		flow->left = imap_login_literal_length(&flow->literal);
		flow->continued = flow->literal.follows;
		flow->literal = (struct imap_literal){.follows = false};
		if (flow->lost)
			flow->lost = false;
		else if (from == SIDE_CLIENT)
			on_client_line(imap, facts, continued);
		else if (!continued)
			on_server_line(imap, facts);
		lines_reset(&flow->line);
		if (facts->turn != TURN_NONE) {
			facts->unread = (uint32_t)input.left;
			return;
		}
	}
	facts->tls_rest = facts->starts_tls ? (uint32_t)input.left : 0;
}

static void gap(void *state, struct facts *facts, enum side from, uint64_t missing)
{
	struct imap *imap = state;
	struct flow *flow = from == SIDE_CLIENT ? &imap->client : &imap->server;

	if (missing != 0 && missing <= flow->left) {
		flow->left -= missing;
		return;
	}
	imap->greeted = imap->holed = true; /* what comes first now is no greeting */
	if (facts->auth == AUTH_REQUIRED || facts->auth == AUTH_NA)
		facts_set_auth(facts, AUTH_UNKNOWN);
	flow->left = 0;
	flow->lost = true;
	flow->continued = false;
	lines_reset(&flow->line);
}

const struct dissector imap_dissector = {
	.name = "imap",
	.transports = OVER_TCP,
	.upgrades = true,
	.state_size = sizeof(struct imap),
	.service_count = sizeof services / sizeof *services,
	.services = services,
	.recognised = "the server's greeting, or a tagged command and the answer with its tag",
	.reads = READS_PRODUCT | READS_VERSION | READS_AUTH | READS_USER | READS_MECHANISM |
		 READS_COMMANDS | READS_LISTINGS | READS_DESTRUCTION | READS_DATA |
		 READS_ENCRYPTION | READS_STARTTLS,
	.probe = imap_probe,
	.begin = begin,
	.feed = feed,
	.gap = gap,
};
