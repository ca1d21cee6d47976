/* SPDX-License-Identifier: ISC */
/*
 * Frames of either side; those of the client are masked, each with another key, so that no proxy
 * takes them for something else.
 *
 *	 0               1               2               3
 *	+-+-+-+-+-------+-+-------------+-------------------------------+
 *	|F|R|R|R| opcode|M| length (7)  | length (16 if 126, 64 if 127) |
 *	+-+-+-+-+-------+-+-------------+-------------------------------+
 *	| masking key (4), if M         | payload ...
 *
 * A message is a frame of text or binary data and those that continue it; control frames (close,
 * ping, pong) may come in between. A message may be compressed (permessage-deflate): then all of
 * one side's are one stream, for each may refer to what stood in those before; who begins anew with
 * each reads the same. Of each message the beginning is kept, and of JSON the members that matter
 * are looked for in all of it. STOMP and MQTT make one stream of their messages, which their own
 * dissectors read.
 *
 * Sources: RFC 6455, RFC 7692; jupyter_server's handlers of kernels and terminals ("websocket wire
 * protocols" of its documentation); OpenClaw's protocol of its gateway; the Chrome DevTools
 * Protocol; RabbitMQ's "STOMP over WebSocket" and MQTT 5.0 section 6.
 */
#include "dissectors/websocket.h"

#include "dissectors/read/json_stream.h"
#include "dissectors/read/json_text.h"
#include "dissectors/read/unpacker.h"

#define KEPT	   16	      /* bytes of a message: how a terminal's begins */
#define INNER_SIZE 2048	      /* bytes of the state of the dissector inside */
#define PIECE	   256	      /* bytes that are unmasked at a time */
#define FRAME_MAX  (1U << 24) /* bytes: what claims to be longer is no frame, or not worth it */

enum { OPCODE_CONTINUATION = 0, OPCODE_TEXT = 1, OPCODE_BINARY = 2, OPCODE_CONTROL = 8 };
enum { FLAG_FIN = 0x80, FLAG_COMPRESSED = 0x40, FLAGS_RESERVED = 0x30, FLAG_MASKED = 0x80 };

enum { SERVICE_WEBSOCKET, SERVICE_OPENCLAW, SERVICE_JUPYTER, SERVICE_NODE, SERVICE_COUNT };

static const uint16_t openclaw_ports[] = {18789, 0};

static const struct service services[SERVICE_COUNT] = {
	[SERVICE_WEBSOCKET] = {.name = "websocket",
			       .family = FAMILY_WEB,
			       .about = "messages over WebSocket that nothing more is known about"},
	[SERVICE_OPENCLAW] = {.name = "openclaw",
			      .family = FAMILY_AI,
			      .about = "OpenClaw, gateway of an agent with a shell",
			      .ports = openclaw_ports},
	[SERVICE_JUPYTER] = {.name = "jupyter",
			     .family = FAMILY_AI,
			     .about = "Jupyter, notebooks and terminals"},
	[SERVICE_NODE] = {.name = "node-inspector",
			  .family = FAMILY_ADMIN,
			  .about = "a Node.js process that lets itself be debugged"},
};

/* What runs code, by the member "method" of a message, and how it is told. */
static const struct {
	const char *method, *told;
	bool openclaw; /* counts only where the gateway has said that it is one */
} runs[] = {
	{"Runtime.evaluate", "Runtime.evaluate", false},
	{"Runtime.callFunctionOn", "Runtime.callFunctionOn", false},
	{"Runtime.runScript", "Runtime.runScript", false},
	{"Debugger.evaluateOnCallFrame", "Debugger.evaluateOnCallFrame", false},
	{"agent", "agent (OpenClaw)", true},
	{"chat.send", "agent (OpenClaw)", true},
	{"node.invoke", "node.invoke (OpenClaw)", true},
};

/* What the members of a message say. */
struct said {
	uint8_t runs; /* one more than the row; 0: nothing */
	bool error, ok, refused, challenge, connects, secret, kernel;
};

struct side_state {
	uint64_t left; /* of the frame's payload */
	uint8_t header[14], header_have, header_need;
	uint8_t mask[4], mask_at;
	uint8_t opcode;	 /* of the message */
	bool framed;	 /* within a payload */
	bool open;	 /* a message has begun, and goes on in the next frame */
	bool control;	 /* the frame is a control frame */
	bool compressed; /* the message is */
	bool ended;	 /* what is compressed has, before the message */
	bool unread;	 /* the message, or a part of it */
	bool lost;
	struct json_stream json;
	struct said said;
	uint8_t kept;
	uint8_t message[KEPT];
};

struct websocket {
	struct side_state side[2];
	uint8_t kind; /* enum websocket_kind */
	bool begun, credentials, unsure;
	bool challenged; /* the server wants to know first who it is */
	bool asked;	 /* the client has sent a message */
	bool let_in;
	int32_t command;	       /* that runs code and is not answered yet; -1: none */
	const struct dissector *inner; /* reads the messages as one stream; NULL: nobody */
	_Alignas(16) uint8_t state[INNER_SIZE];
};

_Static_assert(sizeof(struct websocket) <= DISSECTOR_STATE_MAX, "the state is too large");

extern const struct dissector stomp_dissector, mqtt_dissector;

struct context {
	struct websocket *ws;
	struct facts *facts;
	struct feed *fed;
	enum side from;
};

static bool ends_with(const struct bytes *text, const char *end)
{
	size_t n = strlen(end);

	return text->left >= n && memcmp(text->at + text->left - n, end, n) == 0;
}

static bool holds(struct bytes text, const char *word)
{
	while (text.left != 0 && !bytes_start_with(&text, word))
		bytes_skip(&text, 1);
	return text.left != 0;
}

enum websocket_kind websocket_by_path(struct bytes path)
{
	if (holds(path, "/api/kernels/") && ends_with(&path, "/channels"))
		return WEBSOCKET_KERNEL;
	if (holds(path, "/terminals/websocket/"))
		return WEBSOCKET_TERMINAL;
	return WEBSOCKET_ANY;
}

enum websocket_kind websocket_by_protocol(struct bytes protocol)
{
	if (ends_with(&protocol, ".stomp"))
		return WEBSOCKET_STOMP;
	if (bytes_start_with(&protocol, "mqtt"))
		return WEBSOCKET_MQTT;
	if (holds(protocol, "kernel.websocket.jupyter"))
		return WEBSOCKET_KERNEL;
	return WEBSOCKET_ANY;
}

static void begin_inner(struct websocket *ws, struct facts *facts, const struct dissector *inner)
{
	if (inner->state_size > sizeof ws->state) {
		facts_limited(facts);
		return;
	}
	ws->inner = inner;
	if (inner->begin)
		inner->begin(ws->state, facts);
}

/* At the first byte: what was asked for is known now. */
static void begin(struct websocket *ws, struct facts *facts, uint8_t hint)
{
	ws->begun = true;
	ws->kind = hint & (WEBSOCKET_CREDENTIALS - 1);
	ws->credentials = hint & WEBSOCKET_CREDENTIALS;
	ws->unsure = hint & WEBSOCKET_UNSURE;
	if (ws->kind == WEBSOCKET_STOMP)
		begin_inner(ws, facts, &stomp_dissector);
	else if (ws->kind == WEBSOCKET_MQTT)
		begin_inner(ws, facts, &mqtt_dissector);
}

static void name_service(struct facts *facts, size_t service, const char *product)
{
	if (facts->service != &services[service])
		facts_set_service(facts, &services[service]);
	if (facts->product[0] == '\0')
		FACTS_TEXT(facts, product, product, strlen(product));
}

/* The server has served the client: with what it came, or with nothing. */
static void let_in(struct websocket *ws, struct facts *facts)
{
	if (ws->let_in)
		return;
	ws->let_in = true;
	if (ws->credentials && facts->auth != AUTH_SUCCEEDED)
		facts_login(facts, true);
	else if (!ws->credentials && !ws->unsure && facts->auth != AUTH_SUCCEEDED)
		facts_set_auth(facts, AUTH_NONE);
}

static void note_run(struct websocket *ws, struct facts *facts, const char *text)
{
	ws->command = facts_command(facts, text, strlen(text), COMMAND_EXECUTES);
}

/* What the client has sent that will run. */
static const char *what_runs(const struct websocket *ws, struct bytes text)
{
	const struct said *said = &ws->side[SIDE_CLIENT].said;

	if (ws->kind == WEBSOCKET_KERNEL)
		return said->kernel ? "execute_request (kernel)" : NULL;
	if (ws->kind == WEBSOCKET_TERMINAL)
		return json_text_starts(text, "[\"stdin\"") ? "stdin (terminal)" : NULL;
	if (said->runs == 0 || (runs[said->runs - 1].openclaw && !ws->challenged))
		return NULL;
	return runs[said->runs - 1].told;
}

static void take_client(struct websocket *ws, struct facts *facts, struct bytes text)
{
	const struct said *said = &ws->side[SIDE_CLIENT].said;
	const char *run = what_runs(ws, text);

	ws->asked = true;
	if (run != NULL)
		note_run(ws, facts, run);
	/* OpenClaw's: {"type":"req","method":"connect","params":{…,"auth":{"token":…}}}. */
	if (ws->challenged && said->connects)
		ws->credentials |= said->secret;
}

/* An answer to what was asked; false: it is refused, or something else. */
static bool is_answer(const struct websocket *ws, struct bytes text)
{
	const struct said *said = &ws->side[SIDE_SERVER].said;

	if (!ws->asked)
		return ws->kind == WEBSOCKET_TERMINAL && json_text_starts(text, "[\"setup\"");
	return ws->challenged ? said->ok : !said->error;
}

static void take_server(struct websocket *ws, struct facts *facts, struct bytes text)
{
	const struct said *said = &ws->side[SIDE_SERVER].said;

	if (ws->challenged && !ws->let_in && ws->asked && !is_answer(ws, text)) {
		if (said->refused && ws->credentials)
			facts_login(facts, false);
		else if (said->refused)
			facts_set_auth(facts, AUTH_REQUIRED);
		return;
	}
	if (said->challenge) {
		ws->challenged = true;
		name_service(facts, SERVICE_OPENCLAW, "OpenClaw");
	}
	if (!is_answer(ws, text))
		return;
	if (ws->kind == WEBSOCKET_KERNEL || ws->kind == WEBSOCKET_TERMINAL)
		name_service(facts, SERVICE_JUPYTER, "Jupyter");
	let_in(ws, facts);
	facts_command_result(facts, ws->command, true);
	ws->command = -1;
}

static void note_member(struct said *said, const struct json_stream *json)
{
	const char *value = json->value;

	said->secret |= strcmp(json->name, "token") == 0 || strcmp(json->name, "password") == 0;
	said->kernel |=
		strcmp(json->name, "msg_type") == 0 && strcmp(value, "execute_request") == 0;
	said->challenge |=
		json_stream_is(json, 1, "event") && strcmp(value, "connect.challenge") == 0;
	if (json_stream_is(json, 1, "ok")) {
		said->ok |= strcmp(value, "true") == 0;
		said->refused |= strcmp(value, "false") == 0;
	}
	if (!json_stream_is(json, 1, "method"))
		return;
	said->connects |= strcmp(value, "connect") == 0;
	for (uint8_t i = 0; i < sizeof runs / sizeof *runs; i++) {
		if (strcmp(value, runs[i].method) == 0)
			said->runs = (uint8_t)(i + 1);
	}
}

static void read_members(struct side_state *s, struct bytes text)
{
	enum json_event event;

	while ((event = json_stream_next(&s->json, &text)) != JSON_MORE) {
		if (event == JSON_MEMBER)
			note_member(&s->said, &s->json);
		else if (event == JSON_NAME)
			s->said.error |= json_stream_is(&s->json, 1, "error");
	}
}

/* A piece of a message as it was meant. */
static void take_text(const struct context *c, struct bytes text)
{
	struct side_state *s = &c->ws->side[c->from];
	size_t room = sizeof s->message - s->kept;

	if (c->ws->inner) {
		struct feed fed = {.from = c->from, .bytes = text, .unpacker = NULL};

		c->ws->inner->feed(c->ws->state, c->facts, &fed);
		return;
	}
	read_members(s, text);
	room = room < text.left ? room : text.left;
	if (room != 0)
		memcpy(s->message + s->kept, text.at, room);
	s->kept = (uint8_t)(s->kept + room);
}

static void unpack(const struct context *c, struct bytes packed)
{
	struct side_state *s = &c->ws->side[c->from];
	enum unpacked result = UNPACKED_ON;
	struct bytes out;

	while (result == UNPACKED_ON && !s->unread && !s->ended) {
		result = unpacker_next(c->fed, c->facts, PACKING_STREAM, &packed, &out);
		take_text(c, out);
	}
	s->ended |= result == UNPACKED_ENDED;
	s->unread |= result > UNPACKED_ENDED;
}

static void end_message(const struct context *c)
{
	static const uint8_t tail[] = {0, 0, 0xff, 0xff}; /* RFC 7692, 7.2.2 */
	struct websocket *ws = c->ws;
	struct side_state *s = &ws->side[c->from];

	if (s->compressed)
		unpack(c, bytes_from(tail, sizeof tail));
	if (ws->inner)
		s->unread = false; /* it was told; the stream inside has a hole */
	else if (s->unread)
		ws->asked |= c->from == SIDE_CLIENT;
	else if (c->from == SIDE_CLIENT)
		take_client(ws, c->facts, bytes_from(s->message, s->kept));
	else
		take_server(ws, c->facts, bytes_from(s->message, s->kept));
	s->open = s->unread = s->ended = false;
	memset(s->message, 0, sizeof s->message);
	s->kept = 0;
	s->json = (struct json_stream){.depth = 0};
	s->said = (struct said){.runs = 0};
}

static void end_frame(const struct context *c)
{
	struct side_state *s = &c->ws->side[c->from];

	s->framed = false;
	s->header_have = 0;
	s->header_need = 2;
	if (!s->control && (s->header[0] & FLAG_FIN))
		end_message(c);
}

/* A whole header: false if no peer would send it. */
static bool begin_frame(struct side_state *s, enum side from)
{
	struct bytes b = bytes_from(s->header, s->header_have);
	uint8_t flags = bytes_u8(&b), length = bytes_u8(&b);
	uint8_t opcode = flags & 15;

	s->left = length & 0x7f;
	if (s->left == 126)
		s->left = bytes_be16(&b);
	else if (s->left == 127)
		s->left = bytes_be64(&b);
	s->mask_at = 0;
	memset(s->mask, 0, sizeof s->mask);
	if (length & FLAG_MASKED)
		memcpy(s->mask, s->header + s->header_have - sizeof s->mask, sizeof s->mask);
	s->control = opcode >= OPCODE_CONTROL;
	if ((flags & FLAGS_RESERVED) || (opcode > OPCODE_BINARY && opcode < OPCODE_CONTROL) ||
	    opcode > OPCODE_CONTROL + 2 || s->left > FRAME_MAX ||
	    (from == SIDE_SERVER) == ((length & FLAG_MASKED) != 0))
		return false;
	s->framed = true;
	if (!s->control && opcode != OPCODE_CONTINUATION) {
		s->opcode = opcode;
		s->open = true;
		s->compressed = flags & FLAG_COMPRESSED;
	}
	return true;
}

static void take_header(const struct context *c, uint8_t byte)
{
	struct side_state *s = &c->ws->side[c->from];
	uint8_t length;

	s->header[s->header_have++] = byte;
	if (s->header_have == 2) {
		length = byte & 0x7f;
		s->header_need = (uint8_t)(2 + (length == 126 ? 2 : 0) + (length == 127 ? 8 : 0) +
					   (byte & FLAG_MASKED ? 4 : 0));
	}
	if (s->header_have < 2 || s->header_have < s->header_need)
		return;
	s->lost = !begin_frame(s, c->from);
	if (s->lost)
		facts_limited(c->facts);
	else if (s->left == 0)
		end_frame(c);
}

static void take_payload(const struct context *c, struct bytes *data)
{
	struct side_state *s = &c->ws->side[c->from];
	size_t n = s->left < data->left ? (size_t)s->left : data->left;
	struct bytes piece = bytes_sub(data, n < PIECE ? n : PIECE);
	uint8_t clear[PIECE];
	struct bytes text = bytes_from(clear, piece.left);

	s->left -= piece.left;
	for (size_t i = 0; i < piece.left; i++)
		clear[i] = piece.at[i] ^ s->mask[s->mask_at++ & 3];
	if (!s->control && s->compressed)
		unpack(c, text);
	else if (!s->control)
		take_text(c, text);
	if (s->left == 0)
		end_frame(c);
}

static enum recognised websocket_recognise(const struct opening *opening)
{
	(void)opening;
	return RECOGNISED_NO; /* only HTTP leads to it */
}

static void websocket_begin(void *state, struct facts *facts)
{
	struct websocket *ws = state;

	ws->command = -1;
	if (facts->service == NULL || facts->service->family == FAMILY_WEB)
		facts_set_service(facts, &services[SERVICE_WEBSOCKET]);
}

static void websocket_feed(void *state, struct facts *facts, struct feed *fed)
{
	struct websocket *ws = state;
	struct side_state *s = &ws->side[fed->from];
	struct context c = {.ws = ws, .facts = facts, .fed = fed, .from = fed->from};
	struct bytes data = fed->bytes;

	if (!ws->begun)
		begin(ws, facts, fed->hint);
	while (data.left != 0 && !s->lost) {
		if (s->framed)
			take_payload(&c, &data);
		else
			take_header(&c, bytes_u8(&data));
	}
}

/* A hole in a payload is harmless for the frames; what was read of the message is no whole. What is
 * compressed begins anew with the next one: the unpacker says if that does not stand by itself. */
static void websocket_gap(void *state, struct facts *facts, enum side from, uint64_t missing)
{
	struct websocket *ws = state;
	struct side_state *s = &ws->side[from];

	if (ws->inner && ws->inner->gap)
		ws->inner->gap(ws->state, facts, from, missing);
	if (!s->framed || missing == 0 || missing >= s->left) {
		s->lost = true;
		facts_limited(facts);
		return;
	}
	s->left -= missing;
	s->mask_at = (uint8_t)((s->mask_at + missing) & 3);
	s->unread |= !s->control;
}

static void websocket_end(void *state, struct facts *facts)
{
	struct websocket *ws = state;

	if (ws->inner && ws->inner->end)
		ws->inner->end(ws->state, facts);
}

const struct dissector websocket_dissector = {
	.name = "websocket",
	.transports = OVER_TCP,
	.state_size = sizeof(struct websocket),
	.service_count = SERVICE_COUNT,
	.services = services,
	.recognised = "an upgrade of HTTP/1 to it, and then the first messages",
	.reads = READS_PRODUCT | READS_AUTH | READS_COMMANDS | READS_EXECUTION,
	.recognise = websocket_recognise,
	.begin = websocket_begin,
	.feed = websocket_feed,
	.gap = websocket_gap,
	.end = websocket_end,
};
