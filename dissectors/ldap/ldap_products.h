/* SPDX-License-Identifier: ISC */
/* Which directory it is, by names that only its own entries, references and errors have. */
#ifndef DISSECTORS_LDAP_PRODUCTS_H
#define DISSECTORS_LDAP_PRODUCTS_H

#include "dissectors/read/bytes.h"
#include "dissectors/read/facts.h"

#define LDAP_PRODUCTS_TAIL 24 /* bytes: no sign is longer */

struct ldap_products {
	uint8_t found; /* rows of the table that are no longer looked for */
	uint8_t kept;
	uint8_t tail[LDAP_PRODUCTS_TAIL]; /* the end of the last piece */
};

/* The next piece of what the server says, in order. A later row of the table outweighs. */
void ldap_products_feed(struct ldap_products *products, struct facts *facts, struct bytes piece);
/* What comes next does not follow what came last. */
void ldap_products_cut(struct ldap_products *products);

#endif
