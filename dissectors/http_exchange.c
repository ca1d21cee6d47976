/* SPDX-License-Identifier: ISC */
/*
 * Requests and responses matched in the order of the wire (RFC 9112 section 9.3.2), and judged.
 * After a loss of bytes a response is matched again only if the client has never had more than one
 * request under way: a wrong match would call somebody's failure a success.
 */
#include "dissectors/http_exchange.h"

#include "dissectors/http_credentials.h"
#include "dissectors/http_products.h"

#include <stdio.h>

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
 * Cuts scheme, user and host off the absolute form ("http://user:secret@host/path"), and what
 * follows the path; the query goes to *query.
 */
static struct bytes path_of(struct bytes target, struct bytes *query)
{
	struct bytes path = target;
	size_t n = 0;

	if (bytes_start_with(&path, "http://") || bytes_start_with(&path, "https://")) {
		bytes_skip(&path, sizeof "https://" - 1);
		while (path.left != 0 && path.at[0] != '/')
			bytes_skip(&path, 1);
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
			 struct bytes path)
{
	char text[FACTS_COMMAND_TEXT];
	unsigned flags = flags_of(&x->current);
	int n = snprintf(text, sizeof text, "%s %.*s", method,
			 path.left < sizeof text ? (int)path.left : (int)sizeof text - 1,
			 (const char *)path.at);

	uint8_t before = facts->command_count;
	bool ordinary = flags == 0 && !(x->current.traits & (TRAIT_CHANGES | TRAIT_POST));

	if (n <= 0 || (ordinary && x->noted >= NOTED_MAX))
		return;
	x->current.command = facts_command(
		facts, text, (size_t)n < sizeof text ? (size_t)n : sizeof text - 1, flags);
	if (ordinary && facts->command_count != before)
		x->noted++;
}

void http_request_line(struct http_exchange *x, struct facts *facts, const char *method,
		       struct bytes target, bool cut)
{
	struct bytes query;
	struct bytes path;

	x->current = (struct http_request){.traits = traits_of(method), .command = -1};
	path = x->current.traits & TRAIT_CONNECT ? target : path_of(target, &query);
	if (x->current.traits & TRAIT_CONNECT)
		query = bytes_from(NULL, 0);
	x->current.asks = http_asks((const char *)path.at, path.left);
	x->current.credentials = (uint8_t)http_credentials_in_query(facts, query, cut);
	if (facts->path[0] == '\0')
		FACTS_TEXT(facts, path, path.at, path.left);
	note_command(x, facts, method, path);
}

void http_request_header(struct http_exchange *x, struct facts *facts, const char *name,
			 struct bytes value)
{
	uint8_t credentials = (uint8_t)http_credentials_in_header(facts, name, value);

	if (credentials > x->current.credentials)
		x->current.credentials = credentials;
	if (strcmp(name, "host") == 0 && facts->host[0] == '\0')
		FACTS_TEXT(facts, host, value.at, value.left);
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
	http_products_match(facts, &x->rank, &answer, name, value);
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
	bool none = r->matched && r->request.credentials == CREDENTIALS_NONE;

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
	else if (refused && (!sent || r->challenge))
		facts_set_auth(facts, AUTH_REQUIRED);
	else if (sent && (refused || r->status == 403))
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

void http_settle(struct http_exchange *x, struct facts *facts, struct bytes body)
{
	struct http_response *r = &x->response;
	struct http_answer answer = answer_of(r);

	if (!r->open)
		return;
	r->open = false;
	if (body.left != 0)
		http_products_match(facts, &x->rank, &answer, NULL, body);
	judge_access(x, facts);
	facts_set_data_read(facts, is_data(r, facts) ? ANSWER_YES : ANSWER_NO);
	if (!r->matched)
		return;
	if (is_success(r))
		facts_command_result(facts, r->request.command, true);
	else if (r->status >= 400)
		facts_command_result(facts, r->request.command, false);
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
