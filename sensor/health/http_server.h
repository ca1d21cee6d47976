/* SPDX-License-Identifier: ISC */
/*
 * A small HTTP server for numbers and health: GET and HEAD, one request for each connection, over
 * libevent's buffered sockets. libevent's own server is not used, because 2.1 can neither bound
 * how many connections there are nor how long one may take in all.
 *
 * Hostile clients: at most HTTP_CONNECTIONS at a time (more are closed at once), requests of at
 * most HTTP_REQUEST_MAX bytes, HTTP_SECONDS for everything; nothing waits for a client. Bodies of
 * requests are not read. One thread: that of the loop.
 */
#ifndef SENSOR_HTTP_SERVER_H
#define SENSOR_HTTP_SERVER_H

#include <stddef.h>
#include <stdint.h>

#include "sensor/base/counter_rows.h"
#include "sensor/base/loop.h"

#define HTTP_CONNECTIONS 16
#define HTTP_REQUEST_MAX 4096
#define HTTP_SECONDS	 10
#define HTTP_ERROR	 160
#define HTTP_PLAIN	 "text/plain; charset=utf-8"

struct http_server;

struct http_answer {
	const char *type; /* of the content */
	const char *body; /* copied */
	size_t length;
};

/* `path` is without the query. False: there is no such page. */
typedef bool http_page(void *context, const char *path, struct http_answer *answer);

struct http_stats {
	COUNTERS_HTTP(COUNTER_MEMBER, )
};

/*
 * `where`: "PORT" (127.0.0.1), "ADDRESS:PORT", "[ADDRESS]:PORT"; numbers, no names; port 0: any.
 * NULL, and a sentence in `error`, if it cannot listen there. `loop` must outlive it.
 */
struct http_server *http_server_new(struct loop *loop, const char *where, http_page *page,
				    void *context, char error[HTTP_ERROR]);
void http_server_free(struct http_server *server); /* NULL is allowed */
uint16_t http_server_port(const struct http_server *server);
void http_server_stats(const struct http_server *server, struct http_stats *stats);

#endif
