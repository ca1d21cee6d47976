/* SPDX-License-Identifier: ISC */
/*
 * A YAML document as a small tree that remembers where everything stood. Only what a policy needs:
 * mappings with text as keys, lists, and scalars as text. Anchors, aliases, tags and further
 * documents are refused: they would let a short line mean much, and a diagnostic point nowhere.
 */
#ifndef POLICY_YAML_H
#define POLICY_YAML_H

#include <stdbool.h>
#include <stddef.h>

#include "policy/arena.h"
#include "policy/report.h"

enum node_kind {
	NODE_TEXT,
	NODE_LIST,
	NODE_MAP,
	NODE_REFUSED, /* an error was reported for it: say no more about it */
};

struct node {
	enum node_kind kind;
	bool plain; /* a scalar without quotes */
	struct mark at, key_at;
	const char *key;  /* if it is a value of a mapping */
	const char *text; /* of a scalar: UTF-8 without NUL inside */
	struct node *first, *last, *next;
	size_t count;		 /* of children */
	const char *pending_key; /* while it is read */
	struct mark pending_at;
};

/*
 * The root of the one document in `text`, or NULL if there is none that could be worked with; an
 * error was reported then. Errors may have been reported also if there is a root. The tree lives
 * in the arena and does not point into `text`.
 */
struct node *yaml_read(const char *text, size_t length, struct arena *arena, struct report *report);

#endif
