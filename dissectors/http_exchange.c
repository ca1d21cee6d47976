/* SPDX-License-Identifier: ISC */
/*
 * Requests and responses matched in the order of the wire (RFC 9112 section 9.3.2), and judged.
 * After a loss of bytes a response is matched again only if the client has never had more than one
 * request under way: a wrong match would call somebody's failure a success.
 */
#include "dissectors/http_exchange.h"

#include "dissectors/http_credentials.h"
#include "dissectors/http_paths.h"
#include "dissectors/http_products.h"
#include "dissectors/http_statement.h"

#include <stdio.h>
#include <strings.h>

#define NOTED_MAX 5 /* ordinary requests kept as commands; the rest of the room is for the others */

/* What a method does. */
enum {
	TRAIT_READS = 1 << 0,
	TRAIT_CHANGES = 1 << 1,
	TRAIT_LISTS = 1 << 2,
	TRAIT_HEAD = 1 << 3,
	TRAIT_CONNECT = 1 << 4,
	TRAIT_DELETE = 1 << 5,
	TRAIT_POST = 1 << 6,
	TRAIT_LOGIN = 1 << 7, /* by its path: the body holds credentials */
};

static const struct {
	const char *method;
	uint8_t traits;
} methods[] = {
	{"GET", TRAIT_READS},
	{"HEAD", TRAIT_HEAD},
	{"POST", TRAIT_READS | TRAIT_POST},
	{"PUT", TRAIT_CHANGES},
	{"DELETE", TRAIT_CHANGES | TRAIT_DELETE},
	{"PATCH", TRAIT_CHANGES},
	{"CONNECT", TRAIT_CONNECT},
	{"PROPFIND", TRAIT_READS | TRAIT_LISTS},
	{"SEARCH", TRAIT_READS | TRAIT_LISTS},
	{"REPORT", TRAIT_READS | TRAIT_LISTS},
	{"PROPPATCH", TRAIT_CHANGES},
	{"MKCOL", TRAIT_CHANGES},
	{"MKCALENDAR", TRAIT_CHANGES},
	{"COPY", TRAIT_CHANGES},
	{"MOVE", TRAIT_CHANGES},
	{"LOCK", TRAIT_CHANGES},
	{"UNLOCK", TRAIT_CHANGES},
	{"PURGE", TRAIT_CHANGES},
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

static unsigned flags_of(const struct http_request *r)
{
	uint16_t own = ASKS_RECORDS | ASKS_DELETE_OWN;
	unsigned flags = 0;

	if ((r->traits & TRAIT_LISTS) || ((r->traits & TRAIT_READS) && (r->asks & ASKS_RECORDS)))
		flags |= COMMAND_LISTING;
	if ((r->traits & TRAIT_DELETE) && (r->asks & own) != own)
		flags |= COMMAND_DESTRUCTIVE;
	if ((r->traits & TRAIT_POST) && (r->asks & ASKS_DELETE_MANY))
		flags = COMMAND_DESTRUCTIVE;
	return flags;
}

static void note_command(struct http_exchange *x, struct facts *facts, const char *method,
			 struct bytes host, struct bytes path, struct bytes query)
{
	char shown[FACTS_COMMAND_TEXT], text[FACTS_COMMAND_TEXT];
	unsigned flags = flags_of(&x->current);
	int n = snprintf(text, sizeof text, "%s %s%.*s", method, host.left != 0 ? "http://" : "",
			 (int)(host.left < sizeof text ? host.left : sizeof text),
			 (const char *)host.at);
	size_t length = n < 0 ? 0 : (size_t)n < sizeof text ? (size_t)n : sizeof text - 1;
	size_t shown_length = http_path_show(shown, sizeof shown, path);
	uint8_t before = facts->command_count;
	bool ordinary = flags == 0 && !(x->current.traits & (TRAIT_CHANGES | TRAIT_POST));

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

/* Paths that take a name and a password in the body. */
static bool is_login(struct bytes path)
{
	static const char *const ends[] = {"/login", "/signin", "/_session", "/authenticate"};

	for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
		size_t n = strlen(ends[i]);

		if (path.left >= n &&
		    strncasecmp((const char *)path.at + path.left - n, ends[i], n) == 0)
			return true;
	}
	return false;
}

/* Keeps the statement in `text`, if there is one, for http_settle() to note. */
static void take_statement(struct http_exchange *x, struct http_request *request, struct bytes text,
			   bool raw)
{
	unsigned flags = http_statement(text, raw, x->statement, sizeof x->statement);

	if (x->statement[0] == '\0')
		return;
	x->statement_flags = (uint8_t)flags;
	x->statement_serial =
		(uint8_t)(x->statement_serial == UINT8_MAX ? 1 : x->statement_serial + 1);
	request->statement = x->statement_serial;
	if (flags & COMMAND_LISTING)
		request->asks |= ASKS_RECORDS;
}

void http_request_line(struct http_exchange *x, struct facts *facts, const char *method,
		       struct bytes target, bool cut)
{
	struct bytes query = bytes_from(NULL, 0), host = query, path = target;
	struct http_request *r = &x->current;

	*r = (struct http_request){.traits = traits_of(method), .command = -1};
	if (!(r->traits & TRAIT_CONNECT))
		path = path_of(target, &query, &host);
	if (cut && query.left == 0 && host.at + host.left == target.at + target.left)
		host.left = 0; /* it may be a user's name and password */
	r->asks = http_asks(method, path, query);
	if (host.left != 0)
		r->asks |= ASKS_PROXY;
	r->asked = http_product_asked(NULL, path);
	r->credentials = (uint8_t)http_credentials_in_query(facts, query, cut);
	if ((r->traits & TRAIT_POST) && is_login(path))
		r->traits |= TRAIT_LOGIN;
	if (facts->path[0] == '\0')
		FACTS_TEXT(facts, path, path.at, path.left);
	if ((r->traits & TRAIT_READS) && !(r->traits & (TRAIT_POST | TRAIT_LISTS)))
		r->object = (uint32_t)facts_hash(path.at, path.left);
	note_command(x, facts, method, host, path, query);
	if (query.left != 0 && http_request_wants_body(x))
		take_statement(x, r, query, false);
}

void http_request_header(struct http_exchange *x, struct facts *facts, const char *name,
			 struct bytes value)
{
	uint8_t credentials = (uint8_t)http_credentials_in_header(facts, name, value);
	uint8_t asked = http_product_asked(name, value);

	if (credentials > x->current.credentials)
		x->current.credentials = credentials;
	if (strcmp(name, "host") == 0 && facts->host[0] == '\0')
		FACTS_TEXT(facts, host, value.at, value.left);
	if (asked != 0)
		x->current.asked = asked;
}

bool http_request_wants_body(const struct http_exchange *x)
{
	/* ClickHouse listens at "/". */
	return (x->current.asks & ASKS_BANNER) || x->current.asked == HTTP_IPP ||
	       http_product_has_statements(x->current.asked);
}

void http_request_body(struct http_exchange *x, struct bytes body)
{
	size_t last = ((size_t)x->first + x->count + HTTP_PENDING_MAX - 1) % HTTP_PENDING_MAX;

	if (x->count == 0 || x->beyond != 0 || body.left == 0)
		return;
	if (x->pending[last].asked != HTTP_IPP)
		take_statement(x, &x->pending[last], body, true);
	else if (!http_ipp_reads(body))
		x->pending[last].traits &= (uint8_t)~TRAIT_READS;
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
	bool ordinary = flags == 0 && !(x->current.traits & (TRAIT_CHANGES | TRAIT_POST));

	x->noted = 0; /* counted by client, not by connection */
	x->current.command = -1;
	if (command[0] != '\0' && !(ordinary && facts->command_count >= NOTED_MAX))
		x->current.command = facts_command(facts, command, strlen(command), flags);
}

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
	}
}

static struct http_answer answer_of(const struct http_response *r)
{
	return (struct http_answer){
		.asks = r->matched ? r->request.asks : 0,
		.asked = r->matched ? r->request.asked : 0,
		.status = r->status,
		.without_credentials = r->matched && r->request.credentials == CREDENTIALS_NONE,
	};
}

/* "Negotiate oYG…": a token behind the scheme, so the log-in goes on. */
static bool is_next_step(struct bytes value)
{
	return (bytes_start_with(&value, "NTLM ") || bytes_start_with(&value, "Negotiate ")) &&
	       value.left > 16;
}

void http_response_header(struct http_exchange *x, struct facts *facts, const char *name,
			  struct bytes value, uint16_t status)
{
	struct http_answer answer;

	x->response.status = status;
	answer = answer_of(&x->response);
	if (strcmp(name, "www-authenticate") == 0 || strcmp(name, "proxy-authenticate") == 0)
		x->response.challenge |= is_next_step(value);
	x->response.lists |= http_products_match(facts, &x->rank, &answer, name, value);
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
	if ((r->request.traits & TRAIT_CONNECT) && status <= 299)
		return FOLLOWS_TUNNEL;
	return r->request.traits & TRAIT_HEAD ? FOLLOWS_NOTHING : FOLLOWS_BODY;
}

static bool is_success(const struct http_response *r)
{
	return (r->status >= 200 && r->status <= 299) || r->status == 101;
}

static void judge_access(struct http_exchange *x, struct facts *facts)
{
	const struct http_response *r = &x->response;
	bool refused = r->status == 401 || r->status == 407;
	bool sent = r->matched && r->request.credentials == CREDENTIALS_SENT;
	bool login = r->matched && (r->request.traits & TRAIT_LOGIN);
	bool none = r->matched && r->request.credentials == CREDENTIALS_NONE && !login;

	/* Whoever got through a challenge is in, whatever became of the request. */
	bool passed = x->challenged && r->status < 500 && !refused && r->status != 403;

	if (sent && (is_success(r) || passed)) {
		if (facts->auth != AUTH_SUCCEEDED)
			facts_login(facts, true);
		return;
	}
	x->challenged = r->challenge;
	if (is_success(r) && none && r->request.traits != 0 && facts->auth != AUTH_SUCCEEDED)
		facts_set_auth(facts, AUTH_NONE);
	else if (refused && ((!sent && !login) || r->challenge))
		facts_set_auth(facts, AUTH_REQUIRED);
	else if ((sent || login) && (refused || r->status == 403))
		facts_login(facts, false);
}

/* Is what came back something that is stored there, rather than how the server is? */
static bool is_data(const struct http_response *r, const struct facts *facts)
{
	bool search = facts->service != NULL && facts->service->family == FAMILY_DATABASE;

	/* OK, Non-Authoritative, Partial Content, Multi-Status; "201 Created" only tells of itself. */
	if ((r->status != 200 && r->status != 203 && r->status != 206 && r->status != 207) ||
	    !r->has_body)
		return false;
	if (!r->matched)
		return !search;
	if (!(r->request.traits & TRAIT_READS))
		return false;
	if (!search)
		return true;
	if (r->request.traits & TRAIT_POST)
		return (r->request.asks & (ASKS_RECORDS | ASKS_DELETE_MANY)) == ASKS_RECORDS;
	return !(r->request.asks & (ASKS_BANNER | ASKS_SEARCH_ADMIN));
}

/* A file that is in a store or a tree; listings, and what a store says of itself, are none. */
static void note_object(struct facts *facts, const struct http_response *r)
{
	/* Many a store names itself in its listings only: its files look like anybody's. */
	bool files = facts->service != NULL && (facts->service->family == FAMILY_STORAGE ||
						facts->service->family == FAMILY_WEB);

	if (r->matched && r->request.object != 0 && files && !r->lists && is_data(r, facts))
		facts_object(facts, facts_hash(&r->request.object, sizeof r->request.object));
}

/* Only now it is known whether the service takes statements at all. */
static void note_statement(struct http_exchange *x, struct facts *facts)
{
	const struct http_response *r = &x->response;
	ptrdiff_t row = facts->service - http_services;
	int handle;

	if (r->request.statement == 0 || r->request.statement != x->statement_serial)
		return;
	if (row < 0 || row >= HTTP_SERVICE_COUNT || !http_product_has_statements((size_t)row))
		return;
	handle = facts_command(facts, x->statement, strlen(x->statement), x->statement_flags);
	if (is_success(r) || r->status >= 400)
		facts_command_result(facts, handle, is_success(r));
}

void http_settle(struct http_exchange *x, struct facts *facts, struct bytes body)
{
	struct http_response *r = &x->response;
	struct http_answer answer = answer_of(r);

	if (!r->open)
		return;
	r->open = false;
	r->lists |= http_products_match(facts, &x->rank, &answer, NULL, body);
	judge_access(x, facts);
	note_object(facts, r);
	facts_set_data_read(facts, is_data(r, facts) ? ANSWER_YES : ANSWER_NO);
	if (!r->matched)
		return;
	if (is_success(r))
		facts_command_result(facts, r->request.command, true);
	else if (r->status >= 400)
		facts_command_result(facts, r->request.command, false);
	note_statement(x, facts);
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
	}
}
