/* SPDX-License-Identifier: ISC */
/*
 * Looks for the marks of a request's routes in its query and its body, wherever they stand, up to
 * HTTP_SEARCH_MAX bytes. What is found does not depend on how the bytes come in pieces.
 *
 * Marks and bytes are compared without blanks and in lower case; so a mark is written in lower case
 * and without blanks: "{\"delete\":{\"_". JSON's \uXXXX of ASCII is undone, and in the query and in
 * forms %XX. What has two bytes for a letter (UTF-16) reads the same, for zeros are blanks. So does
 * what languages like SQL put between two words as a comment; within it marks are looked for, too.
 */
#ifndef DISSECTORS_HTTP_SEARCH_H
#define DISSECTORS_HTTP_SEARCH_H

#include "dissectors/http/http_routes.h"

#define HTTP_SEARCH_MAX	   (64U * 1024)
#define HTTP_SEARCH_WINDOW 96U

/* Plain data. */
struct http_search {
	uint32_t left;	 /* bytes that will still be looked at; 0: nothing is looked for */
	bool form;	 /* %XX is undone */
	uint8_t escaped; /* bytes of `escape` */
	uint8_t rekeys;	 /* REKEYS_… of http_request.c: which headers were there */
	uint8_t length;	 /* of `window` */
	uint8_t escape[6];
	uint8_t last; /* a slash or a star that has just come; 0: another byte */
	bool comment; /* one has begun */
	uint8_t kept; /* bytes of `before` */
	uint8_t before[HTTP_MARK_MAX - 1]; /* what stood before it */
	uint8_t window[HTTP_SEARCH_WINDOW];
};

/* Is any mark of them worth the search? Then what follows is searched. */
void http_search_begin(struct http_search *search, const struct http_fits *fits);
/* What is found becomes known at the latest with http_search_end(): bits of fits->found. */
void http_search_feed(struct http_search *search, struct http_fits *fits, struct bytes piece);
/* As far as it has been fed. */
void http_search_look(const struct http_search *search, struct http_fits *fits);
/* What was fed has ended, or has a hole; what follows is something else. */
void http_search_end(struct http_search *search, struct http_fits *fits);

#endif
