/* SPDX-License-Identifier: ISC */
/*
 * What greetings of the text protocols have in common: a product's name with its version behind
 * it, and answers that begin with three digits (RFC 5321, 959, 3977):
 *
 *	220-first line of several
 *	220 the last one
 */
#ifndef DISSECTORS_BANNER_H
#define DISSECTORS_BANNER_H

#include "dissectors/read/bytes.h"
#include "dissectors/read/facts.h"

struct banner_product {
	const char *mark; /* as it is in the greeting; case is ignored */
	const char *product;
};

/* The first row whose mark is in there; true if one is. */
bool banner_product(struct bytes text, const struct banner_product *rows, size_t count,
		    struct facts *facts);
/* "3.0.3", behind blanks, commas, brackets, slashes, "v" or "version"; nothing if none is there. */
void banner_version(struct bytes text, struct facts *facts);

/* The code of "ddd", "ddd text" or "ddd-text", 0 if it is none; `text` is what follows. */
unsigned banner_reply(struct bytes line, bool *last, struct bytes *text);
/* "5.7.1 ": only mail has these (RFC 3463) */
bool banner_is_enhanced(const struct bytes *text);

#endif
