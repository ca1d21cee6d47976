/* SPDX-License-Identifier: ISC */
/* What IMAP's commands do, and how they are told. */
#ifndef DISSECTORS_IMAP_WORDS_H
#define DISSECTORS_IMAP_WORDS_H

#include "dissectors/read/command_words.h"

enum imap_kind {
	IMAP_ANY,    /* answered before a log-in as well */
	IMAP_SECURE, /* only answered after a log-in */
	IMAP_LOG_IN,
	IMAP_AUTHENTICATE,
	IMAP_START_TLS,
};

/* NULL if it is none, or none of note. ASCII case is ignored. */
const struct command_word *imap_words_command(const struct bytes *word);
/* Tells the facts of it, and returns its handle there. `uid`: UID stood before it. */
int imap_words_note(struct facts *facts, const struct command_word *row, bool uid,
		    struct bytes arguments);

#endif
