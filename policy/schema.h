/* SPDX-License-Identifier: ISC */
/*
 * What may stand in a policy, as rows of data: key, type, range, default. One engine reads any
 * mapping by its rows into a struct, and reports everything that does not fit. The rows of the
 * policy are in policy/grammar.c; a new field is a member and a row.
 */
#ifndef POLICY_SCHEMA_H
#define POLICY_SCHEMA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "policy/arena.h"
#include "policy/report.h"
#include "policy/yaml.h"

/* The type of the member behind each is given in brackets. */
enum schema_type {
	SCHEMA_TEXT,	  /* [const char *] one printable line, at most LIMIT_TEXT_BYTES */
	SCHEMA_NAME,	  /* [const char *] */
	SCHEMA_TRUE,	  /* [bool] `true` is the only value */
	SCHEMA_NUMBER,	  /* [uint32_t] */
	SCHEMA_SIZE,	  /* [uint64_t] bytes */
	SCHEMA_DURATION,  /* [uint64_t] ns; the range is in seconds */
	SCHEMA_CHOICE,	  /* [uint32_t] index of `choices` */
	SCHEMA_MOMENT,	  /* [uint64_t] ns since 1970 */
	SCHEMA_ADDRESS,	  /* [struct located_address] */
	SCHEMA_PREFIX,	  /* [struct located_prefix] */
	SCHEMA_PORTS,	  /* [struct port_range] */
	SCHEMA_REFERENCE, /* [struct reference] a name of something else in the policy */
	SCHEMA_NODE,	  /* [const struct node *] read later, by other rows */
};

struct schema_row {
	const char *key;
	enum schema_type type;
	bool required;
	bool list;	      /* a list of such values; the member is a pointer to the first */
	size_t offset;	      /* of the member */
	size_t count;	      /* lists: offset of the member with their number, uint32_t */
	uint64_t least;	      /* ranges of numbers */
	uint64_t most;	      /* ... and for lists the most entries */
	const char *fallback; /* the default, as it would be written */
	const char *const *choices; /* ends with NULL */
	bool any_case;		    /* choices may be written in capitals */
	const char *why;	    /* said when a required key is missing */
};

struct schema {
	const char *what; /* "a rule" */
	const struct schema_row *rows;
	size_t row_count;
};

struct schema_context {
	struct arena *arena; /* what is read lives here */
	struct report *report;
};

/*
 * Reads `map` into `target`, which must be zeroed. NULL for `map` gives the defaults. False if
 * there was any error; all of them are reported then, and what was right is in `target`.
 */
bool schema_read(const struct schema_context *context, const struct schema *schema,
		 const struct node *map, void *target);

/* Reads one value by a row, as if it stood under its key. */
bool schema_read_value(const struct schema_context *context, const struct schema_row *row,
		       const struct node *node, void *target);

/* Of one value in memory. */
size_t schema_size(enum schema_type type);

bool schema_has_key(const struct node *map, const char *key);

/* True if the node is of that kind; reports it otherwise. `what` begins the message. */
bool schema_expect(const struct schema_context *context, const struct node *node,
		   enum node_kind kind, const char *what);

/* False, and reported, if a key that the author chose (a zone, a group) is no proper name. */
bool schema_check_name(const struct schema_context *context, struct mark at, const char *name);

#endif
