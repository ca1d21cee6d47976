/* SPDX-License-Identifier: ISC */
/*
 * See loop.h. libevent's `struct event` shares its name with ours (event.h), so this file must
 * never include sensor/event/event.h.
 */
#include "sensor/base/loop.h"

#include <event2/event.h>
#include <stdlib.h>

struct loop {
	struct event_base *base;
	struct event *nap; /* bounds the wait of loop_pump() */
};

struct loop_watch {
	struct event *event;
	loop_callback *callback;
	void *context;
};

static struct timeval interval(uint64_t ms)
{
	return (struct timeval){
		.tv_sec = (time_t)(ms / 1000),
		.tv_usec = (suseconds_t)(ms % 1000 * 1000),
	};
}

static void on_nap(evutil_socket_t fd, short what, void *context)
{
	(void)fd;
	(void)what;
	(void)context;
}

struct loop *loop_new(void)
{
	struct loop *loop = calloc(1, sizeof *loop);

	if (loop == NULL)
		return NULL;
	loop->base = event_base_new();
	if (loop->base != NULL)
		loop->nap = event_new(loop->base, -1, 0, on_nap, NULL);
	if (loop->nap != NULL)
		return loop;
	loop_free(loop);
	return NULL;
}

void loop_free(struct loop *loop)
{
	if (loop == NULL)
		return;
	if (loop->nap != NULL)
		event_free(loop->nap);
	if (loop->base != NULL)
		event_base_free(loop->base);
	free(loop);
}

static void on_event(evutil_socket_t fd, short what, void *context)
{
	struct loop_watch *watch = context;

	(void)fd;
	(void)what;
	watch->callback(watch->context);
}

static struct loop_watch *watch_new(struct loop *loop, int fd, short what, loop_callback *callback,
				    void *context)
{
	struct loop_watch *watch = calloc(1, sizeof *watch);

	if (watch == NULL)
		return NULL;
	watch->callback = callback;
	watch->context = context;
	watch->event = event_new(loop->base, fd, what, on_event, watch);
	if (watch->event != NULL)
		return watch;
	free(watch);
	return NULL;
}

static struct loop_watch *watch_start(struct loop_watch *watch, const struct timeval *timeout)
{
	if (watch != NULL && event_add(watch->event, timeout) != 0) {
		loop_watch_free(watch);
		return NULL;
	}
	return watch;
}

struct loop_watch *loop_signal(struct loop *loop, int number, loop_callback *callback,
			       void *context)
{
	return watch_start(watch_new(loop, number, EV_SIGNAL | EV_PERSIST, callback, context),
			   NULL);
}

struct loop_watch *loop_readable(struct loop *loop, int fd, loop_callback *callback, void *context)
{
	return watch_start(watch_new(loop, fd, EV_READ | EV_PERSIST, callback, context), NULL);
}

struct loop_watch *loop_every(struct loop *loop, uint64_t interval_ms, loop_callback *callback,
			      void *context)
{
	struct timeval every = interval(interval_ms);

	return watch_start(watch_new(loop, -1, EV_PERSIST, callback, context), &every);
}

struct loop_watch *loop_alarm(struct loop *loop, loop_callback *callback, void *context)
{
	return watch_new(loop, -1, 0, callback, context);
}

void loop_watch_free(struct loop_watch *watch)
{
	if (watch == NULL)
		return;
	event_free(watch->event);
	free(watch);
}

void loop_alarm_set(struct loop_watch *alarm, uint64_t after_ms)
{
	struct timeval after = interval(after_ms);

	evtimer_add(alarm->event, &after);
}

void loop_run(struct loop *loop)
{
	event_base_dispatch(loop->base);
}

void loop_stop(struct loop *loop)
{
	event_base_loopbreak(loop->base);
}

void loop_pump(struct loop *loop, uint64_t wait_ms)
{
	struct timeval nap = interval(wait_ms);

	if (wait_ms == 0) {
		event_base_loop(loop->base, EVLOOP_NONBLOCK);
		return;
	}
	evtimer_add(loop->nap, &nap);
	event_base_loop(loop->base, EVLOOP_ONCE);
	evtimer_del(loop->nap);
}

struct event_base *loop_base(struct loop *loop)
{
	return loop->base;
}
