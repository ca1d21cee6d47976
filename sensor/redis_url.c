/* SPDX-License-Identifier: ISC */
/* See redis_url.h. RFC 3986, as far as these two schemes need it. */
#include "sensor/redis_url.h"

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DEFAULT_PORT 6379
#define DATABASE_MAX 65535

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

/* Takes "[user]:password@" or "password@" off the front of [*from, end). The last @ counts: a
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
		return say(error, "Redis URL: write :password@ or user:password@ before the host");
	if (!decode(*from, colon, url->user, sizeof url->user) ||
	    !decode(colon + 1, at, url->password, sizeof url->password))
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

/* host[:port], in [from, end). */
static bool take_host(const char *from, const char *end, struct redis_url *url,
		      char error[REDIS_URL_ERROR])
{
	const char *host_end, *port;
	uint32_t number = DEFAULT_PORT;

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
	url->port = (uint16_t)number;
	if (host_end == from)
		return say(error, "Redis URL: there is no host");
	if (!decode(from, host_end, url->host, sizeof url->host))
		return say(error, "Redis URL: the host name is too long or badly encoded");
	return true;
}

static bool take_database(const char *from, const char *end, struct redis_url *url,
			  char error[REDIS_URL_ERROR])
{
	if (from == end || parse_number(from, end, DATABASE_MAX, &url->database))
		return true;
	return say(error, "Redis URL: the database must be a number between 0 and 65535");
}

static bool parse_tcp(const char *text, struct redis_url *url, char error[REDIS_URL_ERROR])
{
	const char *end = text + strlen(text);
	const char *at = memrchr(text, '@', (size_t)(end - text));
	const char *slash = strchr(at != NULL ? at : text, '/');
	const char *authority_end = slash != NULL ? slash : end;

	if (!take_login(&text, authority_end, url, error) ||
	    !take_host(text, authority_end, url, error) ||
	    !take_database(slash != NULL ? slash + 1 : end, end, url, error))
		return false;
	snprintf(url->shown, sizeof url->shown, "redis://%s%s%s:%u/%u",
		 strchr(url->host, ':') != NULL ? "[" : "", url->host,
		 strchr(url->host, ':') != NULL ? "]" : "", url->port, url->database);
	return true;
}

static bool parse_unix(const char *text, struct redis_url *url, char error[REDIS_URL_ERROR])
{
	const char *end = text + strlen(text);
	const char *query = strchr(text, '?');
	const char *path_end = query != NULL ? query : end;
	const char *slash = strchr(text, '/');

	url->unix_socket = true;
	/* An @ behind the first slash belongs to the path. */
	if (slash == NULL || slash > path_end)
		return say(error, "Redis URL: unix:// needs an absolute path");
	if (!take_login(&text, slash, url, error))
		return false;
	if (text != slash)
		return say(error, "Redis URL: unix:// needs an absolute path");
	if (!decode(text, path_end, url->path, sizeof url->path))
		return say(error, "Redis URL: the path of the socket is too long");
	if (query != NULL && strncmp(query, "?db=", 4) != 0)
		return say(error, "Redis URL: only ?db=NUMBER may follow the path");
	if (query != NULL && !take_database(query + 4, end, url, error))
		return false;
	snprintf(url->shown, sizeof url->shown, "unix://%s?db=%u", url->path, url->database);
	return true;
}

bool redis_url_parse(const char *text, struct redis_url *url, char error[REDIS_URL_ERROR])
{
	struct redis_url parsed = {.port = DEFAULT_PORT};
	bool good;

	if (strncmp(text, "redis://", 8) == 0)
		good = parse_tcp(text + 8, &parsed, error);
	else if (strncmp(text, "unix://", 7) == 0)
		good = parse_unix(text + 7, &parsed, error);
	else
		good = say(error, "Redis URL: it must begin with redis:// or unix://");
	if (good)
		*url = parsed;
	return good;
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

bool redis_url_password(struct redis_url *url, const char *file, char error[REDIS_URL_ERROR])
{
	const char *environment = getenv("SPANWATCH_REDIS_PASSWORD");
	char line[sizeof url->password] = "";

	errno = 0;
	if (file != NULL && !read_line(file, line, (int)sizeof line)) {
		snprintf(error, REDIS_URL_ERROR, "%.160s: no password in it%s%s", file,
			 errno != 0 ? ": " : "", errno != 0 ? strerrordesc_np(errno) : "");
		return false;
	}
	if (file != NULL)
		memcpy(url->password, line, sizeof line);
	else if (environment != NULL && environment[0] != '\0')
		snprintf(url->password, sizeof url->password, "%s", environment);
	return true;
}
