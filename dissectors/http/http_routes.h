/* SPDX-License-Identifier: ISC */
/*
 * What requests mean: the routes of the products' rows (http_table.h says how one is written).
 *
 * Which product answers is often known only from the response. So a request remembers which routes
 * of any row it fits, and what it means is asked when its response is judged: the first route of
 * the product's own row counts; else a route of any row that is sure of itself; else one of the
 * first row, which speaks for every web service.
 *
 * An attacker chooses the request's spelling. What is dangerous is recognised in every spelling
 * that some server understands (escapes, doubled slashes, dots, parameters of segments, upper and
 * lower case); ROUTE_OPEN, which clears of suspicion, only in the plain one.
 */
#ifndef DISSECTORS_HTTP_ROUTES_H
#define DISSECTORS_HTTP_ROUTES_H

#include "dissectors/read/bytes.h"

#define HTTP_FITS_MAX	 7  /* routes that one request remembers, those with the same text as one */
#define HTTP_MARK_MAX	 32 /* bytes of a route's mark in the body */
#define HTTP_ROUTES_PATH 192 /* bytes of a path that are looked at */

/* From the harmless to the worst: when there is no room, the worse stay. */
enum http_route_kind {
	ROUTE_NONE,
	ROUTE_OPEN,   /* everybody is answered: it proves no access */
	ROUTE_OWN,    /* DELETE of what is the client's own, or lives for minutes: no destruction */
	ROUTE_LOGIN,  /* takes a name and a secret in its body */
	ROUTE_ACCESS, /* an account would be needed for it: against a later, wider row */
	ROUTE_RECORDS,	/* gives what is stored, or lists it */
	ROUTE_EXECUTES, /* runs code, or writes where code is run from */
	ROUTE_DESTROYS, /* deletes or overwrites in bulk */
};

struct http_route {
	const char *request; /* "GET|POST /path/{name}?parameter=value": http_table.h */
	uint8_t kind;	     /* enum http_route_kind */
	bool sure;	     /* counts as well where nothing is known of the product */
	bool file;	  /* a page's script or picture: what a store holds, it holds on purpose */
	const char *body; /* a mark that the query or the body must hold; NULL: none */
	const char *command; /* how it is told; NULL: method and path of the request */
};

/* Plain data, kept with the request. Which routes, each for all that have the same text. */
struct http_fits {
	struct {
		uint8_t row, route;
	} at[HTTP_FITS_MAX];
	uint8_t count;
	uint8_t found; /* bits: those of at[] that need no mark, or whose mark was found */
	uint8_t exact; /* bits: those whose path is spelled like the route's */
};

/*
 * The path as servers understand it: escapes undone, without empty segments, dots, parameters of
 * segments and a slash at its end. Returns its length; `to` has HTTP_ROUTES_PATH + 1 bytes.
 */
size_t http_routes_plain(char *to, struct bytes path);
/*
 * `path`: as it came, up to the query; `cut`: there was more of either. Of rows of any product;
 * `found` is set for those that need no mark.
 */
void http_routes_fit(struct http_fits *fits, const char *method, struct bytes path,
		     struct bytes query, bool cut);
/* The mark of at[i], or NULL if it needs none. */
const char *http_routes_mark(const struct http_fits *fits, size_t i);
/* The first route of this row that it fits, or NULL. */
const struct http_route *http_routes_of(const struct http_fits *fits, size_t row);
/* The row of the table that such a meaning comes from; the first for NULL. */
size_t http_routes_row(const struct http_fits *fits, const struct http_route *route);
/* What it means to the product of this row of the table; NULL: no route says it. */
const struct http_route *http_routes_meaning(const struct http_fits *fits, size_t row);
/* The worst that it may mean to any product; `found`: of those whose marks were found. */
enum http_route_kind http_routes_worst(const struct http_fits *fits, bool found);

#endif
