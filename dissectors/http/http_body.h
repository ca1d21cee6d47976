/* SPDX-License-Identifier: ISC */
/*
 * The body of one message: how it is packed, and how far it is looked at.
 *
 * A request's is kept as far as its text reaches. Of a response's, the first HTTP_BODY_WINDOW bytes
 * are shown to the table of products as a whole. Behind them, up to HTTP_BODY_MOST, only a few
 * places may still say something, and only of two kinds of text:
 *
 *	a page (HTML)		"<title", which long scripts may push down; a field for a password
 *	metrics ("# HELP ...")	the first metric of each family: node_, jvm_
 *
 * There the table is asked again about what begins in that place. The text is a window then, which
 * moves over the body; so a mark may begin and end in any piece. A page is judged when so much of
 * it was seen: whoever asks for a password has not let anybody in.
 */
#ifndef DISSECTORS_HTTP_BODY_H
#define DISSECTORS_HTTP_BODY_H

#include "dissectors/http/http_exchange.h"
#include "dissectors/http/http_text.h"
#include "dissectors/read/unpacker.h"

#define HTTP_BODY_MOST	16384 /* bytes of a response's body, unpacked */
#define HTTP_LATE_TRIES 16    /* places of one body that the table is asked about */

struct http_body {
	uint8_t packing; /* enum packing */
	bool middle;	 /* a part that does not begin with the first byte */
	bool done;	 /* what may still come is not looked at */
	bool shown;	 /* its first window, to the table of products */
	bool page, metrics;
	uint8_t tries;
	uint16_t looked;  /* bytes so far */
	uint16_t scanned; /* bytes of the text that were looked through for places */
	uint16_t family;  /* a hash of the family of the last metric */
};

/* A body that is being read, of whichever version of HTTP; lives for one call of the dissector. */
struct http_reading {
	struct http_body *body;
	struct http_text *text;
	struct http_exchange *exchange;
	struct facts *facts;
	struct feed *fed; /* NULL: bytes are missing, or the conversation is over */
	enum side from;
	bool within;	 /* there is a body at hand, as far as is known */
	uint16_t client; /* whose turn it is, as of struct feed */
};

/* What a header says about it: name in lower case. */
void http_body_header(struct http_body *body, const char *name, struct bytes value);
/* Bytes of the body as they came. */
void http_body_take(const struct http_reading *r, struct bytes span);
/* No more of a response's body will be known: it is judged. */
void http_body_settle(const struct http_reading *r);

#endif
