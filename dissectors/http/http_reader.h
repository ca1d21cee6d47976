/* SPDX-License-Identifier: ISC */
/*
 * One direction of an HTTP/1.x connection (RFC 9112), read message by message. Bytes come in pieces
 * of any size; what is found does not depend on where they end. The reader keeps no bytes and no
 * pointer: it returns a line's parts as spans of the input, one part perhaps in several spans.
 *
 * The parts of a message are returned in this order:
 *
 *	HTTP_BEGIN
 *	HTTP_TARGET ...			of a request
 *	HTTP_LINE			method or status are known
 *	(HTTP_NAME ... HTTP_VALUE ... HTTP_FIELD) ...
 *	HTTP_HEAD			the caller may say http_reader_no_body()
 *	HTTP_BODY ...			without the framing of chunks; trailers are passed over
 *	HTTP_MESSAGE			not after a body that ends with the connection
 *
 * or ends early with HTTP_BAD: these bytes are not HTTP/1, and the first bad one is not taken.
 * HTTP_LINE and HTTP_FIELD come when the next line has begun: a field may go on in it.
 *
 * Be as generous as the servers are that attackers talk to: a bare LF ends a line, values hold any
 * byte, folded fields are read, chunks win over a length. What two servers could take for two
 * different messages is bad: a CR alone, two lengths, a length that is no number.
 */
#ifndef DISSECTORS_HTTP_READER_H
#define DISSECTORS_HTTP_READER_H

#include "dissectors/read/bytes.h"

#define HTTP_METHOD_COUNT 34
#define HTTP_HEAD_MAX	  (80U * 1024) /* bytes: of a head, of a chunk's line, of trailers */

extern const char *const http_methods[HTTP_METHOD_COUNT];

enum http_event {
	HTTP_MORE, /* all bytes are taken; nothing more to tell until others come */
	HTTP_BEGIN,
	HTTP_TARGET,
	HTTP_LINE,
	HTTP_NAME,
	HTTP_VALUE,
	HTTP_FIELD,
	HTTP_HEAD,
	HTTP_BODY,
	HTTP_MESSAGE,
	HTTP_BAD,
};

/* Plain data; only http_reader.c writes it, and only method and status are for others to read. */
struct http_reader {
	uint64_t left;	    /* of the body, or of the chunk */
	uint32_t head_left; /* until HTTP_HEAD_MAX */
	uint16_t status;    /* of a response, from HTTP_LINE on */
	uint8_t method;	    /* of a request: index of http_methods, from HTTP_LINE on */
	uint8_t state;
	uint8_t after_lf; /* the state behind a CR LF */
	uint8_t due;	  /* the event to tell when the next line has begun */
	uint8_t at;	  /* within the word that is expected */
	uint8_t field;	  /* what the field says, if anything to us */
	bool request;
	bool empty;    /* the field has no value so far */
	bool coded;    /* there was a Transfer-Encoding */
	bool chunked;  /* of which the last coding is "chunked" */
	bool measured; /* there was a Content-Length */
	bool trailer;
};

/* Expects the start of a message: a request's, or else a response's. */
void http_reader_start(struct http_reader *r, bool request);

/*
 * Takes bytes from `in` up to the next thing to tell. *span, for TARGET, NAME, VALUE and BODY:
 * bytes of `in`, not empty but for a field without a value. Call it until HTTP_MORE, also when no
 * bytes are left. After HTTP_BAD there is only HTTP_BAD until http_reader_start().
 */
enum http_event http_reader_next(struct http_reader *r, struct bytes *in, struct bytes *span);

/* Does the next byte begin a message? */
bool http_reader_fresh(const struct http_reader *r);
/* At HTTP_HEAD: no body follows, whatever the fields say (HEAD, 204, 304, 1xx). */
void http_reader_no_body(struct http_reader *r);

/*
 * `missing` bytes were lost (0: an unknown number). True if all of them belong to the body, of
 * which more is to come: the reader goes on behind them. Else the next bytes can be any part of a
 * message, and the caller must find a message's start.
 */
bool http_reader_gap(struct http_reader *r, uint64_t missing);

#endif
