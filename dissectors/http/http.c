/* SPDX-License-Identifier: ISC */
/*
 * HTTP/1.x over http-parser 2.9, one parser for each direction. This file turns bytes into
 * requests, headers and bodies of bounded size; http_exchange.c says what they mean.
 *
 * A side is in one of three modes. It parses; or it is lost (after a gap, or bytes that are not
 * HTTP) and looks for the next start of a message; or it is deaf, because another protocol has taken
 * over (101, CONNECT). A parser holds a pointer only while it runs.
 *
 * Behind a believed balancer each request may come from another client (facts.carried). Who it is is
 * known when the headers have ended: until then they are told to `head`, and then to the facts of
 * that client, whose turn it becomes. A response is told to the client of its request.
 *
 * Bytes of a response's headers and of its body never need to be kept at the same time, nor do
 * those of a request's target, headers and body: each side has one text.
 */
#include <http_parser.h>

#include "dissectors/dissector.h"
#include "dissectors/http/http_exchange.h"
#include "dissectors/http/http_head.h"
#include "dissectors/http/http_probe.h"
#include "dissectors/http/http_products.h"
#include "dissectors/http/http_text.h"

enum mode {
	MODE_PARSE,
	MODE_LOST,
	MODE_DEAF,
};

struct http_side {
	http_parser parser;
	uint64_t body_left; /* of a body of known length */
	uint8_t mode;
	bool in_value;
	bool line_done; /* the first line has been told */
	bool in_body;
	struct http_name name;
	struct http_text text;
};

struct http {
	struct http_side side[2];
	struct http_exchange exchange;
	struct http_head head;
};

_Static_assert(sizeof(struct http) <= DISSECTOR_STATE_MAX, "the state is too large");

/* What callbacks need; lives for one call of http_parser_execute(). */
struct context {
	struct http *http;
	struct facts *facts;
	enum side from;
};

static struct http_side *side_of(const struct context *c)
{
	return &c->http->side[c->from];
}

static void settle(const struct context *c)
{
	struct http_side *side = &c->http->side[SIDE_SERVER];
	struct http_response *response = &c->http->exchange.response;

	/* Cut off by a gap or the end, while another client has the turn. */
	if (c->facts->carried && response->matched && response->request.party != c->facts->party)
		response->open = false;
	http_settle(&c->http->exchange, c->facts,
		    bytes_from(side->text.bytes, side->in_body ? side->text.length : 0));
}

static int on_message_begin(http_parser *parser)
{
	const struct context *c = parser->data;
	struct http_side *side = side_of(c);

	http_text_wipe(&side->text);
	side->name.length = 0;
	side->in_value = false;
	side->line_done = false;
	side->in_body = false;
	side->body_left = 0;
	if (c->from == SIDE_SERVER)
		http_response_begin(&c->http->exchange);
	else
		http_head_begin(&c->http->head);
	return 0;
}

static int on_url(http_parser *parser, const char *at, size_t length)
{
	http_text_append(&side_of(parser->data)->text, at, length);
	return 0;
}

/* The first line is complete: true, unless it is of another version and not to be trusted. */
static bool line_end(const struct context *c)
{
	struct http_side *side = side_of(c);

	if (side->line_done)
		return true;
	if (side->parser.http_major != 1)
		return false;
	side->line_done = true;
	if (c->from == SIDE_CLIENT)
		http_head_line(&c->http->head, &c->http->exchange, c->facts,
			       http_method_str((enum http_method)side->parser.method),
			       http_text_bytes(&side->text), side->text.cut);
	http_text_wipe(&side->text);
	return true;
}

/* A header is complete: name and value, of which each may be cut. */
static void header_end(const struct context *c)
{
	struct http_side *side = side_of(c);
	struct bytes value = http_text_bytes(&side->text);

	if (side->in_value && side->name.length <= HTTP_NAME_MAX) {
		side->name.text[side->name.length] = '\0';
		if (c->from == SIDE_CLIENT)
			http_head_header(&c->http->head, &c->http->exchange, c->facts,
					 side->name.text, value);
		else
			http_response_header(&c->http->exchange, c->facts, side->name.text, value,
					     (uint16_t)side->parser.status_code);
	}
	if (c->from == SIDE_CLIENT)
		forwarded_end(&c->http->head.forwarded);
	side->in_value = false;
	side->name.length = 0;
	http_text_wipe(&side->text);
}

static int on_header_field(http_parser *parser, const char *at, size_t length)
{
	const struct context *c = parser->data;
	struct http_side *side = side_of(c);

	if (side->in_body) /* trailers say nothing that we want */
		return 0;
	if (!line_end(c))
		return -1;
	if (side->in_value)
		header_end(c);
	http_text_name(&side->name, at, length);
	return 0;
}

static int on_header_value(http_parser *parser, const char *at, size_t length)
{
	const struct context *c = parser->data;
	struct http_side *side = side_of(c);

	if (side->in_body)
		return 0;
	if (!side->in_value && c->from == SIDE_CLIENT && side->name.length < HTTP_NAME_MAX) {
		side->name.text[side->name.length] = '\0';
		forwarded_begin(&c->http->head.forwarded, side->name.text);
	}
	side->in_value = true;
	http_text_append(&side->text, at, length);
	if (c->from == SIDE_CLIENT)
		forwarded_read(&c->http->head.forwarded, at, length);
	return 0;
}

/* Returns what http-parser wants: 1 no body follows, 2 no HTTP follows. */
static int on_headers_complete(http_parser *parser)
{
	const struct context *c = parser->data;
	struct http_side *side = side_of(c);

	if (!line_end(c))
		return -1;
	header_end(c);
	side->in_body = true;
	if (!(parser->flags & F_CHUNKED) && parser->content_length != UINT64_MAX)
		side->body_left = parser->content_length;
	if (c->from == SIDE_CLIENT) {
		/* Whether anything is upgraded is for the server to say. */
		parser->upgrade = 0;
		http_head_end(&c->http->head, &c->http->exchange, c->facts);
		return 0;
	}
	switch (http_response_status(&c->http->exchange, (uint16_t)parser->status_code)) {
	case FOLLOWS_TUNNEL:
		settle(c);
		c->http->side[SIDE_CLIENT].mode = side->mode = MODE_DEAF;
		return 2;
	case FOLLOWS_NOTHING:
		side->body_left = 0;
		return 1;
	default:
		return 0;
	}
}

static int on_body(http_parser *parser, const char *at, size_t length)
{
	const struct context *c = parser->data;
	struct http_exchange *x = &c->http->exchange;
	struct http_side *side = side_of(c);

	side->body_left -= side->body_left < length ? side->body_left : length;
	if (c->from == SIDE_CLIENT ? http_request_wants_body(x) : x->response.open)
		http_text_append(&side->text, at, length);
	if (c->from == SIDE_SERVER && x->response.open) {
		x->response.has_body = true;
		if (side->text.length == HTTP_BODY_WINDOW)
			settle(c);
	}
	return 0;
}

static int on_message_complete(http_parser *parser)
{
	const struct context *c = parser->data;
	struct http_side *side = side_of(c);

	if (c->from == SIDE_SERVER)
		settle(c);
	else
		http_request_body(&c->http->exchange, http_text_bytes(&side->text));
	side->in_body = false;
	side->body_left = 0;
	http_text_wipe(&side->text);
	http_parser_pause(parser, 1); /* the next message is not part of this body */
	return 0;
}

static const http_parser_settings callbacks = {
	.on_message_begin = on_message_begin,
	.on_url = on_url,
	.on_header_field = on_header_field,
	.on_header_value = on_header_value,
	.on_headers_complete = on_headers_complete,
	.on_body = on_body,
	.on_message_complete = on_message_complete,
};

static void parser_start(struct http_side *side, enum side from)
{
	http_parser_init(&side->parser, from == SIDE_CLIENT ? HTTP_REQUEST : HTTP_RESPONSE);
	/* Be as generous as the servers are that attackers talk to. */
	side->parser.allow_chunked_length = 1;
	side->parser.lenient_http_headers = 1;
}

static void get_lost(const struct context *c, bool responses_missing)
{
	struct http_side *side = side_of(c);

	if (c->from == SIDE_SERVER) {
		settle(c);
		http_exchange_lost(&c->http->exchange, responses_missing);
	} else {
		c->http->exchange.unmatched |= c->http->exchange.pipelined;
	}
	http_text_wipe(&side->text);
	side->in_body = false;
	side->body_left = 0;
	side->name.length = 0;
	if (side->mode != MODE_DEAF)
		side->mode = MODE_LOST;
}

/*
 * Returns how many bytes were parsed. Outside of bodies that is one at a time: http-parser tells of
 * a header at the end of its input as well, so what an error swallows would depend on the pieces.
 */
static size_t parse(struct context *c, const void *bytes, size_t length)
{
	struct http_side *side = side_of(c);
	size_t n;

	side->parser.data = c;
	n = http_parser_execute(&side->parser, &callbacks, bytes, side->in_body ? length : 1);
	side->parser.data = NULL;
	if (side->mode == MODE_DEAF)
		return length;
	if (HTTP_PARSER_ERRNO(&side->parser) == HPE_PAUSED)
		http_parser_pause(&side->parser, 0);
	else if (HTTP_PARSER_ERRNO(&side->parser) != HPE_OK || side->parser.upgrade)
		get_lost(c, false);
	return n < length ? n : length;
}

/* Looks for the start of the next message; a new parser will find out if it was none. */
static void seek(struct context *c, uint8_t byte)
{
	struct http_side *side = side_of(c);
	char start[HTTP_START_MAX];
	size_t length;

	if (!http_seek_start(c->from, side->name.text, &side->name.length, byte))
		return;
	length = side->name.length;
	memcpy(start, side->name.text, length);
	side->mode = MODE_PARSE;
	parser_start(side, c->from);
	for (size_t i = 0; i < length && side->mode == MODE_PARSE; i++)
		parse(c, start + i, 1);
}

static void http_begin(void *state, struct facts *facts)
{
	struct http *http = state;

	parser_start(&http->side[SIDE_CLIENT], SIDE_CLIENT);
	parser_start(&http->side[SIDE_SERVER], SIDE_SERVER);
	http->side[SIDE_CLIENT].text.size = HTTP_CLIENT_TEXT;
	http->side[SIDE_SERVER].text.size = HTTP_TEXT_MAX;
	facts_set_service(facts, &http_services[0]);
	facts_set_encryption(facts, ENCRYPTION_CLEARTEXT);
}

static void http_feed(void *state, struct facts *facts, struct feed *fed)
{
	enum side from = fed->from;
	struct context c = {.http = state, .facts = facts, .from = from};
	const struct http_side *side = side_of(&c);
	struct bytes data = fed->bytes;
	bool head;

	http_head_take_turn(&c.http->head, &c.http->exchange, facts);
	while (data.left != 0 && side->mode != MODE_DEAF) {
		if (from == SIDE_SERVER &&
		    http_head_must_wait(&c.http->head, &c.http->exchange, facts, data.left))
			return;
		head = from == SIDE_CLIENT && !side->in_body;
		if (side->mode == MODE_PARSE)
			bytes_skip(&data, parse(&c, data.at, data.left));
		else
			seek(&c, bytes_u8(&data));
		c.http->head.length += head;
		if (c.http->head.due) {
			facts->turn_bytes = c.http->head.length;
			facts_forwarded(facts, &c.http->head.forwarded.list, data.left);
			return;
		}
	}
}

/*
 * A gap inside of a body of known length is harmless, and so is one in a body that ends with the
 * connection. Everything else is lost until the next message.
 */
static void http_gap(void *state, struct facts *facts, enum side from, uint64_t missing)
{
	struct context c = {.http = state, .facts = facts, .from = from};
	struct http_side *side = side_of(&c);
	bool to_the_end = side->in_body && from == SIDE_SERVER && side->body_left == 0 &&
			  !(side->parser.flags & F_CHUNKED);
	bool inside = side->in_body && missing != 0 && missing < side->body_left;

	if (side->mode == MODE_DEAF)
		return;
	if (side->mode != MODE_PARSE || !(to_the_end || inside)) {
		get_lost(&c, from == SIDE_SERVER);
		return;
	}
	if (from == SIDE_SERVER)
		settle(&c);
	else
		http_text_wipe(&side->text); /* a statement with a hole is not to be read */
	if (inside) {
		side->body_left -= missing;
		side->parser.content_length -= missing;
	}
}

static void http_end(void *state, struct facts *facts)
{
	struct context c = {.http = state, .facts = facts, .from = SIDE_SERVER};

	settle(&c);
}

const struct dissector http_dissector = {
	.name = "http",
	.transports = OVER_TCP,
	.state_size = sizeof(struct http),
	.service_count = HTTP_SERVICE_COUNT,
	.services = http_services,
	.recognised = "a request or status line of HTTP/1; the product by status, header lines and "
		      "the body's first bytes",
	.reads = READS_PRODUCT | READS_VERSION | READS_AUTH | READS_USER | READS_MECHANISM |
		 READS_COMMANDS | READS_LISTINGS | READS_DESTRUCTION | READS_DATA |
		 READS_ENCRYPTION | READS_HOST | READS_PATH | READS_OPERATION,
	.probe = http_probe,
	.begin = http_begin,
	.feed = http_feed,
	.gap = http_gap,
	.end = http_end,
};
