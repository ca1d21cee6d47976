/* SPDX-License-Identifier: ISC */
/*
 * Services that answer 200 and refuse in the body. Only of what runs code or destroys: there an
 * answer that says so must not count as one that agrees.
 */
#ifndef DISSECTORS_HTTP_DENIAL_H
#define DISSECTORS_HTTP_DENIAL_H

#include "dissectors/read/bytes.h"

/* By the beginning of a response's body. */
bool http_denial(struct bytes body);

#endif
