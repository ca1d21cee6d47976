/* SPDX-License-Identifier: ISC */
/*
 * Cassandra's CQL binary protocol, versions 3 to 5, big endian:
 *
 *	version flags stream:2 opcode length:4 body	version: 03-05 asks, 83-85 answers
 *
 * A flag (01) says that the body is compressed, as the client has chosen with STARTUP: by LZ4, with
 * the length in four bytes before it, or by Snappy. Version 5 wraps what follows the start in
 * frames of its own, little endian, and compresses those instead, by LZ4:
 *
 *	length:17 bits, [length unpacked:17, 0: it is not compressed], flags; checksum:3
 *	payload checksum:4
 *
 * READY without AUTHENTICATE before it is a server that asks for no log-in.
 *
 * github.com/apache/cassandra: doc/native_protocol_v4.spec, native_protocol_v5.spec (section 2).
 */
#include "dissectors/cassandra/cassandra.h"
#include "dissectors/cassandra/cassandra_startup.h"
#include "dissectors/read/answers.h"
#include "dissectors/read/lines.h"
#include "dissectors/read/sql.h"
#include "dissectors/read/turns.h"
#include "dissectors/read/unpacker.h"

#define HEADER_REST 4 /* bytes of the header that a frame has in its body: the length */
#define BODY_MAX    (256u * 1024 * 1024)
#define RESULT_ROWS 2
#define ERROR_LOGIN 0x0100
#define COMPRESSED  0x01 /* a flag of the header */
#define CHECKSUM    4	 /* bytes behind the payload of version 5 */

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
	/* Of a compressed body: bytes of its length, that, what came out, and whether all did. */
	uint8_t size_have;
	bool given_up, ended;
	uint32_t said, made;
};

/* A frame of version 5. */
struct cassandra_outer {
	uint8_t header[8];
	uint8_t have;
	uint8_t checksum; /* bytes of it still to come */
	uint8_t packing;
	bool given_up, ended;
	uint32_t left, said, made;
};

struct cassandra {
	struct cassandra_stream side[2];
	struct sql sql;
	struct answers_table pending; /* by stream */
	struct turns turns;
	bool midstream, asked, logged_in;
	bool framed;	 /* version 5, behind its start */
	uint8_t packing; /* enum packing that the client has chosen */
	struct cassandra_startup startup;
	struct cassandra_outer outer[2];
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

	if ((s->header[4] != CASSANDRA_QUERY && s->header[4] != CASSANDRA_PREPARE) || s->holed)
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
		cs->packing = cs->startup.packing;
		cs->startup = (struct cassandra_startup){.packing = PACKING_NONE};
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
		cs->framed = new_framing;
		break;
	case CASSANDRA_AUTHENTICATE:
		cs->asked = true;
		facts_set_auth(facts, AUTH_REQUIRED);
		cs->framed = new_framing;
		break;
	case CASSANDRA_AUTH_SUCCESS:
		cs->logged_in = true;
		facts_login(facts, true);
		break;
	case CASSANDRA_RESULT:
		if (bytes_be32(&b) == RESULT_ROWS)
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

static bool is_packed(const struct cassandra_stream *s)
{
	return (s->header[1] & COMPRESSED) && (s->header[0] & 0x7f) < 5;
}

/* A header is whole: can it be one? */
static bool is_header(const struct cassandra_stream *s, enum side from)
{
	return (s->header[0] & 0x7f) >= 3 && (s->header[0] & 0x7f) <= 5 &&
	       (s->header[0] >> 7) == (from == SIDE_SERVER) &&
	       s->header[4] <= CASSANDRA_AUTH_SUCCESS;
}

static void end_body(struct cassandra *cs, struct facts *facts, const struct feed *fed)
{
	struct cassandra_stream *s = &cs->side[fed->from];

	if (s->said > s->made && !s->given_up && !s->holed && fed->from == SIDE_CLIENT)
		facts_lying_length(facts);
	if (is_packed(s))
		unpacker_end(fed);
	if (fed->from == SIDE_CLIENT)
		on_client(cs, facts);
	else
		on_server(cs, facts);
	*s = (struct cassandra_stream){.lost = s->lost};
}

/* Bytes of a body as they were meant. */
static void take_body(struct cassandra *cs, struct facts *facts, enum side from, struct bytes piece)
{
	struct cassandra_stream *s = &cs->side[from];

	if (from == SIDE_CLIENT && s->header[4] == CASSANDRA_STARTUP)
		cassandra_startup_feed(&cs->startup, piece);
	else if (from == SIDE_CLIENT)
		on_text(cs, facts, piece);
	while (piece.left != 0 && s->kept < sizeof s->body && !s->holed)
		s->body[s->kept++] = bytes_u8(&piece);
}

static void unpack_body(struct cassandra *cs, struct facts *facts, struct feed *fed,
			struct bytes piece)
{
	struct cassandra_stream *s = &cs->side[fed->from];
	uint8_t packing = cs->packing != PACKING_NONE ? cs->packing : (uint8_t)PACKING_UNKNOWN;
	enum unpacked result;
	struct bytes out;

	while (packing == PACKING_LZ4 && s->size_have < 4 && piece.left != 0) {
		s->said = s->said << 8 | bytes_u8(&piece);
		s->size_have++;
	}
	if (s->holed || s->given_up || s->ended || piece.left == 0)
		return;
	do {
		result = unpacker_next(fed, facts, (enum packing)packing, &piece, &out);
		s->made += (uint32_t)out.left;
		take_body(cs, facts, fed->from, out);
	} while (result == UNPACKED_ON);
	s->given_up = result >= UNPACKED_FULL;
	s->ended = result == UNPACKED_ENDED;
}

static void read_envelopes(struct cassandra *cs, struct facts *facts, struct feed *fed,
			   struct bytes *in)
{
	struct cassandra_stream *s = &cs->side[fed->from];
	bool framed = cs->framed;
	struct bytes piece;

	while (!s->lost && cs->framed == framed && in->left != 0) {
		if (s->have < sizeof s->header) {
			s->header[s->have++] = bytes_u8(in);
			if (s->have < sizeof s->header)
				continue;
			piece = bytes_from(s->header + 5, HEADER_REST);
			s->left = bytes_be32(&piece);
			s->lost = !is_header(s, fed->from) || s->left > BODY_MAX;
			if (s->lost)
				return;
		}
		piece = bytes_sub(in, s->left < in->left ? s->left : in->left);
		s->left -= (uint32_t)piece.left;
		if (is_packed(s))
			unpack_body(cs, facts, fed, piece);
		else
			take_body(cs, facts, fed->from, piece);
		if (s->left == 0)
			end_body(cs, facts, fed);
	}
}

static void begin_outer(struct cassandra *cs, struct cassandra_outer *outer)
{
	struct bytes b = bytes_from(outer->header, sizeof outer->header);
	uint64_t bits = bytes_le32(&b);

	bits |= (uint64_t)bytes_u8(&b) << 32;
	outer->left = bits & 0x1ffff;
	outer->checksum = CHECKSUM;
	outer->packing = PACKING_NONE;
	if (cs->packing == PACKING_NONE)
		return;
	outer->said = bits >> 17 & 0x1ffff;
	if (outer->said != 0)
		outer->packing = cs->packing;
}

/* A piece of a frame's payload. What is not read of it takes the envelope with it. */
static void on_payload(struct cassandra *cs, struct facts *facts, struct feed *fed,
		       struct bytes piece)
{
	struct cassandra_outer *outer = &cs->outer[fed->from];
	enum unpacked result;
	struct bytes out;

	if (outer->packing == PACKING_NONE) {
		read_envelopes(cs, facts, fed, &piece);
		return;
	}
	if (outer->given_up || outer->ended || piece.left == 0)
		return;
	do {
		result = unpacker_next(fed, facts, (enum packing)outer->packing, &piece, &out);
		outer->made += (uint32_t)out.left;
		read_envelopes(cs, facts, fed, &out);
	} while (result == UNPACKED_ON);
	outer->given_up = result >= UNPACKED_FULL;
	outer->ended = result == UNPACKED_ENDED;
	cs->side[fed->from].lost |= outer->given_up;
}

static void end_outer(struct cassandra *cs, struct facts *facts, const struct feed *fed)
{
	struct cassandra_outer *outer = &cs->outer[fed->from];

	unpacker_end(fed);
	if (outer->said > outer->made && outer->packing != PACKING_NONE && !outer->given_up &&
	    fed->from == SIDE_CLIENT)
		facts_lying_length(facts);
	*outer = (struct cassandra_outer){.have = 0};
}

static void read_frames(struct cassandra *cs, struct facts *facts, struct feed *fed,
			struct bytes *in)
{
	struct cassandra_outer *outer = &cs->outer[fed->from];
	uint8_t need = cs->packing == PACKING_NONE ? 6 : 8;
	struct bytes piece;

	while (!cs->side[fed->from].lost && in->left != 0) {
		if (outer->have < need) {
			outer->header[outer->have++] = bytes_u8(in);
			if (outer->have == need)
				begin_outer(cs, outer);
			continue;
		}
		if (outer->left != 0) {
			piece = bytes_sub(in, outer->left < in->left ? outer->left : in->left);
			outer->left -= (uint32_t)piece.left;
			on_payload(cs, facts, fed, piece);
			continue;
		}
		bytes_skip(in, 1);
		if (--outer->checksum == 0)
			end_outer(cs, facts, fed);
	}
}

static void feed(void *state, struct facts *facts, struct feed *fed)
{
	enum side from = fed->from;
	struct cassandra *cs = state;
	struct cassandra_stream *s = &cs->side[from];
	struct bytes in = fed->bytes;

	if (turns_begin(&cs->turns, from) && s->lost) {
		*s = (struct cassandra_stream){.lost = false};
		cs->outer[from] = (struct cassandra_outer){.have = 0};
		unpacker_end(fed);
	}
	if (!cs->framed)
		read_envelopes(cs, facts, fed, &in);
	if (cs->framed)
		read_frames(cs, facts, fed, &in);
}

static void gap(void *state, struct facts *facts, enum side from, uint64_t missing)
{
	struct cassandra *cs = state;
	struct cassandra_stream *s = &cs->side[from];

	(void)facts;
	if (turns_begun(&cs->turns) && !s->lost && missing != 0 && !cs->framed &&
	    s->have == sizeof s->header && missing < s->left) {
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
