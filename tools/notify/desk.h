/* SPDX-License-Identifier: ISC */
/*
 * spanwatch-notify's theory of operation.
 *
 *	stream ─follow─▶ desk_entry: for which channels? ──▶ records (record.h), pending
 *	                     ▲                                  │            │ due (plan.h)
 *	                     └──── acknowledged ◀── written ◀───┘            ▼
 *	                                               ▲           look in Redis, telling.h
 *	                                               │                     │ shapes.h
 *	                                               └────── told ◀── post.h (HTTP, SMTP)
 *
 * An entry is acknowledged when the records that it touched are in Redis, so nothing is lost when
 * the program ends at any moment. What is told is the state that Redis has when it is told, merged
 * over all sensors, not the event's. A message that was sent, but not yet noted in Redis when the
 * program was killed, is sent again with the same delivery id: at least once, and to be told apart.
 *
 * Everything runs in the loop of the one thread: commands to Redis between the reads of the stream
 * (follow.h, sink), transfers by post.h. Each channel has one message under way at most.
 */
#ifndef TOOLS_NOTIFY_DESK_H
#define TOOLS_NOTIFY_DESK_H

#include <stdbool.h>
#include <stdio.h>

#include "sensor/base/loop.h"
#include "tools/notify/settings.h"
#include "tools/redis-tail/follow.h"

struct desk;

struct desk_options {
	const struct settings *settings;
	struct loop *loop;
	const char *site, *run; /* run: NULL is live */
	bool once;		/* nothing is waited for that is not due */
	FILE *dry; /* messages go here, and nothing to Redis or the channels; or NULL */
};

/* NULL: out of memory. */
struct desk *desk_new(const struct desk_options *options);
void desk_free(struct desk *desk); /* NULL is allowed */
struct follow_sink desk_sink(struct desk *desk);

/* Ends the loop when what is under way has ended. */
void desk_stop(struct desk *desk);
/* False: something could not be told. Says on standard error what was told, and what to nobody. */
bool desk_report(const struct desk *desk);

/* One message to each channel, or to the one of that name; waits for all. False: one was not
 * taken. */
bool desk_test(const struct desk_options *options, const char *channel);

#endif
