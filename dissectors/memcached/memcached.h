/* SPDX-License-Identifier: ISC */
/* The state of a memcached session, and the binary half of its protocol. */
#ifndef DISSECTORS_MEMCACHED_H
#define DISSECTORS_MEMCACHED_H

#include "dissectors/memcached/memcached_recognise.h"
#include "dissectors/read/answers.h"
#include "dissectors/read/lines.h"
#include "dissectors/read/turns.h"

#define MEMCACHED_OPCODES 24 /* of note */
#define MEMCACHED_BODY	  96 /* bytes kept of a binary body */

/* Indices of the services. */
enum { MEMCACHED_ITSELF, MEMCACHED_COUCHBASE, MEMCACHED_SERVICES };
extern const struct service memcached_services[MEMCACHED_SERVICES];

struct memcached_stream {
	struct line line;
	uint64_t skip; /* data behind a line */
	uint32_t left; /* of a binary body */
	uint8_t mode, have, kept;
	bool lost;
	uint8_t header[MEMCACHED_HEADER];
	uint8_t body[MEMCACHED_BODY];
};

struct memcached {
	struct memcached_stream side[2];
	struct answers pending;
	struct turns turns;
	bool midstream, logged_in;
	int handles[MEMCACHED_OPCODES]; /* + 1; of the latest command of each opcode of note */
};

/* Something was given out: before a log-in, if there was none. */
static inline void memcached_served(const struct memcached *mc, struct facts *facts)
{
	if (!mc->midstream && !mc->logged_in)
		facts_set_auth(facts, AUTH_NONE);
}

void memcached_binary_feed(struct memcached *mc, struct facts *facts, enum side from,
			   struct bytes in);

#endif
