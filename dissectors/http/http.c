/* SPDX-License-Identifier: ISC */
/*
 * HTTP/1.x (RFC 9112), one reader for each direction. This file turns what the readers tell into
 * requests, headers and bodies of bounded size; http_exchange.c judges them.
 *
 * A side is in one of three modes. It parses; or it is lost (after a gap, or bytes that are not
 * HTTP) and looks for the next start of a message; or it is deaf, because another protocol has
 * taken over (101, CONNECT).
 *
 * Each request of a carrier (fed->forwarded) may be that of another client. Which one is known
 * when the headers have ended: until then `head` keeps what they say; then that client's turn
 * begins, and its facts are set. A response sets the facts of its request's client.
 *
 * Bytes of a response's headers and of its body never need to be kept at the same time, nor do
 * those of a request's target, headers and body: each side has one text.
 */
#include "dissectors/http/http2.h"
#include "dissectors/http/http_credentials.h"
#include "dissectors/http/http_products.h"
#include "dissectors/http/http_recognise.h"
#include "dissectors/http/http_side.h"
#include "dissectors/read/crowd.h"
#include "dissectors/websocket.h"

#define REQUEST_WEIGHT 4 /* a request costs as much as so many commands of a line: crowd.h */

static struct http_reading reading_of(const struct http_context *c, enum side from)
{
	struct http_side *side = &c->http->side[from];

	return (struct http_reading){
		.body = &side->body,
		.text = &side->text,
		.exchange = &c->http->exchange,
		.facts = c->facts,
		.fed = c->fed,
		.from = from,
		.within = side->in_body,
		.client = c->http->head.client,
	};
}

static void settle(const struct http_context *c)
{
	struct http_reading reading = reading_of(c, SIDE_SERVER);

	http_body_settle(&reading);
}

static void on_begin(struct http_context *c)
{
	struct http_side *side = http_side_of(c);

	http_text_wipe(&side->text);
	side->name.length = 0;
	side->in_value = false;
	side->in_body = false;
	side->body = (struct http_body){.packing = PACKING_NONE};
	unpacker_end(c->fed);
	if (c->from == SIDE_SERVER)
		http_response_begin(&c->http->exchange);
	else
		http_head_begin(&c->http->head);
}

static void on_line(struct http_context *c)
{
	struct http_side *side = http_side_of(c);

	if (c->from == SIDE_CLIENT)
		http_head_line(&c->http->head, &c->http->exchange, c->facts,
			       http_methods[side->reader.method], http_text_bytes(&side->text),
			       side->text.cut);
	http_text_wipe(&side->text);
}

/* The name of a header has ended; its value may be empty. */
static void begin_value(struct http_context *c)
{
	struct http_side *side = http_side_of(c);

	if (!side->in_value && c->from == SIDE_CLIENT && side->name.length < HTTP_NAME_MAX) {
		side->name.text[side->name.length] = '\0';
		forwarded_begin(&c->http->head.forwarded, side->name.text);
	}
	side->in_value = true;
}

static void on_value(struct http_context *c, struct bytes span)
{
	struct http_side *side = http_side_of(c);

	begin_value(c);
	http_text_append(&side->text, span);
	if (c->from == SIDE_CLIENT)
		forwarded_read(&c->http->head.forwarded, (const char *)span.at, span.left);
}

/* A header is complete: name and value, of which each may be cut. */
static void on_field(struct http_context *c)
{
	struct http_side *side = http_side_of(c);
	struct bytes value = http_text_bytes(&side->text);

	begin_value(c);
	side->name.text[side->name.length < HTTP_NAME_MAX ? side->name.length : HTTP_NAME_MAX] =
		'\0';
	if (side->name.length <= HTTP_NAME_MAX)
		http_body_header(&side->body, side->name.text, value);
	if (c->from == SIDE_CLIENT)
		http_head_header(&c->http->head, &c->http->exchange, c->facts, side->name.text,
				 value);
	else
		http_response_header(&c->http->exchange, c->facts, side->name.text, value,
				     side->reader.status);
	if (c->from == SIDE_CLIENT)
		forwarded_end(&c->http->head.forwarded);
	side->in_value = false;
	side->name.length = 0;
	http_text_wipe(&side->text);
}

/* Another protocol has taken over: if it is one that is read, its dissector does. */
static void upgrade(const struct http_context *c)
{
	const struct http_response *r = &c->http->exchange.response;
	static const uint8_t hints[] = {
		[CREDENTIALS_NONE] = 0,
		[CREDENTIALS_UNSURE] = WEBSOCKET_UNSURE,
		[CREDENTIALS_SENT] = WEBSOCKET_CREDENTIALS,
	};
	uint8_t credentials = r->matched ? r->request.credentials : CREDENTIALS_UNSURE;

	if (c->fed == NULL || r->status != 101 || r->upgrade == UPGRADE_NONE)
		return;
	c->fed->next = FEED_PROTOCOL;
	if (r->upgrade == UPGRADE_HTTP2) {
		c->fed->to = &http2_dissector;
		c->fed->hint = (uint8_t)(HTTP2_UPGRADED | credentials);
	} else {
		c->fed->to = &websocket_dissector;
		c->fed->hint = (uint8_t)(r->socket | hints[credentials]);
	}
}

static void on_head(struct http_context *c)
{
	struct http_side *side = http_side_of(c);

	side->in_body = true;
	if (c->from == SIDE_CLIENT) {
		http_head_end(&c->http->head, &c->http->exchange, c->facts);
		return;
	}
	switch (http_response_status(&c->http->exchange, side->reader.status)) {
	case FOLLOWS_TUNNEL:
		settle(c);
		c->http->side[SIDE_CLIENT].mode = side->mode = MODE_DEAF;
		upgrade(c);
		break;
	case FOLLOWS_NOTHING:
		http_reader_no_body(&side->reader);
		break;
	case FOLLOWS_BODY:
		break;
	}
	side->body.done |= !c->http->exchange.response.open;
}

static void on_body(struct http_context *c, struct bytes span)
{
	struct http_exchange *x = &c->http->exchange;
	struct http_reading reading = reading_of(c, c->from);

	if (c->from == SIDE_SERVER && x->response.open)
		x->response.has_body = true;
	http_body_take(&reading, span);
}

/* Of a request's body, or at a hole in it. */
static void end_search(const struct http_context *c)
{
	struct http_exchange *x = &c->http->exchange;

	http_request_search_end(x);
	if (x->response.request.serial == x->serial &&
	    x->response.request.client == c->http->head.client)
		http_settle_late(x, c->facts);
}

static void end_request(const struct http_context *c)
{
	struct http_exchange *x = &c->http->exchange;

	end_search(c);
	http_request_body(x, http_text_bytes(&http_side_of(c)->text));
}

static void on_message(struct http_context *c)
{
	struct http_side *side = http_side_of(c);

	if (c->from == SIDE_SERVER)
		settle(c);
	else
		end_request(c);
	unpacker_end(c->fed);
	side->in_body = false;
	http_text_wipe(&side->text);
}

static void get_lost(struct http_context *c, bool responses_missing)
{
	struct http_side *side = http_side_of(c);

	if (c->from == SIDE_SERVER) {
		settle(c);
		http_exchange_lost(&c->http->exchange, responses_missing);
	} else {
		end_search(c);
		c->http->exchange.unmatched |= c->http->exchange.pipelined;
	}
	unpacker_end(c->fed);
	http_text_wipe(&side->text);
	side->in_body = false;
	side->name.length = 0;
	if (side->mode != MODE_DEAF)
		side->mode = MODE_LOST;
}

static void on_event(struct http_context *c, enum http_event event, struct bytes span)
{
	switch (event) {
	case HTTP_BEGIN:
		on_begin(c);
		break;
	case HTTP_TARGET:
		http_text_append(&http_side_of(c)->text, span);
		break;
	case HTTP_LINE:
		on_line(c);
		break;
	case HTTP_NAME:
		http_text_name(&http_side_of(c)->name, span);
		break;
	case HTTP_VALUE:
		on_value(c, span);
		break;
	case HTTP_FIELD:
		on_field(c);
		break;
	case HTTP_HEAD:
		on_head(c);
		break;
	case HTTP_BODY:
		on_body(c, span);
		break;
	case HTTP_MESSAGE:
		on_message(c);
		break;
	case HTTP_BAD:
		get_lost(c, false);
		break;
	case HTTP_MORE:
		break;
	}
}

/*
 * Reads as far as the end of a head or a message at most: whose turn it is must then be asked. A
 * message without a body ends with its head.
 */
static void parse(struct http_context *c, struct bytes *data)
{
	struct http_side *side = http_side_of(c);
	struct bytes nothing = bytes_from(NULL, 0);
	struct bytes *in = data;
	enum http_event event;
	struct bytes span;

	do {
		size_t before = in->left;

		event = http_reader_next(&side->reader, in, &span);
		if (c->from == SIDE_CLIENT && !side->in_body)
			c->http->head.length += (uint32_t)(before - in->left);
		on_event(c, event, span);
		if (event == HTTP_HEAD)
			in = &nothing;
	} while (side->mode == MODE_PARSE && event != HTTP_MORE && event != HTTP_MESSAGE);
}

/* Looks for the start of the next message; the reader will find out if it was none. */
static void seek(struct http_context *c, uint8_t byte)
{
	struct http_side *side = http_side_of(c);
	char start[HTTP_START_MAX];
	struct bytes found;

	if (!http_seek_start(c->from, side->name.text, &side->name.length, byte))
		return;
	found = bytes_from(start, side->name.length);
	memcpy(start, side->name.text, found.left);
	side->mode = MODE_PARSE;
	http_reader_start(&side->reader, c->from == SIDE_CLIENT);
	parse(c, &found);
}

static void http_begin(void *state, struct facts *facts)
{
	struct http *http = state;

	http_reader_start(&http->side[SIDE_CLIENT].reader, true);
	http_reader_start(&http->side[SIDE_SERVER].reader, false);
	facts_set_service(facts, &http_services[0]);
	facts_set_encryption(facts, ENCRYPTION_CLEARTEXT);
}

static void http_feed(void *state, struct facts *facts, struct feed *fed)
{
	enum side from = fed->from;
	struct http_context c = {.http = state, .facts = facts, .fed = fed, .from = from};
	const struct http_side *side = http_side_of(&c);
	struct bytes data = fed->bytes;

	http_head_take_turn(&c.http->head, &c.http->exchange, facts, fed);
	while (data.left != 0 && side->mode != MODE_DEAF && fed->next == FEED_ON) {
		if (from == SIDE_SERVER &&
		    http_head_must_wait(&c.http->head, &c.http->exchange, fed))
			break;
		if (side->mode == MODE_PARSE && http_reader_fresh(&side->reader) &&
		    !crowd_begin(&data, REQUEST_WEIGHT))
			break;
		if (side->mode == MODE_PARSE)
			parse(&c, &data);
		else
			seek(&c, bytes_u8(&data));
		if (c.http->head.due) {
			fed->theirs = c.http->head.length;
			forwarded_tell(&c.http->head.forwarded.list, fed, facts);
		}
	}
	fed->rest = data.left;
}

/* In a request's body: a statement with a hole is not to be read, nor a mark. */
static void skip_hole(const struct http_context *c)
{
	end_search(c);
	http_text_wipe(&http_side_of(c)->text);
}

/*
 * A gap inside of a body of known length is harmless, and so is one in a body that ends with the
 * connection. Everything else is lost until the next message.
 */
static void http_gap(void *state, struct facts *facts, enum side from, uint64_t missing)
{
	struct http_context c = {.http = state, .facts = facts, .from = from};
	struct http_side *side = http_side_of(&c);

	if (side->mode == MODE_DEAF)
		return;
	if (side->mode != MODE_PARSE || !http_reader_gap(&side->reader, missing))
		get_lost(&c, from == SIDE_SERVER);
	else if (from == SIDE_SERVER)
		settle(&c);
	else
		skip_hole(&c);
	side->body.done |= from == SIDE_SERVER || side->body.packing != PACKING_NONE;
}

static void http_end(void *state, struct facts *facts)
{
	struct http_context c = {.http = state, .facts = facts, .from = SIDE_SERVER};

	settle(&c);
	if (c.http->exchange.pending[c.http->exchange.first].client == c.http->head.client)
		http_exchange_end(&c.http->exchange, facts);
}

const struct dissector http_dissector = {
	.name = "http",
	.transports = OVER_TCP,
	.state_size = sizeof(struct http),
	.service_count = HTTP_SERVICE_COUNT,
	.services = http_services,
	.recognised = "a request or status line of HTTP/1; the product by status, header lines and "
		      "the body's first bytes, unpacked",
	.crowded = CROWDED_GAP,
	.reads = READS_PRODUCT | READS_VERSION | READS_AUTH | READS_USER | READS_MECHANISM |
		 READS_COMMANDS | READS_LISTINGS | READS_DESTRUCTION | READS_EXECUTION |
		 READS_DATA | READS_ENCRYPTION | READS_HOST | READS_PATH | READS_OPERATION,
	.recognise = http_recognise,
	.begin = http_begin,
	.feed = http_feed,
	.gap = http_gap,
	.end = http_end,
};
