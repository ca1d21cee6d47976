/* SPDX-License-Identifier: ISC */
/* What an HTTP request asks for, by its target; see http_paths.c. */
#ifndef DISSECTORS_HTTP_PATHS_H
#define DISSECTORS_HTTP_PATHS_H

#include "dissectors/read/bytes.h"

/* ASKS_… of http_products.h. */
uint16_t http_asks(const char *method, struct bytes path, struct bytes query);

/*
 * The path as it is shown: without a first segment that is an exact version of the interface
 * ("/v1.41"), with "{id}" for long hexadecimal numbers. Returns the length, at most size - 1.
 */
size_t http_path_show(char *to, size_t size, struct bytes path);
/* What of the query is shown behind it: "?scroll", or "". No values. */
const char *http_query_show(struct bytes query, uint16_t asks);

/* Does the request with this body ask for what a printer has, rather than bring it something? */
bool http_ipp_reads(struct bytes body);

#endif
