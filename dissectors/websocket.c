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
 * ping, pong) may come in between. Of each message the beginning is kept, and in all of it a few
 * words are looked for. STOMP and MQTT make one stream of their messages, which their own
 * dissectors read.
 *
 * Sources: RFC 6455; jupyter_server's handlers of kernels and terminals ("websocket wire
 * protocols" of its documentation); OpenClaw's protocol of its gateway; the Chrome DevTools
 * Protocol; RabbitMQ's "STOMP over WebSocket" and MQTT 5.0 section 6.
 */
#include "dissectors/websocket.h"

#include "dissectors/read/json_text.h"

#define KEPT	   320	      /* bytes of a message */
#define INNER_SIZE 1024	      /* bytes of the state of the dissector inside */
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

/* What a client may ask for within the messages of one kind, and how it is told. */
enum { WANTS_NOTHING, WANTS_RUN };

struct side_state {
	uint64_t left; /* of the frame's payload */
	uint8_t header[14], header_have, header_need;
	uint8_t mask[4], mask_at;
	uint8_t opcode;	 /* of the message */
	bool framed;	 /* within a payload */
	bool open;	 /* a message has begun, and goes on in the next frame */
	bool control;	 /* the frame is a control frame */
	bool compressed; /* the message is */
	bool lost;
	struct json_word word; /* the search for what runs code */
	uint16_t kept;
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
	if (inner->state_size > sizeof ws->state)
		return;
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
	struct bytes method;

	switch ((enum websocket_kind)ws->kind) {
	case WEBSOCKET_KERNEL:
		return ws->side[SIDE_CLIENT].word.found ? "execute_request (kernel)" : NULL;
	case WEBSOCKET_TERMINAL:
		return json_text_starts(text, "[\"stdin\"") ? "stdin (terminal)" : NULL;
	default:
		break;
	}
	if (!json_text_member(text, "method", &method))
		return NULL;
	if (json_text_is(method, "Runtime.evaluate"))
		return "Runtime.evaluate";
	if (json_text_is(method, "Runtime.callFunctionOn"))
		return "Runtime.callFunctionOn";
	if (json_text_is(method, "Debugger.evaluateOnCallFrame"))
		return "Debugger.evaluateOnCallFrame";
	if (ws->challenged && (json_text_is(method, "agent") || json_text_is(method, "chat.send")))
		return "agent (OpenClaw)";
	if (ws->challenged && json_text_is(method, "node.invoke"))
		return "node.invoke (OpenClaw)";
	return NULL;
}

static void take_client(struct websocket *ws, struct facts *facts, struct bytes text)
{
	const char *runs = what_runs(ws, text);
	struct bytes value;

	ws->asked = true;
	if (runs != NULL)
		note_run(ws, facts, runs);
	/* OpenClaw's: {"type":"req","method":"connect","params":{…,"auth":{"token":…}}}. */
	if (ws->challenged && json_text_member(text, "method", &value) &&
	    json_text_is(value, "connect"))
		ws->credentials |= holds(text, "\"token\"") || holds(text, "\"password\"");
}

static void take_challenge(struct websocket *ws, struct facts *facts, struct bytes text)
{
	struct bytes value;

	if (json_text_member(text, "event", &value) && json_text_is(value, "connect.challenge")) {
		ws->challenged = true;
		name_service(facts, SERVICE_OPENCLAW, "OpenClaw");
	}
}

/* An answer to what was asked; false: it is refused, or something else. */
static bool is_answer(const struct websocket *ws, struct bytes text)
{
	struct bytes value;

	if (!ws->asked)
		return ws->kind == WEBSOCKET_TERMINAL && json_text_starts(text, "[\"setup\"");
	if (!ws->challenged)
		return !json_text_member(text, "error", &value);
	return json_text_member(text, "ok", &value) && json_text_is(value, "true");
}

static void take_server(struct websocket *ws, struct facts *facts, struct bytes text)
{
	if (ws->challenged && !ws->let_in && ws->asked && !is_answer(ws, text)) {
		struct bytes value;

		if (json_text_member(text, "ok", &value) && json_text_is(value, "false")) {
			if (ws->credentials)
				facts_login(facts, false);
			else
				facts_set_auth(facts, AUTH_REQUIRED);
		}
		return;
	}
	take_challenge(ws, facts, text);
	if (!is_answer(ws, text))
		return;
	if (ws->kind == WEBSOCKET_KERNEL || ws->kind == WEBSOCKET_TERMINAL)
		name_service(facts, SERVICE_JUPYTER, "Jupyter");
	let_in(ws, facts);
	facts_command_result(facts, ws->command, true);
	ws->command = -1;
}

static void end_message(struct websocket *ws, struct facts *facts, enum side from)
{
	struct side_state *s = &ws->side[from];
	struct bytes text = bytes_from(s->message, s->kept);

	s->open = false;
	if (s->compressed) /* what was said is not known */
		ws->asked |= from == SIDE_CLIENT;
	else if (from == SIDE_CLIENT)
		take_client(ws, facts, text);
	else
		take_server(ws, facts, text);
	memset(s->message, 0, s->kept);
	s->kept = 0;
	s->word = (struct json_word){.at = 0};
}

static void end_frame(struct websocket *ws, struct facts *facts, enum side from)
{
	struct side_state *s = &ws->side[from];

	s->framed = false;
	s->header_have = 0;
	s->header_need = 2;
	if (!s->control && (s->header[0] & FLAG_FIN) && !ws->inner)
		end_message(ws, facts, from);
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

static void take_header(struct websocket *ws, struct facts *facts, enum side from, uint8_t byte)
{
	struct side_state *s = &ws->side[from];
	uint8_t length;

	s->header[s->header_have++] = byte;
	if (s->header_have == 2) {
		length = byte & 0x7f;
		s->header_need = (uint8_t)(2 + (length == 126 ? 2 : 0) + (length == 127 ? 8 : 0) +
					   (byte & FLAG_MASKED ? 4 : 0));
	}
	if (s->header_have < 2 || s->header_have < s->header_need)
		return;
	s->lost = !begin_frame(s, from);
	if (!s->lost && s->left == 0)
		end_frame(ws, facts, from);
}

static void feed_inner(struct websocket *ws, struct facts *facts, enum side from, struct bytes text)
{
	struct feed fed = {.from = from, .bytes = text};

	ws->inner->feed(ws->state, facts, &fed);
}

static void take_payload(struct websocket *ws, struct facts *facts, enum side from,
			 struct bytes *data)
{
	struct side_state *s = &ws->side[from];
	size_t n = s->left < data->left ? (size_t)s->left : data->left;
	struct bytes piece = bytes_sub(data, n < PIECE ? n : PIECE);
	uint8_t clear[PIECE];
	struct bytes text = bytes_from(clear, piece.left);
	size_t room = sizeof s->message - s->kept;

	s->left -= piece.left;
	for (size_t i = 0; i < piece.left; i++)
		clear[i] = piece.at[i] ^ s->mask[s->mask_at++ & 3];
	if (!s->control && !s->compressed && ws->inner)
		feed_inner(ws, facts, from, text);
	else if (!s->control && !s->compressed) {
		if (from == SIDE_CLIENT && ws->kind == WEBSOCKET_KERNEL)
			json_word_look(&s->word, "\"execute_request\"", text);
		room = room < text.left ? room : text.left;
		memcpy(s->message + s->kept, clear, room);
		s->kept = (uint16_t)(s->kept + room);
	}
	if (s->left == 0)
		end_frame(ws, facts, from);
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
	struct bytes data = fed->bytes;

	if (!ws->begun)
		begin(ws, facts, fed->hint);
	while (data.left != 0 && !s->lost) {
		if (s->framed)
			take_payload(ws, facts, fed->from, &data);
		else
			take_header(ws, facts, fed->from, bytes_u8(&data));
	}
}

/* A hole in a payload is harmless for the frames; what was read of the message is no whole. */
static void websocket_gap(void *state, struct facts *facts, enum side from, uint64_t missing)
{
	struct websocket *ws = state;
	struct side_state *s = &ws->side[from];

	if (ws->inner && ws->inner->gap)
		ws->inner->gap(ws->state, facts, from, missing);
	if (!s->framed || missing == 0 || missing >= s->left) {
		s->lost = true;
		return;
	}
	s->left -= missing;
	s->mask_at = (uint8_t)((s->mask_at + missing) & 3);
	s->kept = 0;
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
