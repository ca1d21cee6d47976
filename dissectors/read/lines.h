/* SPDX-License-Identifier: ISC */
/*
 * Lines out of a byte stream, for the text protocols: each ends with LF, or CR LF, at any split.
 * The first LINE_KEPT bytes of a line are kept, the rest is skipped and `cut` says so.
 */
#ifndef DISSECTORS_LINES_H
#define DISSECTORS_LINES_H

#include "dissectors/read/bytes.h"

#define LINE_KEPT 124 /* bytes */

struct line {
	uint8_t length; /* of text, without the line's end */
	bool cut;
	bool complete; /* the next call begins a new line */
	char text[LINE_KEPT];
};

/* Takes bytes up to the end of a line; true when there is a whole one, valid until the next call. */
bool lines_next(struct line *line, struct bytes *input);
void lines_reset(struct line *line);

/* The next blank-separated word; empty at the end. Takes it and the blanks around it. */
struct bytes lines_word(struct bytes *text);
bool lines_equal(const struct bytes *word, const char *text);	     /* ASCII case is ignored */
bool lines_start_with(const struct bytes *text, const char *prefix); /* case ignored as well */
/* Is `text` somewhere in there? Case ignored. */
bool lines_contain(const struct bytes *haystack, const char *text);
/* Copies to upper case, ends with a NUL; returns the length. */
size_t lines_upper(char *to, size_t size, const struct bytes *from);

#endif
