/* SPDX-License-Identifier: ISC */
/*
 * Words of commands that destroy, execute or log in, of all text protocols: what is looked for in
 * bytes that are not read in full (crowd.h). A word more costs a look at its line, and no verdict.
 */
#ifndef DISSECTORS_ALARM_WORDS_H
#define DISSECTORS_ALARM_WORDS_H

#include "dissectors/read/bytes.h"

/* Made once, then constant: by the first letters, which words it may be (a bit for each group). */
struct alarm_words {
	uint8_t first[256], second[256], third[256];
	uint8_t begins[26]; /* the first word of each letter */
};

void alarm_words_make(struct alarm_words *words);
/* Where the first one begins; `text.left` if there is none. Case is ignored. */
size_t alarm_words_find(const struct alarm_words *words, struct bytes text);

#endif
