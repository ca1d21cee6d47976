/* SPDX-License-Identifier: ISC */
/*
 * Diameter (RFC 6733), over TCP and SCTP: accounts, charging and roaming of operators.
 *
 *	version:1 = 1 | length:3 | flags:1 (R P E T, the rest 0) | command:3 | application:4 |
 *	hop-by-hop:4 | end-to-end:4 | AVPs: code:4 flags:1 length:3 [vendor:4] data, padded to 4
 *
 * The first exchange is that of capabilities (257): its result says whether the peer is let in.
 * Over SCTP each message follows its payload protocol identifier, 46, or 47 under DTLS.
 */
#include "dissectors/dissector.h"
#include "dissectors/read/frames.h"

#define HEADER		20u
#define START		4u /* version and length */
#define FLAG_REQUEST	0x80
#define FLAG_VENDOR	0x80
#define PPID_CLEAR	46
#define PPID_DTLS	47
#define CAPABILITIES	257
#define AVP_ORIGIN_HOST 264
#define AVP_RESULT	268
#define AVP_PRODUCT	269
#define RESULT_SUCCESS	2001
#define LENGTH_MAX	65536u /* of the first message */

static const uint16_t ports[] = {3868, 0};

static const struct service services[] = {
	{
		.name = "diameter",
		.family = FAMILY_INFRASTRUCTURE,
		.about = "accounts, charging and roaming of an operator: Diameter peer",
		.ports = ports,
	},
};

struct diameter {
	struct frame frame[2];
};

/* As far as there are bytes; a version and a flag that do not fit are enough to say no. */
static enum recognised recognise_header(struct bytes b, bool is_client)
{
	uint32_t length, command;
	uint8_t flags;

	if (b.left == 0)
		return RECOGNISED_MORE;
	if (bytes_u8(&b) != 1)
		return RECOGNISED_NO;
	length = bytes_be24(&b);
	flags = bytes_u8(&b);
	command = bytes_be24(&b);
	if (b.failed)
		return RECOGNISED_MORE;
	/* Whoever begins asks for capabilities, and nothing else is answered first. */
	if (length < HEADER || length % 4 != 0 || length > LENGTH_MAX || (flags & 0x1f) != 0 ||
	    command != CAPABILITIES || ((flags & FLAG_REQUEST) != 0) != is_client)
		return RECOGNISED_NO;
	return RECOGNISED_YES;
}

static enum recognised recognise(const struct opening *opening)
{
	return dissector_by_both(recognise_header(opening->side[SIDE_CLIENT], true),
				 recognise_header(opening->side[SIDE_SERVER], false),
				 opening->one_sided);
}

/* Where the identifier says nothing (0: not told), the header must. */
static enum recognised recognise_message(struct bytes b, bool is_client)
{
	uint32_t ppid;

	if (b.left == 0)
		return RECOGNISED_MORE;
	ppid = bytes_be32(&b);
	if (ppid == PPID_CLEAR || ppid == PPID_DTLS)
		return RECOGNISED_YES;
	return ppid == 0 && !b.failed ? recognise_header(b, is_client) : RECOGNISED_NO;
}

static enum recognised recognise_sctp(const struct opening *opening)
{
	return dissector_by_both(recognise_message(opening->side[SIDE_CLIENT], true),
				 recognise_message(opening->side[SIDE_SERVER], false),
				 opening->one_sided);
}

static void begin(void *state, struct facts *facts)
{
	(void)state;
	facts_begin(facts, &services[0]);
}

static void on_avp(struct facts *facts, uint32_t code, struct bytes data)
{
	switch (code) {
	case AVP_ORIGIN_HOST:
		FACTS_TEXT(facts, host, data.at, data.left);
		break;
	case AVP_PRODUCT:
		FACTS_TEXT(facts, product, data.at, data.left);
		break;
	case AVP_RESULT:
		facts_set_auth(facts,
			       bytes_be32(&data) == RESULT_SUCCESS ? AUTH_NONE : AUTH_REQUIRED);
		break;
	default:
		break;
	}
}

/* As much of the server's answer as was kept. */
static void on_capabilities(struct facts *facts, struct bytes b)
{
	bytes_skip(&b, HEADER - START);
	while (b.left != 0) {
		uint32_t code = bytes_be32(&b);
		uint8_t flags = bytes_u8(&b);
		uint32_t length = bytes_be24(&b), before = flags & FLAG_VENDOR ? 12 : 8;
		struct bytes data;

		bytes_skip(&b, before - 8);
		if (b.failed || length < before)
			return;
		data = bytes_sub(&b, length - before);
		if (data.failed)
			return;
		if (!(flags & FLAG_VENDOR))
			on_avp(facts, code, data);
		bytes_skip(&b, (0u - length) % 4);
	}
}

static void on_message(struct facts *facts, const struct frame *frame, enum side from)
{
	struct bytes body = bytes_from(frame->body, frame->kept);
	uint8_t flags = bytes_u8(&body);
	uint32_t command = bytes_be24(&body);

	if (from == SIDE_SERVER && command == CAPABILITIES && !(flags & FLAG_REQUEST))
		on_capabilities(facts, bytes_from(frame->body, frame->kept));
}

static void read(struct frame *frame, struct facts *facts, enum side from, struct bytes input)
{
	struct bytes piece;

	while (!frame->lost && frames_header(frame, &input, START)) {
		struct bytes start = bytes_from(frame->header, START);

		if (!frame->expected) {
			uint8_t version = bytes_u8(&start);
			uint32_t length = bytes_be24(&start);

			frame->lost = version != 1 || length < HEADER;
			if (frame->lost)
				return;
			frames_expect(frame, length - START);
		}
		if (!frames_body(frame, &input, &piece))
			return;
		on_message(facts, frame, from);
		frames_done(frame);
	}
}

static void feed(void *state, struct facts *facts, struct feed *fed)
{
	struct diameter *d = state;

	read(&d->frame[fed->from], facts, fed->from, fed->bytes);
}

/* Each message stands for itself: one that was cut short says nothing of the next. */
static void feed_sctp(void *state, struct facts *facts, struct feed *fed)
{
	struct diameter *d = state;
	struct bytes input = fed->bytes;

	if (bytes_be32(&input) == PPID_DTLS) {
		facts_set_encryption(facts, ENCRYPTION_TLS);
		return;
	}
	d->frame[fed->from] = (struct frame){.length = 0};
	read(&d->frame[fed->from], facts, fed->from, input);
}

static void gap(void *state, struct facts *facts, enum side from, uint64_t missing)
{
	struct diameter *d = state;

	(void)facts;
	if (!frames_gap(&d->frame[from], missing))
		d->frame[from].lost = true;
}

#define READS (READS_PRODUCT | READS_AUTH | READS_HOST | READS_ENCRYPTION)

const struct dissector diameter_dissector = {
	.name = "diameter",
	.transports = OVER_TCP,
	.state_size = sizeof(struct diameter),
	.service_count = sizeof services / sizeof *services,
	.services = services,
	.recognised = "the exchange of capabilities",
	.reads = READS,
	.recognise = recognise,
	.begin = begin,
	.feed = feed,
	.gap = gap,
};

const struct dissector diameter_sctp_dissector = {
	.name = "diameter_sctp",
	.transports = OVER_SCTP,
	.state_size = sizeof(struct diameter),
	.service_count = sizeof services / sizeof *services,
	.services = services,
	.recognised = "the payload protocol identifier, or the exchange of capabilities",
	.reads = READS,
	.recognise = recognise_sctp,
	.begin = begin,
	.feed = feed_sctp,
};
