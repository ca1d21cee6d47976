/* SPDX-License-Identifier: ISC */
/*
 * Requests and answers in messages of known length, for protocols whose client asks and whose
 * server answers, by number or in order:
 *
 *	frame = exchange_begin(&exchange, fed->from);
 *	while (frames_next(frame, &input, 4, measure)) {
 *		... exchange_ask() or exchange_answer() ...
 *		frames_done(frame);
 *	}
 *
 * What a loss does is the same for all of them. A hole in the part of a body that is not kept costs
 * nothing. Any other makes the side lost until its next turn, which begins with a message; a log-in
 * may have gone unseen, so that nobody is said to be served without one; and answers in order are
 * given to no command until the client speaks after the server.
 */
#ifndef DISSECTORS_EXCHANGE_H
#define DISSECTORS_EXCHANGE_H

#include "dissectors/read/answers.h"
#include "dissectors/read/facts.h"
#include "dissectors/read/feed.h"
#include "dissectors/read/frames.h"
#include "dissectors/read/turns.h"

/* What a command is, beside the flags of facts.h. */
enum {
	EXCHANGE_READS = 1 << 0, /* a good answer holds stored data */
	EXCHANGE_LOGIN = 1 << 1, /* its answer is the log-in's */
	EXCHANGE_OPEN = 1 << 2,	 /* everybody may ask it: the answer proves nothing */
};

struct exchange_command {
	uint32_t code;
	uint8_t flags; /* COMMAND_… */
	uint8_t kind;  /* EXCHANGE_… */
	const char *name;
};

/* Zeroed before use, like the dissector's state that it is part of. */
struct exchange {
	struct frame side[2];
	struct answers_table pending;
	struct turns turns;
	uint32_t asked, answered; /* in order */
	bool late;		  /* a log-in may have gone unseen */
	bool logged_in;
	bool unsure; /* which answer in order is to which command */
};

/* Bytes of that side come; its frame. */
struct frame *exchange_begin(struct exchange *exchange, enum side from);
/* For gap(). */
void exchange_gap(struct exchange *exchange, enum side from, uint64_t missing);

/* NULL if there is none of this code. The rows are in the order of their codes. */
const struct exchange_command *exchange_find(const struct exchange_command *rows, size_t count,
					     uint32_t code);
#define EXCHANGE_FIND(rows, code) exchange_find((rows), sizeof(rows) / sizeof *(rows), (code))

/* A command with this number was sent. `name` NULL: it is none worth noting. The handle, or -1. */
int exchange_ask(struct exchange *exchange, struct facts *facts, uint64_t number,
		 const struct exchange_command *command);
/* Its answer came: EXCHANGE_… of the command, or -1: none of that number waits. */
int exchange_answer(struct exchange *exchange, struct facts *facts, uint64_t number, bool good);
/* The numbers of commands that are answered in order: the one that is asked or answered now. */
uint64_t exchange_next_asked(struct exchange *exchange);
uint64_t exchange_next_answered(struct exchange *exchange);

/* Something was given out: before a log-in, if there was none. */
void exchange_served(const struct exchange *exchange, struct facts *facts);
void exchange_login(struct exchange *exchange, struct facts *facts, bool accepted);
/* Is asked for credentials: that counts unless there was a log-in. */
void exchange_demanded(const struct exchange *exchange, struct facts *facts);

/* Messages that begin with the length of what follows it, 4 bytes, at most 1 GiB. */
bool exchange_measure_be32(struct bytes header, uint32_t *body);
bool exchange_measure_le32(struct bytes header, uint32_t *body);

#endif
