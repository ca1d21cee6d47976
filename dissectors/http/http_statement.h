/* SPDX-License-Identifier: ISC */
/* Statements in a language like SQL that HTTP requests carry; see http_statement.c. */
#ifndef DISSECTORS_HTTP_STATEMENT_H
#define DISSECTORS_HTTP_STATEMENT_H

#include "dissectors/read/bytes.h"

/*
 * Names the most harmful statement of a form or query ("q=…" or "query=…", percent encoded), or,
 * if there is none and `raw`, of the text itself: "DROP DATABASE"; "" if there is no statement.
 * Returns its COMMAND_… flags.
 */
unsigned http_statement(struct bytes text, bool raw, char *name, size_t size);

#endif
