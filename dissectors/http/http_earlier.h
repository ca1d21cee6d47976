/* SPDX-License-Identifier: ISC */
/*
 * What was asked and granted before it was known which product answers. A path may mean nothing to
 * any web service and the loss of everything to one of them; so what a request may have meant is
 * kept for a while, the worst of it longest, and judged again when the product has been named.
 */
#ifndef DISSECTORS_HTTP_EARLIER_H
#define DISSECTORS_HTTP_EARLIER_H

#include "dissectors/http/http_exchange.h"

/* The response at hand has granted it, and nobody knows what it meant. */
void http_earlier_keep(struct http_exchange *x, struct facts *facts);
/* The product may be known by now. */
void http_earlier_judge(struct http_exchange *x, struct facts *facts);

#endif
