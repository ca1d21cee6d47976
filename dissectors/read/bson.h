/* SPDX-License-Identifier: ISC */
/*
 * BSON documents out of a byte stream, element by element, at any split and in constant memory:
 * values are passed over, their first bytes are kept. bsonspec.org, version 1.1.
 */
#ifndef DISSECTORS_BSON_H
#define DISSECTORS_BSON_H

#include "dissectors/read/bytes.h"

#define BSON_KEPT 72 /* bytes of a value */
#define BSON_NAME 40 /* bytes of a name, with its NUL */

enum bson_type {
	BSON_DOUBLE = 0x01,
	BSON_STRING = 0x02,
	BSON_DOCUMENT = 0x03,
	BSON_ARRAY = 0x04,
	BSON_BINARY = 0x05,
	BSON_BOOLEAN = 0x08,
	BSON_INT32 = 0x10,
	BSON_INT64 = 0x12,
};

enum bson_event {
	BSON_MORE,  /* the input is used up */
	BSON_VALUE, /* an element: name, type, and its value's first bytes */
	BSON_END,   /* of the outermost document */
	BSON_BROKEN,
};

struct bson {
	uint32_t left;	/* of the value, not yet seen */
	uint32_t tail;	/* bytes after it that belong to it */
	uint32_t count; /* elements so far, at any depth */
	uint8_t step;	/* enum step of bson.c */
	uint8_t depth;
	uint8_t type;
	uint8_t strings; /* that end with NUL and are still to come */
	uint8_t have, name_length;
	uint32_t length; /* of a document, array, string or binary, as it says itself */
	char name[BSON_NAME];
	uint8_t value[BSON_KEPT];
};

void bson_begin(struct bson *bson);
enum bson_event bson_next(struct bson *bson, struct bytes *input);
/* After a VALUE that is a document or an array: its elements come next. */
void bson_enter(struct bson *bson);
/* The value's first bytes, without a string's NUL. */
struct bytes bson_value(const struct bson *bson);
/* A number or truth value; 0 if it is neither. */
int64_t bson_number(const struct bson *bson);
bool bson_named(const struct bson *bson, const char *name);

#endif
