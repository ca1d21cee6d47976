/* SPDX-License-Identifier: ISC */
/*
 * Kafka: length:4 and then
 *
 *	key:2 version:2 correlation:4 client [tags] body  requests
 *	correlation:4 [tags] body                         answers, in the order of the requests
 *
 * Where log-in is asked for (SASL) the broker answers nothing but ApiVersions and the log-in itself
 * and ends the connection otherwise: so an answer to anything else shows that none is needed. After
 * SaslHandshake of version 0 the tokens go without this framing, after version 1 in
 * SaslAuthenticate. Only records are compressed, and nothing of them is read: a request and its
 * answer never are. kafka.apache.org/protocol
 */
#include "dissectors/kafka/kafka.h"

#include "dissectors/read/answers.h"
#include "dissectors/read/frames.h"

#define BATCH_MIN 49 /* bytes of a record batch behind its length, without records */

static const uint16_t ports[] = {9092, 9093, 9094, 19092, 29092, 0};

static const struct service services[] = {
	{
		.name = "kafka",
		.family = FAMILY_QUEUE,
		.met = true,
		.about = "Kafka message broker",
		.ports = ports,
	},
};

struct kafka {
	struct frame side[2];
	struct answers_table pending; /* kind: key, and version << 8 */
	uint8_t rounds;	    /* answers to log-in tokens that make a log-in; 0: not known */
	uint8_t raw_client; /* tokens without framing that are to come */
	uint8_t raw_server;
	bool started, midstream, asked, logged_in;
};

_Static_assert(sizeof(struct kafka) <= DISSECTOR_STATE_MAX, "state of kafka");

static bool is_flexible(uint16_t key, uint16_t version)
{
	return version >= kafka_request(key)->flexible_from;
}

/* PLAIN: authorization NUL user NUL password. SCRAM: "n,,n=user,r=...". */
static void note_user(struct facts *facts, struct bytes token)
{
	struct bytes user = token;
	const uint8_t *end;

	if (bytes_start_with(&token, "n,")) {
		while (user.left > 3 && memcmp(user.at, ",n=", 3) != 0)
			bytes_skip(&user, 1);
		if (user.left <= 3)
			return;
		bytes_skip(&user, 3);
		end = memchr(user.at, ',', user.left);
	} else {
		end = token.left ? memchr(token.at, 0, token.left) : NULL;
		if (!end)
			return;
		bytes_skip(&user, (size_t)(end - token.at) + 1);
		end = user.left ? memchr(user.at, 0, user.left) : NULL;
	}
	if (end && end != user.at)
		FACTS_TEXT(facts, user, user.at, (size_t)(end - user.at));
}

static void on_handshake(struct kafka *kafka, struct facts *facts, struct bytes body,
			 uint16_t version)
{
	struct bytes mechanism = bytes_sub(&body, bytes_be16(&body));

	if (mechanism.failed)
		return;
	FACTS_TEXT(facts, mechanism, mechanism.at, mechanism.left);
	kafka->asked = true;
	kafka->rounds = 0;
	if (bytes_start_with(&mechanism, "PLAIN") || bytes_start_with(&mechanism, "OAUTH"))
		kafka->rounds = 1;
	else if (bytes_start_with(&mechanism, "SCRAM-"))
		kafka->rounds = 2;
	if (version == 0)
		kafka->raw_client = kafka->rounds;
}

/* The token: bytes with their length, in four bytes or, in newer versions, in one or two. */
static void on_authenticate(struct facts *facts, struct bytes body, uint16_t version)
{
	uint32_t length = version < 2 ? bytes_be32(&body) : bytes_u8(&body);

	if (version >= 2 && length & 0x80)
		bytes_skip(&body, 1);
	(void)length; /* what was kept may be less */
	if (!body.failed)
		note_user(facts, body);
}

static void on_request(struct kafka *kafka, struct facts *facts)
{
	const struct frame *frame = &kafka->side[SIDE_CLIENT];
	struct bytes b = bytes_from(frame->body, frame->kept);
	uint16_t key = bytes_be16(&b), version = bytes_be16(&b), id;
	const struct kafka_request *request = kafka_request(key);
	uint32_t correlation = bytes_be32(&b);
	int handle;

	if (b.failed || !request->name || version > request->versions)
		return;
	handle = facts_command(facts, request->name, strlen(request->name), request->flags);
	id = bytes_be16(&b);
	if (id != 0xffff)
		bytes_skip(&b, id);
	if (is_flexible(key, version))
		bytes_skip(&b, 1); /* tags: none are defined for requests */
	if (key == KAFKA_SASL_HANDSHAKE)
		on_handshake(kafka, facts, b, version);
	else if (key == KAFKA_SASL_AUTHENTICATE)
		on_authenticate(facts, b, version);
	answers_put(&kafka->pending, correlation, handle, (uint16_t)(version << 8 | (key & 0xff)));
}

static void on_token_answer(struct kafka *kafka, struct facts *facts, bool accepted)
{
	if (!accepted) {
		facts_login(facts, false);
	} else if (kafka->rounds != 0 && --kafka->rounds == 0) {
		kafka->logged_in = true;
		facts_login(facts, true);
	}
}

/* Is a batch of records in there? offset:8 length:4 epoch or checksum:4 magic:1 */
static bool holds_records(const struct frame *frame)
{
	for (size_t i = 0; i + 17 <= frame->kept; i++) {
		struct bytes b = bytes_from(frame->body + i, frame->kept - i);
		uint32_t high = bytes_be32(&b), low = bytes_be32(&b), length = bytes_be32(&b);
		uint8_t magic;

		bytes_skip(&b, 4);
		magic = bytes_u8(&b);
		(void)low;
		if (high < 0x100 && magic <= 2 && length >= (magic == 2 ? BATCH_MIN : 14) &&
		    length <= frame->length - i - 12)
			return true;
	}
	return false;
}

/* The error of the first topic; false as well if it cannot be seen. */
static bool topic_deleted(struct bytes b, uint16_t version, bool *known)
{
	uint32_t count, length;
	uint16_t error;

	if (version >= 4)
		bytes_skip(&b, 1); /* tags */
	if (version >= 1)
		bytes_skip(&b, 4); /* throttled for so long */
	count = version >= 4 ? bytes_u8(&b) : bytes_be32(&b);
	length = version >= 4 ? bytes_u8(&b) : bytes_be16(&b);
	if (version >= 4)
		length -= length != 0;
	bytes_skip(&b, length == 0xffff ? 0 : length);
	if (version >= 6)
		bytes_skip(&b, 16); /* identifier */
	error = bytes_be16(&b);
	*known = !b.failed && count > (version >= 4);
	return *known && error == 0;
}

static void on_answer(struct kafka *kafka, struct facts *facts)
{
	const struct frame *frame = &kafka->side[SIDE_SERVER];
	struct bytes b = bytes_from(frame->body, frame->kept);
	struct answers_numbered row;
	bool known = true, accepted = true;
	uint8_t key, version;

	if (!answers_take(&kafka->pending, bytes_be32(&b), &row) || b.failed)
		return;
	key = (uint8_t)row.kind;
	version = (uint8_t)(row.kind >> 8);
	switch (key) {
	case KAFKA_API_VERSIONS:
		accepted = bytes_be16(&b) == 0;
		known = !b.failed;
		break;
	case KAFKA_SASL_HANDSHAKE:
		accepted = bytes_be16(&b) == 0;
		known = !b.failed;
		if (!kafka->logged_in)
			facts_set_auth(facts, AUTH_REQUIRED);
		if (version == 0 && accepted && known)
			kafka->raw_server = kafka->rounds;
		break;
	case KAFKA_SASL_AUTHENTICATE:
		if (version >= 2)
			bytes_skip(&b, 1);
		accepted = bytes_be16(&b) == 0;
		known = !b.failed;
		if (known)
			on_token_answer(kafka, facts, accepted);
		break;
	case KAFKA_DELETE_TOPICS:
		accepted = topic_deleted(b, version, &known);
		break;
	default:
		break;
	}
	if (known)
		facts_command_result(facts, row.handle, accepted);
	if (key == KAFKA_API_VERSIONS || key == KAFKA_SASL_HANDSHAKE ||
	    key == KAFKA_SASL_AUTHENTICATE)
		return;
	if (kafka->asked && !kafka->logged_in) {
		kafka->logged_in = true;
		facts_login(facts, true); /* of a mechanism whose end is not known */
	} else if (!kafka->midstream && !kafka->asked) {
		facts_set_auth(facts, AUTH_NONE);
	}
	if (key == KAFKA_FETCH ? holds_records(frame) : kafka_request(key)->flags & COMMAND_LISTING)
		facts_set_data_read(facts, ANSWER_YES);
}

static void begin(void *state, struct facts *facts)
{
	(void)state;
	facts_begin(facts, &services[0]);
	FACTS_WORD(facts, product, "Apache Kafka");
}

static void on_frame(struct kafka *kafka, struct facts *facts, enum side from)
{
	const struct frame *frame = &kafka->side[from];

	if (from == SIDE_CLIENT && kafka->raw_client != 0) {
		kafka->raw_client--;
		note_user(facts, bytes_from(frame->body, frame->kept));
	} else if (from == SIDE_CLIENT) {
		on_request(kafka, facts);
	} else if (kafka->raw_server != 0) {
		kafka->raw_server--;
		on_token_answer(kafka, facts, true);
	} else {
		on_answer(kafka, facts);
	}
}

static void feed(void *state, struct facts *facts, struct feed *fed)
{
	enum side from = fed->from;
	struct kafka *kafka = state;
	struct frame *frame = &kafka->side[from];
	struct bytes input = fed->bytes, piece;

	kafka->started = true;
	while (!frame->lost && frames_header(frame, &input, 4)) {
		if (!frame->expected) {
			struct bytes header = bytes_from(frame->header, 4);
			uint32_t size = bytes_be32(&header);

			if (size > INT32_MAX) {
				frame->lost = true;
				return;
			}
			frames_expect(frame, size);
		}
		if (!frames_body(frame, &input, &piece))
			return;
		on_frame(kafka, facts, from);
		frames_done(frame);
	}
}

static void gap(void *state, struct facts *facts, enum side from, uint64_t missing)
{
	struct kafka *kafka = state;
	struct frame *frame = &kafka->side[from];

	if (!kafka->started) {
		kafka->midstream = true; /* a log-in may have gone unseen */
		facts_set_auth(facts, AUTH_UNKNOWN);
		return;
	}
	frames_gap(frame, missing);
	if (from == SIDE_CLIENT)
		kafka->raw_client = 0;
}

const struct dissector kafka_dissector = {
	.name = "kafka",
	.transports = OVER_TCP,
	.state_size = sizeof(struct kafka),
	.service_count = sizeof services / sizeof *services,
	.services = services,
	.recognised = "a request whose number, version and client exist, and the response with its "
		      "correlation number",
	.reads = READS_PRODUCT | READS_AUTH | READS_USER | READS_MECHANISM | READS_COMMANDS |
		 READS_LISTINGS | READS_DESTRUCTION | READS_DATA | READS_ENCRYPTION,
	.recognise = kafka_recognise,
	.begin = begin,
	.feed = feed,
	.gap = gap,
};
