/* SPDX-License-Identifier: ISC */
/* Which credentials come with an HTTP request; see http_credentials.c. */
#ifndef DISSECTORS_HTTP_CREDENTIALS_H
#define DISSECTORS_HTTP_CREDENTIALS_H

#include "dissectors/read/bytes.h"
#include "dissectors/read/facts.h"

/* In order of how much they say. */
enum http_credentials {
	CREDENTIALS_NONE,
	CREDENTIALS_UNSURE, /* a session cookie, a token in the query, or what was not seen */
	CREDENTIALS_SENT,
};

enum http_credentials http_credentials_in_header(struct facts *facts, const char *name,
						 struct bytes value);
/* `query` starts behind the question mark; `cut` if its end was not seen. */
enum http_credentials http_credentials_in_query(struct facts *facts, struct bytes query, bool cut);

#endif
