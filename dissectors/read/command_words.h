/* SPDX-License-Identifier: ISC */
/* Tables of the commands of a text protocol: which word is which, and what it does. */
#ifndef DISSECTORS_COMMAND_WORDS_H
#define DISSECTORS_COMMAND_WORDS_H

#include "dissectors/read/bytes.h"
#include "dissectors/read/facts.h"

struct command_word {
	const char *name; /* as the client says it, in any case, and as it is reported */
	uint8_t kind;	  /* the dissector's */
	uint8_t flags;	  /* COMMAND_… */
};

/* The first row of that name, or NULL. */
const struct command_word *command_words_find(const struct command_word *rows, size_t count,
					      const struct bytes *word);
#define COMMAND_WORDS_FIND(rows, word)                                                             \
	command_words_find((rows), sizeof(rows) / sizeof *(rows), (word))
/* Tells the facts of it, and returns its handle there. */
int command_words_note(const struct command_word *row, struct facts *facts);

#endif
