/* SPDX-License-Identifier: ISC */
/* The state of a MongoDB session, and what its documents say: commands and their answers. */
#ifndef DISSECTORS_MONGODB_SESSION_H
#define DISSECTORS_MONGODB_SESSION_H

#include "dissectors/mongodb/mongodb_recognise.h"
#include "dissectors/read/answers.h"
#include "dissectors/read/bson.h"
#include "dissectors/read/turns.h"
#include "dissectors/read/unpacker.h"

#define MONGODB_FIXED 20 /* bytes: the longest part of fixed size */

/* One direction: the message at hand. */
struct mongodb_stream {
	struct bson bson;
	struct mongodb_header header;
	uint32_t left;	  /* of the message */
	uint32_t section; /* where its sequence of documents ends: `left` will be this */
	uint32_t flags;
	uint8_t part; /* enum part of mongodb.c */
	uint8_t have, need;
	bool lost, sequence, command, noted, body;
	uint8_t packing;     /* enum packing of the message at hand */
	bool unmeasured;     /* it is not known how much it holds */
	uint32_t outer;	     /* of a compressed message, as it came: what is left */
	uint32_t said, made; /* bytes that it holds, by its own word; that came out */
	uint8_t fixed[MONGODB_FIXED];
	char collection[48];
};

struct mongodb {
	struct mongodb_stream side[2];
	struct answers_table pending; /* kind: enum mongodb_kind */
	uint8_t kind;		      /* of the client's command at hand */
	struct turns turns;
	bool midstream, logged_in, empty_filter, deletes, may_run;
	int handle; /* of the client's command at hand */
	/* The answer at hand */
	uint8_t answer_kind;
	int answer_handle;
	int32_t code;
	bool has_ok, ok, done, data, leaks;
};

/* An element of a document at bson: of a request, or of the answer at hand. */
void mongodb_session_asked(struct mongodb *mongo, struct mongodb_stream *s, struct facts *facts);
void mongodb_session_told(struct mongodb *mongo, struct mongodb_stream *s, struct facts *facts);

void mongodb_session_end_request(struct mongodb *mongo, const struct mongodb_stream *s);
void mongodb_session_begin_answer(struct mongodb *mongo, uint32_t response_to);
/* All of an answer was seen. */
void mongodb_session_end_answer(struct mongodb *mongo, struct facts *facts);

#endif
