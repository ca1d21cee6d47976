/* SPDX-License-Identifier: ISC */
/*
 * HPACK (RFC 7541): the headers of HTTP/2 out of their blocks, at any split, without their text
 * being kept. The dynamic table holds what an entry means, not what it says: its kind, and 32 bits
 * of its user's: written when the text is there, and found again when it is not.
 *
 * The newest entry has the first number. So what is read from within a conversation is told right:
 * older entries are merely not known.
 */
#ifndef DISSECTORS_HPACK_H
#define DISSECTORS_HPACK_H

#include "dissectors/read/bytes.h"

#define HPACK_TEXT    112 /* bytes of a value that are kept */
#define HPACK_NAME    32  /* bytes of a name, with its NUL */
#define HPACK_ENTRIES 40  /* of the dynamic table; older ones are forgotten */

enum hpack_kind {
	HPACK_OTHER,
	HPACK_METHOD,
	HPACK_PATH,
	HPACK_STATUS,
	HPACK_AUTHORITY,
	HPACK_CONTENT_TYPE,
	HPACK_CONTENT_ENCODING,
	HPACK_GRPC_STATUS,
	HPACK_GRPC_MESSAGE,
};

struct hpack_entry {
	uint32_t memo;
	uint16_t size; /* as the protocol counts it */
	uint8_t kind, name_length;
};

struct hpack {
	struct hpack_entry entries[HPACK_ENTRIES]; /* ring, the newest at `first` */
	uint32_t size, max;			   /* of the table, as the protocol counts them */
	uint32_t number;			   /* an integer, or what is left of a string */
	uint32_t code;				   /* bits of Huffman code */
	uint32_t decoded;			   /* length of the string so far */
	uint32_t name_length;
	uint32_t memo;	   /* of a header that is not in the table */
	uint32_t inserted; /* entries so far */
	uint8_t first, count;
	uint8_t place; /* enum place of hpack.c */
	uint8_t shift, code_length;
	uint8_t kind;
	uint8_t text_length;
	bool insert, huffman;
	bool broken; /* not to be understood any more */
	bool cut;    /* the string at hand is longer than what is kept, or was not understood */
	char name[HPACK_NAME]; /* of the header at hand; "" if it is not known */
	char text[HPACK_TEXT];
};

struct hpack_header {
	uint8_t kind;
	bool known;	  /* from a table: only the memo tells what the value was, text is empty */
	bool cut;	  /* there was more text */
	const char *name; /* in lower case; "" if it is not known, or too long to be of interest */
	struct bytes text;
	uint32_t *memo; /* all three are valid until the next call */
	uint32_t entry; /* for hpack_memo(); 0: in no table */
};

void hpack_begin(struct hpack *hpack);
/* Takes bytes of a block up to the end of a header; true if there is one. */
bool hpack_next(struct hpack *hpack, struct bytes *block, struct hpack_header *header);
/* The memo of that entry; NULL if it has lost its place since. */
uint32_t *hpack_memo(struct hpack *hpack, uint32_t entry);
/* The block has ended; nothing may be left over. */
void hpack_end(struct hpack *hpack);

#endif
