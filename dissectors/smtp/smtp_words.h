/* SPDX-License-Identifier: ISC */
/* What is known of SMTP's commands and of the products that speak it. */
#ifndef DISSECTORS_SMTP_WORDS_H
#define DISSECTORS_SMTP_WORDS_H

#include "dissectors/read/bytes.h"
#include "dissectors/read/facts.h"

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

struct smtp_command {
	const char *word, *name;
	uint8_t kind; /* enum smtp_kind */
	uint8_t flags;
};

/* NULL if it is none. */
const struct smtp_command *smtp_words_command(const struct bytes *word);
/* Product and version in a line of the greeting. */
void smtp_words_product(struct bytes text, struct facts *facts);

#endif
