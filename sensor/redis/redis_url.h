/* SPDX-License-Identifier: ISC */
/*
 * Where Redis is and how to log in; an s behind redis stands for TLS:
 *	redis[s]://[user:[password]@]host[:port][/database]
 *	redis[s]+sentinel://[user:[password]@]host[:port][,host[:port]...]/master[/database]
 *	redis[s]+cluster://[user:[password]@]host[:port][,host[:port]...]
 *	unix://[user:[password]@]/path[?db=database]
 * User, password and master are percent-decoded. An IPv6 address stands in brackets.
 */
#ifndef SENSOR_REDIS_URL_H
#define SENSOR_REDIS_URL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define REDIS_URL_ERROR 256
#define REDIS_HOSTS_MAX 16

enum redis_mode {
	REDIS_SINGLE,	/* one server; a cluster's node shows itself by its redirections */
	REDIS_SENTINEL, /* the hosts are sentinels, which know the server */
	REDIS_CLUSTER,
};

struct redis_node {
	bool unix_socket;
	char host[256]; /* without brackets; of a socket: its path */
	uint16_t port;
};

struct redis_login {
	char user[64], password[256]; /* "" if none */
};

struct redis_url {
	enum redis_mode mode;
	bool tls;
	struct redis_node hosts[REDIS_HOSTS_MAX];
	size_t host_count; /* 1 unless sentinels or a cluster */
	char master[64];   /* the name by which the sentinels know it */
	struct redis_login login, sentinel_login;
	uint32_t database;
	char shown[320]; /* for messages: without user and password */
};

/* False, and a sentence in `error` (never with the password in it), if it is not a URL. */
bool redis_url_parse(const char *text, struct redis_url *url, char error[REDIS_URL_ERROR]);

/* The same for a URL of the command line, which everybody on the host can read: a password in it is
 * an error. */
bool redis_url_parse_public(const char *text, struct redis_url *url, char error[REDIS_URL_ERROR]);

/*
 * Looks for passwords where they cannot be seen in the list of processes: the first line of
 * `file` if that is not NULL, else the environment variable SPANWATCH_REDIS_PASSWORD, else what
 * the URL says stays; for the sentinels the same with SPANWATCH_SENTINEL_PASSWORD. False: a file
 * cannot be read.
 */
bool redis_url_passwords(struct redis_url *url, const char *file, const char *sentinel_file,
			 char error[REDIS_URL_ERROR]);

/* "host:port", an IPv6 address in brackets, or the path. Returns `text`. */
#define REDIS_NODE_TEXT 272
const char *redis_node_format(const struct redis_node *node, char text[REDIS_NODE_TEXT]);
bool redis_node_equal(const struct redis_node *a, const struct redis_node *b);

#endif
