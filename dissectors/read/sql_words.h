/* SPDX-License-Identifier: ISC */
/* The meaning of words, behind the tokeniser of sql.c; no other file includes this. */
#ifndef DISSECTORS_SQL_WORDS_H
#define DISSECTORS_SQL_WORDS_H

#include "dissectors/read/sql.h"

/* A statement begins. */
void sql_words_begin(struct sql *sql);
/* Text in quotes begins, with this character; it is over, and in sql->word as far as it fits. */
void sql_words_quote(struct sql *sql, uint8_t quote);
void sql_words_quoted(struct sql *sql);
/* Another word of the statement is in sql->word, in capitals. */
void sql_words_take(struct sql *sql);
/* The statement is over. */
void sql_words_judge(struct sql *sql, struct sql_statement *statement);

#endif
