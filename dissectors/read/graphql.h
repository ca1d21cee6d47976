/* SPDX-License-Identifier: ISC */
/*
 * A GraphQL document (specification of October 2021, section 2) as it comes: which of its mutations
 * delete, by the names of the fields that they ask for at the outermost level. A field deletes if
 * one of the words of its name says so: deleteUser, delete_users_by_pk, productDelete. Names that a
 * client chooses itself (aliases, operations, variables, fragments) say nothing.
 */
#ifndef DISSECTORS_GRAPHQL_H
#define DISSECTORS_GRAPHQL_H

#include "dissectors/read/bytes.h"

#define GRAPHQL_NAME 32 /* bytes of a name, with its NUL; of a longer one the beginning */

/* Plain data; zero to begin with. */
struct graphql {
	char name[GRAPHQL_NAME];  /* at hand */
	char field[GRAPHQL_NAME]; /* the first that deletes; "": none so far */
	uint8_t length, depth, level, parens;
	uint8_t place;	/* enum place of graphql.c */
	uint8_t quotes; /* in a row */
	uint8_t kind;	/* enum kind of graphql.c: of the definition */
	uint8_t dots;	/* in a row; three begin a fragment */
	bool pending;	/* a name has ended: is it an alias? */
	bool directive; /* the name is one */
	bool within;	/* the next brace holds an inline fragment */
};

void graphql_take(struct graphql *graphql, uint8_t byte);
/* The document has ended. */
void graphql_end(struct graphql *graphql);
/* Does a word of this name delete? "DeleteUser", "user_delete"; not "deletedAt". */
bool graphql_name_deletes(const char *name);

#endif
