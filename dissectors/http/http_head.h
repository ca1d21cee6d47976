/* SPDX-License-Identifier: ISC */
/*
 * What a request's headers say, kept until they have ended: only then it is known on whose behalf a
 * carrier sent them, and so to whose facts it belongs. For any other client nothing is kept here:
 * its facts are set at once.
 */
#ifndef DISSECTORS_HTTP_HEAD_H
#define DISSECTORS_HTTP_HEAD_H

#include "dissectors/http/http_exchange.h"
#include "dissectors/read/facts.h"
#include "dissectors/read/feed.h"
#include "dissectors/read/forwarded.h"

struct http_head {
	struct forwarded_reader forwarded; /* used in any case */
	bool carries;			   /* a carrier speaks */
	uint16_t client;		   /* fed->client, whose turn it is */
	bool due;   /* the headers have ended, and whose they are is not settled */
	bool asked; /* for the client whom a response goes to */
	uint8_t flags;
	uint32_t length; /* bytes of it so far */
	char command[FACTS_COMMAND_TEXT];
	char path[sizeof((struct facts){0}.path)];
	char host[sizeof((struct facts){0}.host)];
	char user[sizeof((struct facts){0}.user)];
	char mechanism[sizeof((struct facts){0}.mechanism)];
};

void http_head_begin(struct http_head *head);
/* http_request_line(), _header() and _end(); what a carrier says is kept. */
void http_head_line(struct http_head *head, struct http_exchange *x, struct facts *facts,
		    const char *method, struct bytes target, bool cut);
void http_head_header(struct http_head *head, struct http_exchange *x, struct facts *facts,
		      const char *name, struct bytes value);
void http_head_end(struct http_head *head, struct http_exchange *x, struct facts *facts);
/*
 * To be called first whenever bytes are fed. After a turn was asked for, `facts` are those of that
 * client, or of another if it has been forgotten meanwhile.
 */
void http_head_take_turn(struct http_head *head, struct http_exchange *x, struct facts *facts,
			 const struct feed *fed);
/* Is another client's turn needed before the next bytes of the server? Then it is asked for. */
bool http_head_must_wait(struct http_head *head, struct http_exchange *x, struct feed *fed);

#endif
