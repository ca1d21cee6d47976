/* SPDX-License-Identifier: ISC */
/*
 * RethinkDB's drivers. The client begins with a version, 4 bytes little-endian:
 *
 *	34c2bdc3 (1.0)		the server greets in JSON that ends with NUL and tells its version;
 *				then SCRAM-SHA-256, two texts of the client, each with an answer
 *	400c2d20 (0.4), 5f75e83e (0.3)	key's length:4 key protocol:4, answered by "SUCCESS" NUL
 *	723081e1 (0.2)		the same without protocol; 3f61ba36 (0.1): nothing follows
 *
 * Then queries and answers: token:8 length:4 (little-endian) JSON. A query is [1,TERM,...], a term
 * [number,[arguments]]; an answer {"t":kind,"r":[...]}. Terms are named by their numbers.
 *
 * rethinkdb.com: Writing RethinkDB drivers; ql2.proto.
 */
#include "dissectors/dissector.h"
#include "dissectors/read/exchange.h"
#include "dissectors/read/flat_json.h"
#include "dissectors/read/lines.h"

#define VERSION_1_0 0x34c2bdc3u
#define VERSION_0_4 0x400c2d20u
#define VERSION_0_3 0x5f75e83eu
#define VERSION_0_2 0x723081e1u
#define VERSION_0_1 0x3f61ba36u
#define KEY_MAX	    2048
#define HEADER	    12
#define START	    1  /* a query's kind */
#define ERROR_KIND  16 /* of an answer, and above */
#define DOES_HARM   (COMMAND_DESTRUCTIVE | COMMAND_EXECUTES)

enum phase {
	VERSION,    /* of the client: its first four bytes */
	KEY_LENGTH, /* 0.2 to 0.4 */
	KEY,
	PROTOCOL,
	TEXTS, /* JSON that ends with NUL */
	QUERIES
};

static const uint16_t ports[] = {28015, 0};

static const struct service services[] = {
	{
		.name = "rethinkdb",
		.family = FAMILY_DATABASE,
		.about = "RethinkDB database",
		.ports = ports,
	},
};

struct rethinkdb {
	struct exchange exchange;
	uint32_t version;
	uint8_t phase[2]; /* enum phase */
	uint8_t texts[2];
	bool has_key;
};

_Static_assert(sizeof(struct rethinkdb) <= DISSECTOR_STATE_MAX, "state of rethinkdb");

/* Terms that stand at the top of a query, or do harm wherever they stand. */
static const struct exchange_command terms[] = {
	{11, COMMAND_EXECUTES, EXCHANGE_READS, "JAVASCRIPT"},
	{15, COMMAND_LISTING, EXCHANGE_READS, "TABLE"},
	{16, 0, EXCHANGE_READS, "GET"},
	{38, 0, EXCHANGE_READS, "MAP"},
	{39, COMMAND_LISTING, EXCHANGE_READS, "FILTER"},
	{41, COMMAND_LISTING, EXCHANGE_READS, "ORDER_BY"},
	{43, 0, 0, "COUNT"},
	{53, 0, 0, "UPDATE"},
	{54, COMMAND_DESTRUCTIVE, 0, "DELETE"},
	{55, 0, 0, "REPLACE"},
	{56, 0, 0, "INSERT"},
	{57, 0, 0, "DB_CREATE"},
	{58, COMMAND_DESTRUCTIVE, 0, "DB_DROP"},
	{59, COMMAND_LISTING, EXCHANGE_READS, "DB_LIST"},
	{60, 0, 0, "TABLE_CREATE"},
	{61, COMMAND_DESTRUCTIVE, 0, "TABLE_DROP"},
	{62, COMMAND_LISTING, EXCHANGE_READS, "TABLE_LIST"},
	{71, COMMAND_LISTING, EXCHANGE_READS, "LIMIT"},
	{78, 0, EXCHANGE_READS, "GET_ALL"},
	{152, 0, EXCHANGE_READS, "CHANGES"},
	{153, COMMAND_EXECUTES, EXCHANGE_READS, "HTTP"},
};

static const struct exchange_command other_query = {0, 0, EXCHANGE_READS, "QUERY"};

static void begin(void *state, struct facts *facts)
{
	(void)state;
	facts_begin(facts, &services[0]);
	FACTS_WORD(facts, product, "RethinkDB");
}

static uint32_t take_number(struct bytes *b)
{
	uint32_t number = 0;

	for (int i = 0; i < 6 && b->left != 0 && b->at[0] >= '0' && b->at[0] <= '9'; i++)
		number = number * 10 + (uint32_t)(bytes_u8(b) - '0');
	return number;
}

/* The first term of the query, or the first that destroys or runs code: [1,[54,[[15,["t"]]]]]. */
static const struct exchange_command *find_term(struct bytes json)
{
	const struct exchange_command *first = NULL, *term;
	bool quoted = false, escaped = false;

	while (json.left != 0) {
		uint8_t c = bytes_u8(&json);

		if (c == '"' && !escaped)
			quoted = !quoted;
		escaped = c == '\\' && !escaped;
		if (quoted || c != '[')
			continue;
		term = EXCHANGE_FIND(terms, take_number(&json));
		if (term != NULL && (first == NULL || (term->flags & DOES_HARM)))
			first = term;
		if (first != NULL && (first->flags & DOES_HARM))
			break;
	}
	return first != NULL ? first : &other_query;
}

static void on_query(struct rethinkdb *r, struct facts *facts, uint64_t token, struct bytes json)
{
	if (json.left < 2 || bytes_u8(&json) != '[' || take_number(&json) != START)
		return; /* go on, stop, wait */
	exchange_ask(&r->exchange, facts, token, find_term(json));
}

static void on_answer(struct rethinkdb *r, struct facts *facts, uint64_t token, struct bytes json)
{
	struct bytes kind = flat_json_value(json, "t");

	if (kind.left != 0)
		exchange_answer(&r->exchange, facts, token, take_number(&kind) < ERROR_KIND);
}

/* "n,,n=admin,r=..." */
static void on_login(struct facts *facts, struct bytes json)
{
	struct bytes method = flat_json_value(json, "authentication_method");
	struct bytes text = flat_json_value(json, "authentication"), user;

	if (method.left != 0)
		FACTS_TEXT(facts, mechanism, method.at, method.left);
	while (text.left > 3 && !bytes_start_with(&text, ",n="))
		bytes_skip(&text, 1);
	if (text.left <= 3)
		return;
	bytes_skip(&text, 3);
	user = text;
	while (text.left != 0 && text.at[0] != ',')
		bytes_skip(&text, 1);
	FACTS_TEXT(facts, user, user.at, user.left - text.left);
}

/* A text of the server's: its greeting, two answers of SCRAM, or the word about an old key. */
static void on_server_text(struct rethinkdb *r, struct facts *facts, struct bytes text)
{
	struct bytes version = flat_json_value(text, "server_version");
	bool refused = bytes_start_with(&text, "ERROR");

	if (version.left != 0)
		FACTS_TEXT(facts, version, version.at, version.left);
	if (refused || bytes_start_with(&text, "SUCCESS")) {
		if (r->has_key)
			exchange_login(&r->exchange, facts, !refused);
		else if (refused && lines_contain(&text, "authorization key"))
			exchange_demanded(&r->exchange, facts);
		else if (!refused)
			exchange_served(&r->exchange, facts);
		r->phase[SIDE_SERVER] = QUERIES;
		return;
	}
	if (r->texts[SIDE_SERVER] == 1 && facts->auth == AUTH_NA)
		facts_set_auth(facts, AUTH_REQUIRED);
	if (r->texts[SIDE_SERVER] >= 2 && !flat_json_true(text, "success"))
		exchange_login(&r->exchange, facts, false);
	else if (r->texts[SIDE_SERVER] == 3)
		exchange_login(&r->exchange, facts, true);
	if (r->texts[SIDE_SERVER] == 3)
		r->phase[SIDE_SERVER] = QUERIES;
}

static void on_client_text(struct rethinkdb *r, struct facts *facts, struct bytes text)
{
	on_login(facts, text);
	if (r->texts[SIDE_CLIENT] == 2)
		r->phase[SIDE_CLIENT] = QUERIES;
}

/* Texts end with NUL; what is kept of one is in the frame's body. */
static void take_text(struct rethinkdb *r, struct facts *facts, enum side from, struct bytes *in)
{
	struct frame *frame = &r->exchange.side[from];
	struct bytes text;

	while (in->left != 0) {
		uint8_t c = bytes_u8(in);

		if (c != 0 && frame->kept < FRAME_KEPT)
			frame->body[frame->kept++] = c;
		if (c != 0)
			continue;
		text = bytes_from(frame->body, frame->kept);
		if (r->texts[from] < UINT8_MAX)
			r->texts[from]++;
		if (from == SIDE_SERVER)
			on_server_text(r, facts, text);
		else
			on_client_text(r, facts, text);
		frames_done(frame);
		return;
	}
}

static bool measure_query(struct bytes header, uint32_t *body)
{
	bytes_skip(&header, 8);
	*body = bytes_le32(&header);
	return *body <= (1u << 30);
}

/* What follows the version; false if this is none of ours. */
static bool on_version(struct rethinkdb *r, uint32_t version)
{
	r->version = version;
	switch (version) {
	case VERSION_1_0:
		r->phase[SIDE_CLIENT] = TEXTS;
		return true;
	case VERSION_0_4:
	case VERSION_0_3:
	case VERSION_0_2:
		r->phase[SIDE_CLIENT] = KEY_LENGTH;
		return true;
	case VERSION_0_1:
		r->phase[SIDE_CLIENT] = QUERIES;
		return true;
	default:
		return false;
	}
}

/* The key is passed over: it is a secret. */
static bool measure_key(struct bytes header, uint32_t *body)
{
	*body = bytes_le32(&header);
	return *body <= KEY_MAX;
}

static bool measure_nothing(struct bytes header, uint32_t *body)
{
	(void)header;
	*body = 0;
	return true;
}

/* The client's words before its queries; false: more is needed. */
static bool take_opening(struct rethinkdb *r, struct bytes *in)
{
	struct frame *frame = &r->exchange.side[SIDE_CLIENT];
	bool key = r->phase[SIDE_CLIENT] == KEY_LENGTH;
	struct bytes header;

	if (!frames_next(frame, in, 4, key ? measure_key : measure_nothing))
		return false;
	header = bytes_from(frame->header, 4);
	if (r->phase[SIDE_CLIENT] == VERSION) {
		if (!on_version(r, bytes_le32(&header))) {
			r->phase[SIDE_CLIENT] = QUERIES;
			frame->lost = true;
		}
	} else if (key) {
		r->has_key = frame->length != 0;
		r->phase[SIDE_CLIENT] = r->version == VERSION_0_2 ? QUERIES : PROTOCOL;
	} else {
		r->phase[SIDE_CLIENT] = QUERIES;
	}
	frames_done(frame);
	return true;
}

static bool take_query(struct rethinkdb *r, struct facts *facts, enum side from, struct bytes *in)
{
	struct frame *frame = &r->exchange.side[from];
	struct bytes header;
	uint64_t token;

	if (!frames_next(frame, in, HEADER, measure_query))
		return false;
	header = bytes_from(frame->header, HEADER);
	token = bytes_be64(&header);
	if (from == SIDE_CLIENT)
		on_query(r, facts, token, bytes_from(frame->body, frame->kept));
	else
		on_answer(r, facts, token, bytes_from(frame->body, frame->kept));
	frames_done(frame);
	return true;
}

static void feed(void *state, struct facts *facts, struct feed *fed)
{
	struct rethinkdb *r = state;
	enum side from = fed->from;
	struct frame *frame = exchange_begin(&r->exchange, from);
	struct bytes input = fed->bytes;
	bool more = true;

	if (from == SIDE_SERVER && r->phase[from] == VERSION)
		r->phase[from] = TEXTS;
	while (more && !frame->lost) {
		if (r->phase[from] == TEXTS) {
			more = input.left != 0;
			take_text(r, facts, from, &input);
		} else if (r->phase[from] == QUERIES) {
			more = take_query(r, facts, from, &input);
		} else {
			more = take_opening(r, &input);
		}
	}
}

static void gap(void *state, struct facts *facts, enum side from, uint64_t missing)
{
	struct rethinkdb *r = state;
	bool begun = turns_begun(&r->exchange.turns);

	(void)facts;
	exchange_gap(&r->exchange, from, missing);
	if (begun && r->exchange.side[from].lost)
		r->phase[from] = QUERIES;
}

static enum recognised recognise_client(struct bytes b)
{
	struct rethinkdb unused = {.version = 0};
	uint32_t version = bytes_le32(&b);

	if (b.failed)
		return RECOGNISED_MORE;
	return on_version(&unused, version) ? RECOGNISED_YES : RECOGNISED_NO;
}

static enum recognised recognise_server(struct bytes b)
{
	static const char mark[] = "\"max_protocol_version\"";

	if (b.left == 0)
		return RECOGNISED_MORE;
	if (b.at[0] == '{') {
		if (lines_contain(&b, mark))
			return RECOGNISED_YES;
		return memchr(b.at, 0, b.left) != NULL ? RECOGNISED_NO : RECOGNISED_MORE;
	}
	if (bytes_agree_with(&b, "SUCCESS"))
		return b.left > 7 && b.at[7] == 0 ? RECOGNISED_YES : RECOGNISED_MORE;
	if (bytes_agree_with(&b, "ERROR: "))
		return b.left > 6 ? RECOGNISED_YES : RECOGNISED_MORE;
	return RECOGNISED_NO;
}

/* "SUCCESS" and "ERROR:" are everybody's words: alone they prove nothing. */
static enum recognised recognise(const struct opening *opening)
{
	struct bytes client = opening->side[SIDE_CLIENT], server = opening->side[SIDE_SERVER];

	if (client.left == 0 && server.left != 0 && server.at[0] != '{')
		return RECOGNISED_NO;
	return dissector_by_both(recognise_client(client), recognise_server(server),
				 opening->one_sided);
}

const struct dissector rethinkdb_dissector = {
	.name = "rethinkdb",
	.transports = OVER_TCP,
	.state_size = sizeof(struct rethinkdb),
	.service_count = sizeof services / sizeof *services,
	.services = services,
	.recognised = "one of five versions, and the server's greeting or word about the key",
	.reads = READS_PRODUCT | READS_VERSION | READS_AUTH | READS_USER | READS_MECHANISM |
		 READS_COMMANDS | READS_LISTINGS | READS_DESTRUCTION | READS_EXECUTION |
		 READS_DATA | READS_ENCRYPTION,
	.recognise = recognise,
	.begin = begin,
	.feed = feed,
	.gap = gap,
};
