/* SPDX-License-Identifier: ISC */
/*
 * See redis_connection.h. Two rules keep a wrong server from hurting the sensor: an answer may have
 * ANSWER_MAX bytes, and there are no arrays in it (nothing that the sensor asks is answered by
 * one, and hiredis allocates for as many elements as are announced).
 *
 * Replies must stay valid for hiredis 0.14 (Debian 12) and 1.2 (Debian 13).
 */
#include "sensor/redis_connection.h"

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/dns.h>
#include <event2/event.h>
#include <event2/util.h>
#include <hiredis/hiredis.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

#define ANSWER_MAX 65536

struct redis_connection {
	struct event_base *base;
	const struct redis_listener *listener;
	void *context;
	struct evdns_base *dns;	    /* made for the first host that is a name */
	struct bufferevent *stream; /* NULL: not open */
	redisReader *reader;
	size_t unanswered; /* bytes since the last complete answer */
};

struct redis_connection *redis_connection_new(struct loop *loop,
					      const struct redis_listener *listener, void *context)
{
	struct redis_connection *connection = calloc(1, sizeof *connection);

	if (connection == NULL)
		return NULL;
	/* A write to a dead server must be an error of that write, not the end of the program. */
	signal(SIGPIPE, SIG_IGN);
	connection->base = loop_base(loop);
	connection->listener = listener;
	connection->context = context;
	return connection;
}

void redis_connection_close(struct redis_connection *connection)
{
	if (connection->stream != NULL)
		bufferevent_free(connection->stream);
	if (connection->reader != NULL)
		redisReaderFree(connection->reader);
	connection->stream = NULL;
	connection->reader = NULL;
}

void redis_connection_free(struct redis_connection *connection)
{
	if (connection == NULL)
		return;
	redis_connection_close(connection);
	if (connection->dns != NULL)
		evdns_base_free(connection->dns, 0);
	free(connection);
}

static void lose(struct redis_connection *connection, const char *reason)
{
	redis_connection_close(connection);
	connection->listener->lost(connection->context, reason);
}

static void hand_over(struct redis_connection *connection, const redisReply *reply)
{
	struct redis_answer answer = {.type = REDIS_NOTHING, .text = ""};

	switch (reply->type) {
	case REDIS_REPLY_STATUS:
		answer.type = REDIS_STATUS;
		break;
	case REDIS_REPLY_ERROR:
		answer.type = REDIS_ERROR;
		break;
	case REDIS_REPLY_STRING:
		answer.type = REDIS_TEXT;
		break;
	case REDIS_REPLY_INTEGER:
		answer.type = REDIS_NUMBER;
		answer.number = reply->integer;
		break;
	default:
		break;
	}
	if (reply->str != NULL) {
		answer.text = reply->str;
		answer.length = (size_t)reply->len;
	}
	connection->listener->answer(connection->context, &answer);
}

/* Between two answers, and the next one begins as a list. */
static bool at_list(const redisReader *reader)
{
	return reader->ridx < 0 && reader->pos < reader->len && reader->buf[reader->pos] == '*';
}

/* Hands over what is complete. A callback may close the connection: then the reader is gone. */
static void read_answers(struct redis_connection *connection)
{
	while (connection->reader != NULL) {
		void *reply = NULL;

		if (at_list(connection->reader)) {
			lose(connection,
			     "the answer is a list: this is not the Redis that was asked");
			return;
		}
		if (redisReaderGetReply(connection->reader, &reply) != REDIS_OK) {
			lose(connection, "the answer is not one of Redis");
			return;
		}
		if (reply == NULL)
			break;
		connection->unanswered = connection->reader->len - connection->reader->pos;
		hand_over(connection, reply);
		freeReplyObject(reply);
	}
	if (connection->reader != NULL && connection->unanswered > ANSWER_MAX)
		lose(connection, "the answer is too long");
}

static void on_read(struct bufferevent *stream, void *context)
{
	struct redis_connection *connection = context;
	struct evbuffer *input = bufferevent_get_input(stream);
	size_t length = evbuffer_get_length(input);
	const char *bytes = (const char *)evbuffer_pullup(input, -1);
	int fed;

	if (length == 0)
		return;
	fed = redisReaderFeed(connection->reader, bytes, length);
	evbuffer_drain(input, length);
	connection->unanswered += length;
	if (fed != REDIS_OK) {
		lose(connection, "out of memory");
		return;
	}
	read_answers(connection);
	if (connection->stream != NULL)
		connection->listener->answered(connection->context);
}

static void on_event(struct bufferevent *stream, short what, void *context)
{
	struct redis_connection *connection = context;
	int dns_error = bufferevent_socket_get_dns_error(stream);
	int error = EVUTIL_SOCKET_ERROR();

	if ((what & BEV_EVENT_CONNECTED) != 0)
		connection->listener->connected(connection->context);
	else if (dns_error != 0)
		lose(connection, evutil_gai_strerror(dns_error));
	else if ((what & BEV_EVENT_EOF) != 0)
		lose(connection, "the server closed the connection");
	else
		lose(connection,
		     error != 0 ? evutil_socket_error_to_string(error) : "the connection broke");
}

static bool connect_unix(struct redis_connection *connection, const char *path)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};

	memcpy(address.sun_path, path, strnlen(path, sizeof address.sun_path - 1));
	return bufferevent_socket_connect(connection->stream, (struct sockaddr *)&address,
					  (int)sizeof address) == 0;
}

/* A missing resolv.conf only means that names cannot be resolved: addresses still can. */
static bool connect_host(struct redis_connection *connection, const struct redis_url *url)
{
	struct in6_addr binary;
	bool numeric = evutil_inet_pton(AF_INET, url->host, &binary) == 1 ||
		       evutil_inet_pton(AF_INET6, url->host, &binary) == 1;

	if (!numeric && connection->dns == NULL)
		connection->dns =
			evdns_base_new(connection->base, EVDNS_BASE_INITIALIZE_NAMESERVERS |
								 EVDNS_BASE_DISABLE_WHEN_INACTIVE);
	if (!numeric && connection->dns == NULL)
		return false;
	return bufferevent_socket_connect_hostname(connection->stream, connection->dns, AF_UNSPEC,
						   url->host, url->port) == 0;
}

bool redis_connection_open(struct redis_connection *connection, const struct redis_url *url,
			   char error[REDIS_URL_ERROR])
{
	redis_connection_close(connection);
	connection->unanswered = 0;
	connection->reader = redisReaderCreate();
	/* Deferred: no callback runs inside the calls below. */
	connection->stream = bufferevent_socket_new(
		connection->base, -1, BEV_OPT_CLOSE_ON_FREE | BEV_OPT_DEFER_CALLBACKS);
	if (connection->reader != NULL && connection->stream != NULL) {
		bufferevent_setcb(connection->stream, on_read, NULL, on_event, connection);
		bufferevent_enable(connection->stream, EV_READ | EV_WRITE);
		if (url->unix_socket ? connect_unix(connection, url->path)
				     : connect_host(connection, url))
			return true;
	}
	snprintf(error, REDIS_URL_ERROR, "%s",
		 evutil_socket_error_to_string(EVUTIL_SOCKET_ERROR()));
	redis_connection_close(connection);
	return false;
}

bool redis_connection_send(struct redis_connection *connection, int count, const char **arguments,
			   const size_t *lengths)
{
	char *command = NULL;
	long long length; /* an int in hiredis 0.14 */
	int added;

	if (connection->stream == NULL)
		return false;
	length = redisFormatCommandArgv(&command, count, arguments, lengths);
	if (length < 0)
		return false;
	added = bufferevent_write(connection->stream, command, (size_t)length);
	redisFreeCommand(command);
	return added == 0;
}

size_t redis_connection_pending(const struct redis_connection *connection)
{
	if (connection->stream == NULL)
		return 0;
	return evbuffer_get_length(bufferevent_get_output(connection->stream));
}
