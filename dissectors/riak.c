/* SPDX-License-Identifier: ISC */
/*
 * Riak's Protocol Buffers interface: length:4 code:1 message. An answer's code is its question's
 * plus 1; 0 is an error with a text. Questions are answered in order. With security on, the client
 * first asks for TLS (255), which the server answers with the same code.
 *
 * docs.riak.com: Protocol Buffers Client API; riak_pb: riak_pb_messages.csv
 */
#include "dissectors/dissector.h"
#include "dissectors/read/exchange.h"
#include "dissectors/read/lines.h"
#include "dissectors/read/protobuf.h"

#define HEADER		5
#define LENGTH_MAX	(1u << 30)
#define OPENING_LONGEST (1u << 24)

enum {
	ERROR = 0,
	PING = 1,
	SERVER_INFO = 7,
	SERVER_INFO_ANSWER = 8,
	GET_ANSWER = 10,
	LAST_QUESTION = 101,
	AUTH = 253,
	AUTH_ANSWER = 254,
	START_TLS = 255,
};

static const uint16_t ports[] = {8087, 0};

static const struct service services[] = {
	{
		.name = "riak",
		.family = FAMILY_DATABASE,
		.about = "Riak database",
		.ports = ports,
	},
};

struct riak {
	struct exchange exchange;
	bool asks_tls;
};

_Static_assert(sizeof(struct riak) <= DISSECTOR_STATE_MAX, "state of riak");

static const struct exchange_command commands[] = {
	{PING, 0, EXCHANGE_OPEN, "PING"},
	{SERVER_INFO, 0, 0, "SERVER_INFO"},
	{9, 0, 0, "GET"},
	{11, 0, 0, "PUT"},
	{13, 0, 0, "DEL"},
	{15, COMMAND_LISTING, EXCHANGE_READS, "LIST_BUCKETS"},
	{17, COMMAND_LISTING, EXCHANGE_READS, "LIST_KEYS"},
	{19, 0, 0, "GET_BUCKET"},
	{21, 0, 0, "SET_BUCKET"},
	{23, COMMAND_LISTING | COMMAND_EXECUTES, EXCHANGE_READS, "MAP_REDUCE"},
	{25, COMMAND_LISTING, EXCHANGE_READS, "INDEX"},
	{27, COMMAND_LISTING, EXCHANGE_READS, "SEARCH"},
	{29, 0, 0, "RESET_BUCKET"},
	{AUTH, 0, EXCHANGE_LOGIN, NULL},
};

static void begin(void *state, struct facts *facts)
{
	(void)state;
	facts_begin(facts, &services[0]);
	FACTS_WORD(facts, product, "Riak");
}

static void on_question(struct riak *riak, struct facts *facts, uint8_t code, struct bytes b)
{
	struct bytes user = protobuf_bytes(b, 1);

	riak->asks_tls = code == START_TLS;
	if (riak->asks_tls)
		return;
	exchange_ask(&riak->exchange, facts, exchange_next_asked(&riak->exchange),
		     EXCHANGE_FIND(commands, code));
	if (code == AUTH && user.left != 0)
		FACTS_TEXT(facts, user, user.at, user.left);
}

/* A list of keys comes in several messages: only the first is counted as the answer. */
static void on_answer(struct riak *riak, struct facts *facts, struct feed *fed, uint8_t code,
		      struct bytes b)
{
	struct bytes text = protobuf_bytes(b, 1), version;

	if (code == START_TLS && riak->asks_tls) {
		facts_agree_tls(facts, fed);
		return;
	}
	if (code == ERROR &&
	    (lines_contain(&text, "Security is enabled") || lines_contain(&text, "authenticat")))
		exchange_demanded(&riak->exchange, facts);
	exchange_answer(&riak->exchange, facts, exchange_next_answered(&riak->exchange),
			code != ERROR);
	version = protobuf_bytes(b, 2);
	if (code == SERVER_INFO_ANSWER && version.left != 0)
		FACTS_TEXT(facts, version, version.at, version.left);
	if (code == GET_ANSWER && b.left != 0)
		facts_set_data_read(facts, ANSWER_YES);
}

static bool measure(struct bytes header, uint32_t *body)
{
	uint32_t length = bytes_be32(&header);

	*body = length - 1;
	return length >= 1 && length <= LENGTH_MAX;
}

static void feed(void *state, struct facts *facts, struct feed *fed)
{
	struct riak *riak = state;
	struct frame *frame = exchange_begin(&riak->exchange, fed->from);
	struct bytes input = fed->bytes;

	while (fed->next == FEED_ON && frames_next(frame, &input, HEADER, measure)) {
		struct bytes b = bytes_from(frame->body, frame->kept);

		if (fed->from == SIDE_CLIENT)
			on_question(riak, facts, frame->header[4], b);
		else
			on_answer(riak, facts, fed, frame->header[4], b);
		frames_done(frame);
	}
	fed->rest = fed->next == FEED_ON ? 0 : input.left;
}

static void gap(void *state, struct facts *facts, enum side from, uint64_t missing)
{
	struct riak *riak = state;

	(void)facts;
	exchange_gap(&riak->exchange, from, missing);
}

/* A node and a version: "riak@10.0.0.1", "2.2.3". */
static bool is_server_info(struct bytes b)
{
	struct bytes node = protobuf_bytes(b, 1), version = protobuf_bytes(b, 2);

	return memchr(node.left != 0 ? node.at : (const uint8_t *)"", '@', node.left) != NULL &&
	       version.left > 2 && version.at[0] >= '0' && version.at[0] <= '9';
}

/* What a message of this code may be: empty, or fields that fill it. */
static bool is_message(uint8_t code, uint32_t length, struct bytes b)
{
	struct protobuf_field field;

	if (length == 1)
		return code <= 20 || code >= AUTH_ANSWER || code == 30;
	if (code == PING || code == PING + 1 || code == SERVER_INFO || code >= AUTH_ANSWER)
		return false;
	if (b.left > length - 1)
		b.left = length - 1;
	return b.left < 2 || (protobuf_next(&b, &field) && field.number < 32);
}

static enum recognised recognise_side(struct bytes b, enum side from, uint8_t *code)
{
	uint32_t length = bytes_be32(&b);
	bool question;

	*code = bytes_u8(&b);
	if (b.failed)
		return RECOGNISED_MORE;
	question = *code == START_TLS || ((*code & 1) && *code <= LAST_QUESTION) || *code == AUTH;
	if (length < 1 || length > OPENING_LONGEST || !is_message(*code, length, b) ||
	    (from == SIDE_CLIENT && !question) ||
	    (from == SIDE_SERVER && question && *code != START_TLS))
		return RECOGNISED_NO;
	return RECOGNISED_YES;
}

/* A few bytes each: only question and answer together tell it, or a node's name and version. */
static enum recognised recognise(const struct opening *opening)
{
	struct bytes client = opening->side[SIDE_CLIENT], server = opening->side[SIDE_SERVER];
	uint8_t asked, answered;
	enum recognised of_client = recognise_side(client, SIDE_CLIENT, &asked);
	enum recognised of_server = recognise_side(server, SIDE_SERVER, &answered);

	if (of_client == RECOGNISED_NO || of_server == RECOGNISED_NO)
		return RECOGNISED_NO;
	if (of_server == RECOGNISED_YES && answered == SERVER_INFO_ANSWER) {
		bytes_skip(&server, HEADER);
		if (is_server_info(server) &&
		    (opening->one_sided || (of_client == RECOGNISED_YES && asked == SERVER_INFO)))
			return RECOGNISED_YES;
	}
	if (of_client != RECOGNISED_YES || of_server != RECOGNISED_YES)
		return RECOGNISED_MORE;
	if (answered == ERROR)
		return asked == PING ? RECOGNISED_NO : RECOGNISED_YES;
	return answered == asked + 1 || (asked == START_TLS && answered == START_TLS)
		       ? RECOGNISED_YES
		       : RECOGNISED_NO;
}

const struct dissector riak_dissector = {
	.name = "riak",
	.transports = OVER_TCP,
	.upgrades = true,
	.state_size = sizeof(struct riak),
	.service_count = sizeof services / sizeof *services,
	.services = services,
	.recognised = "a question by its code, and the answer with the next code",
	.reads = READS_PRODUCT | READS_VERSION | READS_AUTH | READS_USER | READS_COMMANDS |
		 READS_LISTINGS | READS_EXECUTION | READS_DATA | READS_ENCRYPTION | READS_STARTTLS,
	.recognise = recognise,
	.begin = begin,
	.feed = feed,
	.gap = gap,
};
