/* SPDX-License-Identifier: ISC */
/*
 * Any bytes for the reader of HTTP/1, as one direction and as the other. The input is that of
 * fuzz_dissect.h; gaps are passed over. With the first byte's highest bit all responses answer
 * HEAD.
 *
 * What is told must not depend on where the pieces end. Where http-parser is installed it is asked
 * as well, one byte at a time, and must tell the same, up to a place where we read otherwise on
 * purpose: differs() has all kinds of them, and tests/unit/dissectors/test_http_reader.c the cases.
 */
#include "dissectors/http/http_reader.c"
#include "tests/fuzz/fuzz_dissect.h"

#define LOG_MAX 65536 /* bytes; what is told beyond is not compared */

/* All that was told, spans put together: a letter for each event, and text. */
struct log {
	uint64_t body;
	size_t length;
	char last;
	char text[LOG_MAX];
};

/* How one direction is to be read. */
struct stream {
	struct bytes bytes;
	bool request;
	bool head; /* these are responses to HEAD */
};

static void log_text(struct log *log, const void *text, size_t length)
{
	size_t room = sizeof log->text - log->length;

	if (length > room)
		length = room;
	if (length != 0)
		memcpy(log->text + log->length, text, length);
	log->length += length;
}

static void log_event(struct log *log, char letter)
{
	char number[32];

	if (log->body != 0)
		log_text(log, number,
			 (size_t)sprintf(number, "%llu", (unsigned long long)log->body));
	log->body = 0;
	log->last = letter;
	log_text(log, &letter, 1);
}

static void log_span(struct log *log, char letter, const void *at, size_t length)
{
	if (log->last != letter)
		log_event(log, letter);
	log_text(log, at, length);
}

static void log_line(struct log *log, const char *method, unsigned status)
{
	char number[16];

	log_event(log, 'L');
	log_text(log, method, strlen(method));
	log_text(log, number, (size_t)sprintf(number, "%u", status));
}

static bool has_no_body(const struct stream *stream, unsigned status)
{
	return !stream->request &&
	       (stream->head || status / 100 == 1 || status == 204 || status == 304);
}

static void log_told(struct log *log, const struct http_reader *r, enum http_event event,
		     struct bytes span)
{
	static const char letters[] = {
		[HTTP_BEGIN] = 'B', [HTTP_TARGET] = 'T', [HTTP_NAME] = 'N',    [HTTP_VALUE] = 'V',
		[HTTP_FIELD] = 'F', [HTTP_HEAD] = 'H',	 [HTTP_MESSAGE] = 'M', [HTTP_BAD] = '!',
	};

	if (event == HTTP_LINE)
		log_line(log, r->request ? http_methods[r->method] : "", r->status);
	else if (event == HTTP_BODY)
		log->body += span.left;
	else if (event == HTTP_TARGET || event == HTTP_NAME || event == HTTP_VALUE)
		log_span(log, letters[event], span.at, span.left);
	else
		log_event(log, letters[event]);
}

/* All that can be told of these bytes; false if it was the last of this stream. */
static bool read_piece(const struct stream *stream, struct http_reader *r, struct bytes in,
		       struct log *log)
{
	enum http_event event;
	struct bytes span;

	while ((event = http_reader_next(r, &in, &span)) != HTTP_MORE) {
		log_told(log, r, event, span);
		if (event == HTTP_BAD || (event == HTTP_HEAD && r->status == 101))
			return false;
		if (event == HTTP_HEAD && has_no_body(stream, r->status))
			http_reader_no_body(r);
	}
	if (in.left != 0)
		abort();
	return true;
}

static void read_stream(const struct stream *stream, size_t chunk, struct log *log)
{
	struct bytes rest = stream->bytes;
	struct http_reader reader;
	bool more = true;

	log->length = log->body = 0;
	log->last = '\0';
	http_reader_start(&reader, stream->request);
	while (rest.left != 0 && more) {
		struct bytes piece = bytes_sub(&rest, rest.left < chunk ? rest.left : chunk);
		uint8_t *copy = dissect_copy(piece.at, piece.left);

		more = read_piece(stream, &reader, bytes_from(copy, piece.left), log);
		free(copy);
	}
	log_event(log, '.');
}

static void must_be_same(const struct log *a, const struct log *b)
{
	if (a->length == b->length && memcmp(a->text, b->text, a->length) == 0)
		return;
	fprintf(stderr, "%.*s\n-- but:\n%.*s\n", (int)a->length, a->text, (int)b->length, b->text);
	abort();
}

#ifdef FUZZ_HTTP_PARSER
#define HTTP_HEAD OLD_HTTP_HEAD /* a method of theirs, an event of ours */
#include <http_parser.h>
#undef HTTP_HEAD

struct old {
	const struct stream *stream;
	struct log *log;
	bool line_told;
	bool in_value;
	bool in_body;
	bool ended;
};

static int old_begin(http_parser *parser)
{
	struct old *old = parser->data;

	log_event(old->log, 'B');
	old->line_told = old->in_value = old->in_body = false;
	return 0;
}

static int old_target(http_parser *parser, const char *at, size_t length)
{
	struct old *old = parser->data;

	log_span(old->log, 'T', at, length);
	return 0;
}

static void old_line(struct old *old, const http_parser *parser)
{
	bool request = old->stream->request;

	if (!old->line_told)
		log_line(old->log, request ? http_method_str((enum http_method)parser->method) : "",
			 request ? 0 : parser->status_code);
	old->line_told = true;
	if (old->in_value)
		log_event(old->log, 'F');
	old->in_value = false;
}

static int old_name(http_parser *parser, const char *at, size_t length)
{
	struct old *old = parser->data;

	if (old->in_body)
		return 0;
	old_line(old, parser);
	log_span(old->log, 'N', at, length);
	return 0;
}

static int old_value(http_parser *parser, const char *at, size_t length)
{
	struct old *old = parser->data;

	if (old->in_body)
		return 0;
	old->in_value = true;
	log_span(old->log, 'V', at, length);
	return 0;
}

static int old_head(http_parser *parser)
{
	struct old *old = parser->data;

	old_line(old, parser);
	log_event(old->log, 'H');
	old->in_body = true;
	if (old->stream->request)
		parser->upgrade = 0;
	old->ended = !old->stream->request && parser->status_code == 101;
	return has_no_body(old->stream, parser->status_code);
}

static int old_body(http_parser *parser, const char *at, size_t length)
{
	struct old *old = parser->data;

	(void)at;
	old->log->body += length;
	return 0;
}

static int old_message(http_parser *parser)
{
	struct old *old = parser->data;

	if (!old->ended)
		log_event(old->log, 'M');
	return 0;
}

static const http_parser_settings callbacks = {
	.on_message_begin = old_begin,
	.on_url = old_target,
	.on_header_field = old_name,
	.on_header_value = old_value,
	.on_headers_complete = old_head,
	.on_body = old_body,
	.on_message_complete = old_message,
};

static void read_old(const struct stream *stream, struct log *log)
{
	struct old old = {.stream = stream, .log = log};
	struct bytes rest = stream->bytes;
	http_parser parser;

	log->length = log->body = 0;
	log->last = '\0';
	http_parser_init(&parser, stream->request ? HTTP_REQUEST : HTTP_RESPONSE);
	parser.allow_chunked_length = 1;
	parser.lenient_http_headers = 1;
	parser.data = &old;
	while (rest.left != 0 && !old.ended && parser.http_errno == HPE_OK)
		http_parser_execute(&parser, &callbacks, (const char *)bytes_take(&rest, 1), 1);
	if (parser.http_errno != HPE_OK && !old.ended)
		log_event(log, '!');
	log_event(log, '.');
}

/* Is the byte that comes next one in which we want to differ from http-parser 2.9? */
static bool differs(const struct http_reader *r, uint8_t c, bool *authority)
{
	bool coding = r->field == FIELD_CODING;

	switch ((enum state)r->state) {
	case STATE_LF: /* it takes any byte for the LF behind most CRs */
		return c != '\n';
	case STATE_VERSION: /* it takes any letters for "HTTP/", ICE/, and any version at first */
		return c != "HTTP/1."[r->at] && (r->at != 0 || c != ' ');
	case STATE_SCHEME:
		*authority = true;
		return false;
	case STATE_BEFORE_TARGET: /* it knows what an authority is made of */
	case STATE_TARGET:	  /* it has read HTTP/0.9 when the line ends here */
		*authority |= strcmp(http_methods[r->method], "CONNECT") == 0;
		if (*authority && c != '/' && c != '.' && c != ':' && !is_letter(c) && !is_digit(c))
			return true;
		*authority &= c != '/';
		return is_line_end(c);
	case STATE_CHUNK_SIZE: /* bytes beyond ASCII are zeros for it */
		return c == '\n' || c >= 0x80;
	case STATE_CHUNK_EXTENSION: /* wants CR LF around chunks, takes any two bytes behind */
		return c == '\n';
	case STATE_CHUNK_END:
		return c != '\r';
	case STATE_NAME: /* "Transfer-Encoding-X" is enough for it, so that the body never ends */
		return coding && field_names[r->field][r->at] == '\0' && is_name(c) && c != ' ';
	case STATE_LINE: /* it understands no folded coding, and reads the lengths of trailers */
		return coding ? r->due == HTTP_FIELD && is_blank(c) : r->trailer && lower(c) == 'c';
	case STATE_BEFORE_VALUE: /* it loses count in lists of codings */
	case STATE_VALUE:	 /* a tab behind the length is bad for it */
		return (coding && (c == ',' || c == '\t')) ||
		       (r->field == FIELD_LENGTH && c == '\t' && !r->empty);
	default:
		return false;
	}
}

static size_t until_it_differs(const struct stream *stream, struct log *log)
{
	struct http_reader reader;
	bool authority = false;
	bool more = true;
	size_t at = 0;

	http_reader_start(&reader, stream->request);
	for (; at < stream->bytes.left && more; at++) {
		if (reader.state == STATE_START)
			authority = false;
		if (differs(&reader, stream->bytes.at[at], &authority))
			return at;
		more = read_piece(stream, &reader, bytes_from(stream->bytes.at + at, 1), log);
	}
	return stream->bytes.left;
}

static void compare(struct stream stream, struct log *own, struct log *log)
{
	stream.bytes.left = until_it_differs(&stream, log);
	read_stream(&stream, SIZE_MAX, own);
	read_old(&stream, log);
	must_be_same(log, own);
}
#else
static void compare(struct stream stream, struct log *own, struct log *log)
{
	(void)stream, (void)own, (void)log;
}
#endif

static void check(const struct stream *stream, size_t chunk)
{
	static struct log whole, other;

	read_stream(stream, SIZE_MAX, &whole);
	read_stream(stream, chunk, &other);
	must_be_same(&whole, &other);
	compare(*stream, &whole, &other);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct turn turns[FUZZ_TURNS_MAX];
	size_t count;

	if (size < 2)
		return 0;
	count = fuzz_turns(bytes_from(data + 1, size - 1), turns);
	for (unsigned side = 0; side < 2; side++) {
		uint8_t *bytes = dissect_copy(NULL, 0);
		struct stream stream = {.request = side == SIDE_CLIENT, .head = data[0] & 0x80};
		size_t length = 0;

		for (size_t i = 0; i < count; i++) {
			if (turns[i].bytes == NULL || turns[i].from != side)
				continue;
			bytes = realloc(bytes, length + turns[i].length);
			if (bytes == NULL)
				abort();
			memcpy(bytes + length, turns[i].bytes, turns[i].length);
			length += turns[i].length;
		}
		stream.bytes = bytes_from(bytes, length);
		check(&stream, 1u + data[0] % 16u);
		free(bytes);
	}
	return 0;
}
