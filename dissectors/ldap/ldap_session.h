/* SPDX-License-Identifier: ISC */
/* The state of an LDAP session, and what its messages say: requests and responses. */
#ifndef DISSECTORS_LDAP_SESSION_H
#define DISSECTORS_LDAP_SESSION_H

#include "dissectors/ldap/ldap_products.h"
#include "dissectors/ldap/ldap_recognise.h"
#include "dissectors/read/answers.h"
#include "dissectors/read/ber.h"
#include "dissectors/read/turns.h"

#define LDAP_BODY 240 /* bytes kept of a message */

/* How a bind was asked for. */
enum ldap_by {
	LDAP_BY_NONE,
	LDAP_BY_ANONYMOUS,
	LDAP_BY_PASSWORD,
	LDAP_BY_SASL,
	LDAP_BY_STEP, /* more must come */
};

struct ldap_stream {
	uint8_t head[BER_HEAD_MAX];
	uint8_t have, kept;
	bool lost, wrapped;
	bool in_body, holed;
	uint32_t left, length;
	uint8_t body[LDAP_BODY];
};

struct ldap {
	struct ldap_stream side[2];
	struct answers_table pending; /* kind: does TLS start, if this is granted */
	struct ldap_products products;
	uint8_t bind; /* enum ldap_by of the latest request */
	struct turns turns;
	bool midstream, bound;
	bool asked; /* anything that has an answer */
};

/* The message at hand, as much of its body as was kept, is whole. */
void ldap_session_message(struct ldap *ldap, struct facts *facts, struct feed *fed);

#endif
