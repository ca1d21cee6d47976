/* SPDX-License-Identifier: ISC */
/*
 * Calls by gRPC-Web and Connect within HTTP/1 (grpc_answer.h): a request whose path is one of the
 * table of gRPC's services, and an answer whose content type is one of a call. Until there is such
 * an answer, the request is one like any other: a site has pages for every path.
 */
#ifndef DISSECTORS_HTTP_CALLS_H
#define DISSECTORS_HTTP_CALLS_H

#include "dissectors/http/http_exchange.h"

void http_call_header(struct http_response *r, const char *name, struct bytes value);
/* The beginning of its body. */
void http_call_body(struct http_response *r, struct bytes body);
/* What its method does, as routes say it. */
enum http_route_kind http_call_kind(const struct http_request *request);
bool http_call_is_refused(const struct http_response *r);
/* The response is complete: names the service, or says that it was no call. */
void http_call_settle(struct http_exchange *x, struct facts *facts);
/* No answer was seen: the client's word is all that there is. */
void http_call_offered(struct facts *facts, const struct http_request *request);

#endif
