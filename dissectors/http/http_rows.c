/* SPDX-License-Identifier: ISC */
/* The rows of the table of products, http_table.h, as data. */
#include "dissectors/http/http_rows.h"

#include "dissectors/http/http_deeds.h"

#define PORTS(...) ((const uint16_t[]){__VA_ARGS__, 0})
/* Members of the row, too. */
#define ALSO(...)  , .also = ((const char *const[]){__VA_ARGS__, NULL})
#define MET	   , .met = true
/* Members of the row, so that ROUTES() may follow or not. */
#define REQUESTS(...)                                                                              \
	.requests = (const char *const[])                                                          \
	{                                                                                          \
		__VA_ARGS__, NULL                                                                  \
	}
#define OPEN(...)     ROUTE(ROUTE_OPEN, __VA_ARGS__)
#define OWN(...)      ROUTE(ROUTE_OWN, __VA_ARGS__)
#define LOGIN(...)    ROUTE(ROUTE_LOGIN, __VA_ARGS__)
#define ACCESS(...)   ROUTE(ROUTE_ACCESS, __VA_ARGS__)
#define RECORDS(...)  ROUTE(ROUTE_RECORDS, __VA_ARGS__)
#define EXECUTES(...) ROUTE(ROUTE_EXECUTES, __VA_ARGS__)
#define DESTROYS(...) ROUTE(ROUTE_DESTROYS, __VA_ARGS__)
#define ROUTE(KIND, ...)                                                                           \
	{                                                                                          \
		.kind = (KIND), .request = __VA_ARGS__                                             \
	}
#define ROUTE_LIST(...) ((const struct http_route[]){__VA_ARGS__})
#define ROUTES(...)                                                                                \
	, .routes = ROUTE_LIST(__VA_ARGS__),                                                       \
	  .route_count = sizeof ROUTE_LIST(__VA_ARGS__) / sizeof(struct http_route)
/* Its pages are shown to everybody; what they fetch is not. */
#define SHELL	   , .shell = true
#define SIGNS(...) ((const struct http_sign[]){__VA_ARGS__})

const struct service http_services[HTTP_SERVICE_COUNT] = {
#define PRODUCT(id, NAME, FAMILY, ABOUT, IDENTIFIER, PORTS, ...)                                   \
	[HTTP_##id] = {.name = (NAME),                                                             \
		       .family = (FAMILY),                                                         \
		       .about = (ABOUT),                                                           \
		       .identifier = (IDENTIFIER),                                                 \
		       .ports = PORTS},
#include "dissectors/http/http_table.h"
#undef PRODUCT
};

_Static_assert(HTTP_SERVICE_COUNT <= UINT8_MAX, "struct http_asked has no room for more");

const struct http_product http_products[HTTP_SERVICE_COUNT] = {
#define PRODUCT(id, NAME, FAMILY, ABOUT, IDENTIFIER, PORTS, NAMED, REQUESTS, ...)                  \
	[HTTP_##id] = {.product = (NAMED),                                                         \
		       REQUESTS,                                                                   \
		       .signs = SIGNS(__VA_ARGS__),                                                \
		       .sign_count = sizeof SIGNS(__VA_ARGS__) / sizeof(struct http_sign)},
#include "dissectors/http/http_table.h"
#undef PRODUCT
};

const struct http_route *http_product_routes(size_t row, size_t *count)
{
	*count = http_products[row].route_count;
	return http_products[row].routes;
}

bool http_product_has_shell(size_t row)
{
	return http_products[row].shell;
}

/* "?q": the parameter `q` holds statements. */
bool http_product_has_statements(size_t row)
{
	for (const char *const *r = http_products[row].requests; *r != NULL; r++) {
		if ((*r)[0] == '?')
			return true;
	}
	return false;
}
