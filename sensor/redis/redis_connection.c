/* SPDX-License-Identifier: ISC */
/*
 * See redis_connection.h. Two rules keep a wrong server from hurting us: an answer may have
 * ANSWER_MAX bytes, and a list in it LIST_MAX elements, unless more were asked for (hiredis
 * allocates for as many as are announced).
 *
 * Replies must stay valid for hiredis 0.14 (Debian 12) and 1.2 (Debian 13).
 */
#include "sensor/redis/redis_connection.h"

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/bufferevent_ssl.h>
#include <event2/dns.h>
#include <event2/event.h>
#include <event2/util.h>
#include <hiredis/hiredis.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

#define ANSWER_MAX     (1U << 20) /* CLUSTER NODES of a big cluster is the longest */
#define LIST_MAX       64
#define TLS_OWN_ERRORS 0xff
#define TLS_ALERT      0x15 /* first byte of a TLS server's answer to clear text */

/* A peer that is gone without a word is noticed after about a minute, also when idle. */
#define KEEPALIVE_IDLE_S     30
#define KEEPALIVE_INTERVAL_S 10
#define KEEPALIVE_PROBES     3

#if HIREDIS_MAJOR >= 1
typedef size_t list_count;
#else
typedef int list_count;
#endif

struct redis_connection {
	struct event_base *base;
	const struct redis_listener *listener;
	void *context;
	struct evdns_base *dns; /* made for the first host that is a name */
	bool dns_stale;		/* a look-up failed: the resolver's file may have changed */
	bool named;		/* the host is a name */
	unsigned attempts;	/* at names, without success */
	const struct redis_tls *tls;
	struct bufferevent *stream; /* NULL: not open */
	redisReader *reader;
	redisReplyObjectFunctions functions; /* of the reader: its own, but for lists */
	void *(*create_list)(const redisReadTask *task, list_count count);
	size_t answer_max, list_max;
	size_t unanswered; /* bytes since the last complete answer */
	bool connected;
	bool answered; /* something has come */
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
	connection->answer_max = ANSWER_MAX;
	connection->list_max = LIST_MAX;
	return connection;
}

void redis_connection_bounds(struct redis_connection *connection, size_t answer_max,
			     size_t list_max)
{
	connection->answer_max = answer_max;
	connection->list_max = list_max;
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

static void take_items(struct redis_answer *answer, const redisReply *reply)
{
	for (size_t i = 0; i < REDIS_ITEMS_MAX; i++) {
		const redisReply *item = i < (size_t)reply->elements ? reply->element[i] : NULL;

		answer->items[i] = item != NULL && item->str != NULL ? item->str : "";
	}
}

static enum redis_answer_type type_of(const redisReply *reply)
{
	switch (reply->type) {
	case REDIS_REPLY_STATUS:
		return REDIS_STATUS;
	case REDIS_REPLY_ERROR:
		return REDIS_ERROR;
	case REDIS_REPLY_STRING:
		return REDIS_TEXT;
	case REDIS_REPLY_INTEGER:
		return REDIS_NUMBER;
	case REDIS_REPLY_ARRAY:
		return REDIS_LIST;
	default:
		return REDIS_NOTHING;
	}
}

static struct redis_answer answer_of(const redisReply *reply)
{
	struct redis_answer answer = {.type = type_of(reply), .text = "", .tree = reply};

	if (answer.type == REDIS_NUMBER)
		answer.number = reply->integer;
	if (answer.type == REDIS_LIST) {
		answer.count = (size_t)reply->elements;
		take_items(&answer, reply);
	}
	if (reply->str != NULL) {
		answer.text = reply->str;
		answer.length = (size_t)reply->len;
	}
	return answer;
}

bool redis_answer_item(const struct redis_answer *list, size_t index, struct redis_answer *item)
{
	const redisReply *reply = list->tree;

	if (list->type != REDIS_LIST || index >= list->count || reply->element[index] == NULL)
		return false;
	*item = answer_of(reply->element[index]);
	return true;
}

static void hand_over(struct redis_connection *connection, const redisReply *reply)
{
	const struct redis_answer answer = answer_of(reply);

	connection->listener->answer(connection->context, &answer);
}

/* A list that is announced too long fails like memory that has run out. */
static void *create_list(const redisReadTask *task, list_count count)
{
	const struct redis_connection *connection = task->privdata;

	/* Signed in older hiredis: a negative count becomes the largest of all. */
	return (size_t)count <= connection->list_max ? connection->create_list(task, count) : NULL;
}

static bool make_reader(struct redis_connection *connection)
{
	connection->reader = redisReaderCreate();
	if (connection->reader == NULL)
		return false;
	connection->functions = *connection->reader->fn;
	connection->create_list = connection->functions.createArray;
	connection->functions.createArray = create_list;
	connection->reader->fn = &connection->functions;
	connection->reader->privdata = connection;
	return true;
}

/* Hands over what is complete. A callback may close the connection: then the reader is gone. */
static void read_answers(struct redis_connection *connection)
{
	while (connection->reader != NULL) {
		void *reply = NULL;

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
	if (connection->reader != NULL && connection->unanswered > connection->answer_max)
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
	if (!connection->answered && bytes[0] == TLS_ALERT) {
		lose(connection, "the server speaks TLS: that is rediss://");
		return;
	}
	connection->answered = true;
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

/* "A lone event leaves at once": small writes must not wait for the answer to earlier ones. */
static void set_socket_options(struct bufferevent *stream)
{
	static const struct {
		int level, name, value;
	} wanted[] = {
		{IPPROTO_TCP, TCP_NODELAY, 1},
		{SOL_SOCKET, SO_KEEPALIVE, 1},
		{IPPROTO_TCP, TCP_KEEPIDLE, KEEPALIVE_IDLE_S},
		{IPPROTO_TCP, TCP_KEEPINTVL, KEEPALIVE_INTERVAL_S},
		{IPPROTO_TCP, TCP_KEEPCNT, KEEPALIVE_PROBES},
	};
	int fd = bufferevent_getfd(stream);

	/* Fails on a unix socket, which needs none of it. */
	for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++)
		(void)setsockopt(fd, wanted[i].level, wanted[i].name, &wanted[i].value,
				 sizeof wanted[i].value);
}

/* libevent keeps its own small numbers among those of OpenSSL. */
static unsigned long tls_error(struct bufferevent *stream)
{
	unsigned long error;

	do
		error = bufferevent_get_openssl_error(stream);
	while (error != 0 && error <= TLS_OWN_ERRORS);
	return error;
}

/* TLS has the better word, if it has one. Without it, a server that hangs up on the first bytes
 * may have wanted it. */
static void lose_because(struct redis_connection *connection, const char *otherwise)
{
	char text[REDIS_TLS_ERROR];

	if (connection->tls == NULL && connection->connected && !connection->answered) {
		snprintf(text, sizeof text,
			 "%.150s, without an answer (does it speak TLS? that "
			 "is rediss://)",
			 otherwise);
		lose(connection, text);
		return;
	}
	if (connection->tls != NULL &&
	    redis_tls_why(connection->tls, bufferevent_openssl_get_ssl(connection->stream),
			  tls_error(connection->stream), !connection->answered, text))
		lose(connection, text);
	else
		lose(connection, otherwise);
}

static void on_event(struct bufferevent *stream, short what, void *context)
{
	struct redis_connection *connection = context;
	int dns_error = bufferevent_socket_get_dns_error(stream);
	int error = EVUTIL_SOCKET_ERROR();

	if ((what & BEV_EVENT_CONNECTED) != 0) {
		connection->attempts = 0;
		connection->connected = true;
		set_socket_options(stream);
		connection->listener->connected(connection->context);
		return;
	}
	connection->attempts += connection->named;
	if (dns_error != 0) {
		connection->dns_stale = true;
		lose(connection, evutil_gai_strerror(dns_error));
	} else if ((what & BEV_EVENT_EOF) != 0) {
		lose_because(connection, "the server closed the connection");
	} else {
		lose_because(connection, error != 0 ? evutil_socket_error_to_string(error)
						    : "the connection broke");
	}
}

static bool connect_unix(struct redis_connection *connection, const char *path)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};

	memcpy(address.sun_path, path, strnlen(path, sizeof address.sun_path - 1));
	return bufferevent_socket_connect(connection->stream, (struct sockaddr *)&address,
					  (int)sizeof address) == 0;
}

/* A missing resolv.conf only means that names cannot be resolved: addresses still can. */
static bool prepare_dns(struct redis_connection *connection)
{
	if (connection->dns != NULL && connection->dns_stale) {
		evdns_base_free(connection->dns, 0);
		connection->dns = NULL;
	}
	connection->dns_stale = false;
	if (connection->dns == NULL)
		connection->dns =
			evdns_base_new(connection->base, EVDNS_BASE_INITIALIZE_NAMESERVERS |
								 EVDNS_BASE_DISABLE_WHEN_INACTIVE);
	return connection->dns != NULL;
}

/* libevent tries only the first address of a name: the families take turns. */
static bool connect_host(struct redis_connection *connection, const struct redis_node *node)
{
	static const int families[] = {AF_UNSPEC, AF_INET, AF_INET6};
	struct in6_addr binary;

	connection->named = evutil_inet_pton(AF_INET, node->host, &binary) != 1 &&
			    evutil_inet_pton(AF_INET6, node->host, &binary) != 1;
	if (connection->named && !prepare_dns(connection))
		return false;
	return bufferevent_socket_connect_hostname(
		       connection->stream, connection->dns,
		       connection->named ? families[connection->attempts % 3] : AF_UNSPEC,
		       node->host, node->port) == 0;
}

/* Deferred: no callback runs inside the calls that connect or send. */
static struct bufferevent *make_stream(const struct redis_connection *connection, const char *host)
{
	const int options = BEV_OPT_CLOSE_ON_FREE | BEV_OPT_DEFER_CALLBACKS;
	struct bufferevent *stream = NULL;
	struct ssl_st *session;

	if (connection->tls == NULL)
		return bufferevent_socket_new(connection->base, -1, options);
	session = redis_tls_session(connection->tls, host);
	if (session != NULL)
		stream = bufferevent_openssl_socket_new(connection->base, -1, session,
							BUFFEREVENT_SSL_CONNECTING, options);
	if (stream != NULL)
		bufferevent_openssl_set_allow_dirty_shutdown(stream, 1);
	return stream;
}

bool redis_connection_open(struct redis_connection *connection, const struct redis_node *node,
			   const struct redis_tls *tls, char error[REDIS_URL_ERROR])
{
	redis_connection_close(connection);
	connection->unanswered = 0;
	connection->connected = connection->answered = false;
	connection->named = false;
	connection->tls = tls;
	connection->stream = make_stream(connection, node->host);
	if (make_reader(connection) && connection->stream != NULL) {
		bufferevent_setcb(connection->stream, on_read, NULL, on_event, connection);
		bufferevent_enable(connection->stream, EV_READ | EV_WRITE);
		if (node->unix_socket ? connect_unix(connection, node->host)
				      : connect_host(connection, node))
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
