/* SPDX-License-Identifier: ISC */
/* See redis_url.h. RFC 3986, as far as these schemes need it. */
#include "sensor/redis/redis_url.h"

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DEFAULT_PORT	6379
#define SENTINEL_PORT	26379
#define DATABASE_MAX	65535
#define SOCKET_PATH_MAX 108 /* sizeof sun_path */

static int hex_digit(char c)
{
	static const char digits[] = "0123456789abcdef0123456789ABCDEF";
	const char *found = c != '\0' ? strchr(digits, c) : NULL;

	return found != NULL ? (int)((found - digits) % 16) : -1;
}

/* Copies [from, end), percent-decoded; an encoded NUL is an error. */
static bool decode(const char *from, const char *end, char *to, size_t size)
{
	size_t used = 0;

	while (from < end && used + 1 < size) {
		if (*from != '%') {
			to[used++] = *from++;
			continue;
		}
		if (end - from < 3 || hex_digit(from[1]) < 0 || hex_digit(from[2]) < 0)
			return false;
		to[used++] = (char)(hex_digit(from[1]) * 16 + hex_digit(from[2]));
		if (to[used - 1] == '\0')
			return false;
		from += 3;
	}
	to[used] = '\0';
	return from == end;
}

static bool parse_number(const char *from, const char *end, uint32_t maximum, uint32_t *number)
{
	uint64_t value = 0;

	if (from == end || end - from > 5)
		return false;
	for (; from < end; from++) {
		if (*from < '0' || *from > '9')
			return false;
		value = value * 10 + (uint64_t)(*from - '0');
	}
	if (value > maximum)
		return false;
	*number = (uint32_t)value;
	return true;
}

static bool say(char error[REDIS_URL_ERROR], const char *what)
{
	snprintf(error, REDIS_URL_ERROR, "%s", what);
	return false;
}

/* Takes "[user]:[password]@" off the front of [*from, end). The last @ counts: a
 * password with a bare @ in it still works. */
static bool take_login(const char **from, const char *end, struct redis_url *url,
		       char error[REDIS_URL_ERROR])
{
	const char *at = memrchr(*from, '@', (size_t)(end - *from));
	const char *colon;

	if (at == NULL)
		return true;
	colon = memchr(*from, ':', (size_t)(at - *from));
	if (colon == NULL)
		return say(error, "Redis URL: write user:@ before the host, with the colon");
	if (!decode(*from, colon, url->login.user, sizeof url->login.user) ||
	    !decode(colon + 1, at, url->login.password, sizeof url->login.password))
		return say(error,
			   "Redis URL: the user or the password is too long or badly encoded");
	*from = at + 1;
	return true;
}

static const char *find(const char *from, const char *end, char wanted)
{
	while (from < end && *from != wanted)
		from++;
	return from;
}

/* host[:port], in [from, end). `node->port` is the default. */
static bool take_host(const char *from, const char *end, struct redis_node *node,
		      char error[REDIS_URL_ERROR])
{
	const char *host_end, *port;
	uint32_t number = node->port;

	if (from < end && *from == '[') {
		from++;
		host_end = find(from, end, ']');
		if (host_end == end)
			return say(error, "Redis URL: the address has no closing bracket");
		if (host_end + 1 < end && host_end[1] != ':')
			return say(error, "Redis URL: only a port may follow the bracket");
		port = host_end + 1 < end ? host_end + 2 : NULL;
	} else {
		host_end = find(from, end, ':');
		port = host_end < end ? host_end + 1 : NULL;
	}
	if (port != NULL && (!parse_number(port, end, UINT16_MAX, &number) || number == 0))
		return say(error, "Redis URL: the port must be between 1 and 65535");
	node->port = (uint16_t)number;
	if (host_end == from)
		return say(error, "Redis URL: there is no host");
	if (!decode(from, host_end, node->host, sizeof node->host))
		return say(error, "Redis URL: the host name is too long or badly encoded");
	return true;
}

/* host[:port][,host[:port]...] */
static bool take_hosts(const char *from, const char *end, struct redis_url *url,
		       char error[REDIS_URL_ERROR])
{
	uint16_t port = url->mode == REDIS_SENTINEL ? SENTINEL_PORT : DEFAULT_PORT;

	for (;;) {
		const char *comma = find(from, end, ',');
		struct redis_node *node = &url->hosts[url->host_count];

		if (url->host_count == (url->mode == REDIS_SINGLE ? 1 : REDIS_HOSTS_MAX))
			return say(error, url->mode == REDIS_SINGLE
						  ? "Redis URL: several hosts need redis+sentinel:"
						    "// or redis+cluster://"
						  : "Redis URL: at most 16 hosts");
		*node = (struct redis_node){.port = port};
		if (!take_host(from, comma, node, error))
			return false;
		url->host_count++;
		if (comma == end)
			return true;
		from = comma + 1;
	}
}

static bool take_database(const char *from, const char *end, struct redis_url *url,
			  char error[REDIS_URL_ERROR])
{
	if (from == end || parse_number(from, end, DATABASE_MAX, &url->database))
		return true;
	return say(error, "Redis URL: the database must be a number between 0 and 65535");
}

/* What follows the hosts and their slash: "master[/database]" or "database". */
static bool take_path(const char *from, const char *end, struct redis_url *url,
		      char error[REDIS_URL_ERROR])
{
	const char *slash = find(from, end, '/');

	if (url->mode != REDIS_SENTINEL) {
		if (!take_database(from, end, url, error))
			return false;
		return url->mode != REDIS_CLUSTER || url->database == 0 ||
		       say(error, "Redis URL: a cluster has database 0 only");
	}
	if (!decode(from, slash, url->master, sizeof url->master) || url->master[0] == '\0')
		return say(error, "Redis URL: after the sentinels comes /NAME of the master");
	return take_database(slash < end ? slash + 1 : end, end, url, error);
}

const char *redis_node_format(const struct redis_node *node, char text[REDIS_NODE_TEXT])
{
	bool v6 = strchr(node->host, ':') != NULL;

	if (node->unix_socket)
		snprintf(text, REDIS_NODE_TEXT, "%s", node->host);
	else
		snprintf(text, REDIS_NODE_TEXT, "%s%s%s:%u", v6 ? "[" : "", node->host,
			 v6 ? "]" : "", node->port);
	return text;
}

bool redis_node_equal(const struct redis_node *a, const struct redis_node *b)
{
	return a->unix_socket == b->unix_socket && a->port == b->port &&
	       strcmp(a->host, b->host) == 0;
}

static void add_shown(struct redis_url *url, const char *text)
{
	size_t used = strlen(url->shown);

	snprintf(url->shown + used, sizeof url->shown - used, "%s", text);
}

static void show(struct redis_url *url, const char *scheme, size_t scheme_length)
{
	char text[REDIS_NODE_TEXT];

	snprintf(url->shown, sizeof url->shown, "%.*s", (int)scheme_length, scheme);
	for (size_t i = 0; i < url->host_count; i++) {
		add_shown(url, i != 0 ? "," : "");
		add_shown(url, redis_node_format(&url->hosts[i], text));
	}
	if (url->mode == REDIS_CLUSTER)
		return;
	add_shown(url, url->master[0] != '\0' ? "/" : "");
	add_shown(url, url->master);
	snprintf(text, sizeof text, "/%u", url->database);
	add_shown(url, text);
}

static bool parse_network(const char *text, struct redis_url *url, char error[REDIS_URL_ERROR])
{
	const char *end = text + strlen(text);
	const char *at = memrchr(text, '@', (size_t)(end - text));
	const char *slash = strchr(at != NULL ? at : text, '/');
	const char *authority_end = slash != NULL ? slash : end;

	return take_login(&text, authority_end, url, error) &&
	       take_hosts(text, authority_end, url, error) &&
	       take_path(slash != NULL ? slash + 1 : end, end, url, error);
}

static bool parse_unix(const char *text, struct redis_url *url, char error[REDIS_URL_ERROR])
{
	const char *end = text + strlen(text);
	const char *query = strchr(text, '?');
	const char *path_end = query != NULL ? query : end;
	const char *slash = strchr(text, '/');

	url->hosts[0].unix_socket = true;
	url->host_count = 1;
	/* An @ behind the first slash belongs to the path. */
	if (slash == NULL || slash > path_end)
		return say(error, "Redis URL: unix:// needs an absolute path");
	if (!take_login(&text, slash, url, error))
		return false;
	if (text != slash)
		return say(error, "Redis URL: unix:// needs an absolute path");
	if (path_end - text >= SOCKET_PATH_MAX ||
	    !decode(text, path_end, url->hosts[0].host, sizeof url->hosts[0].host))
		return say(error, "Redis URL: the path of the socket is too long");
	if (query != NULL && strncmp(query, "?db=", 4) != 0)
		return say(error, "Redis URL: only ?db=NUMBER may follow the path");
	if (query != NULL && !take_database(query + 4, end, url, error))
		return false;
	snprintf(url->shown, sizeof url->shown, "unix://%.280s?db=%u", url->hosts[0].host,
		 url->database);
	return true;
}

static const struct {
	const char *text;
	enum redis_mode mode;
	bool tls;
} schemes[] = {
	{"redis://", REDIS_SINGLE, false},
	{"rediss://", REDIS_SINGLE, true},
	{"redis+sentinel://", REDIS_SENTINEL, false},
	{"rediss+sentinel://", REDIS_SENTINEL, true},
	{"redis+cluster://", REDIS_CLUSTER, false},
	{"rediss+cluster://", REDIS_CLUSTER, true},
};

bool redis_url_parse(const char *text, struct redis_url *url, char error[REDIS_URL_ERROR])
{
	struct redis_url parsed = {.mode = REDIS_SINGLE};

	if (strncmp(text, "unix://", 7) == 0) {
		if (!parse_unix(text + 7, &parsed, error))
			return false;
		*url = parsed;
		return true;
	}
	for (size_t i = 0; i < sizeof schemes / sizeof *schemes; i++) {
		size_t length = strlen(schemes[i].text);

		if (strncmp(text, schemes[i].text, length) != 0)
			continue;
		parsed.mode = schemes[i].mode;
		parsed.tls = schemes[i].tls;
		if (!parse_network(text + length, &parsed, error))
			return false;
		show(&parsed, schemes[i].text, length);
		*url = parsed;
		return true;
	}
	return say(error, "Redis URL: it must begin with redis://, rediss:// (TLS), unix://, "
			  "redis+sentinel:// or redis+cluster://");
}

bool redis_url_parse_public(const char *text, struct redis_url *url, char error[REDIS_URL_ERROR])
{
	if (!redis_url_parse(text, url, error))
		return false;
	return url->login.password[0] == '\0' ||
	       say(error,
		   "--redis: a password on the command line can be seen by everybody on this host: "
		   "write user:@host, and give it by --redis-password-file or "
		   "SPANWATCH_REDIS_PASSWORD");
}

static bool read_line(const char *file, char *line, int size)
{
	FILE *stream = fopen(file, "re");
	bool good;

	if (stream == NULL)
		return false;
	good = fgets(line, size, stream) != NULL;
	fclose(stream);
	line[strcspn(line, "\r\n")] = '\0';
	return good && line[0] != '\0';
}

static bool find_password(struct redis_login *login, const char *file, const char *variable,
			  char error[REDIS_URL_ERROR])
{
	const char *environment = getenv(variable);
	char line[sizeof login->password] = "";

	errno = 0;
	if (file != NULL && !read_line(file, line, (int)sizeof line)) {
		snprintf(error, REDIS_URL_ERROR, "%.160s: no password in it%s%s", file,
			 errno != 0 ? ": " : "", errno != 0 ? strerrordesc_np(errno) : "");
		return false;
	}
	if (file != NULL)
		memcpy(login->password, line, sizeof line);
	else if (environment != NULL && environment[0] != '\0')
		snprintf(login->password, sizeof login->password, "%s", environment);
	return true;
}

bool redis_url_passwords(struct redis_url *url, const char *file, const char *sentinel_file,
			 char error[REDIS_URL_ERROR])
{
	return find_password(&url->login, file, "SPANWATCH_REDIS_PASSWORD", error) &&
	       find_password(&url->sentinel_login, sentinel_file, "SPANWATCH_SENTINEL_PASSWORD",
			     error);
}
