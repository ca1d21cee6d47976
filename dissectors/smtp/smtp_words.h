/* SPDX-License-Identifier: ISC */
/* What is known of SMTP's commands and of the products that speak it. */
#ifndef DISSECTORS_SMTP_WORDS_H
#define DISSECTORS_SMTP_WORDS_H

#include "dissectors/read/command_words.h"

enum smtp_kind {
	SMTP_ANY,
	SMTP_HELLO,
	SMTP_LOG_IN,
	SMTP_START_TLS,
	SMTP_SENDER,
	SMTP_RECIPIENT,
	SMTP_DATA,
	SMTP_DATA_END,
	SMTP_CHUNK,
	SMTP_RESET,
	SMTP_LOOK_UP,
};

/* NULL if it is none. */
const struct command_word *smtp_words_command(const struct bytes *word);
/* Tells the facts of it, "RCPT TO" and not only "RCPT"; returns its handle. */
int smtp_words_note(const struct command_word *row, struct facts *facts);
/* Product and version in a line of the greeting. */
void smtp_words_product(struct bytes text, struct facts *facts);

#endif
