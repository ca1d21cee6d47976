/* SPDX-License-Identifier: ISC */
/* What a follow is made of; for follow.c (connections, one step after the other) and
 * follow_answer.c (what the answers mean). */
#ifndef TOOLS_REDIS_TAIL_FOLLOW_STATE_H
#define TOOLS_REDIS_TAIL_FOLLOW_STATE_H

#include "sensor/redis/redis_due.h"
#include "sensor/redis/redis_route.h"
#include "tools/redis-tail/commands.h"
#include "tools/redis-tail/follow.h"
#include "tools/redis-tail/losses.h"

enum state { STATE_WAITING, STATE_CONNECTING, STATE_GREETING, STATE_FOLLOWING, STATE_OVER };

struct follow {
	struct follow_options options;
	struct redis_route route;
	struct redis_connection *connection;
	struct redis_due_list due;
	struct commands commands;
	struct loop_watch *alarm;
	enum state state;
	enum step next;
	char cursor[ENTRY_ID];	/* of OWN and CLAIM */
	char printed[ENTRY_ID]; /* the highest; "": none yet */
	char ids[COMMANDS_BATCH][ENTRY_ID];
	size_t id_count; /* printed, not acknowledged */
	struct losses losses;
	uint64_t left;	     /* events, until it is done */
	uint64_t claimed_ms; /* when CLAIM was done last */
	uint64_t trouble_ms; /* since when; 0: there is none */
	uint32_t pause_ms;
	bool told, followed, failed;
};

/* On standard error; the words may be the server's. */
void follow_tell(const struct follow *follow, const char *what, const char *more);
void follow_finish(struct follow *follow, bool failed);
void follow_come_back(struct follow *follow, bool at_once);
/* There is trouble: gives the connection up, and comes back after a while. */
void follow_lost(void *context, const char *reason);
void follow_works(struct follow *follow);
uint32_t follow_wait_ms(const struct follow *follow);

/* An answer to a step; sets the next one. */
void follow_answer(struct follow *follow, enum step step, const struct redis_answer *answer);

#endif
