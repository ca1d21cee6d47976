/* SPDX-License-Identifier: ISC */
/* The meaning of words, behind the tokeniser of sql.c; no other file includes this. */
#ifndef DISSECTORS_SQL_WORDS_H
#define DISSECTORS_SQL_WORDS_H

#include "dissectors/read/sql.h"

/* Another word of the statement is in sql->word, in capitals. */
void sql_words_take(struct sql *sql);
/* The statement is over. */
void sql_words_judge(struct sql *sql, struct sql_statement *statement);

#endif
