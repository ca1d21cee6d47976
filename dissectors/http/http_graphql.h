/* SPDX-License-Identifier: ISC */
/*
 * GraphQL over HTTP: where the documents stand in a request, however it brings them. As the member
 * "query" of JSON, of one request, of a list of them, or of a part of a form in several parts; as
 * the parameter "query" of the target or of a form; or bare, "application/graphql". Of a document
 * that the server knows already, only the operation's name is sent: it has to do then.
 *
 * Sources: "GraphQL over HTTP" of graphql.org; Apollo's "Persisted Queries"; the GraphQL multipart
 * request specification.
 */
#ifndef DISSECTORS_HTTP_GRAPHQL_H
#define DISSECTORS_HTTP_GRAPHQL_H

#include "dissectors/read/graphql.h"
#include "dissectors/read/json_stream.h"

/* Plain data. */
struct http_graphql {
	uint32_t left; /* bytes that will still be looked at; 0: it is no such request */
	uint8_t form;  /* enum form of http_graphql.c */
	bool document; /* there was one; else names are all there is */
	bool named;    /* the operation's name deletes */
	bool valued;   /* of a form: behind the "=" */
	uint8_t escaped, code;
	struct json_stream json; /* of a form: the name of a parameter, as its value */
	struct graphql graphql;
};

/* Does this path lead there? `path` without its query. */
bool http_graphql_path(struct bytes path);
void http_graphql_begin(struct http_graphql *g);
void http_graphql_header(struct http_graphql *g, struct bytes content_type);
/* The query of the target, without its question mark. */
void http_graphql_query(struct http_graphql *g, struct bytes query);
void http_graphql_feed(struct http_graphql *g, struct bytes piece);
/* What was fed has ended, or has a hole. The field that deletes; NULL: none does. */
const char *http_graphql_end(struct http_graphql *g);

/* Does an answer that begins like this say that nothing was done? */
bool http_graphql_denied(struct bytes body);

#endif
