/* SPDX-License-Identifier: ISC */
/*
 * MongoDB's wire protocol, little endian:
 *
 *	header	length:4 request:4 response-to:4 opcode:4
 *	2013	flags:4, sections: 00 document | 01 size:4 name NUL documents  both ways
 *	2004	flags:4 collection NUL skip:4 return:4 document                request "$cmd"
 *	1	flags:4 cursor:8 start:4 returned:4 documents                         reply
 *	2012	opcode:4 size:4 compressor:1, and what the opcode has, compressed
 *
 * A command is a document whose first element names it. Some commands are answered without a
 * log-in; ok:1 for any other proves that none is needed, code 13 that one is.
 *
 * A compressed message that holds less than it says is a lie no driver tells: servers of 2025 and
 * before took the rest from their memory (CVE-2025-14847) and told of it in their error.
 *
 * github.com/mongodb/specifications, "OP_MSG", "OP_COMPRESSED";
 * mongodb.com/docs/manual/reference/mongodb-wire-protocol.
 */
#include "dissectors/mongodb/mongodb_commands.h"
#include "dissectors/mongodb/mongodb_session.h"

#define FLAG_CHECKSUM	   (1u << 0)
#define REPLY_QUERY_FAILED (1u << 1)

static const uint16_t ports[] = {27017, 27018, 27019, 0};

static const struct service services[] = {
	{
		.name = "mongodb",
		.family = FAMILY_DATABASE,
		.met = true,
		.about = "MongoDB document database",
		.identifier = "open-mongodb",
		.ports = ports,
	},
};

enum part { HEADER, PACKED, FIXED, COLLECTION, BEHIND, KIND, SIZE, NAME, DOCUMENT, REST };

_Static_assert(sizeof(struct mongodb) <= DISSECTOR_STATE_MAX, "state of mongodb");

static void begin(void *state, struct facts *facts)
{
	struct mongodb *mongo = state;

	mongo->handle = -1;
	facts_set_service(facts, &services[0]);
	facts_set_encryption(facts, ENCRYPTION_CLEARTEXT);
	FACTS_WORD(facts, product, "MongoDB");
}

static void ask(struct mongodb_stream *s, enum part part, uint8_t need)
{
	s->part = (uint8_t)part;
	s->have = 0;
	s->need = need;
}

/* What comes first of an operation. */
static void begin_operation(struct mongodb_stream *s, enum side from)
{
	if (s->header.opcode == MONGODB_REPLY && from == SIDE_SERVER)
		ask(s, FIXED, 20);
	else if (s->header.opcode == MONGODB_MESSAGE || s->header.opcode == MONGODB_QUERY ||
		 s->header.opcode == MONGODB_DELETE || s->header.opcode == MONGODB_INSERT)
		ask(s, FIXED, 4);
	else
		ask(s, REST, 0);
}

/* What comes first behind the header. */
static void begin_message(struct mongodb *mongo, struct mongodb_stream *s, enum side from)
{
	struct bytes b = bytes_from(s->fixed, MONGODB_HEADER);

	if (!mongodb_take_header(&b, &s->header)) {
		s->lost = true;
		return;
	}
	s->left = s->header.length - MONGODB_HEADER;
	s->packing = PACKING_NONE;
	s->outer = s->said = s->made = 0;
	s->unmeasured = false;
	s->flags = 0;
	s->sequence = s->noted = s->command = s->body = false;
	if (from == SIDE_SERVER) {
		mongodb_session_begin_answer(mongo, s->header.response_to);
	} else {
		mongo->kind = MONGODB_ASKS_NONE;
		mongo->handle = -1;
		mongo->deletes = mongo->empty_filter = mongo->may_run = false;
	}
	if (s->header.opcode == MONGODB_COMPRESSED)
		ask(s, PACKED, 9);
	else
		begin_operation(s, from);
}

static void begin_document(struct mongodb_stream *s)
{
	bson_begin(&s->bson);
	ask(s, DOCUMENT, 0);
}

/*
 * Compressors: 0 none, 1 Snappy, 2 zlib, 3 Zstandard. `left` counts what the message holds from
 * here on, and `outer` what is still to come of it.
 */
static void on_packed(struct mongodb_stream *s, enum side from)
{
	static const uint8_t packings[] = {PACKING_NONE, PACKING_SNAPPY, PACKING_DEFLATE,
					   PACKING_ZSTD};
	struct bytes b = bytes_from(s->fixed, s->have);
	uint8_t compressor;

	s->header.opcode = bytes_le32(&b);
	s->said = bytes_le32(&b);
	compressor = bytes_u8(&b);
	s->packing = compressor < sizeof packings ? packings[compressor] : (uint8_t)PACKING_UNKNOWN;
	if (s->packing == PACKING_NONE) {
		s->made = s->left;
	} else {
		s->outer = s->left;
		s->left = s->outer != 0 ? s->said : 0;
	}
	begin_operation(s, from);
}

static void on_fixed(struct mongodb *mongo, struct mongodb_stream *s)
{
	struct bytes b = bytes_from(s->fixed, s->have);

	s->flags = bytes_le32(&b);
	switch (s->header.opcode) {
	case MONGODB_REPLY:
		bytes_skip(&b, 12);
		if (s->flags & REPLY_QUERY_FAILED)
			mongo->has_ok = true;
		else if (mongo->answer_kind == MONGODB_ASKS_QUERY)
			mongo->data = bytes_le32(&b) != 0;
		begin_document(s);
		break;
	case MONGODB_MESSAGE:
		s->command = true;
		ask(s, KIND, 1);
		break;
	default:
		ask(s, COLLECTION, 0);
		break;
	}
}

/* Old operations name a collection; what they do to it follows from the operation. */
static void on_collection(struct mongodb *mongo, struct mongodb_stream *s, struct facts *facts)
{
	const char *dot = strchr(s->collection, '.');

	switch (s->header.opcode) {
	case MONGODB_QUERY:
		s->command = dot && strcmp(dot, ".$cmd") == 0;
		if (!s->command) {
			mongo->kind = MONGODB_ASKS_QUERY;
			mongo->handle = FACTS_COMMAND(facts, "find", COMMAND_LISTING);
		}
		ask(s, BEHIND, 8);
		break;
	case MONGODB_DELETE:
		mongo->handle = FACTS_COMMAND(facts, "delete", 0);
		ask(s, BEHIND, 4);
		break;
	default:
		FACTS_COMMAND(facts, "insert", 0);
		ask(s, REST, 0);
		break;
	}
}

/* After a section, or a document of a sequence. */
static void next_section(struct mongodb_stream *s)
{
	if (s->header.opcode != MONGODB_MESSAGE)
		ask(s, REST, 0);
	else if (s->sequence && s->left > s->section)
		begin_document(s);
	else if ((s->flags & FLAG_CHECKSUM) && s->left <= 4)
		ask(s, REST, 0);
	else
		ask(s, KIND, 1);
}

static void on_small(struct mongodb *mongo, struct mongodb_stream *s, struct facts *facts,
		     enum side from)
{
	struct bytes b = bytes_from(s->fixed, s->have);
	uint32_t size;

	switch ((enum part)s->part) {
	case PACKED:
		on_packed(s, from);
		break;
	case FIXED:
		on_fixed(mongo, s);
		break;
	case BEHIND:
		if (s->header.opcode == MONGODB_DELETE && s->left == 5) /* an empty selector */
			FACTS_COMMAND(facts, "delete", COMMAND_DESTRUCTIVE);
		begin_document(s);
		break;
	case KIND:
		s->sequence = s->fixed[0] == 1;
		if (s->fixed[0] == 0 && !s->body) /* there is one of them */
			begin_document(s);
		else
			ask(s, s->sequence ? SIZE : REST, s->sequence ? 4 : 0);
		s->body |= s->fixed[0] == 0;
		break;
	case SIZE:
		size = bytes_le32(&b);
		if (size < 5 || size - 4 > s->left) {
			ask(s, REST, 0);
			break;
		}
		s->section = s->left - (size - 4);
		ask(s, NAME, 0);
		break;
	default:
		break;
	}
}

static void on_text(struct mongodb *mongo, struct mongodb_stream *s, struct facts *facts, uint8_t c)
{
	if (s->part == COLLECTION && s->have < sizeof s->collection - 1 && c != 0)
		s->collection[s->have++] = (char)c;
	if (c != 0)
		return;
	if (s->part == NAME) {
		next_section(s);
		return;
	}
	s->collection[s->have] = '\0';
	on_collection(mongo, s, facts);
}

static void on_document(struct mongodb *mongo, struct mongodb_stream *s, struct facts *facts,
			struct bytes *in, enum side from)
{
	enum bson_event event;
	size_t before = in->left;

	/* `left` counts what the message still has, wherever the pieces end. */
	while ((event = bson_next(&s->bson, in)) == BSON_VALUE) {
		if (from == SIDE_CLIENT)
			mongodb_session_asked(mongo, s, facts);
		else
			mongodb_session_told(mongo, s, facts);
	}
	s->left -= (uint32_t)(before - in->left);
	if (event == BSON_BROKEN)
		ask(s, REST, 0);
	else if (event == BSON_END)
		next_section(s);
}

static void collect(struct mongodb_stream *s, struct bytes *in)
{
	while (s->have < s->need && in->left != 0)
		s->fixed[s->have++] = bytes_u8(in);
}

/* One step inside a message; `in` holds bytes of this message only. */
static void step(struct mongodb *mongo, struct mongodb_stream *s, struct facts *facts,
		 struct bytes *in, enum side from)
{
	size_t before = in->left;

	switch ((enum part)s->part) {
	case DOCUMENT:
		on_document(mongo, s, facts, in, from);
		return;
	case REST:
		bytes_skip(in, in->left);
		s->left -= (uint32_t)before;
		return;
	case NAME:
	case COLLECTION:
		s->left--;
		on_text(mongo, s, facts, bytes_u8(in));
		return;
	default:
		collect(s, in);
		s->left -= (uint32_t)(before - in->left);
		if (s->have == s->need)
			on_small(mongo, s, facts, from);
		return;
	}
}

/* Holds it less than it says? Such a server may answer with what its memory held before. */
static bool lies(const struct mongodb_stream *s)
{
	return s->said != 0 && !s->unmeasured && s->made != s->said;
}

static void end_message(struct mongodb *mongo, struct mongodb_stream *s, struct facts *facts,
			enum side from)
{
	if (from == SIDE_CLIENT && lies(s)) {
		facts_lying_length(facts);
		mongo->kind = MONGODB_ASKS_LIE;
	}
	if (from == SIDE_CLIENT)
		mongodb_session_end_request(mongo, s);
	else
		mongodb_session_end_answer(mongo, facts);
	memset(s->bson.value, 0, sizeof s->bson.value); /* it may have been a password */
	ask(s, HEADER, MONGODB_HEADER);
}

/* After a gap: when the sides take turns again, each begins with a message. */
static void resynchronise(struct mongodb *mongo, struct mongodb_stream *s, enum side from)
{
	if (turns_begin(&mongo->turns, from) && s->lost) {
		s->lost = false;
		ask(s, HEADER, MONGODB_HEADER);
	}
}

static void read_plain(struct mongodb *mongo, struct mongodb_stream *s, struct facts *facts,
		       struct bytes *in, enum side from)
{
	struct bytes part = bytes_sub(in, s->left < in->left ? s->left : in->left);

	while (part.left != 0 && s->outer == 0)
		step(mongo, s, facts, &part, from);
	if (s->outer != 0) { /* it is compressed, and this much is not read yet */
		in->at -= part.left;
		in->left += part.left;
	}
}

/* Some of a compressed message, as far as its answer needs, or as it takes to measure it. */
static void read_packed(struct mongodb *mongo, struct mongodb_stream *s, struct facts *facts,
			const struct feed *fed, struct bytes *in)
{
	struct bytes piece = bytes_sub(in, s->outer < in->left ? s->outer : in->left), out;
	enum unpacked result = UNPACKED_MORE;

	s->outer -= (uint32_t)piece.left;
	if (s->packing == PACKING_NONE) /* there is no more to say about it */
		return;
	do {
		struct bytes part;

		result = unpacker_next(fed, facts, (enum packing)s->packing, &piece, &out);
		s->made += (uint32_t)out.left;
		part = bytes_sub(&out, s->left < out.left ? s->left : out.left);
		while (part.left != 0)
			step(mongo, s, facts, &part, fed->from);
	} while (result == UNPACKED_ON);
	s->unmeasured |= result >= UNPACKED_FULL;
	if (result > UNPACKED_MORE || (fed->from == SIDE_SERVER && s->part == REST)) {
		unpacker_end(fed);
		s->packing = PACKING_NONE;
	}
}

static void feed(void *state, struct facts *facts, struct feed *fed)
{
	enum side from = fed->from;
	struct mongodb *mongo = state;
	struct mongodb_stream *s = &mongo->side[from];
	struct bytes in = fed->bytes;

	resynchronise(mongo, s, from);
	while (in.left != 0 && !s->lost) {
		if (s->part == HEADER) {
			s->need = MONGODB_HEADER;
			collect(s, &in);
			if (s->have == MONGODB_HEADER)
				begin_message(mongo, s, from);
			continue;
		}
		if (s->outer != 0) {
			read_packed(mongo, s, facts, fed, &in);
			if (s->outer != 0)
				continue;
			unpacker_end(fed);
			end_message(mongo, s, facts, from);
			continue;
		}
		read_plain(mongo, s, facts, &in, from);
		if (s->left == 0 && s->outer == 0)
			end_message(mongo, s, facts, from);
	}
}

static void gap(void *state, struct facts *facts, enum side from, uint64_t missing)
{
	struct mongodb *mongo = state;
	struct mongodb_stream *s = &mongo->side[from];

	(void)facts;
	if (turns_begun(&mongo->turns) && !s->lost && missing != 0 && missing < s->outer) {
		s->outer -= (uint32_t)missing;
		s->packing = PACKING_NONE;
		s->unmeasured = true;
		return;
	}
	if (turns_begun(&mongo->turns) && !s->lost && s->outer == 0 && missing != 0 &&
	    s->part != HEADER && missing < s->left) {
		s->left -= (uint32_t)missing;
		ask(s, REST, 0);
		return;
	}
	mongo->midstream = true;
	s->lost = turns_begun(&mongo->turns);
}

const struct dissector mongodb_dissector = {
	.name = "mongodb",
	.transports = OVER_TCP,
	.state_size = sizeof(struct mongodb),
	.service_count = sizeof services / sizeof *services,
	.services = services,
	.recognised =
		"a wire message header with a known opcode and length, and the document in it",
	.reads = READS_PRODUCT | READS_VERSION | READS_AUTH | READS_USER | READS_MECHANISM |
		 READS_COMMANDS | READS_LISTINGS | READS_DESTRUCTION | READS_EXECUTION |
		 READS_DATA | READS_ENCRYPTION,
	.recognise = mongodb_recognise,
	.begin = begin,
	.feed = feed,
	.gap = gap,
};
