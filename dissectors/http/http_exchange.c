/* SPDX-License-Identifier: ISC */
/*
 * Requests and responses matched in the order of the wire (RFC 9112 section 9.3.2), and judged.
 * After a loss of bytes a response is matched again only if the client has never had more than one
 * request under way: a wrong match could report a failed request as one that succeeded.
 */
#include "dissectors/http/http_exchange.h"

#include "dissectors/http/http_calls.h"
#include "dissectors/http/http_credentials.h"
#include "dissectors/http/http_denial.h"
#include "dissectors/http/http_earlier.h"
#include "dissectors/http/http_pages.h"
#include "dissectors/http/http_paths.h"
#include "dissectors/http/http_products.h"
#include "dissectors/websocket.h"

#include <stdio.h>
#include <strings.h>

struct http_request *http_response_owner(struct http_exchange *x)
{
	if (x->response.begun || x->response.open)
		return x->response.matched ? &x->response.request : NULL;
	return x->count != 0 && !x->unmatched ? &x->pending[x->first] : NULL;
}

void http_response_begin(struct http_exchange *x)
{
	x->response = (struct http_response){.request = {.command = -1}, .begun = true};
	if (x->count != 0 && !x->unmatched) {
		x->response.request = x->pending[x->first];
		x->response.matched = true;
		x->response.socket = x->response.request.socket;
	}
}

static struct http_answer answer_of(const struct http_response *r)
{
	return (struct http_answer){
		.asked = r->matched ? r->request.asked : (struct http_asked){.rows = {0}},
		.asks = r->matched ? r->request.asks : 0,
		.status = r->status,
		.without_credentials = r->matched && r->request.credentials == CREDENTIALS_NONE,
		.fits = r->matched ? &r->request.fits : NULL,
	};
}

/* "Negotiate oYG…": a token behind the scheme, so the log-in goes on. */
static bool is_next_step(struct bytes value)
{
	return (bytes_start_with(&value, "NTLM ") || bytes_start_with(&value, "Negotiate ")) &&
	       value.left > 16;
}

/* What follows 101, and what is carried in it. */
static void note_upgrade(struct http_response *r, const char *name, struct bytes value)
{
	uint8_t socket;

	if (strcmp(name, "upgrade") == 0) {
		if (value.left == 9 && strncasecmp((const char *)value.at, "websocket", 9) == 0)
			r->upgrade = UPGRADE_WEBSOCKET;
		else if (value.left == 3 && strncasecmp((const char *)value.at, "h2c", 3) == 0)
			r->upgrade = UPGRADE_HTTP2;
	} else if (strcmp(name, "sec-websocket-protocol") == 0) {
		socket = (uint8_t)websocket_by_protocol(value);
		r->socket = socket != WEBSOCKET_ANY ? socket : r->socket;
	}
}

static void note_signs(struct http_response *r, unsigned flags)
{
	r->lists |= (flags & SIGN_LISTS) != 0;
	r->shell |= (flags & SIGN_SHELL) != 0;
}

void http_response_header(struct http_exchange *x, struct facts *facts, const char *name,
			  struct bytes value, uint16_t status)
{
	struct http_answer answer;

	x->response.status = status;
	answer = answer_of(&x->response);
	note_upgrade(&x->response, name, value);
	if (strcmp(name, "www-authenticate") == 0 || strcmp(name, "proxy-authenticate") == 0)
		x->response.challenge |= is_next_step(value);
	else if (strcmp(name, "content-type") == 0)
		x->response.html = http_pages_html(value);
	http_call_header(&x->response, name, value);
	if (strcmp(name, "location") == 0)
		x->response.to_login = http_pages_login(value);
	note_signs(&x->response, http_products_match(facts, &x->rank, &answer, name, value));
}

static void drop_first(struct http_exchange *x)
{
	if (x->count != 0) {
		x->first = (uint8_t)((x->first + 1) % HTTP_PENDING_MAX);
		x->count--;
	} else if (x->beyond != 0) {
		x->beyond--;
	}
}

enum http_follows http_response_status(struct http_exchange *x, uint16_t status)
{
	const struct http_response *r = &x->response;

	x->response.status = status;
	x->response.begun = false;
	if (status < 200 && status != 101)
		return FOLLOWS_NOTHING; /* the real one is still to come */
	x->response.open = true;
	drop_first(x);
	if (status == 101)
		return FOLLOWS_TUNNEL;
	if (status == 204 || status == 304) /* whatever length they tell: RFC 9112 section 6.3 */
		return FOLLOWS_NOTHING;
	if (!r->matched)
		return FOLLOWS_BODY;
	if ((r->request.traits & HTTP_TRAIT_CONNECT) && status <= 299)
		return FOLLOWS_TUNNEL;
	return r->request.traits & HTTP_TRAIT_HEAD ? FOLLOWS_NOTHING : FOLLOWS_BODY;
}

static bool is_success(const struct http_response *r)
{
	return !r->failed && ((r->status >= 200 && r->status <= 299) || r->status == 101);
}

size_t http_known_row(const struct facts *facts)
{
	ptrdiff_t row = facts->service - http_services;

	return facts->service == NULL || row < 0 || row >= HTTP_SERVICE_COUNT ? HTTP_ANY
									      : (size_t)row;
}

/* What the request means to the product that is known by now. */
static const struct http_route *meaning_of(const struct http_response *r, const struct facts *facts)
{
	size_t row = http_known_row(facts);
	const struct http_route *route;

	if (!r->matched)
		return NULL;
	route = http_routes_meaning(&r->request.fits, row);
	/* Many a site has a page for any path: where a product is not known to have this one, a
	 * page for people says that it was another. */
	if (route != NULL && r->html && route->kind >= ROUTE_RECORDS &&
	    (row == HTTP_ANY || route != http_routes_of(&r->request.fits, row)))
		return NULL;
	return route;
}

static enum http_route_kind kind_of(const struct http_response *r, const struct facts *facts)
{
	/* A GET to it opens a stream for what the server may want to tell. */
	static const uint8_t kinds[] = {
		[MCP_UNKNOWN] = ROUTE_OPEN,
		[MCP_OPEN] = ROUTE_OPEN,
		[MCP_LISTS] = ROUTE_RECORDS,
		[MCP_RUNS] = ROUTE_EXECUTES,
	};
	const struct http_route *route = meaning_of(r, facts);

	if (r->matched && r->request.rpc != 0)
		return http_call_kind(&r->request);
	if (r->matched && http_known_row(facts) == HTTP_MCP)
		return (enum http_route_kind)kinds[r->request.mcp];
	return route != NULL ? (enum http_route_kind)route->kind : ROUTE_NONE;
}

/*
 * Was only the door shown? What is open to everybody, a page that asks for a password, and one that
 * is filled by what a log-in is asked for. Only pages: other data may hold the same words.
 */
static bool proves_nothing(const struct http_response *r, const struct facts *facts,
			   enum http_route_kind kind)
{
	if (kind == ROUTE_OPEN || kind == ROUTE_LOGIN)
		return true;
	return kind < ROUTE_ACCESS && r->html &&
	       (r->password || r->shell || http_product_has_shell(http_known_row(facts)));
}

/* A page that was asked for without credentials, and another came instead. */
static bool is_sent_to_login(const struct http_response *r)
{
	return r->to_login && r->status >= 300 && r->status <= 399 && r->matched &&
	       r->request.credentials == CREDENTIALS_NONE && !(r->request.traits & HTTP_TRAIT_POST);
}

static void judge_access(struct http_exchange *x, struct facts *facts, enum http_route_kind kind)
{
	const struct http_response *r = &x->response;
	bool refused = r->status == 401 || r->status == 407 || is_sent_to_login(r) ||
		       http_call_is_refused(r);
	bool sent = r->matched && r->request.credentials == CREDENTIALS_SENT;
	bool login = kind == ROUTE_LOGIN;
	bool none = r->matched && r->request.credentials == CREDENTIALS_NONE && !login;

	/* A client that passed the challenge is logged in, even if its request fails. */
	bool passed = x->challenged && r->status < 500 && !refused && r->status != 403;

	if (sent && (is_success(r) || passed)) {
		if (facts->auth != AUTH_SUCCEEDED)
			facts_login(facts, true);
		return;
	}
	x->challenged = r->challenge;
	/* Who was let in is told in what follows, unless the request itself is worth an account. */
	if (r->status == 101 && r->upgrade != UPGRADE_NONE && kind < ROUTE_ACCESS)
		return;
	if (is_success(r) && none && !proves_nothing(r, facts, kind) && r->request.traits != 0 &&
	    facts->auth != AUTH_SUCCEEDED)
		facts_set_auth(facts, AUTH_NONE);
	else if (refused && ((!sent && !login) || r->challenge))
		facts_set_auth(facts, AUTH_REQUIRED);
	else if ((sent || login) && (refused || r->status == 403))
		facts_login(facts, false);
}

/* Is what came back something that is stored there, rather than how the server is? */
static bool is_data(const struct http_response *r, const struct facts *facts,
		    enum http_route_kind kind)
{
	bool search = facts->service != NULL && facts->service->family == FAMILY_DATABASE;

	/* OK, Non-Authoritative, Partial Content, Multi-Status; "201 Created" only tells of
	 * itself. */
	if ((r->status != 200 && r->status != 203 && r->status != 206 && r->status != 207) ||
	    !r->has_body)
		return false;
	if (!r->matched)
		return !search;
	if (proves_nothing(r, facts, kind))
		return false;
	if (r->request.rpc != 0)
		return kind == ROUTE_RECORDS && r->rpc_gives;
	if (kind == ROUTE_RECORDS)
		return true;
	if (!(r->request.traits & HTTP_TRAIT_READS))
		return false;
	if (!search)
		return true;
	if (r->request.traits & HTTP_TRAIT_POST)
		return (r->request.asks & (ASKS_RECORDS | ASKS_DELETE_MANY)) == ASKS_RECORDS;
	return !(r->request.asks & (ASKS_BANNER | ASKS_SEARCH_ADMIN));
}

/* A file that is in a store or a tree; listings, and what a store says of itself, are none. */
static void note_object(struct facts *facts, const struct http_response *r, bool data)
{
	/* Many stores name themselves in listings only; their files look like any web server's. */
	bool files = facts->service != NULL && (facts->service->family == FAMILY_STORAGE ||
						facts->service->family == FAMILY_WEB);

	if (r->matched && r->request.object != 0 && files && !r->lists && data)
		facts_object(facts, facts_hash(&r->request.object, sizeof r->request.object));
}

/* Only now it is known whether the service takes statements at all. What is deleted is named also
 * where nothing is known of the product: an empty answer says nothing of it. */
static bool takes_statement(const struct http_exchange *x, size_t row)
{
	if (x->statement_row == 0)
		return http_product_has_statements(row);
	return row == x->statement_row ||
	       (row == HTTP_ANY && (x->statement_flags & COMMAND_DESTRUCTIVE));
}

static void note_statement(struct http_exchange *x, struct facts *facts)
{
	const struct http_response *r = &x->response;
	int handle;

	if (r->request.statement == 0 || r->request.statement != x->statement_serial ||
	    !takes_statement(x, http_known_row(facts)))
		return;
	handle = facts_command(facts, x->statement, strlen(x->statement), x->statement_flags);
	if (is_success(r) || r->failed || r->status >= 400)
		facts_command_result(facts, handle, is_success(r));
}

void http_body_begins(struct http_exchange *x, struct facts *facts, struct bytes body)
{
	struct http_answer answer = answer_of(&x->response);

	if (!x->response.open || x->response.shown)
		return;
	x->response.shown = true;
	x->response.denies = http_denial(body);
	x->response.undone =
		x->response.matched && x->response.request.mutates && http_graphql_denied(body);
	note_signs(&x->response, http_products_match(facts, &x->rank, &answer, NULL, body));
	http_call_body(&x->response, body);
	x->response.failed = http_known_row(facts) == HTTP_MCP && http_mcp_failed(body);
}

void http_body_place(struct http_exchange *x, struct facts *facts, struct bytes text)
{
	struct http_answer answer = answer_of(&x->response);

	answer.late = true;
	note_signs(&x->response, http_products_match(facts, &x->rank, &answer, NULL, text));
}

unsigned http_route_flags(const struct http_route *route)
{
	static const uint8_t flags[] = {
		[ROUTE_RECORDS] = COMMAND_LISTING,
		[ROUTE_EXECUTES] = COMMAND_EXECUTES,
		[ROUTE_DESTROYS] = COMMAND_DESTRUCTIVE,
	};

	return route != NULL && route->kind < sizeof flags / sizeof *flags ? flags[route->kind] : 0;
}

/*
 * A route with a name of its own is told as that; else the command that was noted when the request
 * came is more than it looked like, if it was accepted: the same path may have been refused or
 * harmless before.
 */
void http_note_route(struct facts *facts, const struct http_route *route, int command,
		     bool accepted)
{
	int index = facts_command_index(facts, command);
	unsigned flags = http_route_flags(route);
	char text[FACTS_COMMAND_TEXT];
	const char *name;

	if (flags == 0 || (route->command == NULL && !accepted))
		return;
	name = route->command != NULL ? route->command : route->request;
	if (route->command == NULL && index >= 0) {
		memcpy(text, facts->commands[index].text, sizeof text);
		name = text;
	}
	facts_command_result(facts, facts_command(facts, name, strlen(name), flags), accepted);
}

/*
 * The command was noted for what its path means to somebody. Is it refused, though the status says
 * otherwise: in the body, or by a page where none belongs?
 */
static bool is_denied(const struct http_response *r, const struct facts *facts)
{
	const struct http_route *route =
		http_routes_meaning(&r->request.fits, http_known_row(facts));

	if ((http_route_flags(route) & (COMMAND_EXECUTES | COMMAND_DESTRUCTIVE)) == 0 ||
	    (r->request.traits & HTTP_TRAIT_DELETE))
		return false;
	return meaning_of(r, facts) == NULL || r->denies;
}

/* Nothing else has said what answers, and this path no other product has. */
static void name_by_route(struct http_exchange *x, struct facts *facts)
{
	const struct http_response *r = &x->response;
	const struct http_route *route = meaning_of(r, facts);
	size_t row = http_routes_row(&r->request.fits, route);

	if (route != NULL && route->sure && row != HTTP_ANY && x->rank == 0 &&
	    http_known_row(facts) == HTTP_ANY &&
	    (route->kind == ROUTE_EXECUTES || route->kind == ROUTE_DESTROYS))
		http_product_take(facts, &x->rank, row);
}

/* A mutation that deletes, where an answer is no page for people. */
static void note_mutation(const struct http_exchange *x, struct facts *facts, bool accepted)
{
	const struct http_response *r = &x->response;
	const char *field = r->request.serial == x->serial ? x->graphql.graphql.field : "";
	char text[FACTS_COMMAND_TEXT];
	int n;

	if (!r->request.mutates || r->html)
		return;
	n = snprintf(text, sizeof text, "mutation %s", field[0] != '\0' ? field : "delete");
	facts_command_result(facts, facts_command(facts, text, (size_t)n, COMMAND_DESTRUCTIVE),
			     accepted && !r->undone);
}

void http_settle_late(struct http_exchange *x, struct facts *facts)
{
	struct http_response *r = &x->response;

	if (r->matched && !r->begun && !r->open && (is_success(r) || r->status >= 400))
		note_mutation(x, facts, is_success(r));
	if (r->matched && !r->begun && !r->open && (is_success(r) || r->status >= 400))
		http_note_route(facts, meaning_of(r, facts), r->request.command,
				is_success(r) && !r->denied);
}

void http_settle(struct http_exchange *x, struct facts *facts)
{
	struct http_response *r = &x->response;
	enum http_route_kind kind;
	bool data;

	if (!r->open)
		return;
	http_body_begins(x, facts, bytes_from(NULL, 0));
	r->open = false;
	if (r->matched && r->request.serial == x->serial) { /* its body may go on */
		http_search_look(&x->search, &x->current.fits);
		r->request.fits.found |= x->current.fits.found;
		r->request.mutates |= x->current.mutates;
	}
	http_call_settle(x, facts);
	kind = kind_of(r, facts);
	data = is_data(r, facts, kind);
	judge_access(x, facts, kind);
	note_object(facts, r, data);
	facts_set_data_read(facts, data ? ANSWER_YES : ANSWER_NO);
	if (!r->matched)
		return;
	r->denied = is_success(r) && is_denied(r, facts);
	if (is_success(r) && !r->denied)
		name_by_route(x, facts);
	if (is_success(r) || r->failed || r->status >= 400)
		facts_command_result(facts, r->request.command, is_success(r) && !r->denied);
	note_statement(x, facts);
	http_settle_late(x, facts);
	if (is_success(r) && !r->denies)
		http_earlier_keep(x, facts);
	http_earlier_judge(x, facts);
}

void http_exchange_lost(struct http_exchange *x, bool responses_missing)
{
	x->unmatched |= x->pipelined;
	if (x->response.begun)
		drop_first(x);
	x->response.begun = false;
	if (responses_missing) {
		x->count = 0;
		x->beyond = 0;
		x->search.left = 0; /* whose body it is, is not known */
	}
}

void http_exchange_end(struct http_exchange *x, struct facts *facts)
{
	const struct http_request *asked = &x->pending[x->first];

	if (x->count == 0 || x->response.status != 0 || x->response.begun || x->rank != 0)
		return;
	if (asked->asked.alone != 0)
		facts_set_service(facts, &http_services[asked->asked.alone]);
	else if (asked->rpc != 0)
		http_call_offered(facts, asked);
}
