/* SPDX-License-Identifier: ISC */
/* Does a conversation open as HTTP/1.x? See http_recognise.c. */
#ifndef DISSECTORS_HTTP_RECOGNISE_H
#define DISSECTORS_HTTP_RECOGNISE_H

#include "dissectors/dissector.h"

#define HTTP_START_MAX 12 /* bytes: "UNSUBSCRIBE " */

enum recognised http_recognise(const struct opening *opening);

/*
 * Looks for the start of a message in the middle of something else, one byte a call: "HTTP/1." from
 * the server, a method and a blank from the client. True when it is complete; start[0..*length)
 * holds it then. *length is 0 at first, and belongs to this function until then.
 */
bool http_seek_start(enum side from, char start[HTTP_START_MAX], uint8_t *length, uint8_t byte);

#endif
