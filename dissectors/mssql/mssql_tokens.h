/* SPDX-License-Identifier: ISC */
/* The tokens of TDS' responses, at any split. See mssql_tokens.c. */
#ifndef DISSECTORS_MSSQL_TOKENS_H
#define DISSECTORS_MSSQL_TOKENS_H

#include "dissectors/read/bytes.h"
#include "dissectors/read/facts.h"

#define MSSQL_TOKEN_KEPT 72 /* bytes of a token's body */

/* Zeroed before each response. */
struct mssql_tokens {
	uint8_t type; /* enum mssql_token; 0: the next byte is one */
	uint8_t have; /* of a length */
	uint8_t kept;
	bool sized;
	uint16_t left;
	bool opaque; /* rows: nothing behind is read */
	/* What was found */
	bool columns, failed, done, accepted, login_failed;
	uint8_t body[MSSQL_TOKEN_KEPT];
};

void mssql_tokens_feed(struct mssql_tokens *tokens, struct facts *facts, struct bytes in);

#endif
