/* SPDX-License-Identifier: ISC */
/*
 * What is said to a server before the first event, and what its answers mean: log-in, database, the
 * script; to a sentinel, where the master is; to that, whether it really is one; to a node of a
 * cluster, who the others are. The script's own hello, which the sink sends, has the last event
 * that this Redis has of this sensor. /
 */
#ifndef SENSOR_REDIS_GREETING_H
#define SENSOR_REDIS_GREETING_H

#include <stdbool.h>
#include <stddef.h>

#include "sensor/redis/redis_connection.h"
#include "sensor/redis/redis_due.h"
#include "sensor/redis/redis_message.h"
#include "sensor/redis/redis_route.h"

#define REDIS_REASON 320

enum redis_welcome {
	WELCOME_MORE,	   /* answers are due */
	WELCOME_SCRIPT,	   /* the answer's text is the script's digest; now hello */
	WELCOME_READY,	   /* hello was answered */
	WELCOME_ELSEWHERE, /* the route knows where to go now */
	WELCOME_REFUSED,   /* `reason` says why */
};

/* Sends it to the route's current server, or only the script if `script_only`, and notes which
 * answers are due. `names` is NULL for a reader: then it ends before what only a writer needs, and
 * there may be nothing to say at all. False: it could not be sent. */
bool redis_greeting(struct redis_connection *connection, const struct redis_route *route,
		    const struct redis_names *names, bool script_only, struct redis_due_list *due);

/* One answer to it. */
enum redis_welcome redis_greeting_answer(struct redis_route *route, const struct redis_due *about,
					 const struct redis_answer *answer,
					 char reason[REDIS_REASON]);

#endif
