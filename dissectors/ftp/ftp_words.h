/* SPDX-License-Identifier: ISC */
/* What is known of FTP's commands and of the products that speak it. */
#ifndef DISSECTORS_FTP_WORDS_H
#define DISSECTORS_FTP_WORDS_H

#include "dissectors/read/command_words.h"

enum ftp_kind {
	FTP_ANY,
	FTP_USER,
	FTP_PASS,
	FTP_AUTH,     /* asks for TLS */
	FTP_TRANSFER, /* its answer is stored data, over another connection */
	FTP_LOOK,     /* its answer may be stored data */
	FTP_FILE,     /* only answered after a log-in */
};

/* NULL if it is none. */
const struct command_word *ftp_words_command(const struct bytes *word);
/* Product and version in a line of the greeting. */
void ftp_words_product(struct bytes text, struct facts *facts);
/* "anonymous" and the like */
bool ftp_words_is_anonymous(const struct bytes *user);

#endif
