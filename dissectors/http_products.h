/* SPDX-License-Identifier: ISC */
/*
 * What can be told from one HTTP exchange about who answers: a table of products. To add one: add
 * a row in http_products.c (and its struct service, if it is a service of its own), and a sample to
 * the tests. A later row may refine what an earlier one said; see `rank`.
 */
#ifndef DISSECTORS_HTTP_PRODUCTS_H
#define DISSECTORS_HTTP_PRODUCTS_H

#include "dissectors/bytes.h"
#include "dissectors/facts.h"

#define HTTP_BODY_WINDOW 512 /* bytes of a response's body that patterns can see */

/* What a request asks for, as far as its path tells: bits, kept with the request. */
enum {
	ASKS_BANNER = 1 << 0,	   /* "/" */
	ASKS_RECORDS = 1 << 1,	   /* a search, or a list of indices or the like */
	ASKS_DELETE_MANY = 1 << 2, /* deletes what a query matches */
	ASKS_DELETE_OWN =
		1 << 3,		 /* with ASKS_RECORDS: scrolls and the like, of the client itself */
	ASKS_DIRECTORY = 1 << 4, /* ends with a slash */
	ASKS_SEARCH_ADMIN = 1 << 5, /* a search engine's management, not what is stored */
};

enum {
	PRODUCT_LISTING = 1 << 0, /* the body is a list of files */
};

struct http_product {
	const struct service *service; /* what it proves; NULL: nothing but the product */
	const char *product;	       /* NULL: the product stays unnamed */
	const char *header;	       /* of the response, in lower case; NULL: the body's window */
	const char *pattern; /* what must occur there, see match_here(); NULL: presence will do */
	const char *version_after; /* the version stands behind this, same place; NULL: not told */
	uint16_t asks;		   /* counts only as answer to one of these; 0: to any */
	uint16_t status;	   /* 0: any; 200: any 2xx; else exactly this */
	uint8_t rank;		   /* replaces what a row of a lower one said; 0 is "some server" */
	uint8_t auth;  /* enum auth it proves if no credentials were sent; 0: the status decides */
	uint8_t flags; /* PRODUCT_… */
};

struct http_answer {
	uint16_t asks;
	uint16_t status;
	bool without_credentials; /* it is known that none were sent */
};

#define HTTP_SERVICE_COUNT 4

/* The first is any web service. */
extern const struct service http_services[HTTP_SERVICE_COUNT];

uint16_t http_asks(const char *path, size_t length);

/*
 * Asks every row about one response header (`name` in lower case), or about the beginning of the
 * body (`name` NULL), and writes what they prove. `rank` is the rank so far, for the conversation.
 */
void http_products_match(struct facts *facts, uint8_t *rank, const struct http_answer *answer,
			 const char *name, struct bytes text);

#endif
