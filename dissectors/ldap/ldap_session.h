/* SPDX-License-Identifier: ISC */
/* The state of an LDAP session, and what its messages say: requests and responses. */
#ifndef DISSECTORS_LDAP_SESSION_H
#define DISSECTORS_LDAP_SESSION_H

#include "dissectors/ldap/ldap_probe.h"
#include "dissectors/ldap/ldap_products.h"

#define LDAP_OUTSTANDING 16
#define LDAP_BODY	 240 /* bytes kept of a message */
#define LDAP_HEAD	 6

/* How a bind was asked for. */
enum ldap_by {
	LDAP_BY_NONE,
	LDAP_BY_ANONYMOUS,
	LDAP_BY_PASSWORD,
	LDAP_BY_SASL,
	LDAP_BY_STEP, /* more must come */
};

struct ldap_stream {
	uint8_t head[LDAP_HEAD];
	uint8_t have, kept;
	bool lost, wrapped;
	bool in_body, holed;
	uint32_t left, length;
	uint8_t body[LDAP_BODY];
};

struct ldap_pending {
	uint32_t id;
	int handle;
	uint8_t operation; /* enum ldap_operation; 0: free */
	bool start_tls;
};

struct ldap {
	struct ldap_stream side[2];
	struct ldap_pending pending[LDAP_OUTSTANDING];
	struct ldap_products products;
	uint8_t next;
	uint8_t bind;	   /* enum ldap_by of the latest request */
	uint8_t last_side; /* enum side + 1; 0 before the first byte */
	bool midstream, bound;
	bool asked; /* anything that has an answer */
};

/* The message at hand, as much of its body as was kept, is whole. */
void ldap_session_message(struct ldap *ldap, struct facts *facts, struct feed *fed);

#endif
