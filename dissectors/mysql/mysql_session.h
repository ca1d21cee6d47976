/* SPDX-License-Identifier: ISC */
/* The state of a MySQL session, and its half after the log-in: commands and their answers. */
#ifndef DISSECTORS_MYSQL_SESSION_H
#define DISSECTORS_MYSQL_SESSION_H

#include "dissectors/read/answers.h"
#include "dissectors/read/facts.h"
#include "dissectors/read/frames.h"
#include "dissectors/read/sql.h"
#include "dissectors/read/turns.h"

#define MYSQL_PACKET_MAX 0xffffff /* a packet of this length goes on in the next */
#define MYSQL_STATEMENTS 8	  /* prepared ones remembered */

enum mysql_phase {
	MYSQL_GREETING, /* nothing of the server's was seen */
	MYSQL_LOGIN,	/* the client has to log in */
	MYSQL_PROOF,	/* it did; the server decides or asks for more */
	MYSQL_COMMANDS,
};

struct mysql_prepared {
	uint32_t id; /* the server's; 0 if the row is free */
	int handle;
};

/*
 * Where both sides compress, packets stand in frames of their own: length:3 of what comes,
 * number:1, length:3 of what it holds, 0: it is not compressed.
 */
struct mysql_outer {
	uint8_t header[7], have;
	uint8_t packing; /* enum packing; PACKING_NONE: as it is, or given up */
	bool begun, lost;
	bool ended, given_up; /* the compressed stream, before its frame */
	uint32_t left;	      /* of the frame as it comes */
	uint32_t said, made;  /* bytes that it holds, by its own word; that came out */
};

struct mysql {
	struct frame client, server;
	struct sql sql;
	uint32_t capabilities; /* of both; 0 if unknown */
	uint8_t phase;	       /* enum mysql_phase */
	struct turns turns;
	bool tried, password; /* the client logged in; with a password */
	bool holed;	      /* bytes of the log-in were not seen */
	bool sealed, resynchronising;
	bool packed; /* both sides compress from here on */
	struct mysql_outer outer[2];
	bool continued; /* the server's next packet is the rest of this one */
	/* The command at hand */
	uint8_t sql_from; /* where its statement begins in the packet; 0: it has none */
	uint8_t queued;	  /* statements of it that are in the queue */
	/* Its answer */
	uint8_t answer; /* enum answer_state of mysql_session.c */
	uint8_t next_prepared;
	bool definitions_end; /* an EOF packet that ends the definitions may come */
	uint64_t definitions;
	struct answers pending; /* results, one for each statement */
	struct mysql_prepared prepared[MYSQL_STATEMENTS];
};

void mysql_session_begin_command(struct mysql *my);
/* The next piece of a client's packet. */
void mysql_session_text(struct mysql *my, struct facts *facts, struct bytes piece);
void mysql_session_command(struct mysql *my, struct facts *facts); /* the packet is whole */
void mysql_session_answer(struct mysql *my, struct facts *facts);  /* a server's packet is whole */
void mysql_session_reset(struct mysql *my);

#endif
