/* SPDX-License-Identifier: ISC */
/*
 * The little of JSON (RFC 8259) that is asked about messages of which only the beginning is at
 * hand: members of the outermost object, in any order and with any blanks. What is cut off is not
 * there. Nothing is unescaped: names and values that are looked for have no need of it.
 */
#ifndef DISSECTORS_JSON_TEXT_H
#define DISSECTORS_JSON_TEXT_H

#include "dissectors/read/bytes.h"

/*
 * The value of the member `key`: of a string what stands between its quotes; of an object or a
 * list all from its bracket on, as far as it goes; else the word. Of a list at the outside, its
 * first element is asked.
 */
bool json_text_member(struct bytes text, const char *key, struct bytes *value);
bool json_text_is(struct bytes value, const char *word);
/* Does the text begin like this, blanks between its parts not regarded? */
bool json_text_starts(struct bytes text, const char *start);

/* The search for one word in what comes in pieces. The word's first byte is nowhere else in it but
 * at the end. Zero to begin with. */
struct json_word {
	uint8_t at; /* bytes of it that have just been seen */
	bool found;
};

void json_word_look(struct json_word *word, const char *wanted, struct bytes piece);

#endif
