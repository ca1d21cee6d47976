/* SPDX-License-Identifier: ISC */
/*
 * NSQ. The client of nsqd begins with "  V2" and sends commands, a line each; IDENTIFY, AUTH, PUB,
 * MPUB and DPUB have size:4 and so many bytes behind it. The server answers in frames:
 *
 *	size:4 kind:4 bytes	kind 0: an answer, 1: an error, 2: a message
 *
 * Answers come in order. RDY, FIN, REQ, TOUCH and NOP are answered only if they fail. The answer to
 * IDENTIFY is JSON with version, auth_required and what was agreed on: TLS, Snappy, Deflate.
 * nsqlookupd is spoken to with "  V1": answers are size:4 and bytes. nsq.io: TCP protocol spec.
 */
#include "dissectors/dissector.h"
#include "dissectors/read/exchange.h"
#include "dissectors/read/flat_json.h"
#include "dissectors/read/lines.h"

#define MARK	     4 /* bytes */
#define BODY_MAX     (1u << 28)
#define MESSAGE_SEEN (1u << 26) /* of an opening frame */

enum { ANSWER, ERROR, MESSAGE };
enum { SILENT = 0x40, IDENTIFY = 0x80 }; /* kinds of commands, beside EXCHANGE_… */

static const uint16_t ports[] = {4150, 4160, 0};

static const struct service services[] = {
	{
		.name = "nsq",
		.family = FAMILY_QUEUE,
		.about = "NSQ message queue",
		.ports = ports,
	},
};

struct nsq {
	struct exchange exchange;
	struct line line;
	uint8_t have;		   /* of the mark */
	bool lookup;		   /* "  V1" */
	bool size_follows, passes; /* the command's bytes */
	bool tls, packed;
};

_Static_assert(sizeof(struct nsq) <= DISSECTOR_STATE_MAX, "state of nsq");

/* The code says whether bytes follow. */
static const struct exchange_command commands[] = {
	{1, 0, EXCHANGE_OPEN | IDENTIFY, "IDENTIFY"},
	{1, 0, EXCHANGE_LOGIN, "AUTH"},
	{1, 0, 0, "PUB"},
	{1, 0, 0, "MPUB"},
	{1, 0, 0, "DPUB"},
	{0, 0, 0, "SUB"},
	{0, 0, SILENT, "RDY"},
	{0, 0, SILENT, "FIN"},
	{0, 0, SILENT, "REQ"},
	{0, 0, SILENT, "TOUCH"},
	{0, 0, SILENT, "NOP"},
	{0, 0, 0, "CLS"},
	{0, 0, EXCHANGE_OPEN, "PING"}, /* of nsqlookupd */
	{0, 0, 0, "REGISTER"},
	{0, 0, 0, "UNREGISTER"},
};

static const struct exchange_command *command_of(struct bytes word)
{
	for (size_t i = 0; i < sizeof commands / sizeof *commands; i++) {
		if (word.left == strlen(commands[i].name) &&
		    memcmp(word.at, commands[i].name, word.left) == 0)
			return &commands[i];
	}
	return NULL;
}

static void begin(void *state, struct facts *facts)
{
	(void)state;
	facts_begin(facts, &services[0]);
	FACTS_WORD(facts, product, "NSQ");
}

static void on_line(struct nsq *nsq, struct facts *facts)
{
	struct bytes line = bytes_from(nsq->line.text, nsq->line.length);
	const struct exchange_command *command = command_of(lines_word(&line));

	if (command == NULL) {
		nsq->exchange.side[SIDE_CLIENT].lost = true;
		return;
	}
	nsq->size_follows = command->code == 1;
	if (!(command->kind & SILENT))
		exchange_ask(&nsq->exchange, facts, exchange_next_asked(&nsq->exchange), command);
}

static bool measure(struct bytes header, uint32_t *body)
{
	*body = bytes_be32(&header);
	return *body <= BODY_MAX;
}

/* An answer says something. */
static bool measure_answer(struct bytes header, uint32_t *body)
{
	return measure(header, body) && *body != 0;
}

static void on_client(struct nsq *nsq, struct facts *facts, struct bytes *in)
{
	struct frame *frame = &nsq->exchange.side[SIDE_CLIENT];

	for (; nsq->have < MARK && in->left != 0; nsq->have++) {
		uint8_t c = bytes_u8(in);

		nsq->lookup |= nsq->have == 3 && c == '1';
	}
	while (!frame->lost && !nsq->packed) {
		if (nsq->size_follows) {
			if (!frames_next(frame, in, 4, measure))
				return;
			frames_done(frame); /* it may have been a secret */
			nsq->size_follows = false;
		} else if (lines_next(&nsq->line, in)) {
			on_line(nsq, facts);
		} else {
			return;
		}
	}
}

/* The answer to IDENTIFY, with what was agreed on for all that follows. */
static void on_agreed(struct nsq *nsq, struct facts *facts, struct bytes json)
{
	struct bytes version = flat_json_value(json, "version");

	if (version.left != 0)
		FACTS_TEXT(facts, version, version.at, version.left);
	if (flat_json_true(json, "auth_required") && facts->auth == AUTH_NA)
		facts_set_auth(facts, AUTH_REQUIRED);
	nsq->tls = flat_json_true(json, "tls_v1");
	nsq->packed =
		!nsq->tls && (flat_json_true(json, "snappy") || flat_json_true(json, "deflate"));
}

static bool is_about_silent(const struct bytes *text)
{
	return lines_start_with(text, "E_FIN_FAILED") || lines_start_with(text, "E_REQ_FAILED") ||
	       lines_start_with(text, "E_TOUCH_FAILED");
}

static void on_server(struct nsq *nsq, struct facts *facts, uint32_t kind, struct bytes b)
{
	int asked;

	if (kind == MESSAGE) {
		exchange_served(&nsq->exchange, facts);
		facts_set_data_read(facts, ANSWER_YES);
		return;
	}
	if (bytes_start_with(&b, "_heartbeat_") || is_about_silent(&b))
		return;
	if (lines_start_with(&b, "E_AUTH_FIRST"))
		exchange_demanded(&nsq->exchange, facts);
	asked = exchange_answer(&nsq->exchange, facts, exchange_next_answered(&nsq->exchange),
				kind == ANSWER);
	if (b.left != 0 && b.at[0] == '{' && (asked == -1 || (asked & IDENTIFY)))
		on_agreed(nsq, facts, b);
}

/* nsqlookupd's answers have no kind: errors begin with E_. */
static void on_frame(struct nsq *nsq, struct facts *facts, const struct frame *frame)
{
	struct bytes b = bytes_from(frame->body, frame->kept);
	uint32_t kind =
		nsq->lookup ? (bytes_start_with(&b, "E_") ? ERROR : ANSWER) : bytes_be32(&b);

	on_server(nsq, facts, kind, b);
}

static void feed(void *state, struct facts *facts, struct feed *fed)
{
	struct nsq *nsq = state;
	struct frame *frame = exchange_begin(&nsq->exchange, fed->from);
	struct bytes input = fed->bytes;

	if (fed->from == SIDE_CLIENT) {
		on_client(nsq, facts, &input);
		return;
	}
	while (!nsq->packed && !nsq->tls && frames_next(frame, &input, 4, measure_answer)) {
		on_frame(nsq, facts, frame);
		frames_done(frame);
	}
	if (nsq->tls) {
		facts_agree_tls(facts, fed);
		fed->rest = input.left;
	}
}

static void gap(void *state, struct facts *facts, enum side from, uint64_t missing)
{
	struct nsq *nsq = state;

	(void)facts;
	exchange_gap(&nsq->exchange, from, missing);
	if (from == SIDE_CLIENT && nsq->exchange.side[from].lost) {
		nsq->have = MARK;
		nsq->size_follows = false;
		lines_reset(&nsq->line);
	}
}

static enum recognised recognise_client(struct bytes b)
{
	bool old = bytes_agree_with(&b, "  V1") && b.left > 3;

	if (!bytes_agree_with(&b, "  V2") && !bytes_agree_with(&b, "  V1"))
		return RECOGNISED_NO;
	if (!bytes_skip(&b, MARK) || b.left == 0)
		return RECOGNISED_MORE;
	for (size_t i = 0; i < sizeof commands / sizeof *commands; i++) {
		size_t length = strlen(commands[i].name);

		if (!bytes_agree_with(&b, commands[i].name))
			continue;
		if (b.left <= length)
			return RECOGNISED_MORE;
		if (b.at[length] == '\n' || b.at[length] == ' ' || b.at[length] == '\r')
			return RECOGNISED_YES;
	}
	return old && b.left < 16 ? RECOGNISED_MORE : RECOGNISED_NO;
}

static enum recognised recognise_server(struct bytes b, bool lookup)
{
	uint32_t size = bytes_be32(&b), kind = lookup ? 0 : bytes_be32(&b);

	if (b.failed)
		return RECOGNISED_MORE;
	return size >= (lookup ? 1 : 4) && size <= MESSAGE_SEEN && kind <= MESSAGE ? RECOGNISED_YES
										   : RECOGNISED_NO;
}

/* Frames of the server are recognised by what they say. */
static enum recognised recognise_frames(struct bytes b)
{
	static const char ok[] = "\0\0\0\6\0\0\0\0OK", beat[] = "\0\0\0\x0f\0\0\0\0_heartbeat_";

	if (b.left >= 10 && memcmp(b.at, ok, 10) == 0)
		return RECOGNISED_YES;
	if (b.left >= 19 && memcmp(b.at, beat, 19) == 0)
		return RECOGNISED_YES;
	if (b.left > 9 && memcmp(b.at + 4, "\0\0\0\0{", 5) == 0 && b.at[0] == 0)
		return lines_contain(&b, "\"max_rdy_count\"") ? RECOGNISED_YES : RECOGNISED_MORE;
	return b.left < 19 ? RECOGNISED_MORE : RECOGNISED_NO;
}

static enum recognised recognise(const struct opening *opening)
{
	struct bytes client = opening->side[SIDE_CLIENT], server = opening->side[SIDE_SERVER];
	bool lookup = client.left > 3 && client.at[3] == '1';

	if (client.left == 0)
		return opening->one_sided || recognise_frames(server) == RECOGNISED_NO
			       ? recognise_frames(server)
			       : RECOGNISED_MORE;
	return dissector_by_client(recognise_client(client), recognise_server(server, lookup),
				   opening->one_sided);
}

const struct dissector nsq_dissector = {
	.name = "nsq",
	.transports = OVER_TCP,
	.upgrades = true,
	.state_size = sizeof(struct nsq),
	.service_count = sizeof services / sizeof *services,
	.services = services,
	.recognised = "two blanks, V2 and a command, or V1 of its look-up service, and frames",
	.reads = READS_PRODUCT | READS_VERSION | READS_AUTH | READS_COMMANDS | READS_DATA |
		 READS_ENCRYPTION | READS_STARTTLS,
	.recognise = recognise,
	.begin = begin,
	.feed = feed,
	.gap = gap,
};
