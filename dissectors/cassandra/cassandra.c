/* SPDX-License-Identifier: ISC */
/*
 * Cassandra's CQL binary protocol, versions 3 to 5, big endian:
 *
 *	version flags stream:2 opcode length:4 body	version: 03-05 asks, 83-85 answers
 *
 * Version 5 wraps what follows the start in frames of its own, with checksums: nothing is read from
 * there on. READY without AUTHENTICATE before it is a server that asks for no log-in.
 *
 * github.com/apache/cassandra: doc/native_protocol_v4.spec.
 */
#include "dissectors/cassandra/cassandra.h"
#include "dissectors/read/answers.h"
#include "dissectors/read/lines.h"
#include "dissectors/read/sql.h"
#include "dissectors/read/turns.h"

#define HEADER_REST 4 /* bytes of the header that a frame has in its body: the length */
#define BODY_MAX    (256u * 1024 * 1024)
#define RESULT_ROWS 2
#define ERROR_LOGIN 0x0100

static const uint16_t ports[] = {9042, 0};

static const struct service services[] = {
	{
		.name = "cassandra",
		.family = FAMILY_DATABASE,
		.about = "Apache Cassandra, or what speaks its CQL protocol",
		.ports = ports,
	},
};

struct cassandra_stream {
	uint8_t header[9];
	uint8_t have, kept;
	bool lost, holed;
	uint32_t left, passed; /* of the body */
	uint8_t body[176];
};

struct cassandra {
	struct cassandra_stream side[2];
	struct sql sql;
	struct answers_table pending; /* by stream */
	struct turns turns;
	bool midstream, asked, logged_in, sealed;
	uint32_t text_left; /* of the statement at hand */
};

_Static_assert(sizeof(struct cassandra) <= DISSECTOR_STATE_MAX, "state of cassandra");

static void begin(void *state, struct facts *facts)
{
	(void)state;
	facts_set_service(facts, &services[0]);
	facts_set_encryption(facts, ENCRYPTION_CLEARTEXT);
	FACTS_WORD(facts, product, "Apache Cassandra");
}

static uint16_t stream_of(const struct cassandra_stream *s)
{
	return (uint16_t)(s->header[2] << 8 | s->header[3]);
}

/* length:4, NUL user NUL password */
static void note_login(struct facts *facts, struct bytes b)
{
	size_t length;

	bytes_skip(&b, 4);
	if (bytes_u8(&b) != 0 || b.left == 0)
		return;
	length = strnlen((const char *)b.at, b.left);
	if (length != 0 && length < b.left)
		FACTS_TEXT(facts, user, b.at, length);
}

static void on_statement(struct cassandra *cs, struct facts *facts,
			 const struct sql_statement *statement)
{
	/* Functions are Java or JavaScript, which the server runs. */
	bool code = strcmp(statement->name, "CREATE FUNCTION") == 0;
	int handle = facts_command(facts, statement->name, strlen(statement->name),
				   statement->flags | (code ? COMMAND_EXECUTES : 0));

	if (cs->side[SIDE_CLIENT].header[4] == CASSANDRA_QUERY)
		answers_put(&cs->pending, stream_of(&cs->side[SIDE_CLIENT]), handle, 0);
}

/* The next bytes of a request's body: length:4 and the statement's text come first. */
static void on_text(struct cassandra *cs, struct facts *facts, struct bytes piece)
{
	struct cassandra_stream *s = &cs->side[SIDE_CLIENT];
	struct sql_statement statement;

	if ((s->header[4] != CASSANDRA_QUERY && s->header[4] != CASSANDRA_PREPARE) || s->holed ||
	    s->header[1] & 1)
		return;
	while (piece.left != 0) {
		struct bytes byte;

		if (s->passed < 4) {
			cs->text_left =
				(s->passed == 0 ? 0 : cs->text_left << 8) | bytes_u8(&piece);
			if (++s->passed == 4)
				sql_begin(&cs->sql, SQL_POSTGRESQL);
			continue;
		}
		if (cs->text_left == 0)
			return;
		byte = bytes_sub(&piece, 1);
		cs->text_left--;
		if (sql_next(&cs->sql, &byte, &statement) ||
		    (cs->text_left == 0 && sql_end(&cs->sql, &statement)))
			on_statement(cs, facts, &statement);
	}
}

static void on_client(struct cassandra *cs, struct facts *facts)
{
	const struct cassandra_stream *s = &cs->side[SIDE_CLIENT];
	struct bytes b = bytes_from(s->body, s->kept);

	switch (s->header[4]) {
	case CASSANDRA_OPTIONS:
		answers_put(&cs->pending, stream_of(s), FACTS_COMMAND(facts, "OPTIONS", 0), 0);
		break;
	case CASSANDRA_STARTUP:
		answers_put(&cs->pending, stream_of(s), FACTS_COMMAND(facts, "STARTUP", 0), 0);
		break;
	case CASSANDRA_BATCH:
		answers_put(&cs->pending, stream_of(s), FACTS_COMMAND(facts, "BATCH", 0), 0);
		break;
	case CASSANDRA_AUTH_RESPONSE:
		note_login(facts, b);
		break;
	default:
		break;
	}
}

static void on_server(struct cassandra *cs, struct facts *facts)
{
	const struct cassandra_stream *s = &cs->side[SIDE_SERVER];
	struct bytes b = bytes_from(s->body, s->kept);
	struct answers_numbered row = {.handle = -1};
	uint8_t opcode = s->header[4];
	bool new_framing = (s->header[0] & 0x7f) >= 5;
	uint32_t code;

	facts_set_data_read(facts, ANSWER_NO);
	answers_take(&cs->pending, stream_of(s), &row);
	facts_command_result(facts, row.handle, opcode != CASSANDRA_ERROR);
	switch (opcode) {
	case CASSANDRA_SUPPORTED:
		if (facts->auth == AUTH_UNKNOWN && !cs->midstream)
			facts_set_auth(facts, AUTH_NA);
		if (lines_contain(&b, "SCYLLA"))
			FACTS_WORD(facts, product, "ScyllaDB");
		break;
	case CASSANDRA_READY:
		if (!cs->asked && !cs->logged_in && !cs->midstream)
			facts_set_auth(facts, AUTH_NONE);
		cs->sealed = new_framing;
		break;
	case CASSANDRA_AUTHENTICATE:
		cs->asked = true;
		facts_set_auth(facts, AUTH_REQUIRED);
		cs->sealed = new_framing;
		break;
	case CASSANDRA_AUTH_SUCCESS:
		cs->logged_in = true;
		facts_login(facts, true);
		break;
	case CASSANDRA_RESULT:
		if (!(s->header[1] & 1) && bytes_be32(&b) == RESULT_ROWS)
			facts_set_data_read(facts, ANSWER_YES);
		break;
	case CASSANDRA_ERROR:
		code = bytes_be32(&b);
		if (!b.failed && code == ERROR_LOGIN)
			facts_login(facts, false);
		break;
	default:
		break;
	}
}

/* A header is whole: can it be one? */
static bool is_header(const struct cassandra_stream *s, enum side from)
{
	return (s->header[0] & 0x7f) >= 3 && (s->header[0] & 0x7f) <= 5 &&
	       (s->header[0] >> 7) == (from == SIDE_SERVER) &&
	       s->header[4] <= CASSANDRA_AUTH_SUCCESS;
}

static void end_body(struct cassandra *cs, struct facts *facts, enum side from)
{
	struct cassandra_stream *s = &cs->side[from];

	if (from == SIDE_CLIENT)
		on_client(cs, facts);
	else
		on_server(cs, facts);
	*s = (struct cassandra_stream){.lost = s->lost};
}

static void feed(void *state, struct facts *facts, struct feed *fed)
{
	enum side from = fed->from;
	struct cassandra *cs = state;
	struct cassandra_stream *s = &cs->side[from];
	struct bytes in = fed->bytes, piece;

	if (turns_begin(&cs->turns, from) && s->lost)
		*s = (struct cassandra_stream){.lost = false};
	while (!s->lost && !cs->sealed && in.left != 0) {
		if (s->have < sizeof s->header) {
			s->header[s->have++] = bytes_u8(&in);
			if (s->have < sizeof s->header)
				continue;
			piece = bytes_from(s->header + 5, HEADER_REST);
			s->left = bytes_be32(&piece);
			s->lost = !is_header(s, from) || s->left > BODY_MAX;
			if (s->lost)
				return;
		}
		piece = bytes_sub(&in, s->left < in.left ? s->left : in.left);
		s->left -= (uint32_t)piece.left;
		if (from == SIDE_CLIENT)
			on_text(cs, facts, piece);
		while (piece.left != 0 && s->kept < sizeof s->body && !s->holed)
			s->body[s->kept++] = bytes_u8(&piece);
		if (s->left == 0)
			end_body(cs, facts, from);
	}
}

static void gap(void *state, struct facts *facts, enum side from, uint64_t missing)
{
	struct cassandra *cs = state;
	struct cassandra_stream *s = &cs->side[from];

	(void)facts;
	if (turns_begun(&cs->turns) && !s->lost && missing != 0 && s->have == sizeof s->header &&
	    missing < s->left) {
		s->left -= (uint32_t)missing;
		s->holed = true;
		return;
	}
	cs->midstream = true;
	*s = (struct cassandra_stream){.lost = turns_begun(&cs->turns)};
}

const struct dissector cassandra_dissector = {
	.name = "cassandra",
	.transports = OVER_TCP,
	.state_size = sizeof(struct cassandra),
	.service_count = sizeof services / sizeof *services,
	.services = services,
	.recognised = "a frame header of version 3 to 5 with an opcode of that side and a length",
	.reads = READS_PRODUCT | READS_AUTH | READS_USER | READS_COMMANDS | READS_LISTINGS |
		 READS_DESTRUCTION | READS_EXECUTION | READS_DATA | READS_ENCRYPTION,
	.recognise = cassandra_recognise,
	.begin = begin,
	.feed = feed,
	.gap = gap,
};
