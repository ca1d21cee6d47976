/* SPDX-License-Identifier: ISC */
/* The state of an HTTP/1 conversation: what http.c and http_body.c share. */
#ifndef DISSECTORS_HTTP_SIDE_H
#define DISSECTORS_HTTP_SIDE_H

#include "dissectors/dissector.h"
#include "dissectors/http/http_body.h"
#include "dissectors/http/http_exchange.h"
#include "dissectors/http/http_head.h"
#include "dissectors/http/http_reader.h"
#include "dissectors/http/http_text.h"

enum http_mode {
	MODE_PARSE,
	MODE_LOST,
	MODE_DEAF,
};

struct http_side {
	struct http_reader reader;
	uint8_t mode; /* enum http_mode */
	bool in_value;
	bool in_body;
	struct http_name name;
	struct http_body body;
	struct http_text text;
};

struct http {
	struct http_side side[2];
	struct http_exchange exchange;
	struct http_head head;
};

_Static_assert(sizeof(struct http) <= DISSECTOR_STATE_MAX, "the state is too large");

/* Whose bytes are read; lives for one call of the dissector. */
struct http_context {
	struct http *http;
	struct facts *facts;
	struct feed *fed; /* NULL: bytes are missing, or the conversation is over */
	enum side from;
};

static inline struct http_side *http_side_of(const struct http_context *c)
{
	return &c->http->side[c->from];
}

#endif
