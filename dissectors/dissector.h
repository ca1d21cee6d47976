/* SPDX-License-Identifier: ISC */
/*
 * What a dissector is: a pure function from bytes to facts. It allocates nothing, knows no clock,
 * has no globals, logs nothing, and keeps no pointer into its input after a call returns. To add
 * one: write one file, and add one line to dissectors/table.c.
 *
 * Two halves:
 *  recognise  looks at the opening of a conversation (what each side has sent so far, from its
 *             first byte) and says whether this is its protocol. Any port. It is asked again as
 *             bytes arrive, until it says NO or YES, or until the opening is full.
 *  session    after YES, the whole conversation is fed in order, beginning with the opening, in
 *             pieces of any size: a verdict must not depend on where the pieces end. State is
 *             `state_size` bytes, zeroed before begin().
 *
 * On UDP each feed() is one datagram, and the opening holds the first datagram of each side. On
 * SCTP it is one message, with the four bytes of its payload protocol identifier before it.
 * Wrong is worse than unknown: a recogniser that could be fooled by another protocol says MORE.
 */
#ifndef DISSECTORS_DISSECTOR_H
#define DISSECTORS_DISSECTOR_H

#include "dissectors/read/bytes.h"
#include "dissectors/read/facts.h"
#include "dissectors/read/feed.h"

#define DISSECTOR_STATE_MAX 3456 /* bytes; the opening of a session takes as many */
#define DISSECTORS_MAX	    256	 /* in the table */
#define OPENING_MAX	    1024 /* bytes kept of each side's opening */

enum {
	OVER_TCP = 1 << 0,
	OVER_UDP = 1 << 1,
	OVER_SCTP = 1 << 2,
};

enum recognised {
	RECOGNISED_NO,
	RECOGNISED_MORE,
	RECOGNISED_YES,
};

struct opening {
	struct bytes side[2]; /* index: enum side; what has been sent so far, empty if nothing */
	uint8_t transport;    /* one of OVER_… */
	bool midstream;	      /* capture began later than the conversation: not from byte one */
	bool one_sided;	      /* only one direction is visible (mirror of one direction) */
};

/* What a dissector reads out, for spanwatch-services(7). */
enum {
	READS_PRODUCT = 1 << 0,
	READS_VERSION = 1 << 1,
	READS_AUTH = 1 << 2,
	READS_USER = 1 << 3,
	READS_MECHANISM = 1 << 4,
	READS_COMMANDS = 1 << 5,
	READS_LISTINGS = 1 << 6,
	READS_DESTRUCTION = 1 << 7,
	READS_DATA = 1 << 8,
	READS_ENCRYPTION = 1 << 9,
	READS_STARTTLS = 1 << 10,
	READS_HOST = 1 << 11,
	READS_PATH = 1 << 12,
	READS_OPERATION = 1 << 13,
	READS_TLS = 1 << 14, /* version and certificate */
	READS_EXECUTION = 1 << 15,
};

struct dissector {
	const char *name;
	uint8_t transports;  /* OVER_… */
	bool upgrades;	     /* its streams may turn into TLS, seen to be agreed or not */
	uint16_t state_size; /* at most DISSECTOR_STATE_MAX */
	uint16_t service_count;
	const struct service *services; /* every service it may report */
	const char *recognised;		/* for people: completes "recognised by" */
	/* Over UDP: what was asked decides, and the answer does not say it: the first datagram is
	 * read, though nobody may answer. Its recogniser says yes to few. */
	bool first_matters;
	uint8_t crowded;     /* enum crowded of read/crowd.h: what becomes of too many commands */
	uint16_t answers_at; /* CROWDED_LINES: where its struct answers is; 0: it has none */
	uint32_t reads;	     /* READS_…: all that it may set in the facts */
	enum recognised (*recognise)(const struct opening *opening);
	void (*begin)(void *state, struct facts *facts); /* may be NULL */
	void (*feed)(void *state, struct facts *facts, struct feed *fed);
	/* `missing` bytes of that side were never seen (0: an unknown number). Before the first
	 * feed(): the capture began later than the conversation. May be NULL. */
	void (*gap)(void *state, struct facts *facts, enum side from, uint64_t missing);
	/* The conversation is over (FIN, RST, time-out, end of input). May be NULL. */
	void (*end)(void *state, struct facts *facts);
};

/*
 * What recognisers of each side say, put together. One side alone counts only where nothing will
 * come of the other (opening->one_sided). by_server: the server's word is enough.
 */
static inline enum recognised dissector_by_server(enum recognised client, enum recognised server,
						  bool one_sided)
{
	if (client == RECOGNISED_NO || server == RECOGNISED_NO)
		return RECOGNISED_NO;
	if (server == RECOGNISED_YES || (client == RECOGNISED_YES && one_sided))
		return RECOGNISED_YES;
	return RECOGNISED_MORE;
}

/* The client's word is needed, and the server's as well if there will be one. */
static inline enum recognised dissector_by_client(enum recognised client, enum recognised server,
						  bool one_sided)
{
	if (client == RECOGNISED_NO || server == RECOGNISED_NO)
		return RECOGNISED_NO;
	if (client == RECOGNISED_YES && (server == RECOGNISED_YES || one_sided))
		return RECOGNISED_YES;
	return RECOGNISED_MORE;
}

/* Both words are needed, of whom there will be one. */
static inline enum recognised dissector_by_both(enum recognised client, enum recognised server,
						bool one_sided)
{
	if (client == RECOGNISED_NO || server == RECOGNISED_NO)
		return RECOGNISED_NO;
	if (client == RECOGNISED_YES && server == RECOGNISED_YES)
		return RECOGNISED_YES;
	return one_sided && (client == RECOGNISED_YES || server == RECOGNISED_YES)
		       ? RECOGNISED_YES
		       : RECOGNISED_MORE;
}

/* The feed() of one that reads nothing out: to know what it is, is all there is to know. */
static inline void dissector_feed_nothing(void *state, struct facts *facts, struct feed *fed)
{
	(void)state;
	(void)facts;
	(void)fed;
}

/* All dissectors, in the order in which they are asked. */
extern const struct dissector *const dissectors[];
extern const size_t dissector_count;

/* The one that takes over after FEED_TLS. */
extern const struct dissector tls_dissector;

#endif
