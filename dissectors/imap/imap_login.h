/* SPDX-License-Identifier: ISC */
/* The small parts of IMAP: literals, names in log-ins, products in greetings. See imap_login.c. */
#ifndef DISSECTORS_IMAP_LOGIN_H
#define DISSECTORS_IMAP_LOGIN_H

#include "dissectors/read/bytes.h"
#include "dissectors/read/facts.h"

/* Watches a line of any length for the {123} or {123+} that may end it. */
struct imap_literal {
	uint64_t length;
	uint8_t place; /* enum place of imap_login.c */
	bool follows;
};

void imap_login_literal(struct imap_literal *literal, struct bytes piece);
/* At the line's end: how many bytes follow; sets `follows`, also for {0}. */
uint64_t imap_login_literal_length(struct imap_literal *literal);
/* LOGIN's arguments: an atom or a quoted string, then the password, which is not looked at. */
void imap_login_user(struct bytes arguments, struct facts *facts);
/* base64 of the user's name, or with `plain` of authorisation NUL user NUL password. */
void imap_login_encoded(struct bytes encoded, bool plain, struct facts *facts);
/* The end of the greeting: the product stands behind all that the server is capable of. */
#define IMAP_TAIL 48 /* bytes */
struct imap_tail {
	uint8_t kept;
	uint8_t text[IMAP_TAIL];
};

void imap_login_tail(struct imap_tail *tail, struct bytes piece);
/* What the greeting calls the product. */
void imap_login_product(struct bytes text, struct facts *facts);
/* ID ("name" "Dovecot" "version" "2.3"), RFC 2971 */
void imap_login_id(struct bytes text, struct facts *facts);

#endif
