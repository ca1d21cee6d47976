/* SPDX-License-Identifier: ISC */
/*
 * svnserve, Subversion's own protocol: items made of words, numbers, n:strings and ( lists ).
 *
 *	S ( success ( 2 2 ( ) ( capabilities ) ) )
 *	C ( 2 ( capabilities ) 20:svn://host/repository ... )
 *	S ( success ( ( ANONYMOUS CRAM-MD5 ) 5:realm ) )	an authentication request
 *	C ( ANONYMOUS ( 0: ) )
 *	S ( success ( ) ) | ( step ( challenge ) ) | ( failure ( ... ) )
 *	S ( success ( 36:uuid ... ) )
 *	C ( get-dir ( ... ) )
 *	S an authentication request, empty if nothing is asked, then success or failure
 *
 * A commit goes on with the client's editor commands, answered after ( close-edit ( ) ).
 * subversion/libsvn_ra_svn/protocol in Subversion's source.
 */
#include "dissectors/dissector.h"
#include "dissectors/read/answers.h"
#include "dissectors/read/lines.h"
#include "dissectors/svn/svn_items.h"

static const uint16_t ports[] = {3690, 0};

static const struct service services[] = {
	{
		.name = "svn",
		.family = FAMILY_STORAGE,
		.met = true,
		.about = "Subversion repositories (svnserve)",
		.ports = ports,
	},
};

/* One direction: what is known of the item at hand. */
struct svn_side {
	struct svn_reader reader;
	uint8_t items; /* seen at depth 1, up to 3 */
	bool nested;   /* its second one has a list in it */
	bool offers, offers_anonymous;
	char first[24]; /* its first word */
};

enum expect {
	GREETING,
	AUTH_REQUEST,
	AUTH_RESULT,
	REPOSITORY,
	COMMAND_AUTH,
	COMMAND_RESULT,
};

struct svn {
	struct svn_side side[2]; /* by enum side */
	struct answers pending;
	int deletion;
	uint8_t expect; /* enum expect */
	bool opened, anonymous, closing, greeted, spoken;
};

_Static_assert(sizeof(struct svn) <= DISSECTOR_STATE_MAX, "state of svn");

/* These return what is stored. */
static const char *const readers[] = {"get-dir", "list",	 "get-file",	 "log",
				      "update",	 "switch",	 "status",	 "diff",
				      "replay",	 "replay-range", "get-file-revs"};

static const char *const others[] = {"get-latest-rev", "check-path",	   "stat",
				     "rev-proplist",   "change-rev-prop2", "commit",
				     "reparent",       "change-rev-prop",  "lock",
				     "lock-many",      "unlock",	   "unlock-many",
				     "get-lock",       "get-locks",	   "get-iprops"};

/* "( success ( 2 2 ( " */
static enum recognised recognise_server(struct bytes b)
{
	static const char start[] = "( success ( ";

	if (!bytes_agree_with(&b, start))
		return RECOGNISED_NO;
	if (!bytes_skip(&b, sizeof start - 1))
		return RECOGNISED_MORE;
	for (int i = 0; i < 2; i++) { /* the oldest and the newest version of the protocol */
		if (b.left != 0 && (b.at[0] < '1' || b.at[0] > '9'))
			return RECOGNISED_NO;
		bytes_skip(&b, 1);
		if (!bytes_agree_with(&b, " "))
			return RECOGNISED_NO;
		bytes_skip(&b, 1);
	}
	if (!bytes_agree_with(&b, "( "))
		return RECOGNISED_NO;
	return b.left >= 2 ? RECOGNISED_YES : RECOGNISED_MORE;
}

static enum recognised recognise(const struct opening *opening)
{
	static const char start[] = "( 2 ( edit-pipeline ";
	struct bytes client = opening->side[SIDE_CLIENT], server = opening->side[SIDE_SERVER];

	if (!bytes_agree_with(&client, "( "))
		return RECOGNISED_NO;
	if (server.left != 0)
		return recognise_server(server);
	if (!bytes_agree_with(&client, start))
		return RECOGNISED_NO;
	return opening->one_sided && client.left >= sizeof start - 1 ? RECOGNISED_YES
								     : RECOGNISED_MORE;
}

static void begin(void *state, struct facts *facts)
{
	struct svn *svn = state;

	svn->deletion = -1;
	facts_begin(facts, &services[0]);
	FACTS_WORD(facts, product, "svnserve");
}

/* svn://host/repository: the path of it */
static void on_url(struct facts *facts, struct bytes url)
{
	for (int slashes = 0; url.left != 0; bytes_skip(&url, 1)) {
		slashes += url.at[0] == '/';
		if (slashes == 3)
			break;
	}
	if (url.left != 0 && facts->path[0] == '\0')
		FACTS_TEXT(facts, path, url.at, url.left);
}

static bool is_mechanism(const struct bytes *word)
{
	return word->left != 0 && word->at[0] >= 'A' && word->at[0] <= 'Z';
}

static void on_command(struct svn *svn, struct facts *facts, const struct bytes *word)
{
	if (lines_equal(word, "delete-entry"))
		svn->deletion = FACTS_COMMAND(facts, "delete-entry", COMMAND_DESTRUCTIVE);
	if (lines_equal(word, "close-edit"))
		svn->closing = true;
	for (size_t i = 0; i < sizeof readers / sizeof *readers; i++) {
		if (lines_equal(word, readers[i]))
			answers_add(&svn->pending,
				    facts_command(facts, readers[i], strlen(readers[i]),
						  COMMAND_LISTING),
				    true);
	}
	for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
		if (lines_equal(word, others[i]))
			answers_add(&svn->pending,
				    facts_command(facts, others[i], strlen(others[i]), 0), false);
	}
}

/* The first word of an item of the client. */
static void on_client_word(struct svn *svn, struct facts *facts, struct bytes word)
{
	if (!is_mechanism(&word)) {
		on_command(svn, facts, &word);
		return;
	}
	svn->anonymous = lines_equal(&word, "ANONYMOUS");
	FACTS_TEXT(facts, mechanism, word.at, word.left);
}

/* "alice 8974f042...", CRAM-MD5's answer to a challenge: what is behind the name is kept out. */
static void on_client_string(struct svn *svn, struct facts *facts, struct bytes text)
{
	const struct svn_side *side = &svn->side[SIDE_CLIENT];
	const uint8_t *end = text.left != 0 ? memchr(text.at, ' ', text.left) : NULL;

	if (side->reader.depth == 0 && svn->expect == AUTH_RESULT && end)
		FACTS_TEXT(facts, user, text.at, (size_t)(end - text.at));
	else if (side->reader.depth == 1 && side->items == 2 && !svn->greeted)
		on_url(facts, text);
}

static void on_auth_request(struct svn *svn, struct facts *facts)
{
	const struct svn_side *side = &svn->side[SIDE_SERVER];

	if (side->offers) {
		if (!side->offers_anonymous)
			facts_set_auth(facts, AUTH_REQUIRED);
		svn->expect = AUTH_RESULT;
	} else {
		svn->expect = svn->opened ? COMMAND_RESULT : REPOSITORY;
	}
}

static void on_auth_result(struct svn *svn, struct facts *facts, bool ok)
{
	if (ok && svn->anonymous)
		facts_set_auth(facts, AUTH_ANONYMOUS);
	else if (!svn->anonymous)
		facts_login(facts, ok);
	if (ok)
		svn->expect = svn->opened ? COMMAND_RESULT : REPOSITORY;
}

static void on_result(struct svn *svn, struct facts *facts, bool ok)
{
	struct answers_row *row = answers_first(&svn->pending);

	if (row) {
		facts_command_result(facts, row->handle, ok);
		if (ok && row->kind)
			facts_set_data_read(facts, ANSWER_YES);
	}
	answers_drop(&svn->pending);
	svn->expect = COMMAND_AUTH;
}

/* What the client edited is taken, or not. */
static void on_edit_result(struct svn *svn, struct facts *facts, bool ok)
{
	facts_command_result(facts, svn->deletion, ok);
	svn->closing = false;
	svn->deletion = -1;
}

/* An item of the server is complete, and it begins with success, failure or step. */
static void on_answer(struct svn *svn, struct facts *facts, bool ok)
{
	bool request = ok && svn->side[SIDE_SERVER].nested;

	switch ((enum expect)svn->expect) {
	case GREETING:
		svn->expect = AUTH_REQUEST;
		break;
	case AUTH_REQUEST:
		if (request)
			on_auth_request(svn, facts);
		break;
	case AUTH_RESULT:
		on_auth_result(svn, facts, ok);
		break;
	case REPOSITORY:
		svn->opened = true;
		svn->expect = COMMAND_AUTH;
		break;
	case COMMAND_AUTH:
		if (svn->closing && !request)
			on_edit_result(svn, facts, ok);
		else if (request)
			on_auth_request(svn, facts);
		else if (!ok && answers_first(&svn->pending))
			on_result(svn, facts, false);
		break;
	case COMMAND_RESULT:
		if (svn->closing && svn->pending.count == 0)
			on_edit_result(svn, facts, ok);
		else
			on_result(svn, facts, ok);
		break;
	}
}

static void on_word(struct svn *svn, struct facts *facts, enum side from, struct bytes word)
{
	struct svn_side *side = &svn->side[from];

	if (side->reader.depth == 1 && side->items == 0) {
		if (from == SIDE_CLIENT)
			on_client_word(svn, facts, word);
		else if (word.left < sizeof side->first)
			memcpy(side->first, word.at, word.left);
	} else if (from == SIDE_SERVER && side->reader.depth == 3 && is_mechanism(&word)) {
		side->offers = true;
		side->offers_anonymous |= lines_equal(&word, "ANONYMOUS");
	}
}

/* A list at the top is complete. */
static void on_item(struct svn *svn, struct facts *facts, enum side from)
{
	struct svn_side *side = &svn->side[from];

	if (from == SIDE_CLIENT)
		svn->greeted = true;
	else if (strcmp(side->first, "success") == 0 || strcmp(side->first, "failure") == 0)
		on_answer(svn, facts, side->first[0] == 's');
	memset(side->first, 0, sizeof side->first);
	side->items = 0;
	side->nested = side->offers = side->offers_anonymous = false;
}

static void on_part(struct svn *svn, struct facts *facts, enum side from, enum svn_item part)
{
	struct svn_side *side = &svn->side[from];
	struct bytes token = bytes_from(side->reader.token, side->reader.length);

	if (part == SVN_WORD)
		on_word(svn, facts, from, token);
	else if (part == SVN_STRING && from == SIDE_CLIENT)
		on_client_string(svn, facts, token);
	else if (part == SVN_OPEN && side->reader.depth == 3 && side->items == 1)
		side->nested = true;
	if (part == SVN_STRING) /* it may have been a secret */
		memset(side->reader.token, 0, sizeof side->reader.token);
	if (part == SVN_CLOSE && side->reader.depth == 0)
		on_item(svn, facts, from);
	else if (part != SVN_OPEN && side->reader.depth == 1 && side->items < 3)
		side->items++;
}

static void feed(void *state, struct facts *facts, struct feed *fed)
{
	enum side from = fed->from;
	struct svn *svn = state;
	struct bytes input = fed->bytes;
	enum svn_item part;

	svn->spoken = true;
	while ((part = svn_items_next(&svn->side[from].reader, &input)) != SVN_MORE)
		on_part(svn, facts, from, part);
}

static void gap(void *state, struct facts *facts, enum side from, uint64_t missing)
{
	struct svn *svn = state;

	if (!svn->spoken) { /* who was let in is not known */
		svn->greeted = svn->opened = true;
		svn->expect = COMMAND_AUTH;
		facts_set_auth(facts, AUTH_UNKNOWN);
	} else if (!svn_items_gap(&svn->side[from].reader, missing)) {
		svn->side[!from].reader.lost = true;
	}
}

const struct dissector svn_dissector = {
	.name = "svn",
	.transports = OVER_TCP,
	.state_size = sizeof(struct svn),
	.service_count = sizeof services / sizeof *services,
	.services = services,
	.recognised = "the server's greeting list with its versions, or the client's answer with a "
		      "svn address",
	.reads = READS_PRODUCT | READS_AUTH | READS_USER | READS_MECHANISM | READS_COMMANDS |
		 READS_LISTINGS | READS_DESTRUCTION | READS_DATA | READS_ENCRYPTION | READS_PATH,
	.recognise = recognise,
	.begin = begin,
	.feed = feed,
	.gap = gap,
};
