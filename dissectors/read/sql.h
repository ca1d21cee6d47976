/* SPDX-License-Identifier: ISC */
/*
 * What does this SQL do? A tokeniser over a text that comes in pieces of any size: it names each
 * statement by its verb and object kind ("SELECT", "DROP DATABASE", "COPY FROM PROGRAM") and says
 * whether it lists, destroys, or runs code. Comments, quotes and dollar quotes are skipped, not
 * understood, but for text that the server takes for code (sql_deeds.c).
 * Nothing of the literals is kept. No dialect is parsed: a few switches cover what lexing needs.
 */
#ifndef DISSECTORS_SQL_H
#define DISSECTORS_SQL_H

#include "dissectors/read/bytes.h"

enum sql_dialect {
	SQL_POSTGRESQL, /* nested comments, dollar quotes, a backslash is nothing special */
	SQL_MYSQL,	/* # comments, conditional comments, backslash escapes */
	SQL_MSSQL,	/* as PostgreSQL, without dollar quotes; [brackets] quote */
	SQL_CLICKHOUSE, /* as MySQL, without conditional comments */
};

struct sql {
	uint8_t dialect;
	uint8_t place;	/* enum place of sql.c */
	uint8_t quote;	/* the character that ends it */
	uint8_t before; /* the byte before this one, 0 at the start */
	uint8_t comment_depth;
	uint8_t words; /* of this statement so far, no more counted than 255 */
	bool escaped;
	bool backslashes;		 /* escape, in this quote */
	bool conditional;		 /* a comment that may turn out to be executed */
	bool ended;			 /* the next byte begins a statement */
	bool where, from, into, program; /* seen outside parentheses, as words of their own */
	uint8_t verb;			 /* enum verb of sql.c */
	uint8_t word_length;
	uint32_t parentheses;
	uint32_t tag, open_tag; /* hashes of dollar quote tags */
	/* Of COPY: its file is next, or was named; of LOAD: the client's own. */
	bool file_due, file, local;
	bool language_due; /* the next word is the name of a language or extension */
	bool executes;	   /* what the words before have said */
	/* Of sql_deeds.c: numbers of deeds, and what is expected next. */
	uint8_t deed, called, named, setting;
	bool is_code, variable, names_table, directed, procedure_due, is_last_part;
	char word[32];
	char name[40]; /* the statement's, as far as it is known */
};

/* What a statement was. The name is valid as long as the struct sql is not fed. */
struct sql_statement {
	const char *name;
	unsigned flags; /* COMMAND_LISTING, COMMAND_DESTRUCTIVE, COMMAND_EXECUTES of facts.h */
};

void sql_begin(struct sql *sql, enum sql_dialect dialect);
/* Takes bytes up to the end of a statement (a semicolon); true if one ended there. */
bool sql_next(struct sql *sql, struct bytes *input, struct sql_statement *statement);
/* The text is over; true if a statement ended with it. */
bool sql_end(struct sql *sql, struct sql_statement *statement);

#endif
