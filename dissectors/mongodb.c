/* SPDX-License-Identifier: ISC */
/*
 * MongoDB's wire protocol, little endian:
 *
 *	header	length:4 request:4 response-to:4 opcode:4
 *	2013	flags:4, sections: 00 document | 01 size:4 name NUL documents	both ways
 *	2004	flags:4 collection NUL skip:4 return:4 document			request, "$cmd": a command
 *	1	flags:4 cursor:8 start:4 returned:4 documents			reply
 *
 * A command is a document whose first element names it. Some commands are answered without a
 * log-in; ok:1 for any other proves that none is needed, code 13 that one is.
 *
 * github.com/mongodb/specifications, "OP_MSG"; mongodb.com/docs/manual/reference/mongodb-wire-protocol.
 */
#include "dissectors/bson.h"
#include "dissectors/mongodb_commands.h"
#include "dissectors/mongodb_probe.h"

#define OUTSTANDING	   12
#define FIXED_MAX	   20
#define CODE_UNAUTHORIZED  13
#define CODE_AUTH_FAILED   18
#define FLAG_CHECKSUM	   (1u << 0)
#define FLAG_MORE_TO_COME  (1u << 1)
#define REPLY_QUERY_FAILED (1u << 1)

static const uint16_t ports[] = {27017, 27018, 27019, 0};

static const struct service services[] = {
	{
		.name = "mongodb",
		.family = FAMILY_DATABASE,
		.about = "MongoDB document database",
		.identifier = "open-mongodb",
		.ports = ports,
	},
};

enum part { HEADER, FIXED, COLLECTION, BEHIND, KIND, SIZE, NAME, DOCUMENT, REST };

struct stream {
	struct bson bson;
	struct mongodb_header header;
	uint32_t left;	  /* of the message */
	uint32_t section; /* where its sequence of documents ends: `left` will be this */
	uint32_t flags;
	uint8_t part, have, need;
	bool lost, sequence, command, noted;
	uint8_t fixed[FIXED_MAX];
	char collection[48];
};

struct pending {
	uint32_t request;
	int handle;
	uint8_t kind;
};

struct mongodb {
	struct stream side[2];
	struct pending pending[OUTSTANDING];
	uint8_t next, kind;
	uint8_t last_side; /* enum side + 1; 0 before the first byte */
	bool midstream, logged_in, empty_filter, deletes;
	int handle; /* of the client's command at hand */
	/* The answer at hand */
	uint8_t answer_kind;
	int answer_handle;
	int32_t code;
	bool has_ok, ok, done, data;
};

_Static_assert(sizeof(struct mongodb) <= DISSECTOR_STATE_MAX, "state of mongodb");

static void begin(void *state, struct facts *facts)
{
	struct mongodb *mongo = state;

	mongo->handle = -1;
	facts_set_service(facts, &services[0]);
	facts_set_encryption(facts, ENCRYPTION_CLEARTEXT);
	FACTS_TEXT(facts, product, "MongoDB", 7);
}

static bool is_readable(const char *name)
{
	for (; *name != '\0'; name++) {
		if (*name < '!' || *name > '~')
			return false;
	}
	return true;
}

static void on_command_name(struct mongodb *mongo, struct facts *facts, const char *name)
{
	const struct mongodb_command *row = mongodb_commands_find(name);

	mongo->kind = row->kind;
	mongo->handle = -1;
	mongo->empty_filter = false;
	mongo->deletes = strcmp(name, "delete") == 0;
	if (name[0] != '\0' && !row->silent && is_readable(name))
		mongo->handle = facts_command(facts, name, strlen(name), row->flags);
}

/* {delete: ..., deletes: [{q: {}, limit: 0}]}: everything */
static void on_delete_element(struct mongodb *mongo, struct bson *bson, struct facts *facts)
{
	if (bson_named(bson, "deletes") || (bson->depth == 2 && bson->type == BSON_DOCUMENT))
		bson_enter(bson);
	else if (bson_named(bson, "q"))
		mongo->empty_filter = bson->type == BSON_DOCUMENT && bson->length == 5;
	else if (bson_named(bson, "limit") && mongo->empty_filter && bson_number(bson) == 0)
		mongo->handle = facts_command(facts, "delete", 6, COMMAND_DESTRUCTIVE);
}

static void on_request_element(struct mongodb *mongo, struct stream *s, struct facts *facts)
{
	struct bson *bson = &s->bson;

	if (bson->depth == 1 && bson->type == BSON_DOCUMENT && s->header.opcode == MONGODB_QUERY &&
	    !s->noted && (bson_named(bson, "$query") || bson_named(bson, "query"))) {
		bson_enter(bson);
		return;
	}
	if (!s->noted && s->command && !s->sequence) {
		s->noted = true;
		on_command_name(mongo, facts, bson->name);
		return;
	}
	if (mongo->kind == MONGODB_ASKS_LOGIN ||
	    (mongo->kind == MONGODB_ASKS_GREETING && bson->depth == 2))
		mongodb_commands_login(bson, facts);
	if (mongo->kind == MONGODB_ASKS_GREETING && bson_named(bson, "speculativeAuthenticate"))
		bson_enter(bson);
	if (mongo->deletes)
		on_delete_element(mongo, bson, facts);
}

static void on_reply_element(struct mongodb *mongo, struct stream *s, struct facts *facts)
{
	struct bson *bson = &s->bson;
	struct bytes value = bson_value(bson);
	bool filled = bson->type == BSON_ARRAY && bson->length > 5;

	if (bson->depth == 2) {
		mongo->data |=
			filled && (bson_named(bson, "firstBatch") || bson_named(bson, "nextBatch"));
		return;
	}
	if (bson_named(bson, "ok")) {
		mongo->has_ok = true;
		mongo->ok = bson_number(bson) == 1;
	} else if (bson_named(bson, "code")) {
		mongo->code = (int32_t)bson_number(bson);
	} else if (bson_named(bson, "done")) {
		mongo->done = bson_number(bson) != 0;
	} else if (bson_named(bson, "cursor")) {
		bson_enter(bson);
	} else if (bson_named(bson, "databases") || bson_named(bson, "values") ||
		   bson_named(bson, "users")) {
		mongo->data |= filled;
	} else if (bson_named(bson, "version") && mongo->answer_kind == MONGODB_ASKS_BUILD &&
		   bson->type == BSON_STRING) {
		FACTS_TEXT(facts, version, value.at, value.left);
	} else if (bson_named(bson, "$err") && bson->type == BSON_STRING) {
		mongo->has_ok = true;
		mongo->ok = false;
	}
}

static void on_login_answer(struct mongodb *mongo, struct facts *facts)
{
	if (!mongo->ok) {
		facts_login(facts, false);
	} else if (mongo->done) {
		facts_login(facts, true);
		mongo->logged_in = true;
	}
}

/* All of an answer was seen. */
static void on_answer(struct mongodb *mongo, struct facts *facts)
{
	bool records = mongo->answer_kind == MONGODB_ASKS_QUERY;
	bool good = mongo->has_ok ? mongo->ok : records;

	facts_set_data_read(facts, ANSWER_NO);
	if (!mongo->has_ok && !records)
		return;
	if (mongo->data && good)
		facts_set_data_read(facts, ANSWER_YES);
	facts_command_result(facts, mongo->answer_handle, good);
	switch ((enum mongodb_kind)mongo->answer_kind) {
	case MONGODB_ASKS_GREETING:
		if (facts->auth == AUTH_UNKNOWN && !mongo->midstream)
			facts_set_auth(facts, AUTH_NA);
		break;
	case MONGODB_ASKS_LOGIN:
		on_login_answer(mongo, facts);
		return;
	case MONGODB_ASKS_QUERY:
	case MONGODB_ASKS_GUARDED:
		if (good && !mongo->logged_in && !mongo->midstream)
			facts_set_auth(facts, AUTH_NONE);
		break;
	default:
		break;
	}
	if (!good && mongo->code == CODE_UNAUTHORIZED && !mongo->logged_in)
		facts_set_auth(facts, AUTH_REQUIRED);
	if (!good && mongo->code == CODE_AUTH_FAILED)
		facts_login(facts, false);
}

static void begin_answer(struct mongodb *mongo, uint32_t response_to)
{
	mongo->answer_kind = MONGODB_ASKS_NONE;
	mongo->answer_handle = -1;
	mongo->has_ok = mongo->ok = mongo->done = mongo->data = false;
	mongo->code = 0;
	for (size_t i = 0; i < OUTSTANDING; i++) {
		struct pending *p = &mongo->pending[i];

		if (p->kind == MONGODB_ASKS_NONE || p->request != response_to)
			continue;
		mongo->answer_kind = p->kind;
		mongo->answer_handle = p->handle;
		p->kind = MONGODB_ASKS_NONE;
		return;
	}
}

static void end_request(struct mongodb *mongo, const struct stream *s)
{
	bool answered = s->header.opcode == MONGODB_QUERY || s->header.opcode == MONGODB_GET_MORE ||
			(s->header.opcode == MONGODB_MESSAGE && !(s->flags & FLAG_MORE_TO_COME));

	if (answered && mongo->kind != MONGODB_ASKS_NONE) {
		mongo->pending[mongo->next] = (struct pending){
			.request = s->header.request, .handle = mongo->handle, .kind = mongo->kind};
		mongo->next = (uint8_t)((mongo->next + 1) % OUTSTANDING);
	}
}

static void ask(struct stream *s, enum part part, uint8_t need)
{
	s->part = (uint8_t)part;
	s->have = 0;
	s->need = need;
}

/* What comes first behind the header. */
static void begin_message(struct mongodb *mongo, struct stream *s, enum side from)
{
	struct bytes b = bytes_from(s->fixed, MONGODB_HEADER);

	if (!mongodb_probe_header(&b, &s->header)) {
		s->lost = true;
		return;
	}
	s->left = s->header.length - MONGODB_HEADER;
	s->flags = 0;
	s->sequence = s->noted = s->command = false;
	if (from == SIDE_SERVER) {
		begin_answer(mongo, s->header.response_to);
	} else {
		mongo->kind = MONGODB_ASKS_NONE;
		mongo->handle = -1;
		mongo->deletes = mongo->empty_filter = false;
	}
	if (s->header.opcode == MONGODB_REPLY && from == SIDE_SERVER)
		ask(s, FIXED, 20);
	else if (s->header.opcode == MONGODB_MESSAGE || s->header.opcode == MONGODB_QUERY ||
		 s->header.opcode == MONGODB_DELETE || s->header.opcode == MONGODB_INSERT)
		ask(s, FIXED, 4);
	else
		ask(s, REST, 0);
}

static void begin_document(struct stream *s)
{
	bson_begin(&s->bson);
	ask(s, DOCUMENT, 0);
}

static void on_fixed(struct mongodb *mongo, struct stream *s)
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
static void on_collection(struct mongodb *mongo, struct stream *s, struct facts *facts)
{
	const char *dot = strchr(s->collection, '.');

	switch (s->header.opcode) {
	case MONGODB_QUERY:
		s->command = dot && strcmp(dot, ".$cmd") == 0;
		if (!s->command) {
			mongo->kind = MONGODB_ASKS_QUERY;
			mongo->handle = facts_command(facts, "find", 4, COMMAND_LISTING);
		}
		ask(s, BEHIND, 8);
		break;
	case MONGODB_DELETE:
		mongo->handle = facts_command(facts, "delete", 6, 0);
		ask(s, BEHIND, 4);
		break;
	default:
		facts_command(facts, "insert", 6, 0);
		ask(s, REST, 0);
		break;
	}
}

/* After a section, or a document of a sequence. */
static void next_section(struct stream *s)
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

static void on_small(struct mongodb *mongo, struct stream *s, struct facts *facts)
{
	struct bytes b = bytes_from(s->fixed, s->have);
	uint32_t size;

	switch ((enum part)s->part) {
	case FIXED:
		on_fixed(mongo, s);
		break;
	case BEHIND:
		if (s->header.opcode == MONGODB_DELETE && s->left == 5) /* an empty selector */
			facts_command(facts, "delete", 6, COMMAND_DESTRUCTIVE);
		begin_document(s);
		break;
	case KIND:
		s->sequence = s->fixed[0] == 1;
		if (s->fixed[0] == 0)
			begin_document(s);
		else
			ask(s, s->sequence ? SIZE : REST, s->sequence ? 4 : 0);
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

static void on_text(struct mongodb *mongo, struct stream *s, struct facts *facts, uint8_t c)
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

static void on_document(struct mongodb *mongo, struct stream *s, struct facts *facts,
			struct bytes *in, enum side from)
{
	enum bson_event event;
	size_t before = in->left;

	/* `left` counts what the message still has, wherever the pieces end. */
	while ((event = bson_next(&s->bson, in)) == BSON_VALUE) {
		if (from == SIDE_CLIENT)
			on_request_element(mongo, s, facts);
		else
			on_reply_element(mongo, s, facts);
	}
	s->left -= (uint32_t)(before - in->left);
	if (event == BSON_BROKEN)
		ask(s, REST, 0);
	else if (event == BSON_END)
		next_section(s);
}

static void collect(struct stream *s, struct bytes *in)
{
	while (s->have < s->need && in->left != 0)
		s->fixed[s->have++] = bytes_u8(in);
}

/* One step inside a message; `in` holds bytes of this message only. */
static void step(struct mongodb *mongo, struct stream *s, struct facts *facts, struct bytes *in,
		 enum side from)
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
			on_small(mongo, s, facts);
		return;
	}
}

static void end_message(struct mongodb *mongo, struct stream *s, struct facts *facts,
			enum side from)
{
	if (from == SIDE_CLIENT)
		end_request(mongo, s);
	else
		on_answer(mongo, facts);
	memset(s->bson.value, 0, sizeof s->bson.value); /* it may have been a password */
	ask(s, HEADER, MONGODB_HEADER);
}

/* After a gap: when the sides take turns again, each begins with a message. */
static void resynchronise(struct mongodb *mongo, struct stream *s, enum side from)
{
	if (s->lost && mongo->last_side != from + 1) {
		s->lost = false;
		ask(s, HEADER, MONGODB_HEADER);
	}
	mongo->last_side = (uint8_t)(from + 1);
}

static void feed(void *state, struct facts *facts, enum side from, const uint8_t *bytes,
		 size_t length)
{
	struct mongodb *mongo = state;
	struct stream *s = &mongo->side[from];
	struct bytes in = bytes_from(bytes, length);

	resynchronise(mongo, s, from);
	while (in.left != 0 && !s->lost) {
		struct bytes part;

		if (s->part == HEADER) {
			s->need = MONGODB_HEADER;
			collect(s, &in);
			if (s->have == MONGODB_HEADER)
				begin_message(mongo, s, from);
			continue;
		}
		part = bytes_sub(&in, s->left < in.left ? s->left : in.left);
		while (part.left != 0)
			step(mongo, s, facts, &part, from);
		if (s->left == 0)
			end_message(mongo, s, facts, from);
	}
}

static void gap(void *state, struct facts *facts, enum side from, uint64_t missing)
{
	struct mongodb *mongo = state;
	struct stream *s = &mongo->side[from];

	(void)facts;
	if (mongo->last_side != 0 && !s->lost && missing != 0 && s->part != HEADER &&
	    missing < s->left) {
		s->left -= (uint32_t)missing;
		ask(s, REST, 0);
		return;
	}
	mongo->midstream = true;
	s->lost = mongo->last_side != 0;
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
		 READS_COMMANDS | READS_LISTINGS | READS_DESTRUCTION | READS_DATA |
		 READS_ENCRYPTION,
	.probe = mongodb_probe,
	.begin = begin,
	.feed = feed,
	.gap = gap,
};
