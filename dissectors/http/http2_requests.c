/* SPDX-License-Identifier: ISC */
/*
 * Requests of an HTTP/2 conversation: what each asks for is known when the headers in front, those
 * whose names begin with a colon, are over. What a path meant is kept with its entry of the table
 * of headers, as a memo: later requests name the entry only.
 */
#include "dissectors/http/grpc_services.h"
#include "dissectors/http/http2.h"
#include "dissectors/http/http_credentials.h"
#include "dissectors/http/http_reader.h"

/* The memo of a path: a call, or the command in which the path stands. */
#define MEMO_RPC     (1U << 31)
#define MEMO_COMMAND 16 /* the bit from which on one more than its row stands */
#define MEMO_QUERY   24 /* and which credentials stand in the query */

struct http2_call *http2_call_find(struct http2 *http2, uint32_t stream)
{
	for (size_t i = 0; i < HTTP2_CALLS; i++) {
		if (http2->calls[i].stream == stream && stream != 0)
			return &http2->calls[i];
	}
	return NULL;
}

struct http_reading http2_reading(const struct http2_context *c, enum side from)
{
	struct http2 *http2 = c->http2;
	bool asked = from == SIDE_CLIENT;

	return (struct http_reading){
		.body = asked ? &http2->asked.body : &http2->body,
		.text = asked ? &http2->asked.text : &http2->text,
		.exchange = &http2->exchange,
		.facts = c->facts,
		.fed = c->fed,
		.from = from,
		.within = asked ? http2->asking != 0 : http2->page != 0,
	};
}

void http2_packing(struct http_body *body, const struct hpack_header *h)
{
	if (!h->known) {
		http_body_header(body, "content-encoding", h->text);
		*h->memo = body->packing;
	}
	body->packing = (uint8_t)*h->memo;
}

void http2_select(struct http2 *http2, const struct http2_call *call)
{
	struct http_exchange *x = &http2->exchange;

	x->first = (uint8_t)(call != NULL ? call - http2->calls : 0);
	x->count = call != NULL;
	x->beyond = 0;
}

void http2_request_forget(const struct http2_context *c)
{
	struct http2 *http2 = c->http2;

	http_request_search_end(&http2->exchange);
	http_text_wipe(&http2->asked.text);
	if (c->fed != NULL && c->from == SIDE_CLIENT)
		unpacker_end(c->fed);
	http2->asking = 0;
}

/* Another request comes before the body of one has ended. */
static void leave_body(const struct http2_context *c)
{
	struct http2 *http2 = c->http2;

	if (http2->asking == 0)
		return;
	if (!http2->asked.body.done && http_request_is_searched(&http2->exchange))
		http2->unasked = http2->asking;
	http2_request_forget(c);
}

void http2_request_begin(const struct http2_context *c)
{
	struct http2 *http2 = c->http2;
	uint32_t stream = http2->side[SIDE_CLIENT].stream;

	http2->request = (struct http2_request){
		.call = {.stream = stream, .command = -1},
		.trailers = http2_call_find(http2, stream) != NULL,
	};
	if (http2->request.trailers)
		return;
	leave_body(c);
	http2->asked.body = (struct http_body){.packing = PACKING_NONE};
}

static void take_method(struct http2_request *request, const struct hpack_header *h)
{
	if (h->known) {
		request->method = (uint8_t)*h->memo;
		return;
	}
	for (uint8_t i = 0; i < HTTP_METHOD_COUNT; i++) {
		if (strlen(http_methods[i]) == h->text.left &&
		    memcmp(http_methods[i], h->text.at, h->text.left) == 0)
			request->method = (uint8_t)(i + 1);
	}
	*h->memo = request->method;
}

static void take_path(struct http2_request *request, const struct hpack_header *h)
{
	request->path_entry = h->entry;
	request->path_memo = h->known ? *h->memo : 0;
	request->path_cut = h->cut;
	request->path_length = (uint8_t)h->text.left;
	if (h->text.left != 0)
		memcpy(request->path, h->text.at, h->text.left);
}

static const char *method_of(const struct http2_request *request)
{
	return request->method != 0 ? http_methods[request->method - 1] : "";
}

/* A call of a service that is known. False: it is another path. */
static bool begin_call(const struct http2_context *c, struct bytes path)
{
	struct http2_request *request = &c->http2->request;
	struct grpc_method method;
	size_t n = 0;

	grpc_method(path, &method);
	if (method.service == HTTP2_ANY)
		return false;
	request->call.rpc = true;
	request->call.service = method.service;
	request->call.traits = method.traits;
	c->http2->exchange.search.left = 0;
	request->call.command = facts_command(c->facts, method.command, strlen(method.command),
					      grpc_flags(method.traits));
	c->http2->exchange.current = (struct http_request){.command = -1};
	while (n < path.left && path.at[n] != '?')
		n++;
	if (c->facts->path[0] == '\0')
		FACTS_TEXT(c->facts, path, path.at, n);
	return true;
}

static void begin_page(const struct http2_context *c, struct bytes path, bool cut)
{
	struct http2_request *request = &c->http2->request;

	http_request_line(&c->http2->exchange, c->facts, method_of(request), path, cut);
	request->call.command = c->http2->exchange.current.command;
}

static uint32_t memo_of(const struct http2_context *c)
{
	const struct http2_call *call = &c->http2->request.call;
	uint32_t row = (uint32_t)(facts_command_index(c->facts, call->command) + 1);
	uint32_t query = c->http2->exchange.current.credentials;

	return (call->rpc ? MEMO_RPC : 0) | query << MEMO_QUERY | row << MEMO_COMMAND |
	       (uint32_t)call->traits << 8 | call->service;
}

/* The path is one that an earlier request had. Of a page it is in the command: "GET /path". */
static void begin_known(const struct http2_context *c, uint32_t memo)
{
	struct http2_call *call = &c->http2->request.call;
	uint32_t row = memo >> MEMO_COMMAND & 0xff;
	const char *path = NULL;
	char text[FACTS_COMMAND_TEXT] = "";

	c->http2->exchange.current = (struct http_request){.command = -1};
	if (row != 0 && row <= c->facts->command_count)
		memcpy(text, c->facts->commands[row - 1].text, sizeof text);
	if (memo & MEMO_RPC) {
		call->rpc = true;
		call->service = (uint8_t)memo;
		call->traits = (uint8_t)(memo >> 8);
		if (text[0] != '\0')
			call->command = facts_command(c->facts, text, strlen(text),
						      grpc_flags(call->traits));
		return;
	}
	path = strchr(text, ' ');
	if (path != NULL)
		begin_page(c, bytes_from(path + 1, strlen(path + 1)), false);
	c->http2->exchange.current.credentials = (uint8_t)(memo >> MEMO_QUERY & 3);
}

/* The headers in front are over. */
static void begin(const struct http2_context *c)
{
	struct http2_request *request = &c->http2->request;
	struct bytes path = bytes_from(request->path, request->path_length);
	uint32_t *memo;

	if (request->begun || request->trailers)
		return;
	request->begun = true;
	if (path.left == 0) {
		begin_known(c, request->path_memo);
		return;
	}
	if (!begin_call(c, path))
		begin_page(c, path, request->path_cut);
	memo = hpack_memo(&c->http2->side[SIDE_CLIENT].hpack, request->path_entry);
	if (memo != NULL)
		*memo = memo_of(c);
}

/* Credentials, and what tells whose request it is. The memo: which credentials. */
static void take_field(const struct http2_context *c, const struct hpack_header *h)
{
	struct http_request *current = &c->http2->exchange.current;
	uint8_t before = current->credentials;

	if (!h->known && h->name[0] != '\0') {
		http_body_header(&c->http2->asked.body, h->name, h->text);
		current->credentials = CREDENTIALS_NONE;
		http_request_header(&c->http2->exchange, c->facts, h->name, h->text);
		if (strcmp(h->name, "token") == 0) /* etcd's */
			current->credentials = CREDENTIALS_SENT;
		*h->memo = current->credentials;
	}
	current->credentials = (uint8_t)*h->memo;
	if (current->credentials < before)
		current->credentials = before;
}

/* The memo of a content type. */
enum { TYPE_GRPC = 1, TYPE_FORM = 2 };

static void take_type(const struct http2_context *c, const struct hpack_header *h)
{
	if (!h->known) {
		take_field(c, h);
		*h->memo = (bytes_start_with(&h->text, "application/grpc") ? TYPE_GRPC : 0U) |
			   (c->http2->exchange.search.form ? TYPE_FORM : 0U);
	}
	c->http2->request.grpc |= (*h->memo & TYPE_GRPC) != 0;
	c->http2->exchange.search.form = (*h->memo & TYPE_FORM) != 0;
}

void http2_request_header(const struct http2_context *c, const struct hpack_header *h)
{
	struct http2_request *request = &c->http2->request;

	if (request->trailers)
		return;
	switch ((enum hpack_kind)h->kind) {
	case HPACK_METHOD:
		take_method(request, h);
		break;
	case HPACK_PATH:
		take_path(request, h);
		break;
	case HPACK_AUTHORITY:
		if (!h->known && c->facts->host[0] == '\0')
			FACTS_TEXT(c->facts, host, h->text.at, h->text.left);
		break;
	case HPACK_CONTENT_TYPE:
		begin(c);
		take_type(c, h);
		break;
	case HPACK_CONTENT_ENCODING:
		begin(c);
		http2_packing(&c->http2->asked.body, h);
		break;
	default:
		if (h->name[0] == ':')
			break;
		begin(c);
		take_field(c, h);
		break;
	}
}

void http2_request_end(const struct http2_context *c)
{
	struct http2 *http2 = c->http2;
	struct http2_request *request = &http2->request;

	if (request->trailers)
		return;
	begin(c);
	http2->grpc |= request->grpc;
	request->call.rpc |= request->grpc;
	request->call.credentials = http2->exchange.current.credentials != CREDENTIALS_NONE;
	http2->calls[http2->next] = request->call;
	http2_select(http2, &http2->calls[http2->next]);
	http2->exchange.count = 0;
	http_request_end(&http2->exchange);
	http2->next = (uint8_t)((http2->next + 1) % HTTP2_CALLS);
	http2->asking = request->call.stream;
}

void http2_request_upgraded(const struct http2_context *c, uint8_t credentials)
{
	struct http2_request *request = &c->http2->request;
	char text[FACTS_COMMAND_TEXT] = "";
	const char *path;

	*request = (struct http2_request){.call = {.stream = 1, .command = -1}};
	if (c->facts->command_count != 0)
		memcpy(text, c->facts->commands[c->facts->command_count - 1].text, sizeof text);
	path = strchr(text, ' ');
	for (uint8_t i = 0; path != NULL && i < HTTP_METHOD_COUNT; i++) {
		if (strlen(http_methods[i]) == (size_t)(path - text) &&
		    memcmp(http_methods[i], text, (size_t)(path - text)) == 0)
			request->method = (uint8_t)(i + 1);
	}
	if (path != NULL)
		begin_page(c, bytes_from(path + 1, strlen(path + 1)), false);
	c->http2->exchange.current.credentials = credentials;
	request->begun = true;
	http2_request_end(c);
}

void http2_request_data(const struct http2_context *c, struct bytes piece)
{
	struct http2 *http2 = c->http2;
	uint32_t stream = http2->side[SIDE_CLIENT].stream;
	const struct http2_call *call = http2_call_find(http2, stream);
	struct http_reading reading = http2_reading(c, SIDE_CLIENT);

	if (piece.left == 0)
		return;
	if (stream == http2->unasked)
		facts_limited(c->facts);
	if (stream != http2->asking || stream == 0)
		return;
	if (call != NULL && call->rpc)
		http_text_append(&http2->asked.text, piece);
	else
		http_body_take(&reading, piece);
}

/* The name in an AuthenticateRequest of etcd: a head of five bytes, field 1, length, text. */
static void take_user(const struct http2_context *c)
{
	struct bytes data = http_text_bytes(&c->http2->asked.text);
	struct bytes name;

	bytes_skip(&data, 5);
	if (bytes_u8(&data) != 0x0a)
		return;
	name = bytes_sub(&data, bytes_u8(&data));
	if (!name.failed)
		FACTS_TEXT(c->facts, user, name.at, name.left);
}

/* What its body says, of a response that was settled before as well. */
static void end_search(const struct http2_context *c)
{
	struct http_exchange *x = &c->http2->exchange;

	http_request_search_end(x);
	if (x->response.request.serial == x->serial)
		http_settle_late(x, c->facts);
}

void http2_request_closed(const struct http2_context *c, uint32_t stream)
{
	struct http2 *http2 = c->http2;
	const struct http2_call *call = http2_call_find(http2, stream);

	if (stream != http2->asking)
		return;
	if (call != NULL && call->traits & GRPC_LOGIN) {
		take_user(c);
	} else if (call != NULL && !call->rpc) {
		end_search(c);
		http2_select(http2, call);
		if (http_request_wants_body(&http2->exchange))
			http_request_body(&http2->exchange, http_text_bytes(&http2->asked.text));
	}
	http2_request_forget(c);
}
