/* SPDX-License-Identifier: ISC */
/*
 * What one HTTP exchange says about the product that answers: the table of products in
 * http_table.h, one row each. To add one: add a row there, and a sample to
 * tests/unit/dissectors/test_http_products.c.
 */
#ifndef DISSECTORS_HTTP_PRODUCTS_H
#define DISSECTORS_HTTP_PRODUCTS_H

#include "dissectors/http/http_routes.h"
#include "dissectors/read/bytes.h"
#include "dissectors/read/facts.h"

#define HTTP_BODY_WINDOW 448 /* bytes of a response's body that patterns can see */

/* What a request asks for, by its method, path and query: bits, kept with the request. */
enum {
	ASKS_BANNER = 1 << 0,	   /* "/" */
	ASKS_RECORDS = 1 << 1,	   /* a search, or a list of indices or the like */
	ASKS_DELETE_MANY = 1 << 2, /* deletes what a query matches */
	ASKS_DELETE_OWN =
		1 << 3,		 /* with ASKS_RECORDS: scrolls and the like, of the client itself */
	ASKS_DIRECTORY = 1 << 4, /* ends with a slash */
	ASKS_SEARCH_ADMIN = 1 << 5, /* a search engine's management, not what is stored */
	ASKS_GET = 1 << 6,
	ASKS_PUT = 1 << 7,
	ASKS_POST = 1 << 8,
	ASKS_DELETE = 1 << 9,
	ASKS_TUNNEL = 1 << 10, /* CONNECT */
	ASKS_DAV = 1 << 11,    /* a method of WebDAV */
	ASKS_ONE = 1 << 12,    /* one path segment: a bucket, a database */
	ASKS_DEEP = 1 << 13,   /* two or more: an object */
	ASKS_QUERY = 1 << 14,  /* there is a query */
	ASKS_PROXY = 1 << 15,  /* the target is absolute: "http://host/" */
};

enum {
	SIGN_ASKED = 1 << 0,	/* counts only if the request was this product's, see `requests` */
	SIGN_FILES = 1 << 1,	/* the body is a list of files */
	SIGN_LISTS = 1 << 2,	/* `operation` is a listing */
	SIGN_NAMELESS = 1 << 3, /* proves the service, but not which product it is */
	SIGN_SHELL = 1 << 4,	/* it is the page of a console that asks for a log-in itself */
	SIGN_EMPTY = 1 << 5,	/* counts only if there is no body at all */
};

/* Whose request it looks like: rows' numbers, the likeliest first; 0 behind the last. */
struct http_asked {
	uint8_t rows[4];
	uint8_t alone; /* whose it is without any answer; 0: nobody's */
};

/* One thing that a response shows. Everything that is set must hold. */
struct http_sign {
	const char *header;  /* of the response, in lower case; NULL: the body's window */
	const char *pattern; /* what must occur there, see match_here(); NULL: presence will do.
			      * "^…": at its beginning */
	const char *without; /* the same, what must not occur there; NULL: nothing */
	const char *version_after; /* the version stands behind this, same place; NULL: unknown */
	const char *product;	   /* NULL: the row's */
	const char *operation;	   /* what was asked for: "ListObjects". NULL: unknown */
	const char *command;	   /* the same as a command; NULL: like the operation */
	uint16_t asks;		   /* counts only as answer to a request with all of these */
	uint16_t status;	   /* 0: any; 200: any 2xx; else exactly this */
	uint8_t rank;		   /* replaces what a sign of a lower one said, see http_table.h */
	uint8_t auth;  /* enum auth it proves if no credentials were sent; 0: the status decides */
	uint8_t flags; /* SIGN_… */
};

struct http_answer {
	uint16_t asks;
	uint16_t status;
	struct http_asked asked;
	bool without_credentials;     /* it is known that none were sent */
	const struct http_fits *fits; /* what it may have meant; NULL: which request is unknown */
	bool late; /* the text is of a place further down in the body: http_body.h */
};

/* One per row, in their order. The first is any web service. */
enum http_product_id {
#define PRODUCT(id, ...) HTTP_##id,
#include "dissectors/http/http_table.h"
#undef PRODUCT
	HTTP_SERVICE_COUNT
};

extern const struct service http_services[HTTP_SERVICE_COUNT];

/*
 * Whose request is this, by its path (`name` NULL) or by one of its headers? The longest match
 * counts; those of a header go before what `asked` holds already. It is a hint until the response
 * agrees.
 */
void http_product_asked(struct http_asked *asked, const char *name, struct bytes text);
/* The routes of a row, in the order in which they count; NULL and 0: none. */
const struct http_route *http_product_routes(size_t row, size_t *count);
/* Are this product's pages shown to everybody, and only what they fetch is not? */
bool http_product_has_shell(size_t row);
/* Do this row's requests carry statements in a language like SQL, as parameter or as body? */
bool http_product_has_statements(size_t row);

/* Nothing is known but that the product of this row was asked, as no other is, and agreed. */
void http_product_take(struct facts *facts, uint8_t *rank, size_t row);
/*
 * Asks every sign about one response header (`name` in lower case), or about the beginning of the
 * body (`name` NULL), and writes what they prove. `rank` is the rank so far, for the conversation.
 * Returns the flags of all that it shows: SIGN_….
 */
unsigned http_products_match(struct facts *facts, uint8_t *rank, const struct http_answer *answer,
			     const char *name, struct bytes text);

#endif
