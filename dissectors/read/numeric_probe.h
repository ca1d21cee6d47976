/* SPDX-License-Identifier: ISC */
/*
 * SMTP, LMTP, FTP and NNTP all answer with three digits and greet alike. One place decides which
 * of them it is, so that no two of them ever claim the same conversation.
 */
#ifndef DISSECTORS_NUMERIC_PROBE_H
#define DISSECTORS_NUMERIC_PROBE_H

#include "dissectors/dissector.h"

enum numeric {
	NUMERIC_NONE, /* none of them */
	NUMERIC_MORE, /* not yet known */
	NUMERIC_SMTP,
	NUMERIC_LMTP,
	NUMERIC_FTP,
	NUMERIC_NNTP,
};

enum numeric numeric_probe(const struct opening *opening);

/* "mail.example ESMTP Postfix": what the words of a greeting say, NUMERIC_MORE if nothing. */
enum numeric numeric_greeting(struct bytes text);

static inline enum probe_result numeric_result(enum numeric is, enum numeric mine)
{
	return is == mine ? PROBE_YES : is == NUMERIC_MORE ? PROBE_MORE : PROBE_NO;
}

#endif
