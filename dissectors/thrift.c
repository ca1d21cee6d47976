/* SPDX-License-Identifier: ISC */
/*
 * Apache Thrift, a family of services that answer calls by name: the strict binary protocol, with
 * or without a frame's length:4 before each message.
 *
 *	80 01 00 type:1 length:4 name sequence:4	type: 1 call 2 reply 3 exception 4 one-way
 *
 * A call of "Log" is Scribe, a log collector. Only the first message of each side is read. Over UDP
 * the agent of Jaeger is known by "emitBatch", in this encoding or the compact one:
 *
 *	82 type << 5 | 1 sequence, length (7 bits a byte, low ones first) name
 *
 * github.com/apache/thrift/blob/master/doc/specs/thrift-binary-protocol.md
 */
#include "dissectors/dissector.h"

#define NAME_MAX_BYTES 128
#define FRAME_MAX      (1u << 28)
#define HEAD_KEPT      24 /* bytes: a frame's length, the head, and the shortest of names */

static const uint16_t thrift_ports[] = {9090, 10000, 0};
static const uint16_t scribe_ports[] = {1463, 0};
static const uint16_t jaeger_ports[] = {6831, 6832, 0};

static const struct service services[] = {
	{
		.name = "thrift",
		.family = FAMILY_OTHER,
		.about = "service called by Apache Thrift",
		.ports = thrift_ports,
	},
	{
		.name = "scribe",
		.family = FAMILY_LOGGING,
		.about = "Scribe log collector",
		.ports = scribe_ports,
	},
	{
		.name = "jaeger",
		.family = FAMILY_LOGGING,
		.about = "Jaeger agent (traces)",
		.one_way = true,
		.ports = jaeger_ports,
	},
};

enum message {
	CALL = 1,
	REPLY,
	EXCEPTION,
	ONE_WAY,
};

struct thrift {
	uint8_t have;
	bool answered, midstream;
	uint8_t head[HEAD_KEPT];
};

/* A message's head; `name` is set on YES. */
static enum recognised take_head(struct bytes b, uint8_t *type, struct bytes *name)
{
	uint32_t length, frame = 0;

	if (b.left != 0 && b.at[0] != 0x80) {
		frame = bytes_be32(&b);
		if (b.failed)
			return RECOGNISED_MORE;
		if (frame < 12 || frame > FRAME_MAX)
			return RECOGNISED_NO;
	}
	if (!bytes_agree_with(&b, "\x80\1") || (b.left > 2 && b.at[2] != 0))
		return RECOGNISED_NO;
	bytes_skip(&b, 3);
	*type = bytes_u8(&b);
	length = bytes_be32(&b);
	if (b.failed)
		return RECOGNISED_MORE;
	if (*type < CALL || *type > ONE_WAY || length == 0 || length > NAME_MAX_BYTES ||
	    (frame != 0 && length + 12 > frame))
		return RECOGNISED_NO;
	*name = bytes_sub(&b, length);
	for (size_t i = 0; i < name->left; i++) {
		uint8_t c = name->at[i];

		if (c <= 0x20 || c > 0x7e)
			return RECOGNISED_NO;
	}
	return name->failed ? RECOGNISED_MORE : RECOGNISED_YES;
}

static bool is_emit(struct bytes name)
{
	return bytes_start_with(&name, "emitBatch") || bytes_start_with(&name, "emitZipkinBatch");
}

/* A batch of spans in a datagram. */
static enum recognised recognise_datagram(const struct opening *opening)
{
	struct bytes b = opening->side[SIDE_CLIENT], name;
	uint8_t type, sequence = 0x80;

	if (opening->side[SIDE_SERVER].left != 0)
		return RECOGNISED_NO;
	if (b.left == 0)
		return RECOGNISED_MORE;
	if (take_head(b, &type, &name) == RECOGNISED_YES)
		return (type == CALL || type == ONE_WAY) && is_emit(name) ? RECOGNISED_YES
									  : RECOGNISED_NO;
	if (bytes_u8(&b) != 0x82)
		return RECOGNISED_NO;
	type = bytes_u8(&b);
	if (type != (CALL << 5 | 1) && type != (ONE_WAY << 5 | 1))
		return RECOGNISED_NO;
	for (unsigned i = 0; i < 5 && sequence & 0x80; i++)
		sequence = bytes_u8(&b);
	name = bytes_sub(&b, bytes_u8(&b));
	return is_emit(name) ? RECOGNISED_YES : RECOGNISED_NO;
}

static enum recognised recognise(const struct opening *opening)
{
	struct bytes client = opening->side[SIDE_CLIENT], server = opening->side[SIDE_SERVER];
	struct bytes called = bytes_from(NULL, 0), answered = called;
	enum recognised of_client, of_server;
	uint8_t call = CALL, answer = REPLY;

	if (opening->transport == OVER_UDP)
		return recognise_datagram(opening);
	of_client = take_head(client, &call, &called);
	of_server = take_head(server, &answer, &answered);
	if (of_client == RECOGNISED_NO || of_server == RECOGNISED_NO)
		return RECOGNISED_NO;
	if ((of_client == RECOGNISED_YES && call != CALL && call != ONE_WAY) ||
	    (of_server == RECOGNISED_YES && answer != REPLY && answer != EXCEPTION))
		return RECOGNISED_NO;
	return dissector_by_both(of_client, of_server, opening->one_sided);
}

static void begin(void *state, struct facts *facts)
{
	(void)state;
	facts_set_service(facts, &services[0]);
	facts_set_auth(facts, AUTH_UNKNOWN);
	facts_set_encryption(facts, ENCRYPTION_CLEARTEXT);
	FACTS_WORD(facts, product, "Apache Thrift");
}

static void on_call(struct facts *facts, const struct bytes *name)
{
	if (is_emit(*name)) {
		facts_set_service(facts, &services[2]);
		facts_set_auth(facts, AUTH_NA);
		facts_set_data_read(facts, ANSWER_NO);
		FACTS_WORD(facts, product, "Jaeger");
		return;
	}
	if (name->left == 3 && memcmp(name->at, "Log", 3) == 0) {
		facts_set_service(facts, &services[1]);
		FACTS_WORD(facts, product, "Scribe");
	}
}

static void feed(void *state, struct facts *facts, struct feed *fed)
{
	enum side from = fed->from;
	struct thrift *thrift = state;
	struct bytes name;
	uint8_t type;

	if (from == SIDE_SERVER && fed->bytes.left != 0 && !thrift->answered) {
		thrift->answered = true;
		if (!thrift->midstream)
			facts_set_auth(facts, AUTH_NONE);
		return;
	}
	if (from == SIDE_CLIENT && fed->bytes.left != 0 && fed->bytes.at[0] == 0x82 &&
	    thrift->have == 0) {
		name = bytes_from("emitBatch", 9); /* else it would not be ours */
		on_call(facts, &name);
		thrift->have = HEAD_KEPT;
	}
	for (size_t i = 0; from == SIDE_CLIENT && i < fed->bytes.left && thrift->have < HEAD_KEPT;
	     i++) {
		thrift->head[thrift->have++] = fed->bytes.at[i];
		if (take_head(bytes_from(thrift->head, thrift->have), &type, &name) ==
		    RECOGNISED_YES) {
			on_call(facts, &name);
			thrift->have = HEAD_KEPT;
		}
	}
}

static void gap(void *state, struct facts *facts, enum side from, uint64_t missing)
{
	struct thrift *thrift = state;

	(void)facts;
	(void)missing;
	thrift->midstream = true;
	if (from == SIDE_CLIENT && thrift->have != 0)
		thrift->have = HEAD_KEPT;
}

const struct dissector thrift_dissector = {
	.name = "thrift",
	.transports = OVER_TCP | OVER_UDP,
	.state_size = sizeof(struct thrift),
	.service_count = sizeof services / sizeof *services,
	.services = services,
	.recognised = "a call of the strict binary protocol with a method's name",
	.reads = READS_PRODUCT | READS_AUTH | READS_DATA | READS_ENCRYPTION,
	.recognise = recognise,
	.begin = begin,
	.feed = feed,
	.gap = gap,
};
