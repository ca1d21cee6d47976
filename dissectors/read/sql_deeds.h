/* SPDX-License-Identifier: ISC */
/*
 * Calls by which a statement runs code or reaches files of the server, behind the tokeniser of
 * sql.c; no other file but the SQL dissectors' includes this.
 */
#ifndef DISSECTORS_SQL_DEEDS_H
#define DISSECTORS_SQL_DEEDS_H

#include "dissectors/read/sql.h"

/* A statement begins. */
void sql_deeds_begin(struct sql *sql);
/* Another word is in sql->word, in capitals; `quoted`: it was an identifier in quotes. */
void sql_deeds_word(struct sql *sql, bool quoted);
/* A byte between words that is no blank. */
void sql_deeds_byte(struct sql *sql, uint8_t c);
/* The statement is over. Returns the name of what it calls, or NULL. */
const char *sql_deeds_end(struct sql *sql);
/*
 * The name of a stored procedure of Microsoft's that does such a thing: the last part of a name
 * with points, any case; NULL: none.
 */
const char *sql_deeds_procedure(const char *name, size_t length);
/* Is this the name, in capitals, of a language of PostgreSQL's that may do anything? */
bool sql_deeds_language(const char *word);

#endif
