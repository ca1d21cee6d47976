/* SPDX-License-Identifier: ISC */
/*
 * Where a policy's text comes from: one file, and those that it includes. The trees of included
 * files are hung into the tree of the first, section by section, before anybody looks at what they
 * say; every mark knows its file.
 */
#ifndef POLICY_INCLUDE_H
#define POLICY_INCLUDE_H

#include "policy/report.h"
#include "policy/yaml.h"

struct include;

/* NULL never. `path` is the policy's, NULL: it is in memory, and can include nothing. */
struct include *include_new(const char *path, struct report *report);
void include_free(struct include *sources);

/* The text of the file at the path; NULL, and reported: it cannot be read. Valid until _free. */
const char *include_read(struct include *sources, size_t *length);

/*
 * The whole tree of this text with all that it includes; NULL if nothing could be worked with. It
 * lives in the arena.
 */
struct node *include_tree(struct include *sources, const char *text, size_t length,
			  struct arena *arena);

/* Tells the texts of all files apart from any other, in 32 hexadecimal digits. */
void include_digest(const struct include *sources, char out[33]);

#endif
