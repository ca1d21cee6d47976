/* SPDX-License-Identifier: ISC */
/* The small parts of IMAP: names in log-ins, products in greetings. See imap_login.c. */
#ifndef DISSECTORS_IMAP_LOGIN_H
#define DISSECTORS_IMAP_LOGIN_H

#include "dissectors/read/bytes.h"
#include "dissectors/read/facts.h"

/* LOGIN's arguments: an atom or a quoted string, then the password, which is not looked at. */
void imap_login_user(struct bytes arguments, struct facts *facts);
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
