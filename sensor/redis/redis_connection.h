/* SPDX-License-Identifier: ISC */
/*
 * One connection to a Redis server: commands out, answers in, nothing waits. The one place that
 * sees hiredis (its formatter and reader) and libevent's buffered events. Knows nothing of events
 * or keys, keeps no time and does not come back by itself: redis_connection_open() may be called
 * again after `lost` or redis_connection_close().
 */
#ifndef SENSOR_REDIS_CONNECTION_H
#define SENSOR_REDIS_CONNECTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sensor/base/loop.h"
#include "sensor/redis/redis_tls.h"
#include "sensor/redis/redis_url.h"

struct redis_connection;

enum redis_answer_type {
	REDIS_STATUS,
	REDIS_ERROR,
	REDIS_NUMBER,
	REDIS_TEXT,
	REDIS_LIST,
	REDIS_NOTHING,
};

#define REDIS_ITEMS_MAX 3

struct redis_answer {
	enum redis_answer_type type;
	const char *text; /* valid during the call; ends with a NUL */
	size_t length;
	int64_t number;
	const char
		*items[REDIS_ITEMS_MAX]; /* of a list: the first ones; "" where that is no text */
	size_t count;			 /* of a list */
	const void *tree;		 /* for redis_answer_item() */
};

/* An element of a list, which may be a list itself. False: there is none. */
bool redis_answer_item(const struct redis_answer *list, size_t index, struct redis_answer *item);

/* The callbacks may call everything here but redis_connection_free(). */
struct redis_listener {
	void (*connected)(void *context);
	void (*answer)(void *context, const struct redis_answer *answer);
	void (*answered)(void *context); /* after the answers that came in one piece */
	void (*lost)(void *context, const char *reason);
};

/* `listener` must outlive the connection. NULL: out of memory. SIGPIPE is ignored from then on. */
struct redis_connection *redis_connection_new(struct loop *loop,
					      const struct redis_listener *listener, void *context);
void redis_connection_free(struct redis_connection *connection); /* NULL is allowed */
/* For those who expect much: bytes of an answer, elements of a list in it. From the next
 * redis_connection_open() on. */
void redis_connection_bounds(struct redis_connection *connection, size_t answer_max,
			     size_t list_max);

/* Begins to connect, with TLS unless that is NULL (it must outlive the connection); names are
 * looked up without waiting. False, and `error` filled, if not even
 * that is possible; `lost` is not called then. */
bool redis_connection_open(struct redis_connection *connection, const struct redis_node *node,
			   const struct redis_tls *tls, char error[REDIS_URL_ERROR]);
void redis_connection_close(struct redis_connection *connection); /* `lost` is not called */

/* Copies. False: out of memory, or there is no connection. */
bool redis_connection_send(struct redis_connection *connection, int count, const char **arguments,
			   const size_t *lengths);
/* Bytes that the server has not taken yet. */
size_t redis_connection_pending(const struct redis_connection *connection);

#endif
