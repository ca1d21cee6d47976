/* SPDX-License-Identifier: ISC */
/*
 * Remote Desktop (MS-RDPBCGR 2.2.1.1 f.): a connection request and its confirmation, each in a
 * TPKT, then TLS or RDP's own encryption.
 *
 *	03 00 length:2 li e0 destination:2 source:2 class
 *		["Cookie: mstshash=NAME" CR LF] [01 flags 08 00 protocols:4]
 *	03 00 length:2 li d0 destination:2 source:2 class [02 flags 08 00 protocol:4 | 03 ...]
 *
 * Other users of ISO transport (S7, MMS, H.323) have neither cookie nor negotiation; a bare request
 * is RDP if an MCS connect (7f 65, answered by 7f 66) follows.
 */
#include "dissectors/read/frames.h"

#include "dissectors/dissector.h"
#include "dissectors/read/lines.h"

#define HEADER	    4
#define REQUEST_MIN 11 /* with the header */
#define REQUEST_MAX 512
#define NEGOTIATION 8
#define COOKIE	    "Cookie: "
#define COOKIE_USER "Cookie: mstshash="

enum {
	CONFIRM = 0xd0,
	REQUEST = 0xe0,
	NEGOTIATION_REQUEST = 1,
	NEGOTIATION_RESPONSE = 2,
	NEGOTIATION_FAILURE = 3,
	PROTOCOL_RDP = 0,
	PROTOCOL_TLS = 1,
};

static const uint16_t ports[] = {3389, 0};

static const struct service services[] = {
	{
		.name = "rdp",
		.family = FAMILY_ADMIN,
		.met = true,
		.about = "Microsoft Remote Desktop",
		.identifier = "open-rdp",
		.ports = ports,
	},
};

struct rdp {
	struct frame side[2];
	bool done[2];
};

_Static_assert(sizeof(struct rdp) <= DISSECTOR_STATE_MAX, "state of rdp");

/* Negotiation at the end: YES, none: MORE, something else: NO. */
static enum recognised recognise_negotiation(struct bytes b, uint8_t least, uint8_t most)
{
	if (b.left == 0)
		return RECOGNISED_MORE;
	if (b.left < NEGOTIATION || b.at[0] < least || b.at[0] > most || b.at[2] != NEGOTIATION ||
	    b.at[3] != 0)
		return RECOGNISED_NO;
	return RECOGNISED_YES;
}

static bool skip_cookie(struct bytes *b)
{
	const uint8_t *end = memchr(b->at, '\n', b->left);

	return end != NULL && bytes_skip(b, (size_t)(end - b->at) + 1);
}

/* What follows a request or a confirmation that names nothing. */
static enum recognised recognise_connect(struct bytes b, uint8_t tag)
{
	static const uint8_t data[] = {0x02, 0xf0, 0x80, 0x7f};

	if (b.left < HEADER + sizeof data + 1)
		return RECOGNISED_MORE;
	if (b.at[0] != 3 || memcmp(b.at + HEADER, data, sizeof data) != 0)
		return RECOGNISED_NO;
	return b.at[HEADER + sizeof data] == tag ? RECOGNISED_YES : RECOGNISED_NO;
}

static enum recognised recognise_side(struct bytes b, enum side from)
{
	static const uint8_t start[] = {0x03, 0x00};
	struct bytes body;
	enum recognised result;
	uint16_t length;

	if (b.left == 0)
		return RECOGNISED_MORE;
	if (memcmp(b.at, start, b.left < sizeof start ? b.left : sizeof start) != 0)
		return RECOGNISED_NO;
	bytes_skip(&b, sizeof start);
	length = bytes_be16(&b);
	if (b.left < 2)
		return RECOGNISED_MORE;
	if (length < REQUEST_MIN || length > REQUEST_MAX || b.at[0] != length - HEADER - 1 ||
	    b.at[1] != (from == SIDE_CLIENT ? REQUEST : CONFIRM))
		return RECOGNISED_NO;
	body = bytes_sub(&b, length - (size_t)HEADER);
	if (body.failed)
		return RECOGNISED_MORE;
	bytes_skip(&body, REQUEST_MIN - HEADER);
	if (from == SIDE_SERVER) {
		result = recognise_negotiation(body, NEGOTIATION_RESPONSE, NEGOTIATION_FAILURE);
		return result == RECOGNISED_MORE ? recognise_connect(b, 0x66) : result;
	}
	if (bytes_start_with(&body, COOKIE))
		return skip_cookie(&body) ? RECOGNISED_YES : RECOGNISED_NO;
	result = recognise_negotiation(body, NEGOTIATION_REQUEST, NEGOTIATION_REQUEST);
	return result == RECOGNISED_MORE ? recognise_connect(b, 0x65) : result;
}

static enum recognised recognise(const struct opening *opening)
{
	struct bytes reply = opening->side[SIDE_SERVER];
	enum recognised client = recognise_side(opening->side[SIDE_CLIENT], SIDE_CLIENT);
	enum recognised server = recognise_side(reply, SIDE_SERVER);

	if (client == RECOGNISED_NO || server == RECOGNISED_NO)
		return RECOGNISED_NO;
	if (server == RECOGNISED_YES)
		return RECOGNISED_YES;
	if (client == RECOGNISED_YES && (reply.left >= REQUEST_MIN || opening->one_sided))
		return RECOGNISED_YES;
	return RECOGNISED_MORE;
}

static void begin(void *state, struct facts *facts)
{
	(void)state;
	facts_set_service(facts, &services[0]);
}

static void on_request(struct facts *facts, struct bytes body)
{
	size_t length = 0;

	bytes_skip(&body, REQUEST_MIN - HEADER);
	if (!bytes_start_with(&body, COOKIE_USER))
		return;
	bytes_skip(&body, sizeof COOKIE_USER - 1);
	while (length < body.left && body.at[length] != '\r' && body.at[length] != '\n')
		length++;
	FACTS_TEXT(facts, user, body.at, length);
}

static void on_confirm(struct facts *facts, struct feed *fed, struct bytes body)
{
	uint8_t type;
	uint32_t protocol;

	bytes_skip(&body, REQUEST_MIN - HEADER);
	if (body.left == 0 && !body.failed) {
		facts_set_encryption(facts, ENCRYPTION_NATIVE);
		return;
	}
	type = bytes_u8(&body);
	bytes_skip(&body, 3);
	protocol = bytes_le32(&body);
	if (body.failed || type != NEGOTIATION_RESPONSE)
		return;
	if (protocol == PROTOCOL_RDP) {
		facts_set_encryption(facts, ENCRYPTION_NATIVE);
		return;
	}
	if (protocol != PROTOCOL_TLS)
		FACTS_WORD(facts, mechanism, "CredSSP");
	facts_agree_tls(facts, fed);
}

static void feed(void *state, struct facts *facts, struct feed *fed)
{
	enum side from = fed->from;
	struct rdp *rdp = state;
	struct frame *frame = &rdp->side[from];
	struct bytes input = fed->bytes, piece;
	struct bytes head;
	uint16_t size;

	if (rdp->done[from] || !frames_header(frame, &input, HEADER))
		return;
	if (!frame->expected) {
		head = bytes_from(frame->header + 2, 2);
		size = bytes_be16(&head);
		frames_expect(frame, size > HEADER ? size - (uint32_t)HEADER : 0);
	}
	if (!frames_body(frame, &input, &piece))
		return;
	rdp->done[from] = true;
	head = bytes_from(frame->body, frame->kept);
	if (frame->header[0] != 3 || frame->holed || head.left < 2)
		return;
	if (from == SIDE_CLIENT && head.at[1] == REQUEST)
		on_request(facts, head);
	else if (from == SIDE_SERVER && head.at[1] == CONFIRM)
		on_confirm(facts, fed, head);
	fed->rest = input.left;
}

static void gap(void *state, struct facts *facts, enum side from, uint64_t missing)
{
	struct rdp *rdp = state;

	(void)facts;
	(void)missing;
	rdp->done[from] = true;
}

const struct dissector rdp_dissector = {
	.name = "rdp",
	.transports = OVER_TCP,
	.state_size = sizeof(struct rdp),
	.service_count = sizeof services / sizeof *services,
	.services = services,
	.recognised = "a connection request or confirm over TPKT, with an option that is known",
	.reads = READS_USER | READS_MECHANISM | READS_ENCRYPTION | READS_STARTTLS,
	.recognise = recognise,
	.begin = begin,
	.feed = feed,
	.gap = gap,
};
