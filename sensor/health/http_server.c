/* SPDX-License-Identifier: ISC */
/*
 * See http_server.h. A connection reads until the empty line, answers, says that it has no more,
 * and goes on reading (into nothing) until the client closes or its time is up: closing with
 * unread bytes would tear the answer down. Of the request only method and path matter; HTTP/1.1,
 * RFC 9112.
 */
#include "sensor/health/http_server.h"

#include <arpa/inet.h>
#include <errno.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <event2/listener.h>
#include <event2/util.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define PATH_MAX_LENGTH 256

struct connection {
	struct http_server *server;
	struct bufferevent *stream; /* NULL: free */
	struct event *deadline;
	bool answered;
};

struct http_server {
	struct event_base *base;
	struct evconnlistener *listener;
	http_page *page;
	void *context;
	struct http_stats stats;
	struct connection connections[HTTP_CONNECTIONS];
};

static void release(struct connection *connection)
{
	connection->server->stats.dropped += !connection->answered;
	event_free(connection->deadline);
	bufferevent_free(connection->stream);
	connection->stream = NULL;
	connection->deadline = NULL;
}

static void on_deadline(evutil_socket_t fd, short what, void *context)
{
	(void)fd;
	(void)what;
	release(context);
}

static void on_end(struct bufferevent *stream, short what, void *context)
{
	(void)stream;
	(void)what;
	release(context);
}

/* Everything has been sent: the client may close now. */
static void on_written(struct bufferevent *stream, void *context)
{
	(void)context;
	shutdown(bufferevent_getfd(stream), SHUT_WR);
}

static void send_answer(struct connection *connection, const char *status,
			const struct http_answer *answer, bool with_body)
{
	struct evbuffer *out = bufferevent_get_output(connection->stream);

	connection->answered = true;
	connection->server->stats.requests++;
	bufferevent_setcb(connection->stream, NULL, on_written, on_end, connection);
	evbuffer_add_printf(out,
			    "HTTP/1.1 %s\r\nContent-Type: %s\r\nContent-Length: %zu\r\n"
			    "Cache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\n"
			    "%sConnection: close\r\n\r\n",
			    status, answer->type, answer->length,
			    strncmp(status, "405", 3) == 0 ? "Allow: GET, HEAD\r\n" : "");
	if (with_body)
		evbuffer_add(out, answer->body, answer->length);
}

static void send_failure(struct connection *connection, const char *status)
{
	struct http_answer answer = {HTTP_PLAIN, status, strlen(status)};

	send_answer(connection, status, &answer, true);
}

/* "GET /path?query HTTP/1.1": the path, if that is what the line says. */
static bool read_path(const char *target, char path[PATH_MAX_LENGTH])
{
	size_t length = strcspn(target, "? ");
	const char *version = strchr(target, ' ');

	if (target[0] != '/' || length >= PATH_MAX_LENGTH || !version ||
	    strncmp(version, " HTTP/1.", 8) != 0)
		return false;
	memcpy(path, target, length);
	path[length] = '\0';
	return true;
}

static void answer_request(struct connection *connection, const char *line)
{
	bool head = strncmp(line, "HEAD ", 5) == 0;
	struct http_answer answer = {HTTP_PLAIN, "", 0};
	char path[PATH_MAX_LENGTH];

	if (!head && strncmp(line, "GET ", 4) != 0)
		send_failure(connection, "405 Method Not Allowed");
	else if (!read_path(line + (head ? 5 : 4), path))
		send_failure(connection, "400 Bad Request");
	else if (!connection->server->page(connection->server->context, path, &answer))
		send_failure(connection, "404 Not Found");
	else
		send_answer(connection, "200 OK", &answer, !head);
}

static bool is_complete(struct evbuffer *in)
{
	return evbuffer_search(in, "\r\n\r\n", 4, NULL).pos >= 0 ||
	       evbuffer_search(in, "\n\n", 2, NULL).pos >= 0;
}

static void on_read(struct bufferevent *stream, void *context)
{
	struct evbuffer *in = bufferevent_get_input(stream);
	struct connection *connection = context;
	char *line;

	if (!is_complete(in)) {
		if (evbuffer_get_length(in) >= HTTP_REQUEST_MAX)
			send_failure(connection, "431 Request Header Fields Too Large");
	} else if ((line = evbuffer_readln(in, NULL, EVBUFFER_EOL_CRLF)) != NULL) {
		answer_request(connection, line);
		free(line);
	}
	if (!connection->answered)
		return;
	/* What still comes is read and thrown away, a buffer at a time. */
	evbuffer_drain(in, evbuffer_get_length(in));
	bufferevent_setwatermark(stream, EV_READ, 0, 0);
}

static void on_leftover(struct evbuffer *in, const struct evbuffer_cb_info *info, void *context)
{
	const struct connection *connection = context;

	if (connection->answered && info->n_added != 0)
		evbuffer_drain(in, evbuffer_get_length(in));
}

static struct connection *find_free(struct http_server *server)
{
	for (size_t i = 0; i < HTTP_CONNECTIONS; i++) {
		if (!server->connections[i].stream)
			return &server->connections[i];
	}
	return NULL;
}

static bool begin(struct connection *connection, evutil_socket_t fd)
{
	struct timeval limit = {.tv_sec = HTTP_SECONDS};

	connection->stream =
		bufferevent_socket_new(connection->server->base, fd, BEV_OPT_CLOSE_ON_FREE);
	if (!connection->stream)
		return false;
	connection->deadline = evtimer_new(connection->server->base, on_deadline, connection);
	if (!connection->deadline || evtimer_add(connection->deadline, &limit) != 0)
		return false;
	connection->answered = false;
	bufferevent_setcb(connection->stream, on_read, NULL, on_end, connection);
	bufferevent_setwatermark(connection->stream, EV_READ, 0, HTTP_REQUEST_MAX);
	evbuffer_add_cb(bufferevent_get_input(connection->stream), on_leftover, connection);
	return bufferevent_enable(connection->stream, EV_READ | EV_WRITE) == 0;
}

static void on_accept(struct evconnlistener *listener, evutil_socket_t fd, struct sockaddr *address,
		      int length, void *context)
{
	struct http_server *server = context;
	struct connection *connection = find_free(server);

	(void)listener;
	(void)address;
	(void)length;
	if (!connection) {
		server->stats.refused++;
		evutil_closesocket(fd);
		return;
	}
	if (begin(connection, fd))
		return;
	server->stats.dropped++;
	if (connection->deadline)
		event_free(connection->deadline);
	connection->deadline = NULL;
	if (connection->stream)
		bufferevent_free(connection->stream); /* closes */
	else
		evutil_closesocket(fd);
	connection->stream = NULL;
}

/* "1234" and nothing else; libevent would take what has no port for any port. */
static bool read_port(const char *text, uint16_t *port)
{
	unsigned long value = strtoul(text, NULL, 10);
	size_t length = strspn(text, "0123456789");

	if (length == 0 || length > 5 || text[length] != '\0' || value > UINT16_MAX)
		return false;
	*port = (uint16_t)value;
	return true;
}

/* A bare port is one of this host's own: numbers are nobody else's business by default. */
static bool parse(const char *where, struct sockaddr_storage *address, int *length)
{
	const char *colon = strrchr(where, ':');
	const char *port_text = colon ? colon + 1 : where;
	int host = colon ? (int)(colon - where) : 0;
	uint16_t port, network_port;
	char text[128];

	if (!read_port(port_text, &port))
		return false;
	if (host > 64 || (where[0] != '[' && strchr(where, ':') != colon))
		return false;
	/* libevent has no port 0. The port is at the same place in both families. */
	snprintf(text, sizeof text, "%.*s:1", host != 0 ? host : 9,
		 host != 0 ? where : "127.0.0.1");
	*length = sizeof *address;
	if (evutil_parse_sockaddr_port(text, (struct sockaddr *)address, length) != 0)
		return false;
	network_port = htons(port);
	memcpy((char *)address + offsetof(struct sockaddr_in, sin_port), &network_port,
	       sizeof network_port);
	return true;
}

struct http_server *http_server_new(struct loop *loop, const char *where, http_page *page,
				    void *context, char error[HTTP_ERROR])
{
	struct http_server *server = calloc(1, sizeof *server);
	struct sockaddr_storage address = {0};
	int length;

	if (!server) {
		snprintf(error, HTTP_ERROR, "out of memory");
		return NULL;
	}
	if (!parse(where, &address, &length)) {
		snprintf(error, HTTP_ERROR, "\"%.60s\" is not PORT, ADDRESS:PORT or [ADDRESS]:PORT",
			 where);
		free(server);
		return NULL;
	}
	server->base = loop_base(loop);
	server->page = page;
	server->context = context;
	for (size_t i = 0; i < HTTP_CONNECTIONS; i++)
		server->connections[i].server = server;
	server->listener = evconnlistener_new_bind(
		server->base, on_accept, server,
		LEV_OPT_CLOSE_ON_FREE | LEV_OPT_CLOSE_ON_EXEC | LEV_OPT_REUSEABLE |
			(address.ss_family == AF_INET6 ? LEV_OPT_BIND_IPV6ONLY : 0),
		HTTP_CONNECTIONS, (struct sockaddr *)&address, length);
	if (server->listener)
		return server;
	snprintf(error, HTTP_ERROR, "cannot listen on %.60s: %s", where, strerrordesc_np(errno));
	free(server);
	return NULL;
}

void http_server_free(struct http_server *server)
{
	if (!server)
		return;
	for (size_t i = 0; i < HTTP_CONNECTIONS; i++) {
		if (server->connections[i].stream)
			release(&server->connections[i]);
	}
	evconnlistener_free(server->listener);
	free(server);
}

uint16_t http_server_port(const struct http_server *server)
{
	struct sockaddr_storage address = {0};
	socklen_t length = sizeof address;
	struct sockaddr_in in;
	struct sockaddr_in6 in6;

	if (getsockname(evconnlistener_get_fd(server->listener), (struct sockaddr *)&address,
			&length) != 0)
		return 0;
	memcpy(&in, &address, sizeof in);
	memcpy(&in6, &address, sizeof in6);
	return ntohs(address.ss_family == AF_INET6 ? in6.sin6_port : in.sin_port);
}

void http_server_stats(const struct http_server *server, struct http_stats *stats)
{
	*stats = server->stats;
}
