/* SPDX-License-Identifier: ISC */
/*
 * Apache Pulsar's binary protocol: total:4 command's size:4, a command, and for messages what they
 * carry. A command is a message of Protocol Buffers: field 1 is its type, and the field of the same
 * number as the type holds what belongs to it:
 *
 *	08 02 12 ...	CONNECT		08 03 1a ...	CONNECTED
 *
 * An ERROR before CONNECTED, with the code of authentication, says that credentials are demanded.
 * pulsar.apache.org: binary protocol; PulsarApi.proto.
 */
#include "dissectors/dissector.h"
#include "dissectors/read/exchange.h"
#include "dissectors/read/lines.h"
#include "dissectors/read/protobuf.h"

#define COMMAND_MAX (5u << 20)
#define TYPE_MAX    100
#define NO_REQUEST  UINT64_MAX /* the number of what has none: CONNECT */
#define SENT	    (UINT64_MAX - 1)

enum {
	CONNECT = 2,
	CONNECTED = 3,
	SEND = 6,
	SEND_RECEIPT = 7,
	SEND_ERROR = 8,
	MESSAGE = 9,
	ERROR = 14,
	LOOKUP_ANSWER = 24,
	PARTITIONS_ANSWER = 22,
	AUTH_CHALLENGE = 36,
};

enum { ERROR_AUTHENTICATION = 3 };

static const uint16_t ports[] = {6650, 0};

static const struct service services[] = {
	{
		.name = "pulsar",
		.family = FAMILY_QUEUE,
		.about = "Apache Pulsar broker",
		.ports = ports,
	},
};

struct pulsar {
	struct exchange exchange;
	bool credentials, connected;
};

_Static_assert(sizeof(struct pulsar) <= DISSECTOR_STATE_MAX, "state of pulsar");

static const struct exchange_command commands[] = {
	{4, 0, 0, "SUBSCRIBE"},
	{5, 0, 0, "PRODUCER"},
	{SEND, 0, 0, "SEND"},
	{12, 0, 0, "UNSUBSCRIBE"},
	{21, 0, 0, "PARTITIONED_METADATA"},
	{23, 0, 0, "LOOKUP"},
	{25, 0, 0, "CONSUMER_STATS"},
	{28, 0, 0, "SEEK"},
	{29, 0, 0, "GET_LAST_MESSAGE_ID"},
	{32, COMMAND_LISTING, EXCHANGE_READS, "GET_TOPICS_OF_NAMESPACE"},
	{34, 0, EXCHANGE_READS, "GET_SCHEMA"},
};

/* In which field a command and an answer have the number of the request; 0: they have none. */
static uint32_t request_field(uint32_t type)
{
	switch (type) {
	case 4:
		return 5;
	case 5:
		return 3;
	case LOOKUP_ANSWER:
		return 4;
	case 12: /* UNSUBSCRIBE */
	case 21:
	case PARTITIONS_ANSWER:
	case 23:
	case 28:
	case 29:
		return 2;
	case 13: /* SUCCESS */
	case ERROR:
	case 17: /* PRODUCER_SUCCESS */
	case 25:
	case 26:
	case 30: /* GET_LAST_MESSAGE_ID's answer */
	case 32:
	case 33:
	case 34:
	case 35:
		return 1;
	default:
		return 0;
	}
}

static void begin(void *state, struct facts *facts)
{
	(void)state;
	facts_begin(facts, &services[0]);
	FACTS_WORD(facts, product, "Apache Pulsar");
}

static void on_connect(struct pulsar *pulsar, struct facts *facts, struct bytes connect)
{
	struct bytes method = protobuf_bytes(connect, 5);
	struct protobuf_field field;

	pulsar->connected = false;
	pulsar->credentials = protobuf_find(connect, 3, &field) && field.bytes.left != 0;
	if (method.left != 0 && !lines_equal(&method, "none"))
		FACTS_TEXT(facts, mechanism, method.at, method.left);
}

/* "Pulsar Server2.10.1" */
static void on_connected(struct pulsar *pulsar, struct facts *facts, struct bytes connected)
{
	struct bytes version = protobuf_bytes(connected, 1);

	while (version.left != 0 && (version.at[0] < '0' || version.at[0] > '9'))
		bytes_skip(&version, 1);
	if (version.left != 0)
		FACTS_TEXT(facts, version, version.at, version.left);
	pulsar->connected = true;
	if (pulsar->credentials)
		exchange_login(&pulsar->exchange, facts, true);
	else
		exchange_served(&pulsar->exchange, facts);
}

static void on_refused(struct pulsar *pulsar, struct facts *facts, struct bytes error)
{
	if (pulsar->connected || protobuf_number(error, 2) != ERROR_AUTHENTICATION)
		return;
	if (pulsar->credentials)
		exchange_login(&pulsar->exchange, facts, false);
	else
		exchange_demanded(&pulsar->exchange, facts);
}

static void on_client(struct pulsar *pulsar, struct facts *facts, uint32_t type, struct bytes b)
{
	const struct exchange_command *command = EXCHANGE_FIND(commands, type);

	if (type == CONNECT)
		on_connect(pulsar, facts, b);
	else if (type == SEND)
		exchange_ask(&pulsar->exchange, facts, SENT, command);
	else if (command != NULL)
		exchange_ask(&pulsar->exchange, facts, protobuf_number(b, request_field(type)),
			     command);
}

/* A look-up says in itself whether it failed. */
static bool is_good(uint32_t type, struct bytes b)
{
	if (type == LOOKUP_ANSWER)
		return protobuf_number(b, 3) != 2;
	if (type == PARTITIONS_ANSWER)
		return protobuf_number(b, 3) != 1;
	return type != ERROR;
}

static void on_server(struct pulsar *pulsar, struct facts *facts, uint32_t type, struct bytes b)
{
	uint32_t field = request_field(type);

	if (type == CONNECTED)
		on_connected(pulsar, facts, b);
	else if (type == ERROR)
		on_refused(pulsar, facts, b);
	else if (type == AUTH_CHALLENGE)
		exchange_demanded(&pulsar->exchange, facts);
	else if (type == SEND_RECEIPT || type == SEND_ERROR)
		exchange_answer(&pulsar->exchange, facts, SENT, type == SEND_RECEIPT);
	else if (type == MESSAGE)
		facts_set_data_read(facts, ANSWER_YES);
	if (field != 0 && pulsar->connected)
		exchange_answer(&pulsar->exchange, facts, protobuf_number(b, field),
				is_good(type, b));
}

static void feed(void *state, struct facts *facts, struct feed *fed)
{
	struct pulsar *pulsar = state;
	struct frame *frame = exchange_begin(&pulsar->exchange, fed->from);
	struct bytes input = fed->bytes;

	while (frames_next(frame, &input, 4, exchange_measure_be32)) {
		struct bytes b = bytes_from(frame->body, frame->kept), command;
		uint32_t size = bytes_be32(&b), type;

		command = bytes_sub(&b, size < b.left ? size : b.left);
		type = (uint32_t)protobuf_number(command, 1);
		command = protobuf_bytes(command, type);
		if (fed->from == SIDE_CLIENT)
			on_client(pulsar, facts, type, command);
		else
			on_server(pulsar, facts, type, command);
		frames_done(frame);
	}
}

static void gap(void *state, struct facts *facts, enum side from, uint64_t missing)
{
	struct pulsar *pulsar = state;

	(void)facts;
	exchange_gap(&pulsar->exchange, from, missing);
	pulsar->connected |= pulsar->exchange.late;
}

/* The sizes, 08, a type, and the tag of the field that belongs to the type. */
static enum recognised recognise_side(struct bytes b, enum side from)
{
	uint32_t total = bytes_be32(&b), size = bytes_be32(&b), type;
	bool fits = size >= 4 && size <= COMMAND_MAX && total >= size + 4;
	uint64_t tag;

	if (b.failed)
		return RECOGNISED_MORE;
	if (!fits || total > COMMAND_MAX + size || (b.left != 0 && bytes_u8(&b) != 0x08))
		return RECOGNISED_NO;
	type = bytes_u8(&b);
	tag = protobuf_varint(&b);
	if (b.failed)
		return RECOGNISED_MORE;
	if (type > TYPE_MAX || tag != ((uint64_t)type << 3 | 2))
		return RECOGNISED_NO;
	if (from == SIDE_CLIENT)
		return type == CONNECT ? RECOGNISED_YES : RECOGNISED_NO;
	return type == CONNECTED || type == ERROR || type == AUTH_CHALLENGE ? RECOGNISED_YES
									    : RECOGNISED_NO;
}

static enum recognised recognise(const struct opening *opening)
{
	return dissector_by_both(recognise_side(opening->side[SIDE_CLIENT], SIDE_CLIENT),
				 recognise_side(opening->side[SIDE_SERVER], SIDE_SERVER),
				 opening->one_sided);
}

const struct dissector pulsar_dissector = {
	.name = "pulsar",
	.transports = OVER_TCP,
	.state_size = sizeof(struct pulsar),
	.service_count = sizeof services / sizeof *services,
	.services = services,
	.recognised = "CONNECT and CONNECTED within their two sizes",
	.reads = READS_PRODUCT | READS_VERSION | READS_AUTH | READS_MECHANISM | READS_COMMANDS |
		 READS_LISTINGS | READS_DATA | READS_ENCRYPTION,
	.recognise = recognise,
	.begin = begin,
	.feed = feed,
	.gap = gap,
};
