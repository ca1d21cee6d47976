/* SPDX-License-Identifier: ISC */
/* See http_calls.h. */
#include "dissectors/http/http_calls.h"

#include "dissectors/http/grpc_answer.h"
#include "dissectors/http/grpc_services.h"

#define RANK 3 /* by its own word: http_table.h */

void http_call_header(struct http_response *r, const char *name, struct bytes value)
{
	if (strcmp(name, "content-type") == 0)
		r->rpc_form = (uint8_t)grpc_form_of(value);
	else if (strcmp(name, "grpc-status") == 0) /* an answer without a message */
		r->rpc_status = (uint8_t)grpc_status(value);
}

void http_call_body(struct http_response *r, struct bytes body)
{
	size_t length;
	unsigned status;

	if (!r->matched || r->request.rpc == 0 || r->rpc_form == GRPC_FORM_NONE)
		return;
	status = grpc_answer_status((enum grpc_form)r->rpc_form, body, &length);
	if (status == GRPC_OK)
		r->rpc_gives = length > (r->request.rpc == GRPC_ETCD ? GRPC_ETCD_EMPTY : 0);
	if (status != GRPC_NOT_TOLD && r->rpc_status == GRPC_OK)
		r->rpc_status = (uint8_t)status;
	else if (r->rpc_status == GRPC_OK)
		r->rpc_status = GRPC_NOT_TOLD;
}

enum http_route_kind http_call_kind(const struct http_request *request)
{
	if (request->rpc_traits & GRPC_OPEN)
		return ROUTE_OPEN;
	if (request->rpc_traits & GRPC_LOGIN)
		return ROUTE_LOGIN;
	if (request->rpc_traits & GRPC_DESTROYS)
		return ROUTE_DESTROYS;
	if (request->rpc_traits & GRPC_EXECUTES)
		return ROUTE_EXECUTES;
	return request->rpc_traits & GRPC_LISTS ? ROUTE_RECORDS : ROUTE_ACCESS;
}

bool http_call_is_refused(const struct http_response *r)
{
	return r->matched && r->request.rpc != 0 &&
	       (r->rpc_status == GRPC_UNAUTHENTICATED || r->rpc_status == GRPC_PERMISSION_DENIED);
}

/* Of products that speak both, the row of HTTP's table is named: it knows their other requests. */
static void name_service(struct facts *facts, uint8_t *rank, uint8_t service)
{
	const char *product = grpc_product(service);

	*rank = RANK;
	for (size_t row = HTTP_ANY + 1; row < HTTP_SERVICE_COUNT; row++) {
		if (strcmp(http_services[row].name, grpc_services[service].name) == 0) {
			http_product_take(facts, rank, row);
			*rank = RANK;
			return;
		}
	}
	facts_set_service(facts, &grpc_services[service]);
	if (product[0] != '\0')
		FACTS_TEXT(facts, product, product, strlen(product));
}

static bool is_nameless(const struct http_exchange *x, const struct facts *facts)
{
	return x->rank < RANK &&
	       (facts->service == NULL || facts->service == &http_services[HTTP_ANY]);
}

void http_call_settle(struct http_exchange *x, struct facts *facts)
{
	struct http_response *r = &x->response;

	if (!r->matched || r->request.rpc == 0)
		return;
	if (r->rpc_form == GRPC_FORM_NONE) {
		facts_command_result(facts, r->request.command, false);
		r->request.command = -1;
		r->request.rpc = 0;
		return;
	}
	r->failed |= r->rpc_status != GRPC_OK;
	if (is_nameless(x, facts) && r->status != 404 && r->status != 501 &&
	    r->rpc_status != GRPC_UNIMPLEMENTED)
		name_service(facts, &x->rank, r->request.rpc);
}

void http_call_offered(struct facts *facts, const struct http_request *request)
{
	uint8_t rank = 0;

	if (request->rpc > GRPC_ANY)
		name_service(facts, &rank, request->rpc);
}
