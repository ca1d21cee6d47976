/* SPDX-License-Identifier: ISC */
/* See http_body.h. Codings: RFC 9110, 8.4; RFC 9112, 7. */
#include "dissectors/http/http_body.h"

#include <strings.h>

#include "dissectors/http/http_pages.h"

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
static void try_place(const struct http_reading *r, struct bytes text)
{
	struct http_body *body = r->body;

	if (body->tries == HTTP_LATE_TRIES)
		return;
	body->tries++;
	if (text.left > AHEAD)
		text.left = AHEAD;
	http_body_place(r->exchange, r->facts, text);
}

/* "# HELP node_load1": the family is what stands before the first "_". */
static void on_line(const struct http_reading *r, struct bytes line)
{
	struct http_body *body = r->body;
	struct bytes name = line;
	uint16_t family = 1;

	if (!begins(&line, "# HELP ") && !begins(&line, "# TYPE "))
		return;
	bytes_skip(&name, sizeof "# HELP " - 1);
	while (name.left != 0 && name.at[0] != '_' && !is_blank(name.at[0]))
		family = (uint16_t)(family * 31 + bytes_u8(&name));
	if (family != body->family)
		try_place(r, line);
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

static void scan_page(const struct http_reading *r, size_t from, size_t end)
{
	const struct http_text *text = r->text;

	for (size_t at = next_of(text, from, end, '<'); at < end;
	     at = next_of(text, at + 1, end, '<')) {
		struct bytes rest = bytes_from(text->bytes + at, text->length - at);

		if (begins(&rest, "<title"))
			try_place(r, rest);
		r->exchange->response.shell |= http_pages_shell(rest);
	}
	for (size_t at = next_of(text, from, end, '='); at < end;
	     at = next_of(text, at + 1, end, '='))
		r->exchange->response.password |= asks_password(text, at);
}

static void scan_metrics(const struct http_reading *r, size_t from, size_t end)
{
	const struct http_text *text = r->text;

	for (size_t at = next_of(text, from, end, '\n'); at < end;
	     at = next_of(text, at + 1, end, '\n'))
		on_line(r, bytes_from(text->bytes + at + 1, text->length - at - 1));
}

/* Looks for places in what has come; `last`: nothing more will. */
static void scan(const struct http_reading *r, bool last)
{
	size_t end = r->text->length;

	if (!last)
		end = end > AHEAD ? end - AHEAD : 0;
	if (end <= r->body->scanned)
		return;
	if (r->body->page)
		scan_page(r, r->body->scanned, end);
	else if (r->body->metrics)
		scan_metrics(r, r->body->scanned, end);
	r->body->scanned = (uint16_t)end;
}

/* Makes room for what comes next. */
static void slide(const struct http_reading *r)
{
	size_t gone = r->body->scanned > BEHIND ? (size_t)r->body->scanned - BEHIND : 0;

	r->text->length = (uint16_t)(r->text->length - gone);
	memmove(r->text->bytes, r->text->bytes + gone, r->text->length);
	r->body->scanned = (uint16_t)(r->body->scanned - gone);
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
static void show(const struct http_reading *r)
{
	struct bytes text = http_text_bytes(r->text);

	if (r->body->shown)
		return;
	r->body->shown = true;
	r->body->page = is_page(text);
	r->body->metrics = !r->body->page && begins(&text, "# ");
	http_body_begins(r->exchange, r->facts, text);
}

static void judge(const struct http_reading *r)
{
	struct http_response *response = &r->exchange->response;

	/* Cut off by a gap or the end, while another client has the turn. */
	if (response->matched && response->request.client != r->client)
		response->open = false;
	http_settle(r->exchange, r->facts);
}

void http_body_settle(const struct http_reading *r)
{
	if (r->within && !r->body->done) {
		show(r);
		scan(r, true);
	}
	r->body->done = true;
	judge(r);
}

/* A piece of a response's body as it was meant. */
static void take_response(const struct http_reading *r, struct bytes span)
{
	size_t most = (size_t)HTTP_BODY_MOST - r->body->looked;

	if (span.left > most)
		span.left = most;
	r->body->looked = (uint16_t)(r->body->looked + span.left);
	while (span.left != 0) {
		size_t room = sizeof r->text->bytes - r->text->length;
		struct bytes piece = bytes_sub(&span, span.left < room ? span.left : room);

		http_text_append(r->text, piece);
		if (r->text->length < sizeof r->text->bytes)
			break;
		show(r);
		if (!r->body->page)
			judge(r);
		scan(r, false);
		slide(r);
	}
	if (r->body->looked == HTTP_BODY_MOST ||
	    (r->body->shown && !r->body->page && !r->body->metrics))
		http_body_settle(r);
}

/* Has what was kept of the request's body, and what was searched, enough of it? */
static bool has_enough(const struct http_reading *r)
{
	const struct http_exchange *x = r->exchange;
	const struct http_text *text = r->text;

	return r->from == SIDE_CLIENT && !http_request_is_searched(x) &&
	       (text->length == sizeof text->bytes || !http_request_wants_body(x));
}

/* More of a request's body than is looked at: told if it could say what the request does. */
static void tell_left(const struct http_reading *r, bool more)
{
	if (more && r->from == SIDE_CLIENT && !r->facts->limited &&
	    http_request_leaves(r->exchange, r->facts))
		facts_limited(r->facts);
}

static void take(const struct http_reading *r, struct bytes span)
{
	struct http_exchange *x = r->exchange;
	size_t most = http_request_search_most(x);
	bool wanted = http_request_wants_body(x);

	if (r->from == SIDE_SERVER) {
		take_response(r, span);
		return;
	}
	http_request_search(x, span);
	if (wanted)
		http_text_append(r->text, span);
	r->body->done = has_enough(r);
	tell_left(r, r->body->done && span.left > most && (!wanted || r->text->cut));
}

static void unpack(const struct http_reading *r, struct bytes span)
{
	struct http_body *body = r->body;
	enum packing packing = body->middle ? PACKING_UNKNOWN : (enum packing)body->packing;
	enum unpacked result;
	struct bytes out;

	do {
		result = unpacker_next(r->fed, r->facts, packing, &span, &out);
		take(r, out);
	} while (result == UNPACKED_ON && !body->done);
	if (result <= UNPACKED_MORE && !body->done)
		return;
	tell_left(r, result == UNPACKED_FULL || result <= UNPACKED_MORE);
	unpacker_end(r->fed);
	if (r->from == SIDE_SERVER && !body->done)
		http_body_settle(r);
	body->done = true;
}

void http_body_take(const struct http_reading *r, struct bytes span)
{
	struct http_body *body = r->body;

	body->done |= has_enough(r);
	if (body->done) {
		tell_left(r, span.left != 0);
		return;
	}
	if (body->packing == PACKING_NONE)
		take(r, span);
	else
		unpack(r, span);
}
