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

#include "dissectors/read/bytes.h"
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

/* What a header says about it: name in lower case. */
void http_body_header(struct http_body *body, const char *name, struct bytes value);

#endif
