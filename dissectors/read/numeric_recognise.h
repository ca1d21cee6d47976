/* SPDX-License-Identifier: ISC */
/*
 * SMTP, LMTP, FTP and NNTP all answer with three digits and greet alike. One place decides which
 * of them it is, so that no two of them ever claim the same conversation.
 */
#ifndef DISSECTORS_NUMERIC_RECOGNISE_H
#define DISSECTORS_NUMERIC_RECOGNISE_H

#include "dissectors/dissector.h"

enum numeric {
	NUMERIC_NONE, /* none of them */
	NUMERIC_MORE, /* not yet known */
	NUMERIC_SMTP,
	NUMERIC_LMTP,
	NUMERIC_FTP,
	NUMERIC_NNTP,
};

enum numeric numeric_recognise(const struct opening *opening);

/* "mail.example ESMTP Postfix": what the words of a greeting say, NUMERIC_MORE if nothing. */
enum numeric numeric_greeting(struct bytes text);

static inline enum recognised numeric_result(enum numeric is, enum numeric mine)
{
	return is == mine ? RECOGNISED_YES : is == NUMERIC_MORE ? RECOGNISED_MORE : RECOGNISED_NO;
}

#endif
