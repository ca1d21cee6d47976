/* SPDX-License-Identifier: ISC */
/*
 * RESP, the wire form of Redis (RESP2 and RESP3, redis.io/docs/reference/protocol-spec), cut into
 * commands and replies at any split. Of a command the first words are kept, shortened; of a reply
 * its type, its first line, and each element's beginning as it passes.
 */
#ifndef DISSECTORS_RESP_H
#define DISSECTORS_RESP_H

#include "dissectors/read/lines.h"

#define RESP_WORDS     5
#define RESP_WORD_SIZE 32
#define RESP_DEPTH     10

struct resp_command {
	struct line line;
	uint8_t phase; /* enum phase of resp.c */
	bool lost;
	uint64_t bulk_left; /* bytes of this argument, with its CR LF */
	uint32_t arguments; /* that the header promised */
	uint32_t index;	    /* of the argument at hand */
	uint8_t kept;	    /* bytes of it in words[index] */
	bool sets_file;	    /* one of the even arguments is "dir" or "dbfilename" */
	char words[RESP_WORDS][RESP_WORD_SIZE];
	char late[12]; /* an argument behind those, as far as it matters */
};

/* Takes bytes up to the end of a command; true if there is a whole one. */
bool resp_next_command(struct resp_command *command, struct bytes *input);
/* Forgets the words: they may have held a password. */
void resp_forget(struct resp_command *command);

/* Bytes of the argument at hand were not seen: it is unknown. */
void resp_spoil_word(struct resp_command *command);

enum resp_event {
	RESP_MORE,    /* the input is used up */
	RESP_ELEMENT, /* a simple value or bulk string has passed: text, is_bulk */
	RESP_TEXT,    /* a line inside a bulk string, when by_line is set */
	RESP_REPLY,   /* a whole reply has passed: type, is_empty, first */
	RESP_BROKEN,  /* this is not RESP: lost is set */
};

struct resp_reply {
	struct line line; /* the element's text */
	uint8_t phase;
	bool lost;
	bool by_line;  /* give bulk strings line by line (set by the caller) */
	bool done;     /* the reply is whole */
	bool told;     /* and the caller knows: the next byte begins another */
	bool is_empty; /* nil, or an array or string of no elements */
	uint8_t type;  /* of the reply: its first byte */
	uint8_t depth;
	uint16_t attributes; /* bit i: level i is an attribute, which is no element itself */
	uint64_t bulk_left;
	uint32_t elements, bulks; /* so far */
	uint32_t pending[RESP_DEPTH];
	uint32_t size;	 /* of the outermost aggregate */
	uint64_t failed; /* bit i: its element i is an error */
	char first[24];	 /* beginning of the first element */
};

enum resp_event resp_next_event(struct resp_reply *reply, struct bytes *input);
/* A decimal number with an optional minus; false if it is none. */
bool resp_number(const char *text, size_t length, int64_t *number);

#endif
