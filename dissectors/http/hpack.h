/* SPDX-License-Identifier: ISC */
/*
 * HPACK (RFC 7541): the headers of HTTP/2 out of their blocks, at any split, without their text
 * being kept. The dynamic table holds what an entry means, not what it says: its kind, and sixteen
 * bits of its user's: written when the text is there, and found again when it is not.
 */
#ifndef DISSECTORS_HPACK_H
#define DISSECTORS_HPACK_H

#include "dissectors/read/bytes.h"

#define HPACK_TEXT    64 /* bytes of a value that are kept */
#define HPACK_ENTRIES 28 /* of the dynamic table; older ones are forgotten */

enum hpack_kind {
	HPACK_OTHER,
	HPACK_METHOD,
	HPACK_PATH,
	HPACK_STATUS,
	HPACK_AUTHORITY,
	HPACK_CONTENT_TYPE,
	HPACK_AUTHORIZATION,
	HPACK_SERVER,
	HPACK_TOKEN, /* etcd's */
	HPACK_GRPC_STATUS,
	HPACK_GRPC_MESSAGE,
};

struct hpack_entry {
	uint16_t size; /* as the protocol counts it */
	uint16_t memo;
	uint8_t kind, name_length;
};

struct hpack {
	struct hpack_entry entries[HPACK_ENTRIES]; /* ring, the newest at `first` */
	uint32_t size, max;			   /* of the table, as the protocol counts them */
	uint32_t number;			   /* an integer, or what is left of a string */
	uint32_t code;				   /* bits of Huffman code */
	uint32_t decoded;			   /* length of the string so far */
	uint32_t name_length;
	uint16_t memo; /* of a header that is not in the table */
	uint8_t first, count;
	uint8_t place; /* enum place of hpack.c */
	uint8_t shift, code_length;
	uint8_t kind;
	uint8_t text_length;
	bool insert, huffman;
	bool broken; /* not to be understood any more */
	char text[HPACK_TEXT];
};

struct hpack_header {
	uint8_t kind;
	bool known; /* from a table: only the memo tells what the value was, text is empty */
	struct bytes text;
	uint16_t *memo; /* valid until the next call */
};

void hpack_begin(struct hpack *hpack);
/* Takes bytes of a block up to the end of a header; true if there is one. */
bool hpack_next(struct hpack *hpack, struct bytes *block, struct hpack_header *header);
/* The block has ended; nothing may be left over. */
void hpack_end(struct hpack *hpack);

#endif
