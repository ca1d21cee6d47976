/* SPDX-License-Identifier: ISC */
/*
 * HTTP/2 without TLS: http2.c turns bytes into headers and data of streams, http2_requests.c and
 * http2_answers.c say what they mean.
 *
 * A call by gRPC is judged here, by grpc_services.h. Every other request is an exchange of HTTP
 * like those of HTTP/1, and http_exchange.h judges it. There, requests and responses follow one
 * another; here the slot of `calls` that a stream has is the place of its request in the ring
 * exchange.pending, which therefore seems to hold one request at a time: see http2_select().
 */
#ifndef DISSECTORS_HTTP2_H
#define DISSECTORS_HTTP2_H

#include "dissectors/dissector.h"
#include "dissectors/http/grpc_answer.h"
#include "dissectors/http/hpack.h"
#include "dissectors/http/http_body.h"
#include "dissectors/http/http_exchange.h"

#define HTTP2_HEADER 9		      /* bytes of a frame's header */
#define HTTP2_CALLS  HTTP_PENDING_MAX /* under way at a time, that are remembered */

#define HTTP2_PREFACE	   "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
#define HTTP2_PREFACE_SIZE (sizeof HTTP2_PREFACE - 1)
#define HTTP2_FRAME_MAX	   16384 /* bytes, unless the peer allows more */

enum {
	TYPE_DATA = 0,
	TYPE_HEADERS = 1,
	TYPE_PRIORITY = 2,
	TYPE_RST_STREAM = 3,
	TYPE_SETTINGS = 4,
	TYPE_PUSH_PROMISE = 5,
	TYPE_PING = 6,
	TYPE_GOAWAY = 7,
	TYPE_WINDOW_UPDATE = 8,
	TYPE_CONTINUATION = 9
};
enum { FLAG_END_STREAM = 1, FLAG_END_HEADERS = 4, FLAG_PADDED = 8, FLAG_PRIORITY = 32 };

/* Hint: HTTP/1 led to it; its request is that of stream 1. And its enum http_credentials. */
#define HTTP2_UPGRADED 4

extern const struct dissector http2_dissector;

struct http2_call {
	uint32_t stream; /* 0: free */
	int32_t command; /* handle, or -1 */
	uint16_t status; /* 0: not answered yet */
	uint8_t service; /* enum grpc_service_id */
	uint8_t traits;	 /* GRPC_… */
	bool rpc, credentials;
	bool answered; /* as a call is */
	bool judged;   /* it has succeeded, whatever its trailers say */
};

struct http2_side {
	struct hpack hpack;
	uint32_t left;	 /* of the frame's payload */
	uint32_t stream; /* of the frame */
	uint8_t have;	 /* bytes of the preface or of the frame's header */
	uint8_t skip;	 /* bytes of priority before the headers */
	uint8_t padding; /* bytes behind them */
	bool pads;	 /* the next byte is the length of the padding */
	bool framed;	 /* inside of a frame */
	bool greeted;	 /* the preface is over */
	bool ends;	 /* the stream does, with this block of headers */
	bool lost;	 /* looks for the next block of headers */
	bool spoke;	 /* a byte of it was seen */
	uint8_t header[HTTP2_HEADER];
};

/* The request whose headers the client is sending. */
struct http2_request {
	struct http2_call call;
	uint32_t path_entry; /* of the table of headers: hpack_memo() */
	uint32_t path_memo;
	uint8_t method; /* one more than its place in http_methods; 0: not known */
	uint8_t path_length;
	bool path_cut;
	bool grpc;     /* by its content type */
	bool begun;    /* its path has been judged */
	bool trailers; /* they are those of an earlier request */
	char path[HPACK_TEXT];
};

struct http2_asked {
	struct http_body body;
	struct http_text text;
};

struct http2 {
	struct http2_side side[2];
	struct http_exchange exchange;
	struct http2_call calls[HTTP2_CALLS];
	struct http2_request request;
	/* The response whose headers come. */
	uint16_t status, grpc_status;
	uint8_t form;	 /* enum grpc_form: its content type is one of a call */
	bool no_user;	 /* it wants a log-in */
	bool begun;	 /* the first byte was fed */
	bool grpc;	 /* that is what is carried, at least once */
	uint8_t next;	 /* of calls[], to be given up */
	uint32_t asking; /* the stream of the request whose body is read; 0: none */
	uint32_t page;	 /* the stream of the response in `exchange`; 0: none */
	/* Streams whose bodies others came before the end of: the rest of those is not read. */
	uint32_t unasked, unread;
	/* The call that was answered last, and the first bytes of that. */
	uint32_t answering;
	uint8_t answer_form, answer_length;
	uint8_t answer[GRPC_ANSWER_KEPT];
	/* The request and the response whose bodies are read. */
	struct http2_asked asked;
	struct http_body body;
	struct http_text text;
};

struct http2_context {
	struct http2 *http2;
	struct facts *facts;
	struct feed *fed; /* NULL: bytes are missing, or the conversation is over */
	enum side from;
};

/* http2_recognise.c */
enum recognised http2_recognise(const struct opening *opening);

/* http2_requests.c, and for both */
struct http2_call *http2_call_find(struct http2 *http2, uint32_t stream);
struct http_reading http2_reading(const struct http2_context *c, enum side from);
/* "content-encoding"; the memo is enum packing. */
void http2_packing(struct http_body *body, const struct hpack_header *h);
/* The exchange is to be the one of this call; NULL: of a request that is not known. */
void http2_select(struct http2 *http2, const struct http2_call *call);

/* The first command of the conversation is the request of stream 1, which the server answers. */
void http2_request_upgraded(const struct http2_context *c, uint8_t credentials);
/* http2_requests.c: of the client. `last`: the stream ends with it. */
void http2_request_begin(const struct http2_context *c);
void http2_request_header(const struct http2_context *c, const struct hpack_header *header);
void http2_request_end(const struct http2_context *c);
/* A piece of DATA, of which there is more in this frame if the side's `left` is not 0. */
void http2_request_data(const struct http2_context *c, struct bytes piece);
void http2_request_closed(const struct http2_context *c, uint32_t stream);
/* The body at hand has ended, or has a hole. */
void http2_request_forget(const struct http2_context *c);

/* http2_answers.c: the same of the server. */
void http2_answer_begin(const struct http2_context *c);
void http2_answer_header(const struct http2_context *c, const struct hpack_header *header);
void http2_answer_end(const struct http2_context *c, bool last);
void http2_answer_data(const struct http2_context *c, struct bytes piece);
void http2_answer_closed(const struct http2_context *c, uint32_t stream);
/* The page at hand, as far as it came. */
void http2_settle(const struct http2_context *c);
/* The conversation is over. */
void http2_unanswered(const struct http2_context *c);

#endif
