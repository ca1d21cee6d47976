/* SPDX-License-Identifier: ISC */
/*
 * JSON (RFC 8259) as it comes, in pieces of any size and of any length: its members one by one,
 * with escapes undone, without recursion and without a stack. A name is the text before a colon;
 * how deep a member stands is told by the number of objects around it, lists not counted: so a
 * member of a batch of requests stands where it would in a single one.
 *
 * What is no JSON has no members, or few, and none that mean anything.
 */
#ifndef DISSECTORS_JSON_STREAM_H
#define DISSECTORS_JSON_STREAM_H

#include "dissectors/read/bytes.h"

#define JSON_STREAM_NAME  24 /* bytes of a name, with its NUL; a longer one is none */
#define JSON_STREAM_VALUE 48 /* bytes of a value, with its NUL; of a longer one the beginning */

enum json_event {
	JSON_MORE,   /* all bytes are taken */
	JSON_NAME,   /* a colon: what follows is the value of `name` */
	JSON_BYTE,   /* one more byte of a value in quotes: `byte` */
	JSON_MEMBER, /* a value that is no object or list has ended: `name` and `value` */
	JSON_CLOSED, /* an object has ended: `depth` is that of what is around it */
};

/* Plain data; zero to begin with. Texts end with a NUL and are valid until the next call. */
struct json_stream {
	char name[JSON_STREAM_NAME];
	char value[JSON_STREAM_VALUE];
	uint8_t length; /* of `value` */
	uint8_t depth;	/* objects that are open; 255: that many or more */
	uint8_t byte;
	uint8_t place;	/* enum place of json_stream.c */
	uint8_t digits; /* of \uXXXX, that are still to come */
	uint16_t code;
	bool named; /* a value is due, or at hand */
	bool long_value;
	bool again; /* the delimiter behind a word is still to be looked at */
};

/* Takes bytes up to the next event. */
enum json_event json_stream_next(struct json_stream *json, struct bytes *in);
/* Is this the member at hand? */
bool json_stream_is(const struct json_stream *json, unsigned depth, const char *name);

#endif
