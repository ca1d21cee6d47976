/* SPDX-License-Identifier: ISC */
/*
 * A JSON document as a tree, for files that are read once and asked by path: "server.ip". Built on
 * the scanner of sensor/base/json_scan.h, so texts longer than its bound are cut. Memory is bounded
 * by the file; running out of it ends the program.
 */
#ifndef TOOLS_LIB_TREE_H
#define TOOLS_LIB_TREE_H

#include <stdbool.h>
#include <stdio.h>

struct tree {
	char *key;  /* "" in lists */
	char *text; /* of a value; NULL: an object or a list */
	bool list;  /* it is one, as far as its members have no keys */
	struct tree *first, *last, *next, *parent;
};

/* The whole file; ends the program with what is wrong and in which line. `name` is for that. */
struct tree *tree_read(FILE *file, const char *name);
/* One line of JSON; NULL if it is none. */
struct tree *tree_parse(const char *line);
void tree_free(struct tree *tree); /* NULL is allowed */

/* What stands under keys that are joined by dots; NULL: nothing. */
const struct tree *tree_find(const struct tree *tree, const char *path);
/* ... and is a text, number or flag; NULL: it is none. */
const char *tree_text(const struct tree *tree, const char *path);
const char *tree_or(const struct tree *tree, const char *path, const char *otherwise);

static inline const struct tree *tree_first(const struct tree *tree)
{
	return tree == NULL ? NULL : tree->first;
}

#define TREE_EACH(child, of)                                                                       \
	for (const struct tree *child = tree_first(of); child != NULL; child = child->next)

#endif
