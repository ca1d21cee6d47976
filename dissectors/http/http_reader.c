/* SPDX-License-Identifier: ISC */
/*
 * See http_reader.h. One function for each place within a message, which is called with at least
 * one byte at hand. It takes bytes, or goes to another place, or both; so each byte is looked at
 * once or twice, and a reader that gets bytes always gets on.
 *
 *	request   START METHOD BEFORE_TARGET [SCHEME] TARGET VERSION MINOR LINE_END
 *	response  START VERSION MINOR BEFORE_STATUS STATUS REASON
 *	head      LINE (NAME BEFORE_VALUE VALUE LINE)... HEAD
 *	body      BODY, TO_CLOSE or (CHUNK_SIZE CHUNK_EXTENSION CHUNK_DATA CHUNK_END)...
 *	          and for the last, empty chunk the trailers: LINE (...)... HEAD
 */
#include "dissectors/http/http_reader.h"

enum state {
	STATE_START,
	STATE_METHOD,
	STATE_BEFORE_TARGET,
	STATE_SCHEME,
	STATE_TARGET,
	STATE_VERSION,
	STATE_MINOR,
	STATE_LINE_END,
	STATE_BEFORE_STATUS,
	STATE_STATUS,
	STATE_REASON,
	STATE_LF, /* after CR */
	STATE_LINE,
	STATE_NAME,
	STATE_BEFORE_VALUE,
	STATE_VALUE,
	STATE_CHUNK_SIZE,
	STATE_CHUNK_EXTENSION,
	STATE_CHUNK_END,
	/* From here on no limit but the body's. */
	STATE_CHUNK_DATA,
	STATE_BODY,
	STATE_TO_CLOSE,
	/* From here on no bytes are needed to get on. */
	STATE_HEAD,
	STATE_DONE,
	STATE_BAD,
};

/* Fields that say where the message ends. */
enum field {
	FIELD_OTHER,
	FIELD_CODING,
	FIELD_LENGTH,
};

static const char *const field_names[] = {"", "transfer-encoding", "content-length"};
static const char chunked[] = "chunked";

#define NO_MATCH UINT8_MAX /* of `at`, within a coding */

const char *const http_methods[HTTP_METHOD_COUNT] = {
	"GET",	  "POST",     "HEAD",	    "PUT",	 "DELETE", "OPTIONS",	 "CONNECT",
	"TRACE",  "PATCH",    "PROPFIND",   "PROPPATCH", "MKCOL",  "COPY",	 "MOVE",
	"LOCK",	  "UNLOCK",   "SEARCH",	    "BIND",	 "REBIND", "UNBIND",	 "ACL",
	"REPORT", "CHECKOUT", "MERGE",	    "M-SEARCH",	 "NOTIFY", "SUBSCRIBE",	 "UNSUBSCRIBE",
	"PURGE",  "LINK",     "MKCALENDAR", "UNLINK",	 "SOURCE", "MKACTIVITY",
};

static bool is_line_end(uint8_t c)
{
	return c == '\r' || c == '\n';
}

static bool is_blank(uint8_t c)
{
	return c == ' ' || c == '\t';
}

static bool is_digit(uint8_t c)
{
	return c >= '0' && c <= '9';
}

static bool is_letter(uint8_t c)
{
	return (c | 0x20) >= 'a' && (c | 0x20) <= 'z';
}

static uint8_t lower(uint8_t c)
{
	return c >= 'A' && c <= 'Z' ? (uint8_t)(c | 0x20) : c;
}

/* A target is not judged: tabs and bytes beyond ASCII come from real scanners. */
static bool is_target(uint8_t c)
{
	return (c > ' ' && c != 0x7f) || c == '\t' || c == '\f';
}

static bool is_text(uint8_t c)
{
	return !is_line_end(c);
}

/* RFC 9110's token, and blanks: "Name :" is wrong, and read by many servers. */
static bool is_name(uint8_t c)
{
	static const bool no[128] = {
		['"'] = true, ['('] = true,  [')'] = true, [','] = true, ['/'] = true, [':'] = true,
		[';'] = true, ['<'] = true,  ['='] = true, ['>'] = true, ['?'] = true, ['@'] = true,
		['['] = true, ['\\'] = true, [']'] = true, ['{'] = true, ['}'] = true,
	};

	return c >= ' ' && c < 0x7f && !no[c];
}

/* 16 if it is none. */
static unsigned hex_digit(uint8_t c)
{
	if (is_digit(c))
		return c - (unsigned)'0';
	c = lower(c);
	return c >= 'a' && c <= 'f' ? c - (unsigned)'a' + 10 : 16;
}

static bool append_digit(uint64_t *number, unsigned base, unsigned digit)
{
	if (*number > (UINT64_MAX - base) / base)
		return false;
	*number = *number * base + digit;
	return true;
}

/* The next byte, which is there. */
static uint8_t next_byte(const struct bytes *in)
{
	return in->at[0];
}

static inline struct bytes take_while(struct bytes *in, bool (*is)(uint8_t c))
{
	size_t n = 0;

	while (n < in->left && is(in->at[n]))
		n++;
	return bytes_sub(in, n);
}

static struct bytes take_body(struct bytes *in, uint64_t left)
{
	return bytes_sub(in, in->left < left ? in->left : (size_t)left);
}

static enum http_event go(struct http_reader *r, enum state state)
{
	r->state = (uint8_t)state;
	r->at = 0;
	return HTTP_MORE;
}

static enum http_event bad(struct http_reader *r)
{
	go(r, STATE_BAD);
	return HTTP_BAD;
}

static enum http_event pass(struct bytes *in)
{
	bytes_skip(in, 1);
	return HTTP_MORE;
}

/* Behind CR LF, or LF alone, comes `state`. */
static enum http_event end_line(struct http_reader *r, struct bytes *in, enum state state)
{
	uint8_t c = next_byte(in);

	if (!is_line_end(c))
		return bad(r);
	r->state = (uint8_t)(c == '\r' ? STATE_LF : state);
	r->after_lf = (uint8_t)state;
	return pass(in);
}

static enum http_event line_feed(struct http_reader *r, struct bytes *in)
{
	if (next_byte(in) != '\n')
		return bad(r);
	r->state = r->after_lf;
	return pass(in);
}

/* --- First lines ------------------------------------------------------------------------------ */

/* The first method that begins like the present one up to `at`, and goes on with c. */
static bool match_method(struct http_reader *r, uint8_t c)
{
	const char *begin = http_methods[r->method];

	for (uint8_t i = r->method; i < HTTP_METHOD_COUNT; i++) {
		if (strncmp(http_methods[i], begin, r->at) == 0 && http_methods[i][r->at] == c) {
			r->method = i;
			return true;
		}
	}
	return false;
}

/* Blank lines in front are to be passed over: RFC 9112 section 2.2. */
static enum http_event begin(struct http_reader *r, struct bytes *in)
{
	uint8_t c = next_byte(in);

	if (is_line_end(c))
		return pass(in);
	if (r->request ? !match_method(r, c) : c != 'H')
		return bad(r);
	go(r, r->request ? STATE_METHOD : STATE_VERSION);
	return HTTP_BEGIN;
}

static enum http_event method(struct http_reader *r, struct bytes *in)
{
	uint8_t c = next_byte(in);

	if (c == ' ' && http_methods[r->method][r->at] == '\0')
		return go(r, STATE_BEFORE_TARGET);
	if (c == '\0' || !match_method(r, c))
		return bad(r);
	r->at++;
	return pass(in);
}

/* Origin, asterisk, absolute and authority form: RFC 9112 section 3.2. */
static enum http_event before_target(struct http_reader *r, struct bytes *in)
{
	uint8_t c = next_byte(in);

	if (c == ' ')
		return pass(in);
	if (c == '/' || c == '*' || strcmp(http_methods[r->method], "CONNECT") == 0)
		return go(r, STATE_TARGET);
	return is_letter(c) ? go(r, STATE_SCHEME) : bad(r);
}

static enum http_event scheme(struct http_reader *r, struct bytes *in, struct bytes *span)
{
	static const char behind[] = "://";
	uint8_t c = next_byte(in);

	if (c == behind[r->at])
		r->at++;
	else if (r->at != 0 || !is_letter(c))
		return bad(r);
	if (r->at == sizeof behind - 1)
		go(r, STATE_TARGET);
	*span = bytes_sub(in, 1);
	return HTTP_TARGET;
}

static enum http_event target(struct http_reader *r, struct bytes *in, struct bytes *span)
{
	*span = take_while(in, is_target);
	if (span->left != 0)
		return HTTP_TARGET;
	return next_byte(in) == ' ' ? go(r, STATE_VERSION) : bad(r);
}

/* Any number of blanks are read in front of it. */
static enum http_event version(struct http_reader *r, struct bytes *in)
{
	static const char expected[] = "HTTP/1.";
	uint8_t c = next_byte(in);

	if (c == expected[r->at])
		r->at++;
	else if (r->at != 0 || c != ' ')
		return bad(r);
	bytes_skip(in, 1);
	return r->at == sizeof expected - 1 ? go(r, STATE_MINOR) : HTTP_MORE;
}

static enum http_event minor(struct http_reader *r, struct bytes *in)
{
	if (!is_digit(next_byte(in)))
		return bad(r);
	bytes_skip(in, 1);
	return go(r, r->request ? STATE_LINE_END : STATE_BEFORE_STATUS);
}

static enum http_event end_first_line(struct http_reader *r, struct bytes *in)
{
	r->due = HTTP_LINE;
	return end_line(r, in, STATE_LINE);
}

static enum http_event before_status(struct http_reader *r, struct bytes *in)
{
	uint8_t c = next_byte(in);

	if (r->at != 0 && is_digit(c))
		return go(r, STATE_STATUS);
	if (c != ' ')
		return bad(r);
	r->at = 1;
	return pass(in);
}

static enum http_event status(struct http_reader *r, struct bytes *in)
{
	uint8_t c = next_byte(in);

	if (!is_digit(c))
		return c == ' ' || is_line_end(c) ? go(r, STATE_REASON) : bad(r);
	r->status = (uint16_t)(r->status * 10 + (c - '0'));
	if (r->status > 999)
		return bad(r);
	return pass(in);
}

static enum http_event reason(struct http_reader *r, struct bytes *in)
{
	return take_while(in, is_text).left != 0 ? HTTP_MORE : end_first_line(r, in);
}

/* --- Fields ----------------------------------------------------------------------------------- */

/* The line before has ended for certain. */
static enum http_event tell_line(struct http_reader *r)
{
	enum http_event event = (enum http_event)r->due;

	if (event == HTTP_FIELD && r->field == FIELD_CODING)
		r->chunked = r->at == sizeof chunked - 1;
	r->due = HTTP_MORE;
	return r->trailer ? HTTP_MORE : event;
}

/* The first byte of a line says whether the field before goes on. */
static enum http_event line(struct http_reader *r, struct bytes *in)
{
	uint8_t c = next_byte(in);

	if (r->due == HTTP_FIELD && is_blank(c)) {
		r->state = r->empty ? STATE_BEFORE_VALUE : STATE_VALUE;
		return HTTP_MORE;
	}
	if (r->empty && r->field == FIELD_LENGTH)
		return bad(r);
	if (r->empty) {
		r->empty = false;
		return r->trailer ? HTTP_MORE : HTTP_VALUE;
	}
	if (is_line_end(c))
		return end_line(r, in, STATE_HEAD);
	if (!is_name(c))
		return bad(r);
	if (r->due != HTTP_MORE)
		return tell_line(r);
	c = r->trailer ? '\0' : lower(c);
	r->field = c == 't' ? FIELD_CODING : c == 'c' ? FIELD_LENGTH : FIELD_OTHER;
	return go(r, STATE_NAME);
}

static void match_name(struct http_reader *r, struct bytes span)
{
	const char *name = field_names[r->field];

	for (size_t i = 0; i < span.left && r->field != FIELD_OTHER; i++) {
		if (span.at[i] == ' ' && name[r->at] == '\0')
			continue;
		if (lower(span.at[i]) != name[r->at]) {
			r->field = FIELD_OTHER;
			r->at = 0;
			return;
		}
		r->at++;
	}
}

static enum http_event name(struct http_reader *r, struct bytes *in, struct bytes *span)
{
	*span = take_while(in, is_name);
	if (span->left != 0) {
		match_name(r, *span);
		return r->trailer ? HTTP_MORE : HTTP_NAME;
	}
	if (next_byte(in) != ':')
		return bad(r);
	bytes_skip(in, 1);
	if (field_names[r->field][r->at] != '\0')
		r->field = FIELD_OTHER;
	r->coded |= r->field == FIELD_CODING;
	r->empty = true;
	return go(r, STATE_BEFORE_VALUE);
}

static enum http_event end_field(struct http_reader *r, struct bytes *in)
{
	r->due = HTTP_FIELD;
	return end_line(r, in, STATE_LINE);
}

static enum http_event before_value(struct http_reader *r, struct bytes *in)
{
	uint8_t c = next_byte(in);

	if (is_line_end(c))
		return end_field(r, in);
	if (is_blank(c))
		return pass(in);
	r->empty = false;
	if (r->field == FIELD_LENGTH) {
		if (r->measured || !is_digit(c))
			return bad(r);
		r->measured = true;
	}
	return go(r, STATE_VALUE);
}

/* "gzip, chunked": only the last one frames the body. */
static void match_coding(struct http_reader *r, struct bytes span)
{
	const size_t end = sizeof chunked - 1;

	for (size_t i = 0; i < span.left; i++) {
		uint8_t c = lower(span.at[i]);

		if (c == ',')
			r->at = 0;
		else if (is_blank(c) && (r->at == 0 || r->at == end))
			continue;
		else if (r->at < end && c == chunked[r->at])
			r->at++;
		else
			r->at = NO_MATCH;
	}
}

/* Digits, and blanks behind them. */
static bool match_length(struct http_reader *r, uint8_t c)
{
	if (is_blank(c)) {
		r->at = 1;
		return true;
	}
	return r->at == 0 && is_digit(c) && append_digit(&r->left, 10, c - (unsigned)'0');
}

static enum http_event length(struct http_reader *r, struct bytes *in, struct bytes *span)
{
	size_t n = 0;

	while (n < in->left && match_length(r, in->at[n]))
		n++;
	if (n == 0)
		return bad(r);
	*span = bytes_sub(in, n);
	return HTTP_VALUE;
}

static enum http_event value(struct http_reader *r, struct bytes *in, struct bytes *span)
{
	if (is_line_end(next_byte(in)))
		return end_field(r, in);
	if (r->field == FIELD_LENGTH)
		return length(r, in, span);
	*span = take_while(in, is_text);
	if (r->field == FIELD_CODING)
		match_coding(r, *span);
	return r->trailer ? HTTP_MORE : HTTP_VALUE;
}

/* --- Bodies ----------------------------------------------------------------------------------- */

/* RFC 9112 section 6.3, but for what only the caller knows. */
static enum state body_state(const struct http_reader *r)
{
	if (r->chunked)
		return STATE_CHUNK_SIZE;
	if (r->coded)
		return STATE_TO_CLOSE;
	if (r->measured)
		return r->left != 0 ? STATE_BODY : STATE_DONE;
	return r->request ? STATE_DONE : STATE_TO_CLOSE;
}

static enum http_event head(struct http_reader *r)
{
	if (r->due != HTTP_MORE)
		return tell_line(r);
	if (r->trailer)
		return go(r, STATE_DONE);
	r->head_left = HTTP_HEAD_MAX;
	go(r, body_state(r));
	if (r->chunked)
		r->left = 0;
	return HTTP_HEAD;
}

static enum http_event body(struct http_reader *r, struct bytes *in, struct bytes *span)
{
	*span = take_body(in, r->left);
	r->left -= span->left;
	if (r->left == 0)
		go(r, STATE_DONE);
	return HTTP_BODY;
}

static enum http_event chunk_size(struct http_reader *r, struct bytes *in)
{
	uint8_t c = next_byte(in);
	bool ends = is_line_end(c) || c == ';' || c == ' ';

	if (ends && r->at != 0)
		return go(r, STATE_CHUNK_EXTENSION);
	if (hex_digit(c) > 15 || !append_digit(&r->left, 16, hex_digit(c)))
		return bad(r);
	r->at = 1;
	return pass(in);
}

static enum http_event chunk_extension(struct http_reader *r, struct bytes *in)
{
	if (take_while(in, is_text).left != 0)
		return HTTP_MORE;
	return end_line(r, in, STATE_CHUNK_DATA);
}

static enum http_event chunk_data(struct http_reader *r, struct bytes *in, struct bytes *span)
{
	bool last = r->left == 0;

	*span = take_body(in, r->left);
	r->left -= span->left;
	if (r->left != 0)
		return HTTP_BODY;
	r->head_left = HTTP_HEAD_MAX;
	r->trailer = last;
	go(r, last ? STATE_LINE : STATE_CHUNK_END);
	return last ? HTTP_MORE : HTTP_BODY;
}

/* --- All of it -------------------------------------------------------------------------------- */

static enum http_event step(struct http_reader *r, struct bytes *in, struct bytes *span)
{
	switch ((enum state)r->state) {
	case STATE_START:
		return begin(r, in);
	case STATE_METHOD:
		return method(r, in);
	case STATE_BEFORE_TARGET:
		return before_target(r, in);
	case STATE_SCHEME:
		return scheme(r, in, span);
	case STATE_TARGET:
		return target(r, in, span);
	case STATE_VERSION:
		return version(r, in);
	case STATE_MINOR:
		return minor(r, in);
	case STATE_LINE_END:
		return end_first_line(r, in);
	case STATE_BEFORE_STATUS:
		return before_status(r, in);
	case STATE_STATUS:
		return status(r, in);
	case STATE_REASON:
		return reason(r, in);
	case STATE_LF:
		return line_feed(r, in);
	case STATE_LINE:
		return line(r, in);
	case STATE_NAME:
		return name(r, in, span);
	case STATE_BEFORE_VALUE:
		return before_value(r, in);
	case STATE_VALUE:
		return value(r, in, span);
	case STATE_CHUNK_SIZE:
		return chunk_size(r, in);
	case STATE_CHUNK_EXTENSION:
		return chunk_extension(r, in);
	case STATE_CHUNK_END:
		return end_line(r, in, STATE_CHUNK_SIZE);
	case STATE_CHUNK_DATA:
		return chunk_data(r, in, span);
	case STATE_BODY:
		return body(r, in, span);
	case STATE_TO_CLOSE:
		*span = take_body(in, in->left);
		return HTTP_BODY;
	case STATE_HEAD:
		return head(r);
	case STATE_DONE:
		http_reader_start(r, r->request);
		return HTTP_MESSAGE;
	case STATE_BAD:
		break;
	}
	return HTTP_BAD;
}

/* One step that sees no more of a head than HTTP_HEAD_MAX lets through. */
static enum http_event step_in_head(struct http_reader *r, struct bytes *in, struct bytes *span)
{
	size_t seen = in->left < r->head_left ? in->left : r->head_left;
	struct bytes window = bytes_from(in->at, seen);
	enum http_event event;

	if (seen == 0)
		return bad(r);
	r->head_left -= (uint32_t)seen;
	event = step(r, &window, span);
	r->head_left += (uint32_t)window.left;
	bytes_skip(in, seen - window.left);
	return event;
}

void http_reader_start(struct http_reader *r, bool request)
{
	*r = (struct http_reader){.request = request, .head_left = HTTP_HEAD_MAX};
}

bool http_reader_fresh(const struct http_reader *r)
{
	return r->state == STATE_START;
}

enum http_event http_reader_next(struct http_reader *r, struct bytes *in, struct bytes *span)
{
	enum http_event event = HTTP_MORE;

	*span = bytes_from(NULL, 0);
	while (event == HTTP_MORE && (in->left != 0 || r->state >= STATE_HEAD)) {
		*span = bytes_from(NULL, 0);
		event = r->state < STATE_CHUNK_DATA ? step_in_head(r, in, span) : step(r, in, span);
	}
	return event;
}

void http_reader_no_body(struct http_reader *r)
{
	go(r, STATE_DONE);
}

bool http_reader_gap(struct http_reader *r, uint64_t missing)
{
	if (r->state == STATE_TO_CLOSE)
		return !r->request;
	if (r->state != STATE_BODY || missing == 0 || missing >= r->left)
		return false;
	r->left -= missing;
	return true;
}
