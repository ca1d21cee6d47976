/* SPDX-License-Identifier: ISC */
/* See http_body.h. Codings: RFC 9110, 8.4; RFC 9112, 7. */
#include "dissectors/http/http_body.h"

#include <strings.h>

#include "dissectors/http/http_pages.h"
#include "dissectors/http/http_side.h"

#define AHEAD  64 /* bytes that a place needs behind it */
#define BEHIND 16 /* and before it */

/* Codings by their names; what is in neither list is no compression: clients read on. */
static const struct {
	const char *name;
	uint8_t packing;
} codings[] = {
	{"gzip", PACKING_GZIP},	       {"x-gzip", PACKING_GZIP},
	{"deflate", PACKING_DEFLATE},  {"br", PACKING_BROTLI},
	{"zstd", PACKING_ZSTD},	       {"snappy", PACKING_SNAPPY},
	{"compress", PACKING_UNKNOWN}, {"x-compress", PACKING_UNKNOWN},
	{"bzip2", PACKING_UNKNOWN},    {"x-bzip2", PACKING_UNKNOWN},
	{"xz", PACKING_UNKNOWN},       {"lzma", PACKING_UNKNOWN},
	{"lz4", PACKING_UNKNOWN},      {"sdch", PACKING_UNKNOWN},
	{"exi", PACKING_UNKNOWN},      {"dcb", PACKING_UNKNOWN},
	{"dcz", PACKING_UNKNOWN},      {"pack200-gzip", PACKING_UNKNOWN},
};

static bool is_blank(uint8_t c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* Do the bytes begin with this, in upper or lower case? */
static bool begins(const struct bytes *b, const char *word)
{
	size_t n = strlen(word);

	return b->left >= n && strncasecmp((const char *)b->at, word, n) == 0;
}

/* The next name of a list, without its parameters. */
static struct bytes take_name(struct bytes *list)
{
	struct bytes name;
	size_t n = 0, all = 0;

	while (list->left != 0 && (is_blank(list->at[0]) || list->at[0] == ','))
		bytes_skip(list, 1);
	while (all < list->left && list->at[all] != ',')
		all++;
	while (n < all && !is_blank(list->at[n]) && list->at[n] != ';')
		n++;
	name = bytes_from(list->at, n);
	bytes_skip(list, all);
	return name;
}

static void add_coding(struct http_body *body, struct bytes name)
{
	for (size_t i = 0; i < sizeof codings / sizeof *codings; i++) {
		if (name.left != strlen(codings[i].name) || !begins(&name, codings[i].name))
			continue;
		/* One inside the other is not read. */
		body->packing = body->packing == PACKING_NONE ? codings[i].packing
							      : (uint8_t)PACKING_UNKNOWN;
	}
}

void http_body_header(struct http_body *body, const char *name, struct bytes value)
{
	if (strcmp(name, "content-encoding") == 0 || strcmp(name, "transfer-encoding") == 0) {
		while (value.left != 0)
			add_coding(body, take_name(&value));
	} else if (strcmp(name, "content-range") == 0) {
		body->middle = !begins(&value, "bytes 0-");
	}
}

/* `text` begins with what a sign of the table may begin with. */
static void try_place(const struct http_context *c, struct bytes text)
{
	struct http_body *body = &http_side_of(c)->body;

	if (body->tries == HTTP_LATE_TRIES)
		return;
	body->tries++;
	if (text.left > AHEAD)
		text.left = AHEAD;
	http_body_place(&c->http->exchange, c->facts, text);
}

/* "# HELP node_load1": the family is what stands before the first "_". */
static void on_line(const struct http_context *c, struct bytes line)
{
	struct http_body *body = &http_side_of(c)->body;
	struct bytes name = line;
	uint16_t family = 1;

	if (!begins(&line, "# HELP ") && !begins(&line, "# TYPE "))
		return;
	bytes_skip(&name, sizeof "# HELP " - 1);
	while (name.left != 0 && name.at[0] != '_' && !is_blank(name.at[0]))
		family = (uint16_t)(family * 31 + bytes_u8(&name));
	if (family != body->family)
		try_place(c, line);
	body->family = family;
}

/* type="password", type=password, type = 'password': `at` is that of the "=". */
static bool asks_password(const struct http_text *text, size_t at)
{
	struct bytes value = bytes_from(text->bytes + at + 1, text->length - at - 1);

	while (value.left != 0 &&
	       (is_blank(value.at[0]) || value.at[0] == '"' || value.at[0] == '\''))
		bytes_skip(&value, 1);
	if (!begins(&value, "password"))
		return false;
	while (at > 0 && is_blank(text->bytes[at - 1]))
		at--;
	return at >= 4 && strncasecmp((const char *)text->bytes + at - 4, "type", 4) == 0;
}

static size_t next_of(const struct http_text *text, size_t from, size_t end, uint8_t byte)
{
	const uint8_t *at = from < end ? memchr(text->bytes + from, byte, end - from) : NULL;

	return at ? (size_t)(at - text->bytes) : end;
}

static void scan_page(const struct http_context *c, size_t from, size_t end)
{
	const struct http_text *text = &http_side_of(c)->text;

	for (size_t at = next_of(text, from, end, '<'); at < end;
	     at = next_of(text, at + 1, end, '<')) {
		struct bytes rest = bytes_from(text->bytes + at, text->length - at);

		if (begins(&rest, "<title"))
			try_place(c, rest);
		c->http->exchange.response.shell |= http_pages_shell(rest);
	}
	for (size_t at = next_of(text, from, end, '='); at < end;
	     at = next_of(text, at + 1, end, '='))
		c->http->exchange.response.password |= asks_password(text, at);
}

static void scan_metrics(const struct http_context *c, size_t from, size_t end)
{
	const struct http_text *text = &http_side_of(c)->text;

	for (size_t at = next_of(text, from, end, '\n'); at < end;
	     at = next_of(text, at + 1, end, '\n'))
		on_line(c, bytes_from(text->bytes + at + 1, text->length - at - 1));
}

/* Looks for places in what has come; `last`: nothing more will. */
static void scan(const struct http_context *c, bool last)
{
	struct http_side *side = http_side_of(c);
	size_t end = side->text.length;

	if (!last)
		end = end > AHEAD ? end - AHEAD : 0;
	if (end <= side->body.scanned)
		return;
	if (side->body.page)
		scan_page(c, side->body.scanned, end);
	else if (side->body.metrics)
		scan_metrics(c, side->body.scanned, end);
	side->body.scanned = (uint16_t)end;
}

/* Makes room for what comes next. */
static void slide(struct http_side *side)
{
	size_t gone = side->body.scanned > BEHIND ? (size_t)side->body.scanned - BEHIND : 0;

	side->text.length = (uint16_t)(side->text.length - gone);
	memmove(side->text.bytes, side->text.bytes + gone, side->text.length);
	side->body.scanned = (uint16_t)(side->body.scanned - gone);
}

static bool is_page(struct bytes text)
{
	for (; text.left != 0; bytes_skip(&text, 1)) {
		const uint8_t *at = memchr(text.at, '<', text.left);

		if (!at)
			return false;
		bytes_skip(&text, (size_t)(at - text.at));
		if (begins(&text, "<html") || begins(&text, "<!doctype html") ||
		    begins(&text, "<head") || begins(&text, "<body") || begins(&text, "<title"))
			return true;
	}
	return false;
}

/* The first window is full, or all there is of it has come. */
static void show(const struct http_context *c)
{
	struct http_side *side = http_side_of(c);
	struct bytes text = http_text_bytes(&side->text);

	if (side->body.shown)
		return;
	side->body.shown = true;
	side->body.page = is_page(text);
	side->body.metrics = !side->body.page && begins(&text, "# ");
	http_body_begins(&c->http->exchange, c->facts, text);
}

static void judge(const struct http_context *c)
{
	struct http_response *response = &c->http->exchange.response;

	/* Cut off by a gap or the end, while another client has the turn. */
	if (response->matched && response->request.client != c->http->head.client)
		response->open = false;
	http_settle(&c->http->exchange, c->facts);
}

void http_body_settle(struct http_context *c)
{
	struct http_context server = *c;
	struct http_side *side;

	server.from = SIDE_SERVER;
	side = http_side_of(&server);
	if (side->in_body && !side->body.done) {
		show(&server);
		scan(&server, true);
	}
	side->body.done = true;
	judge(&server);
}

/* A piece of a response's body as it was meant. */
static void take_response(struct http_context *c, struct bytes span)
{
	struct http_side *side = http_side_of(c);
	size_t most = (size_t)HTTP_BODY_MOST - side->body.looked;

	if (span.left > most)
		span.left = most;
	side->body.looked = (uint16_t)(side->body.looked + span.left);
	while (span.left != 0) {
		size_t room = (size_t)side->text.size - side->text.length;
		struct bytes piece = bytes_sub(&span, span.left < room ? span.left : room);

		http_text_append(&side->text, piece);
		if (side->text.length < side->text.size)
			break;
		show(c);
		if (!side->body.page)
			judge(c);
		scan(c, false);
		slide(side);
	}
	if (side->body.looked == HTTP_BODY_MOST ||
	    (side->body.shown && !side->body.page && !side->body.metrics))
		http_body_settle(c);
}

/* Has what was kept of the request's body, and what was searched, enough of it? */
static bool has_enough(const struct http_context *c)
{
	const struct http_exchange *x = &c->http->exchange;
	const struct http_text *text = &http_side_of(c)->text;

	return c->from == SIDE_CLIENT && !http_request_is_searched(x) &&
	       (text->length == text->size || !http_request_wants_body(x));
}

static void take(struct http_context *c, struct bytes span)
{
	struct http_exchange *x = &c->http->exchange;
	struct http_side *side = http_side_of(c);

	if (c->from == SIDE_SERVER) {
		take_response(c, span);
		return;
	}
	http_request_search(x, span);
	if (http_request_wants_body(x))
		http_text_append(&side->text, span);
	side->body.done = has_enough(c);
}

static void unpack(struct http_context *c, struct bytes span)
{
	struct http_body *body = &http_side_of(c)->body;
	enum packing packing = body->middle ? PACKING_UNKNOWN : (enum packing)body->packing;
	enum unpacked result;
	struct bytes out;

	do {
		result = unpacker_next(c->fed, c->facts, packing, &span, &out);
		take(c, out);
	} while (result == UNPACKED_ON && !body->done);
	if (result <= UNPACKED_MORE && !body->done)
		return;
	unpacker_end(c->fed);
	if (c->from == SIDE_SERVER && !body->done)
		http_body_settle(c);
	body->done = true;
}

void http_body_take(struct http_context *c, struct bytes span)
{
	struct http_body *body = &http_side_of(c)->body;

	body->done |= has_enough(c);
	if (body->done)
		return;
	if (body->packing == PACKING_NONE)
		take(c, span);
	else
		unpack(c, span);
}
