/* SPDX-License-Identifier: ISC */
/* The rows of the table of products, for http_products.c, and for tools/http-index. */
#ifndef DISSECTORS_HTTP_ROWS_H
#define DISSECTORS_HTTP_ROWS_H

#include "dissectors/http/http_products.h"

struct http_product {
	const char *product;
	const char *const *requests; /* ends with NULL */
	const struct http_route *routes;
	size_t route_count;
	bool shell;
	const struct http_sign *signs;
	size_t sign_count;
};

/* A request of a row, without the "!" that says that it is enough by itself. */
static inline const char *http_request_text(const char *request)
{
	return request + (request[0] == '!');
}

extern const struct http_product http_products[HTTP_SERVICE_COUNT];

#endif
