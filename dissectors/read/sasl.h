/* SPDX-License-Identifier: ISC */
/*
 * A SASL log-in (RFC 4422) inside a text protocol: which lines of the client belong to it, and who
 * logs in. How many lines follow is known for the simple mechanisms; for all others each challenge
 * of the server is followed by one. Secrets are decoded only to be wiped.
 */
#ifndef DISSECTORS_SASL_H
#define DISSECTORS_SASL_H

#include "dissectors/read/bytes.h"
#include "dissectors/read/facts.h"

struct sasl {
	uint8_t mechanism; /* enum in sasl.c */
	uint8_t expected;  /* lines of the client that this mechanism needs */
	uint16_t challenges, responses;
	bool active;
	bool user_known;
};

/* AUTH NAME [initial response, empty if there is none] */
void sasl_begin(struct sasl *sasl, struct facts *facts, struct bytes name, struct bytes initial);
/* Is the client's next line one of the exchange? */
bool sasl_takes_line(const struct sasl *sasl);
void sasl_line(struct sasl *sasl, struct facts *facts, struct bytes line);
/* The server asks for another line. */
void sasl_challenge(struct sasl *sasl);
/* The server's word: counts the log-in. */
void sasl_end(struct sasl *sasl, struct facts *facts, bool accepted);

#endif
