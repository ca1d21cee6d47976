/* SPDX-License-Identifier: ISC */
/*
 * The event loop of the main thread: signals, timers, readable descriptors. Everything here is
 * called from that one thread; a callback may stop the loop, and may free any watch, its own too.
 */
#ifndef SENSOR_LOOP_H
#define SENSOR_LOOP_H

#include <stdbool.h>
#include <stdint.h>

struct loop;
struct loop_watch;
struct event_base; /* libevent's; for redis_connection.c */

typedef void loop_callback(void *context);

struct loop *loop_new(void);	   /* NULL: no descriptors or memory left (errno) */
void loop_free(struct loop *loop); /* after its watches; NULL is allowed */

/* NULL on failure. A watch belongs to the caller: loop_watch_free() before loop_free(). */
struct loop_watch *loop_signal(struct loop *loop, int number, loop_callback *callback,
			       void *context);
struct loop_watch *loop_readable(struct loop *loop, int fd, loop_callback *callback, void *context);
/* Calls every `interval_ms`, first after one interval. */
struct loop_watch *loop_every(struct loop *loop, uint64_t interval_ms, loop_callback *callback,
			      void *context);
/* A timer that is not set yet; see loop_alarm_set(). */
struct loop_watch *loop_alarm(struct loop *loop, loop_callback *callback, void *context);
void loop_watch_free(struct loop_watch *watch); /* NULL is allowed */

/* Calls once, `after_ms` from now (0: in the next turn); replaces an earlier setting. */
void loop_alarm_set(struct loop_watch *alarm, uint64_t after_ms);

void loop_run(struct loop *loop); /* until loop_stop() */
void loop_stop(struct loop *loop);
/* One turn: handles what is due; waits at most `wait_ms` (0: not at all) for something to be. */
void loop_pump(struct loop *loop, uint64_t wait_ms);

struct event_base *loop_base(struct loop *loop);

#endif
