/* SPDX-License-Identifier: ISC */
/*
 * Lines out of a byte stream, for the text protocols: each ends with LF, or CR LF, at any split.
 * The first LINE_KEPT bytes of a line are kept, the rest is skipped and `cut` says so.
 */
#ifndef DISSECTORS_LINES_H
#define DISSECTORS_LINES_H

#include "dissectors/read/crowd.h"

#define LINE_KEPT 124 /* bytes */

struct line {
	uint8_t length; /* of text, without the line's end */
	bool cut;
	bool complete; /* the next call begins a new line */
	char text[LINE_KEPT];
};

/*
 * Takes bytes up to the end of a line; true when there is a whole one, valid until the next call.
 */
bool lines_next(struct line *line, struct bytes *input);
void lines_reset(struct line *line);

/* Does the next byte begin a new line? */
static inline bool lines_fresh(const struct line *line)
{
	return line->complete || (line->length == 0 && !line->cut);
}

/* The same as lines_next() of lines that are commands each: crowd.h. */
static inline bool lines_next_command(struct line *line, struct bytes *input)
{
	return (!lines_fresh(line) || crowd_begin(input, 1)) && lines_next(line, input);
}

/* The next blank-separated word; empty at the end. Takes it and the blanks around it. */
struct bytes lines_word(struct bytes *text);
/* For the two below: they are asked of each line with each word of a list, mostly in vain. */
bool lines_equal_letters(const struct bytes *word, const char *text);
bool lines_start_with_letters(const struct bytes *text, const char *prefix);

/* Could this text begin so, by its first letter? */
static inline bool lines_may_begin(const struct bytes *text, const char *with)
{
	return text->left != 0 && ((text->at[0] ^ (uint8_t)with[0]) & 0xdf) == 0;
}

/* ASCII case is ignored in both. */
static inline bool lines_equal(const struct bytes *word, const char *text)
{
	return word->left == 0 ? text[0] == '\0'
			       : lines_may_begin(word, text) && lines_equal_letters(word, text);
}

static inline bool lines_start_with(const struct bytes *text, const char *prefix)
{
	return prefix[0] == '\0' ||
	       (lines_may_begin(text, prefix) && lines_start_with_letters(text, prefix));
}

/* Is `text` somewhere in there? Case ignored. */
bool lines_contain(const struct bytes *haystack, const char *text);
/* Copies to upper case, ends with a NUL; returns the length. */
size_t lines_upper(char *to, size_t size, const struct bytes *from);

#endif
