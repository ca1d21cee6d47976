/* SPDX-License-Identifier: ISC */
/*
 * Answers of an HTTP/2 conversation. How a call by gRPC ended stands in the trailers
 * (PROTOCOL-HTTP2.md of its documentation), unless it streams, and perhaps for ever: what comes
 * before is an answer, and only a call that succeeds has one. That a path names a service proves
 * nothing; that it was answered as a call, and not as unknown, does.
 */
#include "dissectors/http/grpc_answer.h"
#include "dissectors/http/grpc_services.h"
#include "dissectors/http/http2.h"
#include "dissectors/http/http_pages.h"
#include "dissectors/http/http_products.h"

void http2_settle(const struct http2_context *c)
{
	struct http2 *http2 = c->http2;
	struct http2_call *call = http2_call_find(http2, http2->page);
	struct http_reading reading = http2_reading(c, SIDE_SERVER);

	http_body_settle(&reading);
	if (call != NULL)
		call->stream = 0;
	http_text_wipe(&http2->text);
	if (c->fed != NULL && c->from == SIDE_SERVER)
		unpacker_end(c->fed);
	http2->page = 0;
}

/* Is the response at hand a page, or a call's answer? */
static bool is_page(const struct http2_context *c)
{
	return c->http2->page == c->http2->side[SIDE_SERVER].stream;
}

void http2_answer_begin(const struct http2_context *c)
{
	struct http2 *http2 = c->http2;
	uint32_t stream = http2->side[SIDE_SERVER].stream;
	struct http2_call *call = http2_call_find(http2, stream);

	http2->status = 0;
	http2->grpc_status = GRPC_NOT_TOLD;
	http2->no_user = false;
	http2->form = GRPC_FORM_NONE;
	if (is_page(c) || (call != NULL && call->rpc)) /* trailers, or a call's answer */
		return;
	if (http2->page != 0 && !http2->body.done && http2->exchange.response.open)
		http2->unread = http2->page; /* another comes before it has ended */
	http2_settle(c);
	http2_select(http2, call);
	http_response_begin(&http2->exchange);
	http2->body = (struct http_body){.packing = PACKING_NONE};
	http2->page = stream;
}

static uint32_t number_of(struct bytes text)
{
	uint32_t number = 0;

	for (size_t i = 0; i < text.left && i < 3 && text.at[i] >= '0' && text.at[i] <= '9'; i++)
		number = number * 10 + text.at[i] - (uint32_t)'0';
	return number;
}

/* What patterns of the table of products may say; of a call, only what serves it. */
static void take_field(const struct http2_context *c, const struct hpack_header *h)
{
	if (h->known || h->name[0] == '\0' || h->name[0] == ':')
		return;
	if (is_page(c)) {
		http_body_header(&c->http2->body, h->name, h->text);
		http_response_header(&c->http2->exchange, c->facts, h->name, h->text,
				     c->http2->status);
	} else if (strcmp(h->name, "server") == 0 && c->facts->product[0] == '\0')
		FACTS_TEXT(c->facts, product, h->text.at, h->text.left);
}

/* The memo of a content type: its form, and whether it is a page's. */
enum { TYPE_HTML = 1 << 4 };

static void take_type(const struct http2_context *c, const struct hpack_header *h)
{
	struct http2 *http2 = c->http2;

	take_field(c, h);
	if (!h->known)
		*h->memo = (uint32_t)grpc_form_of(h->text) |
			   (http_pages_html(h->text) ? TYPE_HTML : 0U);
	http2->form = (uint8_t)(*h->memo & (TYPE_HTML - 1));
	if (is_page(c))
		http2->exchange.response.html = (*h->memo & TYPE_HTML) != 0;
	http2->grpc |= bytes_start_with(&h->text, "application/grpc");
}

void http2_answer_header(const struct http2_context *c, const struct hpack_header *h)
{
	struct http2 *http2 = c->http2;

	switch ((enum hpack_kind)h->kind) {
	case HPACK_STATUS:
		if (!h->known)
			*h->memo = number_of(h->text);
		http2->status = (uint16_t)*h->memo;
		break;
	case HPACK_GRPC_STATUS:
		if (!h->known)
			*h->memo = grpc_status(h->text);
		http2->grpc_status = (uint16_t)*h->memo;
		break;
	case HPACK_GRPC_MESSAGE:
		if (!h->known)
			*h->memo = bytes_start_with(&h->text, "etcdserver: user name is empty");
		http2->no_user = *h->memo != 0;
		break;
	case HPACK_CONTENT_TYPE:
		take_type(c, h);
		break;
	case HPACK_CONTENT_ENCODING:
		if (is_page(c))
			http2_packing(&http2->body, h);
		break;
	default:
		take_field(c, h);
		break;
	}
}

/* Nothing more is known than that it is HTTP/2, or gRPC; what a product said stays. */
static void name_carrier(const struct http2_context *c)
{
	if (c->http2->grpc &&
	    (c->facts->service == NULL || c->facts->service == &grpc_services[HTTP2_ANY]))
		facts_set_service(c->facts, &grpc_services[GRPC_ANY]);
}

static void name_service(const struct http2_context *c, const struct http2_call *call)
{
	const char *product = grpc_product(call->service);

	if (call->service <= GRPC_ANY) {
		name_carrier(c);
		return;
	}
	/* Servers have services of several packages; the first is what they are asked for. */
	for (size_t i = GRPC_ANY + 1; i < GRPC_SERVICE_COUNT; i++) {
		if (c->facts->service == &grpc_services[i])
			return;
	}
	FACTS_TEXT(c->facts, product, product, strlen(product));
	facts_set_service(c->facts, &grpc_services[call->service]);
}

static void judge_access(const struct http2_context *c, const struct http2_call *call, bool ok,
			 bool refused)
{
	if (call->traits & GRPC_LOGIN)
		facts_login(c->facts, ok);
	else if (refused && call->credentials)
		facts_login(c->facts, false);
	else if (refused)
		facts_set_auth(c->facts, AUTH_REQUIRED);
	else if (!ok || (call->traits & GRPC_OPEN) || c->facts->auth == AUTH_SUCCEEDED)
		return;
	else if (call->credentials)
		facts_login(c->facts, true);
	else
		facts_set_auth(c->facts, AUTH_NONE);
}

static void judge(const struct http2_context *c, struct http2_call *call, uint16_t status)
{
	bool ok = call->status >= 200 && call->status <= 299 && status == GRPC_OK;
	bool refused = call->status == 401 || c->http2->no_user ||
		       (call->status == 403 && call->credentials) ||
		       status == GRPC_UNAUTHENTICATED || status == GRPC_PERMISSION_DENIED;

	if (call->judged)
		return;
	call->judged = ok;
	if (call->status != 404 && status != GRPC_UNIMPLEMENTED)
		name_service(c, call);
	else
		name_carrier(c);
	facts_command_result(c->facts, call->command, ok);
	judge_access(c, call, ok, refused);
}

static void end_page(const struct http2_context *c, const struct http2_call *call, bool last)
{
	struct http2 *http2 = c->http2;

	if (http2->exchange.response.begun) {
		enum http_follows follows = http_response_status(&http2->exchange, http2->status);

		if (http2->status < 200)
			return; /* the real one is still to come */
		last |= follows == FOLLOWS_NOTHING;
	}
	if (call == NULL && http2->form != GRPC_FORM_NONE)
		name_carrier(c);
	if (last)
		http2_settle(c);
}

static void begin_answer(struct http2 *http2, struct http2_call *call)
{
	call->answered = true;
	http2->answering = call->stream;
	http2->answer_form = http2->form;
	http2->answer_length = 0;
}

void http2_answer_end(const struct http2_context *c, bool last)
{
	struct http2 *http2 = c->http2;
	struct http2_call *call = http2_call_find(http2, http2->side[SIDE_SERVER].stream);
	uint16_t status = http2->grpc_status;

	if (is_page(c)) {
		end_page(c, call, last);
		return;
	}
	if (call == NULL)
		return;
	if (http2->status != 0)
		call->status = http2->status;
	if (http2->form != GRPC_FORM_NONE)
		begin_answer(http2, call);
	if (!last && status == GRPC_NOT_TOLD)
		return; /* the trailers will tell, or data */
	/* The trailers of Connect's calls, and answers that are no call's. */
	if (status == GRPC_NOT_TOLD)
		status = call->answered && call->status == 200 ? GRPC_OK : GRPC_NOT_TOLD;
	judge(c, call, status);
	if (last)
		call->stream = 0;
}

/* The beginning of a call's answer says how it ends, or that a message is there. */
static void judge_answer(const struct http2_context *c, struct http2_call *call)
{
	struct http2 *http2 = c->http2;
	size_t least = call->service == GRPC_ETCD ? GRPC_ETCD_EMPTY : 0, length;
	unsigned status =
		grpc_answer_status((enum grpc_form)http2->answer_form,
				   bytes_from(http2->answer, http2->answer_length), &length);

	if (status == GRPC_OK && (call->traits & GRPC_LISTS))
		facts_set_data_read(c->facts, length > least ? ANSWER_YES : ANSWER_NO);
	if (status != GRPC_NOT_TOLD)
		judge(c, call, (uint16_t)status);
}

static void take_answer(const struct http2_context *c, struct http2_call *call, struct bytes piece)
{
	struct http2 *http2 = c->http2;
	size_t room = sizeof http2->answer - http2->answer_length;

	if (http2->answering != call->stream || room == 0)
		return;
	room = room < piece.left ? room : piece.left;
	memcpy(http2->answer + http2->answer_length, piece.at, room);
	http2->answer_length = (uint8_t)(http2->answer_length + room);
	if (http2->answer_form != GRPC_FORM_BARE) /* of that, the end is waited for */
		judge_answer(c, call);
}

void http2_answer_data(const struct http2_context *c, struct bytes piece)
{
	struct http2 *http2 = c->http2;
	struct http2_side *side = &http2->side[SIDE_SERVER];
	struct http2_call *call = http2_call_find(http2, side->stream);
	struct http_reading reading = http2_reading(c, SIDE_SERVER);

	if (is_page(c)) {
		http2->exchange.response.has_body |= piece.left != 0;
		http_body_take(&reading, piece);
		return;
	}
	if (piece.left != 0 && side->stream == http2->unread)
		facts_limited(c->facts);
	if (call != NULL && call->answered && call->status == 200 && piece.left != 0)
		take_answer(c, call, piece);
}

static void close_call(const struct http2_context *c, struct http2_call *call)
{
	if (!call->answered && call->status != 0) /* by a page */
		facts_command_result(c->facts, call->command, false);
	else if (call->status == 200 && c->http2->answering == call->stream &&
		 c->http2->answer_form == GRPC_FORM_BARE)
		judge_answer(c, call);
	call->stream = 0;
}

void http2_answer_closed(const struct http2_context *c, uint32_t stream)
{
	struct http2_call *call = http2_call_find(c->http2, stream);

	if (stream == c->http2->page)
		http2_settle(c);
	else if (call != NULL)
		close_call(c, call);
}

/* Of a conversation of which only the client's half was seen, its word is all that there is. */
void http2_unanswered(const struct http2_context *c)
{
	struct http2 *http2 = c->http2;

	for (size_t i = 0; i < HTTP2_CALLS && !http2->side[SIDE_SERVER].spoke; i++) {
		if (http2->calls[i].service > GRPC_ANY)
			name_service(c, &http2->calls[i]);
	}
}
