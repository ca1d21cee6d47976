/* SPDX-License-Identifier: ISC */
/*
 * The state of a PostgreSQL session, and its halves: what the client asks (postgresql_client.c),
 * what the server answers (postgresql.c), and the queue in between (postgresql_queue.c), with one
 * entry per statement and one mark per round trip.
 */
#ifndef DISSECTORS_POSTGRESQL_SESSION_H
#define DISSECTORS_POSTGRESQL_SESSION_H

#include "dissectors/read/answers.h"
#include "dissectors/read/facts.h"
#include "dissectors/read/frames.h"
#include "dissectors/read/sql.h"

#define POSTGRESQL_STATEMENTS  8	  /* prepared ones remembered */
#define POSTGRESQL_MESSAGE_MAX (1u << 30) /* the server's own limit */
#define POSTGRESQL_MARK	       (-2)	  /* as a handle: the end of a round trip */

enum login {
	NOT_YET,
	ASKED, /* the server demanded credentials */
	TRIED, /* and the client sent some */
	IN,
};

struct prepared {
	uint32_t name; /* hash of it */
	int handle;
};

struct postgresql {
	struct frame client, server;
	struct sql sql;
	struct prepared prepared[POSTGRESQL_STATEMENTS];
	struct answers pending;
	int request;		 /* handle of SSLRequest */
	int parsed, bound;	 /* latest handles of Parse and Bind */
	uint32_t name;		 /* hash of the statement's name that Parse is giving */
	uint32_t unlisted_marks; /* round trips that found no room, since the queue overflowed */
	uint8_t next_prepared;
	uint8_t login;		   /* enum login */
	bool started;		   /* the client's typeless messages are over */
	bool negotiating;	   /* the server's next byte answers SSLRequest or GSSENCRequest */
	bool passed;		   /* AuthenticationOk, which is not yet in */
	bool name_over, text_over; /* of the message at hand */
	bool midstream, overflowed, sealed;
	bool holed;    /* bytes of the log-in were not seen */
	uint8_t ready; /* bytes of ReadyForQuery matched, while the server is lost */
	bool gss;      /* encrypted from the client's next byte on */
};

void postgresql_client_feed(struct postgresql *pg, struct facts *facts, struct bytes *input);

void postgresql_queue_add(struct postgresql *pg, int entry);
/* The server has sent the result of the oldest command. */
void postgresql_queue_result(struct postgresql *pg, struct facts *facts, bool accepted);
/* The server skips what the client sent up to its next Sync. */
void postgresql_queue_drop(struct postgresql *pg);
void postgresql_queue_end_round_trip(struct postgresql *pg);
/* After a gap: ReadyForQuery is a known place in both directions. */
void postgresql_queue_resynchronise(struct postgresql *pg);

#endif
