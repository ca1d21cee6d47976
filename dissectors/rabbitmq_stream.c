/* SPDX-License-Identifier: ISC */
/*
 * RabbitMQ's streams:
 *
 *	size:4 key:2 version:2 correlation:4 ...		a request
 *	size:4 8000|key:2 version:2 correlation:4 code:2 ...	its answer; code 1 is success
 *
 * A client tells its properties, asks for mechanisms (SaslHandshake), logs in (SaslAuthenticate),
 * agrees on sizes (Tune) and opens a virtual host. Publish, Deliver, Credit and Heartbeat have no
 * correlation. Kafka's requests begin alike, but have the name of a client there.
 * github.com/rabbitmq/rabbitmq-server: deps/rabbitmq_stream/docs/PROTOCOL.adoc
 */
#include "dissectors/dissector.h"
#include "dissectors/read/exchange.h"

#define ANSWER	      0x8000u
#define SIZE_MAX_SEEN (1u << 20) /* of an opening message */
#define CODE_MAX      64
#define LAST_KEY      0x20

enum {
	KEY_DELIVER = 8,
	KEY_PEER_PROPERTIES = 17,
	KEY_SASL_HANDSHAKE = 18,
	KEY_SASL_AUTHENTICATE = 19,
	KEY_EXCHANGE_VERSIONS = 27,
};

enum { CODE_OK = 1, CODE_AUTHENTICATION_FAILURE = 8, CODE_CHALLENGE = 10, CODE_LOOPBACK = 11 };

static const uint16_t ports[] = {5552, 0};

static const char *const also[] = {"rabbitmq", "rabbitmq-streams", NULL};

static const struct service services[] = {
	{
		.name = "rabbitmq-stream",
		.family = FAMILY_QUEUE,
		.about = "RabbitMQ streams",
		.ports = ports,
		.also = also,
	},
};

struct rabbitmq_stream {
	struct exchange exchange;
	bool anonymous; /* the log-in at hand */
};

_Static_assert(sizeof(struct rabbitmq_stream) <= DISSECTOR_STATE_MAX, "state of rabbitmq-stream");

static const struct exchange_command commands[] = {
	{1, 0, 0, "DECLARE PUBLISHER"},
	{5, 0, 0, "QUERY PUBLISHER SEQUENCE"},
	{6, 0, 0, "DELETE PUBLISHER"},
	{7, 0, 0, "SUBSCRIBE"},
	{11, 0, 0, "QUERY OFFSET"},
	{12, 0, 0, "UNSUBSCRIBE"},
	{13, 0, 0, "CREATE"},
	{14, COMMAND_DESTRUCTIVE, 0, "DELETE"},
	{15, 0, 0, "METADATA"},
	{KEY_PEER_PROPERTIES, 0, EXCHANGE_OPEN, NULL},
	{KEY_SASL_HANDSHAKE, 0, EXCHANGE_OPEN, NULL},
	{KEY_SASL_AUTHENTICATE, 0, EXCHANGE_OPEN, NULL}, /* its code says more than yes or no */
	{21, 0, 0, "OPEN"},
	{22, 0, EXCHANGE_OPEN, NULL}, /* close */
	{24, 0, 0, "ROUTE"},
	{25, 0, 0, "PARTITIONS"},
	{KEY_EXCHANGE_VERSIONS, 0, EXCHANGE_OPEN, NULL},
	{28, 0, 0, "STREAM STATS"},
	{29, 0, 0, "CREATE SUPER STREAM"},
	{30, COMMAND_DESTRUCTIVE, 0, "DELETE SUPER STREAM"},
};

static void begin(void *state, struct facts *facts)
{
	(void)state;
	facts_begin(facts, &services[0]);
}

static struct bytes take_text(struct bytes *b)
{
	uint16_t length = bytes_be16(b);

	return bytes_sub(b, length == UINT16_MAX ? 0 : length);
}

/* The name of a mechanism, and for PLAIN: nothing, NUL, user, NUL, password. */
static void on_login(struct rabbitmq_stream *rs, struct facts *facts, struct bytes b)
{
	struct bytes mechanism = take_text(&b), response;
	const uint8_t *end;
	uint32_t length;

	if (b.failed)
		return;
	FACTS_TEXT(facts, mechanism, mechanism.at, mechanism.left);
	rs->anonymous = bytes_start_with(&mechanism, "ANONYMOUS");
	length = bytes_be32(&b);
	response = bytes_sub(&b, length < b.left ? length : b.left);
	if (!bytes_start_with(&mechanism, "PLAIN") || response.left < 2)
		return;
	end = memchr(response.at, 0, response.left);
	if (end == NULL || !bytes_skip(&response, (size_t)(end - response.at) + 1))
		return;
	end = memchr(response.at, 0, response.left);
	FACTS_TEXT(facts, user, response.at,
		   end != NULL ? (size_t)(end - response.at) : response.left);
}

static void on_login_answer(struct rabbitmq_stream *rs, struct facts *facts, uint16_t code)
{
	if (code == CODE_CHALLENGE)
		return;
	if (code == CODE_OK && rs->anonymous)
		facts_set_auth(facts, AUTH_ANONYMOUS);
	else
		exchange_login(&rs->exchange, facts, code == CODE_OK);
	rs->exchange.logged_in |= code == CODE_OK;
}

/* Names and values, as many as the number before them says. */
static void on_properties(struct facts *facts, struct bytes b)
{
	uint32_t count = bytes_be32(&b);

	for (uint32_t i = 0; i < count && !b.failed; i++) {
		struct bytes key = take_text(&b), value = take_text(&b);

		if (b.failed)
			return;
		if (key.left == 7 && bytes_start_with(&key, "product"))
			FACTS_TEXT(facts, product, value.at, value.left);
		else if (key.left == 7 && bytes_start_with(&key, "version"))
			FACTS_TEXT(facts, version, value.at, value.left);
	}
}

static void on_client(struct rabbitmq_stream *rs, struct facts *facts, struct bytes b)
{
	uint16_t key = bytes_be16(&b);
	const struct exchange_command *command;
	uint32_t correlation;

	bytes_skip(&b, 2);
	correlation = bytes_be32(&b);
	command = EXCHANGE_FIND(commands, key);
	if (b.failed || command == NULL)
		return;
	exchange_ask(&rs->exchange, facts, correlation, command);
	if (key == KEY_SASL_HANDSHAKE && facts->auth == AUTH_NA)
		facts_set_auth(facts, AUTH_REQUIRED);
	if (key == KEY_SASL_AUTHENTICATE)
		on_login(rs, facts, b);
}

static void on_server(struct rabbitmq_stream *rs, struct facts *facts, struct bytes b)
{
	uint16_t key = bytes_be16(&b), code;
	uint32_t correlation;

	bytes_skip(&b, 2);
	if (key == KEY_DELIVER)
		facts_set_data_read(facts, ANSWER_YES);
	if (!(key & ANSWER))
		return;
	correlation = bytes_be32(&b);
	code = bytes_be16(&b);
	if (b.failed)
		return;
	exchange_answer(&rs->exchange, facts, correlation, code == CODE_OK);
	if ((key & ~ANSWER) == KEY_SASL_AUTHENTICATE)
		on_login_answer(rs, facts, code);
	else if ((key & ~ANSWER) == KEY_PEER_PROPERTIES && code == CODE_OK)
		on_properties(facts, b);
}

static void feed(void *state, struct facts *facts, struct feed *fed)
{
	struct rabbitmq_stream *rs = state;
	struct frame *frame = exchange_begin(&rs->exchange, fed->from);
	struct bytes input = fed->bytes;

	while (frames_next(frame, &input, 4, exchange_measure_be32)) {
		struct bytes b = bytes_from(frame->body, frame->kept);

		if (fed->from == SIDE_CLIENT)
			on_client(rs, facts, b);
		else
			on_server(rs, facts, b);
		frames_done(frame);
	}
}

static void gap(void *state, struct facts *facts, enum side from, uint64_t missing)
{
	struct rabbitmq_stream *rs = state;

	(void)facts;
	exchange_gap(&rs->exchange, from, missing);
}

static bool opens(uint16_t key)
{
	return key == KEY_PEER_PROPERTIES || key == KEY_SASL_HANDSHAKE ||
	       key == KEY_EXCHANGE_VERSIONS;
}

/* Behind the correlation: nothing, or how many properties and the name of the first. */
static enum recognised recognise_client(struct bytes b)
{
	uint32_t size = bytes_be32(&b), count;
	uint16_t key = bytes_be16(&b), version = bytes_be16(&b), length;

	if (b.failed)
		return RECOGNISED_MORE;
	if (size < 8 || size > SIZE_MAX_SEEN || !opens(key) || version < 1 || version > 2)
		return RECOGNISED_NO;
	if (key == KEY_SASL_HANDSHAKE || size == 8)
		return size == 8 && key == KEY_SASL_HANDSHAKE ? RECOGNISED_YES : RECOGNISED_NO;
	bytes_skip(&b, 4);
	count = bytes_be32(&b);
	if (b.failed)
		return RECOGNISED_MORE;
	if (size < 12 || count > size / 4)
		return RECOGNISED_NO;
	if (count == 0)
		return size == 12 ? RECOGNISED_YES : RECOGNISED_NO;
	length = bytes_be16(&b);
	if (key == KEY_EXCHANGE_VERSIONS) /* keys, each with a least and a highest version */
		return b.failed							? RECOGNISED_MORE
		       : size == 12 + 6 * (uint64_t)count && length <= LAST_KEY ? RECOGNISED_YES
										: RECOGNISED_NO;
	if (b.failed || b.left == 0)
		return RECOGNISED_MORE;
	return length != 0 && length <= size - 14 && b.at[0] >= ' ' && b.at[0] < 0x7f
		       ? RECOGNISED_YES
		       : RECOGNISED_NO;
}

static enum recognised recognise_server(struct bytes b)
{
	uint32_t size = bytes_be32(&b);
	uint16_t key = bytes_be16(&b), version = bytes_be16(&b), code;

	bytes_skip(&b, 4);
	code = bytes_be16(&b);
	if (b.failed)
		return RECOGNISED_MORE;
	return size >= 10 && size <= SIZE_MAX_SEEN && (key & ANSWER) && opens(key & 0x7fff) &&
			       version >= 1 && version <= 2 && code >= 1 && code <= CODE_MAX
		       ? RECOGNISED_YES
		       : RECOGNISED_NO;
}

static enum recognised recognise(const struct opening *opening)
{
	return dissector_by_both(recognise_client(opening->side[SIDE_CLIENT]),
				 recognise_server(opening->side[SIDE_SERVER]), opening->one_sided);
}

const struct dissector rabbitmq_stream_dissector = {
	.name = "rabbitmq-stream",
	.transports = OVER_TCP,
	.state_size = sizeof(struct rabbitmq_stream),
	.service_count = sizeof services / sizeof *services,
	.services = services,
	.recognised = "properties, or the question for mechanisms, and their numbered answer",
	.reads = READS_PRODUCT | READS_VERSION | READS_AUTH | READS_USER | READS_MECHANISM |
		 READS_COMMANDS | READS_DESTRUCTION | READS_DATA | READS_ENCRYPTION,
	.recognise = recognise,
	.begin = begin,
	.feed = feed,
	.gap = gap,
};
