/* SPDX-License-Identifier: ISC */
/*
 * What requests and responses of one HTTP conversation mean, apart from how they are parsed:
 * which response belongs to which request, who was let in, what was read or deleted.
 *
 * The calls for a request, in order: request_line, any number of request_header, request_end,
 * request_search for each piece of its body and request_search_end, and request_body with its
 * beginning if that is wanted. A response: response_begin, response_header, response_status (the
 * end of the headers), and settle once its beginning is known. Secrets are looked at and forgotten.
 */
#ifndef DISSECTORS_HTTP_EXCHANGE_H
#define DISSECTORS_HTTP_EXCHANGE_H

#include "dissectors/http/http_graphql.h"
#include "dissectors/http/http_mcp.h"
#include "dissectors/http/http_products.h"
#include "dissectors/http/http_routes.h"
#include "dissectors/http/http_search.h"
#include "dissectors/read/bytes.h"
#include "dissectors/read/facts.h"

#define HTTP_PENDING_MAX    8  /* pipelined requests that are remembered */
#define HTTP_EARLIER_MAX    6  /* requests that are kept until the product is known */
#define HTTP_STATEMENT_TEXT 40 /* "DROP RETENTION POLICY" */

/* What a method does. */
enum http_trait {
	HTTP_TRAIT_READS = 1 << 0,
	HTTP_TRAIT_CHANGES = 1 << 1,
	HTTP_TRAIT_LISTS = 1 << 2,
	HTTP_TRAIT_HEAD = 1 << 3,
	HTTP_TRAIT_CONNECT = 1 << 4,
	HTTP_TRAIT_DELETE = 1 << 5,
	HTTP_TRAIT_POST = 1 << 6,
};

/* What both sides go on in after 101. */
enum http_upgrade {
	UPGRADE_NONE, /* or one that is not read */
	UPGRADE_WEBSOCKET,
	UPGRADE_HTTP2,
};

/* A request that waits for its response. */
struct http_request {
	uint16_t asks;		 /* ASKS_… of its path */
	uint8_t traits;		 /* HTTP_TRAIT_…: what its method does */
	uint8_t socket;		 /* enum websocket_kind, by its path */
	uint8_t credentials;	 /* what came with it */
	uint8_t rpc;		 /* enum grpc_service_id of a call by gRPC-Web or Connect; or 0 */
	uint8_t rpc_traits;	 /* GRPC_… of its method */
	bool mutates;		 /* its GraphQL deletes */
	int32_t command;	 /* handle, or -1 */
	uint32_t object;	 /* half of facts_hash() of its path, 0: none is asked for */
	struct http_asked asked; /* whose request it looks like */
	uint8_t statement;	 /* serial of the statement that it carries, 0: none */
	uint16_t client;	 /* fed->client of the client that it came from */
	uint8_t mcp;		 /* enum http_mcp_kind */
	uint8_t serial;		 /* tells it from the few others of its time */
	struct http_fits fits;	 /* what it may mean */
};

struct http_response {
	struct http_request request;
	uint16_t status;
	bool matched;	 /* `request` is the one that this answers */
	bool challenge;	 /* 401 in the middle of a log-in of several steps */
	uint8_t upgrade; /* enum http_upgrade */
	uint8_t socket;	 /* enum websocket_kind */
	bool failed;	 /* its body says so, whatever the status */
	bool has_body;
	bool password;	  /* its page has a field for one */
	bool shown;	  /* the beginning of its body, to the table of products */
	bool lists;	  /* it is a listing */
	bool denies;	  /* its body speaks of a refusal */
	bool undone;	  /* the same of GraphQL: nothing was done */
	bool denied;	  /* a success by its status, and its body says otherwise */
	bool html;	  /* by its content type */
	bool shell;	  /* its page is empty without scripts, or a console's that has a log-in */
	bool to_login;	  /* it sends to a page for that */
	uint8_t rpc_form; /* enum grpc_form, by its content type */
	uint8_t rpc_status; /* of the call that it answers */
	bool rpc_gives;	    /* that has a message */
	bool begun;	    /* headers are not complete */
	bool open;	    /* headers are complete, and it is not settled */
};

/* A request that was granted before the product was known: http_earlier.h. */
struct http_earlier {
	struct http_fits fits;
	int32_t command; /* handle, or -1 */
	uint16_t client;
	uint8_t serial;
	uint8_t worst; /* enum http_route_kind that it may have meant; ROUTE_NONE: a free place */
	bool data;     /* something came back */
};

struct http_exchange {
	struct http_request pending[HTTP_PENDING_MAX]; /* ring */
	uint8_t first, count;
	uint8_t rank;	 /* see http_products.h */
	uint8_t noted;	 /* ordinary requests that were noted as commands */
	bool pipelined;	 /* more than one request waited at a time */
	bool challenged; /* the last response asked for the next step of a log-in */
	bool unmatched;	 /* responses cannot be told apart any more */
	uint32_t beyond; /* requests that wait behind a full ring: their responses are unknown */
	uint8_t serial;	 /* of the latest request, which is searched */
	uint8_t statement_serial;
	uint8_t statement_flags;
	uint8_t statement_row; /* whose it is; 0: of whatever takes statements like SQL */
	char statement[HTTP_STATEMENT_TEXT]; /* the latest request's: "DROP DATABASE" */
	struct http_mcp mcp;		     /* of the latest request's body */
	struct http_search search;	     /* of the latest request's query and body */
	struct http_graphql graphql;	     /* the same */
	struct http_request current;	     /* whose lines are being read */
	struct http_response response;
	struct http_earlier earlier[HTTP_EARLIER_MAX];
};

/* http_request.c */
void http_request_line(struct http_exchange *x, struct facts *facts, const char *method,
		       struct bytes target, bool cut);
void http_request_header(struct http_exchange *x, struct facts *facts, const char *name,
			 struct bytes value);
void http_request_end(struct http_exchange *x);
/*
 * Its command, for a client that was not known when its first line was told. Before
 * http_request_end().
 */
void http_request_note(struct http_exchange *x, struct facts *facts, const char *command,
		       unsigned flags);
/* May the body of the request that was just told say what it does? Else it is not to be kept. */
bool http_request_wants_body(const struct http_exchange *x);
/* There is more of that body than is looked at: could it say something still? */
bool http_request_leaves(const struct http_exchange *x, const struct facts *facts);
/* A piece of that body, each in turn, to be searched; kept or not. */
void http_request_search(struct http_exchange *x, struct bytes piece);
/* How many bytes of it will still be looked at. */
size_t http_request_search_most(const struct http_exchange *x);
/* Its end, or a hole in it. What was found is told to the request's response as well. */
/* Is more of the body looked at? */
bool http_request_is_searched(const struct http_exchange *x);
void http_request_search_end(struct http_exchange *x);
/* The beginning of that body. */
void http_request_body(struct http_exchange *x, struct bytes body);

/* http_exchange.c */
/* What accepted commands of this kind are flagged as: COMMAND_…. */
unsigned http_route_flags(const struct http_route *route);
/*
 * What a request did, once it is known to whom it was sent; `command`: the one that was noted when
 * it came. `route` may be NULL.
 */
void http_note_route(struct facts *facts, const struct http_route *route, int command,
		     bool accepted);
/* The row of the table that answers as far as is known; the first if nothing is. */
size_t http_known_row(const struct facts *facts);
/* The request's body has ended, of which a response that was settled before knew only a part. */
void http_settle_late(struct http_exchange *x, struct facts *facts);
/* The request that the server's next bytes answer, or NULL. */
struct http_request *http_response_owner(struct http_exchange *x);
void http_response_begin(struct http_exchange *x);
void http_response_header(struct http_exchange *x, struct facts *facts, const char *name,
			  struct bytes value, uint16_t status);

/* What a response's headers say about what follows. */
enum http_follows {
	FOLLOWS_BODY,	 /* as its headers say, perhaps nothing */
	FOLLOWS_NOTHING, /* by its status, or because it answers HEAD */
	FOLLOWS_TUNNEL,	 /* another protocol, in both directions */
};
enum http_follows http_response_status(struct http_exchange *x, uint16_t status);

/* The beginning of the body, as much of it as is looked at in one piece. */
void http_body_begins(struct http_exchange *x, struct facts *facts, struct bytes body);
/* A place further down in it: what a sign of the table may begin with. */
void http_body_place(struct http_exchange *x, struct facts *facts, struct bytes text);
/* As much of the body is known as will ever be. May be called again. */
void http_settle(struct http_exchange *x, struct facts *facts);

/* Nothing more comes. Where no answer was ever seen, a request may say by itself whose it is. */
void http_exchange_end(struct http_exchange *x, struct facts *facts);

/*
 * A side was lost, and will be found again at the start of a message. `responses_missing`: bytes of
 * the server were not seen, so requests that wait may have been answered.
 */
void http_exchange_lost(struct http_exchange *x, bool responses_missing);

#endif
