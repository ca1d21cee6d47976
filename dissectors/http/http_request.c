/* SPDX-License-Identifier: ISC */
/*
 * What a request asks for, by its method, target, headers and the beginning of its body; and its
 * place among those that wait for their responses. See http_exchange.h.
 */
#include "dissectors/http/http_exchange.h"

#include "dissectors/http/grpc_services.h"
#include "dissectors/http/http_credentials.h"
#include "dissectors/http/http_deeds.h"
#include "dissectors/http/http_paths.h"
#include "dissectors/http/http_products.h"
#include "dissectors/http/http_statement.h"
#include "dissectors/websocket.h"

#include <stdio.h>
#include <strings.h>

#define NOTED_MAX 5 /* ordinary requests kept as commands; the rest of the room is for the others */

static const struct {
	const char *method;
	uint8_t traits;
} methods[] = {
	{"GET", HTTP_TRAIT_READS},
	{"HEAD", HTTP_TRAIT_HEAD},
	{"POST", HTTP_TRAIT_READS | HTTP_TRAIT_POST},
	{"PUT", HTTP_TRAIT_CHANGES},
	{"DELETE", HTTP_TRAIT_CHANGES | HTTP_TRAIT_DELETE},
	{"PATCH", HTTP_TRAIT_CHANGES},
	{"CONNECT", HTTP_TRAIT_CONNECT},
	{"PROPFIND", HTTP_TRAIT_READS | HTTP_TRAIT_LISTS},
	{"SEARCH", HTTP_TRAIT_READS | HTTP_TRAIT_LISTS},
	{"REPORT", HTTP_TRAIT_READS | HTTP_TRAIT_LISTS},
	{"PROPPATCH", HTTP_TRAIT_CHANGES},
	{"MKCOL", HTTP_TRAIT_CHANGES},
	{"MKCALENDAR", HTTP_TRAIT_CHANGES},
	{"COPY", HTTP_TRAIT_CHANGES},
	{"MOVE", HTTP_TRAIT_CHANGES},
	{"LOCK", HTTP_TRAIT_CHANGES},
	{"UNLOCK", HTTP_TRAIT_CHANGES},
	{"PURGE", HTTP_TRAIT_CHANGES},
};

static uint8_t traits_of(const char *method)
{
	for (size_t i = 0; i < sizeof methods / sizeof *methods; i++) {
		if (strcmp(methods[i].method, method) == 0)
			return methods[i].traits;
	}
	return 0;
}

/*
 * Cuts what follows the path off; the query goes to *query. Of the absolute form
 * ("http://user:secret@host/path"), the host goes to *host, without the user.
 */
static struct bytes path_of(struct bytes target, struct bytes *query, struct bytes *host)
{
	struct bytes path = target;
	size_t n = 0;

	*host = bytes_from(target.at, 0);
	if (bytes_start_with(&path, "http://") || bytes_start_with(&path, "https://")) {
		bytes_skip(&path, sizeof "http://" - 1);
		bytes_skip(&path, path.at[0] == '/');
		host->at = path.at;
		while (path.left != 0 && path.at[0] != '/' && path.at[0] != '?') {
			if (bytes_u8(&path) == '@')
				host->at = path.at;
		}
		host->left = (size_t)(path.at - host->at);
	}
	while (n < path.left && path.at[n] != '?' && path.at[n] != '#' && path.at[n] != ';')
		n++;
	*query = path;
	bytes_skip(query, n);
	path.left = n;
	return path.left != 0 ? path : bytes_from("/", 1);
}

/* What its answer will have proved, as far as that can be said before it comes. */
static unsigned flags_of(const struct http_request *r, const struct facts *facts)
{
	const struct http_route *route = http_routes_meaning(&r->fits, http_known_row(facts));
	uint16_t own = ASKS_RECORDS | ASKS_DELETE_OWN;
	unsigned flags = route != NULL && route->command == NULL ? http_route_flags(route) : 0;

	if ((r->traits & HTTP_TRAIT_LISTS) ||
	    ((r->traits & HTTP_TRAIT_READS) && (r->asks & ASKS_RECORDS)))
		flags |= COMMAND_LISTING;
	if ((r->traits & HTTP_TRAIT_DELETE) && (r->asks & own) != own &&
	    (route == NULL || route->kind != ROUTE_OWN))
		flags |= COMMAND_DESTRUCTIVE;
	if ((r->traits & HTTP_TRAIT_POST) && (r->asks & ASKS_DELETE_MANY))
		flags |= COMMAND_DESTRUCTIVE;
	return flags;
}

/* Only so many of these are kept: of what may yet turn out to be more, all. */
static bool is_ordinary(const struct http_request *r, unsigned flags)
{
	return flags == 0 && !(r->traits & (HTTP_TRAIT_CHANGES | HTTP_TRAIT_POST)) &&
	       http_routes_worst(&r->fits, false) < ROUTE_RECORDS;
}

/* A call by gRPC-Web or Connect: told like one by gRPC, by http2_requests.c. */
static bool note_call(struct http_exchange *x, struct facts *facts, struct bytes path)
{
	struct http_request *r = &x->current;
	struct grpc_method method;

	if (!(r->traits & HTTP_TRAIT_READS) || (r->traits & HTTP_TRAIT_LISTS))
		return false;
	grpc_method(path, &method);
	if (method.service == HTTP2_ANY)
		return false;
	r->rpc = method.service;
	r->rpc_traits = method.traits;
	r->fits.count = 0;
	x->search.left = 0;
	r->command = facts_command(facts, method.command, strlen(method.command),
				   grpc_flags(method.traits));
	return true;
}

static void note_command(struct http_exchange *x, struct facts *facts, const char *method,
			 struct bytes host, struct bytes path, struct bytes query)
{
	char shown[FACTS_COMMAND_TEXT], text[FACTS_COMMAND_TEXT];
	unsigned flags = flags_of(&x->current, facts);
	int n = snprintf(text, sizeof text, "%s %s%.*s", method, host.left != 0 ? "http://" : "",
			 (int)(host.left < sizeof text ? host.left : sizeof text),
			 (const char *)host.at);
	size_t length = n < 0 ? 0 : (size_t)n < sizeof text ? (size_t)n : sizeof text - 1;
	size_t shown_length = http_path_show(shown, sizeof shown, path);
	uint8_t before = facts->command_count;
	bool ordinary = is_ordinary(&x->current, flags);

	if (ordinary && x->noted >= NOTED_MAX)
		return;
	if (shown_length > sizeof text - 1 - length)
		shown_length = sizeof text - 1 - length;
	memcpy(text + length, shown, shown_length);
	length += shown_length;
	text[length] = '\0';
	strncat(text, http_query_show(query, x->current.asks), sizeof text - 1 - length);
	x->current.command = facts_command(facts, text, strlen(text), flags);
	if (ordinary && facts->command_count != before)
		x->noted++;
}

/* The statement that was made in x->statement is this request's, for http_settle() to note. */
static void keep_statement(struct http_exchange *x, struct http_request *request, uint8_t row,
			   unsigned flags)
{
	x->statement_row = row;
	x->statement_flags = (uint8_t)flags;
	x->statement_serial =
		(uint8_t)(x->statement_serial == UINT8_MAX ? 1 : x->statement_serial + 1);
	request->statement = x->statement_serial;
}

static void take_statement(struct http_exchange *x, struct http_request *request, struct bytes text,
			   bool raw)
{
	unsigned flags = http_statement(text, raw, x->statement, sizeof x->statement);

	if (x->statement[0] == '\0')
		return;
	keep_statement(x, request, 0, flags);
	if (flags & COMMAND_LISTING)
		request->asks |= ASKS_RECORDS;
}

/* Parameters of a segment belong to the path, and more of it may follow. */
static void take_parameters(struct bytes *path, struct bytes *query)
{
	struct bytes rest = *query;

	while (query->left != 0 && query->at[0] != '?' && query->at[0] != '#')
		bytes_skip(query, 1);
	if (path->at + path->left == rest.at)
		path->left += rest.left - query->left;
}

static void begin_graphql(struct http_exchange *x, struct bytes plain, struct bytes query)
{
	unsigned traits = x->current.traits;

	x->graphql = (struct http_graphql){.left = 0};
	if (!(traits & (HTTP_TRAIT_READS | HTTP_TRAIT_CHANGES)) || !http_graphql_path(plain))
		return;
	http_graphql_begin(&x->graphql);
	bytes_skip(&query, query.left != 0);
	http_graphql_query(&x->graphql, query);
	x->current.mutates = http_graphql_end(&x->graphql) != NULL;
}

/*
 * The routes that it fits; what they look for is looked for in the query first. `rest` is what
 * stands behind the path: parameters of a segment may be followed by more of it.
 */
static void fit_routes(struct http_exchange *x, const char *method, struct bytes path,
		       struct bytes rest, bool cut)
{
	struct http_fits *fits = &x->current.fits;
	struct bytes query = rest;

	take_parameters(&path, &query);
	http_routes_fit(fits, method, path, query, cut);
	http_search_begin(&x->search, fits);
	if (x->search.left == 0)
		return;
	x->search.form = true;
	http_search_feed(&x->search, fits, query);
	http_search_end(&x->search, fits);
	http_search_begin(&x->search, fits);
	x->search.form = true; /* where no content type says otherwise */
}

void http_request_line(struct http_exchange *x, struct facts *facts, const char *method,
		       struct bytes target, bool cut)
{
	struct bytes query = bytes_from(NULL, 0), host = query, path = target, whole, rest;
	char plain[HTTP_ROUTES_PATH + 1];
	struct http_request *r = &x->current;

	*r = (struct http_request){
		.traits = traits_of(method), .command = -1, .serial = ++x->serial};
	if (!(r->traits & HTTP_TRAIT_CONNECT))
		path = path_of(target, &query, &host);
	if (cut && query.left == 0 && host.at + host.left == target.at + target.left)
		host.left = 0; /* it may be a user's name and password */
	whole = path;
	rest = query;
	take_parameters(&whole, &rest);
	whole = bytes_from(plain, http_routes_plain(plain, whole));
	r->asks = http_asks(method, whole, query);
	if (path.left != 0 && path.at[path.left - 1] == '/')
		r->asks |= ASKS_DIRECTORY;
	if (host.left != 0)
		r->asks |= ASKS_PROXY;
	x->mcp = (struct http_mcp){.looked = 0};
	fit_routes(x, method, path, query, cut);
	http_product_asked(&r->asked, NULL, whole);
	r->socket = (uint8_t)websocket_by_path(whole);
	begin_graphql(x, whole, rest);
	r->credentials = (uint8_t)http_credentials_in_query(facts, query, cut);
	if (facts->path[0] == '\0')
		FACTS_TEXT(facts, path, path.at, path.left);
	if ((r->traits & HTTP_TRAIT_READS) && !(r->traits & (HTTP_TRAIT_POST | HTTP_TRAIT_LISTS)))
		r->object = (uint32_t)facts_hash(path.at, path.left);
	if (!note_call(x, facts, path))
		note_command(x, facts, method, host, path, query);
	if (query.left != 0 && http_request_wants_body(x))
		take_statement(x, r, query, false);
}

enum { REKEYS_COPY = 1 << 0, REKEYS_KEY = 1 << 1 };

static void search_text(struct http_exchange *x, struct bytes text)
{
	http_search_feed(&x->search, &x->current.fits, bytes_from("|", 1));
	http_search_feed(&x->search, &x->current.fits, text);
	http_search_feed(&x->search, &x->current.fits, bytes_from("|", 1));
}

/*
 * Headers that say what is done, for the marks of routes: which call it is of a service that has
 * one path; and that an object is copied over itself, with a key that the client keeps.
 */
static void search_header(struct http_exchange *x, const char *name, struct bytes value)
{
	static const char rekeyed[] = HTTP_MARK_REKEYED;
	/* "x-amz-server-side-encryption-customer-algorithm", cut off at HTTP_NAME_MAX. */
	static const char customer_key[] = "x-amz-server-side-encryption-cus";
	uint8_t *rekeys = &x->search.rekeys, before = *rekeys;

	if (x->search.left == 0 || strncmp(name, "x-amz-", 6) != 0)
		return;
	if (strcmp(name, "x-amz-target") == 0)
		search_text(x, value);
	if (strcmp(name, "x-amz-copy-source") == 0)
		*rekeys |= REKEYS_COPY;
	if (strcmp(name, customer_key) == 0)
		*rekeys |= REKEYS_KEY;
	if (*rekeys != before && *rekeys == (REKEYS_COPY | REKEYS_KEY))
		search_text(x, bytes_from(rekeyed, sizeof rekeyed - 1));
}

/*
 * "X-HTTP-Method-Override: DELETE": frameworks take it for the method of a POST. The path is known
 * by the command alone by now, as far as that goes.
 */
static void override_method(struct http_exchange *x, struct facts *facts, struct bytes value)
{
	static const char *const names[] = {"DELETE", "PUT", "PATCH", NULL};
	struct http_request *r = &x->current;
	int index = facts_command_index(facts, r->command);
	const char *path = index >= 0 ? strchr(facts->commands[index].text, ' ') : NULL;
	char text[FACTS_COMMAND_TEXT];
	int n;

	for (const char *const *name = names; path != NULL && *name != NULL; name++) {
		if (value.left != strlen(*name) ||
		    strncasecmp((const char *)value.at, *name, value.left) != 0)
			continue;
		n = snprintf(text, sizeof text, "%s%s", *name, path);
		if (strlen(facts->commands[index].text) == sizeof text - 1)
			facts_limited(facts); /* there was more of it */
		path++;
		r->traits = traits_of(*name);
		r->asks |= http_asks(*name, bytes_from(path, strlen(path)), bytes_from("", 0));
		http_routes_fit(&r->fits, *name, bytes_from(path, strlen(path)), bytes_from("", 0),
				true);
		http_search_begin(&x->search, &r->fits);
		x->search.form = true;
		r->command = facts_command(facts, text,
					   (size_t)n < sizeof text ? (size_t)n : sizeof text - 1,
					   flags_of(r, facts));
		return;
	}
}

static bool is_override(const char *name)
{
	return strcmp(name, "x-http-method-override") == 0 || strcmp(name, "x-http-method") == 0 ||
	       strcmp(name, "x-method-override") == 0;
}

void http_request_header(struct http_exchange *x, struct facts *facts, const char *name,
			 struct bytes value)
{
	uint8_t credentials = (uint8_t)http_credentials_in_header(facts, name, value);

	if (credentials > x->current.credentials)
		x->current.credentials = credentials;
	if (strcmp(name, "host") == 0 && facts->host[0] == '\0')
		FACTS_TEXT(facts, host, value.at, value.left);
	http_product_asked(&x->current.asked, name, value);
	search_header(x, name, value);
	if (name[0] == 'x' && (x->current.traits & HTTP_TRAIT_POST) && is_override(name))
		override_method(x, facts, value);
	if (x->graphql.left != 0 && strcmp(name, "content-type") == 0)
		http_graphql_header(&x->graphql, value);
	if (strcmp(name, "content-type") == 0)
		x->search.form = bytes_start_with(&value, "application/x-www-form-urlencoded");
}

static bool asks_for(const struct http_request *r, size_t row)
{
	for (size_t i = 0; i < sizeof r->asked.rows; i++) {
		if (r->asked.rows[i] == row)
			return true;
	}
	return false;
}

bool http_request_wants_body(const struct http_exchange *x)
{
	/* ClickHouse listens at "/". */
	return (x->current.asks & ASKS_BANNER) || asks_for(&x->current, HTTP_MCP) ||
	       asks_for(&x->current, HTTP_OLLAMA) || x->current.asked.rows[0] == HTTP_IPP ||
	       http_product_has_statements(x->current.asked.rows[0]);
}

/* A mark that a body may hold, and that has not been found. */
static bool misses_mark(const struct http_fits *fits)
{
	for (size_t i = 0; i < fits->count; i++) {
		const char *mark = http_routes_mark(fits, i);

		if (mark != NULL && !(fits->found & 1U << i) &&
		    strcmp(mark, HTTP_MARK_REKEYED) != 0)
			return true;
	}
	return false;
}

bool http_request_leaves(const struct http_exchange *x, const struct facts *facts)
{
	const struct http_request *r = &x->current;

	if (x->graphql.form != 0 && !r->mutates)
		return true;
	if (asks_for(r, HTTP_MCP) || http_product_has_statements(r->asked.rows[0]) ||
	    http_product_has_statements(http_known_row(facts)))
		return true;
	return misses_mark(&r->fits);
}

/* What was found is found for all that is kept of the request. */
static void tell_found(struct http_exchange *x)
{
	struct http_request *response = &x->response.request;
	uint8_t found = x->current.fits.found;

	for (size_t i = 0; i < HTTP_PENDING_MAX; i++) {
		if (x->pending[i].serial != x->serial)
			continue;
		x->pending[i].fits.found |= found;
		x->pending[i].mutates |= x->current.mutates;
	}
	for (size_t i = 0; i < HTTP_EARLIER_MAX; i++) {
		if (x->earlier[i].serial == x->serial)
			x->earlier[i].fits.found |= found;
	}
	if (!x->response.matched || response->serial != x->serial)
		return;
	response->fits.found |= found;
	response->mutates |= x->current.mutates;
}

size_t http_request_search_most(const struct http_exchange *x)
{
	size_t most = x->search.left > x->graphql.left ? x->search.left : x->graphql.left;
	size_t mcp = x->mcp.looked < HTTP_MCP_MAX ? HTTP_MCP_MAX - x->mcp.looked : 0;

	return asks_for(&x->current, HTTP_MCP) && mcp > most ? mcp : most;
}

bool http_request_is_searched(const struct http_exchange *x)
{
	return http_request_search_most(x) != 0;
}

void http_request_search(struct http_exchange *x, struct bytes piece)
{
	if (asks_for(&x->current, HTTP_MCP))
		http_mcp_look(&x->mcp, piece);
	if (x->graphql.left != 0)
		http_graphql_feed(&x->graphql, piece);
	if (x->search.left != 0)
		http_search_feed(&x->search, &x->current.fits, piece);
}

void http_request_search_end(struct http_exchange *x)
{
	if (x->graphql.left != 0) {
		x->current.mutates |= http_graphql_end(&x->graphql) != NULL;
		tell_found(x);
	}
	if (x->search.length == 0 && x->search.escaped == 0)
		return;
	http_search_end(&x->search, &x->current.fits);
	tell_found(x);
}

/* It only looked like a request of this row's. */
static void ask_no_more(struct http_request *r, uint8_t row)
{
	size_t kept = 0;

	for (size_t i = 0; i < sizeof r->asked.rows; i++) {
		if (r->asked.rows[i] != row)
			r->asked.rows[kept++] = r->asked.rows[i];
	}
	while (kept < sizeof r->asked.rows)
		r->asked.rows[kept++] = 0;
}

/* What a client of MCP wants; told like a statement, when it is known that it was one. */
static void take_call(struct http_exchange *x, struct http_request *request, struct bytes body)
{
	static const uint8_t flags[] = {
		[MCP_LISTS] = COMMAND_LISTING,
		[MCP_RUNS] = COMMAND_EXECUTES,
	};
	struct bytes version;

	request->mcp = (uint8_t)http_mcp_call(&x->mcp, body, x->statement, sizeof x->statement);
	if (request->mcp == MCP_UNKNOWN && !json_text_member(body, "jsonrpc", &version))
		ask_no_more(request, HTTP_MCP); /* others have such paths, too */
	if (x->statement[0] != '\0')
		keep_statement(x, request, HTTP_MCP, flags[request->mcp]);
}

/* Ollama API: of which model, where one is deleted, or fetched and made. */
static void take_model(struct http_exchange *x, struct http_request *request, struct bytes body)
{
	bool deletes = (request->traits & HTTP_TRAIT_DELETE) != 0;
	struct bytes name;

	if (!deletes && http_routes_worst(&request->fits, false) < ROUTE_EXECUTES)
		return;
	if (!json_text_member(body, "model", &name) && !json_text_member(body, "name", &name))
		return;
	snprintf(x->statement, sizeof x->statement, "%s %.*s", deletes ? "delete" : "fetch or make",
		 (int)(name.left < sizeof x->statement ? name.left : sizeof x->statement),
		 (const char *)name.at);
	keep_statement(x, request, HTTP_OLLAMA, deletes ? COMMAND_DESTRUCTIVE : COMMAND_EXECUTES);
}

void http_request_body(struct http_exchange *x, struct bytes body)
{
	struct http_request *last =
		&x->pending[((size_t)x->first + x->count + HTTP_PENDING_MAX - 1) %
			    HTTP_PENDING_MAX];

	if (x->count == 0 || x->beyond != 0 || body.left == 0)
		return;
	if (asks_for(last, HTTP_MCP))
		take_call(x, last, body);
	else if (asks_for(last, HTTP_OLLAMA))
		take_model(x, last, body);
	else if (last->asked.rows[0] != HTTP_IPP)
		take_statement(x, last, body, true);
	else if (!http_ipp_reads(body))
		last->traits &= (uint8_t)~HTTP_TRAIT_READS;
}

void http_request_end(struct http_exchange *x)
{
	if (x->count == HTTP_PENDING_MAX || x->beyond != 0) {
		if (x->beyond != UINT32_MAX)
			x->beyond++;
		return;
	}
	x->pending[(x->first + x->count) % HTTP_PENDING_MAX] = x->current;
	x->count++;
	x->pipelined |= x->count > 1;
}

void http_request_note(struct http_exchange *x, struct facts *facts, const char *command,
		       unsigned flags)
{
	bool ordinary = is_ordinary(&x->current, flags);

	x->noted = 0; /* counted by client, not by connection */
	x->current.command = -1;
	if (command[0] != '\0' && !(ordinary && facts->command_count >= NOTED_MAX))
		x->current.command = facts_command(facts, command, strlen(command), flags);
}
