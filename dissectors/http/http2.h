/* SPDX-License-Identifier: ISC */
/*
 * HTTP/2 without TLS: http2.c turns bytes into headers and data of streams, http2_calls.c says what
 * they mean.
 */
#ifndef DISSECTORS_HTTP2_H
#define DISSECTORS_HTTP2_H

#include "dissectors/dissector.h"
#include "dissectors/http/hpack.h"

#define HTTP2_HEADER	9  /* bytes of a frame's header */
#define HTTP2_CALLS	8  /* under way at a time, that are remembered */
#define HTTP2_DATA_KEPT 48 /* bytes of a log-in's message */

#define HTTP2_SERVICE_COUNT 4

/* The first is HTTP/2 of which nothing more is known. */
extern const struct service http2_services[HTTP2_SERVICE_COUNT];

struct http2_call {
	uint32_t stream; /* 0: free */
	int32_t command; /* handle, or -1 */
	uint8_t rpc;	 /* row of a table in http2_calls.c */
	bool credentials;
	uint16_t status;
};

struct http2_side {
	struct hpack hpack;
	uint32_t left;	 /* of the frame's payload */
	uint32_t stream; /* of the frame */
	uint32_t passed; /* bytes of DATA in this frame */
	uint8_t have;	 /* bytes of the preface or of the frame's header */
	uint8_t skip;	 /* bytes of priority before the headers */
	uint8_t padding; /* bytes behind them */
	bool pads;	 /* the next byte is the length of the padding */
	bool framed;	 /* inside of a frame */
	bool greeted;	 /* the preface is over */
	bool ends;	 /* the stream does, with this block of headers */
	bool lost;
	uint8_t header[HTTP2_HEADER];
};

struct http2 {
	struct http2_side side[2];
	struct http2_call calls[HTTP2_CALLS];
	struct http2_call current; /* whose headers the client is sending */
	uint16_t grpc_status;	   /* of the response whose headers come */
	uint16_t status;
	uint8_t next; /* of calls[], to be given up */
	uint8_t data_length;
	bool grpc;    /* that is what is carried */
	bool no_user; /* the response whose headers come wants one */
	bool post;    /* the method of the request whose headers come */
	uint8_t data[HTTP2_DATA_KEPT];
};

struct http2_context {
	struct http2 *http2;
	struct facts *facts;
	enum side from;
};

void http2_block_begin(const struct http2_context *c);
void http2_take_header(const struct http2_context *c, const struct hpack_header *header);
/* `last`: the stream ends with these headers. */
void http2_block_end(const struct http2_context *c, bool last);
/* A piece of DATA, of which there is more if the side's `left` is not 0. */
void http2_take_data(const struct http2_context *c, struct bytes piece);

#endif
