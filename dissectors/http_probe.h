/* SPDX-License-Identifier: ISC */
/* Does a conversation open as HTTP/1.x? See http_probe.c. */
#ifndef DISSECTORS_HTTP_PROBE_H
#define DISSECTORS_HTTP_PROBE_H

#include "dissectors/dissector.h"

#define HTTP_METHOD_MAX 11 /* "UNSUBSCRIBE" */

enum probe_result http_probe(const struct opening *opening);

/* Is this one of the methods that http-parser knows? */
bool http_is_method(const void *text, size_t length);

#endif
