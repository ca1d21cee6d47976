/* SPDX-License-Identifier: ISC */
/*
 * The items that Subversion's protocol is made of, at any split: words, numbers, n:strings and
 * ( lists ). The first SVN_TOKEN_KEPT bytes of a word or string are kept, the rest passes by.
 */
#ifndef DISSECTORS_SVN_ITEMS_H
#define DISSECTORS_SVN_ITEMS_H

#include "dissectors/read/bytes.h"

#define SVN_TOKEN_KEPT 64 /* bytes */

enum svn_item {
	SVN_MORE, /* the input is used up */
	SVN_WORD,
	SVN_NUMBER,
	SVN_STRING,
	SVN_OPEN,
	SVN_CLOSE,
};

struct svn_reader {
	uint64_t string_left;
	uint32_t number;
	uint8_t within; /* enum svn_item: SVN_WORD, SVN_NUMBER, SVN_STRING, or SVN_MORE */
	uint8_t depth;	/* after the item: of the lists that it is in */
	uint8_t length; /* of the token; valid until the next call */
	bool lost;	/* it is no such protocol, or not at a known place */
	char token[SVN_TOKEN_KEPT];
};

enum svn_item svn_items_next(struct svn_reader *reader, struct bytes *input);
/* `missing` bytes were not seen; false if nothing is known any more. */
bool svn_items_gap(struct svn_reader *reader, uint64_t missing);

#endif
