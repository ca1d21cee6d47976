/* SPDX-License-Identifier: ISC */
/*
 * A dialogue of lines in which the server greets and then answers in order (FTP, SMTP, POP3, NNTP),
 * and what losses do to it. After one, the rest of a line means nothing, and which answer is to
 * which command is not known until the client speaks after the server: then both begin anew.
 *
 *	if (dialogue_resumes(&dialogue, from))
 *		... what was known of both sides' place in their texts is void ...
 *	while (dialogue_line(&dialogue, fed, &input, &line))
 *		... a whole line of that side ...
 *
 * A dissector whose answer at a line is not FEED_ON gets no further one: dialogue_line() then says
 * what is left of the input.
 */
#ifndef DISSECTORS_DIALOGUE_H
#define DISSECTORS_DIALOGUE_H

#include "dissectors/dissector.h"
#include "dissectors/read/answers.h"
#include "dissectors/read/lines.h"
#include "dissectors/read/turns.h"

/* Zeroed before use, like the dissector's state that it is part of. */
struct dialogue {
	struct line client, server;
	struct answers pending; /* its kinds are the dissector's */
	struct turns turns;
	bool midstream;	  /* a log-in may have gone unseen */
	bool greeted;	  /* set by the dissector at the greeting's end, or none will come */
	bool logged_in;	  /* set by the dissector */
	bool text;	  /* set by the dissector: the client's lines are no commands now */
	bool unsure;	  /* which answer is to which command, until the client's next turn */
	bool client_lost; /* nothing of the client means anything until its next turn */
	bool server_lost; /* until its next line */
};

/*
 * Bytes of that side come. True if that ends what a loss has left unsure: nothing is pending then.
 */
bool dialogue_resumes(struct dialogue *dialogue, enum side from);

/* Takes up to the next line that means something; `line` is valid until the next call. */
bool dialogue_line(struct dialogue *dialogue, struct feed *fed, struct bytes *input,
		   struct bytes *line);

/* For gap(). Before the first byte it means that the capture began later than the conversation. */
void dialogue_gap(struct dialogue *dialogue, enum side from);

#endif
